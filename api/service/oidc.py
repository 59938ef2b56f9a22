"""An OpenID provider, found by discovery: where a browser is sent, and whom what comes back is about."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from api.log_key import private_bytes
from api.service.errors import SignInRefused
from audit.ledger.errors import LogStopped

ISSUER_VARIABLE = "MINHCHUNG_OIDC_ISSUER"
CLIENT_VARIABLE = "MINHCHUNG_OIDC_CLIENT_ID"
SECRET_VARIABLE = "MINHCHUNG_OIDC_SECRET_FILE"  # noqa: S105 - the name of a variable
CALLBACK = "/sign-in/oidc/callback"
PATIENCE = 10.0
KEPT = 3600.0
"""Seconds that what the provider says of itself is kept."""
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
"""By which keys an ID token can be signed; never by the client's own secret, and never by none."""


class ProviderWrong(SignInRefused):
    """The provider does not answer, or what it says is not about this sign-in."""

    def __init__(self, part: str) -> None:
        super().__init__("access.provider_wrong", part=part)


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a provider speaks of."""

    issuer: str
    subject: str


@dataclass(frozen=True, slots=True)
class Errand:
    """What one browser was sent to the provider with; it comes back in the browser's own keeping."""

    state: str
    nonce: str
    verifier: str


class Provider:
    """One provider, to which the service is known by a client id and a secret."""

    def __init__(self, issuer: str, client: str, secret: str, site: str) -> None:
        self._issuer = issuer
        self._client = client
        self._secret = secret
        self._back = f"{site}{CALLBACK}"
        self._kept: tuple[float, dict[str, Any], Any] | None = None

    def address(self, errand: Errand, *, anew: bool) -> str:
        """Return where the browser is sent; `anew`: whoever sits there proves once more who they are."""
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        asked = {
            "response_type": "code",
            "client_id": self._client,
            "redirect_uri": self._back,
            "scope": "openid",
            "state": errand.state,
            "nonce": errand.nonce,
            "code_challenge": create_s256_code_challenge(errand.verifier),
            "code_challenge_method": "S256",
            **({"prompt": "login"} if anew else {}),
        }
        return f"{self._told()[0]['authorization_endpoint']}?{urlencode(asked)}"

    def identity(self, code: str, errand: Errand) -> Identity:
        """Exchange a code for whom it is about; raises ProviderWrong."""
        told, keys = self._told()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back,
            "code_verifier": errand.verifier,
        }
        try:
            answer = httpx.post(
                told["token_endpoint"], data=form, auth=(self._client, self._secret), timeout=PATIENCE
            )
            token = answer.raise_for_status().json()["id_token"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            raise ProviderWrong("code") from None
        return self._read(str(token), keys, errand)

    def _read(self, token: str, keys: Any, errand: Errand) -> Identity:
        """Check an ID token (OpenID Connect Core, 3.1.3.7): signature, issuer, audience, time, nonce."""
        from authlib.oauth2.rfc6749 import OAuth2Error
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import JoseError

        try:
            read = jwt.decode(token, keys, algorithms=ALGORITHMS)
            options = {
                "iss": {"essential": True, "value": self._issuer},
                "aud": {"essential": True, "value": self._client},
                "nonce": {"essential": True, "value": errand.nonce},
            }
            params = {"nonce": errand.nonce, "client_id": self._client}
            claims = CodeIDToken(read.claims, read.header, options, params)
            claims.validate(leeway=30)
        except (JoseError, OAuth2Error, ValueError, TypeError):
            raise ProviderWrong("id_token") from None
        return Identity(self._issuer, str(claims["sub"]))

    def _told(self) -> tuple[dict[str, Any], Any]:
        """Return what the provider says of itself, and its keys; raises ProviderWrong."""
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        if self._kept is not None and time.monotonic() - self._kept[0] < KEPT:
            return self._kept[1], self._kept[2]
        address = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            told = httpx.get(address, timeout=PATIENCE).raise_for_status().json()
            found = httpx.get(told["jwks_uri"], timeout=PATIENCE).raise_for_status().json()
            keys = KeySet.import_key_set(found)
            if told["issuer"] != self._issuer or not told["authorization_endpoint"]:
                raise ProviderWrong("issuer")
        except (httpx.HTTPError, ValueError, KeyError, TypeError, JoseError):
            raise ProviderWrong("discovery") from None
        self._kept = time.monotonic(), told, keys
        return told, keys


def provider(site: str, environment: Mapping[str, str] = os.environ) -> Provider | None:
    """Return the provider that the environment names, if it names one.

    Raises LogStopped where only half of it is said, or the extra is not installed.
    """
    issuer = environment.get(ISSUER_VARIABLE)
    if not issuer:
        return None
    try:
        import authlib.oidc.core  # noqa: F401 - an extra
    except ImportError:
        raise LogStopped("signing in by OpenID: pip install minhchung[oidc]") from None
    client, file = environment.get(CLIENT_VARIABLE), environment.get(SECRET_VARIABLE)
    if not client or not file:
        raise LogStopped(f"{ISSUER_VARIABLE} is set; {CLIENT_VARIABLE} and {SECRET_VARIABLE} belong to it")
    return Provider(issuer, client, private_bytes(Path(file)).decode().strip(), site)


def errand() -> Errand:
    """Make one that nobody can guess."""
    return Errand(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))

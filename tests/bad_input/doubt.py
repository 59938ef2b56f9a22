"""Bad input: keys that are suspended or compromised, words about contested statements, certificates."""

from __future__ import annotations

from typing import Any

from audit.ledger.submission import Submission
from audit.proofs.certificate import possession, write_chain
from audit.proofs.keys import DEMO_ORIGIN, Signer
from tests.audit.proofs.chains import PERSON, chain_of, digest, prove
from tests.bad_input.forging import Case, score
from tests.furnished import RENEWED, contested_of
from tests.worlds import KEYS, REGISTRARS, World

CHAIN = chain_of(PERSON)


def _key_of(actor: str) -> str:
    return KEYS[actor].public_key.id


def _about(
    w: World, name: str, actor: str, *signers: str, key: Signer | None = None, **body: Any
) -> Submission:
    """State something about an actor's first key, signed by others or with a newer one."""
    draft = w.draft(name, *signers, body={"key": _key_of(actor), **body})
    return w.desk(keys={signers[0]: key or KEYS[signers[0]]}).sign(draft)


def _spoken(w: World, actor: str, by: str, key: Signer | None = None, **of: Any) -> Submission:
    return _about(w, "StatementReaffirmed", actor, by, key=key, **of)


def _binding(w: World, chain: str = "", **body: Any) -> Submission:
    """Bind a card to the key of stc-2, with a proof by the card; the small log names no anchors."""
    enrolled_at = w.intake.keyring.records[_key_of("stc-2")].enrolled_at
    certificate = digest(CHAIN[0])
    signed = possession(
        log=DEMO_ORIGIN,
        key=_key_of("stc-2"),
        actor="stc-2",
        enrolled_at=enrolled_at,
        certificate=certificate,
    )
    usual = {"key": _key_of("stc-2"), "certificate": certificate, "possession": prove(PERSON.key, signed)}
    texts = {"certificates": chain or write_chain(CHAIN)}
    return w.sign("CertificateBound", "stc-2", body=usual | body, texts=texts)


KEYS_IN_DOUBT = (
    Case("the key is suspended", "key.suspended", lambda w: score(w, "nhs-3")),
    Case(
        "the holder of a suspended key reinstates it",
        "key.suspended",
        lambda w: _about(w, "KeyReinstated", "nhs-3", "nhs-3"),
    ),
    Case(
        "a key is suspended by one registrar where two are needed",
        "key.registrars_needed",
        lambda w: _about(w, "KeySuspended", "stc-3", "dk-1", category="SUSPECTED"),
    ),
    Case(
        "a suspended key is suspended again",
        "key.suspended",
        lambda w: _about(w, "KeySuspended", "nhs-3", *REGISTRARS, category="MISLAID"),
    ),
    Case(
        "a key that is not suspended is reinstated",
        "key.not_suspended",
        lambda w: _about(w, "KeyReinstated", "stc-3", *REGISTRARS),
    ),
    Case(
        "a key is revoked as compromised since what is yet to come",
        "key.compromised_later",
        lambda w: _about(
            w, "KeyRevoked", "stc-3", "stc-3", category="COMPROMISED", compromised_since=w.size + 1
        ),
    ),
    Case(
        "somebody else reaffirms what a compromised key signed",
        "contested.not_the_owner",
        lambda w: _spoken(w, "snv-3", "snv-2", positions=[contested_of(w, "snv-3")]),
        {"actor": "snv-2"},
    ),
    Case(
        "a compromised key reaffirms what it signed",
        "key.revoked",
        lambda w: _spoken(w, "snv-3", "snv-3", positions=[contested_of(w, "snv-3")]),
    ),
    Case(
        "a statement is reaffirmed that nobody contests",
        "contested.not_contested",
        lambda w: _spoken(w, "ct-3", "ct-3", RENEWED, positions=[1]),
        {"position": 1},
    ),
    Case(
        "a statement is repudiated that was reaffirmed",
        "contested.settled",
        lambda w: _about(
            w, "StatementRepudiated", "ct-3", "ct-3", key=RENEWED, positions=[contested_of(w, "ct-3")]
        ),
    ),
    Case(
        "contested statements are named in no order",
        "key.malformed",
        lambda w: _spoken(w, "ct-3", "ct-3", RENEWED, positions=[2, 1]),
        {"field": "positions"},
    ),
)

CERTIFICATES = (
    Case("a certificate leads to no anchor of the log", "certificate.not_anchored", _binding),
    Case(
        "a chain of certificates is no chain",
        "certificate.malformed",
        lambda w: _binding(w, chain="-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"),
    ),
    Case(
        "a certificate comes with the chain of another",
        "certificate.other",
        lambda w: _binding(w, certificate="ab" * 32),
    ),
    Case(
        "a certificate is bound to somebody else's key",
        "key.not_the_holder",
        lambda w: _binding(w, key=_key_of("stc-3")),
    ),
    Case(
        "a certificate is bound without its chain",
        "key.malformed",
        lambda w: _about(w, "CertificateBound", "stc-2", "stc-2", certificate=digest(CHAIN[0])),
        {"field": "commitments"},
    ),
)

"""How notices leave the service: as a mail, or as a signed webhook."""

from __future__ import annotations

import ipaddress
import json
import os
import smtplib
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx

from api.notices import Level, letter, sentence
from api.service.notice_store import Channel, Delivery
from api.wording import Language

MAIL_VARIABLE = "MINHCHUNG_MAIL"
FROM_VARIABLE = "MINHCHUNG_MAIL_FROM"
PATIENCE = 20.0
_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


class NotDelivered(Exception):
    """It did not arrive, and why; it may the next time."""


@dataclass(frozen=True, slots=True)
class Post:
    """What the environment says of mails, and the service's own address; `site` decides who may be called."""

    site: str
    mail: str | None
    sender: str | None

    def offers(self, kind: Channel) -> bool:
        """Whether somebody can be told this way here."""
        if kind is Channel.EMAIL:
            return bool(self.mail and self.sender)
        try:
            import standardwebhooks  # noqa: F401 - an extra
        except ImportError:
            return False
        return True

    def send(self, delivery: Delivery, at: datetime) -> str:
        """Deliver; return what the other side answered. Raises NotDelivered."""
        if delivery.destination.kind is Channel.EMAIL:
            return self._mail(delivery)
        return self._webhook(delivery, at)

    def _mail(self, delivery: Delivery) -> str:
        if not (self.mail and self.sender):
            raise NotDelivered("no server for mails is set")
        language = Language(delivery.destination.language)
        told = [sentence(Level(row.level), json.loads(row.told), language) for row in delivery.notices]
        rounds = ", ".join(sorted({row.round for row in delivery.notices}))
        message = EmailMessage()
        message["Subject"], text = letter(rounds, told, self.site, language)
        message["From"], message["To"] = self.sender, delivery.destination.target
        domain = urlsplit(self.site).hostname or "minhchung"
        message["Message-ID"] = make_msgid(f"notices-{delivery.number}", domain)
        message["Auto-Submitted"] = "auto-generated"  # so that nobody's absence is answered to it (RFC 3834)
        message.set_content(text)
        try:
            with _server(self.mail) as server:
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as wrong:
            raise NotDelivered(f"{type(wrong).__name__}: {wrong}") from None
        return "accepted"

    def _webhook(self, delivery: Delivery, at: datetime) -> str:
        from standardwebhooks.webhooks import Webhook

        where = delivery.destination
        if not self.may_call(where.target):
            raise NotDelivered("this address is not one to be called from here")
        name, body = f"notices-{delivery.number}", webhook_body(delivery, at)
        headers = {
            "Content-Type": "application/json",
            "webhook-id": name,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(str(where.secret)).sign(name, at, body.decode()),
        }
        try:
            answer = httpx.post(where.target, content=body, headers=headers, timeout=PATIENCE)
        except httpx.HTTPError as wrong:
            raise NotDelivered(f"{type(wrong).__name__}: {wrong}") from None
        if not answer.is_success:
            raise NotDelivered(f"status {answer.status_code}")
        return f"status {answer.status_code}"

    def may_call(self, address: str) -> bool:
        """Whether a webhook may go there: https, and to no machine that only the service can see.

        A service on this machine alone may call this machine.
        """
        parts = urlsplit(address)
        local = urlsplit(self.site).scheme == "http"
        if (
            not parts.hostname
            or parts.username
            or parts.scheme not in (("http", "https") if local else ("https",))
        ):
            return False
        try:
            found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
        except OSError:
            return True  # it may have a name tomorrow
        return all(local or ipaddress.ip_address(one[4][0]).is_global for one in found)


def post(site: str, environment: Mapping[str, str] = os.environ) -> Post:
    """Return how notices leave this service."""
    return Post(site, environment.get(MAIL_VARIABLE), environment.get(FROM_VARIABLE))


def webhook_body(delivery: Delivery, at: datetime) -> bytes:
    """Return what is sent to a webhook (Standard Webhooks): the notices, each with its sentence."""
    language = Language(delivery.destination.language)
    told: list[dict[str, Any]] = []
    for row in delivery.notices:
        facts = json.loads(row.told)
        line = sentence(Level(row.level), facts, language)
        told.append({"number": row.number, "round": row.round, "level": row.level, **facts, "sentence": line})
    body = {"type": "notices", "timestamp": at.isoformat(), "data": {"notices": told}}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _server(address: str) -> smtplib.SMTP:
    """Connect to `smtp://`, `smtps://` or `smtp+starttls://[user:password@]host[:port]`."""
    parts = urlsplit(address)
    port = parts.port or _PORTS.get(parts.scheme, 25)
    host = parts.hostname or "localhost"
    if parts.scheme == "smtps":
        context = ssl.create_default_context()
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=PATIENCE, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=PATIENCE)
    if parts.scheme == "smtp+starttls":
        server.starttls(context=ssl.create_default_context())
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))
    return server

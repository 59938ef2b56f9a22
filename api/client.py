"""A client of a log's service, for programs: statements, previews, evidence files; nothing is believed.

What the log answers is to be verified by whoever asked (`api.outbox` does); the client only carries it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import httpx

from api.errors import CommandError
from api.service.challenge import TITLE
from api.upload_right import sign_right
from audit.proofs.keys import Signer
from audit.proofs.lines import read_number

PATIENCE = 60.0
PIECE = 1024 * 1024
LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LINES = 6


@dataclass(frozen=True, slots=True)
class Taken:
    """A statement is in the log; its receipt, which nobody has verified yet."""

    position: int
    repeated: bool
    receipt: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """A statement is not in the log, and sending it again changes nothing.

    `refusal` is the log's signed word, where it is one of the log; `detail` and `todo` are the words for a
    person, in the client's language.
    """

    status: int
    rule: str
    detail: str
    todo: str
    refusal: bytes


@dataclass(frozen=True, slots=True)
class Later:
    """Nothing is known yet: the log is busy, stopped or out of reach; send the same bytes after `seconds`."""

    reason: str
    seconds: float = 1.0


Answered = Taken | Refused | Later


class OddAnswer(CommandError):
    """The server answers what no log's service answers."""

    def __init__(self, url: str, what: str) -> None:
        super().__init__(f"{url}: {what}; is this the address of a log's service?")


class NoServer(CommandError):
    """Nobody answers there."""

    def __init__(self, url: str, wrong: Exception) -> None:
        super().__init__(f"{url} does not answer ({type(wrong).__name__}: {wrong}); is the service running?")


class ServerRefused(CommandError):
    """The server says no, by a rule and in words."""

    def __init__(self, rule: str, detail: str, todo: str) -> None:
        super().__init__(f"{detail} {todo} ({rule})")
        self.rule = rule


@dataclass(slots=True)
class Client:
    """Asks one server; to be closed, or used in a `with`."""

    server: str
    language: str = "vi"
    patience: float = PATIENCE
    _http: httpx.Client = field(init=False)
    _own: dict[str, str] = field(init=False, default_factory=dict)
    """How a session says that it is used from here."""

    def __post_init__(self) -> None:
        headers = {"Accept-Language": self.language}
        self._http = httpx.Client(base_url=self.server, headers=headers, timeout=self.patience)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _wrong: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._http.close()

    def submit(self, body: bytes) -> Answered:
        """Send one submission, as its outbox keeps it; raises OddAnswer."""
        try:
            answer = self._http.post("/v1/statements", content=body)
        except httpx.HTTPError as wrong:
            return Later(f"{type(wrong).__name__}: {wrong}")
        told = _json(answer)
        if answer.status_code in (200, 201):
            return Taken(
                _of(answer, told, "position", int), answer.status_code == 200, _receipt(answer, told)
            )
        if answer.status_code in (429, 503):
            seconds = read_number(answer.headers.get("retry-after", "1"))
            return Later(str(told.get("detail", answer.reason_phrase)), float(seconds or 1))
        rule, detail, todo, line = (str(told.get(name, "")) for name in ("rule", "detail", "todo", "refusal"))
        return Refused(answer.status_code, rule, detail, todo, line.encode())

    def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Ask for something, in JSON; raises ServerRefused (in words), OddAnswer, NoServer."""
        try:
            answer = self._http.request(method, path, json=body, headers=self._own)
        except httpx.HTTPError as wrong:
            raise NoServer(self.server, wrong) from None
        if answer.is_success:
            return {} if answer.status_code == 204 else _json(answer)
        raise refused_by(answer)

    def sign_in(self, signer: Signer) -> None:
        """Begin a session with a key; raises OddAnswer where the challenge is one of another site."""
        challenge = str(self.ask("POST", "/v1/session/challenge", {"key": signer.public_key.id})["challenge"])
        lines = challenge.split("\n")
        if len(lines) < _LINES or lines[0] != TITLE or not _same_site(lines[1], self.server):
            raise OddAnswer(self.server, "a challenge of another site")  # which could sign in there with it
        self._own = {"Origin": lines[1]}
        signature = base64.b64encode(signer.sign(challenge.encode())).decode()
        self.ask("POST", "/v1/session", {"challenge": challenge, "signature": signature})

    def preview(self, body: bytes) -> dict[str, Any]:
        """Ask what would happen to a submission; nothing is written. Raises OddAnswer, httpx.HTTPError."""
        return _json(self._http.post("/v1/statements/preview", content=body).raise_for_status())

    def checkpoint(self) -> bytes:
        """Return the newest checkpoint's note, to be verified; raises httpx.HTTPError."""
        return self._http.get("/v1/log/checkpoint").raise_for_status().content

    def origin(self) -> str:
        """Return what the log calls itself, by its newest checkpoint; raises NoServer."""
        try:
            return self.checkpoint().split(b"\n", 1)[0].decode()
        except httpx.HTTPError as wrong:
            raise NoServer(self.server, wrong) from None

    def upload(self, path: Path, signer: Signer, origin: str, until: datetime) -> str:
        """Send an evidence file, or what is missing of it; return its digest.

        Raises httpx.HTTPError where the line broke (call it again) or the server says no.
        """
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            right = sign_right(signer, origin, sha256, file.tell(), int(until.timestamp()))
            headers, url = {"Authorization": right}, f"/v1/blobs/{sha256}"
            size = file.tell()
            asked = self._http.head(url, headers=headers).raise_for_status()
            at = _of(asked, dict(asked.headers), "upload-offset", int)
            if at < size or size == 0:
                file.seek(at)
                headers |= {"Upload-Offset": str(at), "Content-Length": str(size - at)}
                self._http.put(url, content=_pieces(file), headers=headers).raise_for_status()
        return sha256


def refused_by(answer: httpx.Response) -> ServerRefused:
    """Return why a server said no; raises OddAnswer where it did not say."""
    if not answer.content and answer.request.method == "HEAD":
        return ServerRefused(str(answer.status_code), answer.reason_phrase, "")
    told = _json(answer)
    return ServerRefused(*(str(told.get(name, "")) for name in ("rule", "detail", "todo")))


def _same_site(site: str, server: str) -> bool:
    """Whether a challenge's site is the server that was asked; on this machine, by whatever name."""
    its, asked = urlsplit(site), urlsplit(server)
    if its.hostname in LOOPBACK and asked.hostname in LOOPBACK:
        return its.port == asked.port
    return (its.scheme, its.hostname, its.port) == (asked.scheme, asked.hostname, asked.port)


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise OddAnswer(str(answer.url), f"status {answer.status_code} without JSON")
    return told


def _receipt(answer: httpx.Response, told: dict[str, Any]) -> bytes:
    receipt = told.get("receipt")
    if not isinstance(receipt, str):
        raise OddAnswer(str(answer.url), "no receipt")
    return receipt.encode()


def _of(answer: httpx.Response, told: dict[str, Any], name: str, kind: type[int]) -> int:
    try:
        return kind(told[name])
    except (KeyError, TypeError, ValueError):
        raise OddAnswer(str(answer.url), f"no {name}") from None

"""Small real logs in memory, written the way clients and a log write them: signed, timed, checkpointed."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from audit.proofs import merkle
from audit.proofs.checkpoint import Checkpoint, sign_checkpoint
from audit.proofs.commitment import Opening, commit
from audit.proofs.entry import Entry, encode_entry, parse_entry, write_time
from audit.proofs.keyring import (
    BOUND,
    ENROLLED,
    GENESIS,
    LOG_ACTOR,
    REINSTATED,
    REVOKED,
    ROTATED,
    SUSPENDED,
)
from audit.proofs.keys import DEMO_ORIGIN, Signer, SigningKey, demo_signing_key
from audit.proofs.statement import Envelope, Statement, parse_statement, sign_statement
from audit.proofs.verifier import LogCopy, Row

ACTORS = (LOG_ACTOR, "reg-1", "reg-2", "reg-3", "head-snv", "head-stc", "lead-9")
REGISTRARS = ("reg-1", "reg-2", "reg-3")
KEYS: Mapping[str, SigningKey] = {actor: demo_signing_key(number) for number, actor in enumerate(ACTORS)}
SPARE_KEY = demo_signing_key(50)
START = datetime(2017, 1, 3, 1, 0, tzinfo=UTC)
ZONE = timezone(timedelta(hours=7))
SALT = bytes(range(32))


def real_keys() -> dict[str, Signer]:
    """Return keys for the same people that are not demo keys."""
    return {actor: SigningKey.from_seed(bytes([number + 1] * 32)) for number, actor in enumerate(ACTORS)}


def base64_of(signer: Signer) -> str:
    """Write a signer's public key as key events carry it."""
    return base64.b64encode(signer.public_key.raw).decode()


def uuid7(number: int) -> str:
    """Return a version 7 UUID that is told apart by a number."""
    moment = f"{int(START.timestamp() * 1000):012x}"
    return f"{moment[:8]}-{moment[8:]}-7000-8000-{number:012x}"


def stated(kind: str, body: Mapping[str, Any], **others: object) -> dict[str, Any]:
    """Return the fields that every statement has, then those that are given."""
    return {
        "v": 1,
        "log": DEMO_ORIGIN,
        "id": uuid7(0),
        "type": kind,
        "body": body,
        "occurred_at": "2017-01-16T08:30:00+07:00",
        "attachments": [],
        "commitments": {},
        **others,
    }


def by_one(actor: str, signer: Signer, counter: int = 1) -> dict[str, object]:
    """Return the fields of a single signer."""
    return {"actor": actor, "key": signer.public_key.id, "counter": counter}


def by_several(signers: Sequence[tuple[str, Signer]]) -> dict[str, object]:
    """Return the fields of several signers, all of whom are needed."""
    named = sorted((signer.public_key.id, actor) for actor, signer in signers)
    keys, actors = [key for key, _ in named], [actor for _, actor in named]
    return {"signers": keys, "actors": actors, "threshold": len(named)}


def registrar(actor: str, key: Signer, custody: str = "person") -> dict[str, str]:
    """Name a registrar as genesis does."""
    return {"actor": actor, "public_key": base64_of(key), "custody": custody}


def genesis_body(keys: Mapping[str, Signer], quorum: int = 2) -> dict[str, Any]:
    """Return what a log is opened with."""
    return {
        "log_key": base64_of(keys[LOG_ACTOR]),
        "registrars": [registrar(actor, keys[actor]) for actor in REGISTRARS],
        "quorum": quorum,
        "witness_policy": {"witnesses": [], "quorum": 0},
        "time_zone": "Asia/Ho_Chi_Minh",
        "utc_offset": "+07:00",
        "clock": "scripted",
    }


@dataclass
class Journal:
    """A log in the writing. People sign ahead of it; `enter` and `commit` are the log's part."""

    origin: str = DEMO_ORIGIN
    keys: dict[str, Signer] = field(default_factory=lambda: dict(KEYS))
    rows: list[Row] = field(default_factory=list)
    checkpoints: list[tuple[int, bytes]] = field(default_factory=list)
    openings: dict[str, list[Opening]] = field(default_factory=dict)
    seen: dict[str, object] | None = None
    counters: dict[str, int] = field(default_factory=dict)
    signed: int = 0

    def one(self, actor: str, kind: str, body: Mapping[str, Any], /, **others: object) -> Envelope:
        """Sign as one person."""
        key = self.keys[actor].public_key.id
        self.counters[key] = self.counters.get(key, 0) + 1
        who = by_one(actor, self.keys[actor], self.counters[key])
        return self._sign(kind, body, [self.keys[actor]], who | others)

    def several(
        self,
        actors: Sequence[str],
        kind: str,
        body: Mapping[str, Any],
        /,
        *new: tuple[str, Signer],
        **others: Any,
    ) -> Envelope:
        """Sign together; `new` are keys that the log does not know yet."""
        signers = [(actor, self.keys[actor]) for actor in actors] + list(new)
        return self._sign(kind, body, [signer for _, signer in signers], by_several(signers) | others)

    def _sign(
        self, kind: str, body: Mapping[str, Any], signers: Sequence[Signer], others: Mapping[str, object]
    ) -> Envelope:
        self.signed += 1
        usual: dict[str, object] = {"log": self.origin, "id": uuid7(self.signed)}
        occurred = START + timedelta(minutes=self.signed)
        usual["occurred_at"] = occurred.astimezone(ZONE).isoformat(timespec="seconds")
        if self.seen is not None:
            usual["seen"] = self.seen
        return sign_statement(stated(kind, body, **{**usual, **others}), signers)

    def genesis(self) -> Envelope:
        """Open the log: its key and the registrars' sign together."""
        return self.several((LOG_ACTOR, *REGISTRARS), GENESIS, genesis_body(self.keys))

    def enrolment(self, actor: str, *registrars: str, custody: str = "person") -> Envelope:
        """Enrol the key an actor has at hand, over proof of possession and registrars."""
        key = self.keys[actor]
        body = {"actor": actor, "public_key": base64_of(key), "custody": custody}
        return self.several(registrars or REGISTRARS[:2], ENROLLED, body, (actor, key))

    def rotation(self, actor: str, new: Signer) -> Envelope:
        """Replace an actor's key, over both."""
        old = self.keys[actor].public_key.id
        body = {"actor": actor, "public_key": base64_of(new), "custody": "person", "replaces": old}
        envelope = self.several((actor,), ROTATED, body, (actor, new))
        self.keys[actor] = new
        return envelope

    def revocation(self, actor: str, *by: str, **since: int) -> Envelope:
        """Revoke an actor's key: by itself, or by registrars."""
        body = {"key": self.keys[actor].public_key.id, "category": "COMPROMISED", **since}
        return self.several(by or (actor,), REVOKED, body)

    def suspension(self, actor: str, *by: str) -> Envelope:
        """Suspend an actor's key: by itself, or by registrars."""
        body = {"key": self.keys[actor].public_key.id, "category": "SUSPECTED"}
        return self.several(by or (actor,), SUSPENDED, body)

    def reinstatement(self, actor: str, *by: str) -> Envelope:
        """Reinstate an actor's key by registrars."""
        return self.several(by or REGISTRARS[:2], REINSTATED, {"key": self.keys[actor].public_key.id})

    def word(self, kind: str, actor: str, key: Signer, **of: object) -> Envelope:
        """Say, as an actor with the key at hand, whose word the statements of an older key are."""
        return self.several((actor,), kind, {"key": key.public_key.id, **of})

    def binding(
        self, actor: str, chain: str, certificate: str, proof: str | None = None, **others: Any
    ) -> tuple[Envelope, Opening]:
        """Bind a certificate to an actor's key; its chain is committed to."""
        commitments, opening = committed(self, "certificates", chain)
        body = {"key": self.keys[actor].public_key.id, "certificate": certificate}
        body |= {"possession": proof} if proof is not None else {}
        return self.several((actor,), BOUND, body, **{"commitments": commitments, **others}), opening

    def enter(self, envelope: Envelope, *openings: Opening) -> int:
        """Append an entry; return its position."""
        statement = parse_statement(envelope.payload)
        position = len(self.rows)
        arrived = START + timedelta(minutes=position + 1, seconds=5)
        entry = Entry(write_time(arrived), envelope, write_time(arrived + timedelta(seconds=1)))
        version = 1 + sum(row.stream == statement.stream for row in self.rows)
        self.rows.append(Row(position, statement.stream, version, statement.type, encode_entry(entry)))
        if openings:
            self.openings[statement.id] = list(openings)
        return position

    def commit(self) -> None:
        """Sign the head, which is what people have seen from now on."""
        size, root = len(self.rows), merkle.root(self.leaves())
        note = sign_checkpoint(Checkpoint(self.origin, size, root), self.keys[LOG_ACTOR])
        self.checkpoints.append((size, note))
        self.seen = {"size": size, "root": root.hex()}

    def leaves(self) -> list[bytes]:
        """Return the leaf hashes of the entries."""
        return leaves_of(self.rows)

    def copy(self) -> LogCopy:
        """Return what a verifier is given."""
        head = len(self.rows), merkle.root(self.leaves())
        return LogCopy(tuple(self.rows), self.leaves(), head, tuple(self.checkpoints), dict(self.openings))


def leaves_of(rows: Sequence[Row]) -> list[bytes]:
    """Return the leaf hashes of rows as they are."""
    return [merkle.leaf_hash(row.entry) for row in rows]


def statement_at(row: Row) -> Statement:
    """Return what a row's entry states."""
    return parse_statement(parse_entry(row.entry).envelope.payload)


def committed(journal: Journal, field_name: str, value: str) -> tuple[dict[str, str], Opening]:
    """Commit to words in the statement that is signed next; return the commitments and the opening."""
    digest = commit(
        salt=SALT, log=journal.origin, statement_id=uuid7(journal.signed + 1), field=field_name, value=value
    )
    return {field_name: digest}, Opening(field_name, SALT, value)


def cell(agency: str, expects: int, criterion: str = "A1.2") -> dict[str, object]:
    """Return the fields of a statement on one criterion of an agency in the 2016 round."""
    return {"round": "2016", "agency": agency, "criterion": criterion, "expects": expects}


def small_log() -> Journal:
    """Write thirteen entries in four batches: genesis, keys, scores, minutes, rotation, revocation."""
    journal = Journal()
    journal.enter(journal.genesis())
    journal.commit()
    for actor in ("head-snv", "head-stc", "lead-9"):
        journal.enter(journal.enrolment(actor))
    journal.commit()
    _declare(journal)
    journal.commit()
    _inspect(journal)
    journal.enter(journal.rotation("head-stc", SPARE_KEY))
    journal.enter(journal.one("head-stc", "SelfScoreDeclared.v1", {"points": "1"}, **cell("STC", 1)))
    journal.enter(journal.revocation("head-snv", "reg-1", "reg-3", compromised_since=8))
    journal.enter(journal.one("head-stc", "SelfScoreDeclared.v1", {"points": "1.5"}, **cell("STC", 2)))
    journal.commit()
    return journal


def _declare(journal: Journal) -> None:
    """Positions 4 to 6: evidence with a committed title, then the points of two agencies."""
    commitments, title = committed(journal, "title", "Báo cáo kết quả CCHC năm 2016")
    attachment = {"sha256": "ab" * 32, "size": 1234, "media_type": "application/pdf"}
    evidence = cell("SNV", 0) | {"commitments": commitments, "attachments": [attachment]}
    journal.enter(
        journal.one("head-snv", "EvidenceSubmitted.v1", {"serial": "12/BC-SNV", "version": 1}, **evidence),
        title,
    )
    journal.enter(journal.one("head-snv", "SelfScoreDeclared.v1", {"points": "1.75"}, **cell("SNV", 1)))
    journal.enter(journal.one("head-stc", "SelfScoreDeclared.v1", {"points": "2"}, **cell("STC", 0)))


def _inspect(journal: Journal) -> None:
    """Positions 7 and 8: an inspection note with its finding, and minutes that both sides sign."""
    commitments, finding = committed(journal, "finding", "Hồ sơ đầy đủ,\nđúng hạn.")
    body = {"points": "1.5", "quality": "SOUND"}
    note = cell("SNV", 2) | {"commitments": commitments}
    journal.enter(journal.one("lead-9", "InspectionNoteRecorded.v1", body, **note), finding)
    minutes = {"team": "T09", "items": [{"criterion": "A1.2", "concurrence": "AGREED"}]}
    journal.enter(
        journal.several(("lead-9", "head-snv"), "MinutesSigned.v1", minutes, round="2016", agency="SNV")
    )

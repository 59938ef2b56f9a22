"""A dossier made from a log: the entries of a case, and everything that proves them."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import Connection, select

from api.attestations import folded, published_tree, secret_at, state_of
from api.dossier_contents import (
    AUDITOR,
    COUNCIL,
    Damaged,
    Stored,
    Subject,
    read_contents,
    read_whole,
    text_classes,
)
from api.errors import CommandError
from api.log_copy import AT_ONCE, words
from api.nearest import no_dispute, not_applicable, not_ranked
from api.register import Register
from api.runtime import Log
from audit.ledger import tree
from audit.ledger.cosignatures import cosigned_note
from audit.ledger.receipts import write_receipts
from audit.ledger.stamping import kept_tokens
from audit.ledger.tables import cosignatures, timestamps
from audit.proofs.checkpoint import parse_checkpoint
from audit.proofs.commitment import Opening
from audit.proofs.dossier import MAX_DOSSIER, MAX_ITEMS, Dossier, Held, HeldProof, format_dossier
from audit.proofs.entry import MAX_ENTRY
from audit.proofs.note import unverified_text
from audit.proofs.receipt import parse_receipt
from audit.proofs.subtrees import prune
from audit.proofs.timestamp import Token
from audit.proofs.trust import Trust
from audit.proofs.trust_file import format_trust
from domain.visibility import Visibility

OF_ATTESTATION = ("ProjectionAttested.v1", "AttestationConfirmed.v1")


class Reader(StrEnum):
    """For whom a dossier is made."""

    AGENCY = "agency"
    COUNCIL = "council"
    AUDITOR = "auditor"


class DossierRefused(CommandError):
    """No dossier is made of this; it says why."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for: about what, for whom, and whether with every entry of the log."""

    subject: Subject
    reader: str
    whole: bool
    trust: Trust | None = None


def make_dossier(
    log: Log, connection: Connection, asked: Request, register: Register | None = None
) -> Dossier:
    """Make a dossier, from what is known of the log or else by folding it.

    Raises UnknownSubject, DossierRefused.
    """
    if asked.whole and asked.reader != "auditor":
        raise DossierRefused("a dossier with all entries is for auditors: --reader auditor")
    register = register or folded(log, connection)
    asked = replace(asked, subject=_known(register, asked))
    states = list(_states(log, connection, register, asked))
    return _Making(connection, register, asked, states).dossier()


def dossier_bytes(dossier: Dossier) -> bytes:
    """Write a dossier; raises DossierRefused for one that no reader takes."""
    data = format_dossier(dossier)
    if len(data) > MAX_DOSSIER or len(dossier.entries) > MAX_ITEMS:
        raise DossierRefused(f"a dossier of {len(data)} bytes is too large; name an agency or a criterion")
    return data


def told_of(dossier: Dossier) -> dict[str, object]:
    """Say what a dossier holds."""
    shown = sum(held.entry is not None for held in dossier.entries)
    return {
        "about": dict(dossier.about),
        "reader": dossier.reader,
        "size": dossier.size,
        "entries": shown,
        "withheld": len(dossier.entries) - shown,
        "openings": len(dossier.openings),
        "states": len(dossier.states),
        "whole": dossier.whole,
    }


def _known(register: Register, asked: Request) -> Subject:
    """Check that there is such a case, and find the cell of a dispute."""
    its = asked.subject
    found = register.round(its.round)
    if its.dispute is not None:
        about = register.standing.disputes.get((its.round, its.dispute))
        if about is None or its.agency not in (None, about.agency):
            filed = [
                name
                for (code, name), one in register.standing.disputes.items()
                if code == its.round and its.agency in (None, one.agency)
            ]
            raise no_dispute(its.dispute, its.round, filed)
        its = Subject(its.round, about.agency, about.criterion, its.dispute)
    if its.agency is None and not asked.whole:
        raise DossierRefused("name an agency (--agency), or ask for the whole round (--whole)")
    if its.agency is not None and its.agency not in found.agencies:
        raise not_ranked(its.agency, its.round, found.agencies)
    if its.criterion is not None and its.criterion not in found.criteria.by_code:
        raise not_applicable(its.criterion, its.round, found.criteria.by_code)
    return its


# --- what was attested ----------------------------------------------------------------------------------


def _states(log: Log, connection: Connection, register: Register, asked: Request) -> Iterator[HeldProof]:
    """Prove the items of the subject under every attestation whose secret was not erased."""
    its = asked.subject
    attested = list(register.standing.attested.items())  # at once: it may go on meanwhile
    for (code, version), made in sorted(attested):
        known = code == its.round and made.position < register.size
        secret = secret_at(connection, made.position) if known else []
        if secret:
            state = state_of(register, code, version)
            tree = published_tree(state, secret)
            wanted = _wanted(its, [item.key for item in state], whole=asked.whole)
            yield from (HeldProof(made.position, tree.prove(key)) for key in sorted(wanted))


def _wanted(its: Subject, keys: Iterable[str], *, whole: bool) -> set[str]:
    """Name the items: the cell, or all of the agency; its total and rank, or all of them."""
    wanted = {f"{its.round}/{its.agency}/{its.criterion}"} if its.criterion else set()
    for key in keys:
        _, agency, of = key.split("/")
        overall = of in ("total", "rank")
        if (overall and (whole or agency == its.agency)) or (agency == its.agency and its.criterion is None):
            wanted.add(key)
    return wanted


# --- what goes in ---------------------------------------------------------------------------------------


class _Making:
    """One dossier while it is made."""

    def __init__(
        self, connection: Connection, register: Register, asked: Request, states: list[HeldProof]
    ) -> None:
        self._connection = connection
        self._register = register
        self._asked = asked
        self._states = states
        self._size = register.size
        its, self._classes = asked.subject, _classes(register, asked)
        also = {position for held in states for position in _made_elsewhere(its, held)}
        self._contents = (
            read_whole(connection)
            if asked.whole
            else read_contents(connection, its, self._classes, sorted(also))
        )

    def dossier(self) -> Dossier:
        contents, receipts = self._contents, self._receipts()
        notes, tokens = self._checkpoints(), self._tokens()
        leaves = list(tree.leaf_hashes(self._connection, 0))
        held = tuple(
            Held(s.position, leaves[s.position], None if s.position in contents.withheld else _written(s))
            for s in contents.all
        )
        sizes = sorted(self._sizes(receipts, notes))
        hashes = prune(leaves, [one.position for one in held], sizes)
        return Dossier(
            about=self._asked.subject.about,
            reader=self._asked.reader,
            log=self._register.keyring.genesis.origin,
            size=self._size,
            entries=held,
            hashes=tuple(hashes),
            sizes=tuple(sizes),
            checkpoints=tuple(note for _, note in sorted(notes.items())),
            openings=tuple(self._openings()),
            receipts=tuple(sorted(receipts.items())),
            states=tuple(self._states),
            tokens=tuple(token for token in tokens if token.size in notes),
            trust=None if self._asked.trust is None else json.loads(format_trust(self._asked.trust)),
        )

    def _sizes(self, receipts: Mapping[int, bytes], notes: Mapping[int, bytes]) -> set[int]:
        """All sizes at which somebody says what the root was."""
        told = {s.statement.seen.size for s in self._contents.shown if s.statement.seen is not None}
        told |= {s.statement.body["size"] for s in self._contents.shown if s.statement.type in OF_ATTESTATION}
        told |= {_size(parse_receipt(receipt).checkpoint) for receipt in receipts.values()}
        known = self._asked.trust.logs if self._asked.trust else ()
        told |= {log.newest_checkpoint.size for log in known if log.newest_checkpoint is not None}
        return {size for size in told | notes.keys() if 0 < size < self._size}

    def _receipts(self) -> dict[int, bytes]:
        """The receipts of what the agency itself stated."""
        its, standing = self._asked.subject, self._register.standing
        if self._asked.whole or its.agency is None:
            return {}
        own = {
            s.position: s.entry
            for s in self._contents.case
            if s.position not in self._contents.withheld
            and any(standing.at_home(actor, its.agency) for actor in s.statement.named_actors)
        }
        return write_receipts(self._connection, own)

    def _checkpoints(self) -> dict[int, bytes]:
        """The newest, the newest that was cosigned, and the first of those that covers each entry."""
        stamped = sorted(_stamped(self._connection, self._register.keyring.genesis.origin))
        sizes = {self._size, *stamped[-1:]}
        for stored in () if self._asked.whole else self._contents.case:
            place = bisect_right(stamped, stored.position)
            sizes |= set(stamped[place : place + 1])
        if self._asked.whole:
            sizes |= set(stamped)
        notes = {size: cosigned_note(self._connection, size) for size in sizes}
        return {size: note for size, note in notes.items() if note is not None}

    def _tokens(self) -> list[Token]:
        return list(kept_tokens(self._connection))

    def _openings(self) -> Iterator[tuple[int, Opening]]:
        """The texts of what is shown that are in the reader's classes, and were not erased."""
        shown = self._contents.shown
        found: dict[str, list[Opening]] = {}
        ids = [s.statement.id for s in shown if s.statement.commitments]
        for start in range(0, len(ids), AT_ONCE):
            found |= words(self._connection, ids[start : start + AT_ONCE])
        for stored in shown:
            its = text_classes(stored.statement.type)
            for opening in sorted(found.get(stored.statement.id, ()), key=lambda one: one.field):
                if its.get(opening.field) in self._classes:
                    yield stored.position, opening


def _made_elsewhere(its: Subject, held: HeldProof) -> tuple[int, ...]:
    """Return the positions of the acts behind the cell's points, wherever they were stated."""
    cell = f"{its.round}/{its.agency}/{its.criterion}"
    return held.proof.shown[0].item.made_by if held.proof.key == cell and held.proof.absent is None else ()


def _classes(register: Register, asked: Request) -> frozenset[Visibility]:
    if asked.reader == "agency":
        return frozenset(register.round(asked.subject.round).publication.own_record)
    return COUNCIL if asked.reader == "council" else AUDITOR


def _written(stored: Stored | Damaged) -> bytes:
    """An entry is ASCII; a damaged one is told as far as ASCII goes, and is another one still."""
    if isinstance(stored, Stored):
        return stored.data
    return stored.data[:MAX_ENTRY].decode("ascii", "replace").replace("\ufffd", "?").encode()


def _size(note: bytes) -> int:
    return parse_checkpoint(unverified_text(note)).size


def _stamped(connection: Connection, origin: str) -> set[int]:
    """Return the sizes of the checkpoints that a witness or a time authority has seen."""
    by_others = ~cosignatures.c.vkey.startswith(f"{origin}+", autoescape=True)
    its = (select(cosignatures.c.size).where(by_others).distinct(), select(timestamps.c.size).distinct())
    return {size for query in its for size in connection.execute(query).scalars()}

"""One entry with all that there is about it: its bytes, its signers by the registry then, its proof."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection

from api.answers import Answer
from api.dossier_contents import Damaged, Stored
from api.pages.lines import signatures
from api.pages.present import about
from api.pages.proof import witnesses
from api.runtime import Runtime
from api.search_told import telling
from audit.ledger import tree
from audit.ledger.codec import Recorded
from audit.ledger.tables import stored_events
from audit.proofs import merkle
from audit.proofs.errors import MerkleError
from audit.proofs.key_record import KeyRecord
from audit.proofs.statement import PAYLOAD_TYPE
from domain.events import Event
from domain.stated.registry import OfficerRegistered, OfficerTransferred, RoleEnded, RoleGranted
from projections.mentions import mentioned
from projections.search import Reader

SHOWN = 12_000
"""So many characters of an entry or a statement stand on its page; all of them are a link away."""
AROUND = 4
"""So far a neighbour is looked for on either side among those that may not be read."""
_ITS = stored_events.c
Seen = Callable[[ColumnElement[bool]], Iterator[Stored | Damaged]]
"""Which of some entries the reader may read."""


def entry(runtime: Runtime, connection: Connection, reader: Reader, stored: Stored, seen: Seen) -> Answer:
    """Answer with one entry that may be read."""
    said = _said(connection, stored) if reader.own is None else {}  # the registry is of no agency
    every = sorted(set().union(*said.values()))
    found = dict.fromkeys([stored.position, *every])
    (recorded, line), *registry = telling(runtime.log, connection, reader).read_and_tell([*found])
    payload = stored.entry.envelope.payload
    return {
        **about(runtime, connection),
        **line,
        **signatures(runtime, recorded),
        "damaged": False,
        "stream": recorded.originator_id,
        "version": recorded.originator_version,
        "bytes": len(stored.data),
        "entry": stored.data.decode(),
        "payload_type": PAYLOAD_TYPE,
        "statement": json.loads(payload),
        "keys": _keys(runtime, stored, said, registry),
        "signature_bytes": [
            {"key": key, "signature": its.hex()} for key, its in stored.entry.envelope.signatures
        ],
        "proof": _proof(runtime, connection, stored),
        "neighbours": _neighbours(connection, recorded, seen),
    }


# --- who signed -----------------------------------------------------------------------------------------


def _said(connection: Connection, stored: Stored) -> dict[str, list[int]]:
    """Return where the registry spoke of each key, or of whose it is, before the entry came."""
    return {
        key: sorted(at for at in mentioned(connection, {actor, key}) if at < stored.position)
        for key, actor in _signers(stored)
    }


def _signers(stored: Stored) -> list[tuple[str, str]]:
    keys = [key for key, _ in stored.entry.envelope.signatures]
    return list(zip(keys, stored.statement.actors_of(keys), strict=True))


def _keys(
    runtime: Runtime,
    stored: Stored,
    said: Mapping[str, Sequence[int]],
    registry: Iterable[tuple[Recorded, Answer]],
) -> list[Answer]:
    """Tell of each key whose it is, and what the registry had said of both."""
    told = {recorded.position: (recorded.event, line) for recorded, line in registry}
    records = runtime.intake.keyring.records
    return [
        {
            "key": key,
            "actor": actor,
            **_office((told[at][0] for at in said.get(key, ())), actor),
            **_record(records.get(key), stored.position),
            "registry": [told[at][1] for at in said.get(key, ())],
        }
        for key, actor in _signers(stored)
    ]


def _record(record: KeyRecord | None, position: int) -> Answer:
    if record is None:
        return {"custody": None, "state": None, "enrolled_at": None, "ended_at": None}
    return {
        "custody": record.custody,
        "state": _state(record, position),
        "enrolled_at": record.enrolled_at,
        "ended_at": record.ended_at,
    }


def _state(record: KeyRecord, position: int) -> str:
    """What the log said of a key when it had so many entries; nobody's clock is asked."""
    if position <= record.enrolled_at:
        return "enrolled_here" if position == record.enrolled_at else "not_yet"
    if record.ended_at is not None and record.ended_at <= position:
        return "ended_here" if position == record.ended_at else "ended"
    for one in record.suspensions:
        if one.since <= position and (one.until is None or position < one.until):
            return "suspended"
    return "valid"


def _office(told: Iterable[Event | None], actor: str) -> Answer:
    """Return somebody's agency and offices, by what the registry had said."""
    home, offices = None, dict[tuple[str, str | None], None]()
    for body in (event.body for event in told if event is not None):
        if getattr(body, "officer", None) != actor:
            continue
        if isinstance(body, OfficerRegistered | OfficerTransferred):
            home = body.home
        elif isinstance(body, RoleGranted):
            offices[body.role.value, body.agency] = None
        elif isinstance(body, RoleEnded):
            offices.pop((body.role.value, body.agency), None)
    return {"home": home, "offices": [{"role": role, "agency": agency} for role, agency in offices]}


# --- where it lies --------------------------------------------------------------------------------------


def damaged(runtime: Runtime, connection: Connection, stored: Damaged) -> Answer:
    """Answer with an entry whose bytes say nothing any more: what the row calls it, and where it lay."""
    return {
        **about(runtime, connection),
        "position": stored.position,
        "type": stored.type,
        "stream": stored.stream,
        "damaged": True,
        "bytes": len(stored.data),
        "entry": stored.data.decode("latin-1"),
        "proof": _proof(runtime, connection, stored),
    }


def _proof(runtime: Runtime, connection: Connection, stored: Stored | Damaged) -> Answer:
    """Answer with the path from the entry to the root, walked here and now; whoever doubts walks it too."""
    size = about(runtime, connection)["size"]
    root = tree.root_at(connection, size)
    leaf, path = merkle.leaf_hash(stored.data), tree.inclusion_proof(connection, stored.position, size)
    leads = True
    try:
        merkle.verify_inclusion(index=stored.position, size=size, leaf_hash=leaf, proof=path, root=root)
    except MerkleError:
        leads = False
    return {
        "position": stored.position,
        "origin": runtime.origin,
        "size": size,
        "root": root.hex(),
        "leaf": leaf.hex(),
        "path": [its.hex() for its in path],
        "leads": leads,
        "witnesses": witnesses(connection),
    }


def _neighbours(connection: Connection, recorded: Recorded, seen: Seen) -> Answer:
    """Return the nearest entries on either side that may be read: in the log, and in the same stream."""
    at, version = recorded.position, recorded.originator_version
    near = (_ITS.position >= at - AROUND) & (_ITS.position <= at + AROUND)
    same = (_ITS.originator_id == recorded.originator_id) & _ITS.originator_version.in_(
        [version - 1, version + 1]
    )
    around, along = [s.position for s in seen(near)], [s.position for s in seen(same)]
    told: dict[str, Any] = {}
    for name, positions in (("log", around), ("stream", along)):
        before, after = [p for p in positions if p < at], [p for p in positions if p > at]
        told[name] = {"before": max(before, default=None), "after": min(after, default=None)}
    return told

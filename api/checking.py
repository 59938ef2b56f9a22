"""What a check in somebody's own browser starts from: keys to pin, checkpoints, proofs of what is published.

Nothing of it is to be believed: it is what a reader pins on a first visit, and verifies on every other one.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, func, select

from api.answers import Answer
from api.attestations import published_tree, secret_at
from api.runtime import Runtime
from api.settings import Settings
from audit.ledger.cosignatures import cosigned_note
from audit.ledger.tables import cosignatures, head, stored_events
from audit.proofs.keys import DEMO_ORIGIN
from audit.proofs.lines import COSIGNATURE_V1
from audit.proofs.note import parse_vkey, vkey
from audit.proofs.policy import NONE
from audit.proofs.state_proof import state_proof_to_json
from audit.proofs.trust_file import FORMAT
from domain.standing import Round

Stated = dict[str, Any]


def basis(runtime: Runtime, settings: Settings, connection: Connection) -> Answer:
    """Answer with the log's keys and witnesses, its newest checkpoint, and the newest that was cosigned."""
    genesis = runtime.intake.keyring.genesis
    size = connection.execute(select(head.c.size)).scalar_one()
    note = cosigned_note(connection, size)
    witnesses = _witnesses(connection)
    newest = max(witnesses.values(), default=None)
    cosigned = None if newest is None else cosigned_note(connection, newest)
    return {
        "origin": genesis.origin,
        "clock": genesis.clock,
        "trust": _trust(runtime, settings, list(witnesses)),
        "checkpoint": note and note.decode(),
        "cosigned": cosigned and cosigned.decode(),
    }


def _witnesses(connection: Connection) -> dict[str, int]:
    """Return the keys of the witnesses that cosigned anything, each with the newest size."""
    its = cosignatures.c
    rows = connection.execute(select(its.vkey, func.max(its.size).label("size")).group_by(its.vkey)).all()
    return {row.vkey: row.size for row in rows if parse_vkey(row.vkey).number == COSIGNATURE_V1}


def _trust(runtime: Runtime, settings: Settings, witnesses: Collection[str]) -> Stated:
    """Write a trust file without a checkpoint: the demo's own, else the log's keys and whoever cosigned."""
    origin = runtime.origin
    if origin == DEMO_ORIGIN and settings.trust.exists():
        stated: Stated = json.loads(settings.trust.read_bytes())
        for log in stated["logs"]:
            log.pop("newest", None)
        return stated
    vkeys = [vkey(origin, key) for _, key in runtime.intake.keyring.log_keys]
    named = {line: parse_vkey(line).name for line in sorted(witnesses)}
    members = [{"name": name, "operator": name, "vkey": line} for line, name in named.items()]
    return {
        "format": FORMAT,
        "logs": [{"origin": origin, "operator": origin, "vkeys": vkeys}],
        "witnesses": members if len(set(named.values())) == len(named) else [],
        "quorum": NONE,
    }


# --- what is published ----------------------------------------------------------------------------------


def proofs(
    runtime: Runtime,
    connection: Connection,
    found: Round,
    number: int | None,
    agencies: Collection[str] | None = (),
) -> Answer:
    """Answer with the entries behind a version of a result, and proofs of ranks under what was attested.

    `agencies` are those whose ranks the reader may see with their points (all of them: nothing). Entries are
    given as they lie in the log, whatever they say by now: finding that out is the reader's.
    """
    version = next((v for v in found.versions if v.number == (number or found.published)), None)
    if version is None:
        return {"round": found.code, "version": None, "published": None, "attested": None, "states": []}
    made = runtime.intake.standing.attested.get((found.code, version.number))
    states: list[Any] = []
    if made is not None and (secret := secret_at(connection, made.position)):
        tree = published_tree(version.state, secret)
        states = [
            state_proof_to_json(tree.prove(f"{found.code}/{agency}/rank"))
            for agency in sorted(version.results)
            if agencies is None or agency in agencies
        ]
    return {
        "round": found.code,
        "version": version.number,
        "published": _entry(connection, version.position),
        "attested": None if made is None else _entry(connection, made.position),
        "states": states,
    }


def public_agencies(found: Round, told: Answer) -> Collection[str]:
    """Return whose ranks everybody may see with their points: what the policy shows, or nobody's.

    The attested item of a rank tells its points as well, so that a policy without points shows none of them.
    """
    if not found.publication.public_scores:
        return ()
    return [place["agency"] for block in told["blocks"] for place in block["places"]]


def _entry(connection: Connection, position: int) -> Answer:
    its = stored_events.c
    data = connection.execute(select(its.state).where(its.position == position)).scalar_one()
    return {"position": position, "entry": bytes(data).decode("utf-8", "replace")}

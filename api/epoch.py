"""A new epoch: a log whose tail is lost goes on under a new origin, and says from the start what is missing.

What is left of the old log is kept beside the new one, as it is, with its anchor and its evidence: whoever
verifies the new log verifies that, too, and proves what is missing from both.
"""

from __future__ import annotations

import base64
import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from api.evidence import evidence_of
from api.log_key import keep_key
from api.runtime import clock_of, keyring_of, log_over, open_runtime
from api.settings import DATABASE_VARIABLE, Settings
from api.signing import Desk, Draft
from api.storage import bring_evidence, refill_log, take_copy
from audit.ledger.anchor import Anchor
from audit.ledger.backup import DATABASE, EVIDENCE
from audit.ledger.codec import Recorded
from audit.ledger.database import open_database
from audit.ledger.epoch import cite
from audit.ledger.erasure import reapply
from audit.ledger.errors import EpochRefused, RefillRefused
from audit.ledger.files import sync_folder, write_whole
from audit.ledger.submission import Accepted
from audit.proofs.checkpoint import Checkpoint
from audit.proofs.continuation import Continuation, read_continuation
from audit.proofs.keyring import GENESIS, LOG_ACTOR, Keyring
from audit.proofs.keys import Signer, SigningKey
from audit.proofs.merkle import leaf_hash, root

KEPT = ("witness_policy", "time_zone", "utc_offset", "clock", "certificate_anchors")
"""What the new log is opened with as the old one was."""


def begin_epoch(
    settings: Settings,
    origin: str,
    registrars: Sequence[Signer],
    *,
    source: Path | None = None,
    spares: Sequence[str] = (),
) -> Continuation:
    """Continue what is left of a log (in a backup, else in the data directory) as a log with a new origin.

    It is refilled first, as far as the spares go. The new log is built beside the data directory and moved
    there when whole; what was there is kept as `DIR.previous`. Every registrar whose key is valid signs.
    Raises EpochRefused, BackupRefused, NoDatabase, StartRefused for an anchor that is missing or damaged.
    """
    if os.environ.get(DATABASE_VARIABLE):
        raise EpochRefused("epoch.not_sqlite")
    if (previous := _beside(settings, "previous")).exists():
        raise EpochRefused("epoch.in_the_way", path=str(previous))
    building = _beside(settings, "building")
    shutil.rmtree(building, ignore_errors=True)
    new = Settings(building, beside_data=True)
    old = Settings(new.continues, beside_data=True)
    recorded = _keep_old(settings, old, (source or settings.data), spares)
    cited = _open_new(new, old, origin, recorded, registrars)
    _move(settings, new)
    return cited


def _beside(settings: Settings, what: str) -> Path:
    return settings.data.with_name(f"{settings.data.resolve().name}.{what}")


def _keep_old(settings: Settings, old: Settings, source: Path, spares: Sequence[str]) -> list[Recorded]:
    """Gather what is left of the old log; return its entries."""
    old.data.mkdir(parents=True)
    take_copy(source / DATABASE, old.database)
    Anchor.open(settings.anchor)
    write_whole(old.anchor, settings.anchor.read_bytes())
    if (source / EVIDENCE).is_dir():
        shutil.copytree(source / EVIDENCE, old.evidence, copy_function=_link)
    if (before := source / old.continues.name).is_dir():
        shutil.copytree(before, old.continues)
    log = log_over(open_database(old.database_url), create=False)
    try:
        if spares:
            try:
                refill_log(log, old.anchor, spares, short=True)
            except RefillRefused as refused:
                if refused.rule != "refill.not_behind":
                    raise
        reapply(log.recorder, log.entries())
        bring_evidence(log, evidence_of(old), spares)
        return list(log.entries())
    finally:
        log.database.close()


def _link(source: str, target: str) -> None:
    """Evidence never changes under its name: a second name for it is as good as a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _open_new(
    new: Settings, old: Settings, origin: str, recorded: Sequence[Recorded], registrars: Sequence[Signer]
) -> Continuation:
    if not recorded:
        raise EpochRefused("epoch.nothing_left")
    keyring = keyring_of(recorded)
    leaves = [leaf_hash(one.state) for one in recorded]
    left = Checkpoint(recorded[0].statement.log, len(leaves), root(leaves))
    cited = cite(Anchor.open(old.anchor).newest, left, keyring, origin)
    signers = _signers(keyring, registrars)
    key = SigningKey.generate()
    keep_key(new, key)
    clock = clock_of(recorded)
    runtime = open_runtime(new, origin=origin, log_key=key, clock=clock)
    try:
        body = _genesis(recorded[0], key, signers, keyring, cited)
        draft = _draft(body, (LOG_ACTOR, *signers), clock())
        (outcome,) = runtime.intake.submit([Desk(origin, {LOG_ACTOR: key, **signers}).sign(draft)])
        if not isinstance(outcome, Accepted):
            raise EpochRefused("epoch.genesis_refused", reason=outcome.refusal.rule)
    finally:
        runtime.log.database.close()
    return read_continuation(cited, origin)


def _signers(keyring: Keyring, given: Sequence[Signer]) -> dict[str, Signer]:
    """Return the registrars whose keys are valid where the old log ends, each with the key that was given."""
    at_hand = {signer.public_key.id: signer for signer in given}
    found: dict[str, Signer] = {}
    for actor in sorted(keyring.genesis.registrars):
        held = keyring.holder_key(actor)
        if held is None:
            continue
        if held.public.id not in at_hand:
            raise EpochRefused("epoch.registrar_needed", actor=actor, key=held.public.id)
        found[actor] = at_hand[held.public.id]
    if not found:
        raise EpochRefused("epoch.nobody_registers")
    return found


def _genesis(
    first: Recorded,
    key: Signer,
    signers: Mapping[str, Signer],
    keyring: Keyring,
    cited: Mapping[str, object],
) -> dict[str, object]:
    old = first.statement.body
    registrars = [
        {
            "actor": actor,
            "public_key": _public(signer),
            "custody": keyring.records[signer.public_key.id].custody,
        }
        for actor, signer in signers.items()
    ]
    return {
        "log_key": _public(key),
        "registrars": registrars,
        "quorum": min(old["quorum"], len(signers)),
        "continues": dict(cited),
        **{name: old[name] for name in KEPT if name in old},
    }


def _draft(body: Mapping[str, object], actors: tuple[str, ...], at: datetime) -> Draft:
    return Draft(type=GENESIS, actors=actors, body=body, occurred_at=at, together=True, expects=False)


def _public(signer: Signer) -> str:
    return base64.b64encode(signer.public_key.raw).decode()


def _move(settings: Settings, new: Settings) -> None:
    """Put the new log in the old one's place, and its anchor where anchors are kept."""
    anchor = new.anchor.read_bytes()
    apart = settings.anchor != settings.data / new.anchor.name
    if settings.data.exists():
        settings.data.replace(_beside(settings, "previous"))
    new.data.replace(settings.data)
    sync_folder(settings.data.parent)
    if apart:
        settings.anchor.replace(settings.anchor.with_name(f"{settings.anchor.name}.previous"))
        write_whole(settings.anchor, anchor)
        (settings.data / new.anchor.name).unlink()

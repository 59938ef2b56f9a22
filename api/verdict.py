"""What `verify` answers on a whole log, as plain JSON values."""

from __future__ import annotations

from api.answers import Answer
from api.examination import Examination
from api.keys import by_authorship, certificate
from audit.proofs.cosignature import write_moment
from audit.proofs.finding import Finding
from audit.proofs.judgement import Judgement
from audit.proofs.keys import SYNTH_ORIGIN
from audit.proofs.note import vkey
from audit.proofs.promise import Promised


def verdict_on_log(examined: Examination) -> Answer:
    """Answer `verify`: what was checked, what was found, and how far the verdict reaches."""
    log = examined.verdict
    return {
        "ok": examined.ok,
        "log": log.origin,
        "log_key": vkey(log.origin, log.log_key) if log.log_key else None,
        "clock": log.clock,
        "made_up": log.origin.startswith(SYNTH_ORIGIN),
        "size": log.size,
        "root": log.root.hex(),
        "trust": _trusted(examined),
        "ranks": _ranks(examined),
        "checked": {
            "entries": log.size,
            "signatures": log.signatures,
            "keys": log.keys,
            "keys_kept_by_the_platform": log.platform_keys,
            "statements_under_platform_keys": log.platform_statements,
            "checkpoints": log.checkpoints,
            "openings": log.openings,
            "openings_erased": sum(count for _, count in examined.erased),
            "evidence_files": examined.evidence,
            "refusals": examined.refusals,
            "time_tokens": examined.stamped.tokens,
            "time_tokens_unchecked": examined.stamped.unchecked,
            "cells": sum(len(card.scores) for card in examined.board.cards.values()),
            "ranked": len(examined.board.places),
            "attested": examined.refolded.attested,
            "refolded": examined.refolded.refolded,
            "confirmed": examined.refolded.confirmed,
        },
        "erasures": [
            {"position": by.position, "category": by.category, "openings": count}
            for by, count in examined.erased
        ],
        "contested": by_authorship(log.contested),
        "certificates": [
            {**certificate(b.position, b.certificate, b.certified), "actor": b.actor, "key": b.key}
            for b in log.bindings
        ],
        "remarks": [_finding(remark) for remark in examined.remarks],
        "findings": [_finding(found) for found in examined.findings],
        **_continues(examined),
        **_witnessed(examined.judgement, log.size),
        **_without_trust(examined),
    }


def _ranks(examined: Examination) -> str:
    """How far numbers were checked: from an export they are folded, and there is nothing to compare."""
    if examined.compared:
        return "recomputed"
    return "folded" if examined.folded else "not compared"


def _trusted(examined: Examination) -> str:
    """How far a verdict reaches: without a trust file a forged log would be as sound as a true one."""
    if examined.judgement is None:
        return "consistent with itself"
    return "not as trusted" if examined.judgement.findings else "as trusted"


def _witnessed(judgement: Judgement | None, size: int) -> Answer:
    """With a trust file: what it knew beforehand, and who else has seen the log, up to which size."""
    if judgement is None:
        return {}
    by = [
        {
            "witness": one.witness.name,
            "operator": one.witness.operator,
            "at": write_moment(one.time),
            "of_the_operator": judgement.log is not None and one.witness.operator == judgement.log.operator,
        }
        for one in judgement.witnesses
    ]
    known = judgement.known.size if judgement.known else None
    reach = {"known": known, "covered": judgement.covered, "beyond": size - judgement.covered}
    promised = _promised(judgement.promised)
    return {"witnessed": {**reach, "quorum": judgement.quorum, "by": by, **promised}}


def _without_trust(examined: Examination) -> Answer:
    """With a trust file: what the verdict would have been without it, by the log's own word alone."""
    if examined.judgement is None:
        return {}
    return {"without_trust": {"ok": not examined.alone, "findings": len(examined.alone)}}


def _promised(promised: Promised | None) -> Answer:
    """What the log promised of witnesses when it was opened, beside what the trust file asks for."""
    if promised is None:
        return {}
    its = promised.promise
    told = {"quorum": its.quorum, "of": len(its.witnesses), "known": promised.shared}
    return {"promised": {**told, "same": promised.same, "kept": promised.kept}}


def _continues(examined: Examination) -> Answer:
    """Of a new epoch: what it continues, what is missing, and whether that was proved from what is left."""
    cited = examined.verdict.continues
    if cited is None:
        return {}
    told = {"log": cited.origin, "size": cited.size, "root": cited.root}
    missing = {"missing_from": cited.missing_from, "missing_to": cited.missing_to}
    return {"continues": {**told, **missing, "proved": examined.left is not None}}


def unreadable(*findings: Finding) -> Answer:
    """Answer `verify` for a database that cannot be read as one of a log."""
    return {"ok": False, "findings": [_finding(found) for found in findings]}


def _finding(found: Finding) -> Answer:
    return {
        "layer": found.layer,
        "position": found.position,
        "rule": found.rule,
        "facts": {name: str(value) for name, value in found.facts.items()},
    }

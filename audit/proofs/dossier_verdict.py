"""The verdict on a dossier in its one JSON shape (docs/formats/verdict.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from audit.proofs.authorship import Authorship
from audit.proofs.cosignature import write_moment
from audit.proofs.dossier import Dossier
from audit.proofs.dossier_claims import Claims
from audit.proofs.dossier_trust import DOSSIER, NOBODY, Trusted
from audit.proofs.dossier_verifier import LAYERS, Examined
from audit.proofs.dossier_walk import Walked, erased_texts
from audit.proofs.finding import Finding

VERSION = "minhchung.verdict/v1"
Answer = dict[str, Any]
_NOTHING: Mapping[str, Any] = {
    "about": None,
    "reader": None,
    "log": None,
    "log_key": None,
    "clock": "unknown",
    "size": None,
    "root": None,
    "whole": False,
    "trust": "consistent with itself",
    "trust_by": NOBODY,
    "known": None,
    "witnessed": None,
    "ranks": "not checked",
}
_COUNTS = [
    "entries",
    "withheld",
    "signatures",
    "keys",
    "keys_kept_by_the_platform",
    "statements_under_platform_keys",
    "checkpoints",
    "openings",
    "openings_erased",
    "attachments",
    "receipts",
    "time_tokens",
    "states",
    "recomputed",
]


def dossier_verdict(examined: Examined) -> Answer:
    """Answer what was found of a dossier."""
    told: Answer = {"v": VERSION, "ok": examined.ok, **_NOTHING}
    found = [_finding(finding) for finding in examined.findings]
    its = (examined.dossier, examined.walked, examined.claims, examined.trusted)
    dossier, walked, claims, trusted = its
    if dossier is None or walked is None or claims is None or trusted is None:
        layers = {layer: "failed" if layer == "form" else "not checked" for layer in LAYERS}
        empty: Answer = {"states": [], "completeness": [], "contested": [], "assumed": []}
        return {**told, "layers": layers, "checked": dict.fromkeys(_COUNTS, 0), **empty, "findings": found}
    return {
        **told,
        **_log(dossier, walked),
        **_trust(dossier, trusted, examined),
        "ranks": _ranks(claims, dossier),
        "layers": _layers(examined, claims, trusted),
        "checked": _checked(dossier, walked, claims),
        "states": _states(claims),
        "completeness": [
            {
                "key": one.key,
                "size": one.size,
                "events": one.events,
                "withheld": list(one.withheld),
                "complete": one.complete,
            }
            for one in claims.complete
        ],
        "contested": [
            {"position": position, "authorship": authorship.value}
            for position, authorship in walked.keyring.contested().items()
            if position in walked.good and authorship is not Authorship.PLAIN
        ],
        "assumed": _assumed(dossier, walked),
        "findings": found,
    }


def _log(dossier: Dossier, walked: Walked) -> Answer:
    vkeys = walked.log_vkeys
    root = walked.root(dossier.size)
    return {
        "about": dict(dossier.about),
        "reader": dossier.reader,
        "log": dossier.log,
        "log_key": vkeys[0] if vkeys else None,
        "clock": walked.keyring.genesis.clock if vkeys else "unknown",
        "size": dossier.size,
        "root": None if root is None else root.hex(),
        "whole": dossier.whole,
    }


def _trust(dossier: Dossier, trusted: Trusted, examined: Examined) -> Answer:
    words = {NOBODY: "consistent with itself", DOSSIER: "as the dossier names"}
    told = words.get(trusted.by, "as trusted")
    bad = trusted.by != NOBODY and any(f.layer in ("trust", "witness") for f in examined.findings)
    known = trusted.known
    return {
        "trust": f"not {told}" if bad else told,
        "trust_by": trusted.by,
        "known": None if known is None else {"size": known.size, "connected": trusted.connected},
        "witnessed": None if trusted.log is None else _witnessed(dossier, trusted, trusted.log.operator),
    }


def _witnessed(dossier: Dossier, trusted: Trusted, operator: str) -> Answer:
    by = [
        {
            "witness": one.witness.name,
            "operator": one.witness.operator,
            "at": write_moment(one.time),
            "of_the_operator": one.witness.operator == operator,
        }
        for one in trusted.witnesses
    ]
    beyond = dossier.size - trusted.covered
    return {"covered": trusted.covered, "beyond": beyond, "quorum": trusted.quorum, "by": by}


def _ranks(claims: Claims, dossier: Dossier) -> str:
    ranks = [held for held, _ in claims.states if held.proof.key.endswith("/rank")]
    stated = [held for held in dossier.states if held.proof.key.endswith("/rank")]
    if len(ranks) < len(stated):
        return "not checked"
    if not ranks:
        return "not attested"
    return "recomputed" if claims.recomputed == len(claims.states) else "attested"


def _layers(examined: Examined, claims: Claims, trusted: Trusted) -> dict[str, str]:
    failed = {finding.layer for finding in examined.findings}
    unasked = set() if claims.recomputed is not None else {"projection"}
    if trusted.by == NOBODY:
        unasked |= {"trust", "witness"}
    elif trusted.log is None:
        unasked |= {"witness"}
    return {
        layer: "failed" if layer in failed else "not checked" if layer in unasked else "ok"
        for layer in LAYERS
    }


def _checked(dossier: Dossier, walked: Walked, claims: Claims) -> dict[str, int]:
    records = walked.keyring.records.values()
    attached = {file.sha256 for good in walked.good.values() for file in good.statement.attachments}
    shown = sum(held.entry is not None for held in dossier.entries)
    return {
        "entries": shown,
        "withheld": len(dossier.entries) - shown,
        "signatures": walked.signatures,
        "keys": len(records),
        "keys_kept_by_the_platform": sum(record.custody == "platform" for record in records),
        "statements_under_platform_keys": walked.kept_by_platform,
        "checkpoints": len(dossier.checkpoints),
        "openings": walked.openings,
        "openings_erased": erased_texts(walked.good),
        "attachments": len(attached),
        "receipts": len(dossier.receipts),
        "time_tokens": len(dossier.tokens),
        "states": len(claims.states),
        "recomputed": claims.recomputed or 0,
    }


def _states(claims: Claims) -> list[Answer]:
    told = []
    for held, stated in claims.states:
        answer: Answer = {
            "key": held.proof.key,
            "version": stated.version,
            "attested_at": held.attested_at,
            "size": stated.size,
            "absent": held.proof.absent is not None,
            "recomputed": claims.recomputed == len(claims.states),
        }
        if held.proof.absent is None:
            item = held.proof.shown[0].item
            answer |= {"value": dict(item.value), "made_by": list(item.made_by)}
        told.append(answer)
    return told


def _assumed(dossier: Dossier, walked: Walked) -> list[str]:
    part = [] if dossier.whole else ["KEY_EVENTS", "COUNTERS"]
    bound = ["CERTIFICATES"] if any(r.certificates for r in walked.keyring.records.values()) else []
    return [*part, "RULES", *bound, *(["TIME_TOKENS"] if dossier.tokens else [])]


def _finding(found: Finding) -> Answer:
    facts = {name: str(value) for name, value in found.facts.items()}
    return {"layer": found.layer, "position": found.position, "rule": found.rule, "facts": facts}

"""Verify a log with nothing but Python and `cryptography`: `python -m audit.proofs PATH [--trust FILE]`.

PATH is a data directory, an export or a dossier. Scores and ranks are not folded here, and the answer
says so. Exit status: 0 fine, 1 something was found, 2 nothing could be checked.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from audit.proofs.copies import open_copy
from audit.proofs.dossier_page import MAX_PAGE, extract, is_page
from audit.proofs.dossier_verdict import dossier_verdict
from audit.proofs.dossier_verifier import verify_dossier
from audit.proofs.entry import write_time
from audit.proofs.errors import AuditError, StoredError
from audit.proofs.files import read_given
from audit.proofs.judgement import Judgement, judge, sizes_of_interest
from audit.proofs.receptions import Receptions, stamps_of
from audit.proofs.timestamp import Source, Stamped
from audit.proofs.trust import Trust
from audit.proofs.trust_file import MAX_TRUST, parse_trust
from audit.proofs.verifier import LAYERS, Finding, Verdict, verify_log

STEPS = (
    ("storage", "tệp dữ liệu · tables and indexes are whole"),
    ("order", "thứ tự · order of entries, streams and times"),
    ("leaf", "dấu vân tay · leaf hashes of the entries' bytes"),
    ("content", "nội dung · canonical entries and statements of this log"),
    ("registry", "khóa ký · keys enrolled, and allowed to sign at their index"),
    ("counter", "số đếm · every statement of a key is its next"),
    ("signature", "chữ ký · signatures"),
    ("seen", "mốc đã thấy · what signers had seen is this log"),
    ("opening", "phần mở · words are what was committed to"),
    ("tree", "cây Merkle · root over all leaves"),
    ("checkpoint", "điểm kiểm · checkpoints signed by the log's key"),
    ("trust", "tệp tin cậy · the log is the one that is known"),
    ("witness", "bên chứng kiến · cosigned by a quorum of witnesses"),
    ("time", "thời gian · nothing received after others had seen it"),
)
BY_TRUST = ("trust", "witness", "time")
"""What takes a trust file: whose word counts."""
SHOWN = 50


def main(arguments: list[str] | None = None) -> int:
    """Print what was checked and found; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m audit.proofs", description=__doc__)
    parser.add_argument("path", type=Path, help="a data directory, an export or a dossier")
    parser.add_argument("--trust", type=Path, help="a trust file, kept apart from the log")
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    asked = parser.parse_args(arguments)
    if asked.path.is_file():
        return _dossier(asked)
    try:
        trust = _trust(asked.trust)
        found = open_copy(asked.path, sizes_of_interest(trust) if trust else ())
        receptions = Receptions(found.stamped_sizes)
        verdict = verify_log(found.copy, observe=lambda at, entry, _: receptions.observe(at, entry))
    except StoredError as wrong:
        return _misshapen(wrong, as_json=asked.json)
    except (OSError, ValueError, AuditError, sqlite3.DatabaseError) as wrong:
        sys.stderr.write(f"audit.proofs: {wrong}\n")
        return 2
    judgement = judge(trust, verdict, found.cosigned) if trust else None
    stamped = receptions.judge(stamps_of(found.tokens, found.texts, found.cosigned, trust))
    by_trust = judgement.findings if judgement else ()
    findings = (*found.storage, *verdict.findings, *by_trust, *stamped.findings)
    answer = _answer(verdict, judgement, findings) | _times(stamped)
    if trust is not None:
        alone = len(found.storage) + len(verdict.findings) + len(stamped.alone)
        answer["without_trust"] = {"ok": not alone, "findings": alone}
    told = json.dumps(answer, ensure_ascii=False, indent=2) if asked.json else _text(answer, findings, trust)
    sys.stdout.write(told + "\n")
    return 1 if findings else 0


def _trust(path: Path | None) -> Trust | None:
    return None if path is None else parse_trust(read_given(path, MAX_TRUST))


def _misshapen(wrong: StoredError, *, as_json: bool) -> int:
    """Say what there is instead of a log's tables: more cannot be read."""
    answer = {"ok": False, "findings": _told(wrong.findings)}
    lines = [*map(_line, wrong.findings), "FOUND WRONG"]
    told = json.dumps(answer, ensure_ascii=False, indent=2) if as_json else "\n".join(lines)
    sys.stdout.write(told + "\n")
    return 1


def _told(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    return [
        {"layer": f.layer, "position": f.position, "rule": f.rule, "facts": dict(f.facts)} for f in findings
    ]


def _line(finding: Finding) -> str:
    where = "whole log" if finding.position is None else f"position {finding.position}"
    return f"  ✗ {where}: {finding.layer}: {finding.rule} {dict(finding.facts)}"


def _dossier(asked: argparse.Namespace) -> int:
    try:
        trust = _trust(asked.trust)
        data = read_given(asked.path, MAX_PAGE)
        answer = dossier_verdict(verify_dossier(extract(data) if is_page(data) else data, trust))
    except (OSError, AuditError) as wrong:
        sys.stderr.write(f"audit.proofs: {wrong}\n")
        return 2
    told = json.dumps(answer, ensure_ascii=False, indent=2) if asked.json else _text_of_dossier(answer)
    sys.stdout.write(told + "\n")
    return 0 if answer["ok"] else 1


def _text_of_dossier(answer: dict[str, Any]) -> str:
    its = answer["checked"]
    about = " ".join((answer["about"] or {}).values())
    lines = [f"{answer['log']}: {about}: {its['entries']} entries, {its['withheld']} withheld"]
    lines += [f"    {layer}: {how}" for layer, how in answer["layers"].items()]
    for found in answer["findings"][:SHOWN]:
        where = "whole dossier" if found["position"] is None else f"position {found['position']}"
        lines.append(f"  ✗ {where}: {found['layer']}: {found['rule']} {found['facts']}")
    lines.append(
        f"{answer['trust']}; ranks: {answer['ranks']}; taken on trust: {', '.join(answer['assumed'])}"
    )
    lines.append(f"root {answer['root']}")
    return "\n".join([*lines, "OK" if answer["ok"] else "FOUND WRONG"])


def _answer(verdict: Verdict, judgement: Judgement | None, findings: tuple[Finding, ...]) -> dict[str, Any]:
    failed = {finding.layer for finding in findings}
    unasked = frozenset(() if judgement else BY_TRUST)
    promised = judgement.promised if judgement else None
    return {
        "ok": not findings,
        "log": verdict.origin,
        "size": verdict.size,
        "root": verdict.root.hex(),
        "signatures": verdict.signatures,
        "keys": verdict.keys,
        "keys_kept_by_the_platform": verdict.platform_keys,
        "checkpoints": verdict.checkpoints,
        "openings": verdict.openings,
        "clock": verdict.clock,
        "layers": {layer: _said(layer, failed, unasked) for layer in ("storage", *LAYERS, *BY_TRUST)},
        "fold": "not checked",
        "trust": "consistent with itself" if judgement is None else "by the trust file",
        "witnesses": [
            {
                "name": one.witness.name,
                "operator": one.witness.operator,
                "at": one.time,
                "size": judgement.covered,
            }
            for one in (judgement.witnesses if judgement else ())
            if judgement is not None
        ],
        "witnesses_promised": promised
        and {
            "quorum": promised.promise.quorum,
            "of": len(promised.promise.witnesses),
            "known": promised.shared,
            "same": promised.same,
            "kept": promised.kept,
        },
        "findings": _told(findings),
    }


def _said(layer: str, failed: Collection[str], unasked: Collection[str]) -> str:
    return "failed" if layer in failed else "not checked" if layer in unasked else "ok"


def _without(answer: dict[str, Any]) -> str:
    alone = answer["without_trust"]
    return "consistent with itself" if alone["ok"] else f"{alone['findings']} of these"


def _times(stamped: Stamped) -> dict[str, Any]:
    """What time authorities that are trusted say: by then all that the checkpoint covers was there."""
    by_authorities = [stamp for stamp in stamped.stamps if stamp.source is Source.TIMESTAMP]
    times = [
        {"size": stamp.size, "by": stamp.by, "not_after": write_time(stamp.at)} for stamp in by_authorities
    ]
    return {"time_tokens": stamped.tokens, "time_tokens_unchecked": stamped.unchecked, "times": times}


def _text(answer: dict[str, Any], findings: tuple[Finding, ...], trust: Trust | None) -> str:
    lines = [f"{answer['log']}: {answer['size']} entries, {answer['signatures']} signatures"]
    for number, (layer, what) in enumerate(STEPS, start=1):
        wrong = sum(finding.layer == layer for finding in findings)
        if layer in BY_TRUST and trust is None and not wrong:
            lines.append(f"{number:2}. {what}: not checked (no trust file)")
            continue
        lines.append(f"{number:2}. {what}: {f'{wrong} FOUND' if wrong else 'ok'}")
    if answer["time_tokens"]:
        tokens, unchecked = answer["time_tokens"], answer["time_tokens_unchecked"]
        lines.append(
            f"    dấu thời gian · {tokens} time tokens, {unchecked} not checked (extra `timestamps`, --trust)"
        )
    if held := answer["keys_kept_by_the_platform"]:
        lines.append(f"    khóa do nền tảng giữ · custody: platform, {held} of {answer['keys']} keys")
    lines.append("    điểm và thứ hạng · fold: not checked (minhchung verify does)")
    lines += map(_line, findings[:SHOWN])
    if len(findings) > SHOWN:
        lines.append(f"  ... and {len(findings) - SHOWN} more")
    if findings and trust is not None:
        lines.append(f"    without the trust file: {_without(answer)}")
    lines.append(f"root {answer['root']}")
    return "\n".join([*lines, "OK" if answer["ok"] else "FOUND WRONG"])


if __name__ == "__main__":
    sys.exit(main())

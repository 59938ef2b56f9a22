"""What to ask so that every check in JavaScript has something to refuse: by the modules that it is about."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from audit.proofs import canonical
from audit.proofs.dossier import format_dossier, parse_dossier
from audit.proofs.keys import DEMO_ORIGIN
from audit.proofs.lines import SUBTREE_V1, vkey_line
from audit.proofs.note import vkey
from audit.proofs.trust_file import format_trust
from tests.audit.browser import handmade
from tests.audit.browser import test_dossier as dossiers
from tests.audit.browser.heard import Case, heard, stories
from tests.audit.browser.test_canonical import CUT, HANDWRITTEN
from tests.audit.browser.test_formats import (
    CITATIONS,
    HEADS,
    NEW_LOG,
    NUMBERS,
    SPOKEN,
    asked_of_head,
    long_entry,
)
from tests.audit.browser.test_keyring import MODULES, PROMISES, bound_twice, opened_with
from tests.audit.browser.test_merkle import _askable
from tests.audit.browser.test_verifier import told
from tests.audit.proofs.test_canonical import ACCEPTED, LIMIT, REFUSED
from tests.audit.proofs.test_keys import KEY as GOOD_KEY
from tests.audit.proofs.test_keys import LOW_ORDER, UNSAFE, add, decode, encode

Question = tuple[Any, ...]


def of_canonical() -> Iterator[Question]:
    """Texts in one spelling or another."""
    for data, _ in REFUSED.values():
        yield "decode", data, LIMIT
    yield from (("decode", data, LIMIT) for data in CUT)
    for data in ACCEPTED:
        yield "decode", data, len(data)
        yield "decode", data, len(data) - 1
    for data in HANDWRITTEN:
        yield "handwritten", data, LIMIT
        yield "handwritten", data, 3
    nested: object = "leaf"
    for _ in range(17):
        nested = [nested]
    for value in (2**53, -(2**53), "\ud800", {"$base64": "AA=="}, nested):
        yield "encode", value
    yield "encodeFloat", "1.5"
    for text in ("a\u200bb", "e\u0301", "một\nhai"):
        yield from (("checkText", text, allowed) for allowed in (True, False))
    for text in ("AA==", "AB==", "A", "AAA", "A===", "é===", "====", "AA=A"):
        yield "base64", text


def of_keys() -> Iterator[Question]:
    """Keys that are safe and others, and signatures."""
    good = GOOD_KEY.public_key.raw
    for raw, _ in UNSAFE.values():
        yield "loadKey", bytes.fromhex(raw)
    for case in LOW_ORDER.values():
        yield "loadKey", encode(add(decode(good), decode(bytes.fromhex(case))))
    for signature in (b"", bytes(64), GOOD_KEY.sign(b"words"), GOOD_KEY.sign(b"words") + b"x"):
        yield "verify", good, signature, b"words"


AT_MOST = 200
"""So many calls that end alike are enough."""


def _some(module: str, name: str) -> Iterator[Case]:
    """Yield the calls of a check that are told apart, few of a kind."""
    ended: Counter[str] = Counter()
    for case in heard(module, name):
        ended[case.rule] += 1
        if ended[case.rule] <= AT_MOST:
            yield case


def of_merkle() -> Iterator[Question]:
    """Proofs of inclusion and consistency."""
    for kind in ("inclusion", "consistency"):
        for case in _some("test_merkle", f"verify_{kind}"):
            if _askable(case):
                stated = dict(case.options)
                if "leaf_hash" in stated:
                    stated["leaf"] = stated.pop("leaf_hash")
                yield kind, stated


def of_formats() -> Iterator[Question]:
    """Every format that the tests in Python hand to a check, but none twice."""
    for (module, name), spoken in SPOKEN.items():
        for case in _some(module, name):
            if (question := spoken(case)) is not None:
                yield question
    yield from (asked_of_head(note, policy) for note, policy, _ in HEADS.values())
    yield long_entry(50_000)
    yield from _of_attestation()
    for cited in CITATIONS.values():
        yield from (("continuation", cited, origin) for origin in (NEW_LOG, "old.example/log"))
    for text in NUMBERS:
        yield "number", text
    yield from _of_trust()


def of_authorities() -> Iterator[Question]:
    """Certificates of time authorities, sound or not."""
    from tests.audit.browser import test_authority as its
    from tests.audit.proofs.test_trust_authorities import REFUSED
    from tests.authority import tlv, with_extensions

    for made, _ in REFUSED.values():
        yield "trust", made()
    for key in its.KEYS:
        yield from (("trust", its.file(its.made(key, ca=ca))) for ca in (True, False))
    for change in its.EXTENSIONS.values():
        yield "trust", its.file(with_extensions(its.made("P-256"), change))
    yield from (("trust", its.file(changed)) for changed in its.changed(its.made("P-256")))
    der = its.made("RSA of 2048 bits")
    for new in (0, 1, 3, 0x80):
        yield from (("trust", its.file(der[:at] + bytes([new]) + der[at + 1 :])) for at in range(len(der)))
    yield "trust", its.file(_with_parameters(der))
    unknown = tlv(6, bytes.fromhex("2a0304")) + tlv(4, b"?")
    longer = b"\x30\x81" + bytes([len(unknown)]) + unknown  # a length that one byte would say
    yield "trust", its.file(with_extensions(its.made("P-256"), lambda others: [*others, longer]))


def _with_parameters(der: bytes) -> bytes:
    """Put something into the parameters of the signature's algorithm, which are none."""
    plain, other = "300d06092a864886f70d01010b0500", "300e06092a864886f70d01010b050100"
    at = der.rindex(bytes.fromhex(plain))
    changed = der[:at] + bytes.fromhex(other) + der[at + len(plain) // 2 :]
    return changed[:2] + (len(changed) - 4).to_bytes(2) + changed[4:]


@cache
def _authority() -> dict[str, Any]:
    """Return an authority as it stands in a trust file."""
    from tests.audit.browser import test_authority as its

    stated: dict[str, Any] = json.loads(its.file(its.made("P-256")))["authorities"][0]
    return stated


def _of_trust() -> Iterator[Question]:
    from tests.audit.browser.test_dossier import REAL, _trusting

    good = json.loads(format_trust(_trusting()))
    (log,) = good["logs"]
    witness = good["witnesses"][0]
    authority = {"name": "a", "operator": "b", "certificate": "AA=="}
    changes: list[dict[str, Any]] = [
        {"authorities": [authority]},
        {"authorities": [authority, authority]},
        {"authorities": [_authority(), _authority()]},
        {"authorities": [authority | {"certificate": "AB=="}]},
        {"logs": [log, log]},
        {"logs": [log | {"certificate_anchors": ["x"]}]},
        {"logs": [log | {"certificate_anchors": [1]}]},
        {"logs": [log | {"vkeys": [1]}]},
        {"logs": [log | {"vkeys": [witness["vkey"]]}]},
        {"logs": [log | {"origin": "noi-vu.example/log"}]},
        {"witnesses": [witness | {"vkey": log["vkeys"][0]}]},
        {"witnesses": [witness, witness | {"name": "other"}]},
        {"witnesses": [witness | {"name": ""}]},
        {"witnesses": [witness | {"vkey": vkey_line("thanh-tra", SUBTREE_V1, bytes(1311))}]},
        {"witnesses": [witness | {"vkey": vkey_line("thanh-tra", SUBTREE_V1, bytes(1312))}]},
        {"witnesses": [witness | {"more": 1}]},
        {"witnesses": ["x"]},
        {"groups": [{"name": "g", "threshold": "1", "members": []}]},
        {"format": "other"},
        {"quorum": "nobody"},
    ]
    yield from (("trust", canonical.encode(good | change)) for change in ({}, *changes))
    real = "noi-vu.example/log"
    for key in (REAL, GOOD_KEY):
        foreign = good | {"logs": [log | {"origin": real, "vkeys": [vkey(real, key.public_key)]}]}
        yield "trust", canonical.encode(foreign | {"witnesses": [], "quorum": "none"})
    yield from (("logOf", canonical.encode(good), origin) for origin in (DEMO_ORIGIN, real))


def of_keyring() -> Iterator[Question]:
    """Stories of keys, as the tests in Python tell them."""
    for promise in PROMISES:
        yield "story", [{"envelope": opened_with(promise).encode(), "position": 0}]
    yield "story", [{"envelope": each.encode(), "position": at} for at, each in enumerate(bound_twice())]
    for module in MODULES:
        for story in stories(module):
            yield "story", [{"envelope": envelope.encode(), "position": at} for envelope, at, _ in story.told]


def _of_attestation() -> Iterator[Question]:
    body = {
        "version": 1,
        "fold": "f",
        "rules": "r",
        "size": 1,
        "root": "",
        "state_root": "ab" * 32,
        "count": 1,
    }
    good = {"type": "ProjectionAttested.v1", "round": "2016", "body": body}
    bodies = ({"version": "1"}, {"more": 1}, {"state_root": "AB"})
    for stated in (good, good | {"type": "Other.v1"}, good | {"round": None}):
        yield "attestation", stated
    yield from (("attestation", good | {"body": body | change}) for change in bodies)


def of_logs() -> Iterator[Question]:
    """Logs that were tampered with."""
    for case in heard("test_verifier", "verify_log"):
        if not case.options and isinstance(case.args[0].rows, tuple):
            yield "log", told(case.args[0])


def of_dossiers(data: Path) -> Iterator[Question]:
    """Dossiers that are not in their form, and those that were tampered with."""
    cell = dossiers._made(data, "cell")
    for whole in dossiers.WHOLES.values():
        if len(whole) < 2_000_000:
            yield "dossier", whole, None
    for form in dossiers.FORMS.values():
        yield "dossier", dossiers._restated(cell, **form), None
    for kind in (dossiers.WITNESSED, "dispute", "agency"):
        yield from _of_dossier(kind, dossiers._made(data, kind))
    for made in handmade.dossiers(dossiers._made(data, dossiers.WITNESSED)):
        yield "dossier", format_dossier(made), None
    yield "tooLarge", 64 * 1024 * 1024 + 1


def _of_dossier(kind: str, data: bytes) -> Iterator[Question]:
    its = parse_dossier(data)
    yield "dossier", data, None
    yield "dossier", data[:-4] + (b"0" if data[-4:-3] != b"0" else b"1") + data[-3:], None
    for change in dossiers.TAMPERED.values():
        try:
            yield "dossier", format_dossier(change(its)), None
        except (AssertionError, IndexError, ValueError):
            continue
    if kind == dossiers.WITNESSED:
        for trusting in dossiers.TRUSTS.values():
            trust = trusting(its)
            for notes in dossiers.NOTES.values():
                changed = format_dossier(replace(its, checkpoints=tuple(map(notes, its.checkpoints))))
                yield "dossier", changed, format_trust(trust) if trust else None


GROUPS: dict[str, Callable[..., Iterator[Question]]] = {
    "canonical": of_canonical,
    "keys": of_keys,
    "merkle": of_merkle,
    "formats": of_formats,
    "keyring": of_keyring,
    "logs": of_logs,
    "authorities": of_authorities,
}
ABOUT: dict[str, tuple[str, ...]] = {
    "json.js": ("canonical",),
    "canonical.js": ("canonical",),
    "keys.js": ("keys",),
    "merkle.js": ("merkle",),
    "checkpoint.js": ("formats", "checkpoint", "openNote", "openHead"),
    "cosignature.js": ("formats", "openNote", "trust"),
    "note.js": ("formats", "openNote", "openHead", "trust"),
    "policy.js": ("formats", "openHead", "policy", "trust"),
    "head.js": ("formats", "openHead"),
    "statement.js": ("formats", "statement"),
    "envelope.js": ("formats", "envelope", "envelopeJson", "signatures"),
    "entry.js": ("formats", "encodeEntry", "entry"),
    "receipt.js": ("formats", "receipt", "receiptForm", "logProof"),
    "continuation.js": ("formats", "continuation"),
    "promise.js": ("keyring",),
    "key_events.js": ("keyring",),
    "keyring.js": ("keyring",),
    "commitment.js": ("formats", "opening"),
    "state_proof.js": ("formats", "stateProof", "verifyStateProof"),
    "trust.js": ("formats", "logOf", "trust"),
    "der.js": ("authorities",),
    "authority.js": ("authorities",),
    "verifier.js": ("logs",),
    "attested.js": ("formats", "attestation"),
    "pruned_tree.js": ("dossiers",),
    "dossier_file.js": ("dossiers",),
    "dossier_walk.js": ("dossiers",),
    "dossier_claims.js": ("dossiers",),
    "dossier_trust.js": ("dossiers",),
    "dossier.js": ("dossiers",),
}
"""The group of questions, and of formats the calls, that a module answers; none where it checks nothing."""


@cache
def questions(group: str, *calls: str, data: Path | None = None) -> tuple[Question, ...]:
    """Return the questions of a group, none of them twice."""
    asked = GROUPS[group]() if group in GROUPS else of_dossiers(data or Path())
    chosen = (question for question in asked if not calls or question[0] in calls)
    return tuple({repr(question): question for question in chosen}.values())

"""A small dossier, changed and sealed again: each step of the format page finds what it is there to find."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from audit.proofs import canonical
from audit.proofs.dossier import MAX_BRACKETS, MAX_DOSSIER, parse_dossier, seal
from audit.proofs.dossier_page import embed, extract
from audit.proofs.dossier_verdict import dossier_verdict
from audit.proofs.dossier_verifier import LAYERS, verify_dossier
from audit.proofs.errors import DossierError, MerkleError
from audit.proofs.merkle import leaf_hash, root
from audit.proofs.note import vkey
from audit.proofs.policy import NO_WITNESSES
from audit.proofs.subtrees import PrunedTree, prune
from audit.proofs.timestamp import token_digest
from audit.proofs.trust import Trust, TrustedLog
from tests.page_dossier import dossier
from tests.page_log import KEYS
from tests.pages import page_log

Inner = dict[str, Any]
Found = tuple[str, int | None, str]
EVIDENCE, ATTESTED = 35, 59


def inner() -> Inner:
    """Take the dossier of the page apart."""
    read: Inner = json.loads(dossier(page_log()))["dossier"]
    return read


def findings(data: bytes, trust: Trust | None = None) -> list[Found]:
    """Return what is found, in order."""
    return [(found.layer, found.position, found.rule) for found in verify_dossier(data, trust).findings]


def after(change: Callable[[Inner], object], trust: Trust | None = None) -> list[Found]:
    """Return what is found after a change, sealed again."""
    its = inner()
    change(its)
    return findings(seal(canonical.encode(its)), trust)


def at(its: Inner, position: int) -> dict[str, Any]:
    """Return the entry at a position."""
    found: dict[str, Any] = next(entry for entry in its["entries"] if entry["position"] == position)
    return found


def put(its: Inner, position: int, stored: bytes) -> None:
    """Put other bytes at a position, with a leaf that fits them."""
    at(its, position).update(entry=stored.decode(), leaf=leaf_hash(stored).hex())


def without(its: Inner, name: str, position: int) -> None:
    its[name] = [one for one in its[name] if one["position"] != position]


def attestation_elsewhere(its: Inner) -> None:
    its["states"][0]["attested_at"] = EVIDENCE


def token(its: Inner, size: int, digest: bytes) -> None:
    its["tokens"] = [{"authority": "tsa", "response": "AAAA", "sha256": digest.hex(), "size": size}]


def empty_token(its: Inner) -> None:
    token(its, 1, bytes(32))
    its["tokens"][0]["response"] = ""


def other_signature(its: Inner) -> None:
    """Put the signature of one statement under another."""
    stored, other = (json.loads(page_log().entries[n]) for n in (EVIDENCE, 36))
    stored["envelope"]["signatures"][0]["sig"] = other["envelope"]["signatures"][0]["sig"]
    put(its, EVIDENCE, canonical.encode(stored))


def drop_event(its: Inner) -> None:
    """Leave an entry about the cell out, with a proof made anew."""
    log = page_log()
    its["entries"] = [entry for entry in its["entries"] if entry["position"] != 47]
    positions = [entry["position"] for entry in its["entries"]]
    its["hashes"] = [one.hex() for one in prune(log.leaf_hashes, positions, its["sizes"])]


STEPS: list[tuple[str, Callable[[Inner], object], Found]] = [
    ("tree", lambda i: i["hashes"].pop(), ("tree", None, "proof.too_short")),
    ("tree, longer", lambda i: i["hashes"].append("0" * 64), ("tree", None, "proof.too_long")),
    ("leaf", lambda i: at(i, EVIDENCE).update(leaf="0" * 64), ("leaf", EVIDENCE, "leaf.other_bytes")),
    ("content", lambda i: at(i, EVIDENCE).update(entry="{}"), ("content", EVIDENCE, "entry.malformed")),
    ("log", lambda i: i.update(log="other"), ("content", EVIDENCE, "log.other")),
    ("id", lambda i: put(i, 36, page_log().entries[EVIDENCE]), ("content", 36, "id.twice")),
    ("order", lambda i: put(i, 36, page_log().entries[0]), ("order", 36, "time.runs_back")),
    ("registry", lambda i: without(i, "entries", 4), ("registry", 53, "key.unknown")),
    ("counter", lambda i: put(i, 36, page_log().entries[EVIDENCE]), ("counter", 36, "counter.stale")),
    ("signature", other_signature, ("signature", EVIDENCE, "signature.bad")),
    ("seen", lambda i: i["sizes"].pop(0), ("seen", 1, "seen.not_shown")),
    ("graft", lambda i: i["hashes"].reverse(), ("seen", EVIDENCE, "seen.false")),
    ("words", lambda i: i["openings"][0].update(lines=["x"]), ("opening", EVIDENCE, "opening.mismatch")),
    (
        "words of nothing",
        lambda i: i["openings"][0].update(position=41),
        ("opening", 41, "opening.of_nothing"),
    ),
    ("head", lambda i: i["checkpoints"][0].pop(), ("checkpoint", None, "note.malformed")),
    ("head's root", lambda i: i["hashes"].reverse(), ("checkpoint", None, "checkpoint.other_root")),
    ("head's size", lambda i: i.update(size=79), ("checkpoint", None, "checkpoint.does_not_cover")),
    ("genesis", lambda i: at(i, 0).pop("entry"), ("checkpoint", None, "genesis.missing")),
    ("receipt", lambda i: i["receipts"][0]["lines"].pop(4), ("receipt", EVIDENCE, "proof.too_short")),
    (
        "receipt of nothing",
        lambda i: i["receipts"][0].update(position=41),
        ("receipt", 41, "receipt.of_nothing"),
    ),
    ("token", lambda i: token(i, 12, bytes(32)), ("time", None, "time.no_checkpoint")),
    ("token's bytes", lambda i: token(i, 78, bytes(32)), ("time", None, "time.other_bytes")),
    ("no attestation", attestation_elsewhere, ("attestation", EVIDENCE, "attestation.not_one")),
    (
        "attestation hidden",
        lambda i: at(i, ATTESTED).pop("entry"),
        ("attestation", ATTESTED, "attestation.not_shown"),
    ),
    (
        "proof",
        lambda i: i["states"][0]["proof"].update(count=29),
        ("attestation", ATTESTED, "state.other_count"),
    ),
    ("left out", drop_event, ("completeness", None, "state.events_missing")),
    ("no proof", lambda i: i["about"].update(criterion="A1.2"), ("completeness", None, "state.not_shown")),
    (
        "about nothing",
        lambda i: i.update(about={"round": "2031"}),
        ("content", None, "dossier.about_nothing"),
    ),
    ("trust", lambda i: i["trust"].update(quorum="nobody"), ("trust", None, "policy.malformed")),
    ("known", lambda i: i["hashes"].reverse(), ("trust", None, "trust.contradicted")),
]


@pytest.mark.parametrize(("change", "expected"), [s[1:] for s in STEPS], ids=[s[0] for s in STEPS])
def test_step_finds_what_it_is_there_to_find(change: Callable[[Inner], object], expected: Found) -> None:
    """Sealed again after one change, the dossier is refused for that reason, among others perhaps."""
    assert expected in after(change)


def test_nothing_is_found_of_the_dossier_as_it_is() -> None:
    """The table above is not right by accident."""
    assert findings(dossier(page_log())) == []


def test_seal_alone_shows_what_nothing_else_covers() -> None:
    """Damage to a text that nobody signed is found by the digest."""
    data = dossier(page_log()).replace("Sở Nội vụ".encode(), "Sở Nội vự".encode(), 1)
    assert findings(data) == [("seal", None, "dossier.other_digest")]


@pytest.mark.parametrize("key", ["log", "thanh-tra"])
def test_readers_trust_names_the_logs_key(key: str) -> None:
    """Another key under the log's name is not the log's."""
    named = KEYS.get(key, KEYS["snv-2"])
    origin = inner()["log"]
    trust = Trust((TrustedLog(origin, "Operator", (vkey(origin, named.public_key),)),), NO_WITNESSES)
    expected = [] if key == "log" else [("trust", 0, "trust.other_log_key")]
    assert findings(dossier(page_log()), trust) == expected


def test_trust_in_other_logs_knows_nothing_of_this_one() -> None:
    """A trust file without this origin is one finding, and witnesses are not asked about."""
    verdict = dossier_verdict(verify_dossier(dossier(page_log()), Trust((), NO_WITNESSES)))
    assert [found["rule"] for found in verdict["findings"]] == ["trust.unknown_log"]
    assert verdict["layers"]["witness"] == "not checked"
    assert verdict["trust"] == "not as trusted"


def test_witnesses_that_did_not_cosign_are_no_quorum() -> None:
    """The quorum that the trust file asks for is asked for here, too."""
    found = after(lambda i: i["trust"].update(quorum="hai-nơi"))
    assert found == [("witness", None, "head.no_quorum")]


def test_token_with_its_own_hash_is_held_and_not_read() -> None:
    """A time token is named among what is taken on trust."""
    its = inner()
    token(its, 78, token_digest(78, "tsa", b"\0\0\0"))
    verdict = dossier_verdict(verify_dossier(seal(canonical.encode(its))))
    assert verdict["ok"]
    assert verdict["assumed"][-1] == "TIME_TOKENS"


# --- the form -------------------------------------------------------------------------------------------

MALFORMED: list[tuple[str, Callable[[Inner], object], str]] = [
    ("a field more", lambda i: i.update(more=1), "fields"),
    ("about nobody", lambda i: i.update(about={"agency": "SNV"}), "about"),
    ("about a name", lambda i: i["about"].update(agency="<b>"), "about"),
    ("no checkpoint", lambda i: i.update(checkpoints=[]), "checkpoints"),
    ("no entries", lambda i: i.update(entries=[]), "entries"),
    ("not from genesis", lambda i: i["entries"].pop(0), "entries"),
    ("out of order", lambda i: i["entries"].reverse(), "entries"),
    ("beyond", lambda i: i.update(size=3), "entries"),
    ("not ASCII", lambda i: i["entries"][0].update(entry="é"), "entries"),
    ("too long", lambda i: i["entries"][0].update(entry="x" * 65_536), "entries"),
    ("no hash", lambda i: i["hashes"].append("0"), "hashes"),
    ("no origin", lambda i: i.update(log="a b"), "log"),
    ("no salt", lambda i: i["openings"][0].update(salt="00"), "openings"),
    ("no field", lambda i: i["openings"][0].update(field="A"), "openings"),
    ("nobody", lambda i: i.update(reader="public"), "reader"),
    ("twice", lambda i: i["receipts"].append(i["receipts"][0]), "receipts"),
    ("no size", lambda i: i.update(size=0), "size"),
    ("no sizes", lambda i: i["sizes"].insert(0, 0), "sizes"),
    ("a larger size", lambda i: i["sizes"].append(78), "sizes"),
    ("no proof", lambda i: i["states"][0].update(proof={}), "states"),
    ("empty token", empty_token, "tokens"),
    ("no trust", lambda i: i.update(trust=[]), "trust"),
]


@pytest.mark.parametrize(("change", "field"), [m[1:] for m in MALFORMED], ids=[m[0] for m in MALFORMED])
def test_malformed_dossier_is_not_read(change: Callable[[Inner], object], field: str) -> None:
    """What is not in the grammar is refused, with the field that it is in."""
    its = inner()
    change(its)
    with pytest.raises(DossierError) as wrong:
        parse_dossier(seal(canonical.encode(its)))
    assert (wrong.value.rule, wrong.value.facts["field"]) == ("dossier.malformed", field)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (bytes(MAX_DOSSIER + 1), "dossier.too_large"),
        (b"[" * (MAX_BRACKETS + 1), "dossier.too_many"),
        (b"[1,1.0]", "dossier.unreadable"),
        (b'{"dossier":{},"sha256":""}', "dossier.malformed"),
        (seal(b'{"v":"minhchung.dossier/v2"}'), "dossier.other_version"),
        (seal(canonical.encode(inner() | {"sizes": list(range(1, 140_000))})), "dossier.too_many"),
    ],
    ids=range(6),
)
def test_file_that_is_none_is_refused(data: bytes, rule: str) -> None:
    """It is the only finding, and nothing else was checked."""
    verdict = dossier_verdict(verify_dossier(data))
    assert [found["rule"] for found in verdict["findings"]] == [rule]
    assert list(verdict["layers"]) == list(LAYERS)
    assert set(verdict["layers"].values()) == {"failed", "not checked"}


def test_page_gives_back_what_was_put_into_it() -> None:
    """Percent and less-than signs come back as they were; a page without a dossier is refused."""
    for text in (b"", b"%", b"<%3C%25%>", b'"</script>"'):
        assert extract(b"<html>" + embed(text) + b"</html>") == text
    for page in (b"<html></html>", embed(b"x")[:-9], embed(b"x").replace(b">x", b">%41")):
        with pytest.raises(DossierError, match="not_in_page"):
            extract(page)


# --- the tree -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 64, 77])
def test_pruned_tree_has_the_roots_that_were_asked_for(size: int) -> None:
    """From few leaves and the proof: the root at the size, and at every size that was kept apart."""
    leaves = [leaf_hash(bytes([n])) for n in range(size)]
    for positions in ([0], list(range(0, size, 3)), list(range(size))):
        sizes = sorted({n for n in (1, 2, size // 3, size // 2, size - 1) if 0 < n < size})
        tree = PrunedTree(size, {n: leaves[n] for n in positions}, prune(leaves, positions, sizes), sizes)
        assert tree.root(size) == root(leaves)
        assert [tree.root(n) for n in sizes] == [root(leaves[:n]) for n in sizes]
        assert tree.root(size + 1) is None
        whole = len(positions) == size
        assert all((tree.root(n) is None) != (whole or n in sizes) for n in range(1, size))


def test_pruned_tree_takes_all_hashes_and_no_more() -> None:
    """One fewer or one more is refused."""
    leaves = [leaf_hash(bytes([n])) for n in range(9)]
    proof = prune(leaves, [4], [])
    for wrong, rule in ((proof[:-1], "proof.too_short"), ([*proof, proof[0]], "proof.too_long")):
        with pytest.raises(MerkleError, match=rule):
            PrunedTree(9, {4: leaves[4]}, wrong, [])

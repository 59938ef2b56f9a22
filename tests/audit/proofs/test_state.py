"""The state tree: what it proves of single items and of absence, and what its verifier refuses."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.proofs import canonical, merkle
from audit.proofs.completeness import completeness, verify_completeness
from audit.proofs.errors import AuditError, StateError
from audit.proofs.merkle import EMPTY_ROOT
from audit.proofs.state import (
    KEY,
    Item,
    Shown,
    StateProof,
    StateTree,
    blindings,
    encode_item,
    item_leaf,
)
from audit.proofs.state_proof import format_state_proof, parse_state_proof, verify_state_proof
from tests.audit.proofs.logs import small_log, statement_at
from tests.audit.proofs.states import COUNT, ITEMS, KEYS, OTHER_SECRET, ROOT, SECRET, SIZE, TREE, item
from tests.audit.proofs.witnessed import rule_of

AT = 5
GOOD = TREE.prove(KEYS[AT])
ABSENT = "2016/STC/A1.1A"
"""It would stand between two of the items."""
GONE = TREE.prove(ABSENT)
BEFORE, BEHIND = "2015/SNV/A1.1", "2017/SNV/A1.1"


def verify(proof: StateProof, key: str | None = None, count: int = COUNT, root: bytes = ROOT) -> str:
    """Return what is said to a proof, by default about its own key."""
    return rule_of(lambda: verify_state_proof(proof, key=key or proof.key, count=count, root=root))


# --- the tree -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", range(1, COUNT + 1))
def test_every_item_is_proved_in_a_state_of_any_size(count: int) -> None:
    """The tree is that of RFC 6962 over blinded leaves, and each item alone leads to its root."""
    tree = StateTree(ITEMS[:count], SECRET)
    leaves = [item_leaf(one, b) for one, b in zip(ITEMS, blindings(SECRET, count), strict=False)]
    assert tree.root == merkle.root(leaves)
    for index, one in enumerate(ITEMS[:count]):
        proof = tree.prove(one.key)
        assert proof.shown[0].hashes == tuple(merkle.inclusion_proof(leaves, index))
        assert verify(proof, count=count, root=tree.root) == "accepted"


@pytest.mark.parametrize("key", [BEFORE, ABSENT, BEHIND])
def test_absence_is_proved_by_neighbours_or_by_the_edge(key: str) -> None:
    """What would stand first, last or between two others is shown not to be there."""
    proof = TREE.prove(key)
    assert len(proof.shown) == (2 if key == ABSENT else 1)
    assert verify(proof) == "accepted"


def test_an_empty_state_has_nothing() -> None:
    """Its root is that over nothing, and it proves the absence of anything."""
    empty = StateTree((), SECRET)
    assert empty.root == EMPTY_ROOT
    assert verify(empty.prove(ABSENT), count=0, root=EMPTY_ROOT) == "accepted"


def test_each_leaf_is_hidden_behind_bytes_of_its_own() -> None:
    """The blinding is SHAKE256 over label and secret, 32 bytes a leaf; another secret, another root."""
    stream = hashlib.shake_256(b"minhchung.state-blinding/v1\n" + SECRET).digest(32 * COUNT)
    assert b"".join(blindings(SECRET, COUNT)) == stream
    leaf = hashlib.sha256(b"\x00" + stream[32 * AT : 32 * AT + 32] + encode_item(ITEMS[AT])).digest()
    assert item_leaf(ITEMS[AT], GOOD.shown[0].blinding) == leaf
    assert StateTree(ITEMS, OTHER_SECRET).root != ROOT


@pytest.mark.parametrize("secret", [b"", b"s" * 31, b"s" * 33])
def test_a_secret_has_32_bytes(secret: bytes) -> None:
    """A shorter one could be guessed, a longer one is some other thing."""
    assert rule_of(lambda: StateTree(ITEMS, secret)) == "state.malformed_secret"


@pytest.mark.parametrize(
    ("items", "rule"),
    [
        (ITEMS[::-1], "state.unsorted"),
        ((ITEMS[0], ITEMS[0]), "state.unsorted"),
        ((ITEMS[1], ITEMS[0], ITEMS[2]), "state.unsorted"),
        ((item("2016/SNV"),), "state.malformed_key"),
        ((item("2016/SNV/a1.1"),), "state.malformed_key"),
        ((item("2016/SNV/A1.1\n"),), "state.malformed_key"),
        ((item("2016/SNV/A1.1"), item('2016/SNV/"')), "state.malformed_key"),
    ],
)
def test_a_state_is_in_order_and_has_no_key_twice(items: tuple[Item, ...], rule: str) -> None:
    """Out of order, neighbours would prove nothing."""
    assert rule_of(lambda: StateTree(items, SECRET)) == rule


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8)
POSITIONS = st.lists(st.integers(0, 2**40), unique=True).map(lambda them: tuple(sorted(them)))


@given(st.from_regex(KEY, fullmatch=True), st.dictionaries(TEXT, TEXT, max_size=4), POSITIONS, POSITIONS)
@settings(max_examples=200, deadline=None)
def test_an_item_is_spelled_canonically(
    key: str, value: dict[str, str], made_by: tuple[int, ...], events: tuple[int, ...]
) -> None:
    """What is written by hand is what the canonical form of the same values is."""
    one = Item(key, tuple(sorted(value.items())), made_by, events)
    stated = {"key": key, "value": value, "made_by": list(made_by), "events": list(events)}
    assert encode_item(one) == canonical.encode(stated)


# --- what is refused ------------------------------------------------------------------------------------


def _shown(**changes: object) -> StateProof:
    return replace(GOOD, shown=(replace(GOOD.shown[0], **changes),))  # type: ignore[arg-type]


def _edited(**changes: object) -> StateProof:
    return _shown(item=replace(GOOD.shown[0].item, **changes))  # type: ignore[arg-type]


def _neighbours(*places: int, absent: str = ABSENT) -> StateProof:
    return StateProof(COUNT, tuple(TREE.prove(KEYS[at]).shown[0] for at in places), absent)


OTHER = TREE.prove(KEYS[AT + 1])
REFUSED: dict[str, tuple[Callable[[], StateProof], str]] = {
    "other points": (lambda: _edited(value=(("counts", "true"), ("points", "2"))), "proof.other_root"),
    "another act behind it": (lambda: _edited(made_by=(3,)), "proof.other_root"),
    "an event left out": (lambda: _edited(events=GOOD.shown[0].item.events[:-1]), "proof.other_root"),
    "an event more": (lambda: _edited(events=(0, *GOOD.shown[0].item.events)), "proof.other_root"),
    "the path of another item": (lambda: _shown(hashes=OTHER.shown[0].hashes), "proof.other_root"),
    "the blinding of another item": (lambda: _shown(blinding=OTHER.shown[0].blinding), "proof.other_root"),
    "another blinding": (lambda: _shown(blinding=bytes(32)), "proof.other_root"),
    "a longer blinding": (lambda: _shown(blinding=GOOD.shown[0].blinding + b"{"), "proof.other_root"),
    "another index": (lambda: _shown(index=AT + 1), "proof.other_root"),
    "an index outside": (lambda: _shown(index=COUNT), "proof.index_outside_tree"),
    "a shorter path": (lambda: _shown(hashes=GOOD.shown[0].hashes[:-1]), "proof.too_short"),
    "a longer path": (lambda: _shown(hashes=(*GOOD.shown[0].hashes, ROOT)), "proof.too_long"),
    "another item": (lambda: OTHER, "state.other_key"),
    "an item of another round": (lambda: _edited(key=KEYS[AT].replace("2016", "2015")), "state.other_key"),
    "another number of items": (lambda: replace(GOOD, count=COUNT + 1), "state.other_count"),
    "a proof of absence": (lambda: GONE, "state.other_key"),
    "its own absence, by its neighbours": (
        lambda: _neighbours(AT - 1, AT + 1, absent=KEYS[AT]),
        "state.not_neighbours",
    ),
    "its own absence, by itself and a neighbour": (
        lambda: _neighbours(AT, AT + 1, absent=KEYS[AT]),
        "state.not_between",
    ),
    "its own absence, by the first": (lambda: _neighbours(0, absent=KEYS[AT]), "state.not_the_edge"),
    "its own absence, by the last": (lambda: _neighbours(COUNT - 1, absent=KEYS[AT]), "state.not_the_edge"),
    "its own absence, by nothing": (lambda: _neighbours(absent=KEYS[AT]), "state.not_empty"),
}


@pytest.mark.parametrize("wrong", REFUSED)
def test_an_item_is_proved_by_its_own_proof_alone(wrong: str) -> None:
    """Whatever is grafted, edited or left out is refused, by the rule that it breaks."""
    made, rule = REFUSED[wrong]
    assert verify(made(), key=KEYS[AT]) == rule


BETWEEN = KEYS.index("2016/STC/A1.1")
NOT_ABSENT: dict[str, tuple[Callable[[], StateProof], str]] = {
    "neighbours with one between them": (lambda: _neighbours(BETWEEN, BETWEEN + 2), "state.not_neighbours"),
    "neighbours in the wrong order": (lambda: _neighbours(BETWEEN + 1, BETWEEN), "state.not_neighbours"),
    "one neighbour twice": (lambda: _neighbours(BETWEEN, BETWEEN), "state.not_neighbours"),
    "neighbours before it": (lambda: _neighbours(BETWEEN - 1, BETWEEN), "state.not_between"),
    "neighbours behind it": (lambda: _neighbours(BETWEEN + 1, BETWEEN + 2), "state.not_between"),
    "one neighbour of two": (lambda: _neighbours(BETWEEN), "state.not_the_edge"),
    "the first, which is before it": (lambda: _neighbours(0), "state.not_the_edge"),
    "the last, which is behind it": (lambda: _neighbours(COUNT - 1), "state.not_the_edge"),
    "nothing": (lambda: _neighbours(), "state.not_empty"),
    "an edited neighbour": (
        lambda: replace(GONE, shown=(replace(GONE.shown[0], item=item(KEYS[BETWEEN])), GONE.shown[1])),
        "proof.other_root",
    ),
    "a neighbour moved next to the other": (
        lambda: replace(GONE, shown=(GONE.shown[0], replace(GONE.shown[1], index=GONE.shown[1].index + 1))),
        "proof.other_root",
    ),
}


@pytest.mark.parametrize("wrong", NOT_ABSENT)
def test_absence_is_proved_by_true_neighbours_alone(wrong: str) -> None:
    """What does not leave the place of the key empty proves nothing."""
    made, rule = NOT_ABSENT[wrong]
    assert verify(made(), key=ABSENT) == rule


def test_nothing_is_proved_under_another_root_or_number() -> None:
    """Another round's or version's state has another root, though every item were the same."""
    assert verify(GOOD, root=StateTree(ITEMS, OTHER_SECRET).root) == "proof.other_root"
    assert verify(GONE, root=StateTree(ITEMS[:-1], SECRET).root) == "proof.other_root"
    assert verify(GOOD, count=COUNT - 1) == "state.other_count"
    assert verify(replace(_neighbours(), count=0), count=0) == "state.not_empty"


def test_the_order_of_a_state_is_for_the_fold_to_vouch_for() -> None:
    """An item hidden out of order is found by who builds the tree, not by who is shown some leaves."""
    hidden = item("2016/STC/A1.1A")
    out_of_order = (*ITEMS, hidden)
    leaves = [item_leaf(one, b) for one, b in zip(out_of_order, blindings(SECRET, COUNT + 1), strict=True)]
    last = Shown(
        hidden, list(blindings(SECRET, COUNT + 1))[-1], COUNT, tuple(merkle.inclusion_proof(leaves, COUNT))
    )
    claimed = StateProof(COUNT + 1, (last,), absent=BEHIND)
    assert verify(claimed, count=COUNT + 1, root=merkle.root(leaves)) == "accepted"
    with pytest.raises(StateError):
        StateTree(out_of_order, SECRET)


# --- reading --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("proof", [GOOD, GONE, TREE.prove(BEFORE), StateTree((), SECRET).prove(ABSENT)])
def test_a_proof_comes_back(proof: StateProof) -> None:
    """What is read is what was written."""
    assert parse_state_proof(format_state_proof(proof)) == proof


def _written(proof: StateProof = GOOD, **changes: object) -> bytes:
    return canonical.encode(json.loads(format_state_proof(proof)) | changes)


def _leaf(**changes: object) -> bytes:
    stated = json.loads(format_state_proof(GOOD))
    stated["shown"][0] |= changes
    return canonical.encode(stated)


ONE = json.loads(format_state_proof(GOOD))["shown"][0]
MALFORMED: dict[str, tuple[bytes, str]] = {
    "a list": (b"[]", "proof"),
    "a field more": (_written(more=1), "proof"),
    "another version": (_written(v="minhchung.state-proof/v2"), "v"),
    "a key that is none": (_written(absent="x"), "absent"),
    "no key at all": (_written(absent=None), "absent"),
    "two items": (_written(shown=[ONE, ONE]), "shown"),
    "no item": (_written(shown=[]), "shown"),
    "three neighbours": (_written(shown=[ONE] * 3, absent=ABSENT), "shown"),
    "a text of items": (_written(shown="x"), "shown"),
    "an item that is a number": (_written(shown=[1]), "shown"),
    "a negative count": (_written(count=-1), "count"),
    "a count as text": (_written(count="12"), "count"),
    "a count that is true": (_written(count=True), "count"),
    "a negative index": (_leaf(index=-1), "index"),
    "a field of the item more": (_leaf(more=1), "shown"),
    "a short blinding": (_leaf(blinding="00"), "blinding"),
    "a blinding in capitals": (_leaf(blinding="AB" * 32), "blinding"),
    "a hash that is none": (_leaf(hashes=[1]), "hashes"),
    "hashes in a text": (_leaf(hashes="x"), "hashes"),
    "too many hashes": (_leaf(hashes=["ab" * 32] * 64), "hashes"),
    "a malformed key": (_leaf(key="2016"), "key"),
    "points as a number": (_leaf(value={"points": 1}), "value"),
    "a value that is a text": (_leaf(value="1"), "value"),
    "events out of order": (_leaf(events=[6, 5]), "events"),
    "an event twice": (_leaf(events=[5, 5]), "events"),
    "a negative position": (_leaf(events=[-1]), "events"),
    "an act that is true": (_leaf(made_by=[True]), "made_by"),
    "acts in a text": (_leaf(made_by="1"), "made_by"),
}


@pytest.mark.parametrize("wrong", MALFORMED)
def test_what_is_not_a_proof_is_not_read(wrong: str) -> None:
    """Every field has its form, and the refusal names the one that has not."""
    data, field = MALFORMED[wrong]
    with pytest.raises(StateError) as refused:
        parse_state_proof(data)
    assert (refused.value.rule, refused.value.facts) == ("state.malformed", {"field": field})


@pytest.mark.parametrize(
    "spelled",
    [
        format_state_proof(GOOD).replace(b",", b", ", 1),
        format_state_proof(GOOD) + b" ",
        format_state_proof(GOOD).replace(b'"count":12', b'"count":012'),
        format_state_proof(GOOD).replace(b'"count":12', b'"count":12.0'),
        format_state_proof(GOOD).replace(b'"count":12', b'"count":12,"count":12'),
    ],
)
def test_a_proof_has_one_spelling(spelled: bytes) -> None:
    """Any other way to write the same is refused."""
    with pytest.raises(AuditError, match=r"bytes\.not_canonical|number\.float"):
        parse_state_proof(spelled)


@given(st.integers(0, len(format_state_proof(GOOD)) - 1), st.integers(1, 255))
@settings(max_examples=200, deadline=None)
def test_no_byte_of_a_proof_can_be_changed(at: int, mask: int) -> None:
    """With any one byte changed it is not read any more, or not accepted."""
    data = bytearray(format_state_proof(GOOD))
    data[at] ^= mask
    with pytest.raises(AuditError):
        verify_state_proof(parse_state_proof(bytes(data)), key=KEYS[AT], count=COUNT, root=ROOT)


# --- completeness ---------------------------------------------------------------------------------------

LOG = [(position, statement_at(row)) for position, row in enumerate(small_log().rows)]
CELL = next(one for one in ITEMS if one.key == "2016/SNV/A1.2")
TOTAL = next(one for one in ITEMS if one.key == "2016/SNV/total")


@pytest.mark.parametrize("one", ITEMS, ids=lambda one: one.key)
def test_the_whole_log_has_all_events_of_every_item(one: Item) -> None:
    """Of each item it has exactly what the leaf names, and what is about other things does not matter."""
    verify_completeness(one, SIZE, LOG)
    assert completeness(one, SIZE, LOG).ok


@pytest.mark.parametrize("one", [CELL, TOTAL], ids=lambda one: one.key)
def test_what_is_left_out_is_missing(one: Item) -> None:
    """Each event of the item that is held back is named by its position."""
    assert one.events
    for left_out in one.events:
        shown = [(position, statement) for position, statement in LOG if position != left_out]
        assert completeness(one, SIZE, shown).missing == (left_out,)
        assert rule_of(lambda: verify_completeness(one, SIZE, shown)) == "state.events_missing"  # noqa: B023


def test_what_the_leaf_does_not_name_is_foreign() -> None:
    """An operator that left an event out of the leaf is found out by whoever holds the entry."""
    hiding = replace(CELL, events=CELL.events[1:])
    assert completeness(hiding, SIZE, LOG).foreign == CELL.events[:1]
    assert rule_of(lambda: verify_completeness(hiding, SIZE, LOG)) == "state.events_foreign"


def test_an_entry_about_something_else_is_not_the_missing_one() -> None:
    """Under the position of an event of the cell lies one of another cell: the event is missing."""
    swapped = [(p, LOG[6][1] if p == CELL.events[0] else statement) for p, statement in LOG]
    assert completeness(CELL, SIZE, swapped).missing == CELL.events[:1]


def test_what_came_after_the_attested_size_is_not_looked_at() -> None:
    """The state is that of its size: later events of the cell belong to the next one."""
    early = replace(CELL, events=CELL.events[:1])
    assert completeness(early, CELL.events[0] + 1, LOG).ok

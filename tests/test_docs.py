"""The pages in docs say what the code does: their examples are made anew, parsed and verified by it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import fields
from fractions import Fraction
from pathlib import Path

import pytest

from audit.proofs import canonical, checkpoint, entry, key_events, keyring, merkle, note, statement
from audit.proofs.ballot import MAX_BALLOT
from audit.proofs.commitment import MAX_VALUE, SALT_SIZE, Opening, verify_opening
from audit.proofs.entry import entry_leaf, parse_entry
from audit.proofs.errors import AuditError, UnsafeKey
from audit.proofs.keyring import KEY_EVENTS, Keyring
from audit.proofs.keys import DEMO_ORIGIN, PublicKey, is_demo_key, load_public_key
from audit.proofs.note import open_note
from audit.proofs.statement import Statement, parse_envelope, parse_statement, verify_signatures
from domain.admission import RULES
from domain.criteria import CriteriaSet, Criterion, Measure, flaw_in
from domain.events import CATALOGUE, kind_of, read_body
from domain.points import exact, published
from domain.refusals import Malformed
from domain.shapes import read
from domain.visibility import HEADER, Visibility
from tests import page_card
from tests.page_log import KEYS, PAGES, criteria_set
from tests.page_tables import WHO_ELSE, classes, marks, offices, who
from tests.pages import MAKERS, blocks, code, made, page_log

DOCS = PAGES.parent
FORMATS = sorted(page.name for page in PAGES.glob("*.md") if page.name != "README.md")
NOTES = sorted(page.name for page in (DOCS / "decisions").glob("[0-9]*.md"))
PUBLIC = {key.public_key.id: key.public_key for key in KEYS.values()}
BLOCKS = [(page, block) for page in FORMATS for block in blocks(page)]
AT = page_log().labels
"""The positions of the small log, by what was stated there."""


def page(name: str) -> str:
    """Return the text of a page."""
    return (PAGES / name).read_text("utf-8")


def table(text: str, first: str) -> list[list[str]]:
    """Return the rows of the table whose head begins with a cell, without that head."""
    lines = text[text.index(f"| {first} |") :].splitlines()
    rows = [
        line.strip("| ").split(" | ") for line in lines[: next(n for n, at in enumerate(lines) if not at)]
    ]
    return rows[2:]


def words(cell: str) -> list[str]:
    """Return the names in backticks of a cell."""
    return re.findall(r"`([^`]+)`", cell)


# --- the pages as pages ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("where", "block"), BLOCKS)
def test_a_block_is_what_the_code_makes(where: str, block: str) -> None:
    """Bytes and tables on a page are those of today's code; `python -m tests.pages` writes them anew."""
    assert blocks(where)[block] == made(block)


def test_everything_that_is_made_stands_on_one_page() -> None:
    """No example is made for nothing, and none stands twice."""
    assert sorted(block for _, block in BLOCKS) == sorted(MAKERS)


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_page_shows_then_says_then_verifies(name: str) -> None:
    """A page has an example, then the grammar, then numbered steps."""
    assert re.findall(r"^## (.*)$", page(name), re.MULTILINE) == ["Example", "Grammar", "Verification"]
    steps = re.findall(r"^([0-9]+)\. ", page(name).split("## Verification")[1], re.MULTILINE)
    assert steps == [str(n) for n in range(1, len(steps) + 1)]
    assert steps


def test_the_index_of_formats_names_every_page() -> None:
    """A reader finds every format from the index."""
    assert sorted(re.findall(r"^\| \[([a-z]+\.md)\]", page("README.md"), re.MULTILINE)) == FORMATS


@pytest.mark.parametrize("name", NOTES)
def test_a_decision_says_why_what_not_and_at_what_cost(name: str) -> None:
    """A decision has its number in its title, and its four parts in order."""
    text = (DOCS / "decisions" / name).read_text("utf-8")
    assert text.startswith(f"# {name[:4]} ")
    parts = re.findall(r"^\*\*(.*?)\.\*\*", text, re.MULTILINE)
    assert parts == ["Context", "Decision", "Not chosen", "Cost"]


def test_decisions_are_numbered_without_gap_and_indexed() -> None:
    """The index of decisions names each once, in order, under its title."""
    assert [name[:4] for name in NOTES] == [f"{n:04d}" for n in range(1, len(NOTES) + 1)]
    index = (DOCS / "decisions" / "README.md").read_text("utf-8")
    listed = re.findall(r"^\| \[([0-9]{4})\]\((.*?)\) \| (.*) \|$", index, re.MULTILINE)
    assert [name for _, name, _ in listed] == NOTES
    for number, name, title in listed:
        text = (DOCS / "decisions" / name).read_text("utf-8")
        assert text.splitlines()[0] == f"# {number} {title}"


@pytest.mark.parametrize(
    "path", sorted(DOCS.rglob("*.md")), ids=lambda path: path.relative_to(DOCS).as_posix()
)
def test_links_between_pages_lead_somewhere(path: Path) -> None:
    """A link inside the repository names a file that is there."""
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text("utf-8")):
        assert target.startswith("https://") or (path.parent / target).exists(), target


# --- statements, openings, entries ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("envelope", "payload"),
    [("envelope", "payload"), ("joint envelope", "joint payload")],
)
def test_a_statement_on_the_page_parses_and_verifies(envelope: str, payload: str) -> None:
    """The example envelopes are canonical, name their keys, and every signature is good."""
    parsed = parse_envelope(code("statement.md", envelope).strip().encode())
    stated = parse_statement(parsed.payload)
    assert canonical.encode(json.loads(code("statement.md", payload))) == parsed.payload
    assert verify_signatures(parsed, stated, PUBLIC) == stated.named_keys
    read_body(kind_of(stated.type), stated.body)


def test_one_changed_letter_on_the_page_is_found() -> None:
    """The example is not accepted by accident: its payload with another number does not verify."""
    parsed = parse_envelope(code("statement.md", "envelope").strip().encode())
    changed = parsed.payload.replace(b"12/KH-SNV", b"13/KH-SNV")
    other = statement.Envelope(changed, parsed.signatures)
    with pytest.raises(AuditError) as caught:
        verify_signatures(other, parse_statement(changed), PUBLIC)
    assert caught.value.rule == "signature.bad"


@pytest.mark.parametrize(
    ("opening", "envelope"), [("opening", "envelope"), ("opening of a reason", "joint envelope")]
)
def test_an_opening_on_the_page_is_what_was_committed(opening: str, envelope: str) -> None:
    """The words on the page open the commitment of the statement on the other page, as its grammar says."""
    shown = json.loads(code("opening.md", opening))
    stated = parse_statement(parse_envelope(code("statement.md", envelope).strip().encode()).payload)
    salt = bytes.fromhex(shown["salt"])
    verify_opening(stated, Opening(shown["field"], salt, shown["value"]))
    told = salt + (stated.log + stated.id + shown["field"] + shown["value"]).encode()
    assert hashlib.sha256(told).hexdigest() == stated.commitments[shown["field"]]


def test_the_entry_on_the_page_holds_the_statement_and_hashes_to_its_leaf() -> None:
    """Entry, envelope and leaf on the pages belong together."""
    data = code("entry.md", "entry").strip().encode()
    assert parse_entry(data).envelope.encode() == code("statement.md", "envelope").strip().encode()
    assert entry_leaf(data).hex() == code("entry.md", "leaf").strip()
    assert hashlib.sha256(b"\x00" + data).hexdigest() == code("entry.md", "leaf").strip()


def test_the_statement_page_names_every_field() -> None:
    """The grammar has a line for each field that a statement may have, and no other."""
    rows = table(page("statement.md").split("No other fields than these")[1], "field")
    named = [name for row in rows for name in words(row[0])]
    assert sorted(named) == sorted(f.name for f in fields(Statement))


@pytest.mark.parametrize(
    ("where", "limit"),
    [
        ("statement.md", statement.MAX_ENVELOPE),
        ("statement.md", statement.MAX_STATEMENT),
        ("entry.md", entry.MAX_ENTRY),
        ("opening.md", MAX_VALUE),
        ("opening.md", SALT_SIZE),
        ("checkpoint.md", note.MAX_NOTE),
        ("checkpoint.md", note.MAX_SIGNATURES),
        ("README.md", canonical.MAX_DEPTH),
        ("ballots.md", MAX_BALLOT),
    ],
)
def test_limits_on_the_pages_are_those_of_the_code(where: str, limit: int) -> None:
    """A limit is written out on the page of its format."""
    assert re.search(rf"(?<![0-9,]){limit:,}(?![0-9,])", page(where))


# --- genesis, keys, checkpoints, refusals ---------------------------------------------------------------


def _admit(keys: Keyring, position: int, envelope: bytes) -> Statement:
    parsed = parse_envelope(envelope)
    stated = parse_statement(parsed.payload)
    keys.check(stated, position)
    assert set(verify_signatures(parsed, stated, keys.keys_for(stated))) == set(stated.signers)
    keys.follow(stated, position)
    return stated


def _genesis() -> Keyring:
    keys = Keyring()
    opened = parse_entry(code("genesis.md", "genesis").strip().encode())
    stated = _admit(keys, 0, opened.envelope.encode())
    assert canonical.encode(json.loads(code("genesis.md", "genesis payload"))) == opened.envelope.payload
    read_body(kind_of(stated.type), stated.body)
    return keys


def test_the_genesis_on_the_page_opens_a_log() -> None:
    """The example names log key and registrars, and all of them signed."""
    opened = _genesis().genesis
    assert opened.origin == DEMO_ORIGIN
    assert opened.log_key == KEYS["log"].public_key
    assert opened.registrars == {"dk-1", "dk-2"}


def test_a_key_lives_as_the_page_tells() -> None:
    """Enrolled, rotated and revoked in that order, by the example bytes alone."""
    keys = _genesis()
    enrolled, rotated, revoked = (AT[name] for name in ("enrolment snv-2", "rotation", "revocation"))
    for position, name in ((enrolled, "enrolment"), (rotated, "rotation"), (revoked, "revocation")):
        envelope = code("keys.md", name).strip().encode()
        _admit(keys, position, envelope)
        payload = canonical.encode(json.loads(code("keys.md", f"{name} payload")))
        assert payload == parse_envelope(envelope).payload
    lives = [
        (r.enrolled_at, r.ended_at, r.compromised_since) for r in keys.records.values() if r.actor == "snv-2"
    ]
    assert lives == [(enrolled, rotated, None), (rotated, revoked, rotated)]
    assert f"from position {rotated} on" in page("keys.md")
    assert keys.holder_key("snv-2") is None


@pytest.mark.parametrize("row", table(page("keys.md"), "32 bytes, in hex"), ids=lambda row: row[1])
def test_an_unsafe_key_on_the_page_is_refused_for_its_reason(row: list[str]) -> None:
    """Each key of the table is refused, for the reason beside it."""
    with pytest.raises(UnsafeKey) as caught:
        load_public_key(bytes.fromhex(row[0].strip("`")))
    assert caught.value.facts["reason"] == row[1]


def test_the_key_page_names_every_key_event_and_its_fields() -> None:
    """The table of key events is the closed set of the keyring."""
    shown = {words(row[0])[0]: row[1] for row in table(page("keys.md"), "type")}
    assert shown.keys() == KEY_EVENTS
    for name, cell in shown.items():
        required, optional = key_events.BODIES[name]
        assert set(words(cell)) == required | optional
        assert {word for word in words(cell) if f"`{word}`?" in cell} == optional
    for choice in (*keyring.CUSTODIES, *keyring.REVOCATIONS, *keyring.SUSPENSIONS):
        assert f"`{choice}`" in page("keys.md")


def _opened(name: str) -> checkpoint.Checkpoint:
    trusted = code("checkpoint.md", "verifier key").strip()
    return checkpoint.parse_checkpoint(open_note(code("checkpoint.md", name).encode(), [trusted]).text)


def _hashes(name: str) -> list[bytes]:
    return [base64.b64decode(line, validate=True) for line in code("checkpoint.md", name).split()]


def test_the_checkpoint_on_the_page_covers_the_entry_on_the_other_page() -> None:
    """Leaf, inclusion proof and checkpoint of the pages fit, at the position the text names."""
    head = _opened("checkpoint")
    leaf = entry_leaf(code("entry.md", "entry").strip().encode())
    proof = _hashes("inclusion proof")
    at = AT["evidence"]
    merkle.verify_inclusion(index=at, size=head.size, leaf_hash=leaf, proof=proof, root=head.root)
    assert f"at position {at}:" in page("entry.md")
    assert f"the log of size {at + 1} ends with position {at}." in page("entry.md")
    assert f"is at position {at}." in page("checkpoint.md")
    assert f"a small log of {head.size} entries" in page("README.md")


def test_the_older_checkpoint_on_the_page_is_a_prefix_of_the_newer_one() -> None:
    """The consistency proof of the page connects both."""
    older, newer = _opened("older checkpoint"), _opened("checkpoint")
    proof = _hashes("consistency proof")
    merkle.verify_consistency(
        size1=older.size, size2=newer.size, root1=older.root, root2=newer.root, proof=proof
    )
    assert (older.origin, older.size) == (DEMO_ORIGIN, AT["evidence"] + 1)


def test_the_refusal_on_the_page_answers_the_envelope_above_it() -> None:
    """Six lines under the log's key: origin, time, rule, the payload's digest, and the facts."""
    text = open_note(
        code("refusal.md", "refusal").encode(), [code("checkpoint.md", "verifier key").strip()]
    ).text
    first, origin, time, rule, digest, facts, end = text.decode().split("\n")
    sent = parse_envelope(code("refusal.md", "refused envelope").strip().encode())
    assert (first, origin, end) == ("minhchung.refusal/v1", DEMO_ORIGIN, "")
    assert re.fullmatch(r"[0-9-]{10}T[0-9:]{8}\.[0-9]{6}Z", time)
    assert rule == "score.above_max"
    assert digest == hashlib.sha256(sent.payload).hexdigest()
    assert canonical.decode(facts.encode(), limit=1000) == {"stated": "3", "maximum": "1"}


# --- events, criteria, visibility -----------------------------------------------------------------------


def test_every_event_has_its_line() -> None:
    """The tables of the page are the catalogue: a new kind of event without a line fails here."""
    lines = re.findall(r"^\| `([A-Za-z]+\.v[0-9]+)` \|", page("events.md"), re.MULTILINE)
    assert sorted(lines) == sorted(CATALOGUE)
    assert all(f"`{name}`" in page("events.md") for name in KEY_EVENTS)


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_line_of_an_event_tells_who_states_what(name: str) -> None:
    """Signers, fields, texts and form in the line are those of catalogue and rule."""
    kind = CATALOGUE[name]
    line = next(line for line in page("events.md").splitlines() if line.startswith(f"| `{name}` |"))
    _, _, by, when, form, stated, texts = line.strip("| ").split(" | ")
    assert by == who(kind)
    assert words(stated) == [f.name for f in fields(kind.body)]
    assert {text for text in words(texts) if f"`{text}`?" not in texts} == kind.required
    assert set(words(texts)) == kind.texts.keys()
    assert form.split(", ") == (marks(kind) or ["-"])
    assert set(marks(kind)) <= {words(row[0])[0] for row in table(page("events.md"), "mark")}
    assert all(phase in when for phase in RULES[kind.body].phases[:1])


def test_only_rules_that_ask_for_no_office_are_described_by_hand() -> None:
    """The few events whose signers are told by hand are those whose rule asks for nobody by office."""
    assert {name for name, kind in CATALOGUE.items() if not offices(kind)} == WHO_ELSE.keys()


def test_every_field_has_its_class_on_the_page() -> None:
    """The table of visibility says of each field what the code says, once."""
    head = next(line for line in page("visibility.md").splitlines() if line.startswith("| event |"))
    columns = [Visibility(name) for name in head.strip("| ").split(" | ")[1:]]
    shown = [
        (words(row[0])[0], field, found)
        for row in table(page("visibility.md"), "event")
        for found, cell in zip(columns, row[1:], strict=True)
        for field in words(cell)
    ]
    assert sorted(shown) == sorted(classes())


def test_every_header_field_has_its_class_on_the_page() -> None:
    """The header's table has each field of a statement, with the class of the code."""
    rows = table(page("visibility.md").split("whatever its type")[1], "field")
    assert {words(row[0])[0]: row[1] for row in rows} == {name: found.value for name, found in HEADER.items()}
    assert HEADER.keys() == {f.name for f in fields(Statement)}


def test_every_class_is_explained() -> None:
    """The table of classes is the closed set."""
    assert [row[0] for row in table(page("visibility.md"), "class")] == [found.value for found in Visibility]


def test_the_criteria_set_on_the_page_is_read_and_has_no_flaw() -> None:
    """The example can be issued as it stands."""
    assert flaw_in(read(CriteriaSet, criteria_set())) is None


def test_the_example_set_shows_every_kind_of_rule_that_there_is() -> None:
    """Example, grammar and code have the same closed kinds of rules; the code is asked by stating another."""
    listed = {words(row[0])[0] for row in table(page("criteria.md"), "kind")}
    assert listed == {criterion["rule"]["kind"] for criterion in criteria_set()["criteria"]}
    with pytest.raises(Malformed) as caught:
        read(Criterion, {**criteria_set()["criteria"][0], "rule": {"kind": "lottery"}})
    assert listed == set(str(caught.value.refusal.facts["known"]).split(", "))


def test_every_measure_of_the_log_is_explained() -> None:
    """The table of measures is the closed set."""
    assert {words(row[0])[0] for row in table(page("criteria.md"), "measure")} == set(Measure)


def test_the_worked_example_follows_from_its_own_numbers() -> None:
    """The totals on the page are sums of the points on the page, as the page says they are made."""
    rows = {row[0]: row for row in table(page("criteria.md"), "criterion")}
    main = [row for name, row in rows.items() if name.startswith("A") and row[3] != "out"]
    points = sum((exact(row[3]) for row in main), Fraction(0))
    denominator = sum((exact(row[4]) for row in main), Fraction(0))
    total = 100 * points / denominator - exact(rows["D1"][3]) - exact(rows["D2"][3])
    told = dict(re.findall(r"^(\S.*?)  +(\S+)$", code("criteria.md", "totals"), re.MULTILINE))
    assert exact(told["points"]) == points
    assert exact(told["denominator"]) == denominator
    assert exact(told["total"]) == total
    assert exact(told["ranking score"]) == total + exact(rows["B1"][3])
    assert told["published"] == published(total + 1)
    (result,) = criteria_set()["results"]
    weighed = {name: exact(weight) for name, weight in result["weights"].items()}
    whole = sum((weight * exact(rows[name][4]) for name, weight in weighed.items()), Fraction(0))
    shares = sum((weight * exact(rows[name][3]) for name, weight in weighed.items()), Fraction(0))
    assert exact(told[f"result {result['code']}"]) == 100 * shares / whole
    assert page_card.card().rating == told["class"]


def test_public_keys_of_the_pages_are_demo_keys() -> None:
    """No page shows a key that could be taken for a real one."""
    shown = set(re.findall(r'"(?:public_key|log_key)": "([0-9A-Za-z+/]{43}=)"', "".join(map(page, FORMATS))))
    raws = {base64.b64decode(text) for text in shown}
    assert raws
    assert all(is_demo_key(PublicKey(raw, hashlib.sha256(raw).hexdigest())) for raw in raws)

"""The pages of the log, disputes, council and auditors: what each shows, to whom, and whatever is asked."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from sqlalchemy import select, update

from api.following import bring_up
from api.pages.deliberation import Deliberation
from api.pages.disputes import Disputes
from api.pages.speech import FILES
from api.review import Review
from api.service.caller import Capacity, Grant, Reach
from api.settings import Settings
from api.terms import read_table
from audit.ledger.tables import stored_events
from audit.proofs import merkle
from audit.proofs.canonical import check_text
from audit.proofs.errors import CanonicalError
from domain.visibility import Visibility
from tests.api.pages.reading import BROWSER, Page, read
from tests.api.service.people import Person, sign_in
from tests.api.service.serving import Client, serving
from tests.conftest import ROOT
from tests.furnished import COUNCIL, FILED, MEETING, PUBLISHED, TOO_LATE, motion_of
from tests.worlds import KEYS, Subject, World, reopen

AUDITOR, MEMBER, SECRETARY, HEAD, OTHER, NOBODY = "snv-4", "hd-2", "tk-1", "stc-1", "nhs-1", "nhs-3"
MARKUP = "</blockquote></pre><script>alert(1)</script><img src=x onerror=alert(1)>"
DISPUTE = f"/rounds/{PUBLISHED}/disputes/{FILED}"


@pytest.fixture(scope="module")
def world(small_log: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A small log with its index, an auditor who is nothing else, and markup in what was stated."""
    data = tmp_path_factory.mktemp("inside") / "data"
    shutil.copytree(small_log, data)
    opened = reopen(data)
    opened.state("RoleGranted", "dk-2", body={"officer": AUDITOR, "role": "AUDITOR"})
    body = {"motion": motion_of(opened, "STC")}
    cell: Subject = {"round": COUNCIL, "agency": "STC", "criterion": "A1.1"}
    opened.state("RemarkMade", "hd-3", **cell, body=body, texts={"remark": MARKUP})
    opened.close()
    assert list(bring_up(Settings(data))) == []
    opened = reopen(data)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def client(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Its service."""
    with serving(world, Settings(tmp_path_factory.mktemp("elsewhere"))) as asks:
        yield asks


@pytest.fixture(scope="module")
def people(client: Client) -> dict[str, Person]:
    """Somebody of each kind, signed in."""
    return {actor: sign_in(client, KEYS[actor]) for actor in (AUDITOR, MEMBER, SECRETARY, HEAD, OTHER)}


@pytest.fixture(scope="module")
def auditor(people: dict[str, Person]) -> Person:
    """Who may read everything that is not sealed."""
    return people[AUDITOR]


def look(person: Person, path: str, status: int = 200, **headers: str) -> Page:
    """Open a page as somebody."""
    return read(person.client, path, status, **person.headers, **headers)


def pages(world: World) -> list[str]:
    """Every page that is new here, with something on it."""
    council = f"/rounds/{COUNCIL}/council"
    inside = ["", "/decisions", f"/motions/{motion_of(world, 'STC')}", f"/meetings/{MEETING}"]
    audit = [f"/rounds/{COUNCIL}/{name}" for name in ("findings", "fairness", "conflicts")]
    log = ["/log", f"/log/{world.size - 1}", "/log/0", "/search?q=ke+hoach", "/reads"]
    return [*log, f"/rounds/{PUBLISHED}/disputes", DISPUTE, *(council + one for one in inside), *audit]


# --- every page -----------------------------------------------------------------------------------------


def test_no_phrase_is_written_twice() -> None:
    """What pages say stands in several files, each phrase in one."""
    written = [name for path in sorted((ROOT / "api").glob(FILES)) for name in read_table(path.name)]
    assert [name for name, times in Counter(written).items() if times > 1] == []


def test_every_page_is_whole_in_both_languages(world: World, auditor: Person) -> None:
    """The same structure in each, closed in order; kept by nobody; no code where there are words."""
    for path in pages(world):
        vi, en = (look(auditor, path, Accept_Language=lang) for lang in ("vi", "en"))
        if path != "/reads":  # there each look adds a line
            assert vi.tags == en.tags, path
        assert (vi.open, en.open, vi.language, en.language) == ([], [], "vi", "en")
        assert vi.answer.headers["cache-control"] == "private, no-store"
        assert len(vi.answer.body) <= 150 * 1024


def test_every_page_has_its_data_and_every_table_a_table(world: World, auditor: Person) -> None:
    """The links at its end lead to JSON, and to CSV where it shows one."""
    for path in pages(world):
        links = [its for its in look(auditor, path).links if ".json" in its or ".csv" in its]
        assert links, path
        for link in links:
            told = auditor.get(link)
            assert told.status == 200
            if ".csv" in link:
                assert next(csv.reader(io.StringIO(told.body.decode("utf-8-sig"))))
            else:
                assert told.json


def test_links_lead_somewhere(world: World, auditor: Person) -> None:
    """Whatever a page links to within the service is there."""
    links = {link for path in pages(world) for link in look(auditor, path).links if link.startswith("/")}
    gone = [link for link in sorted(links) if not link.startswith("/v1/") and auditor.get(link).status != 200]
    assert gone == []


def test_what_may_not_be_read_looks_like_what_is_not_there(world: World, people: dict[str, Person]) -> None:
    """An entry, a dispute, the council, an auditor's page: 404, in the same words."""
    other = people[OTHER]
    theirs, absent = f"/log/{world.size - 1}", f"/log/{world.size + 7}"
    assert look(other, theirs, 404).words[:8] == look(other, absent, 404).words[:8]
    assert look(other, DISPUTE, 404).text == look(other, DISPUTE.replace(FILED, "dispute-77"), 404).text
    for path in (f"/rounds/{COUNCIL}/council", f"/rounds/{COUNCIL}/findings", "/reads"):
        assert look(other, path, 404).text == look(other, "/nothing-here", 404).text


# --- the log --------------------------------------------------------------------------------------------


def test_an_entry_proves_itself(world: World, auditor: Person) -> None:
    """The path on its page leads from its bytes to the root; the signer's key was enrolled before it."""
    told = auditor.get(f"/log/{world.size - 1}.json").json
    proof = told["proof"]
    merkle.verify_inclusion(
        index=told["position"],
        size=proof["size"],
        leaf_hash=merkle.leaf_hash(told["entry"].encode()),
        proof=[bytes.fromhex(one) for one in proof["path"]],
        root=bytes.fromhex(proof["root"]),
    )
    exact = auditor.get(f"/v1/entries/{told['position']}")
    assert told["entry"].encode() == exact.body
    (key,) = told["keys"]
    assert (key["actor"], key["state"]) == ("hd-3", "valid")
    assert key["enrolled_at"] < told["position"]
    assert [office["role"] for office in key["offices"]] == ["COUNCIL_MEMBER"]
    assert {line["type"] for line in key["registry"]} == {
        "KeyEnrolled.v1", "OfficerRegistered.v1", "RoleGranted.v1",
    }  # fmt: skip


def test_the_registry_is_that_of_the_entrys_own_time(world: World, auditor: Person) -> None:
    """A key that was revoked later could sign then, and is told to have ended since."""
    told = auditor.get("/log/0.json").json
    assert {key["state"] for key in told["keys"]} == {"enrolled_here"}
    lost = next(e.position for e in world.runtime.log.entries() if e.statement.type == "KeyRevoked.v1")
    key = next(k for k in world.intake.keyring.records.values() if k.ended_at == lost)
    enrolled = auditor.get(f"/log/{key.enrolled_at}.json").json
    mine = next(one for one in enrolled["keys"] if one["key"] == key.public.id)
    assert (mine["state"], mine["ended_at"]) == ("enrolled_here", lost)


def test_the_log_is_paged_by_position(world: World, auditor: Person) -> None:
    """Newest first; older ones after the cursor, and back again to the same page."""
    first = auditor.get("/log.json").json
    positions = [line["position"] for line in first["events"]]
    assert positions == list(range(world.size - 1, world.size - 1 - len(positions), -1))
    second = auditor.get(first["older"].replace("/log?", "/log.json?")).json
    assert second["events"][0]["position"] == positions[-1] - 1
    back = auditor.get(second["newer"].replace("/log?", "/log.json?")).json
    assert [line["position"] for line in back["events"]] == positions
    last = auditor.get("/log.json?before=3").json
    assert [line["position"] for line in last["events"]] == [2, 1, 0]


def test_facets_count_what_is_found_and_narrow_it(world: World, auditor: Person) -> None:
    """A facet's number is how many there are when it is chosen; it can be taken back."""
    told = auditor.get("/search.json?q=ke+hoach").json
    facet = next(one for one in told["facets"] if one["facet"] == "type")
    for its in facet["values"]:
        chosen = auditor.get(its["address"].replace("/search?", "/search.json?")).json
        assert chosen["counted"] == its["count"]
        assert {line["type"] for line in chosen["events"]} == {its["value"]}
    sought = look(auditor, "/search?" + urlencode({"q": "kế hoạch", "type": facet["values"][0]["value"]}))
    assert "/search?" + urlencode({"q": "kế hoạch"}) in sought.links
    assert auditor.get("/search.json?" + urlencode({"q": "KẾ HOẠCH"})).json["counted"] == told["counted"]


def test_an_agency_reads_its_own_record_alone(people: dict[str, Person]) -> None:
    """In the log nothing of another's; in a search of others what was published, without who and why."""
    log = people[HEAD].get("/log.json").json
    assert {line["agency"] for line in log["events"]} == {"STC"}
    assert all(line["opens"] for line in log["events"])
    assert {line["agency"] for line in people[HEAD].get("/log.json?agency=NHS").json["events"]} == set()
    found = people[HEAD].get(f"/search.json?round={PUBLISHED}").json["events"]
    others = [line for line in found if line["agency"] != "STC"]
    assert others
    assert not [line for line in others if line["signers"] or line["texts"] or line["opens"]]


@pytest.mark.parametrize("path", [
    "/log/-1", "/log/abc", "/log/99999999999999999999999", "/log?before=abc", "/log?after=-1",
    "/log?before=9999999", "/search?before=%F0%9F%98%80", "/log?type=VoteCst.v1", "/search?agency=STD",
    "/search?q=%3F%3F%3F", f"/rounds/{PUBLISHED}/disputes/dispute-9", f"/rounds/{COUNCIL}/council/motions/1",
    f"/rounds/{COUNCIL}/council/meetings/meeting-9", f"/rounds/{COUNCIL}/findings/pie.svg", "/reads?before=x",
    "/rounds/2061/disputes", "/rounds/2061/council", "/rounds/2061/findings",
])  # fmt: skip
def test_bad_input_leads_to_the_nearest(auditor: Person, path: str) -> None:
    """404 as a page with choices that are there; as a problem with the same ones for programs."""
    page = look(auditor, path, 404)
    told = auditor.ask("GET", path, Accept="application/json")
    assert told.headers["content-type"].startswith("application/problem+json")
    assert told.json["nearest"]
    assert set(told.json["nearest"]) <= set(page.links)
    assert auditor.get(told.json["nearest"][0]).status == 200


# --- disputes -------------------------------------------------------------------------------------------


def test_the_docket_has_every_dispute_with_its_state(people: dict[str, Person]) -> None:
    """Those of the agency for its head, none for another."""
    told = {actor: people[actor].get(f"/rounds/{PUBLISHED}/disputes.json").json for actor in (HEAD, OTHER)}
    states = [(one["name"], one["state"]) for one in told[HEAD]["disputes"]]
    assert states == [(FILED, "ACCEPTED"), (TOO_LATE, "OUT_OF_TIME")]
    assert told[OTHER]["disputes"] == []


def test_a_dispute_is_told_with_clocks_parties_and_what_it_would_move(people: dict[str, Person]) -> None:
    """Its limits with their basis, who could lose by it, and places of those whose record is the reader's."""
    told = people[SECRETARY].get(f"{DISPUTE}.json").json
    assert [clock["step"] for clock in told["dispute"]["clocks"]] == ["FILE"]
    assert told["dispute"]["clocks"][0]["basis"] == "minh họa"
    assert [line["type"] for line in told["events"]] == ["DisputeFiled.v1", "DisputeAccepted.v1"]
    assert {line["signatures"] for line in told["events"]} == {"verified"}
    assert "STC" in [party["agency"] for party in told["parties"] if party["filed"]]
    materiality = told["materiality"]
    assert (materiality["kind"], materiality["withheld"]) == ("SUPPOSED", 0)
    assert "STC" in [place["agency"] for place in materiality["places"]]
    own = people[HEAD].get(f"{DISPUTE}.json").json["materiality"]
    assert [place["agency"] for place in own["places"]] == ["STC"]
    late = people[HEAD].get(DISPUTE.replace(FILED, TOO_LATE) + ".json").json
    assert late["materiality"]["kind"] == "NONE"


def test_members_are_not_shown_what_a_dispute_would_move(world: World) -> None:
    """Where effects are hidden from whoever asks, the page says so and names no rank."""
    found = world.intake.standing.rounds[PUBLISHED]
    reach = Reach((Grant(None, frozenset(Visibility), Capacity.COUNCIL),))
    told_by = Disputes(world.runtime, Deliberation())
    with world.runtime.log.database.read() as connection:
        told = told_by.dispute(connection, found, reach, FILED, hidden=True)
    assert (told["materiality"]["kind"], told["materiality"]["places"]) == ("HIDDEN", [])


# --- the council ----------------------------------------------------------------------------------------


def test_open_votes_show_no_effect_on_ranks(world: World, people: dict[str, Person]) -> None:
    """Neither the agenda nor a motion tells anybody before the vote has closed."""
    told = people[MEMBER].get(f"/rounds/{COUNCIL}/council.json").json
    assert {one["verdict"] for one in told["open"]} == {"OPEN"}
    assert all("effect" not in one and "rank" not in one for one in (*told["open"], *told["agenda"]))
    motion = people[MEMBER].get(f"/rounds/{COUNCIL}/council/motions/{motion_of(world, 'STC')}.json").json
    assert motion["effect"] is None
    assert {one["actor"]: one["vote"] for one in motion["heard"]["votes"]} == {"hd-2": "FOR", "hd-3": "FOR"}


def test_the_agenda_goes_by_disagreement(people: dict[str, Person]) -> None:
    """What members disagree on most comes first, with how far they lie apart."""
    agenda = people[MEMBER].get(f"/rounds/{COUNCIL}/council.json").json["agenda"]
    spreads = [float(one["spread"]) for one in agenda]
    assert spreads == sorted(spreads, reverse=True)
    assert "A1.8" in [one["criterion"] for one in agenda]


def test_minutes_are_made_of_the_events(world: World, people: dict[str, Person]) -> None:
    """Who was there, each motion with its remarks and votes; each leads to its entry; names to auditors."""
    path = f"/rounds/{COUNCIL}/council/meetings/{MEETING}"
    told = people[MEMBER].get(f"{path}.json").json
    assert [one["actor"] for one in told["present"]] == ["hd-2", "hd-3"]
    assert [one["actor"] for one in told["absent"]] == ["hd-1"]
    assert len(told["motions"]) == 4
    page = look(people[MEMBER], path)
    assert {f"/log/{one['motion']}" for one in told["motions"]} <= set(page.links)
    assert "Người thử" not in page.text
    assert "Người thử hd-2" in look(people[AUDITOR], path).text


# --- auditors -------------------------------------------------------------------------------------------


def test_charts_are_drawn_here_with_a_name_and_a_table_beside(auditor: Person) -> None:
    """An image with words for who does not see it; the SVG has a title, runs nothing, loads nothing."""
    page = look(auditor, f"/rounds/{COUNCIL}/findings")
    images = [its for tag, its in page.elements if tag == "img" and ".svg?" in its["src"]]
    assert images
    assert all(its["alt"] for its in images)
    assert page.tags.count("table") >= len(images)
    for its in images:
        told = auditor.get(its["src"])
        assert told.headers["content-type"] == "image/svg+xml"
        assert "default-src 'none'" in told.headers["content-security-policy"]
        assert its["alt"] in told.body.decode()
        assert b"<script" not in told.body
        assert b"href" not in told.body


@pytest.mark.parametrize("code", [COUNCIL, PUBLISHED])
def test_conflicts_are_those_of_the_whole_log(world: World, auditor: Person, code: str) -> None:
    """Read from few entries, they are line by line what folding every entry comes to."""
    told = auditor.get(f"/rounds/{code}/conflicts.json").json["conflicts"]
    with world.runtime.log.database.read() as connection:
        folded = Review(world.runtime.log, connection, code, world.size).conflicts()["conflicts"]
    assert told == folded
    assert told


def test_reads_are_told_newest_first_and_by_person(auditor: Person, people: dict[str, Person]) -> None:
    """What somebody asked for is there, and whether they were let in."""
    people[OTHER].get("/rounds/2016/findings")
    told = auditor.get(f"/reads.json?actor={OTHER}").json["reads"]
    assert (told[0]["asked"], told[0]["allowed"]) == ("/rounds/2016/findings", False)
    assert {one["actor"] for one in told} == {OTHER}
    numbers = [one["number"] for one in auditor.get("/reads.json").json["reads"]]
    assert numbers == sorted(numbers, reverse=True)


@pytest.mark.parametrize(("cut", "damaged"), [(40, True), (0, False)])
def test_a_tampered_entry_is_shown_to_be_one(
    world: World, auditor: Person, *, cut: int, damaged: bool
) -> None:
    """Bytes that say nothing any more, or say something else: the path breaks, and the log is still shown."""
    its, at = stored_events.c, world.size - 2
    with world.runtime.log.database.begin() as connection:
        before = connection.execute(select(its.state).where(its.position == at)).scalar_one()
        wrong = before[cut:].replace(b'"arrived_at":"2017', b'"arrived_at":"2016')
        connection.execute(update(stored_events).where(its.position == at).values(state=wrong))
    try:
        told = auditor.get(f"/log/{at}.json").json
        assert (told["damaged"], told["proof"]["leads"]) == (damaged, False)
        assert "KHÔNG dẫn đến" in look(auditor, f"/log/{at}").text
        listed = {line["position"]: line["damaged"] for line in auditor.get("/log.json").json["events"]}
        assert listed[at] is damaged
        assert ("mục đã hỏng" in look(auditor, "/log").text) is damaged
    finally:
        with world.runtime.log.database.begin() as connection:
            connection.execute(update(stored_events).where(its.position == at).values(state=before))


# --- hostile texts --------------------------------------------------------------------------------------


def test_markup_in_what_was_said_is_shown_as_what_it_is(world: World, auditor: Person) -> None:
    """On the page of the motion, in the minutes, and on the entry's own page."""
    council = f"/rounds/{COUNCIL}/council"
    for path in (f"{council}/motions/{motion_of(world, 'STC')}", f"{council}/meetings/{MEETING}",
                 f"/log/{world.size - 1}"):  # fmt: skip
        page = look(auditor, path)
        assert MARKUP in page.text
        assert "script" not in page.tags
        assert not [its for tag, its in page.elements if tag == "img" and its["src"] == "x"]


def test_naughty_strings_change_no_structure(client: Client, auditor: Person, vectors: Path) -> None:
    """Whatever somebody looks for: a page of the same build, well formed, with the words as words."""
    listed = vectors / "blns" / "blns.json"
    if not listed.is_file():
        pytest.skip(f"no naughty strings at {listed}")
    disputes = f"/rounds/{PUBLISHED}/disputes/{{}}"
    addresses = ("/search?q={}", "/log/{}", "/log?type={}", "/log?before={}", disputes, "/log/{}")
    builds: dict[str, set[tuple[str, ...]]] = {address: set() for address in addresses}
    headers = {"Accept": BROWSER, **auditor.headers}
    for number, naughty in enumerate(json.loads(listed.read_text("utf-8"))):
        address = addresses[number % len(addresses)]
        if not naughty.strip() or ("?" not in address and (naughty in (".", "..") or "/" in naughty)):
            continue
        answer = client.ask("GET", address.format(quote(naughty, safe="")), headers=headers)
        page = Page(answer)
        assert answer.status in (200, 404), (naughty, answer.status)
        assert page.open == []
        assert not {"script", "iframe", "svg", "object", "style"} & set(page.tags), naughty
        assert not [its for _, its in page.elements if any(name.startswith("on") for name in its)]
        builds[address].add(tuple(page.tags) if answer.status == 404 else ())
    assert all(len(its) <= 8 for its in builds.values()), {a: len(its) for a, its in builds.items()}


def test_naughty_strings_in_the_log_change_no_structure(world: World, auditor: Person, vectors: Path) -> None:
    """Stated as evidence they come back as words; what a statement may not hold is refused before."""
    listed = vectors / "blns" / "blns.json"
    if not listed.is_file():
        pytest.skip(f"no naughty strings at {listed}")
    admitted = [one for one in json.loads(listed.read_text("utf-8")) if one.strip() and _plain(one)]
    assert len(admitted) > 300
    subject: Subject = {"round": COUNCIL, "agency": "STC", "criterion": "A1.1"}
    motion = {"motion": motion_of(world, "STC")}
    chunks = ["\n".join(admitted[start : start + 12]) for start in range(0, len(admitted), 12)]
    world.tell(*(world.draft("RemarkMade", "hd-3", **subject, body=motion, texts={"remark": text})
                 for text in chunks))  # fmt: skip
    page = look(auditor, f"/rounds/{COUNCIL}/council/motions/{motion['motion']}")
    assert page.open == []
    assert not {"script", "iframe", "svg", "object", "style"} & set(page.tags)
    shown = page.answer.body.decode()
    assert shown.count("<blockquote>") == page.tags.count("blockquote") >= len(chunks)


def _plain(text: str) -> bool:
    try:
        check_text(text, line_feeds=True)
    except CanonicalError:
        return False
    return True

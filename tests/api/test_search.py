"""Events are found by words, subject, person, type, time and stage; by words of those who may see them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal
from unicodedata import normalize
from uuid import uuid4

import pytest
from sqlalchemy import make_url

from api.errors import UnknownSubject
from api.following import LogSource, bring_up
from api.runtime import Log, reading
from api.search import Question, answer
from api.settings import DATABASE_VARIABLE, Settings
from audit.ledger.database import open_database
from audit.ledger.errors import NoDatabase
from domain.visibility import Visibility
from projections.search import EVERYTHING, Reader
from tests.api.searching import Searched, index, rows
from tests.furnished import COUNCIL, ERASED, FILED, PUBLISHED, furnish
from tests.worlds import OPEN, found

PUBLIC = Reader(frozenset({Visibility.PUBLIC}), frozenset(), frozenset({PUBLISHED}))
PARTIES = frozenset({Visibility.PUBLIC, Visibility.PARTIES})
STC = Reader(PARTIES, frozenset({"STC"}), frozenset({PUBLISHED}))
NHS = Reader(PARTIES, frozenset({"NHS"}), frozenset({PUBLISHED}))
MEMBER = Reader(PARTIES | {Visibility.COUNCIL})


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def searched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Searched]:
    """The furnished log with its index, on a database of either kind."""
    data = tmp_path_factory.mktemp("searched") / "data"
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv(DATABASE_VARIABLE, raising=False)
        if request.param == "postgres":
            schema = f"t{uuid4().hex}"
            server = make_url(request.getfixturevalue("postgres_server"))
            open_database(server.render_as_string(hide_password=False), schema=schema).close()
            url = server.update_query_dict({"options": f"-csearch_path={schema}"})
            environment.setenv(DATABASE_VARIABLE, url.render_as_string(hide_password=False))
        world = furnish(found(data))
    index(world.runtime.log)
    yield Searched(world.runtime.log, tuple(world.runtime.log.entries()))
    world.close()


# --- words ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "types", "header"),
    [
        ("ke hoach CCHC 2016", ["EvidenceSubmitted"], {"round": OPEN}),
        ("KẾ HOẠCH cchc NĂM 2016", ["EvidenceSubmitted"], {"round": OPEN}),
        ("21/bc-stc", ["EvidenceSubmitted"], {"round": OPEN}),
        ("21/BC*", ["EvidenceSubmitted"], {"round": OPEN}),
        ("co quan truc thuo* tinh", ["QuestionAsked", "QuestionAnswered"], {"round": OPEN}),
        ("tuyen truc", [], {}),
        ("tu cham diem", ["SelfScoreDeclared"], {}),
        ("self score", ["SelfScoreDeclared"], {}),
        ("tai lieu chua xem xet", ["DisputeFiled"], {}),
        ("dispute-1 thu ly", ["DisputeAccepted"], {"matter": FILED}),
        ("openings erased", ["OpeningsErased"], {}),
    ],
)
def test_events_are_found_by_what_people_read(
    searched: Searched, words: str, types: list[str], header: dict[str, str]
) -> None:
    """All words of the sentence, the facts and the texts count, in both languages, with or without marks."""
    expected = [position for position in searched.of(*types, **header) if types]
    assert searched.found(words) == expected


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("words", ["Kế hoạch", "kế HOẠCH", "ke hoach", "Kê hoach"])
def test_how_words_are_typed_does_not_matter(
    searched: Searched, words: str, form: Literal["NFC", "NFD"]
) -> None:
    """Marks, case and the form of Unicode make no difference."""
    assert searched.found(normalize(form, words)) == searched.found("ke hoach") != []


def test_agencies_and_people_are_found_by_name(searched: Searched) -> None:
    """What is about an agency, or signed by a person, is found by what they are called."""
    assert set(searched.of(agency="NHS")) <= set(searched.found("co quan nhs"))
    assert set(searched.found("nguoi thu hd-3")) >= set(searched.of("RecusalDeclared"))


def test_criteria_are_found_by_name(searched: Searched) -> None:
    """What is about a criterion is found by what the criterion is called."""
    its = searched.found("SelfScoreDeclared", criterion="A1.1")
    assert its == searched.of("SelfScoreDeclared", criterion="A1.1") != []
    name = next(
        c.name_vi
        for one in searched.entries
        if one.statement.type == "CriteriaSetIssued.v1" and one.event
        for c in one.event.body.criteria_set.criteria
        if c.code == "A1.1"
    )
    assert searched.found(f"{name} tu cham diem") == its


def test_every_word_must_be_there(searched: Searched) -> None:
    """A word more finds less; one that nobody wrote finds nothing."""
    assert set(searched.found("ke hoach cham")) < set(searched.found("ke hoach"))
    assert searched.found("ke hoach khongcogi") == []


# --- filters --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "header",
    [{"agency": "STC"}, {"criterion": "A1.5"}, {"round": COUNCIL}, {"agency": "CT", "round": COUNCIL}],
)
def test_filters_name_what_an_event_is_about(searched: Searched, header: dict[str, Any]) -> None:
    """Agency, criterion and round, alone and together."""
    assert searched.found(**header) == searched.of(**header) != []


@pytest.mark.parametrize("kind", ["VoteCast", "VoteCast.v1", "votecast", "KeyRevoked", "OpinionOpened"])
def test_filter_by_type(searched: Searched, kind: str) -> None:
    """A type is named with or without its version; events about keys have types, too."""
    (name,) = [k for k in ("VoteCast", "KeyRevoked", "OpinionOpened") if k.lower() in kind.lower()]
    assert searched.found(type=kind) == searched.of(name) != []


def test_filter_by_actor(searched: Searched) -> None:
    """Whoever signed alone or with others, and the log's own acts."""
    for actor in ("hd-2", "dk-1", "log"):
        signed = [one.position for one in searched.entries if actor in one.statement.named_actors]
        assert searched.found(actor=actor) == signed != []


def test_filter_by_stage_of_the_act(searched: Searched) -> None:
    """Declared are the acts by which agencies set points."""
    assert searched.found(stage="declared") == searched.of("SelfScoreDeclared", "QuantitiesDeclared")


def test_filter_by_phase_of_the_round(searched: Searched) -> None:
    """What was stated about a round from the opening of a phase to that of the next one."""
    opened = {
        one.statement.body["phase"]: one.position
        for one in searched.entries
        if one.statement.type == "PhaseOpened.v1" and one.statement.round == COUNCIL
    }
    its = [p for p in searched.of(round=COUNCIL) if p >= opened["COUNCIL"]]
    assert searched.found(stage="council", round=COUNCIL) == its
    before = [p for p in searched.of(round=COUNCIL) if p < opened["SELF_ASSESSMENT"]]
    assert searched.found(stage="preparation", round=COUNCIL) == before != []
    assert set(its) < set(searched.found(stage="COUNCIL"))


def test_filter_by_time(searched: Searched) -> None:
    """A day is meant from its beginning, and to its end; a time to the second."""
    whole = searched.found()
    filed = searched.of("DisputeFiled", matter=FILED)[0]
    assert searched.found(since="2017-01-11", until="2017-01-11") == [
        p for p in whole if filed <= p < searched.of("DisputeFiled")[1]
    ]
    assert searched.found(since="2017-01-11T09:00:00") == [p for p in whole if p >= filed]
    assert searched.found(until="2017-01-11T08:59:59") == [p for p in whole if p < filed]
    assert searched.found(since="2017-01-09") == whole


def test_what_changed_a_rank(searched: Searched) -> None:
    """Those events after which somebody has another rank than before them."""
    from projections import queries

    with searched.log.database.read() as connection:

        def places(size: int) -> dict[tuple[str, str], int]:
            codes = queries.rounds(connection, size)
            return {(c, row.agency): row.rank for c in codes for row in queries.ranking(connection, c, size)}

        held = [places(size) for size in range(searched.log.size + 1)]
    moved = [
        position
        for position in range(searched.log.size)
        if any(held[position + 1].get(key, rank) != rank for key, rank in held[position].items())
    ]
    assert searched.found(moved_rank=True) == moved != []
    assert searched.found(moved_rank=True, newest_first=True) == moved[::-1]


# --- pages ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("limit", [1, 7, 50])
def test_pages_join(searched: Searched, limit: int, *, newest_first: bool) -> None:
    """Page after page, by the cursor of each, everything comes once and in order."""
    pages: list[int] = []
    cursor: dict[str, Any] = {}
    while True:
        told = searched.ask(agency="STC", limit=limit, newest_first=newest_first, **cursor)
        pages += [event["position"] for event in told["events"]]
        assert len(told["events"]) <= limit
        if told["next"] is None:
            break
        cursor = told["next"]
    assert pages == sorted(searched.of(agency="STC"), reverse=newest_first)


def test_cursors_alone_say_which_way(searched: Searched) -> None:
    """After a position comes what follows it; before a position what led up to it, newest first."""
    assert searched.found(after=10, limit=3) == [11, 12, 13]
    assert searched.found(before=10, limit=3) == [9, 8, 7]
    assert searched.found(after=5, before=10) == [6, 7, 8, 9]
    assert searched.found(after=searched.log.size - 1) == []


# --- who may see what -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "kind", "seeing", "blind"),
    [
        ("2016", "EvidenceSubmitted", [STC, MEMBER], [NHS, PUBLIC]),
        ("huong dan tu danh gia", "GuidanceIssued", [STC, NHS, MEMBER], [PUBLIC]),
        ("diem giu den mot phan hai", "ScoringMethodAgreed", [MEMBER], [STC, NHS, PUBLIC]),
        ("tung cong tac tai", "RecusalDeclared", [MEMBER], [STC, NHS, PUBLIC]),
        ("chua duoc xem xet", "DisputeFiled", [STC, MEMBER], [NHS, PUBLIC]),
        ("ke hoach cham", "OpinionOpened", [EVERYTHING], [STC, NHS, MEMBER, PUBLIC]),
    ],
)
def test_words_are_found_by_those_who_may_see_them(
    searched: Searched, words: str, kind: str, seeing: list[Reader], blind: list[Reader]
) -> None:
    """A text counts for a reader of its class, in a record that the reader may see."""
    for reader in [EVERYTHING, *seeing]:
        assert searched.found(words, reader, type=kind) == searched.of(kind) != []
    for reader in blind:
        assert searched.found(words, reader, type=kind) == []


@pytest.mark.parametrize("reader", [PUBLIC, STC, MEMBER])
def test_names_are_for_auditors(searched: Searched, reader: Reader) -> None:
    """What people are called finds nothing for others, and is told to nobody else."""
    assert searched.found("nguoi thu") != []
    assert searched.found("nguoi thu", reader) == []
    told = searched.ask("", reader)["events"]
    assert all(signer["name"] is None for event in told for signer in event["signers"])
    assert all("Người thử" not in event["sentence_vi"] for event in told)


def test_the_public_sees_what_is_published(searched: Searched) -> None:
    """Of a round that is not published nothing is found, of a published one no persons and no points."""
    told = searched.ask("", PUBLIC)["events"]
    assert {event["round"] for event in told} == {None, PUBLISHED}
    assert all(event["signers"] == [] for event in told)
    assert searched.found(actor="tk-1", reader=PUBLIC) == []
    assert searched.found(moved_rank=True, reader=PUBLIC) == []
    assert searched.found(stage="declared", reader=PUBLIC) == []
    (filed, _) = [event for event in told if event["type"] == "DisputeFiled.v1"]
    assert filed["texts"] == {}
    assert "chưa" not in filed["sentence_vi"]


def test_another_agency_is_not_told_facts(searched: Searched) -> None:
    """Of another agency's published record an agency learns the kind of each event, and nothing it says."""
    told = searched.ask("", NHS, agency="STC", round=PUBLISHED)["events"]
    (filed, _) = [event for event in told if event["type"] == "DisputeFiled.v1"]
    assert (filed["signers"], filed["texts"]) == ([], {})
    assert "…" in filed["sentence_vi"]
    assert searched.found("khieu nai", NHS, agency="STC", type="DisputeFiled") == searched.found(
        "khieu nai", PUBLIC, agency="STC", type="DisputeFiled"
    )


def test_sealed_opinions_are_found_by_nobody(searched: Searched) -> None:
    """What an opened opinion says is found once opening has closed, and then by auditors alone."""
    opened = searched.of("OpinionOpened")
    assert searched.found("ke hoach cham", type="OpinionOpened") == opened != []
    assert searched.found("ke hoach cham", MEMBER, type="OpinionOpened") == []
    assert all(event["texts"] for event in searched.ask(type="OpinionOpened")["events"])


def test_an_erased_name_is_not_found(searched: Searched) -> None:
    """The officer whose name was erased is there by pseudonym alone."""
    (entered,) = [
        one.position
        for one in searched.entries
        if one.statement.type == "OfficerRegistered.v1" and one.statement.body["officer"] == ERASED
    ]
    assert entered not in searched.found("nguoi thu")
    assert entered in searched.found("OfficerRegistered")
    assert entered in searched.found(f"{ERASED}", type="OfficerRegistered")


# --- the index ------------------------------------------------------------------------------------------


def test_rows_do_not_depend_on_batches(searched: Searched) -> None:
    """An index that grew entry by entry is the one that is made at once."""
    made = rows(searched.log)
    for batch in (1, 7, 50):
        index(searched.log, batch=batch)
        assert rows(searched.log) == made


# --- what is not there ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ({"agency": "STX"}, "the nearest is STC; there are: CT, NHS, SNV, STC"),
        ({"criterion": "A1.99"}, "the nearest is A1.9"),
        ({"actor": "hd-33"}, "the nearest is hd-3"),
        ({"round": "2016-counsel"}, "the nearest is 2016-council"),
        ({"type": "VoteCasts"}, "the nearest is VoteCast"),
        ({"stage": "inspections"}, "the nearest is inspection"),
        ({"since": "2016-12-31"}, "begins at 2017-01-09T08:00:00+07:00. The nearest size is 1"),
        ({"until": "2016-12-31"}, "begins at 2017-01-09T08:00:00+07:00. The nearest size is 1"),
        ({"until": "yesterday"}, "neither a size nor a time"),
        ({"after": 10**9}, "the nearest is"),
        ({"before": -1}, "the nearest is 0"),
        ({"limit": 0}, "page has 1 to 1000"),
        ({"words": "*** —"}, "has no word in it"),
        ({"words": " ".join(f"w{n}" for n in range(21))}, "too many"),
    ],
)
def test_who_names_what_is_not_there_is_told_the_nearest(
    searched: Searched, filters: dict[str, object], said: str
) -> None:
    """A refusal names the nearest choice that there is."""
    with pytest.raises(UnknownSubject) as refused:
        searched.ask(**filters)  # type: ignore[arg-type]
    assert said in str(refused.value)


# --- the index follows the log --------------------------------------------------------------------------


def test_a_search_brings_the_index_up_to_the_log_where_it_may(tmp_path: Path) -> None:
    """While another process writes the log, what was taken in is searched, and how far that is, is told."""
    settings, world = Settings(tmp_path / "data"), found(tmp_path / "data")
    log, size = world.runtime.log, world.runtime.log.size
    assert bring_up(settings) == ()
    assert _searched(log) == (0, [])
    world.close()
    assert bring_up(settings) == ()
    with reading(settings) as log:
        assert _searched(log) == (size, [0])


def _searched(log: Log) -> tuple[int, list[int]]:
    """Return how far was searched, and where the log's opening was found."""
    with log.database.read() as connection:
        reached = LogSource(log).reached(connection, "search")
        told = answer(log, connection, Question(type="LogOpened"), reached)
    return told["searched"], [event["position"] for event in told["events"]]


def test_a_search_makes_no_log(tmp_path: Path) -> None:
    """Where there is none, it says so."""
    with pytest.raises(NoDatabase):
        bring_up(Settings(tmp_path))
    assert list(tmp_path.iterdir()) == []

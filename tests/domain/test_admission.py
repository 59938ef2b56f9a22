"""What holds for every kind of event alike, shown on one round in which each kind is stated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import fields, replace
from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest

from domain import scoring
from domain.admission import RULES, admit, follow, rule_for
from domain.deadlines import Phase
from domain.events import CATALOGUE, Event, Kind, Scope, Signing
from domain.refusals import Refusal, UnknownEvent
from domain.standing import Standing
from domain.stated.registry import LogOpened
from domain.stated.rounds import DeadlineExtended, PhaseOpened, RoundOpened
from tests.domain.specification import ROUND, fold, refused
from tests.domain.whole_round import before, first_of_each_kind, whole_round
from tests.domain.world import given

STATED = first_of_each_kind()
_SUBJECTS: Mapping[Scope, dict[str, str]] = {
    Scope.REGISTRY: {},
    Scope.ROUND: {"round": ROUND},
    Scope.DOSSIER: {"round": ROUND, "agency": "STC"},
    Scope.CELL: {"round": ROUND, "agency": "STC", "criterion": "A1.1"},
    Scope.MEETING: {"round": ROUND, "matter": "meeting-1"},
    Scope.DISPUTE: {"round": ROUND, "agency": "STC", "criterion": "A1.1", "matter": "dispute-1"},
}
_HEADER = ("round", "agency", "criterion", "matter")
_WHOLE = {frozenset(subject) for subject in _SUBJECTS.values()}
_GAPS = [parts for n in range(5) for parts in combinations(_HEADER, n) if frozenset(parts) not in _WHOLE]
"""Every choice among the parts of a header that is the subject of no scope."""


def names(like: Callable[[Kind], object]) -> list[str]:
    """The names of the kinds that are like this."""
    return [kind.name for kind in CATALOGUE.values() if like(kind)]


def answer(name: str, **changes: Any) -> Refusal | None:
    """What is answered to the first event of a kind, had it been stated a little differently."""
    return admit(before(STATED[name].position).fork(), replace(STATED[name], **changes))


def rule_of(refusal: Refusal | None) -> str | None:
    """The rule of an answer."""
    return refusal.rule if refusal else None


def test_round_states_every_kind() -> None:
    """The round that these tests stand on has each kind of the catalogue; a new kind belongs there too."""
    assert STATED.keys() == CATALOGUE.keys()


@pytest.mark.parametrize("name", CATALOGUE)
def test_each_kind_is_admitted_where_it_belongs(name: str) -> None:
    """An event that meets its rules is admitted, and deciding about it changes nothing."""
    fork = before(STATED[name].position).fork()
    assert admit(fork, STATED[name]) is None
    assert not any(getattr(fork, table.name).maps[0] for table in fields(fork))


@pytest.mark.parametrize("name", CATALOGUE)
def test_following_adds_one_version_to_one_stream(name: str) -> None:
    """What is followed is the next version of its own stream and of no other."""
    event = STATED[name]
    fork = before(event.position).fork()
    old = fork.versions.get(event.stream, 0)
    follow(fork, event)
    assert fork.versions.maps[0] == {event.stream: old + 1}  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", CATALOGUE)
def test_following_remembers_which_texts_there_are(name: str) -> None:
    """Of a statement with committed texts it is known that it has them, and of no other."""
    event = STATED[name]
    fork = before(event.position).fork()
    follow(fork, event)
    known = {key: held.fields for key, held in fork.texts.maps[0].items()}  # type: ignore[attr-defined]
    assert known == ({event.id: event.texts} if event.texts else {})


@pytest.mark.parametrize("name", names(lambda kind: kind.body is not LogOpened))
def test_nobody_states_anything_without_an_office(name: str) -> None:
    """The same statement over a stranger's signature is refused for who signed it; genesis names its own."""
    refusal = answer(name, signed_by=tuple(f"nobody-{n}" for n, _ in enumerate(STATED[name].signed_by)))
    assert refusal is not None
    offices = {"role", "agency", "inspection", "council", "minutes", "reviewer", "delegation", "meeting"}
    assert refusal.rule.partition(".")[0] in offices


def test_event_outside_the_set_raises() -> None:
    """An event whose body no rule knows is an error, both to admit and to follow."""
    stranger = replace(STATED["PhaseOpened.v1"], body=object())
    for act in (rule_for, lambda event: admit(Standing(), event), lambda event: follow(Standing(), event)):
        with pytest.raises(UnknownEvent):
            act(stranger)


# --- the form of a statement ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "scope"),
    [(kind.name, scope) for kind in CATALOGUE.values() for scope in Scope if scope is not kind.scope],
)
def test_header_fits_the_scope(name: str, scope: Scope) -> None:
    """Round, agency, criterion and matter are stated exactly as far as the kind is about them."""
    subject = dict.fromkeys(_HEADER) | _SUBJECTS[scope]
    if CATALOGUE[name].for_everyone and subject["agency"]:
        expected = refused("scope.for_everyone", type=name, agency="STC")
    else:
        expected = refused("scope.mismatch", type=name, scope=CATALOGUE[name].scope)
    assert answer(name, **subject) == expected


@pytest.mark.parametrize("parts", _GAPS, ids=" ".join)
@pytest.mark.parametrize("name", CATALOGUE)
def test_header_has_no_gaps(name: str, parts: tuple[str, ...]) -> None:
    """A criterion without its agency, an agency without its round, or a meeting of one fits no kind."""
    whole = dict.fromkeys(_HEADER) | {part: _SUBJECTS[Scope.DISPUTE][part] for part in parts}
    for_one = CATALOGUE[name].for_everyone and whole["agency"]
    assert rule_of(answer(name, **whole)) == ("scope.for_everyone" if for_one else "scope.mismatch")


@pytest.mark.parametrize("count", [0, 2])
@pytest.mark.parametrize("name", names(lambda kind: kind.signing is Signing.ALONE))
def test_single_statement_has_one_signer(name: str, count: int) -> None:
    """Only kinds that several people sign carry more than one signature, or else than one."""
    signed_by = tuple(f"signer-{number}" for number in range(count))
    assert answer(name, signed_by=signed_by) == refused("signature.one_expected", signed=count)


@pytest.mark.parametrize(
    ("name", "text"), [(kind.name, text) for kind in CATALOGUE.values() for text in sorted(kind.required)]
)
def test_required_text_may_not_be_missing(name: str, text: str) -> None:
    """Each text that a kind requires must be committed."""
    assert answer(name, texts=STATED[name].texts - {text}) == refused("text.missing", field=text)


@pytest.mark.parametrize("name", CATALOGUE)
def test_text_that_the_kind_does_not_know_is_refused(name: str) -> None:
    """Nothing is committed beside what the kind names."""
    unknown = STATED[name].texts | {"x" * 60}
    assert answer(name, texts=unknown) == refused("text.unknown", field="x" * 40)


@pytest.mark.parametrize(
    ("name", "text"), [(kind.name, text) for kind in CATALOGUE.values() for text in kind.texts]
)
def test_every_text_of_the_kind_is_admitted(name: str, text: str) -> None:
    """A text that may be committed does no harm."""
    assert answer(name, texts=STATED[name].texts | {text}) is None


@pytest.mark.parametrize("name", CATALOGUE)
def test_files_come_with_the_kinds_that_carry_them(name: str) -> None:
    """Attachments are refused where a kind has no place for them."""
    not_expected = refused("evidence.not_expected", type=name)
    assert answer(name, attachments=2) == (None if CATALOGUE[name].attachments else not_expected)


# --- order ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", names(lambda kind: kind.expects))
def test_version_that_was_seen_must_be_the_newest(name: str) -> None:
    """A kind that answers to a state names that state's version: not none, no older, no newer one."""
    seen = STATED[name].expects
    assert seen is not None
    assert answer(name, expects=None) == refused("expects.missing", type=name)
    for stale in (seen - 1, seen + 1):
        assert answer(name, expects=stale) == refused(
            "expects.stale", stated=stale, now=seen, stream=STATED[name].stream
        )


@pytest.mark.parametrize("name", names(lambda kind: not kind.expects))
def test_version_is_not_named_where_nothing_is_answered(name: str) -> None:
    """A kind that stands on its own names no version, not even the right one."""
    now = before(STATED[name].position).versions.get(STATED[name].stream, 0)
    assert answer(name, expects=now) == refused("expects.forbidden", type=name)


# --- subject --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", names(lambda kind: kind.scope is not Scope.REGISTRY))
def test_round_must_be_open(name: str) -> None:
    """Nothing is stated about a round that nobody opened; opening one is how it becomes known."""
    if CATALOGUE[name].body is RoundOpened:
        assert answer(name, round="1999") is None
    else:
        assert answer(name, round="1999") == refused("round.unknown", round="1999")


@pytest.mark.parametrize("name", names(lambda kind: kind.scope in (Scope.DOSSIER, Scope.CELL, Scope.DISPUTE)))
def test_agency_must_be_ranked_in_the_round(name: str) -> None:
    """An agency that is not in the round has no dossier and no cells."""
    assert answer(name, agency="VH") == refused("agency.not_in_round", agency="VH", round=ROUND)


@pytest.mark.parametrize("name", names(lambda kind: kind.scope in (Scope.CELL, Scope.DISPUTE)))
def test_criterion_must_be_in_the_set_and_apply(name: str) -> None:
    """A criterion of no set, or of another block, has no cell for this agency."""
    assert answer(name, criterion="Z9") == refused("criterion.unknown", criterion="Z9")
    other = refused("criterion.not_applicable", criterion="A3.3", agency="STC")
    assert answer(name, agency="STC", criterion="A3.3") == other


def test_empty_log_knows_no_round() -> None:
    """A first statement that is no genesis is refused like any other about an unknown round."""
    early = replace(STATED["PhaseOpened.v1"], position=0)
    assert admit(Standing(), early) == refused("round.unknown", round=ROUND)


# --- time -----------------------------------------------------------------------------------------------

PHASED = names(lambda kind: RULES[kind.body].phases)
DUE = names(lambda kind: RULES[kind.body].until)


def at_phase(event: Event, phase: Phase, *, hard: bool = False) -> Standing:
    """What held before an event, had the round been at another phase and all deadlines been so hard."""
    standing = before(event.position).fork()
    found = standing.rounds[ROUND]
    deadlines = {phase: replace(deadline, hard=hard) for phase, deadline in found.deadlines.items()}
    standing.rounds[ROUND] = replace(found, phase=phase, deadlines=deadlines)
    return standing


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("TeamAssigned.v1", Phase.PREPARATION, Phase.INSPECTION),
        ("FocalOfficerAssigned.v1", Phase.PREPARATION, Phase.PUBLISHED),
        ("DeadlineExtended.v1", Phase.PREPARATION, Phase.COUNCIL),
        ("SelfScoreDeclared.v1", Phase.SELF_ASSESSMENT, Phase.SELF_ASSESSMENT),
        ("EvidenceSubmitted.v1", Phase.SELF_ASSESSMENT, Phase.EXPLANATION),
        ("InspectionNoteRecorded.v1", Phase.INSPECTION, Phase.EXPLANATION),
        ("SurveyTallied.v1", Phase.SELF_ASSESSMENT, Phase.COUNCIL),
        ("CouncilAdjustmentMade.v1", Phase.COUNCIL, Phase.COUNCIL),
        ("ResultApproved.v1", Phase.APPROVAL, Phase.PUBLISHED),
    ],
)
def test_process_has_its_calendar(name: str, first: Phase, last: Phase) -> None:
    """From preparation to approval each desk is open from its first phase to its last, without a gap."""
    phases = RULES[CATALOGUE[name].body].phases
    assert phases == tuple(phase for phase in Phase if first.place <= phase.place <= last.place)


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("name", PHASED)
def test_act_belongs_to_its_phases(name: str, phase: Phase) -> None:
    """Outside the phases of its rule an act is refused, and told when it would be in time."""
    event, allowed = STATED[name], RULES[CATALOGUE[name].body].phases
    refusal = admit(at_phase(event, phase), event)
    if phase not in allowed:
        assert refusal == refused("phase.not_open", type=name, now=phase, allowed=", ".join(allowed))
    elif CATALOGUE[name].body not in (PhaseOpened, DeadlineExtended):  # these depend on where the round is
        assert refusal is None


@pytest.mark.parametrize("name", DUE)
def test_soft_deadline_lets_late_acts_in_and_hard_one_does_not(name: str) -> None:
    """The first moment after the day is too late: admitted when soft, refused when hard."""
    event, until = STATED[name], RULES[CATALOGUE[name].body].until
    assert until is not None
    now = before(event.position).rounds[ROUND]
    late = replace(event, arrived_at=now.due[until])
    early = replace(event, arrived_at=now.due[until] - timedelta(microseconds=1))
    assert [now.is_late(until, e.arrived_at) for e in (early, late)] == [False, True]
    assert admit(at_phase(event, now.phase), late) is None
    assert admit(at_phase(event, now.phase, hard=True), early) is None
    refusal = admit(at_phase(event, now.phase, hard=True), late)
    assert rule_of(refusal) == "deadline.missed"
    assert refusal is not None
    assert refusal.facts["due"] == now.deadlines[until].due.isoformat()


def test_act_without_a_deadline_is_never_late() -> None:
    """A phase for which the round names no deadline has none."""
    story = given(Phase.COUNCIL)
    assert not story.round.is_late(Phase.APPROVAL, story.now + timedelta(days=9999))


# --- the fold -------------------------------------------------------------------------------------------


def test_fold_gives_the_same_standing_as_admission_did() -> None:
    """Following the log from the start comes to where admitting it came."""
    story = whole_round()
    assert fold(story.events).cells == dict(story.standing.cells)
    assert fold(story.events).versions == dict(story.standing.versions)


def test_log_can_be_folded_whatever_is_left_out() -> None:
    """Without any one of its events the log folds: what built on it has no ground and no effect."""
    prefix, events = Standing(), whole_round().events
    for without, left_out in enumerate(events):
        standing = prefix.fork()
        for event in events[without + 1 :]:
            _follow_where_there_is_ground(standing, event)
        for code, found in standing.rounds.items():
            for agency in found.agencies:
                scoring.card(standing, code, agency)
        follow(prefix, left_out)


def _follow_where_there_is_ground(standing: Standing, event: Event) -> None:
    """Follow an event as a whole or not at all; what is missing is looked up in vain, and nothing worse."""
    turn = standing.fork()
    with suppress(LookupError):
        follow(turn, event)
        turn.settle()


def test_genesis_is_the_only_first_statement() -> None:
    """On an empty log every kind but genesis is refused."""
    assert admit(Standing(), STATED["LogOpened.v1"]) is None
    for name in CATALOGUE.keys() - {"LogOpened.v1"}:
        assert admit(Standing(), replace(STATED[name], position=0)) is not None


# --- rules, read to their end ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "header", "changes", "rule"),
    [
        ("RoundOpened.v1", {}, {"evaluated_year": 1}, "round.years_out_of_order"),
        ("TeamAssigned.v1", {}, {"team": "T9"}, "team.unknown"),
        ("MinutesSigned.v1", {}, {"team": "T9"}, "inspection.not_in_team"),
        ("SurveyTallied.v1", {"criterion": "A1.1"}, {}, "score.wrong_kind"),
        ("OpinionSealed.v1", {"criterion": "A1.1"}, {}, "opinion.not_requested"),
        ("OpinionOpened.v1", {"criterion": "A1.1"}, {}, "opinion.never_sealed"),
        ("MeetingClosed.v1", {"matter": "meeting-9"}, {}, "meeting.not_open"),
        ("RemarkMade.v1", {}, {"motion": 0}, "motion.unknown"),
        ("CouncilAdjustmentMade.v1", {"criterion": "B1"}, {}, "criterion.not_adjusted"),
        ("VerificationWaived.v1", {}, {"motion": 0}, "motion.unknown"),
        ("AwardGranted.v1", {}, {"version": 9}, "award.not_newest_version"),
    ],
)
def test_rule_ends_where_it_cannot_go_on(
    name: str, header: dict[str, Any], changes: dict[str, Any], rule: str
) -> None:
    """Asked for everything that is wrong, a rule ends with what keeps it from looking further."""
    event = replace(STATED[name], **header)
    body: Any = replace(event.body, **changes)
    found = list(RULES[type(body)].may(before(event.position).fork(), event, body))
    assert found[-1].rule == rule


BY_COUNCIL = [
    "ScoringMethodAgreed.v1",
    "RecusalDeclared.v1",
    "OpinionRequested.v1",
    "OpinionSealed.v1",
    "OpinionOpened.v1",
    "MeetingOpened.v1",
    "MeetingClosed.v1",
    "MotionPut.v1",
    "RemarkMade.v1",
    "VoteCast.v1",
    "DissentRecorded.v1",
    "SpecialCaseDecided.v1",
    "BonusDecided.v1",
    "DeductionDecided.v1",
    "CouncilAdjustmentMade.v1",
    "VerificationWaived.v1",
    "DisputeDecided.v1",
]


@pytest.mark.parametrize("name", BY_COUNCIL)
def test_without_a_council_nobody_states_what_is_its_to_state(name: str) -> None:
    """A round that has no council has no members, no meeting and no decision."""
    standing = before(STATED[name].position).fork()
    standing.rounds[ROUND] = replace(standing.rounds[ROUND], council=None)
    assert admit(standing, STATED[name]) == refused("council.not_established", round=ROUND)

"""Opinions before the meeting: sealed until all are in or the day has passed, then opened (R24)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from domain.council import seal
from domain.deadlines import LAST_DAY, Phase
from domain.dossiers import Opinion, Opinions
from domain.stated.choices import ReasonCategory
from domain.stated.council import OpinionSealed, RecusalDeclared
from domain.stated.registry import OfficerTransferred
from tests.domain.opining import (
    ASKED,
    CLOSABLE,
    DUE,
    OPEN_UNTIL,
    SALT,
    agrees,
    asks,
    closes,
    closes_when_over,
    opens,
    seals,
)
from tests.domain.sitting import JUDGED
from tests.domain.specification import ROUND, ZONE, Act, Story, admitted, refused, states
from tests.domain.world import DEADLINES, QUORUM, given

ABLE = ("member-1", *QUORUM)
"""The members who are asked about STC; member-2 is at home there."""
TOO_LATE = datetime(2017, 4, 13, tzinfo=ZONE)


def asked(*acts: Act) -> Story:
    """Opinions on STC/A1.2 are asked for, until 12 April."""
    return given(Phase.COUNCIL, agrees(), asks(), *acts)


def all_in() -> Story:
    """Every member who takes part has sealed an opinion: 1, 1.1, 1.2 and 1.3 points."""
    return asked(*(seals(member, f"1.{n}") for n, member in enumerate(ABLE)))


def opinions(story: Story) -> Opinions:
    """The opinions on STC/A1.2."""
    found = story.cell(ASKED).opinions
    assert found is not None
    return found


def at(arrived: datetime, act: Act) -> Act:
    """The same act, at another moment."""
    return states(act.who, act.body, act.about, arrived_at=arrived)


def when_due(act: Act) -> Act:
    """The same act, in the first moment after the day."""
    return at(TOO_LATE, act)


# --- asking ---------------------------------------------------------------------------------------------


def test_cell_is_asked_about_once() -> None:
    """The secretariat asks, until the end of a day in the log's zone."""
    story = given(Phase.COUNCIL, agrees())
    story.when(states("authority", asks().body, ASKED)).then(refused("role.missing", role="SECRETARIAT"))
    story.when(asks()).then(admitted)
    assert opinions(story) == Opinions(
        requested=story.last_position, due=TOO_LATE, open_until=CLOSABLE, sealed={}, opened={}
    )
    story.when(asks()).then(refused("opinion.already_requested", criterion="A1.2"))


def test_members_have_time_to_answer() -> None:
    """Asked until a day that is over, nobody could seal anything, and the matter would go on without them."""
    story = given(Phase.COUNCIL, agrees())
    story.when(when_due(asks())).then(refused("opinion.no_time", due="2017-04-12"))
    story.when(at(TOO_LATE - timedelta(microseconds=1), asks())).then(admitted)


@pytest.mark.parametrize(("about", "rule"), [("STC/B1", None), ("STC/D3", "claim.wrong_section")])
def test_opinions_are_asked_on_points_that_are_earned(about: str, rule: str | None) -> None:
    """On the hundred and on the bonus, not on deductions."""
    story = given(Phase.COUNCIL, agrees())
    story.when(asks(about)).then(refused(rule) if rule else admitted)


@pytest.mark.parametrize(
    ("due", "rule"),
    [(LAST_DAY, None), (LAST_DAY + timedelta(1), "dates.out_of_order"), (date.max, "dates.out_of_order")],
)
def test_opinions_are_due_on_a_day_of_the_calendar(due: date, rule: str | None) -> None:
    """There is always a moment after the day."""
    expected = refused(rule, until=LAST_DAY.isoformat()) if rule else admitted
    story = given(Phase.COUNCIL, agrees())
    story.when(asks(due=due, open_until=None)).then(expected)
    day_before = min(due, LAST_DAY) - timedelta(days=1)
    other = given(Phase.COUNCIL, agrees())
    other.when(asks(due=day_before, open_until=due)).then(expected)


@pytest.mark.parametrize("open_until", [DUE, DUE - timedelta(days=1), date.min])
def test_opinions_may_be_opened_on_a_later_day_than_they_are_due(open_until: date) -> None:
    """On the day they are due others may still seal; nobody could open before that is over."""
    story = given(Phase.COUNCIL, agrees())
    story.when(asks(open_until=open_until)).then(refused("dates.out_of_order", since=DUE.isoformat()))


# --- sealing --------------------------------------------------------------------------------------------


def test_seal_is_bound_to_member_matter_and_round() -> None:
    """The digest covers the salt, what it is about, who gives it, and the opinion; nothing fits elsewhere."""
    parts = "minhchung.opinion/v1\n2016\nSTC\nA1.2\nmember-3\n1.5\nCOUNCIL_JUDGED\n"
    expected = hashlib.sha256(bytes.fromhex(SALT) + parts.encode()).hexdigest()
    plain: dict[str, Any] = {
        "salt": SALT,
        "log": (ROUND, "STC", "A1.2"),
        "member": "member-3",
        "points": Fraction("1.5"),
        "category": JUDGED,
    }
    assert seal(**plain) == expected
    others: list[dict[str, Any]] = [
        {"salt": "5b" * 32},
        {"log": ("2017", "STC", "A1.2")},
        {"log": (ROUND, "SNV", "A1.2")},
        {"log": (ROUND, "STC", "A1.3")},
        {"member": "member-4"},
        {"points": Fraction(1)},
        {"category": ReasonCategory.FACTUAL_ERROR},
    ]
    assert len({seal(**(plain | change)) for change in others} | {expected}) == len(others) + 1


def test_opinion_is_sealed_once_and_nobody_knows_it() -> None:
    """What is kept is a digest and where it stands; the secretariat sees no more than that."""
    story = asked().when(seals("member-3")).then(admitted)
    body = story.events[-1].body
    assert opinions(story).sealed == {"member-3": (story.last_position, body.seal)}
    assert not opinions(story).opened
    story.when(seals("member-3", "2")).then(refused("opinion.already_given", actor="member-3"))


@pytest.mark.parametrize(
    ("act", "rule"),
    [
        (seals("member-2"), "council.home_agency"),
        (seals("secretariat"), "council.not_a_member"),
        (seals("member-3", about="STC/A1.3"), "opinion.not_requested"),
        (states("member-3", OpinionSealed(seal=""), ASKED), "opinion.malformed_seal"),
        (states("member-3", OpinionSealed(seal="AB" * 32), ASKED), "opinion.malformed_seal"),
        (states("member-3", OpinionSealed(seal="ab" * 32 + "\n"), ASKED), "opinion.malformed_seal"),
        (states("member-3", OpinionSealed(seal="1.5"), ASKED), "opinion.malformed_seal"),
    ],
)
def test_opinion_is_a_digest_by_a_member_who_was_asked(act: Act, rule: str) -> None:
    """From another member or a stranger, on another cell, or in the clear: refused."""
    asked().when(act).then(refused(rule))


@pytest.mark.parametrize(
    ("arrived", "rule"),
    [(TOO_LATE - timedelta(microseconds=1), None), (TOO_LATE, "opinion.sealing_over")],
)
def test_sealing_ends_with_the_day(arrived: datetime, rule: str | None) -> None:
    """Once the day has passed others may open, and nobody gives an opinion any more."""
    act = seals("member-3")
    late = states(act.who, act.body, act.about, arrived_at=arrived)
    asked().when(late).then(refused(rule, due=TOO_LATE.isoformat()) if rule else admitted)


# --- opening --------------------------------------------------------------------------------------------


def test_nobody_opens_while_somebody_has_not_sealed() -> None:
    """Opinions stay blind until all are in: an early opening would lead the others."""
    story = asked(*(seals(member) for member in ABLE[:3]))
    early = refused("opinion.too_early", given=3, due=TOO_LATE.isoformat())
    story.when(opens("member-3")).then(early)
    story.when(closes()).then(early)
    story.given(seals(ABLE[3])).when(opens("member-3")).then(admitted)


def test_opening_begins_when_the_day_has_passed() -> None:
    """Whoever kept silent holds nobody up."""
    story = asked(seals("member-3")).when(when_due(opens("member-3"))).then(admitted)
    assert opinions(story).opened == {
        "member-3": Opinion(story.last_position, Fraction("1.5"), JUDGED),
    }


def test_recused_member_is_not_waited_for() -> None:
    """Once a member stands aside the others are all; what that member sealed stays shut."""
    story = asked(*(seals(member) for member in QUORUM))
    story.when(opens("member-3")).then(refused("opinion.too_early"))
    story.given(states("member-1", RecusalDeclared(member="member-1"), "STC"))
    story.when(opens("member-3")).then(admitted)
    other = all_in().given(states("member-1", RecusalDeclared(member="member-1"), "STC"))
    other.when(opens("member-1", "1")).then(refused("council.recused"))


def test_nobody_gives_an_opinion_after_opening_has_closed() -> None:
    """Not even a member who leaves the agency concerned and could take part only now."""
    moved = states("registrar-1", OfficerTransferred(officer="member-2", home="HC"))
    opened = (opens(member, f"1.{n}") for n, member in enumerate(ABLE))
    story = all_in().given(*opened, closes(), moved)
    story.when(seals("member-2")).then(refused("opinion.sealing_over"))


@pytest.mark.parametrize(
    ("act", "rule"),
    [
        (opens("member-3", "1.2"), "opinion.not_what_was_sealed"),
        (opens("member-3", "1.1", salt="00" * 32), "opinion.not_what_was_sealed"),
        (opens("member-3", "1.1", salt=SALT.upper()), "opinion.not_what_was_sealed"),
        (opens("member-3", "1.1", salt=""), "opinion.not_what_was_sealed"),
        (opens("member-3", "1.1", salt="5a"), "opinion.not_what_was_sealed"),
        (opens("member-3", "1.1", category=ReasonCategory.FACTUAL_ERROR), "opinion.not_what_was_sealed"),
        (opens("member-4", "1.1"), "opinion.not_what_was_sealed"),
        (opens("member-3", "2.1"), "score.above_max"),
        (opens("member-2"), "council.home_agency"),
        (opens("member-3", "1.1", "STC/A1.3"), "opinion.never_sealed"),
    ],
)
def test_opening_is_what_was_sealed(act: Act, rule: str) -> None:
    """Other points, salt or reason, or another member's opening: refused, and the seal stays."""
    story = all_in()
    story.when(act).then(refused(rule))
    story.when(opens("member-3", "1.1")).then(admitted)


def test_sealed_points_beyond_the_maximum_can_never_be_opened() -> None:
    """Nobody sees into a seal; what does not fit the criterion stays shut and is void."""
    story = asked(*(seals(member, "9") for member in ABLE))
    story.when(opens("member-3", "9")).then(refused("score.above_max", maximum="2"))


def test_opinion_is_opened_once_by_who_gave_it() -> None:
    """A second opening is refused, and there is none without a seal."""
    story = all_in().given(opens("member-3", "1.1"))
    story.when(opens("member-3", "1.1")).then(refused("opinion.already_opened", actor="member-3"))
    silent = asked(seals("member-3"))
    silent.when(when_due(opens("member-4"))).then(refused("opinion.never_sealed", actor="member-4"))


# --- closing --------------------------------------------------------------------------------------------


def test_opinion_that_was_never_opened_is_given_but_void() -> None:
    """It counts as given, and says nothing: there is no way to open it later."""
    story = all_in().given(*(opens(member, f"1.{n}") for n, member in enumerate(ABLE[:3])))
    story.when(states("authority", closes().body, ASKED)).then(refused("role.missing"))
    story.when(closes_when_over()).then(admitted)
    found = opinions(story)
    assert found.closed == story.last_position
    assert (set(found.sealed), set(found.opened)) == (set(ABLE), set(ABLE[:3]))
    story.when(opens("member-5", "1.3")).then(refused("opinion.opening_over", closed=found.closed))
    story.when(closes()).then(refused("opinion.not_requested"))


@pytest.mark.parametrize(
    ("open_until", "until"),
    [(OPEN_UNTIL, CLOSABLE), (None, datetime(2017, 5, 4, tzinfo=ZONE))],
    ids=["the day that was stated", "the day the council phase is due"],
)
def test_opening_is_not_closed_while_somebody_may_still_open(
    open_until: date | None, until: datetime
) -> None:
    """Whoever closes cannot make an opinion void: it takes all openings, or that the day has passed."""
    story = given(Phase.COUNCIL, agrees(), asks(open_until=open_until), *map(seals, ABLE))
    for left, member in zip(range(len(ABLE), 0, -1), ABLE, strict=True):
        story.when(closes()).then(refused("opinion.opening_not_over", waiting=left, until=until.isoformat()))
        early = at(until - timedelta(microseconds=1), closes())
        story.when(early).then(refused("opinion.opening_not_over", waiting=left))
        story.branch().when(at(until, closes())).then(admitted)
        story.given(opens(member))
    story.when(closes()).then(admitted)


def test_round_without_a_council_deadline_waits_for_all_openings() -> None:
    """Where no day was stated at all, opening ends when everybody has opened."""
    without = tuple(rule for rule in DEADLINES if rule.phase is not Phase.COUNCIL)
    story = given(Phase.COUNCIL, agrees(), asks(open_until=None), seals("member-3"))
    found = story.standing.rounds[ROUND]
    due = dict(found.due)
    del due[Phase.COUNCIL]
    story.standing.rounds[ROUND] = replace(found, rules=without, due=due)
    refusal = refused("opinion.opening_not_over", waiting=1, until="-")
    story.when(when_due(closes())).then(refusal)


def test_closing_does_not_wait_for_a_member_who_is_out() -> None:
    """What a recused member sealed cannot be opened any more, and holds nobody up."""
    rest = (opens(member) for member in ABLE[1:])
    story = given(Phase.COUNCIL, agrees(), asks(), *map(seals, ABLE), *rest)
    story.when(closes()).then(refused("opinion.opening_not_over", waiting=1))
    story.given(states("member-1", RecusalDeclared(member="member-1"), "STC"))
    story.when(closes()).then(admitted)


def test_opening_is_closed_only_where_it_was_asked_for() -> None:
    """A cell on which nobody was asked has nothing to close."""
    asked().when(closes("STC/A1.3")).then(refused("opinion.not_requested", criterion="A1.3"))


def test_silence_of_all_can_be_closed_when_the_day_has_passed() -> None:
    """Nobody has to give an opinion; then there are none."""
    story = asked().when(when_due(closes())).then(admitted)
    assert (opinions(story).sealed, opinions(story).opened) == ({}, {})
    assert TOO_LATE.date() - timedelta(days=1) == DUE

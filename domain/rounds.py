"""The round: opened with frozen rules, led through its phases, approved and published in versions.

Proposal, approval and publication are three acts of different offices (R04). A correction is a new version.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date

from domain import deadlines, published, ranking, scoring
from domain.criteria import Block
from domain.deadlines import Phase
from domain.dossiers import NO_CELL
from domain.events import REGISTRY_STREAM, Event
from domain.frozen import replace
from domain.ranking import Place
from domain.refusals import Malformed, Refusal, refuse
from domain.registry import by_role, known_regulation
from domain.standing import Result, Round, Standing, Version
from domain.stated.choices import Path, Role, Step
from domain.stated.rounds import (
    ApprovalProposed,
    DeadlineExtended,
    PhaseOpened,
    ResultApproved,
    ResultPublished,
    ReviewConferenceHeld,
    RoundOpened,
)


def round_of(s: Standing, e: Event) -> Round:
    """Return the round an event belongs to; admission has seen that there is one."""
    return s.rounds[e.round or ""]


def round_opened_may(s: Standing, e: Event, b: RoundOpened) -> Iterator[Refusal]:
    """The approving authority opens a round whose declared blocks match the registry (R17)."""
    yield from by_role(s, e, Role.APPROVING_AUTHORITY)
    if e.round in s.rounds:
        yield refuse("round.already_open", round=e.round or "")
    if e.round == REGISTRY_STREAM:
        yield refuse("round.malformed_code", round=e.round)
    if b.execution_year <= b.evaluated_year or not 1990 <= b.evaluated_year <= 9000:
        yield refuse("round.years_out_of_order", evaluated=b.evaluated_year, execution=b.execution_year)
        return
    yield from known_regulation(s, b.regulation, b.regulation_version)
    if (b.criteria_set, b.criteria_version) not in s.criteria_sets:
        yield refuse("criteria.unknown", code=b.criteria_set, version=b.criteria_version)
    classes = {found.code for found in s.criteria_sets[b.criteria_set, b.criteria_version].classes}
    if b.awards.from_class not in classes or b.awards.up_to_rank < 1:
        yield refuse("round.malformed_awards", stated=b.awards.from_class)
    if b.publication.public_places < 0:
        yield refuse("round.malformed_policy", stated=b.publication.public_places)
    for block in sorted(b.blocks.keys() | set(Block)):
        registered = sum(found == block for found in _ranked(s, b).values())
        if registered != b.blocks.get(block, 0):
            yield refuse(
                "round.blocks_differ",
                block=block[:40],
                declared=b.blocks.get(block, 0),
                registered=registered,
            )
    try:
        deadlines.resolve(b.deadlines, frozenset(b.holidays))
    except Malformed as wrong:
        yield wrong.refusal
    yield from _timers(b)


def _timers(b: RoundOpened) -> Iterator[Refusal]:
    """Each step of each path has one clock at most, and filing has one."""
    stated = [(timer.path, timer.step) for timer in b.timers]
    for timer in b.timers:
        if stated.count((timer.path, timer.step)) > 1 or not 1 <= timer.days <= 366 or not timer.basis:
            yield refuse("timer.malformed", path=timer.path, step=timer.step)
    for path in Path:
        if (path, Step.FILE) not in stated:
            yield refuse("timer.missing", path=path, step=Step.FILE)


def round_opened(s: Standing, e: Event, b: RoundOpened) -> None:
    """Freeze criteria set, ranked agencies and deadlines."""
    criteria = s.criteria_sets.get((b.criteria_set, b.criteria_version))
    if criteria is None or not s.log:  # both were left out; without them there is nothing to score by
        return
    opened = Round(
        code=e.round or "",
        evaluated_year=b.evaluated_year,
        regulation=(b.regulation, b.regulation_version),
        criteria=criteria,
        agencies=_ranked(s, b),
        rules=b.deadlines,
        holidays=frozenset(b.holidays),
        zone=deadlines.zone(s.log["genesis"].utc_offset),
        timers={(timer.path, timer.step): timer for timer in b.timers},
        publication=b.publication,
        awards=b.awards,
        deadlines={},
        due={},
        opened={Phase.PREPARATION: e.arrived_at},
        position=e.position,
    )
    s.rounds[opened.code] = _with_deadlines(opened)


def _ranked(s: Standing, b: RoundOpened) -> dict[str, Block]:
    """The agencies that are ranked: those alive at the end of the evaluated year."""
    last_day = date(b.evaluated_year, 12, 31)
    return {a.code: a.block for a in s.agencies.values() if a.alive_on(last_day)}


def _with_deadlines(found: Round) -> Round:
    resolved = deadlines.resolve(found.rules, found.holidays)
    due = {phase: deadlines.end_of(deadline.due, found.zone) for phase, deadline in resolved.items()}
    return replace(found, deadlines=resolved, due=due)


def phase_opened_may(s: Standing, e: Event, b: PhaseOpened) -> Iterator[Refusal]:
    """The secretariat opens the next phase in order; publication alone ends the round."""
    yield from by_role(s, e, Role.SECRETARIAT)
    now = round_of(s, e).phase
    if b.phase.place != now.place + 1 or b.phase is Phase.PUBLISHED:
        yield refuse("phase.not_next", phase=b.phase, now=now)
    if (meeting := round_of(s, e).meeting) is not None:
        yield refuse("meeting.another_open", meeting=meeting)


def phase_opened(s: Standing, e: Event, b: PhaseOpened) -> None:
    """The round is in its next phase."""
    found = round_of(s, e)
    s.rounds[found.code] = replace(found, phase=b.phase, opened={**found.opened, b.phase: e.arrived_at})


_LAST_USE = {Phase.INSPECTION: Phase.EXPLANATION}
"""Notes still come, and are late or not, while agencies explain; all else ends with its phase."""


def deadline_extended_may(s: Standing, e: Event, b: DeadlineExtended) -> Iterator[Refusal]:
    """The approving authority moves a deadline to a later day that is still to come, for everyone.

    When nothing can come under it any more, or its new day is over too, an extension would give time to
    nobody: it would only pardon those who were late, and by then everybody knows who they are.
    """
    yield from by_role(s, e, Role.APPROVING_AUTHORITY)
    found = round_of(s, e)
    deadline = found.deadlines.get(b.phase)
    if deadline is None:
        yield refuse("deadline.unknown", phase=b.phase)
    elif b.due <= deadline.due:
        yield refuse("deadline.not_later", phase=b.phase, due=deadline.due.isoformat())
    elif found.phase.place > _LAST_USE.get(b.phase, b.phase).place:
        yield refuse("deadline.phase_over", phase=b.phase, now=found.phase)
    elif b.due <= deadlines.LAST_DAY and e.arrived_at >= deadlines.end_of(b.due, found.zone):
        yield refuse("deadline.already_past", phase=b.phase, due=b.due.isoformat())
    else:
        try:
            _extended(round_of(s, e), b)
        except Malformed as wrong:
            yield wrong.refusal


def deadline_extended(s: Standing, e: Event, b: DeadlineExtended) -> None:
    """Later deadlines that hang on this one move with it."""
    with suppress(Malformed):  # an earlier extension was left out, and now they cannot be reckoned
        s.rounds[e.round or ""] = _extended(round_of(s, e), b)


def _extended(found: Round, b: DeadlineExtended) -> Round:
    rules = (
        replace(rule, on=b.due, after=None, working_days=None) if rule.phase is b.phase else rule
        for rule in found.rules
    )
    return _with_deadlines(replace(found, rules=tuple(rules)))


def approval_proposed_may(s: Standing, e: Event, b: ApprovalProposed) -> Iterator[Refusal]:
    """The secretariat proposes the next version, once no declared cell is left unverified and unwaived."""
    yield from by_role(s, e, Role.SECRETARIAT)
    found = round_of(s, e)
    if b.version != found.published + 1 or found.proposed >= b.version:
        yield refuse("result.wrong_version", version=b.version, expected=found.published + 1)
    if found.published and not found.corrected:
        yield refuse("result.nothing_corrected", version=found.published)
    for agency in found.agencies:
        for criterion in sorted(s.dossier(found.code, agency).declared):
            cell = s.cells.get((found.code, agency, criterion), NO_CELL)
            if (
                cell.verified is None
                and cell.decided is None
                and cell.waived is None
                and cell.excluded is None
            ):
                yield refuse("result.cell_not_verified", agency=agency, criterion=criterion)


def approval_proposed(s: Standing, e: Event, b: ApprovalProposed) -> None:
    """A version waits for approval."""
    found = round_of(s, e)
    s.rounds[found.code] = replace(found, proposed=b.version, proposed_by=e.signed_by[0])


def result_approved_may(s: Standing, e: Event, b: ResultApproved) -> Iterator[Refusal]:
    """The approving authority approves what was proposed; who serves the secretariat may not (R04).

    Nor may whoever proposed it, in whatever office they are by now.
    """
    (actor,) = e.signed_by
    if s.holds(actor, Role.SECRETARIAT):
        yield refuse("result.approved_by_secretariat", actor=actor)
    if actor == round_of(s, e).proposed_by:
        yield refuse("result.approved_by_proposer", actor=actor)
    yield from by_role(s, e, Role.APPROVING_AUTHORITY)
    if round_of(s, e).proposed != b.version:
        yield refuse("result.not_proposed", version=b.version)
    if round_of(s, e).approved >= b.version:
        yield refuse("result.already_approved", version=b.version)


def result_approved(s: Standing, e: Event, b: ResultApproved) -> None:
    """A version may be published."""
    found = round_of(s, e)
    s.rounds[found.code] = replace(found, approved=b.version)


def result_published_may(s: Standing, e: Event, b: ResultPublished) -> Iterator[Refusal]:
    """The secretariat publishes what was approved."""
    yield from by_role(s, e, Role.SECRETARIAT)
    if round_of(s, e).approved != b.version or round_of(s, e).published >= b.version:
        yield refuse("result.not_approved", version=b.version)


def result_published(s: Standing, e: Event, b: ResultPublished) -> None:
    """The version is public; the round is, from its first."""
    found = round_of(s, e)
    places = _places(s, found)
    results = {p.card.agency: Result(p.rank, p.card.rating, p.card.total) for p in places}
    state = published.state(s, found, places, e.position)
    _publish(s, e, Version(b.version, e.position, e.arrived_at, results, state))


def result_noted(s: Standing, e: Event, b: ResultPublished) -> None:
    """The version is public, in a standing that knows no cells: what stands in it is not reckoned."""
    _publish(s, e, Version(b.version, e.position, e.arrived_at))


def _publish(s: Standing, e: Event, version: Version) -> None:
    found = round_of(s, e)
    opened = {Phase.PUBLISHED: e.arrived_at} | dict(found.opened)
    versions = (*found.versions, version)
    s.rounds[found.code] = replace(
        found, versions=versions, corrected=0, phase=Phase.PUBLISHED, opened=opened
    )


def _places(s: Standing, found: Round) -> list[Place]:
    """What every agency has at this moment: a later decision does not move what was published."""
    places: list[Place] = []
    for block in Block:
        cards = [scoring.card(s, found.code, code) for code, its in found.agencies.items() if its is block]
        places += ranking.rank(found.criteria, cards)
    return places


def review_conference_held_may(s: Standing, e: Event, b: ReviewConferenceHeld) -> Iterator[Refusal]:
    """The secretariat records the conference (R65)."""
    yield from by_role(s, e, Role.SECRETARIAT)


def nothing_follows(s: Standing, e: Event, b: object) -> None:
    """It stands in the log, and moves nothing."""

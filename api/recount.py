"""The survey counted again: what the log states of tokens, batches and tallies against what the box keeps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from audit.ledger.ballots import BallotBox, Kept, WaveKey
from audit.proofs.ballot import Recount, recount, token_root
from audit.proofs.errors import BallotRefused
from audit.proofs.verifier import Finding
from domain.criteria import SurveyRule
from domain.events import Event
from domain.refusals import Fact
from domain.standing import Standing
from domain.stated.survey import BallotsRecorded, SurveyTallied, SurveyWaveClosed, SurveyWaveOpened
from domain.survey import Counts, tally

SURVEY = (SurveyWaveOpened, BallotsRecorded, SurveyWaveClosed, SurveyTallied)


@dataclass(slots=True)
class _Wave:
    """What the log states of one respondent group, and what the box keeps of it."""

    opened: Event
    kept: Kept | None
    recorded: list[Event] = field(default_factory=list)
    closed: Event | None = None


def check_ballots(box: BallotBox, standing: Standing, stated: Iterable[Event]) -> Iterator[Finding]:
    """Check the statements of a survey in their order; nothing is counted again over a damaged batch.

    1. The root over a wave's token hashes is the one it was opened with, and there are as many.
    2. The root over the n-th batch of a group is the n-th that was stated for it, and it has as many ballots.
    3. Every ballot in it is well formed, and of this group and round.
    4. There is no more than one ballot for a spent token, and every spent token was issued; once the wave is
       over, there is exactly one, the box is closed, and no batch is left out of the log.
    5. As many ballots are valid as were stated at the close.
    6. Every tally is what `domain.survey.tally` makes of the recount.
    """
    events = list(stated)
    kept = box.kept() if events else {}
    counted: dict[str, Recount] = {}
    damaged = set()
    for (round_code, group), wave in _waves(events, kept).items():
        found = list(_wave(round_code, group, wave, counted.setdefault(round_code, {})))
        if found:
            damaged.add(round_code)
        yield from found
    for event in events:
        if isinstance(event.body, SurveyTallied) and event.round not in damaged:
            yield from _tallied(event, event.body, standing, counted.get(event.round or "", {}))


def _waves(events: list[Event], kept: Mapping[WaveKey, Kept]) -> dict[WaveKey, _Wave]:
    waves: dict[WaveKey, _Wave] = {}
    for event in events:
        match event.body:
            case SurveyWaveOpened(group=group):
                key = (event.round or "", group)
                waves[key] = _Wave(event, kept.get(key))
            case BallotsRecorded(group=group):
                waves[event.round or "", group].recorded.append(event)
            case SurveyWaveClosed(group=group):
                waves[event.round or "", group].closed = event
    return waves


def _wave(round_code: str, group: str, wave: _Wave, counted: Recount) -> Iterator[Finding]:
    if wave.kept is None:
        yield _found(wave.opened, "ballot.wave_missing", group=group)
        return
    tokens = [*_tokens(wave.opened, wave.kept)]  # 1
    yield from tokens
    valid, damaged = 0, False
    for place, event in enumerate(wave.recorded):
        try:
            valid += _batch(round_code, group, wave.kept, place, event.body, counted)  # 2, 3
        except BallotRefused as wrong:
            damaged = True
            yield Finding("ballot", event.position, wrong.rule, wrong.facts)
    found = [*_spent(group, wave, wave.kept)]  # 4
    yield from found
    if wave.kept.unissued and not (tokens or found):  # else it follows from those
        yield _found(wave.opened, "ballot.spent_unissued", group=group, spent=wave.kept.unissued)
    if wave.closed is not None and not damaged and valid != wave.closed.body.valid:  # 5
        yield _found(
            wave.closed, "ballot.other_valid", group=group, stated=wave.closed.body.valid, counted=valid
        )


def _tokens(opened: Event, kept: Kept) -> Iterator[Finding]:
    group, root = opened.body.group, token_root(kept.tokens)
    if root != opened.body.tokens or len(kept.tokens) != opened.body.issued:
        issued = opened.body.issued
        yield _found(opened, "ballot.other_tokens", group=group, issued=issued, found=len(kept.tokens))


def _batch(
    round_code: str, group: str, kept: Kept, place: int, stated: BallotsRecorded, counted: Recount
) -> int:
    """Count the batch that was stated at this place; return how many of its ballots are valid."""
    if place >= len(kept.batches):
        raise BallotRefused("ballot.batch_missing", group=group, batch=place + 1)
    found = kept.batches[place].ballots
    other = kept.roots[place] != stated.root or len(found) != stated.ballots
    if other or place + 1 in kept.misnoted:
        raise BallotRefused(
            "ballot.other_batch", group=group, batch=place + 1, stated=stated.ballots, found=len(found)
        )
    return recount(round_code, group, found, counted)


def _spent(group: str, wave: _Wave, kept: Kept) -> Iterator[Finding]:
    """As many ballots as spent tokens, in the log as many as in the box; while it is open, some wait."""
    ballots = sum(len(batch.ballots) for batch in kept.batches)
    if ballots > kept.spent:
        yield _found(wave.opened, "ballot.more_than_spent", group=group, ballots=ballots, spent=kept.spent)
    if wave.closed is None:
        return
    if kept.spent > ballots + kept.waiting:
        lost = kept.spent - ballots - kept.waiting
        yield _found(wave.closed, "ballot.lost", group=group, lost=lost, spent=kept.spent)
    if not kept.closed:
        yield _found(wave.closed, "ballot.still_open", group=group)
    if len(kept.batches) > len(wave.recorded):
        left = len(kept.batches) - len(wave.recorded)
        yield _found(wave.closed, "ballot.unrecorded", group=group, batches=left)


# --- tallies --------------------------------------------------------------------------------------------


def _tallied(event: Event, body: SurveyTallied, standing: Standing, counted: Recount) -> Iterator[Finding]:
    criteria = standing.rounds[event.round or ""].criteria
    rule = criteria.by_code[event.criterion or ""].rule
    if not isinstance(rule, SurveyRule):
        return  # such a tally was not one to admit, which the rules have said
    agency, criterion = event.agency or "", event.criterion or ""
    counts, withheld = tally(counted.get((agency, criterion), {}), rule.groups, criteria.min_ballots)
    stated = {group: {a: n for a, n in answers.items() if n} for group, answers in body.counts.items()}
    differing = {group for group in stated.keys() | counts if stated.get(group) != counts.get(group)}
    for group in sorted(differing):
        yield _found(
            event,
            "ballot.other_tally",
            agency=agency,
            criterion=criterion,
            group=group,
            stated=_told(stated, group),
            counted=_told(counts, group),
        )
    if withheld != body.withheld:
        yield _found(
            event,
            "ballot.other_withheld",
            agency=agency,
            criterion=criterion,
            stated=body.withheld,
            counted=withheld,
        )


def _told(counts: Counts, group: str) -> str:
    return ", ".join(f"{answer} {n}" for answer, n in sorted(counts.get(group, {}).items())) or "0"


def _found(event: Event, rule: str, **facts: Fact) -> Finding:
    return Finding("ballot", event.position, rule, facts)

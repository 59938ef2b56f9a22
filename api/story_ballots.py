"""The example's ballots: invented, the same on every machine, and adding up to the counts that are stated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain

from api.acts import Act
from api.example import Example, RoundPlan
from api.signing import scripted_entropy
from api.story_values import ballots, chance, level
from audit.ledger.ballots import BallotBox
from audit.ledger.forms import Answers, Form, draw_tokens, seal
from audit.proofs.ballot import batch_root, token_hash, token_root
from audit.proofs.canonical import encode
from domain.criteria import Section, SurveyRule
from domain.survey import Counts

Cell = tuple[str, str]
"""(agency, criterion)."""
UPWARD = ("LOWER_LEVEL_PC", "STAFF")
"""The groups that rate those above them (R50)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaveBallots:
    """What a group was asked and what came back: a first batch when about half of it had, then the last."""

    group: str
    issued: int
    form: Form
    returned: tuple[Answers, ...]

    @property
    def half(self) -> int:
        """How many ballots had come when the first batch was put away."""
        return len(self.returned) // 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldWave:
    """What is stated of a group's ballots: the root over its tokens, and each batch with its root."""

    group: str
    tokens: str
    batches: tuple[tuple[int, str], ...]


def survey_counts(example: Example) -> dict[Cell, Counts]:
    """Return what each group answered about each cell, which ballots and tallies agree on."""
    valid = {group: wave.valid for group, wave in example.survey.items()}
    found: dict[Cell, Counts] = {}
    for agency in example.agencies:
        profile = example.profiles[agency.code]
        for criterion in example.criteria.of_section(Section.MAIN, agency.block):
            if isinstance(criterion.rule, SurveyRule):
                at, seed = level(profile, criterion.code), f"{profile.seed}{criterion.code}"
                found[agency.code, criterion.code] = ballots(criterion.rule, valid, at, seed)
    return found


def survey_ballots(example: Example) -> Iterator[WaveBallots]:
    """Return the ballots of every group: the valid ones answer some cells each, the void ones none."""
    counts = survey_counts(example)
    for group, wave in example.survey.items():
        asked = {f"{a}/{c}": answers[group] for (a, c), answers in counts.items() if group in answers}
        void: list[Answers] = [{}] * (wave.returned - wave.valid)
        returned = [*_dealt(group, asked, wave.valid), *void]
        yield WaveBallots(
            group=group,
            issued=wave.issued,
            form=Form(
                questions=frozenset(asked),
                answers=frozenset(example.criteria.weights),
                least=example.criteria.min_ballots,
            ),
            returned=tuple(sorted(returned, key=lambda b: chance(group, *sorted(b.items()), below=2**60))),
        )


def _dealt(group: str, asked: Mapping[str, Mapping[str, int]], valid: int) -> list[dict[str, str]]:
    """Deal the answers about each cell to so many ballots, going round so that none is left without."""
    dealt: list[dict[str, str]] = [{} for _ in range(valid)]
    place = 0
    for cell, counts in asked.items():
        answers = list(chain.from_iterable([answer] * n for answer, n in counts.items()))
        turn = chance(group, cell, below=len(answers) or 1)
        for number in range(len(answers)):
            dealt[(place + number) % valid][cell] = answers[(number + turn) % len(answers)]
        place += len(answers)
    return dealt


# --- what is stated, and what is done -------------------------------------------------------------------


def told_waves(example: Example, plan: RoundPlan) -> tuple[ToldWave, ...]:
    """Work out the roots that `fill` comes to, so that the story can be told without a database."""
    return tuple(_told(plan.code, wave) for wave in survey_ballots(example))


def _told(round_code: str, wave: WaveBallots) -> ToldWave:
    tokens = draw_tokens(round_code, wave.group, wave.issued, scripted_entropy)
    waiting = {_name(n): encode(dict(answers)) for n, answers in enumerate(wave.returned)}
    early = {name: waiting[name] for name in map(_name, range(wave.half))}
    first = dict(seal(round_code, wave.group, 1, early, scripted_entropy)[wave.form.least :])
    late = {name: answers for name, answers in waiting.items() if name not in first}
    last = dict(seal(round_code, wave.group, 2, late, scripted_entropy))
    return ToldWave(
        group=wave.group,
        tokens=token_root(map(token_hash, tokens)),
        batches=tuple((len(batch), batch_root(batch.values())) for batch in (first, last)),
    )


def _name(number: int) -> bytes:
    return number.to_bytes(4, "big")


def fill(box: BallotBox, example: Example, plan: RoundPlan) -> None:
    """Fill a box of scripted draws as the story tells it: tokens, half of the ballots, a batch, the rest."""
    for wave in survey_ballots(example):
        issued = box.issue(plan.code, wave.group, wave.issued, wave.form)
        given = list(zip(issued.tokens, wave.returned, strict=False))
        box.cast_all(plan.code, wave.group, given[: wave.half])
        box.batch(plan.code, wave.group)
        box.cast_all(plan.code, wave.group, given[wave.half :])
        box.close(plan.code, wave.group)


def wave_acts(example: Example, plan: RoundPlan) -> Iterator[Act]:
    """Tell the waves: opened over their tokens while teams inspect, two batches, closed at the end."""
    start, end = plan.moment("INSPECTION") + timedelta(days=6), plan.moment("EXPLANATION") + timedelta(days=8)
    for place, told in enumerate(told_waves(example, plan)):
        wave, later = example.survey[told.group], timedelta(minutes=20 * place)
        opened = {"issued": wave.issued, "tokens": told.tokens, "upward": told.group in UPWARD}
        yield _act(example, plan, "SurveyWaveOpened", start + later, told.group, opened)
        for number, (ballots_in, root) in enumerate(told.batches):
            at = (start + timedelta(days=9) if number == 0 else end - timedelta(hours=2)) + later
            yield _act(
                example, plan, "BallotsRecorded", at, told.group, {"ballots": ballots_in, "root": root}
            )
        closed = {"returned": wave.returned, "valid": wave.valid}
        yield _act(example, plan, "SurveyWaveClosed", end + later, told.group, closed)


def _act(
    example: Example, plan: RoundPlan, kind: str, at: datetime, group: str, body: Mapping[str, object]
) -> Act:
    return Act(
        at=at,
        type=f"{kind}.v1",
        signers=example.of_duty("SECRETARIAT")[1:2],
        round=plan.code,
        body={"group": group, **body},
    )

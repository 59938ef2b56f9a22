"""The example's ballots: invented, the same on every machine, and adding up to the counts that are stated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from api.example import Example, Profile, RoundPlan
from api.signing import scripted_entropy
from api.story_values import ballots, chance, level
from audit.ledger.ballots import BallotBox
from audit.ledger.forms import Answers, Form, draw_tokens, seal
from audit.proofs.ballot import batch_root, token_hash, token_root
from audit.proofs.canonical import encode
from domain.criteria import Criterion, Section, SurveyRule
from domain.survey import Counts

Cell = tuple[str, str]
"""(agency, criterion)."""


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


def cell_counts(example: Example, profile: Profile, criterion: Criterion) -> Counts:
    """Return what each group answered about a cell; ballots and tallies are both made of it."""
    if not isinstance(criterion.rule, SurveyRule):
        return {}
    valid = {group: wave.valid for group, wave in example.survey.items()}
    at, seed = level(profile, criterion.code), f"{profile.seed}{criterion.code}"
    return ballots(criterion.rule, valid, at, seed)


def survey_counts(example: Example, plan: RoundPlan) -> dict[Cell, Counts]:
    """Return the counts of every cell that is surveyed in a round."""
    criteria = example.criteria_of(plan)
    return {
        (agency.code, criterion.code): cell_counts(example, example.profiles[agency.code], criterion)
        for agency in example.agencies
        for criterion in criteria.of_section(Section.MAIN, agency.block)
        if criterion.is_survey
    }


def survey_ballots(example: Example, plan: RoundPlan) -> Iterator[WaveBallots]:
    """Return the ballots of every group: the valid ones answer some cells each, the void ones none."""
    criteria, counts = example.criteria_of(plan), survey_counts(example, plan)
    for group, wave in example.survey.items():
        asked = {f"{a}/{c}": answers[group] for (a, c), answers in counts.items() if group in answers}
        void: list[Answers] = [{}] * (wave.returned - wave.valid)
        returned = [*_dealt(group, asked, wave.valid), *void]
        yield WaveBallots(
            group=group,
            issued=wave.issued,
            form=Form(
                questions=frozenset(asked),
                answers=frozenset(criteria.weights),
                least=criteria.min_ballots,
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
    return tuple(_told(plan.code, wave) for wave in survey_ballots(example, plan))


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


def fill_all(box: BallotBox, example: Example) -> None:
    """Fill a box of scripted draws with the ballots of every round that was surveyed."""
    for plan in example.rounds:
        if plan.versions:
            fill(box, example, plan)


def fill(box: BallotBox, example: Example, plan: RoundPlan) -> None:
    """Do what the story tells: issue the tokens, take half of the ballots, make a batch, take the rest."""
    for wave in survey_ballots(example, plan):
        issued = box.issue(plan.code, wave.group, wave.issued, wave.form)
        given = list(zip(issued.tokens, wave.returned, strict=False))
        box.cast_all(plan.code, wave.group, given[: wave.half])
        box.batch(plan.code, wave.group)
        box.cast_all(plan.code, wave.group, given[wave.half :])
        box.close(plan.code, wave.group)

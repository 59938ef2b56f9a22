"""The script of the example: what everybody states, in the order of time, before anything is signed."""

from __future__ import annotations

from collections.abc import Iterator

from api.acts import Act
from api.example import Example
from api.story_case import Case
from api.story_cast import Cast
from api.story_claims import claims
from api.story_council import council
from api.story_declaration import declaration
from api.story_disputes import disputed, disputes
from api.story_dossiers import dossier
from api.story_guidance import guidance
from api.story_inspection import inspection
from api.story_opinions import opinions
from api.story_registry import registry
from api.story_results import afterwards, versions
from api.story_setup import setup, teams
from api.story_survey import survey_waves, tallies
from domain.criteria import Section

OPEN_AGENCIES, OPEN_CELLS = 5, 11
"""How far the last round has come: so many agencies have declared so many cells."""


def tell(example: Example) -> Iterator[Act]:
    """Tell the whole story in the order of time; acts of one moment keep the order they are told in."""
    acts = list(registry(example))
    for plan in example.rounds:
        cast = Cast(example, plan)
        acts += [*setup(cast), *guidance(cast)]
        acts += _whole(cast) if plan.versions else _begun(cast)
    return iter(sorted(acts, key=lambda act: act.at))


def _whole(cast: Cast) -> Iterator[Act]:
    """A round from the first declaration to what follows its publication."""
    yield from teams(cast)
    yield from claims(cast)
    for number, case in enumerate(_cases(cast)):
        yield from declaration(case, number, whole=True)
        yield from inspection(case)
        yield from tallies(case, number)
        yield from dossier(case, number)
    yield from survey_waves(cast.example, cast.plan)
    yield from opinions(cast)
    yield from council(cast, disputed(cast))
    yield from versions(cast)
    yield from afterwards(cast)
    yield from disputes(cast)


def _begun(cast: Cast) -> Iterator[Act]:
    """A round that is open: some agencies have begun, and whoever visits can go on."""
    for number, case in enumerate(_cases(cast, cells=OPEN_CELLS)):
        if number < OPEN_AGENCIES:
            yield from declaration(case, number, whole=False)


def _cases(cast: Cast, cells: int | None = None) -> Iterator[Case]:
    criteria = cast.example.criteria_of(cast.plan)
    for agency in cast.example.agencies:
        main = criteria.of_section(Section.MAIN, agency.block)
        yield Case(cast, agency, tuple(c for c in main if c.is_declared)[:cells])

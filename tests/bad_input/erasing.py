"""Bad input: erasures of what is not there, is gone, or is still needed, and by those who may not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from domain.standing import Committed
from tests.bad_input.forging import Case, Forge
from tests.furnished import ERASED, FILED, PUBLISHED
from tests.worlds import OPEN, REGISTRARS, World

Named = list[dict[str, Any]]


def _texts(wanted: Callable[[Committed], object]) -> Callable[[World], Named]:
    """Name the texts of the first statement that is like this."""

    def named(w: World) -> Named:
        found = ((key, held) for key, held in w.intake.standing.texts.items() if wanted(held))
        key, held = next(found)
        return [{"statement": key, "fields": sorted(held.fields)}]

    return named


def _name(officer: str) -> Callable[[World], Named]:
    return _texts(lambda held: held.officer == officer)


def _erases(
    named: Callable[[World], Named], *actors: str, category: str = "SUBJECT_REQUEST", **rest: Any
) -> Forge:
    return lambda w: w.sign(
        "OpeningsErased",
        *(actors or REGISTRARS),
        body={"category": category, "erased": named(w)},
        **({"texts": {"authority": "QĐ 12/QĐ-SNV"}, "together": True} | rest),
    )


ERASURE = (
    Case(
        "one registrar alone erases",
        "erasure.registrars_needed",
        _erases(_name("nhs-4"), "dk-1"),
        {"signed": 1, "quorum": 2},
    ),
    Case("the secretariat erases", "role.registrar_needed", _erases(_name("nhs-4"), "dk-1", "tk-1")),
    Case("an erasure names nothing", "erasure.nothing_named", _erases(lambda _: [])),
    Case("an erasure comes without its authority", "text.missing", _erases(_name("nhs-4"), texts={})),
    Case(
        "an erasure gives no reason that there is",
        "field.unknown_choice",
        _erases(_name("nhs-4"), category="EMBARRASSING"),
    ),
    Case(
        "the words of an unknown statement are erased",
        "erasure.unknown_statement",
        _erases(lambda _: [{"statement": "0190a6c5-0000-7000-8000-000000000000", "fields": ["name"]}]),
    ),
    Case(
        "words are erased that a statement never had",
        "erasure.unknown_field",
        _erases(lambda w: [{**_name("nhs-4")(w)[0], "fields": ["reason"]}]),
        {"field": "reason"},
    ),
    Case(
        "words are erased twice at once",
        "erasure.named_twice",
        _erases(lambda w: _name("nhs-4")(w) * 2),
        {"field": "name"},
    ),
    Case("words are erased that are gone", "erasure.already_erased", _erases(_name(ERASED))),
    Case(
        "the authority of an erasure is erased",
        "erasure.of_an_erasure",
        _erases(_texts(lambda held: held.erasure)),
    ),
    Case(
        "the name of somebody in office is erased",
        "erasure.still_in_office",
        _erases(_name("stc-1")),
        {"officer": "stc-1"},
    ),
    Case(
        "words are erased that a dispute rests on",
        "erasure.under_dispute",
        _erases(_texts(lambda held: (held.round, held.fields) == (PUBLISHED, frozenset({"grounds"})))),
        {"dispute": FILED},
    ),
    Case(
        "words of a running round are erased as old",
        "erasure.round_running",
        _erases(_texts(lambda held: held.round == OPEN), category="RETENTION_ENDED"),
        {"round": OPEN},
    ),
)

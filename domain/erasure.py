"""Erasure: words beside the log are taken away by registrars, for a reason, on somebody's authority.

Only that there were words is remembered here, never what they said: no score, rank or proof depends on them.
What may not be erased is what somebody still needs: what a dispute rests on, the name of one in office.
"""

from __future__ import annotations

from collections.abc import Iterator
from sys import intern

from domain.events import Event
from domain.refusals import Refusal, refuse
from domain.registry import by_registrar
from domain.standing import Committed, Standing
from domain.stated.choices import ErasureCategory
from domain.stated.erasure import ErasedTexts, OpeningsErased
from domain.stated.registry import OfficerRegistered

_ALIKE: dict[frozenset[str], frozenset[str]] = {}
"""The few sets of fields that there are, each kept once however many statements have it."""


def commits(s: Standing, e: Event) -> None:
    """Remember which texts a statement committed to, if any."""
    if not e.texts:
        return
    s.texts[e.id] = Committed(
        position=e.position,
        fields=_ALIKE.setdefault(e.texts, e.texts),
        round=_once(e.round),
        agency=_once(e.agency),
        criterion=_once(e.criterion),
        officer=e.body.officer if isinstance(e.body, OfficerRegistered) else None,
        erasure=isinstance(e.body, OpeningsErased),
    )


def _once(name: str | None) -> str | None:
    return None if name is None else intern(name)


def by_registrars(s: Standing, e: Event) -> Iterator[Refusal]:
    """Yield a refusal unless a quorum of registrars signed, and nobody else."""
    yield from by_registrar(s, e)
    quorum = s.log["genesis"].quorum
    if len(e.signed_by) < quorum:
        yield refuse("erasure.registrars_needed", signed=len(e.signed_by), quorum=quorum)


def openings_erased_may(s: Standing, e: Event, b: OpeningsErased) -> Iterator[Refusal]:
    """A quorum of registrars erases texts that are there, each once, and that nobody needs any more."""
    yield from by_registrars(s, e)
    if not b.erased:
        yield refuse("erasure.nothing_named")
    named: set[tuple[str, str]] = set()
    for texts in b.erased:
        held = s.texts.get(texts.statement)
        if held is None:
            yield refuse("erasure.unknown_statement", statement=texts.statement[:40])
        else:
            yield from _there(s, texts, held, named)
            yield from _needed(s, e, b, held)


def _there(
    s: Standing, texts: ErasedTexts, held: Committed, named: set[tuple[str, str]]
) -> Iterator[Refusal]:
    """Yield a refusal unless the statement committed to these texts and none of them is gone."""
    if not texts.fields:
        yield refuse("erasure.nothing_named")
    for name in texts.fields:
        text = (texts.statement, name)
        if name not in held.fields:
            yield refuse("erasure.unknown_field", field=name[:40], position=held.position)
        elif text in s.erased:
            yield refuse("erasure.already_erased", field=name, position=held.position, since=s.erased[text])
        elif text in named:
            yield refuse("erasure.named_twice", field=name, position=held.position)
        named.add(text)


def _needed(s: Standing, e: Event, b: OpeningsErased, held: Committed) -> Iterator[Refusal]:
    """Yield a refusal for words that somebody still needs, or that the signers may not take away."""
    if held.erasure:
        yield refuse("erasure.of_an_erasure", position=held.position)
    if held.officer is not None:
        yield from _name(s, e, held.officer)
    for (code, name), dispute in s.disputes.items():
        subject = (dispute.agency, dispute.criterion)
        about = (held.agency, held.criterion or dispute.criterion)
        if dispute.open and (code, subject) == (held.round, about):
            yield refuse("erasure.under_dispute", position=held.position, dispute=name)
    running = held.round is not None and not s.rounds[held.round].published
    if running and b.category is ErasureCategory.RETENTION_ENDED:
        yield refuse("erasure.round_running", position=held.position, round=held.round or "")


def _name(s: Standing, e: Event, officer: str) -> Iterator[Refusal]:
    """A name stays as long as its bearer holds an office, and nobody erases their own."""
    if officer in e.signed_by:
        yield refuse("erasure.of_oneself", actor=officer)
    if s.officers[officer].offices:
        yield refuse("erasure.still_in_office", officer=officer)


def openings_erased(s: Standing, e: Event, b: OpeningsErased) -> None:
    """It is known of each text since when it is gone."""
    for texts in b.erased:
        for name in texts.fields:
            s.erased[texts.statement, name] = e.position

"""The appraisal council before it meets: its members, method, recusals, and opinions sealed until all are in.

An opinion is a salted commitment bound to member, matter and round; it is opened when every member has
given one or the day has passed, and shown to nobody until opening closes (R24, R51; ISU, domain.md 5).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator
from fractions import Fraction

from domain.criteria import Section
from domain.deadlines import LAST_DAY, Phase, end_of
from domain.dossiers import Opinion, Opinions
from domain.events import Event
from domain.frozen import replace
from domain.points import write
from domain.refusals import Refusal, refuse
from domain.registry import by_role, by_secretariat
from domain.rounds import round_of
from domain.standing import Council, Round, Standing
from domain.stated.choices import ReasonCategory, Role
from domain.stated.council import (
    CouncilEstablished,
    OpinionOpened,
    OpinionRequested,
    OpinionsClosed,
    OpinionSealed,
    RecusalDeclared,
    ScoringMethodAgreed,
)
from domain.subject import cell_of, criterion_of, dossier_of, put_cell, put_dossier

_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)


def council_established_may(s: Standing, e: Event, b: CouncilEstablished) -> Iterator[Refusal]:
    """The approving authority names members that hold the office, a chair, and a majority as quorum."""
    yield from by_role(s, e, Role.APPROVING_AUTHORITY)
    if round_of(s, e).council is not None:
        yield refuse("council.already_established", round=e.round or "")
    if len(set(b.members)) != len(b.members):
        yield refuse("council.member_twice")
    if not len(b.members) // 2 < b.quorum <= len(b.members):
        yield refuse("council.quorum_not_majority", quorum=b.quorum, members=len(b.members))
    if b.chair not in b.members:
        yield refuse("council.not_a_member", actor=b.chair)
    for member in b.members:
        if not s.holds(member, Role.COUNCIL_MEMBER):
            yield refuse("role.missing", actor=member, role=Role.COUNCIL_MEMBER, agency="-")


def council_established(s: Standing, e: Event, b: CouncilEstablished) -> None:
    """The round has its council."""
    council = Council(frozenset(b.members), b.chair, b.quorum)
    s.rounds[e.round or ""] = replace(round_of(s, e), council=council)


def council_of(s: Standing, e: Event) -> Iterator[Refusal]:
    """Yield a refusal unless the round has a council."""
    if round_of(s, e).council is None:
        yield refuse("council.not_established", round=e.round or "")


def by_member(s: Standing, e: Event) -> Iterator[Refusal]:
    """Yield a refusal unless every signer is a member who takes part in this agency's matters."""
    yield from council_of(s, e)
    for actor in e.signed_by:
        if not sits(s, round_of(s, e), actor):
            yield refuse("council.not_a_member", actor=actor)
        if s.at_home(actor, e.agency):
            yield refuse("council.home_agency", actor=actor, agency=e.agency or "")
        if actor in dossier_of(s, e).recused:
            yield refuse("council.recused", actor=actor, agency=e.agency or "")


def able(s: Standing, round_code: str, agency: str) -> frozenset[str]:
    """Return the members who take part in an agency's matters: not of its house, and not recused."""
    found = s.rounds[round_code]
    members = found.council.members if found.council else frozenset[str]()
    recused = s.dossier(round_code, agency).recused
    return frozenset(
        m for m in members if sits(s, found, m) and m not in recused and not s.at_home(m, agency)
    )


def sits(s: Standing, found: Round, actor: str) -> bool:
    """Whether an actor is a member of the round's council and still holds the office."""
    council = found.council
    return council is not None and actor in council.members and s.holds(actor, Role.COUNCIL_MEMBER)


# --- method and recusal ---------------------------------------------------------------------------------


def scoring_method_agreed_may(s: Standing, e: Event, b: ScoringMethodAgreed) -> Iterator[Refusal]:
    """A quorum agrees the next version of the method; a later one lists the cells it touches (R51)."""
    yield from council_of(s, e)
    found = round_of(s, e)
    for actor in e.signed_by:
        if not sits(s, found, actor):
            yield refuse("council.not_a_member", actor=actor)
    yield from enough(s, e)
    if b.version != found.method + 1:
        yield refuse("method.wrong_version", stated=b.version, expected=found.method + 1)
    if (b.version == 1) != (not b.touches):
        yield refuse("method.touches_mismatch", version=b.version, touches=len(b.touches))
    for cell in b.touches:
        if cell.agency not in found.agencies or found.criterion_for(cell.agency, cell.criterion) is None:
            yield refuse("criterion.not_applicable", criterion=cell.criterion, agency=cell.agency)


def scoring_method_agreed(s: Standing, e: Event, b: ScoringMethodAgreed) -> None:
    """The council scores by this version from here on."""
    s.rounds[e.round or ""] = replace(round_of(s, e), method=b.version)


def enough(s: Standing, e: Event) -> Iterator[Refusal]:
    """Yield a refusal unless as many different members signed as the quorum asks for."""
    council = round_of(s, e).council
    signed = len(set(e.signed_by))
    if council is not None and signed < council.quorum:
        yield refuse("council.too_few_signatures", signed=signed, quorum=council.quorum)


def recusal_declared_may(s: Standing, e: Event, b: RecusalDeclared) -> Iterator[Refusal]:
    """A member declares a conflict of their own, once an agency."""
    yield from by_member(s, e)
    if b.member != e.signed_by[0]:
        yield refuse("recusal.of_another", member=b.member)


def recusal_declared(s: Standing, e: Event, b: RecusalDeclared) -> None:
    """The member takes no part from here on; what was given before stays in the log."""
    dossier = dossier_of(s, e)
    put_dossier(s, e, replace(dossier, recused=dossier.recused | {b.member}))


# --- opinions -------------------------------------------------------------------------------------------


def opinion_requested_may(s: Standing, e: Event, b: OpinionRequested) -> Iterator[Refusal]:
    """The secretariat asks about a cell once, after the method was agreed, and leaves time to answer."""
    yield from by_secretariat(s, e)
    yield from council_of(s, e)
    if round_of(s, e).method == 0:
        yield refuse("opinion.no_method", round=e.round or "")
    if cell_of(s, e).opinions is not None:
        yield refuse("opinion.already_requested", criterion=e.criterion or "")
    if criterion_of(s, e).section is Section.DEDUCTION:
        yield refuse("claim.wrong_section", criterion=e.criterion or "")
    if b.due <= LAST_DAY and e.arrived_at >= end_of(b.due, round_of(s, e).zone):
        yield refuse("opinion.no_time", due=b.due.isoformat())
    if b.open_until is not None and b.open_until <= b.due:
        yield refuse("dates.out_of_order", since=b.due.isoformat(), until=b.open_until.isoformat())
    last = b.open_until or b.due
    if last > LAST_DAY:
        yield refuse("dates.out_of_order", since=last.isoformat(), until=LAST_DAY.isoformat())


def opinion_requested(s: Standing, e: Event, b: OpinionRequested) -> None:
    """Members may seal until the end of the day, and open until that of another."""
    zone = round_of(s, e).zone
    until = None if b.open_until is None else end_of(b.open_until, zone)
    opinions = Opinions(requested=e.position, due=end_of(b.due, zone), open_until=until)
    put_cell(s, e, replace(cell_of(s, e), opinions=opinions))


def opening(s: Standing, e: Event, opinions: Opinions) -> bool:
    """Whether opinions may be opened: every able member has given one, or the day has passed.

    Once one is open, who becomes able later changes nothing.
    """
    everyone = able(s, e.round or "", e.agency or "")
    return bool(opinions.opened) or e.arrived_at >= opinions.due or everyone <= opinions.sealed.keys()


def opinion_sealed_may(s: Standing, e: Event, b: OpinionSealed) -> Iterator[Refusal]:
    """A member gives one opinion, before opening begins."""
    yield from by_member(s, e)
    opinions = cell_of(s, e).opinions
    if opinions is None:
        yield refuse("opinion.not_requested", criterion=e.criterion or "")
        return
    if e.signed_by[0] in opinions.sealed:
        yield refuse("opinion.already_given", actor=e.signed_by[0])
    if opinions.closed is not None or opening(s, e, opinions):
        yield refuse("opinion.sealing_over", due=opinions.due.isoformat())
    if not _HEX.fullmatch(b.seal):
        yield refuse("opinion.malformed_seal")


def opinion_sealed(s: Standing, e: Event, b: OpinionSealed) -> None:
    """The opinion is given, and nobody knows it."""
    cell = cell_of(s, e)
    if cell.opinions is not None:
        sealed = {**cell.opinions.sealed, e.signed_by[0]: (e.position, b.seal)}
        put_cell(s, e, replace(cell, opinions=replace(cell.opinions, sealed=sealed)))


def seal(*, salt: str, log: tuple[str, ...], member: str, points: Fraction, category: ReasonCategory) -> str:
    """Return SHA-256(salt || subject || member || points || category), in hex, parts ended by line feeds.

    `log` is the subject: round, agency, criterion. The salt is 64 hex digits; docs/formats/opinion.md.
    """
    parts = ("minhchung.opinion/v1", *log, member, write(points), category.value)
    return hashlib.sha256(bytes.fromhex(salt) + "".join(f"{part}\n" for part in parts).encode()).hexdigest()


def opinion_opened_may(s: Standing, e: Event, b: OpinionOpened) -> Iterator[Refusal]:
    """A member opens what they sealed, while opening lasts; it must be what was sealed."""
    yield from by_member(s, e)
    member, opinions = e.signed_by[0], cell_of(s, e).opinions
    if opinions is None or member not in opinions.sealed:
        yield refuse("opinion.never_sealed", actor=member)
        return
    if opinions.closed is not None:
        yield refuse("opinion.opening_over", closed=opinions.closed)
    if not opening(s, e, opinions):
        yield refuse("opinion.too_early", given=len(opinions.sealed), due=opinions.due.isoformat())
    if member in opinions.opened:
        yield refuse("opinion.already_opened", actor=member)
    if b.points > criterion_of(s, e).max_points:
        maximum = write(criterion_of(s, e).max_points)
        yield refuse("score.above_max", stated=write(b.points), maximum=maximum)
    if not _HEX.fullmatch(b.salt) or not hmac.compare_digest(_sealed_as(e, b), opinions.sealed[member][1]):
        yield refuse("opinion.not_what_was_sealed", actor=member)


def _sealed_as(e: Event, b: OpinionOpened) -> str:
    subject = (e.round or "", e.agency or "", e.criterion or "")
    return seal(salt=b.salt, log=subject, member=e.signed_by[0], points=b.points, category=b.category)


def opinion_opened(s: Standing, e: Event, b: OpinionOpened) -> None:
    """The opinion counts; it is shown once opening has closed."""
    cell = cell_of(s, e)
    if cell.opinions is not None:
        opened = {**cell.opinions.opened, e.signed_by[0]: Opinion(e.position, b.points, b.category)}
        put_cell(s, e, replace(cell, opinions=replace(cell.opinions, opened=opened)))


def opinions_closed_may(s: Standing, e: Event, b: OpinionsClosed) -> Iterator[Refusal]:
    """The secretariat closes opening once: not before it could begin, nor while somebody may still open.

    Otherwise whoever closes could make any opinion void.
    """
    yield from by_secretariat(s, e)
    opinions = cell_of(s, e).opinions
    if opinions is None or opinions.closed is not None:
        yield refuse("opinion.not_requested", criterion=e.criterion or "")
    elif not opening(s, e, opinions):
        yield refuse("opinion.too_early", given=len(opinions.sealed), due=opinions.due.isoformat())
    else:
        yield from _all_open(s, e, opinions)


def _all_open(s: Standing, e: Event, opinions: Opinions) -> Iterator[Refusal]:
    """Yield a refusal unless every able member has opened what they sealed, or the day for it has passed."""
    unopened = opinions.sealed.keys() - opinions.opened.keys()
    waiting = unopened & able(s, e.round or "", e.agency or "")
    until = opinions.open_until or round_of(s, e).due.get(Phase.COUNCIL)
    if waiting and (until is None or e.arrived_at < until):
        last = until.isoformat() if until else "-"
        yield refuse("opinion.opening_not_over", waiting=len(waiting), until=last)


def opinions_closed(s: Standing, e: Event, b: OpinionsClosed) -> None:
    """What was not opened counts as given but void; what was is shown."""
    cell = cell_of(s, e)
    if cell.opinions is not None:
        put_cell(s, e, replace(cell, opinions=replace(cell.opinions, closed=e.position)))

"""The play: somebody states something, both models answer, and what is admitted both of them follow."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache

from domain import admission, ranking, scoring
from domain.events import Event, Scope
from domain.points import exact
from domain.scoring import Card
from domain.standing import Standing
from tests.second_model import cards, verdict
from tests.second_model.catalogue import CATALOGUE
from tests.second_model.demands_round import unverified
from tests.second_model.drafts import Dice, Draft, Table
from tests.second_model.drafts_agency import AGENCY
from tests.second_model.drafts_attestation import ATTESTATION
from tests.second_model.drafts_council import COUNCIL
from tests.second_model.drafts_disputes import DISPUTES, course
from tests.second_model.drafts_inspection import INSPECTION
from tests.second_model.drafts_meetings import MEETINGS, pressed, waiting
from tests.second_model.drafts_registry import REGISTRY
from tests.second_model.drafts_round import ROUND
from tests.second_model.drafts_survey import SURVEY
from tests.second_model.mischief import spoil
from tests.second_model.state import Facts, blank
from tests.second_model.world import founding

PROPOSALS = {
    **REGISTRY,
    **ROUND,
    **ATTESTATION,
    **SURVEY,
    **AGENCY,
    **INSPECTION,
    **COUNCIL,
    **MEETINGS,
    **DISPUTES,
}
REGISTRARS = tuple(REGISTRY)[1:]
ANY_TIME = (
    *("GuidanceIssued", "GuidanceReceived", "QuestionAsked", "QuestionAnswered", "CriteriaFeedbackSubmitted"),
    *("FeedbackAnswered", "DelegationGranted", "DelegationEnded", "ImprovementCommitted"),
    *("ImprovementReported", "RecusalDeclared", "FocalOfficerAssigned", "ScoringMethodAgreed"),
)
WORK = {
    "PREPARATION": "OfficerSeconded*4 TeamFormed*4 TeamAssigned*10 FocalOfficerAssigned*6"
    " CouncilEstablished*3 ScoringMethodAgreed*2 PreviousResultRecorded*3",
    "SELF_ASSESSMENT": "SelfScoreDeclared*8 QuantitiesDeclared*12 EvidenceSubmitted*6 EvidenceReused*2"
    " SelfAssessmentSubmitted*3 SpecialCaseClaimed*4 InitiativeClaimed*4 SectorPolicyClaimed*1"
    " SurveyWaveOpened*2 EvidenceRequested*1 PreviousResultRecorded*1",
    "INSPECTION": "InspectionNoteRecorded*16 InspectionNoteAmended*3 EvidenceReturned*4 EvidenceSubmitted*2"
    " ExplanationRequested*1 ExplanationSubmitted*2 MinutesSigned*2 SurveyWaveOpened*2 BallotsRecorded*3"
    " EvidenceRequested*1 SpecialCaseClaimed*1 DeadlineExtended*1 TeamAssigned*3",
    "EXPLANATION": "InspectionNoteRecorded*4 InspectionNoteAmended*2 ExplanationSubmitted*3 MinutesSigned*2"
    " DossierCompiled*3 DossierUnfrozen*1 BallotsRecorded*2 SurveyWaveClosed*4 InitiativeClaimed*1"
    " CouncilEstablished*1 DeadlineExtended*1",
    "COUNCIL": "OpinionRequested*2 OpinionSealed*6 OpinionOpened*5 OpinionsClosed*3 MeetingOpened*3"
    " MeetingClosed*1 MotionPut*8 VoteCast*16 RemarkMade*1 SpecialCaseDecided*5 BonusDecided*5"
    " DeductionDecided*4 CouncilAdjustmentMade*4 VerificationWaived*6 DissentRecorded*2 SurveyWaveClosed*2"
    " SurveyTallied*5 DossierCompiled*1 DossierUnfrozen*1 DeadlineExtended*1",
    "APPROVAL": "ApprovalProposed*1 ResultApproved*1 ResultPublished*1",
    "PUBLISHED": "DisputeFiled*3 DisputeWithdrawn*1 DisputeAccepted*3 AffectedNotified*3 PartyHeard*2"
    " ReviewerAssigned*3 ReverificationRecorded*3 MeetingOpened*2 MeetingClosed*1 MotionPut*4 VoteCast*12"
    " DisputeDecided*5 DissentRecorded*1 ApprovalProposed*3 ResultApproved*3 ResultPublished*3 AwardGranted*2"
    " ReviewConferenceHeld*1 ProjectionAttested*2 AttestationConfirmed*2 RoleGranted*1",
}
"""What is worked on in each phase, and how much of it."""
LENGTH = {
    "PREPARATION": 45,
    "SELF_ASSESSMENT": 50,
    "INSPECTION": 50,
    "EXPLANATION": 20,
    "COUNCIL": 70,
}
"""After so many steps in a phase, the secretariat wants the next one."""


ASKED = 4
"""How many spoilt versions of a statement both models are asked about before it is made; more of the rare."""


def _spread(work: str) -> tuple[str, ...]:
    return tuple(name for part in work.split() for name, _, n in [part.partition("*")] for _ in range(int(n)))


TASKS = {phase: _spread(work) for phase, work in WORK.items()}


@dataclass
class Tally:
    """What happened in all plays together."""

    steps: int = 0
    asked: int = 0
    admitted: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)


class Play:
    """One log, put to both models statement by statement."""

    def __init__(self, tally: Tally) -> None:
        standing, state = _founded()
        self.standing, self.table, self.tally = standing.fork(), Table(deepcopy(state)), tally
        self.since: Counter[tuple[str, str]] = Counter()
        self.turn = 0  # so that the plainest play, always the first of all choices, gets on with the work

    # --- one step ---

    def step(self, dice: Dice) -> None:
        """Let somebody state something; both models have to agree about it."""
        self.table.now += timedelta(minutes=dice.pick((1, 10, 60, 300)))
        if dice.chance(2):
            self.table.now += timedelta(days=1 + dice.below(5))
        draft = self._draft(dice)
        quick = dice.quick()
        line = CATALOGUE[draft.kind]
        for _ in range(3 * ASKED if "j" in line.marks or line.scope == "dispute" else ASKED):
            self.ask(spoil(self.table, quick, draft))
        if dice.chance(30):
            draft = spoil(self.table, dice, draft)
        self.state(draft)

    def ask(self, draft: Draft) -> None:
        """Ask both models about a statement that nobody makes."""
        rule = agreed(self.standing, self.table.state, self.table.event(draft))
        self.tally.asked += 1
        if rule is not None:
            self.tally.rules[rule] += 1

    def state(self, draft: Draft) -> None:
        """Put a statement to both models."""
        event = self.table.event(draft)
        rule = agreed(self.standing, self.table.state, event)
        self.tally.steps += 1
        if rule is not None:
            self.tally.refused[draft.kind] += 1
            self.tally.rules[rule] += 1
            return
        self.tally.admitted[draft.kind] += 1
        self.table.said.append(draft)
        admission.follow(self.standing, event)
        verdict.follow(self.table.state, event)
        self._compare(event)

    def _compare(self, event: Event) -> None:
        """Compare the results that an event could move, and now and then all there are."""
        for code, found in self.table.state["rounds"].items():
            if event.position % 10 == 0 or (code == event.round and event.agency is None):
                same_results(self.standing, found, code, list(found["ranked"]))
            elif code == event.round:
                same_results(self.standing, found, code, cards.block_of(found, event.agency or ""))
        if event.kind.scope is Scope.DISPUTE:
            same_dispute(self.standing, self.table.state["rounds"][event.round], event)
        if event.kind.name == "ResultPublished.v1":
            same_version(self.standing, self.table.state["rounds"][event.round], event.round or "")

    def _draft(self, dice: Dice) -> Draft:
        """Something useful to do in the phase, mostly; else something of the whole catalogue."""
        rounds = self.table.state["rounds"]
        self.table.code = self._round(dice)
        if self.table.code not in rounds:
            names: tuple[str, ...] = (*["RoundOpened"] * 9, *REGISTRARS[-3:])
            return PROPOSALS[dice.pick(names)](self.table, dice)
        phase = rounds[self.table.code]["phase"]
        self.since[self.table.code, phase] += 1
        if self._over(phase, dice) and not dice.chance(50):
            return PROPOSALS["MeetingClosed" if self.table.meeting else "PhaseOpened"](self.table, dice)
        if dice.chance(18):
            return PROPOSALS[dice.pick(tuple(PROPOSALS))](self.table, dice)
        names = dice.pick((*[TASKS[phase]] * 8, REGISTRARS, ANY_TIME))
        self.table.pressing = phase == "COUNCIL" and self._lasted(phase)
        if phase in ("COUNCIL", "PUBLISHED") and dice.chance(70 if self.table.pressing else 35):
            names = tuple(self._wanted(phase)) or names
        for _ in range(4):
            dice.wild = False
            self.turn += 1
            draft = PROPOSALS[names[(dice.below(len(names)) + self.turn) % len(names)]](self.table, dice)
            if not dice.wild:
                break
        return draft

    def _wanted(self, phase: str) -> list[str]:
        """What others wait for."""
        if phase == "PUBLISHED":
            return [*waiting(self.table), *course(self.table)]
        return pressed(self.table) if self.table.pressing else waiting(self.table)

    def _over(self, phase: str, dice: Dice) -> bool:
        """Whether a phase has lasted; the council verifies or waives everything before it ends, mostly."""
        undone = phase == "COUNCIL" and unverified(self.table.found) and dice.below(200) < 199
        return self._lasted(phase) and not undone

    def _lasted(self, phase: str) -> bool:
        return phase in LENGTH and self.since[self.table.code, phase] > LENGTH[phase]

    def _round(self, dice: Dice) -> str:
        """The first round until it is published or stuck; then sometimes the next year's, beside it."""
        first = self.table.state["rounds"].get("2016")
        if first is None or (not first["published"] and first["phase"] != "APPROVAL"):
            return "2016"
        stuck = not first["published"] and unverified(first)
        return "2017" if dice.chance(75 if stuck else 20) else "2016"


@cache
def _founded() -> tuple[Standing, Facts]:
    """Return both models after everybody was registered; neither refused anything."""
    standing, table = Standing(), Table(blank())
    for who, body in founding():
        event = table.event(table.draft(who, body))
        assert agreed(standing, table.state, event) is None, event
        admission.follow(standing, event)
        verdict.follow(table.state, event)
    return standing, table.state


# --- where they have to agree ---------------------------------------------------------------------------


def agreed(standing: Standing, state: Facts, event: Event) -> str | None:
    """Return the rule by which both models refuse, or nothing where both admit; all else is a failure."""
    refusal, broken = admission.admit(standing, event), verdict.violated(state, event)
    rule = refusal.rule if refusal else None
    fits = not broken if rule is None else rule in broken
    assert fits, f"the domain says {refusal}, the second model {sorted(broken)}, of {event}"
    return rule


def same_results(standing: Standing, found: Facts, code: str, agencies: list[str]) -> None:
    """Every cell, sum, class and place of some whole blocks of a round is the same in both models."""
    its = {agency: scoring.card(standing, code, agency) for agency in agencies}
    second = {agency: cards.card(found, agency) for agency in agencies}
    for agency, card in its.items():
        same_card(card, second[agency])
    for block in {found["ranked"][agency] for agency in agencies}:
        of_block = [agency for agency in agencies if found["ranked"][agency] == block]
        ranked = ranking.rank(found["set"], [its[agency] for agency in of_block])
        expected = cards.places(found, of_block[0], second)
        assert {p.card.agency: (p.rank, p.shared, p.card.rating) for p in ranked} == expected
        assert [p.card.agency for p in ranked] == sorted(of_block, key=lambda a: (expected[a][0], a))


def same_dispute(standing: Standing, found: Facts, event: Event) -> None:
    """Both models say of a dispute whether it came late, and whose rank or class it could move."""
    its, second = standing.disputes[event.round or "", event.matter or ""], found["disputes"][event.matter]
    assert (its.late, its.affected) == (second["late"], second["affected"]), its


def same_version(standing: Standing, found: Facts, code: str) -> None:
    """What was published of each agency is the same in both models."""
    its, second = standing.rounds[code].versions[-1], found["published"][-1]
    assert (its.number, its.position) == (second["number"], second["position"])
    assert its.results.keys() == second["results"].keys()
    for agency, result in its.results.items():
        expected = second["results"][agency]
        assert (result.rank, result.rating) == (expected["rank"], expected["class"]), agency
        assert result.total == expected["total"], agency
    points = {item.key: exact(dict(item.value)["points"]) for item in its.state if item.key[-1].isdigit()}
    assert (points, len(its.state)) == (second["rows"], second["items"])


def same_card(card: Card, expected: Facts) -> None:
    """One agency's card is the same in both models, to the last fraction."""
    assert card.scores.keys() == expected["rows"].keys()
    for code, score in card.scores.items():
        row = expected["rows"][code]
        found = (score.points, score.stage, score.counts, set(score.flags))
        assert found == (row["points"], row["stage"], row["counts"], row["flags"]), (card.agency, code)
        assert row["position"] in (None, *score.positions[:1]), (card.agency, code)
    sums = (card.areas, card.total, card.bonus, card.deductions, card.ranking_score)
    assert sums == tuple(expected[name] for name in ("areas", "total", "bonus", "deductions", "score"))
    rest = (card.published_score, card.rating, card.results)
    assert rest == tuple(expected[name] for name in ("hundredths", "class", "results")), card.agency

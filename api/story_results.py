"""The end of the story: versions of the result, the conference, awards, and what agencies promise to mend."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from api.acts import Act, Asked, Ref
from api.example_plans import Improvement
from api.story_asked import attested, awards_given, rank_now, refolded, rewarded
from api.story_cast import Cast, moment
from api.story_inspection import note_label
from domain.standing import Standing


def versions(cast: Cast) -> Iterator[Act]:
    """Three offices, three acts (R04); a correction is a version of its own."""
    for number, version in enumerate(cast.plan.versions, start=1):
        body = {"version": number}
        yield cast.act("ApprovalProposed", version.proposed, cast.secretariat(), body=body)
        yield cast.act("ResultApproved", version.approved, cast.authority, body=body)
        yield cast.act("ResultPublished", version.published, cast.secretariat(), body=body)
        if version.confirmed is not None:
            auditors = cast.example.of_duty("AUDITOR")[:1]
            yield cast.act("AttestationConfirmed", version.confirmed, auditors, body=_refolded(number))


def _refolded(version: int) -> dict[str, object]:
    """What the log attested (by now it has), with the state root that the auditor came to."""
    asked = {
        name: Asked(partial(attested, name, version)) for name in ("fold", "rules", "size", "root", "count")
    }
    return {"version": version, **asked, "state_root": Asked(partial(refolded, version))}


def afterwards(cast: Cast) -> Iterator[Act]:
    """Tell what follows a publication."""
    results = cast.example.results
    if results.round != cast.plan.code:
        return
    on = {"on": moment(results.conference).date().isoformat()}
    yield cast.act("ReviewConferenceHeld", results.conference, cast.secretariat(), body=on)
    yield from _awards(cast)
    for improvement in results.improvements:
        yield from _improvement(cast, improvement)


def _awards(cast: Cast) -> Iterator[Act]:
    """Whoever the rule rewards; who that is follows from the published result."""
    awards = cast.example.results.awards

    def decision(standing: Standing, act: Act) -> str:
        return awards.decision.format(number=awards.first + awards_given(standing, act))

    for number, agency in enumerate(cast.example.agencies):
        yield cast.act(
            "AwardGranted",
            moment(awards.at) + timedelta(minutes=number),
            cast.authority,
            agency=agency.code,
            body={"version": 1, "rank": Asked(rank_now), "decision": Asked(decision)},
            only_if=rewarded,
        )


def _improvement(cast: Cast, plan: Improvement) -> Iterator[Act]:
    label = f"improvement/{plan.agency}/{plan.criterion}"
    note = Ref(note_label(cast.plan.code, plan.agency, plan.criterion))
    yield cast.by_agency(
        "ImprovementCommitted",
        plan.at,
        plan.agency,
        criterion=plan.criterion,
        body={"about": note, "due": plan.due},
        texts={"plan": plan.plan},
        label=label,
    )
    if plan.reported is not None:
        yield cast.by_agency(
            "ImprovementReported",
            plan.reported.at,
            plan.agency,
            criterion=plan.criterion,
            body={"commitment": Ref(label)},
            texts={"report": plan.reported.report},
            files=(cast.document(plan.reported.document),),
        )

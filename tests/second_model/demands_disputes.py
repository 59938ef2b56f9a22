"""What the second model demands of a dispute: in time and on a ground, heard, looked at anew, decided."""

from __future__ import annotations

from typing import Any

from tests.second_model.cards import card, places, supposing
from tests.second_model.demands_council import carried, motion_put, share_of, within
from tests.second_model.demands_who import Entry, belonged, head, in_team, secretariat
from tests.second_model.state import Case, is_head, runs_out


def touched(c: Case) -> set[str]:
    """Replay the block with the claim upheld: whose rank or class would be another."""
    before = places(c.round, c.agency or "")
    with supposing(c.cell, c.body.claimed, c.event.position):
        after = places(c.round, c.agency or "")
    return {code for code in before if (before[code][0], before[code][2]) != (after[code][0], after[code][2])}


def _stands(c: Case) -> Any:
    """The points of the cell as they stand."""
    return card(c.round, c.agency or "")["rows"][c.event.criterion]["points"]


def _files(c: Case) -> set[str]:
    versions = c.round["published"]
    earlier = c.round["disputes"].get(c.cell["dispute"])
    checks = {
        "dispute.name_taken": c.event.matter in c.round["disputes"]
        or not str(c.event.matter).startswith("dispute-"),
        "dispute.not_newest_version": not versions or c.body.version != versions[-1]["number"],
        "dispute.difference_of_opinion": c.body.ground == "DIFFERENCE_OF_OPINION",
        "criterion.not_adjusted": c.cell["out"] is not None,
        "dispute.already_filed": earlier and not earlier["withdrawn"] and not earlier["late"],
        "dispute.malformed_claim": (c.body.claimed is None) is (c.body.special_case is None),
        "dispute.claims_nothing": c.body.claimed == _stands(c),
        "dispute.no_such_decision": c.body.special_case is not None and not _was_settled(c),
    }
    return {name for name, wrong in checks.items() if wrong}


def _was_settled(c: Case) -> bool:
    """The agency's claim of a special case for this cell, and the council has decided it."""
    claim = c.cell["special"]
    return (
        bool(claim) and claim["position"] == c.body.special_case and c.body.special_case in c.cell["settled"]
    )


def _course(c: Case) -> set[str]:
    """The dispute is about this cell, came in time, and has not ended."""
    if c.dispute is None:
        return {"dispute.unknown"}
    if c.dispute["late"]:
        return {"dispute.out_of_time"}
    return {"dispute.ended"} if c.dispute["withdrawn"] or c.dispute["decided"] else set()


def _taken_up(c: Case) -> set[str]:
    """It goes on and was taken up."""
    return _course(c) or (set() if c.dispute["accepted"] else {"dispute.not_accepted"})


def _if_any(name: str, holds: Any) -> Entry:
    """A demand on a dispute that there is."""
    return name, lambda c: c.dispute is None or holds(c)


def _others(c: Case) -> Any:
    """The agencies beside this one whose rank could move."""
    return c.dispute["affected"] - {c.agency}


def _reviewer(c: Case) -> set[str]:
    found = set() if c.body.officer in c.state["people"] else {"officer.unknown"}
    found |= {"reviewer.from_first_team"} if in_team(c, c.body.officer) else set()
    found |= {"reviewer.of_the_council"} if c.council and c.body.officer in c.council["members"] else set()
    return found | _of_no_party(c, c.body.officer)


def _of_no_party(c: Case, officer: str) -> set[str]:
    parties = {c.agency} | (c.dispute["affected"] if c.dispute else set())
    return {"reviewer.of_a_party"} if any(belonged(c, officer, party) for party in parties) else set()


def _replaceable(c: Case) -> bool:
    """There is no reviewer, or one who belongs to a party by now and has found nothing."""
    now = c.dispute["reviewer"]
    return now is None or bool(not c.dispute["reverified"] and _of_no_party(c, now))


def _puts_to_the_vote(c: Case) -> set[str]:
    """A dispute comes before the council when it was looked at anew and all could be heard."""
    if c.body.matter != "DISPUTE":
        return set()
    its = c.round["disputes"].get(c.cell["dispute"])
    if its is None:
        return {"dispute.unknown"}
    if its["late"] or its["withdrawn"] or its["decided"]:
        return {"dispute.out_of_time" if its["late"] else "dispute.ended"}
    if not its["accepted"]:
        return {"dispute.not_accepted"}
    found = set() if its["reverified"] else {"dispute.not_reverified"}
    found |= set() if its["notified"] == its["affected"] - {c.agency} else {"dispute.parties_not_notified"}
    return found | (set() if _heard(c, its) else {"dispute.hearing_not_over"})


def _share(c: Case) -> bool:
    """Bonus points stay within the agency's share in the initiative, if it has one."""
    return bool(c.criterion.section != "bonus" or c.body.points is None or c.body.points <= share_of(c, 0))


def _bare(c: Case) -> set[str]:
    """The outcomes that come without points: a special case that is accepted is one of them."""
    return {"REJECTED"} if c.dispute["claimed"] is not None else {"REJECTED", "ACCEPTED"}


def _heard(c: Case, its: Any) -> bool:
    """Everybody who was notified has spoken, or could have."""
    if not its["notified"] - its["heard"]:
        return True
    until = runs_out(c, its["path"], "HEAR", its["told"])
    return until is None or c.at >= until


DISPUTES: dict[str, list[Entry]] = {
    "MotionPut": [*motion_put, _puts_to_the_vote],
    "DisputeFiled": [head, _files, within("claimed")],
    "DisputeWithdrawn": [_course, head],
    "DisputeAccepted": [
        _course,
        secretariat,
        _if_any("dispute.already_accepted", lambda c: not c.dispute["accepted"]),
    ],
    "AffectedNotified": [
        _taken_up,
        secretariat,
        _if_any("dispute.wrong_parties", lambda c: sorted(c.body.agencies) == sorted(_others(c))),
    ],
    "PartyHeard": [
        _taken_up,
        ("agency.other_agency", lambda c: is_head(c.state, c.actor, c.body.heard)),
        _if_any("dispute.not_a_party", lambda c: c.body.heard in c.dispute["notified"] - c.dispute["heard"]),
    ],
    "ReviewerAssigned": [
        _taken_up,
        secretariat,
        _reviewer,
        _if_any("reviewer.already_assigned", _replaceable),
    ],
    "ReverificationRecorded": [
        _taken_up,
        _if_any("reviewer.not_assigned", lambda c: c.dispute["reviewer"] == c.signer),
        lambda c: _of_no_party(c, c.signer),
        _if_any("reviewer.already_recorded", lambda c: not c.dispute["reverified"]),
        within("points"),
    ],
    "DisputeDecided": [
        _taken_up,
        carried("DISPUTE"),
        (
            "dispute.moved_about_another",
            lambda c: c.motion is None or c.motion["dispute"] == c.event.matter,
        ),
        _if_any("claim.points_mismatch", lambda c: (c.body.outcome in _bare(c)) is (c.body.points is None)),
        _if_any(
            "dispute.not_the_claim",
            lambda c: (
                c.dispute["claimed"] is None
                or c.body.outcome != "ACCEPTED"
                or c.body.points == c.dispute["claimed"]
            ),
        ),
        _if_any(
            "dispute.whole_claim",
            lambda c: (
                c.dispute["claimed"] is None
                or c.body.outcome != "PARTLY"
                or c.body.points != c.dispute["claimed"]
            ),
        ),
        ("dispute.changes_nothing", lambda c: c.body.points != _stands(c)),
        within("points"),
        ("score.above_max", _share),
    ],
}

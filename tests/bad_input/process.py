"""Bad input: opinions, votes and disputes that come too late, too early, twice, or from the wrong hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from api.signing import Draft
from audit.ledger.submission import Submission
from tests.bad_input.forging import Case, Forge
from tests.furnished import (
    COUNCIL,
    FILED,
    MEETING,
    PUBLISHED,
    TOO_LATE,
    filing,
    motion_of,
    opened_by,
    sealed_by,
)
from tests.worlds import World


def _cell(code: str, criterion: str = "A1.1", agency: str = "STC") -> dict[str, Any]:
    return {"round": code, "agency": agency, "criterion": criterion}


# --- opinions -------------------------------------------------------------------------------------------


def _sealed(member: str, criterion: str) -> Forge:
    return lambda w: w.sign(
        "OpinionSealed", member, **_cell(COUNCIL, criterion), body=sealed_by(member, criterion)
    )


def opened(w: World, member: str = "hd-2", criterion: str = "A1.7", **otherwise: str) -> Submission:
    """Open an opinion; that of hd-2 on A1.7 is what was sealed, and it is time."""
    body, texts = opened_by(member, criterion, **otherwise), {"reason": "Kế hoạch chậm."}
    return w.sign("OpinionOpened", member, **_cell(COUNCIL, criterion), body=body, texts=texts)


OPINIONS = (
    Case("a member gives a second opinion", "opinion.already_given", _sealed("hd-2", "A1.5")),
    Case(
        "a member gives an opinion after opening began, for the day has passed",
        "opinion.sealing_over",
        _sealed("hd-3", "A1.9"),
    ),
    Case(
        "a member gives an opinion on the home agency",
        "council.home_agency",
        _sealed("hd-1", "A1.5"),
        {"actor": "hd-1", "agency": "STC"},
    ),
    Case("an opinion comes that nobody asked for", "opinion.not_requested", _sealed("hd-2", "A1.1")),
    Case(
        "an opinion is opened before all are in",
        "opinion.too_early",
        lambda w: opened(w, criterion="A1.5"),
        {"given": 1},
    ),
    Case(
        "an opinion is opened with other points than were sealed",
        "opinion.not_what_was_sealed",
        lambda w: opened(w, points="1"),
        {"actor": "hd-2"},
    ),
    Case(
        "an opinion is opened with another salt",
        "opinion.not_what_was_sealed",
        lambda w: opened(w, salt="0" * 64),
    ),
    Case(
        "a member opens the opinion of another",
        "opinion.not_what_was_sealed",
        lambda w: _opened_for(w, "hd-3"),
    ),
    Case("a member opens what was never sealed", "opinion.never_sealed", lambda w: opened(w, "hd-3", "A1.9")),
    Case(
        "an opinion is opened when opening was closed",
        "opinion.opening_over",
        lambda w: opened(w, criterion="A1.8"),
    ),
    Case(
        "opening is closed while somebody may still open",
        "opinion.opening_not_over",
        lambda w: w.sign("OpinionsClosed", "tk-1", **_cell(COUNCIL, "A1.7")),
        {"waiting": 2},
    ),
    Case(
        "members are asked until a day that is over",
        "opinion.no_time",
        lambda w: w.sign("OpinionRequested", "tk-1", **_cell(COUNCIL, "A1.1"), body={"due": "2017-02-07"}),
        {"due": "2017-02-07"},
    ),
    Case(
        "something is moved before opinions are closed",
        "motion.opinions_open",
        lambda w: _moved(w, criterion="A1.5"),
    ),
)


def _opened_for(w: World, other: str) -> Submission:
    """hd-2 signs the opening of somebody else."""
    body, texts = opened_by(other, "A1.7"), {"reason": "Kế hoạch chậm."}
    return w.sign("OpinionOpened", "hd-2", **_cell(COUNCIL, "A1.7"), body=body, texts=texts)


# --- meetings and votes ---------------------------------------------------------------------------------


def _moved(w: World, member: str = "hd-2", **cell: str) -> Submission:
    body = {"meeting": MEETING, "matter": "ADJUSTMENT", "category": "FACTUAL_ERROR", "points": "0.5"}
    subject = _cell(COUNCIL, **cell)
    return w.sign("MotionPut", member, **subject, body=body, texts={"reason": "Số liệu sai."})


def vote(w: World, member: str = "hd-2", agency: str = "NHS", criterion: str = "A1.5") -> Submission:
    """Vote on a motion; nothing is wrong with what hd-2 votes on the newest one about NHS."""
    body = {"motion": motion_of(w, agency, criterion), "choice": "FOR"}
    return w.sign("VoteCast", member, **_cell(COUNCIL, criterion, agency), body=body)


def _met(*present: str, name: str = MEETING, code: str = PUBLISHED) -> Forge:
    body = {"present": list(present)}
    return lambda w: w.sign("MeetingOpened", "hd-2", round=code, matter=name, body=body)


def _decided(agency: str, *members: str) -> Forge:
    def forge(w: World) -> Submission:
        body: dict[str, Any] = {
            "motion": motion_of(w, agency),
            "category": "FACTUAL_ERROR",
            "references": [1],
        }
        body |= {"old_points": "0", "new_points": "0.5"}
        subject = {**_cell(COUNCIL, agency=agency), "texts": {"reason": "Số liệu sai."}}
        return w.sign("CouncilAdjustmentMade", *members, **subject, body=body)

    return forge


MEETINGS = (
    Case(
        "a meeting opens without quorum",
        "meeting.no_quorum",
        _met("hd-2"),
        {"present": 1, "quorum": 2},
    ),
    Case("a member is counted twice for a quorum", "council.member_twice", _met("hd-2", "hd-2")),
    Case("somebody makes up the quorum who is no member", "council.not_a_member", _met("hd-2", "snv-1")),
    Case(
        "a meeting opens while another goes on",
        "meeting.another_open",
        _met("hd-2", "hd-3", name="meeting-2", code=COUNCIL),
    ),
    Case(
        "a member votes a second time",
        "vote.already_cast",
        lambda w: vote(w, agency="STC", criterion="A1.1"),
        {"actor": "hd-2"},
    ),
    Case(
        "a member votes who has recused",
        "council.recused",
        lambda w: vote(w, "hd-3"),
        {"actor": "hd-3", "agency": "NHS"},
    ),
    Case(
        "a member votes on the home agency",
        "council.home_agency",
        lambda w: vote(w, "hd-1", "STC", "A1.1"),
    ),
    Case(
        "a member votes who is not at the meeting",
        "meeting.not_present",
        lambda w: vote(w, "hd-1"),
        {"actor": "hd-1"},
    ),
    Case("somebody votes who is no member", "council.not_a_member", lambda w: vote(w, "nhs-1")),
    Case(
        "a decision follows a vote that was lost",
        "motion.not_carried",
        _decided("CT", "hd-2", "hd-3"),
        {"votes_for": 1, "votes_against": 1},
    ),
    Case(
        "a decision comes before a quorum has voted",
        "motion.too_few_votes",
        _decided("NHS", "hd-1", "hd-2"),
        {"votes": 1, "quorum": 2},
    ),
    Case(
        "a member signs a decision from which they recused",
        "council.recused",
        _decided("NHS", "hd-2", "hd-3"),
    ),
    Case(
        "a second motion about a cell is put before the first is decided",
        "motion.another_open",
        lambda w: _moved(w),
    ),
    Case(
        "a member dissents from what is not decided",
        "motion.unknown",
        lambda w: w.sign(
            "DissentRecorded",
            "hd-2",
            **_cell(COUNCIL),
            body={"motion": motion_of(w, "STC")},
            texts={"opinion": "Tôi không đồng ý."},
        ),
    ),
)


# --- disputes -------------------------------------------------------------------------------------------


def _filed(criterion: str, *actors: str, name: str = "dispute-3", **otherwise: object) -> Forge:
    return lambda w: w.desk().sign(filing(w, name, criterion, *actors, **otherwise))


def filed(w: World) -> Submission:
    """File a dispute over another cell of STC: nothing is wrong with it, but that it is late."""
    return _filed("A1.7")(w)


def _without_claim(w: World, **claimed: object) -> Draft:
    """The filing without its points, and with something else instead."""
    draft = filing(w, "dispute-3", "A1.7", **claimed)
    return replace(draft, body={name: value for name, value in draft.body.items() if name != "claimed"})


def _on(name: str, actor: str, criterion: str = "A1.1", dispute: str = FILED, **rest: Any) -> Forge:
    subject = {**_cell(PUBLISHED, criterion), "matter": dispute}
    return lambda w: w.sign(name, actor, **subject, **rest)


def _reviewed_by(officer: str) -> Forge:
    return _on("ReviewerAssigned", "tk-1", body={"officer": officer})


def _judged(criterion: str = "A1.1", *, heard: bool = True, **said: str) -> Forge:
    """Bring a dispute before the council, which carries a motion, if it may; then decide so."""

    def forge(w: World) -> Submission:
        cell = _cell(PUBLISHED, criterion)
        about = {**cell, "matter": FILED if criterion == "A1.1" else "dispute-3"}
        if criterion != "A1.1":
            w.tell(filing(w, "dispute-3", criterion, path="STATUTORY_COMPLAINT"))
            w.state("DisputeAccepted", "tk-1", **about)
        w.state("AffectedNotified", "tk-1", **about, body={"agencies": ["SNV"]})
        if heard:
            w.state("PartyHeard", "snv-1", **about, body={"heard": "SNV"}, texts={"word": "Giữ nguyên."})
        w.state("ReviewerAssigned", "tk-1", **about, body={"officer": "ct-2"})
        found = {"quality": "SOUND", "points": "1"}
        w.state("ReverificationRecorded", "ct-2", **about, body=found, texts={"finding": "Đủ tài liệu."})
        w.state("MeetingOpened", "hd-2", round=PUBLISHED, matter=MEETING, body={"present": ["hd-2", "hd-3"]})
        moved = {"meeting": MEETING, "matter": "DISPUTE", "category": "EVIDENCE_OVERLOOKED", **said}
        reason = {"reason": "Đối chiếu lại tài liệu."}
        if not heard:
            return w.sign("MotionPut", "hd-2", **cell, body=moved, texts=reason)
        motion = w.state("MotionPut", "hd-2", **cell, body=moved, texts=reason)
        for member in ("hd-2", "hd-3"):
            w.state("VoteCast", member, **cell, body={"motion": motion, "choice": "FOR"})
        return w.sign(
            "DisputeDecided", "hd-2", "hd-3", **about, body={"motion": motion, **said}, texts=reason
        )

    return forge


def _put_unseen(w: World) -> Submission:
    w.state("MeetingOpened", "hd-2", round=PUBLISHED, matter=MEETING, body={"present": ["hd-2", "hd-3"]})
    moved = {"meeting": MEETING, "matter": "DISPUTE", "category": "FACTUAL_ERROR", "outcome": "REJECTED"}
    texts = {"reason": "Không cần phúc tra."}
    return w.sign("MotionPut", "hd-2", **_cell(PUBLISHED), body=moved, texts=texts)


DISPUTES = (
    Case(
        "a cell is disputed a second time",
        "dispute.already_filed",
        _filed("A1.1", "stc-1"),
        {"dispute": FILED},
    ),
    Case(
        "a dispute takes the name of another",
        "dispute.name_taken",
        _filed("A1.7", "stc-1", name=FILED),
    ),
    Case(
        "a dispute is filed by the focal officer",
        "role.missing",
        _filed("A1.7", "stc-2"),
        {"role": "AGENCY_HEAD"},
    ),
    Case(
        "a head disputes a cell of another agency",
        "agency.other_agency",
        _filed("A1.7", "snv-1"),
        {"actor": "snv-1", "agency": "STC"},
    ),
    Case(
        "a dispute rests on a difference of opinion",
        "dispute.difference_of_opinion",
        _filed("A1.7", "stc-1", ground="DIFFERENCE_OF_OPINION"),
    ),
    Case(
        "a dispute is about a version that is not the newest",
        "dispute.not_newest_version",
        _filed("A1.7", "stc-1", version=2),
    ),
    Case("a dispute claims what stands", "dispute.claims_nothing", _filed("A1.7", "stc-1", claimed="0")),
    Case(
        "a dispute claims more than there is",
        "score.above_max",
        _filed("A1.7", "stc-1", claimed="100"),
    ),
    Case(
        "a dispute is accepted that came too late",
        "dispute.out_of_time",
        _on("DisputeAccepted", "tk-1", "A1.5", TOO_LATE),
        {"dispute": TOO_LATE},
    ),
    Case("a dispute is accepted twice", "dispute.already_accepted", _on("DisputeAccepted", "tk-1")),
    Case(
        "an agency is left out whose rank could move",
        "dispute.wrong_parties",
        _on("AffectedNotified", "tk-1", body={"agencies": []}),
        {"expected": "SNV"},
    ),
    Case(
        "an agency is heard that was not notified",
        "dispute.not_a_party",
        _on("PartyHeard", "ct-1", body={"heard": "CT"}, texts={"word": "Chúng tôi không đồng ý."}),
        {"agency": "CT"},
    ),
    Case(
        "the reviewer was in the first team",
        "reviewer.from_first_team",
        _reviewed_by("nhs-4"),
        {"officer": "nhs-4"},
    ),
    Case(
        "the reviewer sits in the council that will decide",
        "reviewer.of_the_council",
        _reviewed_by("hd-3"),
        {"officer": "hd-3"},
    ),
    Case(
        "a dispute is put to the vote before it was looked at anew",
        "dispute.not_reverified",
        lambda w: _put_unseen(w),
        {"dispute": FILED},
    ),
    Case("the reviewer is of the agency", "reviewer.of_a_party", _reviewed_by("stc-4"), {"agency": "STC"}),
    Case(
        "the reviewer is of an agency whose rank could move",
        "reviewer.of_a_party",
        _reviewed_by("snv-4"),
        {"agency": "SNV"},
    ),
    Case(
        "somebody re-verifies who is not the reviewer",
        "reviewer.not_assigned",
        _on(
            "ReverificationRecorded",
            "nhs-4",
            body={"quality": "SOUND", "points": "1"},
            texts={"finding": "Đủ tài liệu."},
        ),
    ),
    Case(
        "a dispute claims nothing at all",
        "dispute.malformed_claim",
        lambda w: w.desk().sign(_without_claim(w)),
    ),
    Case(
        "a dispute claims points and a special case",
        "dispute.malformed_claim",
        _filed("A1.7", "stc-1", special_case=1),
    ),
    Case(
        "a dispute claims a special case that the council never decided",
        "dispute.no_such_decision",
        lambda w: w.desk().sign(_without_claim(w, special_case=1)),
        {"claim": 1},
    ),
    Case(
        "a dispute is upheld in part with the points that stand",
        "dispute.changes_nothing",
        _judged(outcome="PARTLY", points="0"),
        {"points": "0"},
    ),
    Case(
        "a dispute is upheld in part with all that was claimed",
        "dispute.whole_claim",
        _judged(outcome="PARTLY", points="1"),
        {"claimed": "1"},
    ),
    Case(
        "a dispute is upheld with other points than were claimed",
        "dispute.not_the_claim",
        _judged(outcome="ACCEPTED", points="0.5"),
        {"claimed": "1"},
    ),
    Case(
        "a dispute is put to the vote while an agency that had notice may still speak",
        "dispute.hearing_not_over",
        _judged("A1.7", heard=False, outcome="REJECTED"),
        {"agencies": "SNV"},
    ),
    Case(
        "the focal officer withdraws a dispute",
        "role.missing",
        _on("DisputeWithdrawn", "stc-2", texts={"reason": "Không cần nữa."}),
    ),
    Case(
        "a next version is proposed when nothing was corrected",
        "result.nothing_corrected",
        lambda w: w.sign("ApprovalProposed", "tk-1", round=PUBLISHED, body={"version": 2}),
    ),
    Case(
        "an award is granted for a rank that the agency does not have",
        "award.wrong_rank",
        lambda w: w.sign(
            "AwardGranted",
            "ub-1",
            round=PUBLISHED,
            agency="STC",
            body={"version": 1, "rank": 1, "decision": "9/QĐ-UBND (minh họa)"},
        ),
        {"stated": 1, "rank": 2},
    ),
)

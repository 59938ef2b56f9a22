"""What the second model demands of the council: opinions, meetings, votes, decisions, and awards after it."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from hashlib import sha256
from typing import Any

from tests.second_model.cards import card
from tests.second_model.demands_who import AUTHORITY, Entry, able, member, quorum, secretariat
from tests.second_model.state import LAST_DAY, Case, midnight_after

# --- opinions -------------------------------------------------------------------------------------------


def decimal(value: Fraction) -> str:
    """Write points as a decimal with no needless zeros."""
    whole, rest = divmod(value, 1)
    digits = f"{int(rest * 10_000):04d}".rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)


def sealed(salt: str, subject: list[str], who: str, points: Fraction, category: str) -> str:
    """Return the commitment to an opinion: a digest over the salt and lines of what it binds."""
    lines = ["minhchung.opinion/v1", *subject, who, decimal(points), category]
    return sha256(bytes.fromhex(salt) + b"".join(line.encode() + b"\n" for line in lines)).hexdigest()


def _hex64(text: str) -> bool:
    return len(text) == 64 and not set(text) - set("0123456789abcdef")


def may_open(c: Case, opinions: Any) -> bool:
    """Everybody who takes part has given an opinion, or the day has passed; what has begun goes on."""
    return bool(opinions["opened"] or c.at >= opinions["due"] or able(c) <= set(opinions["sealed"]))


def _seals(c: Case) -> set[str]:
    found = set() if _hex64(c.body.seal) else {"opinion.malformed_seal"}
    opinions = c.cell["opinions"]
    if opinions is None:
        return found | {"opinion.not_requested"}
    over = opinions["closed"] or may_open(c, opinions)
    found |= {"opinion.sealing_over"} if over else set()
    return found | ({"opinion.already_given"} if c.signer in opinions["sealed"] else set())


def _opens(c: Case) -> set[str]:
    opinions = c.cell["opinions"]
    if opinions is None or c.signer not in opinions["sealed"]:
        return {"opinion.never_sealed"}
    subject = [str(c.event.round), str(c.agency), str(c.event.criterion)]
    seal = opinions["sealed"][c.signer]
    same = _hex64(c.body.salt) and seal == sealed(
        c.body.salt, subject, c.signer, c.body.points, c.body.category.value
    )
    checks = {
        "opinion.opening_over": opinions["closed"],
        "opinion.too_early": not may_open(c, opinions),
        "opinion.already_opened": c.signer in opinions["opened"],
        "score.above_max": c.body.points > c.criterion.max_points,
        "opinion.not_what_was_sealed": not same,
    }
    return {name for name, wrong in checks.items() if wrong}


def _opinion_days(c: Case) -> bool:
    until = c.body.open_until
    return bool(c.body.due <= LAST_DAY if until is None else c.body.due < until <= LAST_DAY)


def _day_over(c: Case, day: date) -> bool:
    return bool(day <= LAST_DAY and c.at >= midnight_after(day, c.round["zone"]))


def _closes(c: Case) -> set[str]:
    opinions = c.cell["opinions"]
    if opinions is None or opinions["closed"]:
        return {"opinion.not_requested"}
    if not may_open(c, opinions):
        return {"opinion.too_early"}
    shut = {actor for actor in opinions["sealed"] if actor not in opinions["opened"]}
    day = opinions["until"] or c.round["days"].get("COUNCIL", [None])[0]
    passed = day is not None and c.at >= midnight_after(day, c.round["zone"])
    return {"opinion.opening_not_over"} if shut & able(c) and not passed else set()


# --- meetings and motions -------------------------------------------------------------------------------


def _present(c: Case, meeting: str) -> set[str]:
    found = c.round["meetings"].get(meeting)
    if found is None or not found["open"]:
        return {"meeting.not_open"}
    return set() if c.signer in found["present"] else {"meeting.not_present"}


def _moves(c: Case) -> set[str]:
    found, b, motion, opinions = _present(c, c.body.meeting), c.body, c.motion, c.cell["opinions"]
    if motion and not motion["decided"] and motion["meeting"] == b.meeting:
        found.add("motion.another_open")
    found |= {"motion.opinions_open"} if opinions and not opinions["closed"] else set()
    outcome = b.matter in ("SPECIAL_CASE", "DISPUTE")
    points = b.matter in ("ADJUSTMENT", "BONUS", "DEDUCTION")
    malformed = outcome is (b.outcome is None) or (points and b.points is None)
    return found | ({"motion.malformed"} if malformed else set())


def _speaks(c: Case) -> set[str]:
    """The motion is the cell's newest, undecided, and its meeting goes on with the speaker in it."""
    if c.motion is None or c.motion["position"] != c.body.motion:
        return {"motion.unknown"}
    found = {"motion.decided"} if c.motion["decided"] else set()
    return found | _present(c, c.motion["meeting"])


def _dissents(c: Case) -> set[str]:
    motion = c.motion
    if motion is None or motion["position"] != c.body.motion or not motion["decided"]:
        return {"motion.unknown"}
    fits = motion["votes"].get(c.signer) == "AGAINST" and c.signer not in motion["dissents"]
    return set() if fits else {"dissent.not_against"}


# --- decisions ------------------------------------------------------------------------------------------


def silent(c: Case) -> set[str]:
    """Return who can still vote on the motion, and has not."""
    meeting = c.round["meetings"].get(c.motion["meeting"], {"open": False})
    return able(c) & meeting["present"] - set(c.motion["votes"]) if meeting["open"] else set()


def carried(matter: str) -> Entry:
    """A quorum of able members signs what a quorum voted on, more for it than against, as it was moved."""

    def check(c: Case) -> set[str]:
        found, motion = member(c) | quorum(c), c.motion
        said = (getattr(c.body, "points", None), getattr(c.body, "outcome", None))
        if matter == "ADJUSTMENT":
            said = (c.body.new_points, None)
        if motion and (motion["points"], motion["outcome"]) != said:
            found.add("decision.not_as_moved")
        if not motion or not c.council or (motion["position"], motion["matter"]) != (c.body.motion, matter):
            return found | {"motion.unknown"}
        votes = [choice for who, choice in motion["votes"].items() if who in able(c)]
        found |= {"motion.decided"} if motion["decided"] else set()
        found |= {"motion.too_few_votes"} if len(votes) < c.council["quorum"] else set()
        ahead = votes.count("FOR") - votes.count("AGAINST")
        found |= {"motion.not_carried"} if ahead <= 0 else set()
        return found | ({"motion.votes_outstanding"} if ahead <= len(silent(c)) else set())

    return check


def within(name: str) -> Entry:
    """Points do not exceed the criterion's maximum."""

    def check(c: Case) -> bool:
        stated = getattr(c.body, name)
        return bool(stated is None or stated <= c.criterion.max_points)

    return "score.above_max", check


def share_of(c: Case, without: int) -> Fraction:
    """Return the most that the agency's share in an initiative is worth."""
    claim = c.cell["initiative"]
    return Fraction(c.criterion.max_points * (claim["share"] if claim else without))


def _referring(c: Case) -> set[str]:
    wrong = not all(0 <= n < c.event.position for n in c.body.references)
    found = {"decision.unknown_reference"} if wrong else set()
    return found if c.body.references else found | {"decision.no_references"}


def _claimed(table: str) -> Entry:
    def check(c: Case) -> set[str]:
        made = c.cell[table]
        found = set() if made and made["position"] == c.body.claim else {"claim.unknown"}
        return found | ({"claim.already_decided"} if c.body.claim in c.cell["settled"] else set())

    return check


def _adjusts(c: Case) -> set[str]:
    if c.criterion.section != "main" or c.cell["out"] is not None:
        return {"criterion.not_adjusted"}
    now = card(c.round, c.agency or "")["rows"][c.event.criterion]["points"]
    found = set() if c.body.old_points == now else {"adjustment.wrong_old_points"}
    return found | ({"adjustment.changes_nothing"} if c.body.new_points == c.body.old_points else set())


def _waives(c: Case) -> Any:
    return set(c.cell["acts"]) & {"DECLARED", "VERIFIED"} == {"DECLARED"} and not c.cell["waived"]


def _rewards(c: Case) -> set[str]:
    """A place of the newest published version that the round's rule rewards (R37)."""
    if not c.round["published"] or c.body.version != c.round["published"][-1]["number"]:
        return {"award.not_newest_version"}
    its = c.round["published"][-1]["results"][c.agency]
    found = set() if c.body.rank == its["rank"] else {"award.wrong_rank"}
    most, least = c.round["awards"]
    classes = [each.code for each in c.round["set"].classes]
    good = its["rank"] <= most and classes.index(its["class"]) <= classes.index(least)
    return found | (set() if good else {"award.not_eligible"})


motion_put: list[Entry] = [member, _moves]
"""What is demanded of any motion; one about a dispute comes with demands of its own."""

COUNCIL: dict[str, list[Entry]] = {
    "RecusalDeclared": [member, ("recusal.of_another", lambda c: c.body.member == c.signer)],
    "OpinionRequested": [
        secretariat,
        ("council.not_established", lambda c: c.council),
        ("opinion.no_method", lambda c: c.round["method"]),
        ("opinion.already_requested", lambda c: c.cell["opinions"] is None),
        ("claim.wrong_section", lambda c: c.criterion.section != "deduction"),
        ("dates.out_of_order", _opinion_days),
        ("opinion.no_time", lambda c: not _day_over(c, c.body.due)),
    ],
    "OpinionSealed": [member, _seals],
    "OpinionOpened": [member, _opens],
    "OpinionsClosed": [secretariat, _closes],
    "RemarkMade": [member, _speaks],
    "VoteCast": [
        member,
        _speaks,
        ("vote.already_cast", lambda c: c.motion is None or c.signer not in c.motion["votes"]),
    ],
    "DissentRecorded": [member, _dissents],
    "SpecialCaseDecided": [
        carried("SPECIAL_CASE"),
        _claimed("special"),
        ("claim.points_mismatch", lambda c: (c.body.outcome == "PARTLY") is (c.body.points is not None)),
        within("points"),
    ],
    "BonusDecided": [
        carried("BONUS"),
        _claimed("initiative"),
        ("score.above_max", lambda c: c.body.points <= share_of(c, 1)),
    ],
    "DeductionDecided": [
        carried("DEDUCTION"),
        (
            "criterion.no_deduction",
            lambda c: c.criterion.section == "deduction" and type(c.criterion.rule).__name__ == "StatedRule",
        ),
        within("points"),
        _referring,
    ],
    "CouncilAdjustmentMade": [carried("ADJUSTMENT"), _adjusts, within("new_points"), _referring],
    "VerificationWaived": [carried("WAIVER"), ("waiver.nothing_to_waive", _waives)],
    "AwardGranted": [AUTHORITY, _rewards, ("award.already_granted", lambda c: not c.dossier["award"])],
}

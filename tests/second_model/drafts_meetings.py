"""What the council means to state in its meetings: motions, votes, decisions."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from domain.stated import council as c
from domain.stated.choices import Choice, Matter, Outcome, ReasonCategory
from tests.second_model.cards import card
from tests.second_model.drafts import Dice, Draft, Propose, Table
from tests.second_model.state import Facts
from tests.second_model.world import MEMBERS

JUDGED = ReasonCategory.COUNCIL_JUDGED


def _convenes(t: Table, d: Dice) -> Draft:
    d.wild = d.wild or t.meeting is not None
    members = sorted((t.found["council"] or {"members": MEMBERS})["members"])
    away = d.below(3)
    present = tuple(m for n, m in enumerate(members) if n != away or d.chance(50))
    chair = (t.found["council"] or {"chair": "member-5"})["chair"]
    matter = f"meeting-{len(t.found['meetings']) + 1}"
    return t.draft(d.pick((chair, "secretary")), c.MeetingOpened(present=present), matter=matter)


def _adjourns(t: Table, d: Dice) -> Draft:
    name = t.meeting or "meeting-1"
    d.wild = d.wild or t.meeting is None
    motions = t.found["meetings"].get(name, {"motions": 0})["motions"]
    return t.draft("secretary", c.MeetingClosed(motions=motions), matter=name)


def _present(t: Table, agency: str) -> list[str]:
    """The able members in the meeting that goes on."""
    here = t.found["meetings"].get(t.meeting, {"present": set()})["present"]
    return [member for member in t.able(agency) if member in here]


def _free(t: Table, cell: Facts) -> bool:
    """Whether something can be moved about a cell in this meeting."""
    motion, opinions = cell["motion"], cell["opinions"]
    busy = motion and not motion["decided"] and motion["meeting"] == t.meeting
    return not busy and not (opinions and not opinions["closed"])


def _agenda(t: Table) -> Iterator[tuple[str, str, Matter]]:
    """Yield what there is to be moved, of all that was stated."""
    for agency, code, cell in t.stated():
        if not _free(t, cell) or not _present(t, agency):
            continue
        claim = cell["special"] or cell["initiative"]
        if t.found["phase"] == "PUBLISHED":
            dispute = t.found["disputes"].get(cell["dispute"])
            if dispute and dispute["reverified"] and not dispute["decided"] and _told(t, agency, dispute):
                yield agency, code, Matter.DISPUTE
            continue
        if claim and claim["position"] not in cell["settled"]:
            yield agency, code, Matter.SPECIAL_CASE if cell["special"] else Matter.BONUS
        if "DECLARED" in cell["acts"] and "VERIFIED" not in cell["acts"] and not cell["waived"]:
            yield agency, code, Matter.WAIVER


def _told(t: Table, agency: str, dispute: Facts) -> bool:
    """Whether all who could lose a rank were told, and have spoken where there is a clock for it."""
    spoken = dispute["notified"] == dispute["heard"] or dispute["path"] == "STATUTORY_COMPLAINT"
    return spoken and bool(dispute["notified"] == dispute["affected"] - {agency})


def _moves(t: Table, d: Dice) -> Draft:
    agenda = list(_agenda(t)) if t.meeting else []
    agenda = [its for its in agenda if its[2] is Matter.WAIVER] if t.pressing else agenda
    if t.found["phase"] != "PUBLISHED" and t.meeting and not t.pressing and d.chance(35):
        agency = d.pick(t.agencies)
        more = [(x.code, Matter.ADJUSTMENT) for x in t.criteria(agency, "main")]
        more += [("D3", Matter.DEDUCTION)] * len(more)
        code, matter = d.pick(more)
        agenda = [(agency, code, matter)]
    spare = (*d.pick([*t.cells(lambda cell: cell["acts"]), t.any_cell(d)]), d.pick(tuple(Matter)))
    agency, code, matter = spare if d.chance(12) else d.among(agenda, [spare])
    body = c.MotionPut(
        meeting=t.meeting or "meeting-1", matter=matter, category=JUDGED, **_said(t, d, agency, code, matter)
    )
    return t.draft(d.pick(_present(t, agency) or ["member-4"]), body, agency, code)


def _said(t: Table, d: Dice, agency: str, code: str, matter: Matter) -> dict[str, Any]:
    """Return outcome and points that a matter comes with."""
    points = d.points(t.criterion(code).max_points)
    if matter is Matter.WAIVER:
        return {}
    if matter is Matter.BONUS:
        share = ((t.cell(agency, code) or {"initiative": None})["initiative"] or {"share": Fraction(1)})[
            "share"
        ]
        return {"points": min(points, t.criterion(code).max_points * share)}
    if matter is Matter.SPECIAL_CASE:
        outcome = d.pick(tuple(Outcome))
        return {"outcome": outcome, "points": points if (outcome is Outcome.PARTLY) ^ d.chance(8) else None}
    if matter is Matter.DISPUTE:
        outcome = d.pick(tuple(Outcome))
        name = (t.cell(agency, code) or {"dispute": None})["dispute"]
        claimed = t.found["disputes"].get(name, {"claimed": points})["claimed"]
        said = {Outcome.ACCEPTED: claimed, Outcome.PARTLY: points, Outcome.REJECTED: None}
        return {"outcome": Outcome.ACCEPTED if d.chance(8) else outcome, "points": said[outcome]}
    return {"points": points}


def _motions(t: Table, *, voted: bool) -> list[tuple[str, str, str]]:
    """Return open motions of the meeting, each with a member who has voted or not."""
    return [
        (agency, code, member)
        for agency, code, cell in t.stated()
        if cell["motion"] and not cell["motion"]["decided"] and cell["motion"]["meeting"] == t.meeting
        for member in _present(t, agency)
        if (member in cell["motion"]["votes"]) is voted
    ]


def _motion(t: Table, agency: str, code: str) -> Any:
    return (t.cell(agency, code) or {"motion": None})["motion"]


def _spare(t: Table, d: Dice) -> tuple[str, str, str]:
    cells = t.cells(lambda cell: cell["motion"])
    return (*(d.pick(cells) if cells else t.any_cell(d)), d.pick(list(MEMBERS)))


def _votes(t: Table, d: Dice) -> Draft:
    agency, code, member = d.among(_motions(t, voted=False), [_spare(t, d)])
    motion = (_motion(t, agency, code) or {"position": 9})["position"]
    choice = d.pick((*[Choice.FOR] * (9 if t.pressing else 4), Choice.AGAINST, Choice.ABSTAIN))
    return t.draft(member, c.VoteCast(motion=motion, choice=choice), agency, code)


def _remarks(t: Table, d: Dice) -> Draft:
    ready = [*_motions(t, voted=True), *_motions(t, voted=False)]
    agency, code, member = d.among(ready, [_spare(t, d)])
    motion = (_motion(t, agency, code) or {"position": 9})["position"]
    return t.draft(member, c.RemarkMade(motion=motion), agency, code)


def _dissents(t: Table, d: Dice) -> Draft:
    ready = [
        (agency, code, member)
        for agency, code, cell in t.stated()
        if cell["motion"] and cell["motion"]["decided"]
        for member, choice in cell["motion"]["votes"].items()
        if choice == "AGAINST" and member not in cell["motion"]["dissents"]
    ]
    agency, code, member = d.among(ready, [_spare(t, d)])
    motion = (_motion(t, agency, code) or {"position": 9})["position"]
    return t.draft(member, c.DissentRecorded(motion=motion), agency, code)


# --- decisions ------------------------------------------------------------------------------------------


def _ripe(t: Table, agency: str, code: str) -> bool:
    """Whether a motion won its vote, waits for its decision, and can have it."""
    motion = _motion(t, agency, code)
    if not _won(t, agency, motion):
        return False
    cell, main = t.cell(agency, code) or {}, t.criterion(code).section == "main"
    dispute = t.found["disputes"].get(cell["dispute"]) or {"notified": None}
    claim = cell["special"] or cell["initiative"]
    return bool(
        {
            "ADJUSTMENT": main and cell["out"] is None and _moves_points(t, agency, code, motion),
            "SPECIAL_CASE": cell["special"] and claim["position"] not in cell["settled"],
            "BONUS": not main and claim and claim["position"] not in cell["settled"],
            "DEDUCTION": code == "D3",
            "WAIVER": not cell["waived"] and set(cell["acts"]) & {"DECLARED", "VERIFIED"} == {"DECLARED"},
            "DISPUTE": dispute["notified"] is not None and dispute["reverified"] and not dispute["decided"],
        }[motion["matter"]]
    )


def _won(t: Table, agency: str, motion: Facts | None, *, early: bool = False) -> bool:
    """Whether a vote is won, whatever those present still say; `early` asks nobody else."""
    if motion is None or motion["decided"]:
        return False
    here = t.found["meetings"].get(motion["meeting"], {"open": False})
    able = set(t.able(agency))
    votes = [choice for who, choice in motion["votes"].items() if who in able]
    left = able & here["present"] - set(motion["votes"]) if here["open"] and not early else set()
    enough = len(votes) >= t.found["council"]["quorum"]
    return enough and votes.count("FOR") > votes.count("AGAINST") + len(left)


def _moves_points(t: Table, agency: str, code: str, motion: Facts) -> bool:
    return bool(card(t.found, agency)["rows"][code]["points"] != motion["points"])


def carried(t: Table, d: Dice, matter: str) -> tuple[str, str, Any]:
    """Return a cell with a motion of this kind that was carried, or one that was not."""
    about = t.cells(lambda cell: cell["motion"] and cell["motion"]["matter"] == matter)
    ready = [its for its in about if _ripe(t, *its)]
    if d.chance(15):
        ready = [its for its in about if _won(t, its[0], _motion(t, *its), early=True)]
    agency, code = d.among(ready, about or t.cells(lambda cell: cell["motion"]) or [t.any_cell(d)])
    motion = _motion(t, agency, code)
    return agency, code, motion or {"position": 9, "outcome": None, "points": None}


def waiting(t: Table) -> list[str]:
    """Return the types that motions wait for: a decision of what was carried, votes on what was not."""
    ready = [DECIDED_BY[cell["motion"]["matter"]] for a, code, cell in t.stated() if _ripe(t, a, code)]
    return ready + (["VoteCast"] if _motions(t, voted=False) else [])


def pressed(t: Table) -> list[str]:
    """Return what the council has to do before it may end: verify or waive, in many meetings if need be."""
    if t.meeting is None:
        return ["MeetingOpened"]
    more = ["MotionPut"] * any(matter is Matter.WAIVER for *_, matter in _agenda(t))
    return [*waiting(t), *more] or ["MeetingClosed", "OpinionsClosed"]


DECIDED_BY = {
    "ADJUSTMENT": "CouncilAdjustmentMade",
    "SPECIAL_CASE": "SpecialCaseDecided",
    "BONUS": "BonusDecided",
    "DEDUCTION": "DeductionDecided",
    "WAIVER": "VerificationWaived",
    "DISPUTE": "DisputeDecided",
}


def _decided(t: Table, agency: str, code: str, body: Any) -> Draft:
    return t.draft(t.quorum(agency), body, agency, code)


def _claim(t: Table, agency: str, code: str, table: str) -> int:
    return int(((t.cell(agency, code) or {table: None})[table] or {"position": 4})["position"])


def _decides_special(t: Table, d: Dice) -> Draft:
    agency, code, motion = carried(t, d, "SPECIAL_CASE")
    body = c.SpecialCaseDecided(
        motion=motion["position"],
        claim=_claim(t, agency, code, "special"),
        outcome=motion["outcome"] or Outcome.REJECTED,
        points=motion["points"],
    )
    return _decided(t, agency, code, body)


def _decides_bonus(t: Table, d: Dice) -> Draft:
    agency, code, motion = carried(t, d, "BONUS")
    claim, points = _claim(t, agency, code, "initiative"), motion["points"] or Fraction(0)
    return _decided(t, agency, code, c.BonusDecided(motion=motion["position"], claim=claim, points=points))


def _decides_deduction(t: Table, d: Dice) -> Draft:
    agency, code, motion = carried(t, d, "DEDUCTION")
    body = c.DeductionDecided(
        motion=motion["position"],
        points=motion["points"] or Fraction(0),
        category=JUDGED,
        references=(motion["position"],),
    )
    return _decided(t, agency, code, body)


def _adjusts(t: Table, d: Dice) -> Draft:
    agency, code, motion = carried(t, d, "ADJUSTMENT")
    now = card(t.found, agency)["rows"][code]["points"]
    body = c.CouncilAdjustmentMade(
        motion=motion["position"],
        old_points=now,
        new_points=Fraction(1) if motion["points"] is None else motion["points"],
        category=JUDGED,
        references=(1, motion["position"]),
    )
    return _decided(t, agency, code, body)


def _waives(t: Table, d: Dice) -> Draft:
    agency, code, motion = carried(t, d, "WAIVER")
    return _decided(t, agency, code, c.VerificationWaived(motion=motion["position"], category=JUDGED))


MEETINGS: dict[str, Propose] = {
    "MeetingOpened": _convenes,
    "MeetingClosed": _adjourns,
    "MotionPut": _moves,
    "VoteCast": _votes,
    "RemarkMade": _remarks,
    "DissentRecorded": _dissents,
    "SpecialCaseDecided": _decides_special,
    "BonusDecided": _decides_bonus,
    "DeductionDecided": _decides_deduction,
    "CouncilAdjustmentMade": _adjusts,
    "VerificationWaived": _waives,
}

"""Bad input: well formed and well signed, and against the rules of the round."""

from __future__ import annotations

from typing import Any

from audit.ledger.submission import Submission
from tests.bad_input.forging import Case, Forge, adjustment, evidence, note, quantities, restated, score
from tests.furnished import APPROVAL, COUNCIL, FROZEN, HARD, INSPECTED
from tests.worlds import DUE, OPEN, World, a_file, agency, attachment


def _points(points: Any, criterion: str = "A1.5") -> Forge:
    return lambda w: restated(score(w, criterion=criterion), body={"points": points})


def _malformed(sentence: str, points: str) -> Case:
    return Case(sentence, "points.malformed", _points(points))


POINTS = (
    Case("points are negative", "points.negative", _points("-0.5"), {"stated": "-0.5"}),
    Case(
        "points are above the maximum", "score.above_max", _points("1.5"), {"stated": "1.5", "maximum": "1"}
    ),
    Case("points have too many decimals", "points.too_precise", _points("0.33333"), {"decimals": 4}),
    Case("points are a float", "number.float", _points(0.5)),
    Case("points are a number instead of text", "points.not_text", _points(1)),
    _malformed("points have a needless zero", "0.50"),
    _malformed("points have an exponent", "5e-1"),
    _malformed("points have a decimal comma", "0,5"),
    _malformed("points have a plus sign", "+1"),
    _malformed("points have a space", " 1"),
    _malformed("points are in Arabic digits", "\u0660"),
    Case("points are none of the choices", "score.not_a_choice", _points("0.7", "A1.1")),
    Case("points are declared where quantities are asked", "score.wrong_kind", _points("1", "A1.2")),
    Case(
        "a quantity is missing",
        "quantities.wrong_names",
        lambda w: quantities(w, completed_tasks="4"),
    ),
    Case(
        "a share is larger than the whole",
        "quantities.share_above_whole",
        lambda w: quantities(w, completed_tasks="5", planned_tasks="4"),
    ),
    Case(
        "a quantity is negative",
        "points.negative",
        lambda w: quantities(w, completed_tasks="-4", planned_tasks="4"),
    ),
)


def _phase(w: World, code: str, phase: str, actor: str = "tk-1") -> Submission:
    return w.sign("PhaseOpened", actor, round=code, body={"phase": phase})


TIME = (
    Case(
        "an inspection note comes while agencies still declare",
        "phase.not_open",
        lambda w: note(w, "nhs-4", OPEN),
        {"now": "SELF_ASSESSMENT"},
    ),
    Case(
        "a score is declared when the council is sitting",
        "phase.not_open",
        lambda w: score(w, round=COUNCIL),
        {"now": "COUNCIL"},
    ),
    Case(
        "the council adjusts before it sits",
        "phase.not_open",
        lambda w: restated(adjustment(w), round=INSPECTED),
    ),
    Case(
        "a score is declared after a hard deadline",
        "deadline.missed",
        lambda w: score(w, round=HARD),
        {"phase": "SELF_ASSESSMENT", "due": "2017-01-31"},
    ),
    Case("a phase is left out", "phase.not_next", lambda w: _phase(w, OPEN, "COUNCIL")),
    Case(
        "a deadline is extended for one agency only",
        "scope.for_everyone",
        lambda w: _extended(w, agency="STC"),
        {"agency": "STC"},
    ),
    Case(
        "a deadline is extended to a day that is over, for those alone who were late",
        "deadline.already_past",
        lambda w: _extended(w, due="2017-02-07"),
        {"due": "2017-02-07"},
    ),
    Case(
        "a deadline is extended when its phase is over",
        "deadline.phase_over",
        lambda w: restated(_extended(w), round=INSPECTED),
        {"phase": "SELF_ASSESSMENT"},
    ),
    Case(
        "an extension does not reach beyond the deadline",
        "deadline.not_later",
        lambda w: _extended(w, due=DUE),
    ),
)


def _extended(w: World, due: str = "2017-02-28", **rest: Any) -> Submission:
    body = {"phase": "SELF_ASSESSMENT", "due": due}
    return w.sign("DeadlineExtended", "ub-1", round=OPEN, body=body, texts={"reason": "Lũ lụt."}, **rest)


EVIDENCE = (
    Case(
        "the file never came",
        "evidence.missing",
        lambda w: evidence(w, attachments=[attachment(a_file("không gửi"))]),
    ),
    Case("the file has another size", "evidence.wrong_size", lambda w: _wrong_size(w), {"stated": 7}),
    Case("no file is named", "evidence.no_file", lambda w: evidence(w, attachments=[])),
    Case(
        "a version of a document is left out",
        "evidence.wrong_version",
        lambda w: evidence(w, "21/BC-STC", version=3),
        {"serial": "21/BC-STC", "stated": 3, "expected": 2},
    ),
    Case(
        "a document is begun anew that the log knows",
        "evidence.wrong_version",
        lambda w: evidence(w, "21/BC-STC"),
    ),
    Case(
        "evidence is put into a frozen dossier",
        "dossier.frozen",
        lambda w: evidence(w, round=FROZEN),
        {"agency": "STC"},
    ),
    Case("a dossier is frozen twice", "dossier.frozen", lambda w: _compiled(w, "STC", 3)),
    Case(
        "a dossier is frozen with a statement fewer than it has",
        "dossier.wrong_count",
        lambda w: _compiled(w, "NHS", 1),
        {"stated": 1, "expected": 0},
    ),
    Case(
        "an item serves a cell that nobody submitted",
        "evidence.unknown_item",
        lambda w: _reused(w, source=0),
    ),
    Case(
        "a file hangs on a statement that takes none",
        "evidence.not_expected",
        lambda w: score(w, files=[a_file("thừa")]),
    ),
)


def _compiled(w: World, agency: str, statements: int) -> Submission:
    return w.sign("DossierCompiled", "tk-1", round=FROZEN, agency=agency, body={"statements": statements})


def _reused(w: World, source: int) -> Submission:
    subject = {"round": OPEN, "agency": "STC", "criterion": "A1.5"}
    return w.sign("EvidenceReused", "stc-2", **subject, body={"source": source})


def _wrong_size(w: World) -> Submission:
    content = a_file("sai kích thước")
    w.runtime.evidence.put(content)
    return evidence(w, attachments=[attachment(content, size=7)])


def _assigned(w: World, inspects: str, *co_signers: str) -> Submission:
    body = {"team": "Đoàn 2", "inspects": inspects, "since": "2017-02-20", "until": "2017-02-24"}
    return w.sign("TeamAssigned", "tk-1", *co_signers, round=INSPECTED, body=body)


def _claim(w: World, actor: str) -> Submission:
    subject = {"round": OPEN, "agency": "STC", "criterion": "A1.5"}
    return w.sign("SpecialCaseClaimed", actor, **subject, texts={"reason": "Không phát sinh."})


def _letter(w: World, *addressees: str) -> Submission:
    body = {"number": "11/SNV-CCHC", "issued_on": "2017-01-10", "addressees": list(addressees)}
    texts = {"title": "Hướng dẫn bổ sung"}
    return w.sign("GuidanceIssued", "tk-1", round=OPEN, body=body, texts=texts, files=[a_file("Công văn")])


def _wave(w: World, group: str) -> Submission:
    body = {"group": group, "issued": 10, "tokens": "ab" * 32, "upward": False}
    return w.sign("SurveyWaveOpened", "tk-1", round=OPEN, body=body)


def _surveyed(w: World, group: str = "STAFF") -> World:
    """A group is asked, and a batch of its ballots is recorded."""
    wave = {"group": group, "issued": 20, "tokens": "ab" * 32, "upward": False}
    w.state("SurveyWaveOpened", "tk-1", round=OPEN, body=wave)
    w.state("BallotsRecorded", "tk-1", round=OPEN, body=_batch(group))
    return w


def _batch(group: str) -> dict[str, object]:
    return {"group": group, "ballots": 6, "root": "cd" * 32}


PERSONS = (
    Case(
        "a team is sent to the home agency of a member",
        "inspection.home_agency",
        lambda w: _assigned(w, "SNV", "stc-1"),
        {"actor": "snv-4", "agency": "SNV"},
    ),
    Case(
        "the secretariat alone sends a team to its own agency",
        "secretariat.own_agency",
        lambda w: _assigned(w, "SNV"),
        {"actor": "tk-1", "agency": "SNV"},
    ),
    Case(
        "a team member acts on the home agency, to which a transfer brought them",
        "inspection.home_agency",
        lambda w: note(w, "ct-4"),
        {"actor": "ct-4", "agency": "STC"},
    ),
    Case("a member of another team inspects", "inspection.not_in_team", lambda w: note(w, "snv-4")),
    Case(
        "the focal officer of an agency declares for another",
        "agency.other_agency",
        lambda w: score(w, "snv-2"),
        {"actor": "snv-2", "agency": "STC"},
    ),
    Case(
        "the head of an agency claims for another",
        "agency.other_agency",
        lambda w: _claim(w, "snv-1"),
        {"actor": "snv-1", "agency": "STC"},
    ),
    Case(
        "an officer of the agency declares who does not keep its dossier",
        "role.not_focal_officer",
        lambda w: score(w, "stc-4"),
    ),
    Case("an agency opens a phase", "role.missing", lambda w: _phase(w, OPEN, "INSPECTION", "stc-1")),
    Case(
        "the secretariat registers an agency",
        "role.registrar_needed",
        lambda w: w.sign("AgencyRegistered", "tk-1", body=agency("SXD")),
    ),
    Case(
        "the secretariat acts alone on the dossier of its own agency",
        "secretariat.own_agency",
        lambda w: _compiled(w, "SNV", 0),
        {"actor": "tk-1", "agency": "SNV"},
    ),
    Case(
        "somebody acts on behalf of another, who delegated nothing",
        "delegation.unknown",
        lambda w: restated(score(w), on_behalf_of="stc-1"),
    ),
    Case(
        "a delegate does what was not delegated",
        "delegation.does_not_cover",
        lambda w: score(w, "stc-4", **_delegated(w, "2018-01-01")),
    ),
    Case(
        "a delegate acts when the delegation is over",
        "delegation.out_of_time",
        lambda w: _delegate_submits(w, "2017-02-01"),
    ),
    Case(
        "somebody acts on behalf of another in what cannot be delegated",
        "delegation.not_delegable",
        lambda w: w.sign(
            "QuestionAsked",
            "stc-4",
            round=OPEN,
            agency="STC",
            texts={"question": "Ai trả lời?"},
            **_delegated(w, "2018-01-01"),
        ),
    ),
    Case(
        "a letter goes to one agency alone",
        "guidance.one_agency_only",
        lambda w: _letter(w, "STC"),
        {"agency": "STC"},
    ),
    Case(
        "a wave opens for a group that no criterion asks",
        "survey.group_not_asked",
        lambda w: _wave(w, "CITIZENS"),
        {"group": "CITIZENS"},
    ),
    Case(
        "a wave opens with the tokens of another group",
        "survey.tokens_used",
        lambda w: _wave(_surveyed(w), "COUNCIL_DEPUTY"),
        {"group": "COUNCIL_DEPUTY"},
    ),
    Case(
        "a batch of ballots is recorded a second time",
        "survey.batch_recorded",
        lambda w: _surveyed(w).sign("BallotsRecorded", "tk-1", round=OPEN, body=_batch("STAFF")),
        {"group": "STAFF"},
    ),
    Case(
        "a letter is confirmed twice",
        "guidance.not_waiting",
        lambda w: _confirmed(w, "stc-2", "STC"),
        {"agency": "STC"},
    ),
    Case(
        "a letter is confirmed by an agency that it was not sent to",
        "guidance.not_waiting",
        lambda w: _confirmed(w, "ct-2", "CT"),
    ),
    Case("a question is answered twice", "question.already_answered", lambda w: _answered(w)),
)


def _delegated(w: World, until: str) -> dict[str, Any]:
    """Name the delegation that holds until a day begins, as a statement under it does."""
    known = w.intake.standing.delegations.items()
    (found,) = (name for name, given in known if given.until.date().isoformat() == until)
    return {"on_behalf_of": "stc-2", "delegation": found}


def _delegate_submits(w: World, until: str) -> Submission:
    body, texts = {"serial": "22/BC-STC", "version": 1}, {"title": "Báo cáo"}
    subject = {"round": OPEN, "agency": "STC", "criterion": "A1.5", **_delegated(w, until)}
    return w.sign("EvidenceSubmitted", "stc-4", body=body, texts=texts, files=[a_file("mới")], **subject)


def _confirmed(w: World, actor: str, agency: str) -> Submission:
    ((_, letter),) = w.intake.standing.guidance
    return w.sign("GuidanceReceived", actor, round=OPEN, agency=agency, body={"guidance": letter})


def _answered(w: World) -> Submission:
    ((_, question),) = w.intake.standing.questions
    texts = {"answer": "Không."}
    return w.sign("QuestionAnswered", "tk-1", round=OPEN, body={"question": question}, texts=texts)


DECISIONS = (
    Case(
        "an adjustment comes without a reason",
        "text.missing",
        lambda w: adjustment(w, reason=None),
        {"field": "reason"},
    ),
    Case("the reason of an adjustment is blank", "opening.empty", lambda w: adjustment(w, reason="\n")),
    Case(
        "an adjustment names a wrong old score",
        "adjustment.wrong_old_points",
        lambda w: adjustment(w, old_points="1"),
        {"stated": "1", "now": "0.5"},
    ),
    Case("an adjustment rests on nothing", "decision.no_references", lambda w: adjustment(w, references=[])),
    Case(
        "an adjustment rests on what is still to come",
        "decision.unknown_reference",
        lambda w: adjustment(w, references=[w.size]),
    ),
    Case(
        "an adjustment is not what was moved",
        "decision.not_as_moved",
        lambda w: adjustment(w, new_points="0.25"),
    ),
    Case(
        "too few members of the council sign",
        "council.too_few_signatures",
        lambda w: adjustment(w, "hd-2"),
        {"signed": 1, "quorum": 2},
    ),
    Case(
        "a member of the council decides on the home agency",
        "council.home_agency",
        lambda w: adjustment(w, "hd-1", "hd-2"),
        {"actor": "hd-1"},
    ),
    Case(
        "somebody decides who is not in the council",
        "council.not_a_member",
        lambda w: adjustment(w, "hd-2", "snv-1"),
    ),
)


def _result(name: str, actor: str, version: int = 1) -> Forge:
    return lambda w: w.sign(name, actor, round=APPROVAL, body={"version": version})


RESULTS = (
    Case(
        "a result is published that nobody approved",
        "result.not_approved",
        _result("ResultPublished", "tk-1"),
    ),
    Case(
        "a result is published before any was proposed, as version 0",
        "result.not_approved",
        _result("ResultPublished", "tk-1", 0),
    ),
    Case(
        "the secretariat approves what it proposed",
        "result.approved_by_secretariat",
        _result("ResultApproved", "tk-1"),
    ),
    Case(
        "a result is approved that nobody proposed",
        "result.not_proposed",
        _result("ResultApproved", "ub-1", 2),
    ),
    Case("the authority proposes to itself", "role.missing", _result("ApprovalProposed", "ub-1")),
    Case(
        "the approving authority publishes in place of the secretariat",
        "role.missing",
        _result("ResultPublished", "ub-1"),
    ),
)

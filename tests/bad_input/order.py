"""Bad input: a statement that belongs elsewhere, or comes out of its order."""

from __future__ import annotations

from audit.ledger.submission import Submission
from tests.bad_input.forging import Case, restated, score
from tests.worlds import KEYS, World, agency

ELSEWHERE = "minhchung.example/another-log"


def _for_another_log(w: World) -> Submission:
    desk = w.desk(origin=ELSEWHERE)
    return desk.sign(w.draft("AgencyRegistered", "dk-1", body=agency("SXD")))


def _under_a_used_id(w: World) -> Submission:
    """Somebody else's statement, under the id of the newest that is in the log."""
    *_, newest = w.runtime.log.entries()
    return restated(score(w), id=newest.statement.id)


def _seen(w: World, *, further: int = 0, root: str | None = None) -> Submission:
    size, true_root = w.intake.checkpoint or (0, "")
    return restated(score(w), seen={"size": size + further, "root": root or true_root})


def _counter(w: World, further: int) -> Submission:
    return restated(score(w), counter=w.intake.keyring.next_counter(KEYS["stc-2"].public_key.id) + further)


def _scored_first(w: World, expects: int | None) -> Submission:
    """A cell whose stream has two statements already."""
    return restated(score(w, criterion="A1.1"), expects=expects)


ELSEWHERE_CASES = (
    Case("it was signed for another log", "log.other", _for_another_log, {"stated": ELSEWHERE}),
    Case("there is no such round", "round.unknown", lambda w: score(w, round="2015"), {"round": "2015"}),
    Case(
        "the agency is not ranked in the round",
        "agency.not_in_round",
        lambda w: score(w, agency="SXD"),
    ),
    Case("there is no such criterion", "criterion.unknown", lambda w: score(w, criterion="A9.1")),
    Case(
        "the criterion does not apply to the agency's block",
        "criterion.not_applicable",
        lambda w: score(w, "ct-2", agency="CT", criterion="A2.2"),
    ),
    Case(
        "a score is stated for an agency as a whole",
        "scope.mismatch",
        lambda w: restated(score(w), criterion=None),
    ),
    Case("a log is opened in the middle of a log", "genesis.misplaced", lambda w: _genesis(w)),
)

ORDER = (
    Case("the same id comes with another payload", "id.conflict", _under_a_used_id),
    Case(
        "the signer had not seen the newest statement about the cell",
        "expects.stale",
        lambda w: _scored_first(w, 1),
        {"stated": 1, "now": 2},
    ),
    Case(
        "the signer claims to have seen a version that is not there yet",
        "expects.stale",
        lambda w: _scored_first(w, 3),
    ),
    Case("the version is missing", "expects.missing", lambda w: _scored_first(w, None)),
    Case(
        "a version is stated where none belongs",
        "expects.forbidden",
        lambda w: w.sign("AgencyRegistered", "dk-1", body=agency("SXD"), expects=True),
    ),
    Case("the counter was used before", "counter.stale", lambda w: _counter(w, -1)),
    Case("the counter leaves one out", "counter.ahead", lambda w: _counter(w, 1)),
    Case("nothing was seen", "seen.missing", lambda w: restated(score(w), seen=None)),
    Case("another root was seen", "seen.false", lambda w: _seen(w, root="0" * 64)),
    Case("a size was seen that the log does not have yet", "seen.false", lambda w: _seen(w, further=1)),
    Case(
        "a size was seen that never had a checkpoint",
        "seen.false",
        lambda w: _seen(w, further=-2),
    ),
)


def _genesis(w: World) -> Submission:
    first = next(iter(w.runtime.log.entries()))
    subject = {"together": True, "expects": False, "body": dict(first.statement.body)}
    return w.sign("LogOpened", *first.statement.actors, **subject)

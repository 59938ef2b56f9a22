"""The only way in: a batch is decided one by one, a retry gets its receipt, many may come at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from api.settings import Settings
from audit.ledger.submission import Accepted, Outcome, Refused, Submission
from audit.proofs.keys import demo_signing_key
from tests.audit.ledger.callers import Gate, checkpoint_sizes, held, in_short, joined, registering
from tests.bad_input.forging import evidence, repacked, signature_bit
from tests.traces import check_whole, register, tables
from tests.worlds import AGENCIES, OPEN, World, a_file, agency, attachment, enrolment, found, reopen

# --- a batch --------------------------------------------------------------------------------------------


def test_refused_statement_does_not_fail_its_neighbours(world: World) -> None:
    """A batch is decided statement by statement; what is admitted lies side by side, without gaps."""
    good, bad = world.desk(), world.desk()
    batch = [
        registering(world, "A", desk=good),
        registering(world, "not a code", "dk-2", bad),
        registering(world, "B", desk=good),
        registering(world, "A", "dk-2", good),
        Submission(b"{}"),
        registering(world, "C", desk=good),
    ]
    assert in_short(world.submit(*batch)) == [
        1,
        "agency.malformed_code",
        2,
        "agency.already_registered",
        "envelope.not_canonical",
        3,
    ]
    assert len(check_whole(world)) == 4
    assert [rule for _, rule, _, _ in register(world)] == [
        "agency.malformed_code",
        "agency.already_registered",
        "envelope.not_canonical",
    ]


def test_statements_build_on_earlier_ones_of_their_batch(world: World) -> None:
    """A key enrolled, an agency and an officer registered: the next statements of the batch rest on them."""
    officer, role = {"officer": "new-1", "home": "A"}, {"officer": "new-1", "role": "SECRETARIAT"}
    key = demo_signing_key(900)
    desk = world.desk(keys={"new-1": key})
    drafts = [
        world.draft("KeyEnrolled", "new-1", "dk-1", "dk-2", body=enrolment("new-1", key)),
        world.draft("AgencyRegistered", "dk-1", body=agency("A")),
        world.draft("OfficerRegistered", "dk-1", body=officer, texts={"name": "Người thử"}),
        world.draft("RoleGranted", "dk-2", body=role),
        world.draft("AgencyRegistered", "new-1", body=agency("B")),
    ]
    outcomes = world.submit(*(desk.sign(draft) for draft in drafts))
    assert in_short(outcomes) == [1, 2, 3, 4, "role.registrar_needed"]
    assert [r.originator_version for r in check_whole(world)] == [1, 2, 3, 4, 5]


def test_signature_of_a_key_enrolled_just_before_is_checked_as_well(world: World) -> None:
    """A key that is new in its batch vouches for nothing that it did not sign."""
    key = demo_signing_key(900)
    desk = world.desk(keys={"new-1": key})
    enrolled = desk.sign(world.draft("KeyEnrolled", "new-1", "dk-1", "dk-2", body=enrolment("new-1", key)))
    stated = world.draft("AgencyRegistered", "new-1", body=agency("A"))
    forged = repacked(desk.sign(stated), signature_bit)
    assert in_short(world.submit(enrolled, forged)) == [1, "signature.bad"]
    assert in_short(world.submit(repacked(enrolled, signature_bit))) == ["signature.bad"]


@pytest.mark.parametrize("together", [False, True])
def test_what_is_sent_together_goes_in_whole_or_not_at_all(world: World, together: bool) -> None:
    """One refused statement keeps out those that were sent as one with it, and they are told why."""
    desk, before = world.desk(), tables(world)
    group = [
        registering(world, "A", desk=desk),
        registering(world, "?", "dk-2", desk),
        registering(world, "B", desk=desk),
    ]
    found_rules = in_short(world.submit(*group, together=together))
    if together:
        neighbour = "batch.neighbour_refused"
        assert found_rules == [neighbour, "agency.malformed_code", neighbour]
        assert tables(world) == before
        assert [rule for _, rule, _, _ in register(world)] == found_rules
        assert in_short(world.submit(group[0], group[2], together=True)) == [1, 2]
    else:
        assert found_rules == [1, "agency.malformed_code", 2]
    check_whole(world)


def test_what_was_in_before_stays_in_whatever_it_is_sent_with(world: World) -> None:
    """A retry beside a refused statement still gets its receipt."""
    first, bad = registering(world, "A"), registering(world, "?", "dk-2")
    world.submit(first)
    again, refused = world.submit(first, bad, together=True)
    assert isinstance(again, Accepted)
    assert (again.position, again.repeated) == (1, True)
    assert isinstance(refused, Refused)
    assert refused.refusal.rule == "agency.malformed_code"


def test_each_batch_has_one_checkpoint_that_opens(world: World) -> None:
    """Every commit is signed for, whatever its size; a batch of refusals alone changes nothing to sign."""
    desk = world.desk()
    world.submit(*(registering(world, f"A{n}", desk=desk) for n in range(5)))
    world.submit(registering(world, "B"))
    world.submit(registering(world, "B"))
    assert checkpoint_sizes(world) == [1, 6, 7]
    check_whole(world)


def test_evidence_comes_before_the_statement_that_names_it(settings: Settings) -> None:
    """A statement about a file that is not there is refused, and admitted once the file has come."""
    world = found(settings.data)
    content = a_file("Báo cáo quý I")
    statement = evidence(world, attachments=[attachment(content)])
    wrong = evidence(world, attachments=[attachment(content, size=len(content) + 1)])
    assert in_short(world.submit(statement)) == ["evidence.missing"]
    world.runtime.evidence.put(content)
    assert in_short(world.submit(wrong)) == ["evidence.wrong_size"]
    assert in_short(world.submit(statement)) == [world.size - 1]
    world.close()


# --- the same again -------------------------------------------------------------------------------------


def test_retry_gets_the_same_receipt_for_ever(world: World, settings: Settings) -> None:
    """The same statement twice in a batch, again later, and after a restart: one entry, one position."""
    statement = registering(world, "A")
    first, twice = world.submit(statement, statement)
    (later,) = world.submit(statement)
    world.close()
    reopened = reopen(settings.data)
    (after_restart,) = reopened.submit(statement)
    assert isinstance(first, Accepted)
    assert twice == later == after_restart == replace(first, repeated=True)
    assert len(check_whole(reopened)) == 2
    assert register(reopened) == []
    reopened.close()


# --- many at once ---------------------------------------------------------------------------------------


def test_many_threads_each_get_the_right_answer(settings: Settings) -> None:
    """Eight officers declare at once, every third time too much: what is right is in, without gaps."""
    world = found(settings.data)
    before = world.size
    officers = [f"{code.lower()}-{n}" for code in AGENCIES for n in (2, 3)]
    stated = ("A1.3", "A1.5", "A1.7", "A2.3", "A3.3", "A3.5")

    def declare(officer: str) -> list[Outcome]:
        code, half = officer[:-2].upper(), stated[:3] if officer.endswith("2") else stated[3:]
        answers = []
        for number, criterion in enumerate(half * 2):
            points = "100" if number % 3 == 2 else "0.5"
            subject = {"round": OPEN, "agency": code, "criterion": criterion}
            answers += world.submit(
                world.sign("SelfScoreDeclared", officer, **subject, body={"points": points})
            )
        return answers

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(declare, officers))
    rules = [in_short(outcomes) for outcomes in answers]
    assert all([type(rule) for rule in told] == [int, int, str] * 2 for told in rules)
    assert {rule for told in rules for rule in told if isinstance(rule, str)} == {"score.above_max"}
    positions = [rule for told in rules for rule in told if isinstance(rule, int)]
    assert sorted(positions) == list(range(before, before + 32))
    assert len(check_whole(world)) == world.intake.size == before + 32
    assert len(register(world)) == 16
    world.close()


def test_whoever_finds_the_log_free_commits_all_that_wait(world: World) -> None:
    """Callers that came while a commit ran share the next one, in the order they came."""
    gated = joined(world, gate := Gate())
    desk = gated.desk()
    with held(gated, gate, registering(gated, "FIRST", desk=desk)) as join:
        told = [join(registering(gated, f"A{n}", desk=desk)) for n in range(4)]
    assert [in_short(answer.result()) for answer in told] == [[2], [3], [4], [5]]
    assert checkpoint_sizes(gated) == [1, 2, 6]
    check_whole(gated)


@pytest.mark.parametrize("together", [False, True])
def test_retry_that_meets_the_first_in_one_commit_goes_in_once(world: World, together: bool) -> None:
    """Two callers bring the same statement to the same commit: one entry, one position for both."""
    gated = joined(world, gate := Gate())
    desk = gated.desk()
    with held(gated, gate, registering(gated, "FIRST", desk=desk)) as join:
        statements = [registering(gated, "A", desk=desk), registering(gated, "B", desk=desk)]
        first, again = join(*statements, together=together), join(*statements, together=together)
    once = [outcome for outcome in first.result() if isinstance(outcome, Accepted)]
    assert [outcome.position for outcome in once] == [2, 3]
    assert again.result() == [replace(outcome, repeated=True) for outcome in once]
    assert len(check_whole(gated)) == 4
    assert checkpoint_sizes(gated) == [1, 2, 4]

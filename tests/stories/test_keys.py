"""What befell two keys at the end of the example: seen in the verdict and in traces, and in no number."""

from __future__ import annotations

from pathlib import Path

from api import answers
from api.keys import key_show
from api.runtime import reading
from api.settings import Settings
from api.story_keys import DOUBTED, MISLAID, REMEMBERED, STOLEN
from audit.proofs.keyring import KEY_EVENTS
from projections.queries import ranking
from tests.stories.told import Told


def test_a_compromised_key_leaves_doubt_until_its_owner_speaks(told: Told) -> None:
    """Three of its five last statements are reaffirmed; the others stay contested wherever they are shown."""
    with_log = told.log, told.connection, told.log.size
    old, new = key_show(*with_log, STOLEN)["keys"]
    assert (old["state"], new["state"]) == ("revoked", "valid")
    counted = {name: len(positions) for name, positions in old["contested"].items()}
    assert counted == {"reaffirmed": REMEMBERED, "contested": DOUBTED - REMEMBERED, "repudiated": 0}
    for name in ("reaffirmed", "contested"):
        position = old["contested"][name][0]
        criterion = told.statements[position].criterion
        traced = answers.trace(told.log, told.connection, "2017", "STTTT", criterion, told.log.size)
        (event,) = [e for e in traced["events"] if e["position"] == position]
        assert event["authorship"] == name


def test_a_mislaid_key_signs_on_once_it_is_found(told: Told) -> None:
    """It was suspended for a day, and is the same key again."""
    (key,) = key_show(told.log, told.connection, told.log.size, MISLAID)["keys"]
    ((since, until),) = [(s["since"], s["until"]) for s in key["suspensions"]]
    assert told.statements[since].type == "KeySuspended.v1"
    assert told.statements[until].type == "KeyReinstated.v1"
    assert key["state"] == "valid"


def test_what_befalls_keys_moves_no_rank(demo_data: Path) -> None:
    """The ranking after the last acts of people and after all that was stated of keys is the same."""
    with reading(Settings(demo_data)) as log, log.database.read() as connection:
        kinds = [recorded.statement.type in KEY_EVENTS for recorded in log.entries()]
        before = len(kinds) - kinds[::-1].index(False)
        assert before < log.size
        for code in ("2016", "2017"):
            assert ranking(connection, code, before) == ranking(connection, code, log.size)

"""What README and the page on commands show is run here as it stands there, on a demo really built."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from api.cli import app
from domain.events import CATALOGUE
from tests.cli_page import (
    COMMANDS,
    DAMAGED,
    DAMAGED_JSON,
    JSON,
    PLAIN,
    damage,
    run,
    samples,
    shape,
    shortened,
    skeleton,
    words_of,
)
from tests.conftest import DemoTold

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
PAGE = (ROOT / "docs" / "cli.md").read_text("utf-8")
ACTIVATE = ". .venv/bin/activate"
SHOWN = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    for line in block.splitlines()
]
Ran = Callable[..., subprocess.CompletedProcess[str]]


WRITING = {"search", "rebuild"}
"""Commands that bring read tables up to the log."""


@pytest.fixture(scope="module")
def ran(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Run a command on the demo, each only once; those that write read tables, on a copy of it."""
    known: dict[tuple[str, ...], subprocess.CompletedProcess[str]] = {}

    def ask(*words: str) -> subprocess.CompletedProcess[str]:
        if words not in known:
            writes = words[0] in WRITING
            data = tmp_path_factory.mktemp("written") / "data" if writes else demo_data
            if writes:
                shutil.copytree(demo_data, data)
            known[words] = run(data, *words)
        return known[words]

    return ask


# --- the README -----------------------------------------------------------------------------------------


def test_the_readme_shows_the_two_commands_and_only_what_can_be_run() -> None:
    """Beside `make demo`, `make test` and the activation, every shown line is a `minhchung` command."""
    assert SHOWN[:2] == ["make demo", "make test"]
    rest = [line for line in SHOWN[2:] if line != ACTIVATE]
    assert len(rest) >= 3
    assert all(line.startswith("minhchung ") for line in rest)


@pytest.mark.parametrize("target", ["demo", "test"])
def test_the_makefile_knows_what_the_readme_asks_for(target: str) -> None:
    """`make demo` runs the demo and `make test` the tests."""
    asked = subprocess.run(
        ["make", "--dry-run", "--always-make", target], cwd=ROOT, capture_output=True, text=True, check=True
    )
    wanted = {"demo": "bin/minhchung demo", "test": "-m pytest"}[target]
    assert wanted in asked.stdout


@pytest.mark.parametrize("line", [line for line in SHOWN if line.startswith("minhchung ")])
def test_a_command_of_the_readme_runs(ran: Ran, demo_data: Path, line: str) -> None:
    """The command ends well on a fresh demo and says something."""
    ended = ran(*shlex.split(line.replace(" data/", f" {demo_data}/"))[1:])
    assert ended.returncode == 0, ended.stderr
    assert len(ended.stdout.splitlines()) > 3


def test_the_places_in_the_readme_are_the_ones_that_come_out(ran: Ran) -> None:
    """The published first three of each block, as the README lists them, are the first three of the fold."""
    rows = [line.strip("| ").split(" | ") for line in re.findall(r"^\| [123] \|.*$", README, re.MULTILINE)]
    blocks = json.loads(ran("rank", "--round", "2016", "--json").stdout)["blocks"]
    for place, *names in rows:
        for name, block in zip(names, blocks, strict=True):
            found = block["places"][int(place) - 1]
            assert found["rank"] == int(place)
            assert not found["shared"]
            assert name in found["name_vi"]
    assert [row[0] for row in rows] == ["1", "2", "3"]


def test_the_readme_says_before_anything_is_run_that_scores_are_invented() -> None:
    """Nobody takes the example's numbers for real ones."""
    assert README.index("scores in the example are invented") < README.index("```sh")


def test_the_readme_counts_what_there_is(demo_data: Path) -> None:
    """The numbers of kinds and of statements are those of the catalogue and of the demo."""
    assert f"all {len(CATALOGUE)} kinds of statements" in README
    (told,) = re.findall(r"about ([0-9],[0-9]00) signed statements", README)
    with sqlite3.connect(f"file:{demo_data / 'minhchung.db'}?mode=ro", uri=True) as connection:
        (size,) = connection.execute("SELECT count(*) FROM stored_events").fetchone()
    connection.close()
    assert abs(size - int(told.replace(",", ""))) < 100


def test_the_readme_is_short_enough_to_be_read() -> None:
    """A reader sees all of it in a few minutes."""
    assert len(README.splitlines()) <= 120


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md"])
def test_links_of_the_front_pages_lead_somewhere(name: str) -> None:
    """A link names a file that is there."""
    targets = re.findall(r"\]\(([^)#]+)\)", (ROOT / name).read_text("utf-8"))
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


# --- the page on commands -------------------------------------------------------------------------------


def _commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every command by its words, those of groups too."""
    for name, command in group.commands.items():
        yield f"{before}{name}", command
        if hasattr(command, "commands"):
            yield from _commands(command, f"{before}{name} ")


def test_every_command_and_option_is_on_the_page() -> None:
    """A new command or option without a word on the page fails here."""
    commands = dict(_commands(typer.main.get_command(app)))
    assert set(re.findall(r"^##+ ([a-z -]+)$", PAGE, re.MULTILINE)) == set(commands)
    for name, command in commands.items():
        for option in {
            flag for parameter in command.params for flag in parameter.opts if flag.startswith("--")
        }:
            assert option in PAGE, f"{name} {option}"


def test_the_page_shows_every_sample() -> None:
    """Each sample that is made stands on the page, under the command that makes it."""
    assert samples().keys() == {*PLAIN, *JSON, DAMAGED_JSON}
    for name in COMMANDS:
        assert f"`minhchung {' '.join(words_of(name, Path('data')))}" in PAGE


@pytest.mark.parametrize("name", PLAIN)
def test_a_sample_reads_like_what_the_command_prints(ran: Ran, demo_data: Path, name: str) -> None:
    """Headings, labels and sentences are those of today; `python -m tests.cli_page DIR` writes them anew."""
    assert skeleton(samples()[name]) == skeleton(ran(*words_of(name, demo_data)).stdout)


@pytest.mark.parametrize("name", JSON)
def test_a_json_sample_has_the_names_of_the_real_answer(ran: Ran, demo_data: Path, name: str) -> None:
    """Every name of the sample is answered, and every name of the answer is in the sample."""
    words = words_of(name.removesuffix(" json"), demo_data)
    answer = json.loads(ran(*words, "--json").stdout)
    assert shape(json.loads(samples()[name])) == shape(shortened(answer))


def test_a_command_answers_in_english_too(ran: Ran) -> None:
    """States, paths and headings of the docket are told in the language that was asked for."""
    vietnamese, english = ran("dispute", "list").stdout, ran("dispute", "list", "--lang", "en").stdout
    for told, words in ((vietnamese, ("Trạng thái", "đã rút")), (english, ("State", "withdrawn"))):
        assert all(word in told for word in words)


def test_a_changed_bit_is_answered_as_the_page_shows(demo_data: Path, tmp_path: Path) -> None:
    """After one bit of one entry was flipped, `verify` ends with 1 and names the entry's position."""
    ended = run(damage(demo_data, tmp_path / "copy"), "verify", "--json")
    answer = json.loads(ended.stdout)
    assert ended.returncode == 1
    assert shape(json.loads(samples()[DAMAGED_JSON])) == shape(shortened(answer))
    assert DAMAGED in {found["position"] for found in answer["findings"]}


def test_the_demo_command_builds_ranks_and_verifies(demo_told: DemoTold) -> None:
    """`minhchung demo --no-serve` leaves a whole log, and answers with size, ranking and verdict."""
    assert demo_told.returncode == 0, demo_told.stderr
    answer = json.loads(demo_told.stdout)
    assert list(answer) == ["size", "ranking", "verdict"]
    assert answer["size"] == answer["verdict"]["size"] >= 8000
    assert answer["verdict"]["ok"]
    assert shape(shortened(answer["ranking"])) == shape(json.loads(samples()["rank json"]))
    assert shape(shortened(answer["verdict"])) == shape(json.loads(samples()["verify json"]))
    assert (demo_told.data / "minhchung.db").exists()


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("rank", "--round", "1999"), 2),
        (("trace", "NOBODY"), 2),
        (("trace", "SNV", "Z9"), 2),
        (("rank", "--block", "NOWHERE"), 2),
        (("verify", "no-such-directory"), 2),
        (("progress", "--round", "1999"), 2),
        (("council", "precedents", "Z9"), 2),
        (("council", "precedents", "A1.2", "--matter", "WEATHER"), 2),
        (("dispute", "show", "dispute-99"), 2),
    ],
)
def test_a_question_that_cannot_be_answered_ends_with_usage(
    ran: Ran, words: tuple[str, ...], status: int
) -> None:
    """Exit status 2 and a sentence on the error stream, as the page says."""
    ended = ran(*words)
    assert ended.returncode == status
    assert ended.stderr.strip()
    assert not ended.stdout

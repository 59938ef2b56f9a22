"""The house stands as drawn: who may import whom, nothing in a circle, nothing of one machine committed."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HOUSE = ("domain", "audit", "projections", "api")
MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for name in HOUSE
    for path in sorted((ROOT / name).rglob("*.py"))
}
STANDARD = frozenset(sys.stdlib_module_names)
MAY_IMPORT = {
    "domain": {"domain"},
    "audit": set(),
    "audit.proofs": {"audit.proofs", "cryptography"},
    "audit.ledger": {"audit.ledger", "audit.proofs", "domain", "eventsourcing", "sqlalchemy"},
    "projections": {"projections", "domain", "sqlalchemy", "eventsourcing"},
}
"""What each part may import beside the standard library; `api` joins them and may import all."""
EXCEPTIONS = {
    ("audit.ledger.fast", "nacl"),
    ("audit.ledger.sealing", "cryptography"),
    ("audit.ledger.shelf_s3", "boto3"),
    ("audit.ledger.shelf_s3", "botocore"),
    ("audit.ledger.stamping", "rfc3161_client"),
    ("audit.proofs.tokens", "rfc3161_client"),
}
"""Extras, asked for inside functions: what needs them says so where they are missing; and one cipher."""
READ_ALOUD = (".py", ".md", ".yaml", ".yml", ".toml", ".txt", ".csv", ".sh", ".json", "Makefile", "run")


@cache
def imports(module: str) -> frozenset[str]:
    """Return the names of all modules that a module imports, wherever in it."""
    return frozenset(_imported(module, ast.parse(MODULES[module].read_text("utf-8"))))


def _imported(module: str, tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if inner in MODULES else str(node.module)


def part_of(module: str) -> str:
    """Return the part of the house a module belongs to: `audit.proofs`, else its first name."""
    two = ".".join(module.split(".")[:2])
    return two if two in MAY_IMPORT else module.split(".")[0]


def _stands_on(module: str, imported: str) -> bool:
    allowed = MAY_IMPORT[part_of(module)]
    top = imported.split(".")[0]
    known = part_of(imported) if imported in MODULES else top
    return top in STANDARD or known in allowed or (module, top) in EXCEPTIONS


@pytest.mark.parametrize("module", [name for name in MODULES if part_of(name) != "api"])
def test_a_module_imports_only_what_its_part_stands_on(module: str) -> None:
    """Domain knows nobody, proofs only `cryptography`, write and read side not each other, nobody the api."""
    assert [name for name in sorted(imports(module)) if not _stands_on(module, name)] == []


def test_the_check_would_see_a_wrong_import() -> None:
    """The rule above is not empty: each forbidden direction is refused by it."""
    wrong = [
        ("domain.points", "audit.proofs.keys"),
        ("domain.points", "sqlalchemy"),
        ("audit.proofs.keys", "domain.points"),
        ("audit.proofs.keys", "nacl"),
        ("audit.proofs.keys", "audit.ledger.codec"),
        ("audit.ledger.intake", "projections.queries"),
        ("audit.ledger.intake", "nacl"),
        ("projections.queries", "audit.proofs.keys"),
        ("projections.queries", "api.cli"),
    ]
    assert all(module in MODULES for module, _ in wrong)
    assert [pair for pair in wrong if _stands_on(*pair)] == []


UNDER_WHAT_IS_STATED = {"domain.shapes", "domain.visibility", "domain.criteria", "domain.deadlines"}
"""What the bodies of statements are made of; `domain.stated.choices` is their list of words."""


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("domain.stated.")])
def test_what_is_stated_knows_no_rules(module: str) -> None:
    """The bodies of statements can be read without a rule: nothing in them looks at a standing."""
    known = {name for name in imports(module) if name in MODULES}
    assert known <= UNDER_WHAT_IS_STATED | {"domain.stated.choices"}


def test_no_modules_import_each_other_in_a_circle() -> None:
    """The modules of the house can be read in one order, each after those it imports."""
    graph = {name: {other for other in imports(name) if other in MODULES} for name in MODULES}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as wrong:
        pytest.fail(" -> ".join(wrong.args[1]))
    assert len(order) == len(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_opens_with_what_it_is_for(module: str) -> None:
    """The first line of a module is a docstring that ends as a sentence."""
    told = ast.get_docstring(ast.parse(MODULES[module].read_text("utf-8")))
    assert told
    assert told.splitlines()[0].endswith((".", ":", "?"))


@pytest.mark.parametrize("ground", ["domain", "audit.proofs"])
def test_the_ground_loads_nothing_that_stands_on_it(ground: str) -> None:
    """Importing all of domain or of the proofs brings in neither eventsourcing nor SQLAlchemy nor others."""
    names = [name for name in MODULES if part_of(name) == ground]
    script = f"import json, sys\nimport {', '.join(names)}\nprint(json.dumps(sorted(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    loaded = {name.split(".")[0] for name in json.loads(run.stdout)}
    assert set(names) <= set(json.loads(run.stdout))
    foreign = {"eventsourcing", "sqlalchemy", "pydantic", "fastapi", "typer", "rich", "nacl", "yaml", "api"}
    assert loaded & (foreign | {"projections"}) == set()
    assert "audit" not in loaded or ground == "audit.proofs"


def test_the_packages_that_are_shipped_are_those_of_the_house() -> None:
    """A folder with modules is named in pyproject.toml, one by one."""
    folders = {".".join(path.parent.relative_to(ROOT).parts) for path in MODULES.values()}
    shipped = re.search(
        r"^packages = \[(\"domain\".*?)\]", (ROOT / "pyproject.toml").read_text("utf-8"), re.M
    )
    assert shipped is not None
    assert set(re.findall(r'"([^"]+)"', shipped[1])) == folders


# --- what is committed ----------------------------------------------------------------------------------


@cache
def committed() -> tuple[Path, ...]:
    """Return the files under version control, or about to be; elsewhere there is nothing to look at."""
    asked = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this is not a clone: git lists no files")
    return tuple(path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file())


FORBIDDEN = {
    "the address of a package registry": re.compile(
        r"https?://[^\s\"'<>]*(?:/simple\b|pypi\.|/packages/[0-9a-f]{2}/)"
    ),
    "an option that names a registry": re.compile(r"--(?:extra-)?index-url|--find-links|--trusted-host"),
    "a path of one machine": re.compile(r"(?<![\w./<-])/(?:work|root|home|Users|workspace)/[\w.-]"),
    "a conflict left behind": re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nothing_of_one_machine_is_committed(what: str) -> None:
    """No file that people read says where it was written, or where packages came from."""
    found = {
        f"{path.relative_to(ROOT)}: {hit[0]}"
        for path in committed()
        if path.name.endswith(READ_ALOUD) and path != Path(__file__)
        for hit in [FORBIDDEN[what].search(path.read_text("utf-8", errors="replace"))]
        if hit
    }
    assert found == set()


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("the address of a package registry", "http://127.0.0.1:3141/root/simple/"),
        ("an option that names a registry", "pip install --index-url x"),
        ("a path of one machine", "see /home/somebody/notes"),
        ("a conflict left behind", "a\n<<<<<<< ours\n"),
    ],
)
def test_the_search_finds_what_it_looks_for(what: str, text: str) -> None:
    """The patterns above are not empty."""
    assert FORBIDDEN[what].search(text)


@cache
def _variables() -> frozenset[str]:
    names: set[str] = set()
    for path in (*MODULES.values(), *(ROOT / "tests").rglob("*.py"), ROOT / "Makefile"):
        if path != Path(__file__):
            names |= set(re.findall(r"\bMINHCHUNG_[A-Z_]*[A-Z]\b", path.read_text("utf-8")))
    return frozenset(names)


def test_every_variable_of_the_environment_is_documented() -> None:
    """Whoever sets up the program finds each variable it looks at in README or docs."""
    told = "".join(path.read_text("utf-8") for path in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md")))
    assert "MINHCHUNG_DATA" in _variables()
    assert {name for name in _variables() if not re.search(rf"\b{name}\b", told)} == set()

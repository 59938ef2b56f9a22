"""Every rule that the code can answer with has words in both languages, made of facts that it is given."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache
from typing import cast

import pytest

from api.terms import event_name, term
from api.wording import OPTIONAL, PLACEHOLDER, Language, NoWording, Words, tell, texts, word, wording
from audit.ledger.errors import LedgerError
from audit.proofs.errors import AuditError
from audit.proofs.keyring import CUSTODIES, KEY_EVENTS, REVOCATIONS, SUSPENSIONS
from domain.consistency import Mismatch
from domain.criteria import Block
from domain.deadlines import Phase
from domain.events import CATALOGUE, Kind, Scope
from domain.refusals import DomainError
from domain.stated.choices import (
    Choice,
    Concurrence,
    Ground,
    Matter,
    Outcome,
    Path,
    Quality,
    ReasonCategory,
    Role,
    Step,
    TeamRole,
)
from projections.casefile import Chapter
from projections.conflicts import Conflict
from projections.docket import State
from projections.pending import Office
from projections.progress import Alert
from projections.tables import read_side
from tests.conftest import ROOT

PACKAGES = ("domain", "audit", "projections", "api")
RULE = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_*]+)+")
WRITERS = {"refuse", "turn", "_found", "walked.found", "Finding.of", "Finding", "Refusal"}
"""The functions and values that name a rule; the errors that do are found by their base classes."""
CARRIED = re.compile(r"(?:\w+\.)*rule")
"""How a rule is passed on that was named somewhere else: `rule`, `wrong.rule`, `wrong.refusal.rule`."""


@dataclass(frozen=True, slots=True)
class Site:
    """One place that names a rule, or passes one on (rule is nothing), with the facts it gives."""

    where: str
    rule: str | None
    facts: frozenset[str]


def _subclasses(base: type[Exception]) -> Iterator[type[Exception]]:
    yield base
    for heir in base.__subclasses__():
        yield from _subclasses(heir)


@cache
def _writers() -> frozenset[str]:
    errors = [error for base in (AuditError, DomainError, LedgerError) for error in _subclasses(base)]
    named = {error.__name__ for error in errors if "rule" in inspect.signature(error.__init__).parameters}
    return frozenset(WRITERS | named | {"super().__init__"})


def _rules_in(value: ast.expr) -> set[str]:
    """Return the rules that an expression names: a text, or a choice between texts."""
    if isinstance(value, ast.JoinedStr):
        named = {"".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in value.values)}
    else:
        named = {str(node.value) for node in ast.walk(value) if isinstance(node, ast.Constant)}
    return {text for text in named if RULE.fullmatch(text)}


def _assigned(function: ast.AST, name: str) -> list[ast.expr]:
    """Return what a function puts into a variable."""
    assigned = [node for node in ast.walk(function) if isinstance(node, ast.Assign)]
    return [node.value for node in assigned if ast.unparse(node.targets[0]) == name]


def _facts(call: ast.Call, after: int, function: ast.AST) -> frozenset[str]:
    """Return the names of the facts of a call: keywords, names that stand after the rule, keys of a dict."""
    names = {keyword.arg for keyword in call.keywords if keyword.arg}
    spread = [keyword.value for keyword in call.keywords if isinstance(keyword.value, ast.Dict)]
    for argument in (*call.args[after + 1 :], *spread):
        written = ast.unparse(argument)
        dicts = [d for d in (argument, *_assigned(function, written)) if isinstance(d, ast.Dict)]
        if dicts:
            names |= {str(key.value) for d in dicts for key in d.keys if isinstance(key, ast.Constant)}
        else:
            names.add(written)
    return frozenset(names)


def _sites_of(call: ast.Call, where: str, function: ast.AST) -> Iterator[Site]:
    for place, argument in enumerate(call.args):
        written = ast.unparse(argument)
        chosen = _assigned(function, written) if written == "rule" else [argument]
        rules = {rule for value in chosen for rule in _rules_in(value)}
        facts = _facts(call, place, function)
        if rules:
            yield from (Site(where, rule, facts) for rule in rules)
        elif CARRIED.fullmatch(written):
            yield Site(where, None, facts)


def _collect() -> Iterator[tuple[ast.Call, list[Site]]]:
    """Read every call that must name a rule, with the sites found in it."""
    for path in sorted(p for package in PACKAGES for p in (ROOT / package).rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        seen: set[ast.Call] = set()
        functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
        for function in reversed(functions):  # the innermost first
            for call in (n for n in ast.walk(function) if isinstance(n, ast.Call)):
                name = ast.unparse(call.func)
                if call in seen or not {name, name.rpartition(".")[2]} & _writers():
                    continue
                seen.add(call)
                where = f"{path.relative_to(ROOT)}:{call.lineno}"
                yield call, list(_sites_of(call, where, function))


@cache
def _sites() -> tuple[Site, ...]:
    return tuple(site for _, sites in _collect() for site in sites)


def _named() -> dict[str, list[Site]]:
    """Return the sites of each rule; a rule written with `*` is spread over the read tables."""
    found: dict[str, list[Site]] = {}
    for site in _sites():
        if site.rule is not None:
            tables = read_side.tables if "*" in site.rule else [""]
            for table in tables:
                found.setdefault(site.rule.replace("*", table), []).append(site)
    return found


def _given_beside() -> set[str]:
    """Return the facts that places add when they pass a rule on."""
    return {fact for site in _sites() if site.rule is None for fact in site.facts}


def test_a_good_number_of_rules_is_found() -> None:
    """The collection finds the rules: all layers, and those that are chosen between two."""
    named = _named()
    assert len(named) > 150
    assert {
        "agency.other_agency",
        "role.not_focal_officer",
        "counter.ahead",
        "signature.too_few",
        "event.unknown",
        "leaf.other_bytes",
        "evidence.altered",
        "seen.false",
        "points.negative",
        "projection.ranks_differ",
    } <= named.keys()


def test_no_refusal_hides_its_rule() -> None:
    """Every refusal and finding names its rule in a way that this test can read."""
    hidden = [
        ast.unparse(call)
        for call, sites in _collect()
        if not sites and ast.unparse(call.func) != "super().__init__"
    ]
    assert hidden == []


def test_every_rule_has_words_and_no_words_are_without_a_rule() -> None:
    """The rules of the code and those of the wording are the same."""
    assert sorted(wording()["rules"]) == sorted(_named())


@pytest.mark.parametrize("language", Language)
def test_words_are_complete(language: Language) -> None:
    """What was wrong and what to do next are sentences, in each language."""
    for rule in wording()["rules"]:
        found = texts(rule, language)
        for text in (found.what, found.todo):
            assert text[0].upper() == text[0], rule
            assert text.endswith((".", "].")), rule


@pytest.mark.parametrize("language", Language)
def test_required_facts_are_given_wherever_the_rule_is_named(language: Language) -> None:
    """A placeholder outside brackets names a fact of every site, one inside brackets a fact of some site."""
    for rule, sites in _named().items():
        always = frozenset.intersection(*(site.facts for site in sites))
        sometimes = frozenset.union(*(site.facts for site in sites)) | _given_beside()
        found = texts(rule, language)
        for text in (found.what, found.todo):
            required = set(PLACEHOLDER.findall(OPTIONAL.sub("", text)))
            assert required <= always, (rule, language, [site.where for site in sites])
            assert set(PLACEHOLDER.findall(text)) <= sometimes, (rule, language)


def test_both_languages_tell_the_same_facts() -> None:
    """Whoever reads English learns the same facts as who reads Vietnamese."""
    for rule in wording()["rules"]:
        vi, en = (texts(rule, language).what for language in (Language.VI, Language.EN))
        assert sorted(set(PLACEHOLDER.findall(vi))) == sorted(set(PLACEHOLDER.findall(en))), rule


def test_every_brackets_content_depends_on_a_fact() -> None:
    """Brackets mark what is left out without its facts, and nothing else."""
    for rule in wording()["rules"]:
        for language in Language:
            for part in OPTIONAL.findall(texts(rule, language).what):
                assert PLACEHOLDER.search(part), rule


def test_every_step_is_used() -> None:
    """A shared step that no rule names is removed."""
    used = {entry["todo"] for entry in wording()["rules"].values() if "todo" in entry}
    assert used == wording()["steps"].keys()


def test_an_entry_has_one_form() -> None:
    """An entry has both languages and either a shared step or a step of its own in both."""
    own = {"vi", "en", "vi_todo", "en_todo"}
    for rule, entry in wording()["rules"].items():
        assert entry.keys() in (own, {"vi", "en", "todo"}), rule


CODES = {
    "role": list(dict.fromkeys((*Role, *Office, *TeamRole, "DELEGATE"))),
    "phase": list(Phase),
    "now": list(Phase),
    "allowed": list(Phase),
    "scope": list(Scope),
    "outcome": list(Outcome),
    "block": list(Block),
    "type": [*CATALOGUE, *KEY_EVENTS],
    "quality": list(Quality),
    "concurrence": list(Concurrence),
    "category": [*ReasonCategory, *REVOCATIONS, *SUSPENSIONS],
    "custody": list(CUSTODIES),
    "choice": list(Choice),
    "matter": list(Matter),
    "path": list(Path),
    "step": list(Step),
    "ground": list(Ground),
    "state": list(State),
    "alert": list(Alert),
    "mismatch": list(Mismatch),
    "conflict": list(Conflict),
    "chapter": list(Chapter),
}


@pytest.mark.parametrize("fact", CODES)
@pytest.mark.parametrize("language", Language)
def test_codes_are_told_in_words(fact: str, language: Language) -> None:
    """No code of the domain stands in a sentence as a code."""
    for code in CODES[fact]:
        assert tell(fact, code, language) != code


@pytest.mark.parametrize("fact", CODES)
def test_two_codes_are_never_told_alike(fact: str) -> None:
    """Who reads the words can tell the codes apart."""
    for language in Language:
        told = [tell(fact, code, language) for code in CODES[fact]]
        assert len(set(told)) == len(told)


@pytest.mark.parametrize("kind", CATALOGUE.values(), ids=lambda kind: kind.name)
def test_events_and_their_fields_have_names(kind: Kind) -> None:
    """What an event is called, and each field and text of it, is written in both languages."""
    names = [f.name for f in fields(kind.body)] + list(kind.texts)
    for language in Language:
        assert event_name(kind.name, language) != kind.name.partition(".")[0]
    for name in names:
        assert term("field", name, Language.VI) != name


@pytest.mark.parametrize("fact", ["reason", "line"])
def test_technical_reasons_are_told_in_vietnamese(fact: str) -> None:
    """The short reasons that checks give are translated, all of them."""
    calls = [call for call, sites in _collect() if any(fact in site.facts for site in sites)]
    given = {k.value for call in calls for k in call.keywords if k.arg == fact}
    reasons = {value.value for value in given if isinstance(value, ast.Constant)}
    assert reasons
    for reason in reasons:
        assert tell(fact, cast(str, reason), Language.VI) != reason


@pytest.mark.parametrize(
    ("fact", "value", "vi", "en"),
    [
        ("due", "2017-03-07", "07/03/2017", "2017-03-07"),
        (
            "arrived",
            "2017-03-08T00:00:01+07:00",
            "00:00:01 ngày 08/03/2017 (UTC+07:00)",
            "2017-03-08T00:00:01+07:00",
        ),
        ("allowed", "COUNCIL, APPROVAL", "Hội đồng thẩm định, phê duyệt", "council, approval"),
        ("now", 3, "3", "3"),
        ("key", "ab" * 32, "abababababab…", "abababababab…"),
        ("field", "body.points", "điểm (body.points)", "points"),
        ("type", "EvidenceSubmitted.v9", "EvidenceSubmitted.v9", "EvidenceSubmitted.v9"),
    ],
)
def test_facts_are_told_as_people_write_them(fact: str, value: str | int, vi: str, en: str) -> None:
    """Dates, lists, digests and fields read as people write them; what is unknown stays as it is."""
    assert (tell(fact, value, Language.VI), tell(fact, value, Language.EN)) == (vi, en)


def test_a_refusal_says_rule_fact_and_next_step() -> None:
    """A civil servant who is refused learns the limit, what was stated, and what to do."""
    facts = {"stated": "3", "maximum": "2"}
    assert word("score.above_max", facts, Language.VI) == Words(
        "Điểm không được vượt mức tối đa: đã nêu 3, tối đa 2.", "Nhập điểm từ 0 đến 2 rồi ký và gửi lại."
    )
    assert word("score.above_max", facts, Language.EN) == Words(
        "Points may not exceed the maximum: 3 stated, 2 at most.",
        "Enter 0 to 2, then sign and send it again.",
    )


@pytest.mark.parametrize(
    ("agency", "what"),
    [
        ("SNV", "This belongs to the office of agency head of SNV, which x-1 does not hold."),
        ("-", "This belongs to the office of agency head, which x-1 does not hold."),
        ("", "This belongs to the office of agency head, which x-1 does not hold."),
    ],
)
def test_parts_without_their_fact_are_left_out(agency: str, what: str) -> None:
    """A part in brackets stands only where its facts are given."""
    facts = {"actor": "x-1", "role": "AGENCY_HEAD", "agency": agency}
    assert word("role.missing", facts, Language.EN).what == what


def test_facts_are_never_read_as_text() -> None:
    """Braces and brackets that somebody stated are shown as they are."""
    told = word("field.unknown", {"field": "[{field}]{x}"}, Language.EN)
    assert told.what == "The field “[{field}]{x}” does not belong in this form."


def test_a_fact_that_an_old_line_lacks_is_shown_as_missing() -> None:
    """A refusal that was kept with fewer facts can still be read."""
    assert word("agency.unknown", {}, Language.EN).what == "Agency … is not registered."


def test_a_rule_without_words_is_an_error() -> None:
    """A rule that nobody worded is named, not papered over."""
    with pytest.raises(NoWording, match=r"no\.such_rule"):
        word("no.such_rule", {}, Language.VI)

"""What the pages in docs show of the code, made by the code: `python -m tests.pages` writes it into them.

A block stands between `<!-- from the code: NAME -->` and `<!-- end -->`. `tests/test_docs.py` compares every
block with what is made here, and verifies what it says.
"""

from __future__ import annotations

import ast
import base64
import inspect
import json
import re
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from functools import cache, partial
from pathlib import Path
from typing import get_type_hints

from audit.proofs import merkle
from audit.proofs.entry import entry_leaf, parse_entry
from audit.proofs.keys import DEMO_ORIGIN
from audit.proofs.note import vkey
from domain.admission import RULES
from domain.deadlines import Phase
from domain.events import CATALOGUE, Kind, Scope
from domain.visibility import HEADER, Visibility, seen_by
from tests import page_card, page_proofs, page_storage
from tests.page_log import KEYS, PAGES, PageLog, build

BLOCK = re.compile(r"(<!-- from the code: ([a-z0-9 -]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


@cache
def page_log() -> PageLog:
    """Return the small log, built once."""
    with tempfile.TemporaryDirectory() as folder:
        return build(Path(folder) / "log")


def blocks(page: str) -> dict[str, str]:
    """Return the blocks of a page by name."""
    return {name: inner for _, name, inner, _ in BLOCK.findall((PAGES / page).read_text("utf-8"))}


def code(page: str, block: str) -> str:
    """Return what stands in the fence of a block."""
    found = re.fullmatch(r"\n```[a-z]*\n(.*)```\n\n", blocks(page)[block], re.DOTALL)
    assert found is not None, f"{page} has no fence in {block}"
    return found[1]


def made(name: str) -> str:
    """Return what a block should say."""
    return MAKERS[name]()


# --- bytes of the small log -----------------------------------------------------------------------------


def _fence(kind: str, text: str) -> str:
    return f"\n```{kind}\n{text.removesuffix(chr(10))}\n```\n\n"


def _made_fence(make: tuple[str, Callable[[], bytes]]) -> str:
    kind, text = make
    return _fence(kind, text().decode())


def _envelope(label: str) -> str:
    return _fence("json", parse_entry(page_log().entry(label)).envelope.encode().decode())


def _payload(label: str) -> str:
    stated = json.loads(parse_entry(page_log().entry(label)).envelope.payload)
    return _fence("json", json.dumps(stated, ensure_ascii=False, indent=2))


def _entry(label: str) -> str:
    return _fence("json", page_log().entry(label).decode())


def _opening(label: str) -> str:
    (opening,) = page_log().openings[label]
    shown = {"field": opening.field, "salt": opening.salt.hex(), "value": opening.value}
    return _fence("json", json.dumps(shown, ensure_ascii=False, indent=2))


def _proof(hashes: Iterable[bytes]) -> str:
    return _fence("text", "".join(f"{base64.b64encode(found).decode()}\n" for found in hashes))


def _inclusion() -> str:
    log = page_log()
    return _proof(merkle.inclusion_proof(log.leaf_hashes, log.labels["evidence"]))


def _consistency() -> str:
    log = page_log()
    return _proof(merkle.consistency_proof(log.leaf_hashes, log.labels["evidence"] + 1, len(log.entries)))


def _note(size: Callable[[PageLog], int]) -> str:
    return _fence("text", page_log().notes[size(page_log())].decode())


# --- tables ---------------------------------------------------------------------------------------------


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"


def _events(scope: Scope) -> str:
    rows = (_event(kind) for kind in CATALOGUE.values() if kind.scope is scope)
    return _table(("event", "what it states", "who states it", "when", "form", "fields", "texts"), rows)


def _event(kind: Kind) -> tuple[str, ...]:
    rule = RULES[kind.body]
    when = _when(rule.phases)
    if rule.until is not None:
        when += f"; due with {rule.until}"
    form = (("joint", kind.jointly), ("expects", kind.expects), ("files", kind.attachments))
    marks = ", ".join(mark for mark, holds in form if holds) or "-"
    return f"`{kind.name}`", _meaning(kind), who(kind), when, marks, _fields(kind), _texts(kind)


def _meaning(kind: Kind) -> str:
    """The first sentences of the shape's docstring, without references to the published article."""
    text = (kind.body.__doc__ or "").split("\n\n")[0]
    return re.sub(r" \([^()]*R[0-9]{2}[^()]*\)|, R[0-9]{2}(?=\))", "", " ".join(text.split()))


def _when(phases: tuple[Phase, ...]) -> str:
    if not phases:
        return "any time"
    return phases[0] if len(phases) == 1 else f"{phases[0]} to {phases[-1]}"


def _fields(kind: Kind) -> str:
    hints = get_type_hints(kind.body)
    optional = {f.name for f in fields(kind.body) if type(None) in getattr(hints[f.name], "__args__", ())}
    return ", ".join(f"`{f.name}`" + ("?" if f.name in optional else "") for f in fields(kind.body)) or "-"


def _texts(kind: Kind) -> str:
    return ", ".join(f"`{name}`" + ("" if name in kind.required else "?") for name in kind.texts) or "-"


_WHO = {
    "by_registrar": "a registrar",
    "by_head": "the head of the agency",
    "by_focal_officer": "the agency's focal officer or deputy",
    "by_inspector": "a member of the agency's inspection team",
    "by_council": "a quorum of the council",
    "by_role SECRETARIAT": "the secretariat",
    "by_role APPROVING_AUTHORITY": "the approving authority",
}
_WHO_TOGETHER = {
    "LogOpened.v1": "the log's key and every registrar, together",
    "MinutesSigned.v1": "the team's leader and the agency's head, together",
}


def who(kind: Kind) -> str:
    """Say who may state a kind, as its rule asks first."""
    if kind.name in _WHO_TOGETHER:
        return _WHO_TOGETHER[kind.name]
    source = ast.parse(textwrap.dedent(inspect.getsource(RULES[kind.body].may)))
    (asked,) = (
        call for call in ast.walk(source) if isinstance(call, ast.Call) and ast.unparse(call.func) in _ASKING
    )
    office = asked.args[2].attr if len(asked.args) > 2 and isinstance(asked.args[2], ast.Attribute) else ""
    return _WHO[f"{ast.unparse(asked.func)} {office}".strip()]


_ASKING = {name.split()[0] for name in _WHO}


def classes() -> Iterator[tuple[str, str, Visibility]]:
    """Yield event, field (`text:` before committed ones) and class, over the whole catalogue."""
    for kind in CATALOGUE.values():
        for declared in fields(kind.body):
            found = seen_by(declared)
            assert found is not None, f"{kind.name} {declared.name} has no class"
            yield kind.name, declared.name, found
        for text, found in kind.texts.items():
            yield kind.name, f"text:{text}", found


def _visible() -> str:
    by_event: dict[str, dict[Visibility, list[str]]] = {}
    for name, field, found in classes():
        by_event.setdefault(name, {}).setdefault(found, []).append(f"`{field}`")
    rows = (
        (f"`{name}`", *(", ".join(found.get(c, ["-"])) for c in _SHOWN)) for name, found in by_event.items()
    )
    return _table(("event", *_SHOWN), rows)


_SHOWN = tuple(c for c in Visibility if c is not Visibility.SEALED)


def _header() -> str:
    return _table(("field", "class"), ((f"`{name}`", found.value) for name, found in HEADER.items()))


MAKERS: Mapping[str, Callable[[], str]] = {
    "envelope": lambda: _envelope("evidence"),
    "payload": lambda: _payload("evidence"),
    "joint envelope": lambda: _envelope("adjustment"),
    "joint payload": lambda: _payload("adjustment"),
    "opening": lambda: _opening("evidence"),
    "opening of a reason": lambda: _opening("adjustment"),
    "entry": lambda: _entry("evidence"),
    "leaf": lambda: _fence("text", entry_leaf(page_log().entry("evidence")).hex()),
    "genesis": lambda: _entry("genesis"),
    "genesis payload": lambda: _payload("genesis"),
    "enrolment": lambda: _envelope("enrolment snv-2"),
    "enrolment payload": lambda: _payload("enrolment snv-2"),
    "rotation": lambda: _envelope("rotation"),
    "rotation payload": lambda: _payload("rotation"),
    "revocation": lambda: _envelope("revocation"),
    "revocation payload": lambda: _payload("revocation"),
    "checkpoint": lambda: _note(lambda log: len(log.entries)),
    "older checkpoint": lambda: _note(lambda log: log.labels["evidence"] + 1),
    "verifier key": lambda: _fence("text", vkey(DEMO_ORIGIN, KEYS["log"].public_key)),
    "inclusion proof": _inclusion,
    "consistency proof": _consistency,
    "refused envelope": lambda: _fence("json", page_log().refused.decode()),
    "refusal": lambda: _fence("text", page_log().refusal.decode()),
    "card": lambda: _table(page_card.HEAD, page_card.rows()),
    "totals": lambda: _fence("text", page_card.totals()),
    "registry events": lambda: _events(Scope.REGISTRY),
    "round events": lambda: _events(Scope.ROUND),
    "dossier events": lambda: _events(Scope.DOSSIER),
    "cell events": lambda: _events(Scope.CELL),
    "fields": _visible,
    "header": _header,
    **{name: partial(_made_fence, make) for name, make in page_proofs.makers(page_log).items()},
    **{name: partial(_made_fence, make) for name, make in page_storage.makers(page_log).items()},
}


def write_pages() -> list[str]:
    """Write every block anew; return the pages that changed."""
    changed = []
    for page in sorted(PAGES.glob("*.md")):
        before = page.read_text("utf-8")
        after = BLOCK.sub(lambda found: found[1] + made(found[2]) + found[4], before)
        if after != before:
            page.write_text(after, "utf-8")
            changed.append(page.name)
    return changed


if __name__ == "__main__":
    sys.stdout.write("".join(f"{name}\n" for name in write_pages()))

"""What the pages in docs show of the code, made by the code: `python -m tests.pages` writes it into them.

A block stands between `<!-- from the code: NAME -->` and `<!-- end -->`. `tests/test_docs.py` compares every
block with what is made here, and verifies what it says.
"""

from __future__ import annotations

import base64
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from pathlib import Path

from audit.proofs import merkle
from audit.proofs.entry import entry_leaf, parse_entry
from audit.proofs.keys import DEMO_ORIGIN
from audit.proofs.note import vkey
from domain.events import Scope
from tests import (
    page_attestation,
    page_card,
    page_dossier,
    page_keys,
    page_proofs,
    page_storage,
    page_tables,
    page_time,
)
from tests.page_log import KEYS, PAGES, PageLog, build
from tests.page_story import CELL, OPINIONS

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


def _preimage(member: str) -> str:
    """What is hashed after the salt of an opinion, line by line."""
    points, category = OPINIONS[member]
    parts = (
        "minhchung.opinion/v1",
        CELL["round"],
        CELL["agency"],
        CELL["criterion"],
        member,
        points,
        category,
    )
    return _fence("text", "".join(f"{part}\n" for part in parts))


def _course() -> str:
    """The dispute of the small log, from the version it is about to the corrected one."""
    labels, log = page_log().labels, page_log()
    first, last = labels["published 1"], labels["published 2"]
    rows = []
    for position in range(first, last + 1):
        stated = json.loads(parse_entry(log.entries[position]).envelope.payload)
        told = {name: value for name, value in stated["body"].items() if name not in ("path", "ground")}
        signers = ", ".join(sorted(stated.get("actors", [stated.get("actor")])))
        said = ", ".join(f"{name} {_said(value)}" for name, value in told.items()) or "-"
        rows.append((str(position), f"`{stated['type']}`", signers, said))
    return page_tables.table(("position", "statement", "signed by", "body"), rows)


def _said(value: object) -> str:
    return (", ".join(map(str, value)) or "none") if isinstance(value, list) else str(value)


def _docketed() -> str:
    """What is computed of the dispute, at the end of the small log."""
    return _fence("json", json.dumps(page_log().dispute, ensure_ascii=False, indent=2))


SCOPES = {scope.name.lower(): scope for scope in Scope}
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
    "sealed opinion": lambda: _payload("opinion hd-4"),
    "what is sealed": lambda: _preimage("hd-4"),
    "opened opinion": lambda: _payload("opened hd-4"),
    "dispute": lambda: _payload("dispute"),
    "course of a dispute": _course,
    "docket": _docketed,
    "card": lambda: page_tables.table(page_card.HEAD, page_card.rows()),
    "totals": lambda: _fence("text", page_card.totals()),
    **{f"{name} events": partial(page_tables.events, scope) for name, scope in SCOPES.items()},
    "process": page_tables.process,
    "every phase": page_tables.ever,
    "fields": page_tables.visible,
    "header": page_tables.header,
    "key fields": page_tables.key_fields,
    **{name: partial(_made_fence, make) for name, make in page_proofs.makers(page_log).items()},
    **{name: partial(_made_fence, make) for name, make in page_attestation.makers(page_log).items()},
    **{name: partial(_made_fence, make) for name, make in page_dossier.makers(page_log).items()},
    **{name: partial(_made_fence, make) for name, make in page_storage.makers(page_log).items()},
    **{name: partial(_made_fence, make) for name, make in page_time.makers(page_log).items()},
    **{name: partial(_made_fence, make) for name, make in page_keys.makers(page_log).items()},
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

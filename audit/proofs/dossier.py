"""The dossier's form: one canonical document with a case and all that proves it (docs/formats/dossier.md).

Reading it checks the form and nothing else; `audit.proofs.dossier_verifier` takes the steps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from audit.proofs import canonical
from audit.proofs.commitment import Opening
from audit.proofs.entry import MAX_ENTRY
from audit.proofs.errors import AuditError, DossierError
from audit.proofs.grammar import FIELD, HEX, NAMES
from audit.proofs.lines import from_base64, to_base64
from audit.proofs.state import StateProof
from audit.proofs.state_proof import state_proof_from_json, state_proof_to_json
from audit.proofs.timestamp import Token

VERSION = "minhchung.dossier/v1"
MAX_DOSSIER = 64 * 1024 * 1024
MAX_BRACKETS = 1_000_000
MAX_ITEMS = 131_072
READERS = ("agency", "council", "auditor")
SUBJECT = {"round": "round", "agency": "agency", "criterion": "criterion", "dispute": "matter"}
"""What a dossier is about -> the field of a header; each only with the one before."""
_FIELDS = frozenset({
    "about", "checkpoints", "entries", "hashes", "log", "openings", "reader", "receipts", "size", "sizes",
    "states", "tokens", "v",
})  # fmt: skip
_HEAD, _SEAL = b'{"dossier":', b',"sha256":"%b"}'
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Held:
    """A position with its leaf, and the entry's exact bytes unless they are withheld from the reader."""

    position: int
    leaf: bytes
    entry: bytes | None = None


@dataclass(frozen=True, slots=True)
class HeldProof:
    """A proof of an item under the state root of the attestation at a position."""

    attested_at: int
    proof: StateProof


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """A dossier as it was read; openings and receipts by the position that they belong to."""

    about: Mapping[str, str]
    reader: str
    log: str
    size: int
    entries: tuple[Held, ...]
    hashes: tuple[bytes, ...]
    sizes: tuple[int, ...]
    checkpoints: tuple[bytes, ...]
    openings: tuple[tuple[int, Opening], ...] = ()
    receipts: tuple[tuple[int, bytes], ...] = ()
    states: tuple[HeldProof, ...] = ()
    tokens: tuple[Token, ...] = ()
    trust: Mapping[str, Any] | None = None
    digest: str = field(default="", compare=False)
    """What the file says its digest is, and what it is."""
    computed: str = field(default="", compare=False)

    @property
    def whole(self) -> bool:
        """Whether every entry of the log is here, and shown."""
        return len(self.entries) == self.size and all(held.entry is not None for held in self.entries)


# --- writing --------------------------------------------------------------------------------------------


def format_dossier(dossier: Dossier) -> bytes:
    """Write a dossier in its one spelling, with its digest."""
    return seal(canonical.encode(_written(dossier)))


def seal(inner: bytes) -> bytes:
    """Put the digest of a dossier's bytes behind them."""
    return _HEAD + inner + _SEAL % hashlib.sha256(inner).hexdigest().encode()


def _written(its: Dossier) -> dict[str, object]:
    trust = {} if its.trust is None else {"trust": its.trust}
    return {
        "about": dict(its.about),
        "checkpoints": [_lines(note) for note in its.checkpoints],
        "entries": [_write_held(held) for held in its.entries],
        "hashes": [one.hex() for one in its.hashes],
        "log": its.log,
        "openings": [_write_opening(position, opening) for position, opening in its.openings],
        "reader": its.reader,
        "receipts": [{"lines": _lines(text), "position": position} for position, text in its.receipts],
        "size": its.size,
        "sizes": list(its.sizes),
        "states": [
            {"attested_at": one.attested_at, "proof": state_proof_to_json(one.proof)} for one in its.states
        ],
        "tokens": [_write_token(token) for token in its.tokens],
        "v": VERSION,
    } | trust


def _lines(text: bytes) -> list[str]:
    return text.decode().removesuffix("\n").split("\n")


def _write_held(held: Held) -> dict[str, object]:
    shown = {} if held.entry is None else {"entry": held.entry.decode("ascii")}
    return shown | {"leaf": held.leaf.hex(), "position": held.position}


def _write_opening(position: int, opening: Opening) -> dict[str, object]:
    lines = opening.value.split("\n")
    return {"field": opening.field, "lines": lines, "position": position, "salt": opening.salt.hex()}


def _write_token(token: Token) -> dict[str, object]:
    response, sha256 = to_base64(token.response), token.sha256.hex()
    return {"authority": token.authority, "response": response, "sha256": sha256, "size": token.size}


# --- reading --------------------------------------------------------------------------------------------


def parse_dossier(data: bytes) -> Dossier:
    """Read a dossier; nothing in it is verified. These are steps 1 to 3 of docs/formats/dossier.md.

    Raises DossierError `dossier.too_large`, `dossier.too_many`, `dossier.unreadable`,
    `dossier.other_version`, `dossier.malformed` (with the field, and a position where one is stated).
    """
    if len(data) > MAX_DOSSIER:  # 1
        raise DossierError("dossier.too_large", size=len(data), limit=MAX_DOSSIER)
    if data.count(b"{") + data.count(b"[") > MAX_BRACKETS:
        raise DossierError("dossier.too_many", field="brackets", limit=MAX_BRACKETS)
    try:
        stated = canonical.decode(data, limit=MAX_DOSSIER)  # 2
    except AuditError as wrong:
        raise DossierError("dossier.unreadable", reason=wrong.rule) from None
    return _read(stated, data)  # 3


def _read(stated: Any, data: bytes) -> Dossier:
    outer = isinstance(stated, dict) and stated.keys() == {"dossier", "sha256"}
    inner = stated["dossier"] if outer else None
    if not isinstance(inner, dict) or not _is_hex(stated["sha256"]):
        raise DossierError("dossier.malformed", field="file")
    if inner.get("v") != VERSION:
        raise DossierError("dossier.other_version", stated=str(inner.get("v"))[:40])
    if inner.keys() - {"trust"} != _FIELDS:
        raise DossierError("dossier.malformed", field="fields")
    end = len(_SEAL % (b"0" * 64))
    read = {name: _READ[name](inner[name]) for name in sorted(_READ) if name in inner}
    _check_positions(read)
    computed = hashlib.sha256(data[len(_HEAD) : -end]).hexdigest()
    return Dossier(**read, digest=stated["sha256"], computed=computed)


def _check_positions(read: Mapping[str, Any]) -> None:
    """What stands after `entries` in the file bounds them, and what stands after `size`."""
    beyond = next((held.position for held in read["entries"] if held.position >= read["size"]), None)
    if beyond is not None:
        raise _malformed("entries", beyond)
    if any(not 0 < size < read["size"] for size in read["sizes"]):
        raise _malformed("sizes")


def _malformed(name: str, position: object = None) -> DossierError:
    where = {"position": position} if _is_number(position) and isinstance(position, int) else {}
    return DossierError("dossier.malformed", field=name, **where)


def _is_number(stated: object) -> bool:
    return type(stated) is int and stated >= 0


def _is_hex(stated: object) -> bool:
    return isinstance(stated, str) and HEX.fullmatch(stated) is not None


def _about(stated: Any) -> Mapping[str, str]:
    names = list(SUBJECT)
    if not isinstance(stated, dict) or stated.keys() != set(names[: len(stated)]) or not stated:
        raise _malformed("about")
    for name, text in stated.items():
        if not isinstance(text, str) or not NAMES[SUBJECT[name]].fullmatch(text):
            raise _malformed("about")
    return stated


def _items(
    name: str,
    stated: Any,
    read: Callable[[Any], T],
    order: Callable[[T], Any] | None,
    place: Callable[[Any], object] = lambda _item: None,
) -> tuple[T, ...]:
    """Read a list whose items ascend in an order, none twice."""
    if not isinstance(stated, list):
        raise _malformed(name)
    if len(stated) > MAX_ITEMS:
        raise DossierError("dossier.too_many", field=name, limit=MAX_ITEMS)
    found: list[T] = []
    for item in stated:
        try:
            made = read(item)
        except (AuditError, KeyError, TypeError, ValueError, AttributeError):
            raise _malformed(name, place(item)) from None
        if order and found and not order(found[-1]) < order(made):
            raise _malformed(name, place(item))
        found.append(made)
    return tuple(found)


def _stated(name: str) -> Callable[[Any], object]:
    return lambda item: item.get(name) if isinstance(item, dict) else None


def _fields(item: Any, *names: str) -> Iterator[Any]:
    """Yield the values of an object that has these fields and no others."""
    if not isinstance(item, dict) or item.keys() != set(names):
        raise ValueError("fields")
    return (item[name] for name in names)


def _number(stated: Any) -> int:
    if not _is_number(stated):
        raise ValueError("number")
    return int(stated)


def _text(stated: Any) -> str:
    if not isinstance(stated, str):
        raise TypeError("text")
    return stated


def _hash(stated: Any) -> bytes:
    if not _is_hex(stated):
        raise ValueError("hash")
    return bytes.fromhex(stated)


def _of_lines(stated: Any) -> bytes:
    if not isinstance(stated, list) or not stated:
        raise ValueError("lines")
    return "".join(f"{_text(line)}\n" for line in stated).encode()


def _held(item: Any) -> Held:
    if isinstance(item, dict) and "entry" not in item:
        leaf, position = _fields(item, "leaf", "position")
        return Held(_number(position), _hash(leaf))
    entry, leaf, position = _fields(item, "entry", "leaf", "position")
    data = _text(entry).encode("ascii")
    if len(data) > MAX_ENTRY:
        raise ValueError("entry")
    return Held(_number(position), _hash(leaf), data)


def _opening(item: Any) -> tuple[int, Opening]:
    name, lines, position, salt = _fields(item, "field", "lines", "position", "salt")
    if not FIELD.fullmatch(name):
        raise ValueError("field")
    value = _of_lines(lines).decode().removesuffix("\n")
    return _number(position), Opening(name, _hash(salt), value)


def _receipt(item: Any) -> tuple[int, bytes]:
    lines, position = _fields(item, "lines", "position")
    return _number(position), _of_lines(lines)


def _proof(item: Any) -> HeldProof:
    attested_at, proof = _fields(item, "attested_at", "proof")
    return HeldProof(_number(attested_at), state_proof_from_json(proof))


def _token(item: Any) -> Token:
    authority, response, sha256, size = _fields(item, "authority", "response", "sha256", "size")
    data = from_base64(response)
    if not data:
        raise ValueError("response")
    return Token(_number(size), _text(authority), data, _hash(sha256))


def _token_order(token: Token) -> tuple[int, bytes]:
    return token.size, token.authority.encode("utf-16-be", "surrogatepass")


def _log(stated: Any) -> str:
    if not isinstance(stated, str) or not NAMES["log"].fullmatch(stated):
        raise _malformed("log")
    return stated


def _reader(stated: Any) -> str:
    if stated not in READERS:
        raise _malformed("reader")
    return str(stated)


def _size(stated: Any) -> int:
    if not _is_number(stated) or stated == 0:
        raise _malformed("size")
    return int(stated)


def _entries(stated: Any) -> tuple[Held, ...]:
    found = _items("entries", stated, _held, lambda held: held.position, _stated("position"))
    if not found or found[0].position != 0:
        raise _malformed("entries")
    return found


def _checkpoints(stated: Any) -> tuple[bytes, ...]:
    found = _items("checkpoints", stated, _of_lines, None)
    if not found:
        raise _malformed("checkpoints")
    return found


def _trust(stated: Any) -> Mapping[str, Any]:
    if not isinstance(stated, dict):
        raise _malformed("trust")
    return stated


_READ: Mapping[str, Callable[[Any], Any]] = {
    "about": _about,
    "checkpoints": _checkpoints,
    "entries": _entries,
    "hashes": lambda stated: _items("hashes", stated, _hash, None),
    "log": _log,
    "openings": lambda stated: _items(
        "openings", stated, _opening, lambda its: (its[0], its[1].field), _stated("position")
    ),
    "reader": _reader,
    "receipts": lambda stated: _items("receipts", stated, _receipt, lambda its: its[0], _stated("position")),
    "size": _size,
    "sizes": lambda stated: _items("sizes", stated, _number, lambda size: size),
    "states": lambda stated: _items(
        "states", stated, _proof, lambda its: (its.attested_at, its.proof.key), _stated("attested_at")
    ),
    "tokens": lambda stated: _items("tokens", stated, _token, _token_order),
    "trust": _trust,
}
"""How each field is read, in the order of their names: so two verifiers stumble over the same one first."""

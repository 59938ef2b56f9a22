"""JSON that people write: any layout and order of keys, and in all else as strict as canonical JSON."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, NoReturn

from audit.proofs import canonical
from audit.proofs.errors import CanonicalError, TrustError


def read_json(data: bytes, limit: int) -> Any:
    """Read a value.

    Raises CanonicalError: `bytes.too_long`, `bytes.not_canonical` (not JSON, a key twice), and for numbers,
    texts and depth what `canonical.decode` raises.
    """
    if len(data) > limit:
        raise CanonicalError("bytes.too_long", size=len(data), limit=limit)
    try:
        value = json.loads(data.decode(), object_pairs_hook=no_key_twice, parse_constant=_no_constant)
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise CanonicalError("bytes.not_canonical", reason="not JSON") from None
    return canonical.decode(canonical.encode(value), limit=2 * limit)


def no_key_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Make an object of its pairs; raises CanonicalError where a key stands twice."""
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        raise CanonicalError("bytes.not_canonical", reason="a key twice")
    return dict(pairs)


def _no_constant(text: str) -> NoReturn:
    raise CanonicalError("number.float", stated=text)


def check_object(
    stated: object, what: str, fields: Mapping[str, type], optional: Collection[str] = ()
) -> dict[str, Any]:
    """Return an object that has these fields, of these types and not empty text, and no others.

    Raises TrustError `trust.malformed` with the field.
    """
    if not isinstance(stated, dict):
        raise TrustError("trust.malformed", field=what)
    for name in sorted(stated.keys() ^ fields.keys()):
        if name not in optional:
            raise TrustError("trust.malformed", field=name[:40])
    for name, value in stated.items():
        if type(value) is not fields[name] or value == "":
            raise TrustError("trust.malformed", field=name)
    return stated


def check_list(stated: list[object], field: str, kind: type) -> list[Any]:
    """Return a list whose items are all of a type; raises TrustError `trust.malformed` with the field."""
    if not all(type(item) is kind for item in stated):
        raise TrustError("trust.malformed", field=field)
    return stated


def write_json(value: object) -> bytes:
    """Write a value the way people read it."""
    return json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n"

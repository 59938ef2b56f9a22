"""The one spelling of a JSON value: RFC 8785 without floats, NFC, no characters that hide.

Reading is strict: a value is accepted only if writing it again gives the same bytes.
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from itertools import pairwise
from typing import Any, NoReturn

from audit.proofs.errors import CanonicalError
from audit.proofs.unassigned import UNASSIGNED

MAX_DEPTH = 16
MAX_INTEGER = 2**53 - 1

# Written by hand, so that another language can agree: controls, soft hyphen, combining grapheme joiner,
# Arabic and Syriac format marks, Hangul and Khmer fillers, Mongolian separators, zero-width and bidi
# controls, line and paragraph separators, invisible operators, byte order mark, interlinear marks,
# surrogates, noncharacters, musical and shorthand format marks, tags.
_HIDDEN_RANGES = (
    "\u0000-\u001f\u007f-\u009f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890-\u0891\u08e2\u115f-\u1160"
    "\u17b4-\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U000110bd\U000110cd\U00013430-\U0001345f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    "\U0001fffe\U0001ffff\U0002fffe\U0002ffff\U0003fffe\U0003ffff\U0004fffe\U0004ffff"
    "\U0005fffe\U0005ffff\U0006fffe\U0006ffff\U0007fffe\U0007ffff\U0008fffe\U0008ffff"
    "\U0009fffe\U0009ffff\U000afffe\U000affff\U000bfffe\U000bffff\U000cfffe\U000cffff"
    "\U000dfffe\U000dffff\U000efffe\U000effff\U000ffffe\U000fffff\U0010fffe\U0010ffff"
)
_HIDDEN = re.compile(f"[{_HIDDEN_RANGES}]")
_HIDDEN_BUT_LINE_FEED = re.compile(f"(?!\n)[{_HIDDEN_RANGES}]")

# Of what Vietnamese and its neighbours write with, each character is assigned, shown and composed, and
# none combines with another: text of these alone has nothing to look for.
_COMMON = " -~\u00a0-\u00ac\u00ae-\u024f\u1ea0-\u1ef9\u2010-\u2027\u2030-\u205e"
_ONLY_COMMON = re.compile(f"[{_COMMON}]*")
_ONLY_COMMON_AND_LINE_FEEDS = re.compile(f"[\n{_COMMON}]*")


def encode(value: object) -> bytes:
    """Write a value of dicts, lists, strings, integers, booleans and None canonically (RFC 8785 section 3.2).

    Raises CanonicalError: `number.float`, `number.too_large`, `value.unknown`, `bytes.too_deep`, and for
    surrogates `text.hidden`; what else text may hold is looked at in reading.
    """
    try:
        return _dump(_sorted(value, MAX_DEPTH)).encode()
    except UnicodeEncodeError:
        raise CanonicalError("text.hidden", code_point="surrogate") from None


def decode(data: bytes, *, limit: int) -> Any:
    """Read canonical bytes, at most `limit` of them.

    Raises CanonicalError: `bytes.too_long`, `bytes.too_deep`, `bytes.not_canonical` (any other spelling,
    duplicate or unsorted keys, not JSON, not UTF-8), `number.float`, `number.too_large`, `text.not_nfc`,
    `text.hidden`, `text.unassigned`.
    """
    if len(data) > limit:
        raise CanonicalError("bytes.too_long", size=len(data), limit=limit)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise CanonicalError("bytes.not_canonical", reason="not UTF-8") from None
    _check_depth(text)
    if (plain := _plain(text)) is not None:
        return plain
    try:
        value = _PARSER.decode(text)
    except (json.JSONDecodeError, RecursionError):
        raise CanonicalError("bytes.not_canonical", reason="not JSON") from None
    # What is hidden stands there literally, or behind an escape: canonical text has those of controls.
    check_text(text)
    if "\\" in text:
        _check_strings(value)
    if _dump(value) != text:
        raise CanonicalError("bytes.not_canonical", reason="another spelling")
    return value


def _plain(text: str) -> Any:
    """Read an object of ASCII without escapes and long numbers in half the time, if so spelled."""
    if (
        not (text.startswith("{") and text.isascii() and text.isprintable())
        or "\\" in text
        or _LONG.search(text)
    ):
        return None
    try:
        value = _QUICK.decode(text)
    except (json.JSONDecodeError, RecursionError, CanonicalError):
        return None  # which of several wrongs is told, the long way decides
    return value if _dump_sorted(value) == text else None


def check_text(text: str, *, line_feeds: bool = False) -> None:
    """Refuse text that hides characters, has unassigned ones, or is not NFC.

    `text.hidden`, `text.unassigned`, `text.not_nfc`.
    """
    if (_ONLY_COMMON_AND_LINE_FEEDS if line_feeds else _ONLY_COMMON).fullmatch(text):
        return
    if hidden := _first(_HIDDEN_BUT_LINE_FEED if line_feeds else _HIDDEN, text):
        raise CanonicalError("text.hidden", code_point=f"U+{ord(hidden[0]):04X}", offset=hidden.start())
    if unassigned := _first(_unassigned(), text):
        code_point = f"U+{ord(unassigned[0]):04X}"
        raise CanonicalError("text.unassigned", code_point=code_point, offset=unassigned.start())
    if not unicodedata.is_normalized("NFC", text):
        raise CanonicalError("text.not_nfc")


def _first(one_of: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Find the first character of a kind; whether there is one, its distinct characters tell sooner."""
    return one_of.search(text) if one_of.search("".join(set(text))) else None


@cache
def _unassigned() -> re.Pattern[str]:
    """A later Unicode may give an unassigned character a decomposition: what was NFC would be so no more."""
    edges = [[chr(int(edge, 16)) for edge in each.split("-")] for each in UNASSIGNED.split()]
    return re.compile(f"[{''.join('-'.join(edge) for edge in edges)}]")


_LONG = re.compile(r"[:,\[]-?[0-9]{16}")
_dump_sorted = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode
_dump = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be", "surrogatepass")


def _sorted(value: object, room: int) -> object:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return _bounded(value)
    if isinstance(value, float):
        _refuse_float(repr(value))
    if isinstance(value, list | tuple | dict) and room == 0:
        raise CanonicalError("bytes.too_deep", limit=MAX_DEPTH)
    if isinstance(value, list | tuple):
        return [_sorted(item, room - 1) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        order = None if all(map(str.isascii, value)) else _utf16  # the same order, of ASCII keys
        return {key: _sorted(value[key], room - 1) for key in sorted(value, key=order)}
    raise CanonicalError("value.unknown", kind=type(value).__name__)


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Keys must stand in strictly ascending UTF-16 order, which also leaves no room for duplicates."""
    found = dict(pairs)
    keys = list(found)
    ascending = sorted(keys, key=None if "".join(keys).isascii() else _utf16)  # the same order, of ASCII keys
    if keys != ascending or len(keys) != len(pairs):
        astray = next(b for (a, _), (b, _) in pairwise(pairs) if _utf16(a) >= _utf16(b))
        raise CanonicalError("bytes.not_canonical", reason="keys not in ascending order", key=astray[:40])
    return found


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > MAX_INTEGER:
        raise CanonicalError("number.too_large", stated=text[:40])
    return int(text)


def _bounded(number: int) -> int:
    if abs(number) > MAX_INTEGER:
        raise CanonicalError("number.too_large", stated=f"{number.bit_length()} bits")
    return number


def _refuse_float(text: str) -> NoReturn:
    raise CanonicalError("number.float", stated=text[:40])


_QUICK = json.JSONDecoder(parse_float=_refuse_float, parse_constant=_refuse_float)
_PARSER = json.JSONDecoder(
    object_pairs_hook=_pairs, parse_int=_integer, parse_float=_refuse_float, parse_constant=_refuse_float
)


_PART = re.compile(r'[\[{\]}]|"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
"""A bracket, or a string whole: what stands in that, nests nothing."""


def _check_depth(text: str) -> None:
    """Bound the nesting before parsing; brackets inside strings only make this stricter than needed."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for found in _PART.finditer(text):
        part = found[0]
        if part in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise CanonicalError("bytes.too_deep", limit=MAX_DEPTH)
        elif part in "]}":
            depth -= 1


def _check_strings(value: object) -> None:
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            check_text(key)
            _check_strings(item)
    elif isinstance(value, list):
        for item in value:
            _check_strings(item)

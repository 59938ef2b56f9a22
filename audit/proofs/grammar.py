"""What the fields of a statement are spelled like, and the one spelling of most statements as a whole.

`PLAIN` fits statements of one signer, in ASCII, whose body is flat or holds flat tables. What it fits is
canonical but for the order of keys inside body and commitments; it only saves time, and never refuses.
"""

from __future__ import annotations

import re

HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)
TYPE = re.compile(r"[A-Z][A-Za-z0-9]{0,63}\.v[1-9][0-9]{0,2}", re.ASCII)
FIELD = re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII)
MEDIA_TYPE = re.compile(r"[a-z0-9.+-]{1,64}/[a-z0-9.+-]{1,64}", re.ASCII)
TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?!24)[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
    r"(?:Z|[+-][0-9]{2}:[0-5][0-9])",
    re.ASCII,
)
NAMES = {
    "log": re.compile(r"[A-Za-z0-9.:/_-]{1,128}", re.ASCII),
    "round": re.compile(r"[0-9A-Za-z-]{1,16}", re.ASCII),
    "agency": re.compile(r"[0-9A-Za-z-]{1,16}", re.ASCII),
    "criterion": re.compile(r"[0-9A-Z.]{1,16}", re.ASCII),
    "matter": re.compile(r"(?:meeting|dispute)-[1-9][0-9]{0,4}", re.ASCII),
    "actor": re.compile(r"[0-9a-z-]{1,32}", re.ASCII),
    "on_behalf_of": re.compile(r"[0-9a-z-]{1,32}", re.ASCII),
    "delegation": UUID7,
    "id": UUID7,
    "type": TYPE,
    "key": HEX,
}

# Numbers of up to 15 digits are within what JSON allows; `-0` and `+1` are in no grammar here.
_COUNT = "[1-9][0-9]{0,14}"
_NUMBER = f"(?:0|{_COUNT})"
_TEXT = r'"[ !#-\[\]-~]*"'
_SCALAR = rf"(?:{_TEXT}|{_NUMBER}|-{_COUNT}|true|false|null|\[(?:{_TEXT}(?:,{_TEXT})*)?\])"
_TABLE = rf"\{{(?:{_TEXT}:{_SCALAR}(?:,{_TEXT}:{_SCALAR})*)?\}}"
_VALUE = rf"(?:{_SCALAR}|{_TABLE})"
_PAIR = f"{_TEXT}:{_VALUE}"
_FILE = rf'\{{"media_type":"{MEDIA_TYPE.pattern}","sha256":"{HEX.pattern}","size":{_NUMBER}\}}'
_DIGEST = f'"{FIELD.pattern}":"{HEX.pattern}"'


def _text(name: str) -> str:
    return f'"{name}":"({NAMES[name].pattern})"'


def _may(field: str) -> str:
    return f"(?:,{field})?"


PLAIN = re.compile(
    rf"\{{{_text('actor')}{_may(_text('agency'))}"
    rf',"attachments":(\[(?:{_FILE}(?:,{_FILE})*)?\])'
    rf',"body":(\{{(?:{_PAIR}(?:,{_PAIR})*)?\}})'
    rf',"commitments":(\{{(?:{_DIGEST}(?:,{_DIGEST})*)?\}})'
    rf',"counter":({_COUNT}){_may(_text("criterion"))}{_may(_text("delegation"))}'
    + _may(f'"expects":({_NUMBER})')
    + f",{_text('id')},{_text('key')},{_text('log')}{_may(_text('matter'))}"
    rf',"occurred_at":"({TIME.pattern})"{_may(_text("on_behalf_of"))}{_may(_text("round"))}'
    rf',"seen":\{{"root":"({HEX.pattern})","size":({_COUNT})\}},{_text("type")},"v":1\}}',
    re.ASCII,
)
"""Its groups are the fields in their order; attachments, body and commitments as JSON."""

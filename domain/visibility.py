"""Who may see a field: every field of every event has a class from the start (R35).

Entries of the log are not public; these classes say what may be shown of them, and to whom.
"""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import Any

_SEEN_BY = "seen_by"


class Visibility(StrEnum):
    """From the widest circle to the narrowest; each contains the auditors, except SEALED."""

    PUBLIC = "PUBLIC"
    """Everybody, once the round is published."""
    PARTIES = "PARTIES"
    """The agency concerned, its inspection team, the council, the secretariat, auditors."""
    COUNCIL = "COUNCIL"
    """Council, secretariat, auditors."""
    AUDITORS = "AUDITORS"
    """Auditors and the person concerned (names, personal data)."""
    SEALED = "SEALED"
    """Nobody before its opening (sealed opinions)."""


def public(**options: Any) -> Any:
    """Declare a dataclass field that everybody may see."""
    return field(metadata={_SEEN_BY: Visibility.PUBLIC}, **options)


def parties(**options: Any) -> Any:
    """Declare a dataclass field for the parties of a dossier."""
    return field(metadata={_SEEN_BY: Visibility.PARTIES}, **options)


def council(**options: Any) -> Any:
    """Declare a dataclass field for the council."""
    return field(metadata={_SEEN_BY: Visibility.COUNCIL}, **options)


def sealed(**options: Any) -> Any:
    """Declare a dataclass field that nobody may see before its opening."""
    return field(metadata={_SEEN_BY: Visibility.SEALED}, **options)


def seen_by(declared: Any) -> Visibility | None:
    """Return the class of a dataclass field, or nothing where none was declared."""
    return declared.metadata.get(_SEEN_BY)  # type: ignore[no-any-return]


HEADER = {
    "v": Visibility.PUBLIC,
    "log": Visibility.PUBLIC,
    "id": Visibility.PUBLIC,
    "type": Visibility.PUBLIC,
    "round": Visibility.PUBLIC,
    "agency": Visibility.PUBLIC,
    "criterion": Visibility.PUBLIC,
    "matter": Visibility.PUBLIC,
    "body": Visibility.PUBLIC,  # its fields have classes of their own
    "actor": Visibility.PARTIES,
    "key": Visibility.PARTIES,
    "counter": Visibility.AUDITORS,
    "signers": Visibility.PARTIES,
    "actors": Visibility.PARTIES,
    "threshold": Visibility.PARTIES,
    "on_behalf_of": Visibility.PARTIES,
    "delegation": Visibility.PARTIES,
    "expects": Visibility.PARTIES,
    "seen": Visibility.PARTIES,
    "occurred_at": Visibility.PARTIES,
    "attachments": Visibility.PARTIES,
    "commitments": Visibility.PARTIES,
}
"""The classes of a statement's own fields, whatever its type."""

KEY_BODY = {
    "actor": Visibility.PARTIES,
    "public_key": Visibility.PARTIES,
    "custody": Visibility.PARTIES,
    "replaces": Visibility.PARTIES,
    "key": Visibility.PARTIES,
    "category": Visibility.PARTIES,
    "compromised_since": Visibility.PARTIES,
    "positions": Visibility.PARTIES,
    "first": Visibility.PARTIES,
    "last": Visibility.PARTIES,
    "certificate": Visibility.PARTIES,
    "possession": Visibility.PARTIES,
}
"""The classes of what statements about keys say; the domain does not admit those, but they are seen too."""

KEY_TEXTS = {"certificates": Visibility.AUDITORS}
"""Likewise, of the text that they may commit to: certificates name people."""

ENTRY = {"arrived_at": Visibility.PUBLIC, "received_at": Visibility.PUBLIC}
"""The classes of the two times that the log gives an entry."""

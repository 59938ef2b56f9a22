"""Words of the vocabulary: which kinds of events and which codes a word stands for, in both languages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache

from sqlalchemy import Connection

from api.errors import UnknownSubject
from api.terms import event_name, term
from api.wording import PLACEHOLDER, Language, event_text, wording
from audit.proofs.keyring import KEY_EVENTS
from domain.criteria import Block
from domain.events import CATALOGUE
from domain.refusals import refuse
from projections.search import AnyOf, Reader, named
from projections.search_words import parts, whole, words

MOST = 20
"""How many words are looked for at once."""
TYPES = (*CATALOGUE, *sorted(KEY_EVENTS))


def conditions(connection: Connection, text: str, reader: Reader) -> tuple[AnyOf, ...]:
    """Return a condition for each word; one that ends in `*` stands for all that begin so.

    Raises UnknownSubject where there is no word in the text, or too many.
    """
    found: dict[tuple[str, bool], None] = {}
    for chunk in text.split():
        its = parts(chunk)
        found |= {(word, chunk.endswith("*") and word is its[-1]): None for word in its}
    if text.strip() and not found:
        raise UnknownSubject(refuse("asked.no_word", stated=text))
    if len(found) > MOST:
        raise UnknownSubject(refuse("asked.many_words", stated=len(found), most=MOST))
    return tuple(_condition(connection, word, reader, beginning=beginning) for word, beginning in found)


def _condition(connection: Connection, word: str, reader: Reader, *, beginning: bool) -> AnyOf:
    keys = {f"word:{word}"} | _meaning(word, beginning=beginning)
    for kind, code in named(connection, word, reader, beginning=beginning):
        keys |= {f"{kind}:{code}", f"word:{whole(code)}"}
    return AnyOf(frozenset(keys), (f"word:{word}",) if beginning else ())


def _meaning(word: str, *, beginning: bool) -> set[str]:
    """Return the keys of the kinds and codes whose words these are."""
    known = vocabulary()
    if not beginning:
        return set(known.get(word, ()))
    return {key for other, keys in known.items() if other.startswith(word) for key in keys}


@cache
def vocabulary() -> Mapping[str, frozenset[str]]:
    """Return the keys behind each word that a kind of event or a code is called by."""
    found: dict[str, set[str]] = defaultdict(set)
    for key, text in _called():
        for word in words(text):
            found[word].add(key)
    return {word: frozenset(keys) for word, keys in found.items()}


def _called() -> Iterable[tuple[str, str]]:
    for kind in TYPES:
        yield f"type:{kind}", kind.partition(".")[0]
        for language in Language:
            yield f"type:{kind}", event_name(kind, language)
            yield f"type:{kind}", PLACEHOLDER.sub(" ", event_text(kind, language))
    for fact, codes in wording()["values"].items():
        yield from ((f"{fact}:{code}", text) for code, texts in codes.items() for text in texts)
    for block in Block:
        yield from ((f"block:{block.value}", term("block", block.value, language)) for language in Language)

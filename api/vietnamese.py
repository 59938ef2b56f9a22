"""The order of Vietnamese words: letters by the alphabet (a ă â b c d đ e ê ...), then tones, then capitals.

Tones come in the order of dictionaries: none, huyền, hỏi, ngã, sắc, nặng (as `Intl.Collator("vi")` has it).
"""

from __future__ import annotations

from unicodedata import normalize

_LETTERS = {letter: place for place, letter in enumerate("aăâbcdđeêfghijklmnoôơpqrstuưvwxyz", 1)}
_TONES = {"\N{COMBINING GRAVE ACCENT}": 1, "\N{COMBINING HOOK ABOVE}": 2, "\N{COMBINING TILDE}": 3} | {
    "\N{COMBINING ACUTE ACCENT}": 4,
    "\N{COMBINING DOT BELOW}": 5,
}
_OTHERS = 100

Key = tuple[tuple[tuple[int, int], ...], tuple[int, ...], str]


def order(text: str) -> Key:
    """Return what a text is sorted by; signs come before digits, and both before letters."""
    letters: list[tuple[int, int]] = []
    tones: list[int] = []
    for sign in normalize("NFC", text.casefold()):
        parts = normalize("NFD", sign)
        tone = next((_TONES[mark] for mark in parts if mark in _TONES), 0)
        letter = normalize("NFC", "".join(mark for mark in parts if mark not in _TONES))
        if letter in _LETTERS:
            letters.append((_OTHERS, _LETTERS[letter]))
        else:
            letters.append((_OTHERS if letter.isalpha() else int(letter.isdigit()), ord(letter[0])))
        tones.append(tone)
    return tuple(letters), tuple(tones), text.swapcase()

"""Finds words in a text that had better be written otherwise (REQUIREMENTS L15, F12, F13, O3-O5).

No patterns: words are compared sign by sign, so whatever a lead enters and whatever is typed, the time grows with the
length of the text and the number of words. Nothing is changed.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

MOST_HINTS = 50
_COMMAS = (",", "、")  # as `same_length` has them
_QUOTES = {"「": "」", "『": "』", "“": "”", "‘": "’", "《": "》"}


class Word(Protocol):
    """What of a word is compared."""

    @property
    def pattern(self) -> str: ...
    @property
    def advice(self) -> str: ...
    @property
    def exceptions(self) -> Sequence[str]: ...
    @property
    def is_whole(self) -> bool: ...


@dataclass(frozen=True)
class Hint:
    """Where, from `start` to before `end`, in Unicode code points, and what to write instead."""

    start: int
    end: int
    advice: str


def hints_in(words: Iterable[Word], text: str) -> list[Hint]:
    """In the order of the text, at most `MOST_HINTS`. What is quoted is somebody else's, and is left alone.

    Of words that overlap the longer one is found, or the earlier one.
    """
    plain, taken = same_length(text), _quoted(text)
    found = [Hint(at, at + len(word.pattern), word.advice) for word in words for at in _places(plain, word)]
    kept: list[Hint] = []
    for hint in sorted(found, key=lambda hint: (hint.start - hint.end, hint.start)):
        if not any(taken[hint.start : hint.end]):
            taken[hint.start : hint.end] = b"\1" * (hint.end - hint.start)
            kept.append(hint)
    return sorted(kept, key=lambda hint: hint.start)[:MOST_HINTS]


def same_length(text: str) -> str:
    """The text in lower case and half width, every sign in its place."""
    return "".join(map(_plain, text))


def _plain(sign: str) -> str:
    form = unicodedata.normalize("NFKC", sign).lower()
    return form if len(form) == 1 else sign


def _places(text: str, word: Word) -> Iterable[int]:
    sought = same_length(word.pattern)
    fine = [same_length(longer) for longer in word.exceptions]
    at = text.find(sought) if sought else -1
    while at >= 0:
        is_meant = _is_whole(text, at, at + len(sought)) if word.is_whole else not _is_within(text, at, sought, fine)
        if is_meant:
            yield at
        at = text.find(sought, at + len(sought))


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether it is a whole utterance before a comma."""
    is_begin = start == 0 or not text[start - 1].isalnum()
    return is_begin and text[end : end + 1] in _COMMAS


def _is_within(text: str, start: int, sought: str, longer: Sequence[str]) -> bool:
    """Whether it is a part of one of the longer words here."""
    for word in longer:
        offset = word.find(sought)
        if offset >= 0 and start >= offset and text.startswith(word, start - offset):
            return True
    return False


def _quoted(text: str) -> bytearray:
    """A mark for each sign within a closed quotation; what is nested belongs to the outer one."""
    marks = bytearray(len(text))
    begin, closing = -1, ""
    for at, sign in enumerate(text):
        if closing and sign == closing:
            marks[begin:at] = b"\1" * (at - begin)
            closing = ""
        elif not closing and sign in _QUOTES:
            begin, closing = at, _QUOTES[sign]
    return marks

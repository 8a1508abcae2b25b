"""The one folding: what a text says, however it was typed or copied, with a map back to the typed places.

A character becomes one character or none, so passages that are found in the folded text are masked in the typed one.
Case stays; ，；。、 stay too, because they end a value where ASCII ones may be part of it.
"""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from portal.sensitive_text.radicals import RADICALS

LINE_ENDS = "\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"  # beside the line feed

_OF_CATEGORY = {"Cc": "", "Cf": "", "Me": "", "Zs": " ", "Pd": "-"}
_DASHES = "\u02d7\u207b\u208b\u2212\u2500\u2501\u2796\u30fc\u3161"  # minus and lookalikes not in the category Pd
_INVISIBLE = (
    *"\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0",
    *map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10))),
)
_VARIATIONS = map(chr, range(0xE0100, 0xE01F0))
_OF_CHAR = {
    **{char: char for char in "\t\n，；"},
    **dict.fromkeys(LINE_ENDS, "\n"),
    **dict.fromkeys((*_INVISIBLE, *_VARIATIONS), ""),
    **dict.fromkeys(_DASHES, "-"),
    **dict.fromkeys("\u02d0\u2236\ua789\ufe30", ":"),
    "\u2800": " ",  # a blank to the eye, though a sign to Unicode
    **{chr(code): char for code, char in RADICALS.items()},
}
_SHAPES = ("wide", "narrow", "small", "vertical", "font")  # other shapes of a character, not other meanings
_OF_CHINESE = {",": "，", ";": "；"}

_MOST_REMEMBERED = 70_000  # more than all that people write with

_PIECE = 512
_LONGEST_CLUSTER = 32  # no letter of any script carries more marks


@dataclass(frozen=True)
class Folded:
    """A folded text beside the typed one; the repr shows neither."""

    typed: str = field(repr=False)
    text: str = field(repr=False)

    def place(self, at: int) -> int:
        """The place in the typed text of the character at `at`, or the typed length."""
        return at + bisect_right(self._cuts, at) if at < len(self.text) else len(self.typed)

    def typed_range(self, start: int, end: int) -> tuple[int, int]:
        """Where `text[start:end]` begins and ends in the typed text; invisible characters inside it count in."""
        first = self.place(start)
        return first, (self.place(end - 1) + 1 if end > start else first)

    def typed_part(self, start: int, end: int) -> str:
        first, last = self.typed_range(start, end)
        return self.typed[first:last]

    @cached_property
    def _cuts(self) -> list[int]:
        """For each character that was left out, the place in `text` of the next one that was not."""
        cuts: list[int] = []
        if len(self.text) < len(self.typed):
            for place, char in enumerate(_one_sign_line_ends(self.typed)):
                if not _FORMS[ord(char)]:
                    cuts.append(place - len(cuts))
        return cuts


def folded(typed: str) -> Folded:
    """Half width, every dash `-`, every blank a blank, every line end a line feed, radicals as characters, and
    nothing invisible (marks of format and direction, control characters, variation selectors).
    """
    return Folded(typed, _one_sign_line_ends(typed).translate(_FORMS))


def search_form(text: str) -> str:
    """What search compares: folded, lower case, and every run of blanks and line ends one blank."""
    return " ".join("".join(map(_sign, nfkc(folded(text).text).casefold())).split())


def words_of(text: str) -> list[str]:
    """The words of a search, folded, each once."""
    return list(dict.fromkeys(search_form(text).split()))


def nfkc(text: str) -> str:
    """Half width and composed, in linear time.

    The library sorts a run of combining marks by insertion: 40,000 marks of two classes take seconds. Long texts are
    therefore folded piece by piece, cut before a sign that combines with nothing.
    """
    return "".join(unicodedata.normalize("NFKC", piece) for piece in _pieces(text))


def _one_sign_line_ends(text: str) -> str:
    """Of the two signs of one line end, the first is made one that is left out; no place moves."""
    return text.replace("\r\n", "\0\n")


def _form(char: str) -> str:
    """The one way to write a character; "" for one that nobody sees."""
    form = _OF_CHAR.get(char, _OF_CATEGORY.get(unicodedata.category(char)))
    return _plain_shape(char) if form is None else form


def _plain_shape(char: str) -> str:
    shape, _, code = unicodedata.decomposition(char).rpartition(" ")
    is_ideograph = not shape and code and "\uf900" <= char <= "\ufaff"
    if not is_ideograph and shape.strip("<>") not in _SHAPES:
        return char
    plain = chr(int(code, 16))
    return _OF_CHINESE.get(plain) or _form(plain)


class _Forms(dict[int, str]):
    """The form of each code point, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        form = _form(chr(code))
        if len(self) < _MOST_REMEMBERED:
            self[code] = form
        return form


_FORMS = _Forms()


def _sign(char: str) -> str:
    """Compatibility forms can bring back what folding takes out."""
    return "" if not char.isascii() and unicodedata.category(char) == "Cf" else char


def _pieces(text: str) -> Iterator[str]:
    at = 0
    while len(text) - at > _PIECE:
        cut = at + _PIECE
        cut = next((n for n in range(cut, cut - _LONGEST_CLUSTER, -1) if not unicodedata.combining(text[n])), cut)
        yield text[at:cut]
        at = cut
    yield text[at:]

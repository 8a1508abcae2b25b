"""Folding in linear time: compatibility (NFKC), and one form for a text that people write in several ways.

The library sorts a run of combining marks by insertion: 40,000 marks of two classes take seconds. Long texts are
therefore folded piece by piece, cut before a sign that combines with nothing.
"""

import unicodedata
from collections.abc import Iterator

_PIECE = 512
_DASHES = "\u2212\ufe63\uff0d\u30fc\u2500"  # minus and lookalikes that Unicode does not call dashes
_LONGEST_CLUSTER = 32  # no letter of any script carries more marks


def nfkc(text: str) -> str:
    """Half width and composed."""
    return "".join(unicodedata.normalize("NFKC", piece) for piece in _pieces(text))


def folded(text: str) -> str:
    """Lower case, half width, every dash `-`, every run of blanks and line ends one blank, nothing invisible."""
    return " ".join("".join(map(_sign, nfkc(text).casefold())).split())


def words_of(text: str) -> list[str]:
    """The words of a search, folded, each once."""
    return list(dict.fromkeys(folded(text).split()))


def _sign(char: str) -> str:
    if char.isascii():
        return char
    category = unicodedata.category(char)
    if category == "Cf":
        return ""
    return "-" if category == "Pd" or char in _DASHES else char


def _pieces(text: str) -> Iterator[str]:
    at = 0
    while len(text) - at > _PIECE:
        cut = at + _PIECE
        cut = next((n for n in range(cut, cut - _LONGEST_CLUSTER, -1) if not unicodedata.combining(text[n])), cut)
        yield text[at:cut]
        at = cut
    yield text[at:]

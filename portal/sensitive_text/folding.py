"""Compatibility folding (NFKC) in linear time.

The library sorts a run of combining marks by insertion: 40,000 marks of two classes take seconds. Long texts are
therefore folded piece by piece, cut before a sign that combines with nothing.
"""

import unicodedata
from collections.abc import Iterator

_PIECE = 512
_LONGEST_CLUSTER = 32  # no letter of any script carries more marks


def nfkc(text: str) -> str:
    """Half width and composed."""
    return "".join(unicodedata.normalize("NFKC", piece) for piece in _pieces(text))


def _pieces(text: str) -> Iterator[str]:
    at = 0
    while len(text) - at > _PIECE:
        cut = at + _PIECE
        cut = next((n for n in range(cut, cut - _LONGEST_CLUSTER, -1) if not unicodedata.combining(text[n])), cut)
        yield text[at:cut]
        at = cut
    yield text[at:]

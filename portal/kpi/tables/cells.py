"""Cells as both files print them: figures, or texts that no spreadsheet takes for a formula (SECURITY H-1)."""

import functools
import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from portal import clock

Cell = str | int | float | Decimal
Cells = Sequence[Cell]
Moment = datetime | str  # as the database's driver gives it: SQLite's are texts in UTC
EMPTY = "-"
_FORMULA_SIGNS = frozenset("=+-@")
_BROKEN = frozenset("\t\r\n")
_QUOTES = frozenset("\"'`´“”‘’„‚«»「」『』＂＇")
# What no XML can hold, halves of signs that were cut apart included.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def text(value: str | None) -> str:
    """A text in the form that is printed: `-` for nothing, an apostrophe before what could be calculated."""
    if not value:
        return EMPTY
    if value[0].isalnum() and value.isprintable():
        return value
    clean = _UNWRITABLE.sub("", value).replace("\r\n", "\n").replace("\r", "\n").rstrip()
    if not clean.strip():
        return EMPTY
    return f"'{clean}" if clean != EMPTY and _is_risky(clean) else clean


def moment(value: Moment | None) -> str:
    """`2026-11-28 14:05`, China time."""
    if value is None:
        return EMPTY
    if isinstance(value, str):
        return _hour_in_china(value[:13]) + value[13:16]
    return clock.in_china(value).isoformat(" ", "minutes")[:16]


@functools.lru_cache(maxsize=4096)
def _hour_in_china(hour: str) -> str:
    """`2026-11-28 06` of UTC: the rows of a table are of few hours."""
    return clock.in_china(datetime.fromisoformat(hour).replace(tzinfo=UTC)).isoformat(" ", "hours")[:13]


def yes_no(value: bool) -> str:
    return "是" if value else "否"


def short(value: str, most: int) -> str:
    """The beginning of a text."""
    return value if len(value) <= most else f"{value[: most - 1]}…"


def _is_risky(value: str) -> bool:
    """Whether it begins with a sign of a formula or a broken line, also behind blanks, quotes and what is invisible."""
    for sign in value:
        if sign in _BROKEN or unicodedata.normalize("NFKC", sign)[:1] in _FORMULA_SIGNS:
            return True
        if not (sign.isspace() or sign in _QUOTES or unicodedata.category(sign) == "Cf"):
            return False
    return False

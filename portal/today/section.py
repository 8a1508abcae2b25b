"""A part of somebody's day: what a page and the API show of it.

A section is a function in a file of this room, and one line in `portal/today/today_sections.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from portal.accounts.principal import Principal

MOST_LINES = 50


class Counts(StrEnum):
    """What the moment of a line is."""

    DUE = "due"  # it has to be done by then
    SINCE = "since"  # it has waited since then
    AT = "at"  # an hour that somebody chose


@dataclass(frozen=True)
class Line:
    """One thing to do. `number` names its subject, `address` is the page where it is done; `words` end in no stop."""

    number: str
    address: str
    words: str
    at: datetime
    queue: str | None = None
    institution: str = ""


@dataclass(frozen=True)
class Section:
    """One kind of things to do.

    Attributes:
        name: permanent, for the API. title: its heading. empty: what it says when there is nothing, and what would
            come here. lines: the most pressing first, at most MOST_LINES. has_more: there are further ones.
    """

    name: str
    title: str
    empty: str
    lines: Sequence[Line]
    counts: Counts = Counts.DUE
    has_more: bool = False

    def is_late(self, line: Line, now: datetime) -> bool:
        return self.counts is Counts.DUE and line.at < now


# None for a person who never has anything of this kind.
SectionOf = Callable[[Session, Principal, datetime], Section | None]


def cut(lines: Sequence[Line]) -> tuple[Sequence[Line], bool]:
    """The lines that are shown of one more than may be, and whether there are further ones."""
    return lines[:MOST_LINES], len(lines) > MOST_LINES

"""Finds institutions by 汉字, pinyin and initials; matches at the beginning come first."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from portal import clock
from portal.institutions.models import DirectoryEntry
from portal.institutions.names import query_words
from portal.sensitive_text.lines import one_line

MOST_SUGGESTIONS = 10
_SHORTEST_END = 4  # 卫生室 alone ends them all
PAGE_SIZE = 50
STALE_DAYS = 365
STATES = {"": "在用", "stale": "一年未核实", "inactive": "已停用", "all": "全部"}


@dataclass(frozen=True)
class DirectoryFilter:
    """`state` is one of STATES."""

    query: str = ""
    county: str = ""
    level: str = ""
    state: str = ""
    keeper_id: uuid.UUID | None = None
    is_key: bool = False


def suggestions(session: Session, query: str, most: int = MOST_SUGGESTIONS) -> list[str]:
    """At most `most` names for a partial input, the best first; [] for a blank or unknown one."""
    words = query_words(query)
    if not words:
        return []
    found = select(DirectoryEntry.name).where(DirectoryEntry.is_active, _contains(words))
    return list(session.scalars(found.order_by(*_best_first(words[0])).limit(most)))


def ending_with(session: Session, name: str, most: int = 3) -> list[str]:
    """Names of the directory that end so, for one without its first levels; shorter ones first."""
    end = one_line(name).replace(" ", "")
    if len(end) < _SHORTEST_END:
        return []
    found = select(DirectoryEntry.name).where(
        DirectoryEntry.is_active, DirectoryEntry.name.endswith(end, autoescape=True)
    )
    order = (func.length(DirectoryEntry.name), DirectoryEntry.pinyin, DirectoryEntry.name)
    return list(session.scalars(found.order_by(*order).limit(most)))


def page(session: Session, wanted: DirectoryFilter, number: int = 1) -> tuple[Sequence[DirectoryEntry], int]:
    """The entries of page `number` (from 1) and the total; merged entries are excluded."""
    conditions = _conditions(wanted)
    total = session.scalar(select(func.count()).select_from(DirectoryEntry).where(*conditions)) or 0
    words = query_words(wanted.query)
    order: Sequence[Any] = _best_first(words[0]) if words else _ORDER
    query: Select[DirectoryEntry] = select(DirectoryEntry).where(*conditions).order_by(*order)
    return session.scalars(query.limit(PAGE_SIZE).offset(max(0, number - 1) * PAGE_SIZE)).all(), total


def counties(session: Session) -> list[str]:
    """Sorted; merged entries are ignored."""
    rows = select(DirectoryEntry.county).where(DirectoryEntry.merged_into.is_(None)).distinct()
    return sorted(session.scalars(rows))


def stale_before() -> date:
    """Entries last verified before this date need to be verified again (REQUIREMENTS L1)."""
    return clock.china_today() - timedelta(days=STALE_DAYS)


# Pinyin is ASCII, which both databases sort the same way, unlike 汉字.
_ORDER = (DirectoryEntry.pinyin, DirectoryEntry.name, DirectoryEntry.id)


def _conditions(wanted: DirectoryFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [DirectoryEntry.merged_into.is_(None)]
    words = query_words(wanted.query)
    if wanted.query.strip():
        conditions.append(_contains(words) if words else DirectoryEntry.id.is_(None))
    if wanted.county:
        conditions.append(DirectoryEntry.county == wanted.county)
    if wanted.level:
        conditions.append(DirectoryEntry.level == wanted.level)
    if wanted.keeper_id:
        conditions.append(DirectoryEntry.keeper_id == wanted.keeper_id)
    if wanted.is_key:
        conditions.append(DirectoryEntry.is_key.is_(True))
    if wanted.state != "all":
        conditions.append(DirectoryEntry.is_active == (wanted.state != "inactive"))
    if wanted.state == "stale":
        conditions.append(or_(DirectoryEntry.verified_on.is_(None), DirectoryEntry.verified_on < stale_before()))
    return conditions


def _contains(words: Sequence[str]) -> ColumnElement[bool]:
    return and_(*(DirectoryEntry.search_text.contains(word, autoescape=True) for word in words))


def _best_first(word: str) -> tuple[Any, ...]:
    """Orders matches at the start of the name first, then of a town, village or alias, then anywhere.

    Within these, shorter names first: the county before its towns.
    """
    starts = or_(*(c.startswith(word, autoescape=True) for c in (DirectoryEntry.pinyin, DirectoryEntry.initials)))
    rank = case(
        (or_(DirectoryEntry.name.startswith(word, autoescape=True), starts), 0),
        (DirectoryEntry.search_text.contains("\n" + word, autoescape=True), 1),
        else_=2,
    )
    return rank, func.length(DirectoryEntry.name), DirectoryEntry.pinyin, DirectoryEntry.name, DirectoryEntry.id

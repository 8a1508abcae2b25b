"""Rows read in pages, each in a short transaction of its own: nothing stays open while a file is taken slowly."""

import heapq
import itertools
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Dialect,
    Select,
    String,
    Uuid,
    any_,
    func,
    literal,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator, TypeEngine

from portal.db import Database, UtcDateTime
from portal.kpi.tables.cells import Cells

PAGE = 1000
Key = Any  # of a row, as the database's driver gives it: to compare and to look up, never to be shown
Span = tuple[datetime | date | None, datetime | date | None]  # the second is not inside
Page = tuple[Sequence[Any], Sequence[Cells]]
Made = Callable[[Session, Sequence[Any]], Iterable[Cells]]


class _BareId(TypeDecorator[Any]):
    """An id as SQLite stores it: a hundred thousand UUID objects cost more than all the rest of a table."""

    impl = Uuid
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String(32) if dialect.name == "sqlite" else Uuid())


class _BareMoment(TypeDecorator[Any]):
    """A moment as SQLite stores it, a text in UTC that `cells.moment` prints; alike of all columns, so they compare."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String(26) if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if dialect.name != "sqlite" or not isinstance(value, datetime):
            return value
        return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def bare(column: Any) -> Any:
    """A column of ids or moments, as the driver gives it."""
    as_is = _BareMoment() if isinstance(column.type, UtcDateTime) else _BareId()
    return type_coerce(column, as_is).label(column.key)


def columns(*wanted: Any) -> Select[Any]:
    """A query for these columns."""
    return select(*wanted)


def fetched(session: Session, query: Select[Any]) -> Sequence[Any]:
    """The rows as the driver gives them: nothing of them is an entity, so no session need look at each."""
    return session.connection().execute(query).all()


def among(session: Session, column: Any, keys: Collection[Key]) -> ColumnElement[bool]:
    """Whether a column of ids is one of these: one parameter, so that the statement of every page is the same text."""
    if session.get_bind().dialect.name == "sqlite":
        listed = func.json_each(json.dumps(list(keys))).table_valued("value")
        return bare(column).in_(select(listed.c.value))
    return bare(column) == any_(literal(list(keys), ARRAY(Uuid())))


def inside(column: Any, span: Span) -> list[ColumnElement[bool]]:
    """The conditions on a column of moments or days; a side without an end has none."""
    begin, end = span
    return ([column >= begin] if begin else []) + ([column < end] if end else [])


def pages(database: Database, query: Select[Any], key: Sequence[Any], span: Span, made: Made) -> Iterator[Page]:
    """The rows of a query inside a span, in the order of its key, with their cells.

    A page begins where the last one ended and nowhere else: beside the beginning of the span a database might read all
    rows from there again, for every page.

    Args:
        key: a moment or a day, and the id; `query` selects them first. span: of the former.
        made: the cells of one page's rows, in their order.
    """
    begin, end = span
    place = inside(key[0], (begin, None))
    while True:
        page = query.where(*place, *inside(key[0], (None, end))).order_by(*key).limit(PAGE)
        with database.read() as session:
            rows = fetched(session, page)
            cells = list(made(session, rows))
        yield rows, cells
        if len(rows) < PAGE:
            return
        place = [tuple_(*key) > tuple_(*rows[-1][:2])]


def merged(*streams: Iterator[Page]) -> Iterator[Cells]:
    """Several streams of pages as one of rows, in the order of their places."""
    if len(streams) == 1:
        return itertools.chain.from_iterable(cells for _, cells in streams[0])
    return (cells for _, _, cells in heapq.merge(*map(_lines, streams)))


def _lines(stream: Iterator[Page]) -> Iterator[tuple[Any, Key, Cells]]:
    """The cells behind the place of their row."""
    for rows, cells in stream:
        yield from zip(map(itemgetter(0), rows), map(itemgetter(1), rows), cells, strict=True)


def numbered(rows: Iterable[Cells]) -> Iterator[Cells]:
    """With 序号 before each."""
    return ((number, *cells) for number, cells in zip(itertools.count(1), rows, strict=False))

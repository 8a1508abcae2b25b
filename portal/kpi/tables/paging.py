"""Rows read in pages, each in a short transaction of its own: nothing stays open while a file is taken slowly."""

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Dialect, Row, Select, String, Uuid, select, tuple_, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator, TypeEngine

from portal.db import Database
from portal.kpi.tables.cells import Cells

PAGE = 1000
Key = Any  # of a row, as the database's driver gives it: to compare and to look up, never to be shown
Place = tuple[datetime | date, Key]
Line = tuple[Place, Cells]
Made = Callable[[Session, Sequence[Row[Any]]], Iterable[Cells]]


class _BareId(TypeDecorator[Any]):
    """An id as SQLite stores it: a hundred thousand UUID objects cost more than all the rest of a table."""

    impl = Uuid
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String(32) if dialect.name == "sqlite" else Uuid())


def bare(column: Any) -> Any:
    """A column of ids, as keys."""
    return type_coerce(column, _BareId()).label(column.key)


def columns(*wanted: Any) -> Select[Any]:
    """A query for these columns."""
    return select(*wanted)


def lines(database: Database, query: Select[Any], key: Sequence[Any], made: Made) -> Iterator[Line]:
    """The rows of a query in the order of its key, with their places.

    Args:
        key: the columns of the place; `query` selects them first. made: the cells of one page's rows, in their order.
    """
    after: tuple[Any, ...] | None = None
    while True:
        page = query.order_by(*key).limit(PAGE)
        if after is not None:
            page = page.where(tuple_(*key) > tuple_(*after))
        with database.read() as session:
            rows = session.execute(page).all()
            cells = list(made(session, rows))
        for row, line in zip(rows, cells, strict=True):
            yield (row[0], row[len(key) - 1]), line
        if len(rows) < PAGE:
            return
        after = tuple(rows[-1][: len(key)])


def merged(*streams: Iterator[Line]) -> Iterator[Cells]:
    """Several streams of lines as one, in the order of their places."""
    if len(streams) == 1:
        return (cells for _, cells in streams[0])
    return (cells for _, cells in heapq.merge(*streams, key=lambda line: line[0]))


def numbered(rows: Iterable[Cells]) -> Iterator[Cells]:
    """With 序号 before each."""
    return ((number, *cells) for number, cells in zip(itertools.count(1), rows, strict=False))

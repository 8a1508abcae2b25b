"""The rows of every table: what the exports, and what gathers several tables in one file, ask (DESK 6.2)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.db import Database
from portal.kpi.tables import calls_table, other_tables, scores_table, ticket_tables
from portal.kpi.tables.cells import Cells
from portal.kpi.tables.names import Table
from portal.kpi.tables.order import Order
from portal.kpi.tables.people import People


@dataclass(frozen=True)
class Source:
    """Where the rows of a table come from, and how many there are."""

    rows: Callable[[Database, Order, People], Iterator[Cells]]
    count: Callable[[Session, Order], int]


_OF_TICKETS = Source(ticket_tables.rows, ticket_tables.count)
SOURCES: dict[Table, Source] = {
    Table.CALLS: Source(calls_table.rows, calls_table.count),
    Table.FOLLOW_UPS: _OF_TICKETS,
    Table.PROBLEMS: _OF_TICKETS,
    Table.TICKETS: _OF_TICKETS,
    Table.SCORES: Source(scores_table.rows, scores_table.count),
    Table.DISSATISFACTIONS: Source(other_tables.dissatisfactions, other_tables.count_dissatisfactions),
    Table.CALL_BACKS: Source(other_tables.call_backs, other_tables.count_call_backs),
    Table.COMPLAINTS: Source(other_tables.complaints, other_tables.count_complaints),
    Table.COMPLAINT_STATISTICS: Source(other_tables.complaint_statistics, other_tables.count_statistics),
}


def rows_of(database: Database, order: Order) -> Iterator[Cells]:
    """The rows as they are printed, without the headings, read in short transactions while they are taken.

    Whether the table is the reader's is judged before (`order.ensure_theirs`); which rows are, here.
    """
    with database.read() as session:
        people = People.read(session)
    yield from SOURCES[order.table].rows(database, order, people)


def count_of(session: Session, order: Order) -> int:
    """How many rows there are now."""
    return SOURCES[order.table].count(session, order)

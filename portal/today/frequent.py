"""近期高频问题: forms, modules and causes of the last 28 days against the 28 before (REQUIREMENTS F15).

Counts only, of tickets of the reader's queues. A change in per cent is told from five cases on, on both sides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal import clock
from portal.accounts.principal import Principal
from portal.acts.root_causes import label_of
from portal.reports.models import Report
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState

PERIOD = timedelta(days=28)
FEWEST = 5
_MOST_ROWS = 5
_NOT_COUNTED = (TicketState.MERGED.value, TicketState.VOID.value)


_Column = ColumnElement[str | None] | InstrumentedAttribute[str | None]


@dataclass(frozen=True)
class Frequent:
    """One form, module or cause: how often in the last 28 days, and in the 28 before.

    Attributes:
        key: as tickets hold it. queues: the recent ones by queue.
    """

    name: str
    now: int
    before: int
    key: str = ""
    queues: Mapping[str, int] = field(default_factory=dict)

    @property
    def change(self) -> str:
        """In words; in per cent only where both are large enough to mean something."""
        if self.now < FEWEST or self.before < FEWEST:
            return "新出现" if not self.before else ""
        percent = round((self.now - self.before) * 100 / self.before)
        return f"多 {percent}%" if percent > 0 else f"少 {-percent}%" if percent < 0 else "持平"


@dataclass(frozen=True)
class FrequentTable:
    """The most frequent of one kind. `n`: tickets of the last 28 days that name one.

    `filter`: the queue's filter that finds its tickets.
    """

    title: str
    filter: str
    rows: Sequence[Frequent]
    n: int


def read(session: Session, reader: Principal, now: datetime) -> list[FrequentTable]:
    """One query each; a table without rows is left out."""
    form = Report.answers["form_name"].as_string()
    wanted = (("表单", "q", form), ("模块", "module", Ticket.module), ("定性", "root_cause", Ticket.root_cause))
    tables = [_table(session, reader, now, title, name, column) for title, name, column in wanted]
    return [table for table in tables if table.rows]


def since(now: datetime) -> str:
    """The first day of the last 28, as filters take it."""
    return f"{clock.in_china(now - PERIOD):%Y-%m-%d}"


def _table(
    session: Session, reader: Principal, now: datetime, title: str, filter_name: str, column: _Column
) -> FrequentTable:
    recent = func.sum(case((Ticket.submitted_at > now - PERIOD, 1), else_=0))
    name = func.coalesce(column, "").label("name")
    query = (
        select(name, Ticket.queue, recent, func.count())
        .select_from(Ticket)
        .join(Report, Report.id == Ticket.report_id)
        .where(
            Ticket.queue.in_(reader.queues),
            Ticket.submitted_at > now - 2 * PERIOD,
            Ticket.submitted_at <= now,
            Ticket.state.not_in(_NOT_COUNTED),
            func.coalesce(column, "") != "",
        )
        .group_by(name, Ticket.queue)
        .order_by(name, Ticket.queue)
    )
    found: dict[str, Frequent] = {}
    for key, queue, recently, every in session.execute(query):
        known = found.get(key, Frequent(label_of(key), 0, 0, key))
        counts = {**known.queues, queue: int(recently)} if recently else known.queues
        now_, before = known.now + int(recently), known.before + int(every) - int(recently)
        found[key] = Frequent(known.name, now_, before, key, counts)
    rows = sorted((row for row in found.values() if row.now), key=lambda row: (-row.now, row.name))
    return FrequentTable(title, filter_name, rows[:_MOST_ROWS], sum(row.now for row in rows))

"""近期高频问题: forms, modules and causes of the last 28 days against the 28 before (REQUIREMENTS F15).

Counts only, of tickets of the reader's queues. A change in per cent is told from five cases on, on both sides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

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
    """One form, module or cause: how often in the last 28 days, and in the 28 before."""

    name: str
    now: int
    before: int

    @property
    def change(self) -> str:
        """In words; in per cent only where both are large enough to mean something."""
        if self.now < FEWEST or self.before < FEWEST:
            return "新出现" if not self.before else ""
        percent = round((self.now - self.before) * 100 / self.before)
        return f"多 {percent}%" if percent > 0 else f"少 {-percent}%" if percent < 0 else "持平"


@dataclass(frozen=True)
class FrequentTable:
    """The most frequent of one kind. `n`: tickets of the last 28 days that name one."""

    title: str
    rows: Sequence[Frequent]
    n: int


def read(session: Session, reader: Principal, now: datetime) -> list[FrequentTable]:
    """One query each; a table without rows is left out."""
    form, module = Report.answers["form_name"].as_string(), Report.answers["module"].as_string()
    wanted = (("表单", form), ("模块", module), ("定性", Ticket.root_cause))
    tables = [_table(session, reader, now, title, column) for title, column in wanted]
    return [table for table in tables if table.rows]


def _table(
    session: Session,
    reader: Principal,
    now: datetime,
    title: str,
    column: _Column,
) -> FrequentTable:
    is_recent = Ticket.submitted_at > now - PERIOD
    recent = func.sum(case((is_recent, 1), else_=0))
    name = func.coalesce(column, "").label("name")
    query = (
        select(name, recent.label("recent"), func.count())
        .select_from(Ticket)
        .join(Report, Report.id == Ticket.report_id)
        .where(
            Ticket.queue.in_(reader.queues),
            Ticket.submitted_at > now - 2 * PERIOD,
            Ticket.submitted_at <= now,
            Ticket.state.not_in(_NOT_COUNTED),
            func.coalesce(column, "") != "",
        )
        .group_by(name)
        .having(recent > 0)
        .order_by(recent.desc(), name)
    )
    found = [(each, int(recently), int(every)) for each, recently, every in session.execute(query)]
    rows = [Frequent(label_of(each), recently, every - recently) for each, recently, every in found[:_MOST_ROWS]]
    return FrequentTable(title, rows, sum(recently for _, recently, _ in found))

"""What one person takes: a table, a period, queues; and which tables are theirs (CONTRACT 8, DESK 5.5, 6.2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, select

from portal import clock
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.complaints import access
from portal.complaints.models import Complaint
from portal.db import unindexed
from portal.errors import NotFoundError
from portal.kinds.table import KINDS
from portal.kpi.tables.names import OF_COMPLAINTS, Table
from portal.kpi.tables.paging import Span
from portal.queues.queries import QueueFilter
from portal.tickets.models import Ticket


@dataclass(frozen=True)
class Period:
    """China days, both ends inside; None on a side without an end."""

    first: date | None = None
    last: date | None = None

    @property
    def days(self) -> Span:
        return self.first, self.last + timedelta(days=1) if self.last else None

    @property
    def moments(self) -> Span:
        first, end = (datetime.combine(day, time(), clock.CHINA) if day else None for day in self.days)
        return first, end


@dataclass(frozen=True)
class Order:
    """One table for one person.

    Attributes:
        queues: whose rows; `is_every_queue`: nothing else exists, so nothing is left out.
        is_one_queue: the person chose one, so that what belongs to none is left out.
        reader: the row of the person, for what depends on duties.
        listed: of 问题列表, the filter of the queue's page; its queue and period are those of the order.
    """

    table: Table
    period: Period
    queues: Sequence[str]
    reader: User
    is_one_queue: bool = False
    listed: QueueFilter | None = None

    @property
    def is_every_queue(self) -> bool:
        return {kind.value for kind in KINDS} <= set(self.queues)

    def of_queue(self) -> list[ColumnElement[bool]]:
        """The condition on a ticket that was joined, where it leaves anything out."""
        return [] if self.is_every_queue else [unindexed(Ticket.queue).in_(self.queues)]


def tables_of(reader: User) -> list[Table]:
    """Leads take the tables of their queues; those of complaints are for 客服经理, and the 涉法 cases for 法务."""
    sees_complaints = access.is_manager(reader) or access.is_legal(reader)
    is_lead = reader.is_active and reader.role_enum is Role.LEAD
    return [table for table in Table if (sees_complaints if table in OF_COMPLAINTS else is_lead)]


def ensure_theirs(reader: User, table: Table | None) -> None:
    """Raises NotFoundError: this person has no such table, or none at all."""
    own = tables_of(reader)
    if not own or (table is not None and table not in own):
        raise NotFoundError("没有找到这张表")


def complaints_of(order: Order) -> ColumnElement[bool]:
    """The cases that may stand in this person's tables; none without a duty."""
    return access.tabled_for(order.reader)


def complaint_of_queue(order: Order) -> list[ColumnElement[bool]]:
    """A case is in no queue, only its ticket is: where one queue was chosen, cases without a ticket are left out."""
    if not order.is_one_queue:
        return []
    return [Complaint.ticket_id.in_(select(Ticket.id).where(Ticket.queue.in_(order.queues)))]

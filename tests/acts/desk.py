"""A ticket on the desk: brought into any state by the acts themselves, and what an act left behind."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from portal.acts import performing
from portal.acts.act import Act
from portal.acts.performing import Done
from portal.acts.table import ASK, CLAIM, CLOSE, MERGE, RESOLVE
from portal.acts.voiding import ASK_VOID, DECIDE_VOID
from portal.audit.models import AuditEvent
from portal.notify.models import OutboxMessage, StaffNotice
from portal.runtime import Runtime
from portal.tickets import lookup
from portal.tickets.models import Ticket, TimelineEntry
from portal.tickets.states import TicketState as S
from tests.factories.acts import with_cause
from tests.factories.cast import actor
from tests.factories.reports import file_report

CONFIRMED = {"way": "phone", "text": "机构来电确认已解决"}


@dataclass
class Desk:
    """One ticket and the cast; `ticket` is read anew each time."""

    runtime: Runtime
    number: str = field(default="")

    def __post_init__(self) -> None:
        self.number = self.number or file_report(self.runtime).number

    @property
    def ticket(self) -> Ticket:
        with self.runtime.database.read() as session:
            ticket = lookup.by_number(session, self.number)
        assert ticket is not None
        return ticket

    def act(self, act: Act, who: str = "alice", version: int | None = None, **given: Any) -> Done:
        version = self.ticket.version if version is None else version
        return performing.carry_out(
            self.runtime, actor(self.runtime, who), act, self.number, version, with_cause(act.name, given)
        )

    def bring_to(self, state: S, owner: str = "alice") -> None:
        """Walk the ticket there; an ended one was the owner's."""
        if state is S.SUBMITTED:
            return
        self.act(CLAIM, owner)
        if state is S.AWAITING_INFORMATION:
            self.act(ASK, owner, fields=["form_name"])
        if state in (S.AWAITING_CONFIRMATION, S.CLOSED):
            self.act(RESOLVE, owner, text="已恢复，请刷新")
        if state is S.CLOSED:
            self.act(CLOSE, owner, **CONFIRMED)
        if state is S.MERGED:
            self.act(MERGE, owner, into=file_report(self.runtime).number)
        if state is S.VOID:
            self.void(owner)

    def void(self, owner: str = "alice") -> None:
        """The owner asks, a lead agrees."""
        self.act(ASK_VOID, owner, kind="invalid", text="不是问题")
        self.act(DECIDE_VOID, "leo", approved=True)

    def entries(self) -> list[TimelineEntry]:
        with self.runtime.database.read() as session:
            query = select(TimelineEntry).where(TimelineEntry.ticket_id == self.ticket.id)
            return list(session.scalars(query.order_by(TimelineEntry.at)))

    def rows(self) -> list[AuditEvent]:
        with self.runtime.database.read() as session:
            query = select(AuditEvent).where(AuditEvent.ticket_number == self.number)
            return list(session.scalars(query.order_by(AuditEvent.seq)))

    def told(self, who: str) -> list[str]:
        """The events of this ticket that somebody is told of."""
        with self.runtime.database.read() as session:
            mine = select(StaffNotice.event).where(StaffNotice.number == self.number)
            return list(session.scalars(mine.where(StaffNotice.user_id == actor(self.runtime, who).user_id)))

    def events(self) -> list[str]:
        with self.runtime.database.read() as session:
            query = select(OutboxMessage.event).where(OutboxMessage.ticket_number == self.number)
            return list(session.scalars(query.order_by(OutboxMessage.created_at)))

"""What a message says: an event, a number, the state of the work, and where to look; never anything that was typed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.kinds.names import joined
from portal.kinds.table import queue_label
from portal.notify import wording
from portal.notify.events import Event
from portal.notify.recipients import RecipientKind
from portal.tickets import lookup
from portal.tickets.models import Ticket
from portal.tickets.states import URGENCY_LABELS, Urgency

TRIAL = "test"


@dataclass(frozen=True)
class Message:
    """Of one subject, or of several that a digest gathers: `number` is then the oldest.

    Attributes:
        event: a name of `Event`, or TRIAL. sentence: what happened. at: when.
        queue, state: of the ticket; empty for another subject. link: empty without PORTAL_BASE_URL.
    """

    event: str
    number: str
    sentence: str
    at: datetime
    queue: str = ""
    state: str = ""
    urgency: str = ""
    due_at: datetime | None = None
    link: str = ""
    count: int = 1

    @property
    def title(self) -> str:
        """One line: what happened to which number."""
        place = joined(queue_label(self.queue), "队列") if self.queue else ""
        if self.count > 1:
            return f"{place}：{self.sentence}，共 {self.count} 条，最早 {self.number}".lstrip("：")
        return " ".join(part for part in (place, self.sentence, self.number) if part)

    @property
    def facts(self) -> str:
        """Urgency and due time, as far as there are any."""
        due = f"回复时限 {clock.staff_time(self.due_at)}" if self.due_at else ""
        return " · ".join(part for part in (self.urgency, due) if part)

    @property
    def lines(self) -> list[str]:
        return [line for line in (f"【一线通】{self.title}", self.facts, self.link) if line]


def trial(at: datetime) -> Message:
    """What 发送测试 sends."""
    return Message(TRIAL, "", "这是一条测试通知，收到说明渠道可用", at)


def tickets_of(session: Session, numbers: Iterable[str]) -> Mapping[str, Ticket]:
    """The tickets by these numbers, former ones included; what is no ticket's number is left out."""
    wanted = set(numbers)
    found = {row.number: row for row in session.scalars(select(Ticket).where(Ticket.number.in_(wanted)))}
    for number in wanted - found.keys():
        ticket = lookup.by_number(session, number)
        if ticket is not None:
            found[number] = ticket
    return found


def compose(
    event: Event, number: str, at: datetime, ticket: Ticket | None, kind: RecipientKind, base_url: str, count: int = 1
) -> Message:
    """The message of an event for one kind of recipient."""
    sentence = wording.sentence_for(event, kind)
    if kind is RecipientKind.CLINIC:
        link = f"{base_url}/track" if base_url else ""
        return Message(event.value, number, sentence, at, link=link)
    path = f"/tickets/{number}" if ticket is not None and count == 1 else "/account/notices"
    if ticket is not None and count > 1:
        path = f"/queues/{ticket.queue}"
    is_running = ticket is not None and ticket.is_worked and ticket.reply_outcome is None and ticket.paused_at is None
    return Message(
        event.value,
        number,
        sentence,
        at,
        queue=ticket.queue if ticket is not None else "",
        state=ticket.state if ticket is not None else "",
        urgency=_urgency(ticket) if count == 1 else "",
        due_at=ticket.reply_due_at if ticket is not None and is_running and count == 1 else None,
        link=f"{base_url}{path}" if base_url else "",
        count=count,
    )


def _urgency(ticket: Ticket | None) -> str:
    if ticket is None or ticket.urgency_enum is Urgency.NORMAL:
        return ""
    return URGENCY_LABELS[ticket.urgency_enum]

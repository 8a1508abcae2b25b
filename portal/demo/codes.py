"""Numbers with their query codes, one for each thing that a clinic can try on the tracking page."""

from sqlalchemy import select

from portal.demo.stage import Stage
from portal.follow_up.models import Survey
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState

_SHOWN = (
    ("等您补充资料", (Ticket.state == TicketState.AWAITING_INFORMATION.value,)),
    ("等您确认是否解决", (Ticket.state == TicketState.AWAITING_CONFIRMATION.value,)),
    ("可以评价的处理结果", (
        Ticket.state == TicketState.CLOSED.value,
        Ticket.id.in_(
            select(Survey.ticket_id).where(Survey.round == Ticket.round, Survey.answered_at.is_(None))
        ),
    )),
    ("重新打开过的", (Ticket.reopened_count > 0,)),
    ("已经合并的", (Ticket.state == TicketState.MERGED.value,)),
)  # fmt: skip


def worth_trying(stage: Stage) -> list[tuple[str, str, str]]:
    """(What it shows, number, code): the newest ticket of each kind."""
    found: list[tuple[str, str, str]] = []
    with stage.runtime.database.read() as session:
        for words, wanted in _SHOWN:
            others = [number for number in stage.receipts if number not in [each[1] for each in found]]
            mine = (*wanted, Ticket.number.in_(others))
            number = session.scalar(select(Ticket.number).where(*mine).order_by(Ticket.submitted_at.desc()).limit(1))
            if number is not None:
                found.append((words, number, stage.receipts[number].query_code))
    return found

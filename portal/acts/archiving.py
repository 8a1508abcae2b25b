"""归档: an ended ticket with complete records gets its archive number (REQUIREMENTS E13, E14, G13, DESK 6.1).

What is missing is told by an objector of `portal/kpi/archive`, which archives by itself too, later on. A ticket that is
reopened keeps its number and gets it back; no number is used twice.
"""

from uuid import UUID

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.roles import Permission
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.audit.tags import Tag
from portal.kinds.table import KINDS
from portal.progress import hooks
from portal.progress.lifecycle import Move, staying
from portal.tickets import numbering
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState as S

ENDED = (S.CLOSED, S.MERGED, S.VOID)


def give_number(session: Session, ticket: Ticket, by_id: UUID | None) -> str:
    """The locked ticket is archived from now on. `by_id`: None for the system."""
    ticket.archive_number = ticket.archive_number or numbering.next_archive_number(
        session, KINDS[ticket.kind_enum].prefix
    )
    ticket.archived_at, ticket.archived_by_id, ticket.archive_check_at = clock.now(), by_id, None
    return ticket.archive_number


def archive(hand: Hand) -> Outcome:
    number = give_number(hand.session, hand.ticket, hand.actor.user_id)
    return Outcome(line_of(number), {"archive_number": number})


def line_of(number: str) -> str:
    """The line of the timeline."""
    return f"归档号 {number}"


ARCHIVE = Act(
    move=Move(hooks.ARCHIVE, "归档", staying(*ENDED), is_public=False),
    do=archive,
    path="archive",
    permission=Permission.WRITE_NOTE,
    whose=Whose.NOT_A_COLLEAGUES,
    refusal="这条问题由同事处理，请同事或主管归档",
    too_early="问题结束以后才能归档",
    tag=Tag.TICKET_ARCHIVED,
    is_settled=lambda hand: hand.ticket.archived_at is not None,
    is_wanted=lambda session, ticket: ticket.archived_at is None,
    form=Form(Place.OWN, "归档", "正在归档…"),
    done="已归档，{text}",
)

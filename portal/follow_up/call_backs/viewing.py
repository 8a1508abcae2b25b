"""One call-back as its page and the API show it: masks only, and what the reader may do."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.audit.actor import Actor
from portal.clocks import policies
from portal.follow_up import ratings
from portal.follow_up.call_backs import listing, phones, records, reopening, rows
from portal.follow_up.call_backs.listing import CallBackLine
from portal.follow_up.call_backs.models import CallBack, CallBackRecord
from portal.follow_up.call_backs.names import Cause
from portal.follow_up.models import Rating
from portal.tickets.models import Ticket
from portal.tickets.states import CLOSED_HOW_LABELS, STATE_LABELS, ClosedHow

_MOST_RECORDS = 20


@dataclass(frozen=True)
class CallBackView:
    """Attributes:
    phone: its mask; "" where there is none. records: newest first; of an earlier time of the institution too.
    is_quiet: nobody is called now unless it was agreed. can: what the reader may do now.
    """

    line: CallBackLine
    ticket: Ticket | None
    ticket_state: str
    rating: Rating | None
    phone: str
    records: Sequence[CallBackRecord]
    questions: Sequence[str]
    is_quiet: bool
    can: tuple[str, ...]

    @property
    def row(self) -> CallBack:
        return self.line.row


def view_of(session: Session, actor: Actor, row: CallBack) -> CallBackView:
    (line,) = listing.lines_of(session, [row])
    ticket = session.get(Ticket, row.ticket_id) if row.ticket_id and row.cause_enum is not Cause.COMPLAINT else None
    value = phones.find(session, row)
    found = select(CallBackRecord).where(CallBackRecord.call_back_id == row.id)
    newest = found.order_by(CallBackRecord.at.desc(), CallBackRecord.id).limit(_MOST_RECORDS)
    open_time = policies.at(session, clock.now()).open_time(session)
    return CallBackView(
        line=line,
        ticket=ticket,
        ticket_state=_state_of(ticket) if ticket else "",
        rating=ratings.of_round(session, ticket, row.round) if ticket else None,
        phone=value.value_masked if value is not None else "",
        records=session.scalars(newest).all(),
        questions=records.questions_of(session, row),
        is_quiet=not open_time.is_open(clock.now()) and not row.is_agreed,
        can=_can(session, actor, line, has_phone=value is not None),
    )


def _can(session: Session, actor: Actor, line: CallBackLine, *, has_phone: bool) -> tuple[str, ...]:
    row, found = line.row, []
    is_own, is_lead = row.owner_id == actor.user_id, rows.sees_all(actor)
    if row.is_open and is_own and not line.is_held:
        found += ["records"] + (["reveals"] if has_phone else [])
        found += ["appointment"] if row.appointment_at is None else []
    if row.is_open and (is_own or is_lead or row.owner_id is None):
        found.append("assignment")
    if row.is_open and is_lead and row.cause_enum is not Cause.COMPLAINT:
        found.append("withdrawal")
    if not row.is_open and reopening.may_reopen(session, actor, row):
        found.append("reopening")
    return tuple(found)


def _state_of(ticket: Ticket) -> str:
    how = CLOSED_HOW_LABELS.get(ClosedHow(ticket.closed_how)) if ticket.closed_how else None
    label = STATE_LABELS[ticket.state_enum]
    return f"{label}（{how}）" if how else label


def names_of(people: Sequence[User]) -> list[tuple[str, str]]:
    """Usernames with the names that a page shows."""
    return [(person.username, f"{person.display_name} {person.staff_number or ''}".strip()) for person in people]

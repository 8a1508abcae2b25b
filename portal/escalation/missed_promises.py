"""Which promises of a ticket an alert is about: each that was missed, by itself."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from portal.acts import promises
from portal.escalation.alerts import Subject
from portal.tickets.models import Ticket
from portal.tickets.states import PromiseState


def subjects(session: Session, ticket: Ticket) -> Iterable[Subject]:
    return [Subject(one.id) for one in promises.of_ticket(session, ticket.id) if one.state is PromiseState.MISSED]

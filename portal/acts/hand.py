"""What every act receives: a person at work on a locked ticket, and what several acts do with it."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.audit.actor import Actor
from portal.progress import ownership
from portal.runtime import Runtime
from portal.tickets.models import Ticket


@dataclass(frozen=True)
class Hand:
    """A person at work on a locked ticket. `other` is the second ticket, for acts that name one."""

    session: Session
    runtime: Runtime
    actor: Actor
    ticket: Ticket
    other: Ticket | None = None

    def give_to(self, person: User | Actor) -> None:
        if isinstance(person, User):
            ownership.give(self.session, self.ticket, person.id, person.display_name)
        else:
            ownership.give(self.session, self.ticket, person.user_id, person.label)

    def take_away(self) -> None:
        ownership.give(self.session, self.ticket, None, None)

"""What every act receives: a person at work on a locked ticket, and what several acts do with it."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.audit.actor import Actor
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
        """Assign the ticket; its first owner is recorded permanently (首问责任人, N1)."""
        if isinstance(person, User):
            self.ticket.assignee_id, self.ticket.assignee_name = person.id, person.display_name
        else:
            self.ticket.assignee_id, self.ticket.assignee_name = person.user_id, person.label
        self.ticket.first_owner_id = self.ticket.first_owner_id or self.ticket.assignee_id

    def take_away(self) -> None:
        self.ticket.assignee_id = self.ticket.assignee_name = None

    def mark_replied(self) -> None:
        """A person's first message to the clinic stops the reply clock (REQUIREMENTS T22)."""
        self.ticket.first_replied_at = self.ticket.first_replied_at or clock.now()

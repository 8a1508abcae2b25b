"""正在查看, 正在填写: who else has this ticket's page open. Not in the trail; never in the way of an act."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.acts.models import Presence
from portal.db import UtcDateTime
from portal.tickets.models import Ticket

LIVES_FOR = timedelta(seconds=45)


class Mode(StrEnum):
    VIEWING = "viewing"
    WRITING = "writing"


MODE_LABELS = {Mode.VIEWING: "正在查看", Mode.WRITING: "正在填写"}


@dataclass(frozen=True)
class Somebody:
    """Another person on the ticket."""

    name: str
    mode: Mode


_RENEW = text(
    "INSERT INTO presences (ticket_id, user_id, mode, until) VALUES (:ticket_id, :user_id, :mode, :until) "
    "ON CONFLICT (ticket_id, user_id) DO UPDATE SET mode = excluded.mode, until = excluded.until"
).bindparams(
    bindparam("ticket_id", type_=Presence.ticket_id.type),
    bindparam("user_id", type_=Presence.user_id.type),
    bindparam("until", type_=UtcDateTime()),
)


def renew(session: Session, ticket: Ticket, user_id: UUID, mode: Mode) -> None:
    """The person is there for the next moments."""
    values = {"ticket_id": ticket.id, "user_id": user_id, "mode": mode.value, "until": clock.now() + LIVES_FOR}
    session.execute(_RENEW, values)


def others(session: Session, ticket: Ticket, user_id: UUID) -> Sequence[Somebody]:
    """Who else is there, of the people who may see the ticket."""
    now = clock.now()
    there = (
        select(User, Presence.mode)
        .join(Presence, Presence.user_id == User.id)
        .where(
            Presence.ticket_id == ticket.id,
            Presence.user_id != user_id,
            # What a wrong clock has stored further ahead counts as none.
            Presence.until.between(now, now + LIVES_FOR),
        )
        .order_by(User.display_name)
    )
    return [
        Somebody(user.display_name, Mode(mode))
        for user, mode in session.execute(there)
        if user.is_active and ticket.queue in user.queues
    ]

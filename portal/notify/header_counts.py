"""What the header of every staff page counts, in one statement that is compiled once: each page pays for it."""

import uuid
from dataclasses import dataclass, field

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from portal.kinds.names import TicketKind
from portal.notify.models import StaffNotice
from portal.tickets.states import TicketState

_QUEUES = ", ".join(f"'{kind.value}'" for kind in TicketKind)
_COUNTS = text(
    "SELECT queue, state, count FROM queue_counts "  # noqa: S608  (fixed words)
    "UNION ALL SELECT queue, 'turn', count(*) FROM tickets "
    f"WHERE queue IN ({_QUEUES}) AND assignee_id = :me AND turn = 'us' GROUP BY queue "
    "UNION ALL SELECT '', 'unseen', count(*) FROM staff_notices WHERE user_id = :me AND seen_at IS NULL"
).bindparams(bindparam("me", type_=StaffNotice.user_id.type))


@dataclass(frozen=True)
class HeaderCounts:
    """Tickets of each queue by state; one person's tickets that wait for them, by queue; their unseen notices."""

    states: dict[str, dict[str, int]] = field(default_factory=dict)
    my_turn: dict[str, int] = field(default_factory=dict)
    unseen: int = 0


def header_counts(session: Session, user_id: uuid.UUID) -> HeaderCounts:
    states = {kind.value: dict.fromkeys((state.value for state in TicketState), 0) for kind in TicketKind}
    my_turn: dict[str, int] = {}
    unseen = 0
    for queue, name, count in session.execute(_COUNTS, {"me": user_id}):
        if name == "unseen":
            unseen = count
        elif name == "turn":
            my_turn[queue] = count
        else:
            states[queue][name] = count
    return HeaderCounts(states, my_turn, unseen)

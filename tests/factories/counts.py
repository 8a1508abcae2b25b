"""What the maintained counts say."""

from sqlalchemy.orm import Session

from portal.queues import queries
from portal.tickets.states import OPEN_STATES


def open_counts(session: Session) -> dict[str, int]:
    """Open tickets of each queue."""
    counts = queries.all_counts(session)
    return {queue: sum(states[state.value] for state in OPEN_STATES) for queue, states in counts.items()}

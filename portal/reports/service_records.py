"""代客提报: what staff record about a report that they take for another person (REQUIREMENTS D8, E1, G18, K10)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

LATE_AFTER = timedelta(minutes=30)
# How the caller was identified. A familiar voice is no proof.
CALLED_BACK = "callback"
IDENTITY_METHODS: tuple[tuple[str, str], ...] = (
    (CALLED_BACK, "回拨机构电话核对"),
    ("contact", "核对机构与联系人"),
    ("in_person", "当面核实"),
)


@dataclass(frozen=True)
class Service:
    """The facts of one service, checked. `ended_at` None means now; empty texts mean that there is nothing to say."""

    identity_method: str = ""
    began_at: datetime | None = None
    ended_at: datetime | None = None
    late_reason: str = ""
    incomplete_note: str = ""
    may_call_back: bool = False


def is_late(ended_at: datetime | None, filed_at: datetime) -> bool:
    """补录: entered more than half an hour after the service had ended (REQUIREMENTS G18)."""
    return ended_at is not None and filed_at - ended_at > LATE_AFTER

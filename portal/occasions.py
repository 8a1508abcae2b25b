"""What happens beside a ticket's own life, so that rooms on one line hear of each other without an import.

Whoever causes an occasion tells it in the transaction of the change; a listener that raises undoes the change. The
listeners are named in `portal/wiring.py` only, as those of `progress/hooks`.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

_OCCASIONS = "listeners to occasions"


@dataclass(frozen=True)
class KeeperAssigned:
    """An institution has a new keeper, who should get to know it (REQUIREMENTS L3)."""

    institution_id: uuid.UUID
    keeper_id: uuid.UUID


@dataclass(frozen=True)
class FollowerToCall:
    """A known issue is settled; this clinic said 我也遇到 and left a phone (REQUIREMENTS N14).

    Args:
        number: of its short report. round: how often the issue has been settled. queues: of the issue.
    """

    follower_id: uuid.UUID
    number: str
    institution: str
    queues: tuple[str, ...]
    round: int = 1


@dataclass(frozen=True)
class ComplaintAnswered:
    """A complaint has its answer: somebody else than its people asks whether it is content (DESK 5.2).

    Args:
        number: of the complaint. not_for: people who must not call: owner, handler, subjects. has_phone: whether the
            complainant left one; it is sealed under the complaint's id as `contact_phone`.
        round: how often it has been answered.
    """

    complaint_id: uuid.UUID
    number: str
    not_for: tuple[uuid.UUID, ...]
    has_phone: bool
    round: int = 1


@dataclass(frozen=True)
class ComplaintArchived:
    """Nobody is to be called about this complaint any more: it is archived, joined to another one or reviewed."""

    complaint_id: uuid.UUID


@dataclass(frozen=True)
class ComplaintDestroyed:
    """The texts of this complaint are destroyed: whatever was said about it elsewhere goes with them."""

    complaint_id: uuid.UUID


@dataclass(frozen=True)
class ComplaintCalled:
    """A call about a complaint was written down. Its words are kept by the complaint only, under its own key.

    Args:
        outcome: `reached`; `not_reached`, with a further try to come; `unreachable`, after the last one; `no_contact`.
        level: `satisfied`, `fair` or `unsatisfied` if the complainant was reached.
    """

    complaint_id: uuid.UUID
    call_back_id: uuid.UUID
    by_id: uuid.UUID | None
    outcome: str
    level: str | None = None
    solved: str | None = None
    aspect: str = field(default="", repr=False)
    wish: str = field(default="", repr=False)
    suggestion: str = field(default="", repr=False)


Listener = Callable[[Session, Any], None]
# Occasion and listener; a listener takes the occasion that it is registered for.
Listeners = tuple[tuple[type[Any], Listener], ...]


def session_info(listeners: Listeners) -> dict[str, object]:
    """The value for `Database.session_info` that registers these listeners."""
    return {_OCCASIONS: listeners}


def tell(session: Session, occasion: object) -> None:
    """Call everybody who listens to occasions of this kind, in the order of registration."""
    listeners: Listeners = session.info[_OCCASIONS]
    for kind, listener in listeners:
        if isinstance(occasion, kind):
            listener(session, occasion)

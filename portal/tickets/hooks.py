"""How rooms above take part in what happens to a ticket, without an import upward (DESK 0.3).

Objections are asked before an act; listeners are called inside its transaction, and one that raises undoes the act.
Both are listed once, in `portal/wiring.py`; their order there is the order in which they are called.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy.orm import Session

from portal.errors import ConflictError
from portal.tickets.models import Ticket

_HOOKS = "ticket hooks"


class Moment(StrEnum):
    """What listeners can hear of."""

    ENDED = "ended"  # the ticket is closed, merged or void; it may come back


@dataclass(frozen=True)
class Objection:
    """Why an act must wait: `code` for machines, `message` a sentence for people."""

    code: str
    message: str


# (session, ticket, name of the act) -> what speaks against it
Objector = Callable[[Session, Ticket, str], Sequence[Objection]]
Listener = Callable[[Session, Ticket], None]


class ObjectionError(ConflictError):
    """Somebody objects; carries every objection (CONTRACT 7)."""

    def __init__(self, objections: Sequence[Objection]) -> None:
        super().__init__("；".join(objection.message for objection in objections))
        self.objections = tuple(objections)


@dataclass(frozen=True)
class Hooks:
    """The two registers."""

    objectors: tuple[Objector, ...] = ()
    listeners: tuple[tuple[Moment, Listener], ...] = ()

    def session_info(self) -> dict[str, object]:
        """What `Database.session_info` has to carry for these hooks to be called."""
        return {_HOOKS: self}


def check_objections(session: Session, ticket: Ticket, act: str) -> None:
    """Ask everybody before an act.

    Raises:
        ObjectionError: with every objection there is.
    """
    objections = [found for objector in _of(session).objectors for found in objector(session, ticket, act)]
    if objections:
        raise ObjectionError(objections)


def announce(session: Session, ticket: Ticket, moment: Moment) -> None:
    """Call every listener of this moment, in order."""
    for heard, listener in _of(session).listeners:
        if heard is moment:
            listener(session, ticket)


def _of(session: Session) -> Hooks:
    """Without its hooks a ticket would end and keep its credentials: such a session is refused."""
    hooks: Hooks = session.info[_HOOKS]
    return hooks

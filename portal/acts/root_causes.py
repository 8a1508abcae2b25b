"""定性: what caused a problem; three fixed causes and those that leads add (REQUIREMENTS F5)."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acts.triage_models import RootCause
from portal.errors import Fault
from portal.kinds.names import RequestType
from portal.tickets.models import Ticket
from portal.tickets.states import ROOT_CAUSE_LABELS


def options(session: Session, ticket: Ticket) -> Sequence[tuple[str, str]]:
    """Value and label of each cause that can be chosen for this ticket, and the one that it has."""
    own = session.scalars(select(RootCause.name).where(RootCause.is_active).order_by(RootCause.made_at))
    values = dict.fromkeys([*ROOT_CAUSE_LABELS, *own, *([ticket.root_cause] if ticket.root_cause else [])])
    return [(value, label_of(value)) for value in values]


def label_of(cause: str) -> str:
    """A cause of leads is its own label."""
    return ROOT_CAUSE_LABELS.get(cause, cause)


def of(ticket: Ticket) -> str:
    """The one it has; empty while it has none."""
    return ticket.root_cause or ""


def needs_cause(ticket: Ticket) -> bool:
    """Whether its result must name one (REQUIREMENTS F5)."""
    return ticket.type_enum is RequestType.HELP


def doubts(session: Session, ticket: Ticket, cause: str, *, is_needed: bool) -> list[Fault]:
    """A cause that is missing, or that is none."""
    if not cause:
        return [Fault("root_cause", "required", "请选择定性，例如产品故障、操作误解")] if is_needed else []
    if cause in dict(options(session, ticket)):
        return []
    return [Fault("root_cause", "invalid", "请从名单里选择定性")]

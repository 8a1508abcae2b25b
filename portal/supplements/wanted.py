"""What a clinic can supply now: what it was asked for, and what its channel let off (REQUIREMENTS A8).

What was let off is offered for as long as the ticket is worked. Nobody demands it, so that supplying it changes neither
state nor clock.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.kinds.channel_policy import ChannelPolicy
from portal.kinds.fields import FieldSpec, Need
from portal.kinds.table import KINDS
from portal.reports import current
from portal.screenshots.models import Screenshot
from portal.tickets.information_requests import open_request
from portal.tickets.models import InformationRequest, Ticket
from portal.tickets.states import TicketState
from portal.vault.models import SealedValue


@dataclass(frozen=True)
class Wanted:
    """`asked` are the open fields of `request`; a ticket that waits for nothing has neither."""

    request: InformationRequest | None
    asked: Sequence[FieldSpec]
    let_off: Sequence[FieldSpec]

    @property
    def fields(self) -> list[FieldSpec]:
        return [*self.asked, *self.let_off]


def of(session: Session, ticket: Ticket) -> Wanted:
    """Everything that can be supplied now, in the form's order within each part."""
    kind = KINDS[ticket.kind_enum]
    request = open_request(session, ticket) if ticket.state_enum is TicketState.AWAITING_INFORMATION else None
    asked = [kind.field(name) for name in request.missing if kind.asks(name)] if request else []
    present = _present(session, ticket) if ticket.is_worked else ()
    return Wanted(
        request, asked, let_off(ticket, present, [spec.name for spec in asked], ChannelPolicy.of(session.info))
    )


def let_off(ticket: Ticket, present: Collection[str], asked: Collection[str], policy: ChannelPolicy) -> list[FieldSpec]:
    """The fields that the ticket's channel let off, and that are neither there nor asked for."""
    if not ticket.is_worked or ticket.destroyed_at is not None:
        return []
    return [
        spec
        for spec in KINDS[ticket.kind_enum].fields
        if spec.need(ticket.channel_enum, policy, ticket.type_enum) in (Need.MAY_OMIT, Need.LATER)
        and spec.name not in present
        and spec.name not in asked
    ]


def _present(session: Session, ticket: Ticket) -> set[str]:
    """The names of all fields that hold something. What was destroyed is no longer there."""
    sealed = select(SealedValue.field).where(
        SealedValue.owner_id == ticket.report_id, SealedValue.destroyed_at.is_(None)
    )
    slots = select(Screenshot.slot).where(Screenshot.owner_id == ticket.report_id)
    texts = (name for name, text in current.answers_of(session, ticket.report_id).items() if text)
    return {*session.scalars(sealed), *session.scalars(slots), *texts}

"""待交接: tickets that count as nobody's because their owner is gone or away, for colleagues and leads to take on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import clock
from portal.accounts.guard import Requires
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.acts import colleagues, suggestion
from portal.kinds.table import kind_of
from portal.pages import staff_header
from portal.pages.triage import reassigning
from portal.pages.triage.queue_rows import Row, rows_of
from portal.queues import queries
from portal.queues.queries import QueueFilter
from portal.runtime import runtime_of
from portal.tickets.states import STATE_LABELS
from portal.web.templating import render

router = APIRouter()


@dataclass(frozen=True)
class Part:
    """One queue: its abandoned tickets, who can take them, and how many more there are than shown."""

    queue: str
    kind: Any
    rows: Sequence[Row]
    has_more: bool
    colleagues: Sequence[suggestion.Suggested]


@router.get("/desk/handover")
def show(request: Request, principal: Annotated[Principal, Depends(Requires(Permission.TRANSFER_TICKET))]) -> Response:
    """Most urgent and oldest first, by queue; leads offer or assign many at once."""
    with runtime_of(request).database.read() as session:
        staff_header.read(request, session, principal)
        parts = [_part(session, principal, queue) for queue in principal.queues]
    return render(
        request,
        "triage/handover.html",
        parts=parts,
        may_assign=principal.can(Permission.DISPATCH),
        may_claim=principal.can(Permission.WORK_TICKET),
        state_labels=STATE_LABELS,
        most=reassigning.MOST,
        spread=reassigning.SPREAD,
    )


def _part(session: Session, principal: Principal, queue: str) -> Part:
    people = colleagues.people_of(session, queue)
    wanted = QueueFilter(queue, state=queries.OPEN, owners=people.absent, not_of=principal.user_id)
    page = queries.queue_page(session, wanted, limit=reassigning.MOST)
    rows = rows_of(page.tickets, clock.now(), principal.user_id, people.absent)
    return Part(queue, kind_of(queue), rows, page.next_cursor is not None, suggestion.by_load(session, people))

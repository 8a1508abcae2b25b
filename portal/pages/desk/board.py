"""主管看板: what is late, unanswered or waits for a lead, who is on duty, and how much everybody has (DESK 1.9)."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from portal import clock
from portal.accounts.guard import Requires
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.clocks.names import CLOCK_LABELS, COORDINATION_LABELS
from portal.escalation import board, duty
from portal.pages import staff_header
from portal.runtime import runtime_of
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Lead = Annotated[Principal, Depends(Requires(Permission.DECIDE))]


@router.get("/desk/board")
def show(request: Request, lead: Lead) -> Response:
    """Of the lead's queues, in a fixed number of queries."""
    now, queues = clock.now(), lead.queues
    with runtime_of(request).database.read() as session:
        staff_header.read(request, session, lead)
        facts: dict[str, Any] = {
            "late": board.late(session, queues, now),
            "unanswered": board.unanswered(session, queues),
            "missed": board.missed_promises(session, queues),
            "undispatched": board.undispatched(session, queues),
            "offers": board.unaccepted(session, queues),
            "undecided": board.undecided(session, queues),
            "unacknowledged": board.unacknowledged(session, queues),
            "loads": board.loads(session, queues, now),
            "rota": {queue: duty.on_duty(session, queue, now) for queue in queues},
            "gaps": duty.gaps(session, queues, now),
        }
    return render(
        request, "desk/board.html", now=now, clock_labels=CLOCK_LABELS, coordination_labels=COORDINATION_LABELS, **facts
    )

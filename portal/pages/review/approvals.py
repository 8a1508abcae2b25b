"""应急查看 for leads: the requests, with masked data only, and the second person's decision."""

import uuid
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from portal import clock
from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.audit import trail
from portal.audit.tags import Tag
from portal.disclosure import break_glass
from portal.disclosure.models import BreakGlassRequest, BreakGlassState
from portal.errors import ConflictError, ForbiddenError, PortalError
from portal.pages.confirming import Confirmed
from portal.runtime import runtime_of
from portal.tickets.models import Ticket
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter()
Approver = Annotated[Principal, Depends(Requires(Permission.APPROVE_BREAK_GLASS))]


@dataclass(frozen=True)
class ShownRequest:
    """A request with its ticket and state."""

    row: BreakGlassRequest
    ticket: Ticket
    state: BreakGlassState


@router.get("/review/approvals")
def approvals(request: Request, lead: Approver) -> Response:
    """Requests of the lead's queues, newest first; viewing them writes a trail row."""
    with runtime_of(request).database.transaction() as session:
        trail.record(session, Tag.AUDIT_VIEWED, actor_of(request, lead), particulars={"view": "break-glass"})
    return _page(request, lead)


@router.post("/review/approvals/{request_id}")
def decide(request: Request, request_id: uuid.UUID, lead: Approver, form: Form, confirmed: Confirmed) -> Response:
    """Agree or refuse. Anything but a plain yes is a no."""
    runtime = runtime_of(request)
    is_approved = form.get("decision") == "approve"
    try:
        break_glass.decide(runtime, actor_of(request, lead), request_id, is_approved)
    except (ForbiddenError, ConflictError) as error:
        return _page(request, lead, error)
    return RedirectResponse(f"/review/approvals?done={'approved' if is_approved else 'denied'}", 303)


def _page(request: Request, lead: Principal, error: PortalError | None = None) -> Response:
    with runtime_of(request).database.read() as session:
        found = break_glass.in_queues(session, lead.queues)
    now = clock.now()
    shown = [ShownRequest(row, ticket, break_glass.state_of(row, now)) for row, ticket in found]
    return render(
        request,
        "review/approvals.html",
        error.status if error else 200,
        waiting=[each for each in shown if each.state is BreakGlassState.ASKED],
        others=[each for each in shown if each.state is not BreakGlassState.ASKED],
        message=error.message if error else "",
        done="" if error else request.query_params.get("done", ""),
    )

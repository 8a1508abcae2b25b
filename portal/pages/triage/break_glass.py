"""应急查看: a person who is not the owner requests one value, and sees it once that is approved."""

import uuid
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal import clock
from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.casefile.view import TicketView, ticket_view
from portal.disclosure import break_glass
from portal.disclosure.disclose import DestroyedError
from portal.disclosure.models import BreakGlassRequest, BreakGlassState
from portal.errors import (
    ConfirmationNeededError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    PortalError,
    TooManyRequestsError,
)
from portal.pages.triage import confirmation
from portal.pages.triage.reveals import revealed_page
from portal.runtime import runtime_of
from portal.tickets import lookup
from portal.tickets.numbering import normal_number
from portal.web.body import PostedForm
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter()
Asker = Annotated[Principal, Depends(Requires(Permission.ASK_BREAK_GLASS))]


@dataclass(frozen=True)
class OwnRequest:
    """One of the person's own requests, with its state."""

    row: BreakGlassRequest
    state: BreakGlassState


@router.get("/tickets/{number}/break-glass")
def break_glass_page(request: Request, number: str, principal: Asker) -> Response:
    """What can be requested on this ticket, and the state of one's earlier requests."""
    return _page(request, principal, number)


@router.post("/tickets/{number}/break-glass")
def ask(request: Request, number: str, principal: Asker, form: Form) -> Response:
    """Request; a second person must approve before anything is shown."""
    runtime = runtime_of(request)
    try:
        break_glass.ask(runtime, actor_of(request, principal), number, form.get("field"), form.get("reason"))
    except (InvalidError, ForbiddenError, ConflictError, DestroyedError) as error:
        return _page(request, principal, number, error, form)
    return RedirectResponse(f"/tickets/{number}/break-glass?done=asked", 303)


@router.post("/tickets/{number}/break-glass/{request_id}/reveals")
def use(request: Request, number: str, request_id: uuid.UUID, principal: Asker, form: Form) -> Response:
    """Show the approved value, once."""
    runtime = runtime_of(request)
    try:
        is_confirmed = confirmation.is_confirmed(request, principal, form)
        shown = break_glass.use(runtime, actor_of(request, principal), number, request_id, is_confirmed=is_confirmed)
    except (ConfirmationNeededError, ForbiddenError, ConflictError, DestroyedError, TooManyRequestsError) as error:
        return _page(request, principal, number, error)
    return revealed_page(request, normal_number(number), shown)


def _page(
    request: Request,
    principal: Principal,
    number: str,
    error: PortalError | None = None,
    form: PostedForm | None = None,
) -> Response:
    with runtime_of(request).database.read() as session:
        ticket = lookup.find(session, actor_of(request, principal), number)
        view = ticket_view(session, ticket)
        rows = break_glass.asked_by(session, ticket, principal.user_id)
        others = break_glass.approvers(session, ticket.queue, principal.user_id)
    now = clock.now()
    return render(
        request,
        "triage/break_glass.html",
        error.status if error else 200,
        ticket=ticket,
        values=_values(view),
        asked=[OwnRequest(row, break_glass.state_of(row, now)) for row in rows],
        approvers=[user.display_name for user in others],
        is_mine=ticket.assignee_id == principal.user_id,
        message=error.message if error and not isinstance(error, InvalidError) else "",
        faults=error.faults if isinstance(error, InvalidError) else [],
        kept={"field": form.get("field"), "reason": form.get("reason")} if form else {"field": "", "reason": ""},
        asks_code=principal.has_second_factor,
        needs_confirmation=not principal.is_confirmed,
        is_done=error is None and request.query_params.get("done") == "asked",
    )


def _values(view: TicketView) -> list[tuple[str, str]]:
    """Every value that still exists: its key, and its label with the mask."""
    named = [(field.label, value) for field in view.fields if field.is_sensitive for value in field.values]
    named += [(value.label, value) for value in view.found]
    return [(value.key, f"{label} {value.mask}") for label, value in named if not value.destroyed_at]

"""Acknowledging an alert where its ticket is read (DESK 1.7)."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.escalation import alerts
from portal.runtime import runtime_of
from portal.web.csrf import Form

router = APIRouter(include_in_schema=False)
Viewer = Annotated[Principal, Depends(Requires(Permission.VIEW_QUEUE))]


@router.post("/tickets/{number}/alerts/{alert_id}/acknowledgement")
def acknowledge(request: Request, principal: Viewer, number: str, alert_id: uuid.UUID, form: Form) -> Response:
    """No further step follows; then the ticket again."""
    actor = actor_of(request, principal)
    runtime_of(request).database.run(lambda session: alerts.acknowledge(session, actor, alert_id))
    return RedirectResponse(f"/tickets/{number}", 303)

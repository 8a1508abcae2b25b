"""One ticket's page."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from portal.accounts.guard import Requires
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.triage import desk

router = APIRouter()


@router.get("/tickets/{number}")
def show_ticket(
    request: Request, number: str, principal: Annotated[Principal, Depends(Requires(Permission.VIEW_QUEUE))]
) -> Response:
    """The ticket, masked."""
    return desk.show_ticket(request, principal, number)

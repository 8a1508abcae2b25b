"""The page of one ticket."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from portal.accounts.guard import Requires
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.pages.triage import ticket_page

router = APIRouter()


@router.get("/tickets/{number}")
def show_ticket(
    request: Request, number: str, principal: Annotated[Principal, Depends(Requires(Permission.VIEW_QUEUE))]
) -> Response:
    return ticket_page.show_ticket(request, principal, number)

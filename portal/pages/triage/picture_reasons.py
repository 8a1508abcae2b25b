"""Asks why a person opens the pictures of a ticket, then leads to the picture."""

from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.disclosure import picture_reasons
from portal.disclosure.reasons import REASONS, chosen_reason
from portal.errors import InvalidError, NotFoundError
from portal.runtime import runtime_of
from portal.tickets import lookup
from portal.tickets.numbering import normal_number
from portal.web.csrf import Form
from portal.web.numbers import PathNumber
from portal.web.templating import render

router = APIRouter()
PictureViewer = Annotated[Principal, Depends(Requires(Permission.OPEN_PICTURE))]


@router.post("/tickets/{number}/pictures/{position}/reason")
def give_reason(request: Request, number: str, position: PathNumber, principal: PictureViewer, form: Form) -> Response:
    """Back to the picture, under the address that asked."""
    try:
        reason = chosen_reason(form.get("reason"), form.get("reason_text"))
        picture_reasons.give(runtime_of(request), actor_of(request, principal), number, reason)
    except InvalidError as error:
        return ask(request, principal, number, position, form.get("query"), error)
    query = urlencode(parse_qsl(form.get("query")))  # whatever was posted: one address, no second header
    return RedirectResponse(f"/tickets/{normal_number(number)}/pictures/{position}{f'?{query}' if query else ''}", 303)


def ask(
    request: Request, principal: Principal, number: str, position: int, query: str, error: InvalidError | None = None
) -> Response:
    """The page with the question; `query` is what the picture's address carried."""
    with runtime_of(request).database.read() as session:
        ticket = lookup.find(session, actor_of(request, principal), number)
    if position < 1:
        raise NotFoundError("没有找到这张附图")
    return render(
        request,
        "triage/picture_reason.html",
        error.status if error else 200,
        ticket=ticket,
        position=position,
        query=query,
        reasons=REASONS,
        faults=error.faults if error else (),
    )

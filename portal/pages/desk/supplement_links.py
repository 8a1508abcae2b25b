"""补充链接: staff make a one-time link for what a clinic can supply (REQUIREMENTS A8)."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.casefile import qq_text
from portal.casefile.view import ticket_view
from portal.runtime import runtime_of
from portal.supplements import links
from portal.tickets import lookup
from portal.web import context
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Taker = Annotated[Principal, Depends(Requires(Permission.FILE_FOR_OTHERS))]


@router.post("/tickets/{number}/supplement-link")
def make_link(request: Request, number: str, taker: Taker, form: Form) -> Response:
    """A new link, shown only now with the text for QQ; the previous one stops working."""
    runtime = runtime_of(request)
    with runtime.database.transaction() as session:
        ticket, token, ends = links.make(session, runtime, actor_of(request, taker), number)
    link = f"{context.base_url(request)}{links.PAGE}/{token}"
    return _link_page(request, taker, ticket.number, link, ends)


@router.get("/tickets/{number}/supplement-link")
def show_after_making(request: Request, number: str, taker: Taker) -> Response:
    """A GET of the address that the post leaves in the browser: the link itself is not stored anywhere."""
    with runtime_of(request).database.read() as session:
        ticket = lookup.find(session, actor_of(request, taker), number)
    return RedirectResponse(f"/tickets/{ticket.number}", 303)


def _link_page(request: Request, taker: Principal, number: str, link: str, ends: datetime) -> Response:
    with runtime_of(request).database.read() as session:
        view = ticket_view(session, lookup.find(session, actor_of(request, taker), number))
    track_url = f"{context.base_url(request)}/track?number={number}"
    text = qq_text.text_of(view, track_url, link, ends)
    return render(
        request,
        "desk/secure_link.html",
        view=view,
        ticket=view.ticket,
        fields=view.missing_fields() or view.let_off,
        link=link,
        ends=ends,
        qq_text=text,
    )

"""Looking at what is sealed: one value, or one picture, each recorded before it is shown (SECURITY D-4, D-5, B-7)."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.errors import ForbiddenError, InvalidError, NotFoundError
from portal.screenshots.models import Screenshot
from portal.tickets import queries, reveals, work
from portal.tickets.numbering import normal_number
from portal.tickets.reveals import SHOWN_FOR, DestroyedError
from portal.tickets.tools import Tools
from portal.tickets.views import ticket_view
from portal.triage import desk
from portal.triage.desk import Mishap
from portal.triage.forms import reveal_key, reveal_reason
from portal.web.body import PostedForm
from portal.web.csrf import posted_form
from portal.web.middleware import PICTURE_POLICY
from portal.web.templating import iso_time, render

router = APIRouter()
PictureViewer = Annotated[Principal, Depends(Requires(Permission.OPEN_PICTURE))]
REVEAL = "reveal"
_SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}


@router.post("/tickets/{number}/reveals")
def reveal(
    request: Request,
    number: str,
    principal: Annotated[Principal, Depends(Requires(Permission.REVEAL_FIELD))],
    form: Annotated[PostedForm, Depends(posted_form)],
) -> Response:
    """One value for a minute: as JSON to the page's script, else as a page that leaves by itself."""
    tools: Tools = request.app.state.tools
    wants_json = "application/json" in request.headers.get("accept", "")
    try:
        shown = reveals.reveal_field(tools, actor_of(request, principal), number, reveal_key(form), reveal_reason(form))
    except (InvalidError, ForbiddenError, DestroyedError) as error:
        if wants_json:
            raise
        faults = error.faults if isinstance(error, InvalidError) else ()
        return desk.show_ticket(request, principal, number, Mishap(REVEAL, error.message, error.status, form, faults))
    if wants_json:
        return JSONResponse(
            {"value": shown.value, "label": shown.label, "expires_at": iso_time(shown.expires_at)},
            headers={"Cache-Control": "no-store, private"},
        )
    number, seconds = normal_number(number), int(SHOWN_FOR.total_seconds())
    page = render(request, "triage/revealed.html", number=number, shown=shown, seconds=seconds)
    page.headers["Refresh"] = f"{seconds};url=/tickets/{number}"
    return page


@router.api_route("/tickets/{number}/screenshots/{screenshot_id}", methods=["GET", "HEAD"])
def show_picture(request: Request, number: str, screenshot_id: uuid.UUID, principal: PictureViewer) -> Response:
    """The picture itself, whole: a Range is ignored, a HEAD is recorded like any other opening (SECURITY F-5)."""
    tools: Tools = request.app.state.tools
    picture, content = reveals.open_picture(tools, actor_of(request, principal), number, screenshot_id)
    return Response(
        content,
        media_type=picture.media_type,
        headers={
            "Content-Security-Policy": PICTURE_POLICY,
            "Cache-Control": "no-store, private",
            "Content-Disposition": f'inline; filename="{_file_name(number, picture)}"',
        },
    )


@router.get("/tickets/{number}/pictures/{position}")
def view_picture(request: Request, number: str, position: int, principal: PictureViewer) -> Response:
    """A page around one picture: fit or original size, next and previous. `position` counts from 1."""
    tools: Tools = request.app.state.tools
    with tools.database.read() as session:
        ticket = work.find(session, actor_of(request, principal), number)
        view, counts = ticket_view(session, ticket), queries.open_counts(session)
    if not 1 <= position <= len(view.pictures):
        raise NotFoundError("没有找到这张附图")
    if not ticket.is_worked:
        raise ForbiddenError("工单已结束，不能再查看附图")
    return render(
        request,
        "triage/picture.html",
        view=view,
        ticket=ticket,
        picture=view.pictures[position - 1],
        position=position,
        total=len(view.pictures),
        is_full=request.query_params.get("size") == "full",
        counts=counts,
    )


def _file_name(number: str, picture: Screenshot) -> str:
    """Made here from plain letters: nothing a reporter named reaches a header (RFC 6266)."""
    safe = "".join(char for char in number if char.isascii() and char.isalnum())
    return f"{safe}-{picture.slot}-{picture.position + 1}.{_SUFFIXES.get(picture.media_type, 'bin')}"

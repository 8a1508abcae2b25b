"""Screenshots of a ticket: the page around one, and the image itself, recorded before it is shown (SECURITY D-5)."""

import re
import uuid
from collections.abc import Callable
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.casefile.view import ticket_view
from portal.disclosure import picture_redaction, reveals
from portal.disclosure.disclose import ShownPicture
from portal.disclosure.picture_reasons import current as current_reason
from portal.disclosure.picture_redaction import Redacted
from portal.disclosure.reasons import REASONS
from portal.errors import ForbiddenError, InvalidError, NotFoundError
from portal.pages import staff_header
from portal.pages.list_place import FIELD, ListPlace, place_of
from portal.pages.triage import picture_reasons
from portal.runtime import Runtime, runtime_of
from portal.screenshots.rendering import PREVIEW_TYPE
from portal.tickets import lookup
from portal.tickets.numbering import normal_number
from portal.web.body import PostedForm
from portal.web.csrf import Form
from portal.web.middleware import PICTURE_POLICY
from portal.web.numbers import PathNumber
from portal.web.templating import render

router = APIRouter()
PictureViewer = Annotated[Principal, Depends(Requires(Permission.OPEN_PICTURE))]
Coverer = Annotated[Principal, Depends(Requires(Permission.WORK_TICKET))]

_SUFFIXES = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
_EDGES = ("left", "top", "width", "height")
_PIXELS = re.compile(r"[0-9]{1,5}")
_NOWHERE = -1_000_000  # the typed value is no number of pixels: a rectangle with it lies outside every image


@router.api_route("/tickets/{number}/screenshots/{screenshot_id}", methods=["GET", "HEAD"])
def show_picture(
    request: Request,
    number: str,
    screenshot_id: uuid.UUID,
    principal: PictureViewer,
    size: Literal["full", "fit"] = "full",
) -> Response:
    """The image itself, whole: a Range is ignored, a HEAD is recorded like any other opening (SECURITY F-5).

    `size=fit` is a smaller one for the first view; it is readable, so it is recorded in the same way.
    """
    runtime = runtime_of(request)
    shown = reveals.open_picture(
        runtime, actor_of(request, principal), number, screenshot_id, is_preview=size == "fit", needs_reason=True
    )  # fmt: skip
    return _image(shown.content, shown.media_type, _file_name(number, shown))


@router.api_route("/tickets/{number}/previews/{screenshot_id}", methods=["GET", "HEAD"])
def show_preview(
    request: Request,
    number: str,
    screenshot_id: uuid.UUID,
    principal: Annotated[Principal, Depends(Requires(Permission.VIEW_QUEUE))],
) -> Response:
    """A small, blurred, unreadable preview; part of the masked page, so it writes no trail row."""
    runtime = runtime_of(request)
    content = reveals.unreadable_preview(runtime, actor_of(request, principal), number, screenshot_id)
    return _image(content, PREVIEW_TYPE, "preview.webp")


@router.get("/tickets/{number}/pictures/{position}")
def view_picture(request: Request, number: str, position: PathNumber, principal: PictureViewer) -> Response:
    """A page around one screenshot: fit or original size, next and previous. `position` is its number, 附图 1."""
    return _viewer(request, principal, number, position)


@router.post("/tickets/{number}/screenshots/{screenshot_id}/covers")
def cover(
    request: Request, number: str, screenshot_id: uuid.UUID, principal: Coverer, form: Form
) -> Response:  # fmt: skip
    """涂黑 a rectangle for everyone else."""

    def act(runtime: Runtime) -> Redacted:
        left, top, width, height = (_pixels(form, edge) for edge in _EDGES)
        return picture_redaction.add(
            runtime, actor_of(request, principal), number, screenshot_id, (left, top, width, height)
        )

    return _carry_out(request, principal, number, form, act)


@router.post("/tickets/{number}/covers/{cover_id}/removal")
def uncover(request: Request, number: str, cover_id: uuid.UUID, principal: Coverer, form: Form) -> Response:
    def act(runtime: Runtime) -> Redacted:
        return picture_redaction.remove(runtime, actor_of(request, principal), number, cover_id)

    return _carry_out(request, principal, number, form, act)


def _carry_out(
    request: Request, principal: Principal, number: str, form: PostedForm, act: Callable[[Runtime], Redacted]
) -> Response:
    """Commit, then return to the screenshot; a refusal is shown there, with the typed values."""
    is_full = form.get("size") == "full"
    try:
        covered = act(runtime_of(request))
    except InvalidError as error:
        position = form.get("position")
        if not _PIXELS.fullmatch(position):
            raise
        return _viewer(request, principal, number, int(position), error, form)
    kept = {"size": "full"} if is_full else {}
    if form.get(FIELD):
        kept[FIELD] = form.get(FIELD)
    address = f"/tickets/{normal_number(number)}/pictures/{covered.number}"
    return RedirectResponse(f"{address}?{urlencode(kept)}" if kept else address, 303)


def _viewer(
    request: Request,
    principal: Principal,
    number: str,
    position: int,
    error: InvalidError | None = None,
    form: PostedForm | None = None,
) -> Response:
    runtime = runtime_of(request)
    actor = actor_of(request, principal)
    with runtime.database.read() as session:
        ticket = lookup.find(session, actor, number)
        view = ticket_view(session, ticket)
        staff_header.read(request, session, principal)
        picture = next((shown for shown in view.pictures if shown.number == position), None)
        if picture is None:
            raise NotFoundError("没有找到这张附图")
        covered = picture_redaction.redactions_of(session, picture.id)
        reason = current_reason(session, actor, ticket)
    if not ticket.is_worked:
        raise ForbiddenError("工单已结束，不能再查看附图")
    if reason is None:
        return picture_reasons.ask(request, principal, number, position, request.url.query)
    is_mine = ticket.assignee_id == principal.user_id
    over = reveals.refused_picture(runtime, actor, ticket, picture)
    size = form.get("size") if form else request.query_params.get("size")
    return render(
        request,
        "triage/picture.html",
        error.status if error else over.status if over else 200,
        over=over.message if over else "",
        view=view,
        ticket=ticket,
        picture=picture,
        position=position,
        total=len(view.pictures),
        is_full=size == "full",
        covers=covered,
        may_cover=picture_redaction.is_assignee(actor, ticket) and principal.can(Permission.WORK_TICKET),
        problem=error.faults[0].message if error else "",
        typed={edge: form.get(edge)[:5] if form else "" for edge in _EDGES},
        place=place_of(request, principal, form) or ListPlace(ticket.queue),
        is_mine=is_mine,
        may_reveal=is_mine and principal.can(Permission.REVEAL_FIELD),
        may_ask=not is_mine and principal.can(Permission.ASK_BREAK_GLASS),
        reasons=REASONS,
        asks_code=principal.has_second_factor,
        failed=None,
    )


def _pixels(form: PostedForm, name: str) -> int:
    text = form.get(name).strip()
    return int(text) if _PIXELS.fullmatch(text) else _NOWHERE


def _image(content: bytes, media_type: str, file_name: str) -> Response:
    return Response(
        content,
        media_type=media_type,
        headers={
            "Content-Security-Policy": PICTURE_POLICY,
            "Cache-Control": "no-store, private",
            "Content-Disposition": f'inline; filename="{file_name}"',
        },
    )


def _file_name(number: str, shown: ShownPicture) -> str:
    """Built here from plain letters: nothing a reporter named reaches a header (RFC 6266)."""
    safe = "".join(char for char in number if char.isascii() and char.isalnum())
    picture = shown.screenshot
    return f"{safe}-picture-{picture.number}.{_SUFFIXES.get(shown.media_type, 'bin')}"

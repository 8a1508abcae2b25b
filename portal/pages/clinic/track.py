"""查询进度: a clinic opens its ticket by number and query code, supplies what is missing, says whether it is solved."""

from collections.abc import Sequence
from typing import Literal

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import actor_of, public
from portal.casefile.view import ticket_view
from portal.errors import ConflictError, Fault, InvalidError, PortalError, TooManyRequestsError
from portal.kinds.questions import supplement_questions
from portal.kinds.validation import Values
from portal.knowledge import followers
from portal.knowledge.models import Follower
from portal.pages.clinic import cookies
from portal.pages.clinic import followers as followers_module
from portal.reports import uploads
from portal.runtime import runtime_of
from portal.supplements import receiving, reminders
from portal.tickets import numbering, queries
from portal.tickets.models import Ticket
from portal.tracking import access, confirmation, grants, receipt_reader, unconfirmed
from portal.web.csrf import PublicForm, PublicUploadForm
from portal.web.templating import render

router = APIRouter(dependencies=[Depends(public)], include_in_schema=False)
_DONE = ("supplemented", "confirmed", "reopened")


@router.get("/track")
def ask(request: Request, number: str = "") -> Response:
    """The two fields. The address may hold a number (QR code of the receipt), never a query code."""
    return _index(request, receipt_reader.number_and_code(number, "")[0])


@router.post("/track")
def open_ticket(request: Request, form: PublicForm) -> Response:
    """Shows the ticket itself, so that no address holds the code; the browser can return to it for half an hour."""
    number, code = receipt_reader.number_and_code(form.get("number"), form.get("query_code"))
    faults = _typed_faults(number, code)
    if faults:
        return _index(request, number, 422, faults)
    runtime = runtime_of(request)
    try:
        series = followers if followers.is_number(number) else access
        found = series.find(runtime, actor_of(request), number, code, cookies.tracking_browser(request))
    except TooManyRequestsError as error:
        page = _index(request, number, error.status, message=error.message)
        page.headers["Retry-After"] = str(error.retry_after)
        return page
    except PortalError as error:
        if error.status != 404:
            raise
        return _index(request, number, 404, [Fault("number", "wrong", error.message)])
    page = followers_module.tracked(request, found) if isinstance(found, Follower) else _ticket_page(request, found)
    cookies.keep_grant(request, page, grants.make(runtime.vault, found))
    cookies.remember_opened(request, page, found)
    return page


@router.get("/track/{number}")
def show(request: Request, number: str, done: str = "") -> Response:
    """The ticket again, for a browser that has entered its query code."""
    follower = followers_module.granted(request, number)
    if follower is not None:
        return followers_module.tracked(request, follower)
    ticket = _granted(request, number)
    if ticket is None:
        return RedirectResponse(f"/track?number={numbering.normal_number(number)}", 303)
    return _ticket_page(request, ticket, done=done if done in _DONE else "")


@router.get("/track/{number}/{act}")
def show_after_act(number: str, act: Literal["supplement", "confirmation"]) -> Response:
    """A GET of the address that a refused post leaves in the browser: back to the ticket."""
    return RedirectResponse(f"/track/{numbering.normal_number(number)}", 303)


@router.post("/track/{number}/supplement")
def supply(request: Request, number: str, form: PublicUploadForm) -> Response:
    """Accept what was asked for or let off, and show every fault at once (REQUIREMENTS A8, C7)."""
    ticket = _granted(request, number)
    if ticket is None:
        return _too_late(request, number)
    runtime = runtime_of(request)
    with runtime.database.read() as session:
        wanted = ticket_view(session, ticket, for_clinic=True).suppliable_fields()
    posted = uploads.posted_answers(runtime, form, wanted)
    try:
        receiving.supplement(runtime, actor_of(request), ticket.id, posted.values, posted.pictures)
    except InvalidError as error:
        order = [spec.name for spec in wanted]
        faults = sorted(error.faults, key=lambda fault: order.index(fault.field))
        return _ticket_page(request, ticket, error.status, faults=faults, typed=posted.values)
    except ConflictError as error:
        return _ticket_page(request, ticket, error.status, message=error.message)
    return RedirectResponse(f"/track/{ticket.number}?done=supplemented", 303)


@router.post("/track/{number}/confirmation")
def confirm(request: Request, number: str, form: PublicForm) -> Response:
    """已解决 closes; 没有解决 needs a sentence and returns the ticket to support (UX 3.9)."""
    ticket = _granted(request, number)
    if ticket is None:
        return _too_late(request, number)
    solved, comment = form.get("solved"), form.get("comment")
    try:
        if solved not in ("true", "false"):
            raise InvalidError([Fault("solved", "required", "请选择“已解决”或“没有解决”")])
        confirmation.confirm(
            runtime_of(request), actor_of(request), ticket.id, is_solved=solved == "true", comment=comment
        )  # fmt: skip
    except InvalidError as error:
        posted = {"solved": [solved], "comment": [comment]}
        return _ticket_page(request, ticket, error.status, faults=error.faults, typed=posted)
    except ConflictError as error:
        return _ticket_page(request, ticket, error.status, message=error.message)
    done = "confirmed" if solved == "true" else "reopened"
    return RedirectResponse(f"/track/{ticket.number}?done={done}", 303)


def _granted(request: Request, number: str) -> Ticket | None:
    runtime = runtime_of(request)
    with runtime.database.read() as session:
        ticket = queries.by_number(session, numbering.normal_number(number))
    return ticket if ticket and grants.is_good(runtime.vault, cookies.grant(request), ticket) else None


def _too_late(request: Request, number: str) -> Response:
    message = "页面放得太久了，刚才的内容没有提交。请重新填写查询码，再提交一次"
    return _index(request, number, 403, message=message)


def _typed_faults(number: str, code: str) -> list[Fault]:
    faults = []
    if not numbering.normal_number(number):
        faults.append(Fault("number", "required", "请填写受理编号，在提交后的回执上"))
    elif not receipt_reader.looks_like_a_number(number):
        faults.append(Fault("number", "wrong", "受理编号不完整或不对，应是字母开头、后面至少 10 位数字，请对照回执"))
    if not numbering.normal_code(code):
        faults.append(Fault("query_code", "required", "请填写查询码，在提交后的回执上"))
    return faults


def _index(
    request: Request, number: str, status: int = 200, faults: Sequence[Fault] = (), message: str = ""
) -> Response:
    return render(
        request,
        "clinic/track/index.html",
        status,
        number=receipt_reader.echoed(number),
        faults=list(faults),
        message=message,
    )


def _ticket_page(
    request: Request,
    ticket: Ticket,
    status: int = 200,
    *,
    faults: Sequence[Fault] = (),
    typed: Values | None = None,
    message: str = "",
    done: str = "",
) -> Response:
    with runtime_of(request).database.read() as session:
        view = ticket_view(session, session.get_one(Ticket, ticket.id), for_clinic=True)
    typed = typed or {}
    return render(
        request,
        "clinic/track/ticket.html",
        status,
        view=view,
        ticket=view.ticket,
        answers=view.filled_fields(),
        questions=[
            *supplement_questions(view.missing_fields(), typed, faults),
            *supplement_questions(view.let_off, typed, faults, is_required=False),
        ],
        asked_count=len(view.missing_fields()),
        is_late=view.badge.kind == "overdue",
        holds_password=any(shown.name == "login_password" and shown.values for shown in view.fields),
        reopening_ends=confirmation.reopening_ends(view.ticket),
        closes_at=reminders.closes_at(view.request) if view.request else None,
        unconfirmed_until=unconfirmed.closes_at(view.ticket),
        solved=next(iter(typed.get("solved", ())), ""),
        comment=next(iter(typed.get("comment", ())), ""),
        must_confirm=any(fault.code == "image_confirm" for fault in faults),
        faults=list(faults),
        message=message,
        done=done,
    )

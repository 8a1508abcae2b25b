"""查询进度: a clinic opens its ticket by number and query code, supplies what is missing, says whether it is solved."""

from collections.abc import Sequence
from typing import Any, Literal

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal import clock
from portal.accounts.guard import actor_of, public
from portal.casefile.clock_lines import lines_of
from portal.casefile.view import ticket_view
from portal.complaints import access as complaints
from portal.complaints import clinic as complaint_clinic
from portal.complaints.models import Complaint
from portal.errors import (
    ConflictError,
    Fault,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    PortalError,
    TooManyRequestsError,
)
from portal.escalation import demanding
from portal.follow_up import ratings
from portal.follow_up.ratings import Way
from portal.kinds.fields import FieldSpec
from portal.kinds.questions import supplement_questions
from portal.kinds.reading import kept_answers
from portal.kinds.table import FIELDS
from portal.kinds.validation import Values, without_questions
from portal.knowledge import followers
from portal.knowledge.models import Follower
from portal.pages.clinic import complaints as complaints_module
from portal.pages.clinic import cookies, opened, rating_forms, supplement_pictures
from portal.pages.clinic import followers as followers_module
from portal.pages.clinic.draft_room import has_draft_room
from portal.reports.drafts import OpenDraft
from portal.runtime import runtime_of
from portal.sensitive_text.free_text import MOST_CHARACTERS
from portal.supplements import receiving, reminders
from portal.tickets import numbering
from portal.tickets.models import Ticket
from portal.tracking import access, confirmation, grants, receipt_reader, text_messages, unconfirmed
from portal.web.body import PostedForm
from portal.web.csrf import PublicForm, PublicUploadForm
from portal.web.templating import render

router = APIRouter(dependencies=[Depends(public)], include_in_schema=False)
_DONE = ("supplemented", "confirmed", "reopened", "demanded", "rated", "silenced")
# What was typed into a page whose half hour was over travels on to the page that opens next; a secret does not.
_KEPT_FIELDS = [spec for spec in FIELDS.values() if spec.is_text or spec.choices]


@router.get("/track")
def ask(request: Request, number: str = "") -> Response:
    """The two fields. The address may hold a number (QR code of the receipt), never a query code."""
    return _index(request, receipt_reader.number_and_code(number, "")[0])


@router.post("/track")
def open_ticket(request: Request, form: PublicForm) -> Response:
    """Shows the ticket itself, so that no address holds the code; the browser can return to it for half an hour."""
    number, code = receipt_reader.number_and_code(form.get("number"), form.get("query_code"))
    kept, faults = _kept(form), _typed_faults(number, code)
    if faults:
        return _index(request, number, 422, faults, kept=kept)
    runtime = runtime_of(request)
    try:
        found = _series(number).find(runtime, actor_of(request), number, code, cookies.tracking_browser(request))
    except TooManyRequestsError as error:
        page = _index(request, number, error.status, message=error.message, kept=kept)
        page.headers["Retry-After"] = str(error.retry_after)
        return page
    except PortalError as error:
        if error.status != 404:
            raise
        return _index(request, number, 404, [Fault("number", "wrong", error.message)], kept=kept)
    if isinstance(found, Follower):
        page = followers_module.tracked(request, found)
    elif isinstance(found, Complaint):
        page = complaints_module.tracked(request, found)
    else:
        page = _ticket_page(request, found, typed=kept, done="kept" if kept else "")
    cookies.keep_grant(request, page, grants.make(runtime.vault, found))
    cookies.remember_opened(request, page, found)
    return page


@router.get("/track/{number}")
def show(request: Request, number: str, done: str = "") -> Response:
    """The ticket again, for a browser that has entered its query code."""
    follower = followers_module.granted(request, number)
    if follower is not None:
        return followers_module.tracked(request, follower)
    complaint = complaints_module.granted(request, number)
    if complaint is not None:
        return complaints_module.tracked(request, complaint, done=done)
    ticket = opened.ticket(request, number)
    if ticket is None:
        return RedirectResponse(f"/track?number={numbering.normal_number(number)}", 303)
    return _ticket_page(request, ticket, done=done if done in _DONE else "")


@router.get("/track/{number}/{act}")
def show_after_act(
    number: str, act: Literal["supplement", "confirmation", "escalation", "rating", "sms-withdrawal"]
) -> Response:
    """A GET of the address that a refused post leaves in the browser: back to the ticket."""
    return RedirectResponse(f"/track/{numbering.normal_number(number)}", 303)


@router.post("/track/{number}/supplement", dependencies=[Depends(has_draft_room)])
def supply(request: Request, number: str, form: PublicUploadForm) -> Response:
    """Accept what was asked for or let off, and show every fault at once (REQUIREMENTS A8, C7)."""
    ticket = opened.ticket(request, number)
    if ticket is None:
        return _too_late(request, number, form)
    runtime, wanted = runtime_of(request), _wanted(request, ticket)
    sent = supplement_pictures.take(request, ticket, wanted, form)
    try:
        if not sent.is_done:
            supplement_pictures.supply(
                request,
                ticket,
                sent,
                wanted,
                lambda values, pictures: receiving.supplement(runtime, actor_of(request), ticket.id, values, pictures),
                lambda: _wanted(request, ticket),
            )
    except InvalidError as error:
        order = [spec.name for spec in wanted]
        faults = sorted(error.faults, key=lambda fault: order.index(fault.field))
        page = _ticket_page(request, ticket, error.status, faults=faults, typed=sent.values, draft=sent.draft)
    except ConflictError as error:
        page = _ticket_page(request, ticket, error.status, message=error.message)
    else:
        page = RedirectResponse(f"/track/{ticket.number}{'' if sent.is_done else '?done=supplemented'}", 303)
    cookies.keep_supplement(request, page, sent.draft)
    return page


@router.post("/track/{number}/pictures", dependencies=[Depends(has_draft_room)])
def begin_pictures(request: Request, number: str, form: PublicForm) -> Response:
    """For the script: where the pictures of a supplement go, one by one, before it is sent."""
    ticket = opened.ticket(request, number)
    if ticket is None:
        raise NotFoundError
    return supplement_pictures.begin(request, ticket, _wanted(request, ticket))


@router.post("/track/{number}/confirmation")
def confirm(request: Request, number: str, form: PublicForm) -> Response:
    """已解决 closes; 没有解决 needs a sentence and returns the ticket to support (UX 3.9)."""
    ticket = opened.ticket(request, number)
    if ticket is None:
        return _too_late(request, number, form)
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


@router.post("/track/{number}/escalation")
def demand_lead(request: Request, number: str, form: PublicForm) -> Response:
    """要求主管处理, once a round, with a sentence (REQUIREMENTS F16)."""
    ticket = opened.ticket(request, number)
    if ticket is None:
        return _too_late(request, number, form)
    field = demanding.PAGE_FIELD
    try:
        demanding.demand(runtime_of(request), actor_of(request), ticket.id, form.get(field), field)
    except InvalidError as error:
        return _ticket_page(request, ticket, error.status, faults=error.faults, typed={field: [form.get(field)]})
    except ConflictError as error:
        return _ticket_page(request, ticket, error.status, message=error.message)
    return RedirectResponse(f"/track/{ticket.number}?done=demanded", 303)


@router.post("/track/{number}/sms-withdrawal")
def stop_text_messages(request: Request, number: str, form: PublicForm) -> Response:
    """No more text messages about this ticket."""
    ticket = opened.ticket(request, number)
    if ticket is None:
        return _too_late(request, number, form)
    text_messages.withdraw(runtime_of(request), actor_of(request), ticket.id)
    return RedirectResponse(f"/track/{ticket.number}?done=silenced", 303)


def _series(number: str) -> Any:
    """The module that opens numbers of this series by their query code."""
    if followers.is_number(number):
        return followers
    return complaint_clinic if complaints.is_number(number) else access


@router.post("/track/{number}/rating")
def rate(request: Request, number: str, form: PublicForm) -> Response:
    """How the handling was, once a round; the other question, 已解决 or not, stays as it is (DESK 4.2)."""
    ticket = opened.ticket(request, number)
    if ticket is None:
        return _too_late(request, number, form)
    given, staff = rating_forms.read(form, rating_forms.PAGE_FIELD), request.state.principal
    try:
        answer = ratings.read_score(given.score, given.reason, given.comment, comment_field=rating_forms.PAGE_FIELD)
        ratings.give(
            runtime_of(request), actor_of(request), ticket.id, given.round, answer, Way.PAGE,
            staff.user_id if staff else None,
        )  # fmt: skip
    except InvalidError as error:
        return _ticket_page(request, ticket, error.status, faults=error.faults, typed=given.typed())
    except (ConflictError, ForbiddenError) as error:
        return _ticket_page(request, ticket, error.status, message=error.message)
    return RedirectResponse(f"/track/{ticket.number}?done=rated", 303)


def _wanted(request: Request, ticket: Ticket) -> list[FieldSpec]:
    """What can be supplied now."""
    with runtime_of(request).database.read() as session:
        return list(ticket_view(session, session.get_one(Ticket, ticket.id), for_clinic=True).suppliable_fields())


def _too_late(request: Request, number: str, form: PostedForm) -> Response:
    kept = _kept(form)
    is_there = "文字还在，核对后再提交一次；密码和图片要重新填写、选择" if kept else "再提交一次"
    message = f"页面放得太久了，刚才的内容没有提交。请重新填写查询码，{is_there}"
    return _index(request, number, 403, message=message, kept=kept)


def _kept(form: PostedForm) -> dict[str, list[str]]:
    typed = kept_answers(_KEPT_FIELDS, {spec.name: [form.get(spec.name)] for spec in _KEPT_FIELDS})
    typed[confirmation.TEXT_FIELD] = [form.get(confirmation.TEXT_FIELD)[: 2 * MOST_CHARACTERS]]
    typed[demanding.PAGE_FIELD] = [form.get(demanding.PAGE_FIELD)[: 2 * MOST_CHARACTERS]]
    typed |= rating_forms.read(form, rating_forms.PAGE_FIELD).typed()
    typed["solved"] = [form.get("solved")[:5]]
    return {name: texts for name, texts in typed.items() if "".join(texts).strip()}


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
    request: Request,
    number: str,
    status: int = 200,
    faults: Sequence[Fault] = (),
    message: str = "",
    kept: Values | None = None,
) -> Response:
    return render(
        request,
        "clinic/track/index.html",
        status,
        number=receipt_reader.echoed(number),
        faults=list(faults),
        message=message,
        kept=kept or {},
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
    draft: OpenDraft | None = None,
) -> Response:
    with runtime_of(request).database.read() as session:
        view = ticket_view(session, session.get_one(Ticket, ticket.id), for_clinic=True)
        unconfirmed_until = unconfirmed.closes_at(session, view.ticket)
    typed = typed or {}
    wanted = view.suppliable_fields()
    pictures = supplement_pictures.part(request, ticket, wanted, faults, f"/track/{ticket.number}/pictures", draft)
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
        unconfirmed_until=unconfirmed_until,
        clock_lines=lines_of(view.clocks, clock.now(), for_clinic=True) if view.ticket.is_open else [],
        solved=next(iter(typed.get("solved", ())), ""),
        comment=next(iter(typed.get("comment", ())), ""),
        demand=next(iter(typed.get(demanding.PAGE_FIELD, ())), ""),
        **rating_forms.context(view.ratings, view.ratable_round, typed, rating_forms.PAGE_FIELD),
        picture_part=pictures,
        faults=without_questions(faults),
        message=message,
        done=done,
    )

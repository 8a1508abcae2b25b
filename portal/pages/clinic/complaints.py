"""投诉: the form at an own ticket, its receipt, and what the complainant does with the answer (DESK 5.3)."""

import re
import secrets
import uuid
from collections.abc import Callable, Sequence
from typing import Literal

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import actor_of, public
from portal.audit.actor import Actor
from portal.complaints import access, clinic, filing, terms
from portal.complaints.filing import Complained, ComplaintReceipt
from portal.complaints.models import Complaint
from portal.complaints.names import KIND_LABELS
from portal.errors import ConflictError, Fault, InvalidError, TooManyRequestsError
from portal.pages.clinic import cookies, opened, paths
from portal.runtime import Runtime, runtime_of
from portal.tickets import numbering
from portal.tickets.models import Ticket
from portal.tracking import grants
from portal.web.body import PostedForm
from portal.web.csrf import PublicForm
from portal.web.templating import render

router = APIRouter(dependencies=[Depends(public)], include_in_schema=False)
_SUBMISSION = re.compile(r"[A-Za-z0-9_-]{32}")
_DONE = {"confirmed": "已按您的姓名确认", "review": "已请另一个人重新判断", "choice": "已记下您的选择"}
Act = Literal["confirmation", "review", "choice"]


@router.get("/track/{number}/complaint")
def ask(request: Request, number: str) -> Response:
    """The form; for a browser without the ticket's query code the page that asks for it."""
    ticket = opened.ticket(request, number)
    if ticket is None:
        return RedirectResponse(f"/track?number={numbering.normal_number(number)}", 303)
    return _form(request, ticket, submission=secrets.token_urlsafe(24))


@router.post("/track/{number}/complaint")
def send(request: Request, number: str, form: PublicForm) -> Response:
    """File it and show its receipt once; sending the same page again shows the same one."""
    ticket = opened.ticket(request, number)
    submission = form.get("submission")
    if not _SUBMISSION.fullmatch(submission):
        submission = secrets.token_urlsafe(24)
    if ticket is None:
        return _too_late(request, number, form, submission)
    given = Complained(
        form.get("content"), form.get("name"), form.get("wish"), form.get("contact_phone"), form.get("kind")
    )
    try:
        receipt = filing.file_by_clinic(runtime_of(request), actor_of(request), ticket.id, given, submission)
    except InvalidError as error:
        return _form(request, ticket, error.status, given, error.faults, submission=submission)
    except TooManyRequestsError as error:
        page = _form(request, ticket, error.status, given, message=error.message, submission=submission)
        page.headers["Retry-After"] = str(error.retry_after)
        return page
    return _receipt(request, receipt)


@router.get("/track/{number}/complaint/{act}")
def show_after_act(number: str, act: Act) -> Response:
    """A GET of the address that a refused post leaves in the browser."""
    return RedirectResponse(f"/track/{numbering.normal_number(number)}", 303)


@router.post("/track/{number}/complaint/{act}")
def answer(request: Request, number: str, act: Act, form: PublicForm) -> Response:
    """Confirm by name, ask for a review, or choose a proposal."""
    complaint = granted(request, number)
    if complaint is None:
        return RedirectResponse(f"/track?number={numbering.normal_number(number)}", 303)
    works: dict[Act, tuple[str, Callable[[Runtime, Actor, uuid.UUID, str], None]]] = {
        "confirmation": ("name", clinic.confirm),
        "review": ("comment", clinic.review),
        "choice": ("proposal", clinic.choose),
    }
    field, work = works[act]
    try:
        work(runtime_of(request), actor_of(request), complaint.id, form.get(field))
    except InvalidError as error:
        return tracked(request, complaint, error.status, faults=error.faults, typed={field: form.get(field)})
    except ConflictError as error:
        return tracked(request, complaint, error.status, message=error.message, typed={field: form.get(field)})
    done = "confirmed" if act == "confirmation" else act
    return RedirectResponse(f"/track/{complaint.number}?done={done}", 303)


def granted(request: Request, number: str) -> Complaint | None:
    """The case that this browser has opened by its own query code."""
    runtime = runtime_of(request)
    if not access.is_number(number):
        return None
    with runtime.database.read() as session:
        complaint = access.by_number(session, number)
    return complaint if complaint and grants.is_good(runtime.vault, cookies.grant(request), complaint) else None


def tracked(
    request: Request,
    complaint: Complaint,
    status: int = 200,
    *,
    faults: Sequence[Fault] = (),
    message: str = "",
    typed: dict[str, str] | None = None,
    done: str = "",
) -> Response:
    """One case as its sender sees it."""
    view = clinic.view(runtime_of(request), complaint.id)
    return render(
        request, "clinic/complaint/tracked.html", status, view=view, complaint=view.complaint, faults=list(faults),
        message=message, typed=typed or {}, done=_DONE.get(done, ""),
    )  # fmt: skip


def _form(
    request: Request,
    ticket: Ticket,
    status: int = 200,
    given: Complained | None = None,
    faults: Sequence[Fault] = (),
    *,
    message: str = "",
    submission: str,
) -> Response:
    return render(
        request, "clinic/complaint/form.html", status, ticket=ticket, given=given or Complained("", ""),
        faults=list(faults), message=message, kinds=list(KIND_LABELS.items()), submission=submission,
        keep_days=runtime_of(request).settings.keep_complaints_days,
    )  # fmt: skip


def _receipt(request: Request, receipt: ComplaintReceipt) -> Response:
    track_url = f"{paths.base_url(request)}/track?number={receipt.number}"
    with runtime_of(request).database.read() as session:
        handler_due = terms.current(session).handler_due(receipt.received_at)
    page = render(
        request, "clinic/complaint/receipt.html", receipt=receipt, track_url=track_url, handler_due=handler_due
    )  # fmt: skip
    page.headers["Cache-Control"] = "no-store"
    return page


def _too_late(request: Request, number: str, form: PostedForm, submission: str) -> Response:
    """The half hour is over: the words come along to the page that asks for the query code again."""
    return render(
        request, "clinic/complaint/again.html", 403, number=numbering.normal_number(number), submission=submission,
        kept={name: form.get(name)[:5000] for name in ("content", "wish", "name", "contact_phone", "kind")},
    )  # fmt: skip

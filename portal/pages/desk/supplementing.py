"""代机构补充: staff add what a clinic sent over QQ or read out, under the rules of the form (REQUIREMENTS C2)."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.casefile.view import TicketView, ticket_view
from portal.errors import ConflictError, Fault, InvalidError
from portal.kinds.fields import FieldSpec
from portal.kinds.questions import supplement_questions
from portal.kinds.validation import Values, without_questions
from portal.pages.desk import filing, filing_forms
from portal.reports import draft_pictures, drafts, uploads
from portal.reports.drafts import OpenDraft, StaffOwner
from portal.runtime import runtime_of
from portal.supplements import picture_drafts, receiving
from portal.tickets import lookup
from portal.web.body import PostedForm, as_uuid
from portal.web.csrf import UploadForm
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Taker = Annotated[Principal, Depends(Requires(Permission.FILE_FOR_OTHERS))]


@router.get("/tickets/{number}/supplement")
def show(request: Request, number: str, taker: Taker) -> Response:
    view = _view(request, taker, number)
    draft = picture_drafts.of_staff_if_begun(runtime_of(request), view.ticket, StaffOwner(taker.user_id))
    return _page(request, view, draft, {}, [])


@router.post("/tickets/{number}/supplement")
def take(request: Request, number: str, taker: Taker, form: UploadForm) -> Response:
    """Store the pictures, then show what is asked about them, or hand everything in."""
    runtime, view = runtime_of(request), _view(request, taker, number)
    asked = view.suppliable_fields()
    if not asked:
        raise ConflictError("目前没有需要补充的内容")
    values = uploads.posted_values(form, asked)
    draft = picture_drafts.of_staff(runtime, view.ticket, asked, StaffOwner(taker.user_id))
    draft, faults = _with_pictures(request, draft, form)
    if form.get("action") != "supply":
        return _page(request, view, draft, values, faults, 422 if faults else 200)
    try:
        _supply(request, taker, view, draft, values, faults)
    except InvalidError as error:
        left = _view(request, taker, number)
        return _page(request, left, _left(request, left, draft), values, error.faults, error.status)
    return RedirectResponse(f"/tickets/{view.ticket.number}", 303)


def _with_pictures(request: Request, draft: OpenDraft, form: PostedForm) -> tuple[OpenDraft, list[Fault]]:
    runtime = runtime_of(request)
    confirmed, reasons = filing_forms.posted_confirmations(form, draft), filing_forms.posted_reasons(form)
    draft_pictures.judge(runtime, draft, confirmed, reasons)
    removed = as_uuid(form.get("remove"))
    if removed:
        draft_pictures.remove(runtime, draft, removed)
    faults = filing.take_pictures(runtime, draft, form)
    return drafts.find(runtime, draft.id, draft.owner), faults


def _supply(
    request: Request, taker: Principal, view: TicketView, draft: OpenDraft, values: Values, refused: Sequence[Fault]
) -> None:
    """Raises InvalidError with every fault; what is right is received all the same."""
    runtime, asked = runtime_of(request), view.suppliable_fields()
    pictures = picture_drafts.new_pictures(runtime, view.ticket, draft, asked)
    try:
        receiving.supplement(runtime, actor_of(request, taker), view.ticket.id, values, pictures)
    except InvalidError as error:
        raise InvalidError([*refused, *error.faults]) from None
    finally:
        left = _view(request, taker, view.ticket.number).suppliable_fields()
        picture_drafts.forget_received(runtime, draft, left)
    if refused:
        raise InvalidError(list(refused))


def _left(request: Request, view: TicketView, draft: OpenDraft) -> OpenDraft | None:
    assert isinstance(draft.owner, StaffOwner)  # noqa: S101
    return picture_drafts.of_staff_if_begun(runtime_of(request), view.ticket, draft.owner)


def _view(request: Request, taker: Principal, number: str) -> TicketView:
    with runtime_of(request).database.read() as session:
        return ticket_view(session, lookup.find(session, actor_of(request, taker), number))


def _page(
    request: Request,
    view: TicketView,
    draft: OpenDraft | None,
    values: Values,
    faults: Sequence[Fault],
    status: int = 200,
) -> Response:
    asked: Sequence[FieldSpec] = view.suppliable_fields()
    return render(
        request,
        "desk/supplement.html",
        status,
        view=view,
        ticket=view.ticket,
        draft=draft,
        questions=[
            *supplement_questions(view.missing_fields(), values, faults),
            *supplement_questions(view.let_off, values, faults, is_required=False),
        ],
        slots=filing_forms.slots_of(picture_drafts.slots_of(asked), draft, faults),
        faults=without_questions(faults),
    )

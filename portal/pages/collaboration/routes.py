"""The list of collaborations, the page of one, and its steps as posted forms."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts import departments
from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission, Role
from portal.acts import staff_texts
from portal.audit import trail
from portal.audit.tags import Tag
from portal.collaboration import listing, rows, steps, viewing
from portal.collaboration.listing import OPEN, Wanted
from portal.collaboration.states import (
    ANSWER,
    COLLABORATION_LABELS,
    OUTCOME_LABELS,
    STEP_TITLES,
    STEPS,
    CollaborationState,
    Step,
)
from portal.collaboration.steps import Given
from portal.complaints import inquiries
from portal.complaints.names import FIELD_LABELS
from portal.errors import ConflictError, Fault, ForbiddenError, InvalidError, PortalError
from portal.notify import notices
from portal.pages import staff_header
from portal.runtime import runtime_of
from portal.web.body import PostedForm
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter()
Viewer = Annotated[Principal, Depends(Requires(Permission.VIEW_COLLABORATIONS))]
Worker = Annotated[Principal, Depends(Requires(Permission.COLLABORATE))]
_FILTERS = {OPEN: "未完成", "": "全部"} | {state.value: label for state, label in COLLABORATION_LABELS.items()}


@dataclass(frozen=True)
class FailedStep:
    """Why a posted step was not taken; `form` fills its fields again."""

    step: str
    side: str
    message: str
    status: int
    form: PostedForm = field(repr=False)
    faults: Sequence[Fault] = ()

    def is_of(self, step: str, side: str) -> bool:
        return (self.step, self.side) == (step, side)

    def typed(self, step: str, side: str, name: str) -> str:
        """What was typed into a field of that form."""
        return self.form.get(name) if self.is_of(step, side) else ""

    def fault(self, step: str, side: str, name: str) -> Fault | None:
        found = (fault for fault in self.faults if fault.field == name)
        return next(found, None) if self.is_of(step, side) else None

    @property
    def is_stopped(self) -> bool:
        """The text seems to hold a secret: its writer decides (UX 11)."""
        return any(fault.code == staff_texts.CODE for fault in self.faults)


@router.get("/collaborations")
def list_collaborations(
    request: Request, viewer: Viewer, state: str = OPEN, department: str = "", cursor: str = ""
) -> Response:
    """Newest first; what is not finished unless asked otherwise."""
    actor = actor_of(request, viewer)
    state = state if state in _FILTERS else OPEN
    with runtime_of(request).database.read() as session:
        page = listing.page_of(session, actor, Wanted(state, department), cursor)
        views = viewing.views_of(session, actor, page.found)
        names = [] if _is_partner(viewer) else [row.name for row in departments.every(session)]
        asked = inquiries.waiting_for(session, actor) if not cursor else []
        staff_header.read(request, session, viewer)
    following = {"state": state, "department": department, "cursor": page.next_cursor}
    return render(
        request,
        "collaboration/list.html",
        views=views,
        inquiries=asked,
        filters=_FILTERS,
        state=state,
        department=department,
        departments=names,
        is_partner=_is_partner(viewer),
        next_url=f"/collaborations?{urlencode(following)}" if page.next_cursor else None,
    )


@router.get("/collaborations/{number}")
def show_collaboration(request: Request, viewer: Viewer, number: str) -> Response:
    """One collaboration, or what was asked about a complaint; opening it writes a trail row."""
    is_inquiry = inquiries.is_known(runtime_of(request), number)
    return _inquiry(request, viewer, number) if is_inquiry else _page(request, viewer, number)


def _inquiry(
    request: Request, viewer: Principal, number: str, error: PortalError | None = None, typed: str = ""
) -> Response:  # fmt: skip
    runtime, actor = runtime_of(request), actor_of(request, viewer)
    view = inquiries.view(runtime, actor, number)
    with runtime.database.transaction() as session:
        notices.see(session, viewer.user_id, view.row.number)
        staff_header.read(request, session, viewer)
    return render(
        request,
        "collaboration/inquiry.html",
        error.status if error else 200,
        view=view,
        state_label=COLLABORATION_LABELS[CollaborationState(view.row.status)],
        labels=FIELD_LABELS,
        faults=error.faults if isinstance(error, InvalidError) else [],
        message="" if error is None or isinstance(error, InvalidError) else error.message,
        typed=typed,
        is_partner=_is_partner(viewer),
        done=request.query_params.get("done") == "answer" and error is None,
    )


def _answer_inquiry(request: Request, worker: Principal, number: str, form: PostedForm) -> Response:
    text = form.get("text")
    try:
        inquiries.answer(
            runtime_of(request), actor_of(request, worker), number, form.number("version"), text,
            for_department=not _is_partner(worker),
        )  # fmt: skip
    except (InvalidError, ConflictError, ForbiddenError) as error:
        return _inquiry(request, worker, number, error, text)
    return RedirectResponse(f"/collaborations/{number}?done=answer", 303)


def _route(step: Step) -> Callable[..., Response]:
    def take(request: Request, worker: Worker, number: str, form: Form) -> Response:
        return _taken(request, worker, number, step, form)

    take.__doc__ = step.title
    return take


for _step in STEPS:
    router.add_api_route(f"/collaborations/{{number}}/{_step.name}", _route(_step), methods=["POST"])


def _taken(request: Request, worker: Principal, number: str, step: Step, form: PostedForm) -> Response:
    """Take the step and return to its page, or show it again with the reason and the typed text."""
    if step is ANSWER and inquiries.is_known(runtime_of(request), number):
        return _answer_inquiry(request, worker, number, form)
    side = "department" if form.get("for_department") else "support"
    if form.has("revise"):  # 返回修改: the rejected text in its field
        return _page(request, worker, number, FailedStep(step.name, side, "", 200, form))
    chosen = form.get("passed")
    given = Given(
        text=form.get("note") or form.get("text"),
        passed=chosen == "true" if chosen in ("true", "false") else None,
        outcome=form.get("outcome"),
        for_department=form.get("for_department") == "1",
        seal_found=form.get("seal_found") == "1",
    )
    try:
        steps.take(runtime_of(request), actor_of(request, worker), step, number, form.number("version"), given)
    except InvalidError as error:
        failed = FailedStep(step.name, side, error.message, error.status, form, error.faults)
        return _page(request, worker, number, failed)
    except (ConflictError, ForbiddenError) as error:
        return _page(request, worker, number, FailedStep(step.name, side, error.message, error.status, form))
    return RedirectResponse(f"/collaborations/{number}?done={step.name}", 303)


def _page(request: Request, viewer: Principal, number: str, failed: FailedStep | None = None) -> Response:
    actor = actor_of(request, viewer)
    with runtime_of(request).database.transaction() as session:
        row, ticket = rows.find(session, actor, number)
        notices.see(session, viewer.user_id, row.number)
        trail.record(
            session, Tag.COLLABORATION_VIEWED, actor, ticket_number=ticket.number,
            particulars={"collaboration": row.number},
        )  # fmt: skip
    with runtime_of(request).database.read() as session:
        (view,) = viewing.views_of(session, actor, [rows.find(session, actor, number)])
        staff_header.read(request, session, viewer)
    return render(
        request,
        "collaboration/page.html",
        failed.status if failed else 200,
        view=view,
        failed=failed,
        faults=failed.faults if failed else [],
        outcomes=[(outcome.value, label) for outcome, label in OUTCOME_LABELS.items()],
        done=STEP_TITLES.get(request.query_params.get("done", ""), "") if failed is None else "",
        is_partner=_is_partner(viewer),
    )


def _is_partner(person: Principal) -> bool:
    return person.role is Role.PARTNER

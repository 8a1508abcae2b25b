"""The calls on collaborations: staff for the tickets of their queues, partners for their own department."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import Depends, Query
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal.accounts.guard import RequiresToken, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission, Role
from portal.api import collaboration_models as models
from portal.api.bodies import JsonBody, api_router, json_schema
from portal.api.complaint_answers import inquiry_json, inquiry_line
from portal.api.description import OF_BODY, answers
from portal.api.schemas import PlainText, QueryText, VersionBody
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.collaboration import listing, rows, steps, viewing
from portal.collaboration.listing import Wanted
from portal.collaboration.states import ANSWER, FILE, JUDGE, START, VERIFY, WITHDRAW, Step, SuggestionOutcome
from portal.collaboration.steps import Given
from portal.collaboration.viewing import CollaborationView
from portal.complaints import inquiries
from portal.errors import ConflictError
from portal.runtime import Runtime, runtime_of
from portal.web.pages import problem
from portal.web.templating import iso_time

router = api_router("/collaborations")
Viewer = Annotated[Principal, Depends(RequiresToken(Permission.VIEW_COLLABORATIONS))]
Worker = Annotated[Principal, Depends(RequiresToken(Permission.COLLABORATE))]
Json = dict[str, Any]


class StepBody(VersionBody):
    """The version of the collaboration that the caller has seen."""


class _WrittenStepBody(StepBody):
    """`seal_found` agrees to sealing ID numbers, accounts and passwords in the text."""

    seal_found: bool = False


class AnswerBody(_WrittenStepBody):
    """`outcome`: of a suggestion, and required there."""

    text: PlainText
    outcome: Literal[(*(outcome.value for outcome in SuggestionOutcome), "")] = ""  # type: ignore[valid-type]


class VerdictBody(_WrittenStepBody):
    """`note` is required to return it."""

    passed: bool
    note: PlainText = ""


class FilingBody(_WrittenStepBody):
    """`for_department`: a lead files for a department without accounts."""

    text: PlainText
    for_department: bool = False


class WithdrawalBody(_WrittenStepBody):
    """The department reads why."""

    text: PlainText


_BODIES: dict[Step, type[StepBody]] = {
    START: StepBody,
    ANSWER: AnswerBody,
    VERIFY: StepBody,
    JUDGE: VerdictBody,
    FILE: FilingBody,
    WITHDRAW: WithdrawalBody,
}


@router.get("", response_model=models.CollaborationPage, responses=answers(403, 404, 422))
def list_collaborations(
    request: Request,
    principal: Viewer,
    state: QueryText = "",
    department: QueryText = "",
    cursor: QueryText = "",
    limit: Annotated[int, Query(ge=1, le=listing.MAX_PAGE_SIZE)] = listing.PAGE_SIZE,
) -> JSONResponse:
    """Newest first: of the caller's department, or of tickets in the caller's queues; `state` may be `open`."""
    actor = actor_of(request, principal)
    with runtime_of(request).database.read() as session:
        page = listing.page_of(session, actor, Wanted(state, department), cursor, limit)
        views = viewing.views_of(session, actor, page.found)
        asked = inquiries.waiting_for(session, actor) if not cursor else ()
    items, lines = [_json(view) for view in views], [inquiry_line(row) for row in asked]
    return JSONResponse({"items": items, "inquiries": lines, "next_cursor": page.next_cursor})


@router.get("/{number}", response_model=models.Collaboration | models.ComplaintInquiry, responses=answers(403, 404))
def show_collaboration(request: Request, principal: Viewer, number: str) -> JSONResponse:
    """One of them, or what a department is asked about a complaint; opening it writes a trail row."""
    runtime, actor = runtime_of(request), actor_of(request, principal)
    if inquiries.is_known(runtime, number):
        return JSONResponse(inquiry_json(inquiries.view(runtime, actor, number)))
    with runtime.database.transaction() as session:
        row, ticket = rows.find(session, actor, number)
        trail.record(
            session, Tag.COLLABORATION_VIEWED, actor, ticket_number=ticket.number,
            particulars={"collaboration": row.number},
        )  # fmt: skip
    return JSONResponse(_current(runtime, actor, number))


def _route(step: Step) -> Callable[..., JSONResponse]:
    model = _BODIES[step]

    def take(
        request: Request, principal: Worker, number: str, body: Annotated[Any, Depends(JsonBody(model))]
    ) -> JSONResponse:
        runtime, actor = runtime_of(request), actor_of(request, principal)
        if step is ANSWER and inquiries.is_known(runtime, number):
            return _answer_inquiry(request, principal, number, body)
        given = Given(
            text=getattr(body, "note", getattr(body, "text", "")),
            passed=getattr(body, "passed", None),
            outcome=getattr(body, "outcome", ""),
            for_department=getattr(body, "for_department", False),
            seal_found=getattr(body, "seal_found", False),
        )
        try:
            steps.take(runtime, actor, step, number, body.version, given)
        except ConflictError as error:
            now = {"code": error.code, "collaboration": _current(runtime, actor, number)}
            return problem(request, 409, error.message, now)
        return JSONResponse(_current(runtime, actor, number))

    take.__doc__ = step.title
    take.__name__ = f"collaboration_{step.name}"
    return take


def _answer_inquiry(request: Request, principal: Principal, number: str, body: AnswerBody) -> JSONResponse:
    """By the department, or by whoever decides the case for one without accounts."""
    runtime, actor = runtime_of(request), actor_of(request, principal)
    is_filled_in = principal.role is not Role.PARTNER
    try:
        view = inquiries.answer(runtime, actor, number, body.version, body.text, for_department=is_filled_in)
    except ConflictError as error:
        now = {"code": error.code, "collaboration": inquiry_json(inquiries.view(runtime, actor, number))}
        return problem(request, 409, error.message, now)
    return JSONResponse(inquiry_json(view))


for _step, _model in _BODIES.items():
    router.add_api_route(
        f"/{{number}}/{_step.name}",
        _route(_step),
        methods=["POST"],
        response_model=models.Collaboration | models.ComplaintInquiry if _step is ANSWER else models.Collaboration,
        responses=answers(403, 404, *OF_BODY, conflict=models.CollaborationConflict),
        openapi_extra=json_schema(_model),
    )


def _current(runtime: Runtime, actor: Actor, number: str) -> Json:
    with runtime.database.read() as session:
        (view,) = viewing.views_of(session, actor, [rows.find(session, actor, number)])
        return _json(view)


def _json(view: CollaborationView) -> Json:
    row = view.row
    return {
        "number": row.number,
        "department": view.department,
        "kind": row.kind,
        "state": row.status,
        "due_at": iso_time(row.due_at) if row.due_at else None,
        "is_late": view.is_late,
        "ticket": vars(view.ticket),
        "state_label": view.state_label,
        "version": row.version,
        "is_urgent": row.is_urgent,
        "created_at": iso_time(row.created_at),
        "contact_due_at": iso_time(row.contact_due_at) if row.contact_due_at else None,
        "contacted_at": iso_time(row.contacted_at) if row.contacted_at else None,
        "returned_count": row.returned_count,
        "outcome": row.outcome,
        "ask": view.ask,
        "answer": view.answer,
        "is_verified": view.is_verified,
        "thread": [
            {
                "at": iso_time(line.at),
                "action": line.action,
                "title": line.title,
                "actor": line.actor_label,
                "is_filled_in": line.is_filled_in,
                "text": line.text,
            }
            for line in view.lines
        ],
        "can": list(dict.fromkeys(step.name for step, _ in view.steps)),
    }

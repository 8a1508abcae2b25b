"""`/track`: what a clinic does by number and query code, without signing in (CONTRACT 5)."""

from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal.accounts.guard import actor_of, anonymous, principal_of_sent_token
from portal.api import models
from portal.api.answers import Json, track_answer
from portal.api.bodies import JsonBody, UploadForm, api_router, json_schema
from portal.api.complaint_answers import tracked_json
from portal.api.complaint_models import TrackedComplaint
from portal.api.description import OF_BODY, answers
from portal.api.reports import answer_properties
from portal.api.schemas import ConfirmationBody, DemandBody, RatingBody, TrackBody
from portal.casefile.view import ticket_view
from portal.complaints import access as complaints
from portal.complaints import clinic
from portal.errors import ConflictError
from portal.escalation import demanding
from portal.follow_up import ratings
from portal.follow_up.ratings import Way
from portal.reports import uploads
from portal.runtime import Runtime, runtime_of
from portal.supplements import receiving
from portal.tickets.models import Ticket
from portal.tracking import access, confirmation, receipt_reader
from portal.web.pages import problem

router = api_router("/track", Depends(anonymous))


def _supplement_schema() -> dict[str, Any]:
    opens = {name: {"type": "string", "maxLength": 200} for name in ("number", "query_code")}
    properties = {**opens, **answer_properties()}
    content = {"title": "SupplementForm", "type": "object", "required": list(opens), "properties": properties}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": content}}}}


_REFUSALS = answers(404, *OF_BODY, 429)
_ACT_REFUSALS = answers(404, *OF_BODY, 429, conflict=models.TrackConflict)


@router.post(
    "",
    response_model=models.TrackedTicket | TrackedComplaint,
    responses=_REFUSALS,
    openapi_extra=json_schema(TrackBody),
)
def track_ticket(request: Request, body: Annotated[TrackBody, Depends(JsonBody(TrackBody))]) -> JSONResponse:
    """State, public timeline, masked values and missing fields; the same 404 for a wrong number and a wrong code.

    By the number of a complaint (TS…), the case as its sender sees it.
    """
    runtime = runtime_of(request)
    if complaints.is_number(receipt_reader.number_and_code(body.number, body.query_code)[0]):
        complaint = clinic.find(runtime, actor_of(request), body.number, body.query_code)
        return JSONResponse(tracked_json(clinic.view(runtime, complaint.id)))
    ticket = access.find(runtime, actor_of(request), body.number, body.query_code)
    return JSONResponse(_answer(runtime, ticket))


@router.post(
    "/confirmation",
    response_model=models.TrackedTicket,
    responses=_ACT_REFUSALS,
    openapi_extra=json_schema(ConfirmationBody),
)
def confirm_solution(
    request: Request, body: Annotated[ConfirmationBody, Depends(JsonBody(ConfirmationBody))]
) -> JSONResponse:
    """Solved closes the ticket; not solved needs a comment and returns it to support."""
    runtime = runtime_of(request)
    actor = actor_of(request)
    ticket = access.find(runtime, actor, body.number, body.query_code)
    try:
        confirmation.confirm(runtime, actor, ticket.id, is_solved=body.solved, comment=body.comment)
    except ConflictError as error:
        return problem(request, error.status, error.message, {"code": error.code, "ticket": _answer(runtime, ticket)})
    return JSONResponse(_answer(runtime, ticket))


@router.post(
    "/escalation",
    response_model=models.TrackedTicket,
    responses=_ACT_REFUSALS,
    openapi_extra=json_schema(DemandBody),
)
def demand_lead(request: Request, body: Annotated[DemandBody, Depends(JsonBody(DemandBody))]) -> JSONResponse:
    """Put the ticket before a lead, once a round, with a sentence."""
    runtime, actor = runtime_of(request), actor_of(request)
    ticket = access.find(runtime, actor, body.number, body.query_code)
    try:
        demanding.demand(runtime, actor, ticket.id, body.comment)
    except ConflictError as error:
        return problem(request, error.status, error.message, {"code": error.code, "ticket": _answer(runtime, ticket)})
    return JSONResponse(_answer(runtime, ticket))


@router.post(
    "/rating",
    response_model=models.TrackedTicket,
    responses=answers(403, 404, *OF_BODY, 429, conflict=models.TrackConflict),
    openapi_extra=json_schema(RatingBody),
)
def rate_handling(request: Request, body: Annotated[RatingBody, Depends(JsonBody(RatingBody))]) -> JSONResponse:
    """Rate a round, once; a second answer is 409 with the first one in `ticket`. Not for staff who worked on it."""
    runtime, actor = runtime_of(request), actor_of(request)
    staff = principal_of_sent_token(request)
    ticket = access.find(runtime, actor, body.number, body.query_code)
    answer = ratings.read_score(str(body.score or ""), body.reason, body.comment)
    try:
        ratings.give(runtime, actor, ticket.id, body.round, answer, Way.PAGE, staff.user_id if staff else None)
    except ConflictError as error:
        return problem(request, error.status, error.message, {"code": error.code, "ticket": _answer(runtime, ticket)})
    return JSONResponse(_answer(runtime, ticket))


@router.post(
    "/supplement",
    response_model=models.TrackedTicket,
    responses=_ACT_REFUSALS,
    openapi_extra=_supplement_schema(),
)
def supplement_ticket(request: Request, form: UploadForm) -> JSONResponse:
    """Accept what was asked for and what the channel let off, under the same rules as the report."""
    runtime = runtime_of(request)
    actor = actor_of(request)
    ticket = access.find(runtime, actor, form.get("number"), form.get("query_code"))
    with runtime.database.read() as session:
        wanted = ticket_view(session, ticket, for_clinic=True).suppliable_fields()
    posted = uploads.posted_answers(runtime, form, wanted)
    try:
        receiving.supplement(runtime, actor, ticket.id, posted.values, posted.pictures)
    except ConflictError as error:
        return problem(request, error.status, error.message, {"code": error.code, "ticket": _answer(runtime, ticket)})
    return JSONResponse(_answer(runtime, ticket))


def _answer(runtime: Runtime, ticket: Ticket) -> Json:
    with runtime.database.read() as session:
        current = session.get_one(Ticket, ticket.id)
        return track_answer(ticket_view(session, current, for_clinic=True))

"""The calls on call-backs: one's own, and for leads those of their queues (DESK 4.3)."""

import uuid
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Query
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal import clock
from portal.accounts.guard import RequiresToken, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.api import call_back_models as models
from portal.api.bodies import JsonBody, api_router, json_schema
from portal.api.description import OF_BODY, answers
from portal.api.models import RevealedValue
from portal.api.moments import moment_of
from portal.api.schemas import QueryText
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.errors import ConflictError
from portal.follow_up.call_backs import (
    appointments,
    assignment,
    listing,
    records,
    reveals,
    rows,
    trails,
    viewing,
    withdrawal,
)
from portal.follow_up.call_backs.listing import CallBackLine, Wanted
from portal.follow_up.call_backs.models import CallBack
from portal.follow_up.call_backs.records import RatingWords, Said
from portal.follow_up.call_backs.viewing import CallBackView
from portal.progress.hooks import ObjectionError
from portal.runtime import Runtime, runtime_of
from portal.web.pages import problem
from portal.web.templating import iso_time

router = api_router("/call-backs")
Viewer = Annotated[Principal, Depends(RequiresToken(Permission.VIEW_CALL_BACKS))]
Caller = Annotated[Principal, Depends(RequiresToken(Permission.CALL_BACK))]
Revealer = Annotated[Principal, Depends(RequiresToken(Permission.REVEAL_CALL_BACK))]
Json = dict[str, Any]
_REFUSALS = answers(403, 404, *OF_BODY, conflict=models.CallBackConflict)


@router.get("", response_model=models.CallBackPage, responses=answers(403, 422))
def list_call_backs(
    request: Request,
    principal: Viewer,
    state: QueryText = "",
    cause: QueryText = "",
    owner: QueryText = "",
    due_before: QueryText = "",
    cursor: QueryText = "",
    limit: Annotated[int, Query(ge=1, le=listing.MAX_PAGE_SIZE)] = listing.PAGE_SIZE,
) -> JSONResponse:
    """The next due first. `owner`: a username, or `me`."""
    wanted = Wanted(state, cause, owner, moment_of("due_before", due_before, is_end=False))
    with runtime_of(request).database.read() as session:
        page = listing.page_of(session, actor_of(request, principal), wanted, cursor, limit)
    return JSONResponse({"items": [_line(line) for line in page.lines], "next_cursor": page.next_cursor})


@router.get("/{call_back_id}", response_model=models.CallBack, responses=answers(403, 404))
def show_call_back(request: Request, principal: Viewer, call_back_id: uuid.UUID) -> JSONResponse:
    """One of them with its records; opening it writes a trail row."""
    runtime, actor = runtime_of(request), actor_of(request, principal)
    with runtime.database.transaction() as session:
        row = rows.find(session, actor, call_back_id)
        trails.record(session, row, Tag.CALL_BACK_VIEWED, actor, {"call_back": row.number})
    return JSONResponse(_current(runtime, actor, call_back_id))


@router.post(
    "/{call_back_id}/assignment", response_model=models.CallBack, responses=_REFUSALS,
    openapi_extra=json_schema(models.CallBackAssignmentBody),
)  # fmt: skip
def assign_call_back(
    request: Request,
    principal: Caller,
    call_back_id: uuid.UUID,
    body: Annotated[models.CallBackAssignmentBody, Depends(JsonBody(models.CallBackAssignmentBody))],
) -> JSONResponse:
    """Pass it on: its owner or a lead, never to whoever gave the result."""
    actor = actor_of(request, principal)
    return _done(
        request, actor, call_back_id,
        lambda runtime: assignment.assign(runtime, actor, call_back_id, body.version, body.assignee),
    )  # fmt: skip


@router.post(
    "/{call_back_id}/records", response_model=models.CallBack, status_code=201, responses=_REFUSALS,
    openapi_extra=json_schema(models.CallBackRecordBody),
)  # fmt: skip
def record_call(
    request: Request,
    principal: Caller,
    call_back_id: uuid.UUID,
    body: Annotated[models.CallBackRecordBody, Depends(JsonBody(models.CallBackRecordBody))],
) -> JSONResponse:
    """What came of one call. One that was reached ends it, and so does the third try on the second day."""
    actor = actor_of(request, principal)
    said = Said(
        body.reached, body.level or "", body.aspect or "", body.wish or "", body.suggestion or "", body.solved_word,
        body.note or "", body.answers, _rating(body.rating), is_refused=body.refused, seal_found=body.seal_found,
    )  # fmt: skip
    return _done(
        request, actor, call_back_id,
        lambda runtime: records.write(runtime, actor, call_back_id, body.version, said), status=201,
    )  # fmt: skip


@router.post(
    "/{call_back_id}/appointment", response_model=models.CallBack, responses=_REFUSALS,
    openapi_extra=json_schema(models.CallBackAppointmentBody),
)  # fmt: skip
def appoint_call(
    request: Request,
    principal: Caller,
    call_back_id: uuid.UUID,
    body: Annotated[models.CallBackAppointmentBody, Depends(JsonBody(models.CallBackAppointmentBody))],
) -> JSONResponse:
    """Another time as the clinic wishes: once, and at most seven days later."""
    actor, at = actor_of(request, principal), moment_of("at", body.at, is_end=False)
    return _done(
        request, actor, call_back_id,
        lambda runtime: appointments.agree(runtime, actor, call_back_id, body.version, at),
    )  # fmt: skip


@router.post(
    "/{call_back_id}/withdrawal", response_model=models.CallBack, responses=_REFUSALS,
    openapi_extra=json_schema(models.CallBackWithdrawalBody),
)  # fmt: skip
def withdraw_call_back(
    request: Request,
    principal: Caller,
    call_back_id: uuid.UUID,
    body: Annotated[models.CallBackWithdrawalBody, Depends(JsonBody(models.CallBackWithdrawalBody))],
) -> JSONResponse:
    """A lead, with the reason."""
    actor = actor_of(request, principal)
    return _done(
        request, actor, call_back_id,
        lambda runtime: withdrawal.withdraw(
            runtime, actor, call_back_id, body.version, body.text, seal_found=body.seal_found
        ),
    )  # fmt: skip


@router.post(
    "/{call_back_id}/reveals", response_model=RevealedValue,
    responses=answers(403, 404, 410, *OF_BODY, 429, conflict=models.CallBackConflict),
    openapi_extra=json_schema(models.CallBackRevealBody),
)  # fmt: skip
def reveal_phone(
    request: Request,
    principal: Revealer,
    call_back_id: uuid.UUID,
    body: Annotated[models.CallBackRevealBody, Depends(JsonBody(models.CallBackRevealBody))],
) -> JSONResponse:
    """The phone in clear, for the owner of an open one, with a reason; the trail row is written first."""
    runtime, actor = runtime_of(request), actor_of(request, principal)
    try:
        shown = reveals.reveal(runtime, actor, call_back_id, body.field, body.reason, is_confirmed=True)
    except ConflictError as error:
        return _conflict(request, runtime, actor, call_back_id, error)
    return JSONResponse({"value": shown.value, "expires_at": iso_time(shown.expires_at)})


def _rating(body: models.CallBackRatingBody | None) -> RatingWords | None:
    return RatingWords(body.scale, body.label, body.reason, body.comment) if body else None


def _done(
    request: Request, actor: Actor, call_back_id: uuid.UUID, act: Callable[[Runtime], CallBack], status: int = 200
) -> JSONResponse:
    runtime = runtime_of(request)
    try:
        act(runtime)
    except ConflictError as error:
        return _conflict(request, runtime, actor, call_back_id, error)
    with runtime.database.read() as session:
        row = session.get_one(CallBack, call_back_id)
        return JSONResponse(_json(viewing.view_of(session, actor, row)), status)


def _conflict(
    request: Request, runtime: Runtime, actor: Actor, call_back_id: uuid.UUID, error: ConflictError
) -> JSONResponse:
    more: Json = {"code": error.code, "call_back": _current(runtime, actor, call_back_id)}
    if isinstance(error, ObjectionError):
        more["objections"] = [{"code": found.code, "message": found.message} for found in error.objections]
    return problem(request, 409, error.message, more)


def _current(runtime: Runtime, actor: Actor, call_back_id: uuid.UUID) -> Json:
    with runtime.database.read() as session:
        return _json(viewing.view_of(session, actor, rows.find(session, actor, call_back_id)))


def _json(view: CallBackView) -> Json:
    return {
        **_line(view.line),
        "contact_phone": view.phone or None,
        "questions": list(view.questions),
        "records": [
            {
                "at": iso_time(record.at), "by": record.by_name, "reached": record.reached, "level": record.level,
                "aspect": record.aspect, "wish": record.wish, "suggestion": record.suggestion,
                "solved": record.solved, "note": record.note,
                "answers": [record.answers.get(str(place), "") for place in range(len(view.questions))],
            }
            for record in view.records
        ],
        "can": list(view.can),
    }  # fmt: skip


def _line(line: CallBackLine) -> Json:
    row = line.row
    return {
        "id": str(row.id),
        "number": row.number,
        "cause": row.cause,
        "state": row.status,
        "ticket": row.subject_number if row.ticket_id and row.complaint_id is None else None,
        "subject_number": row.subject_number,
        "institution": row.institution,
        "queue": row.queue,
        "round": row.round,
        "made_at": iso_time(row.made_at),
        "due_at": iso_time(row.due_at),
        "first_due_at": iso_time(row.first_due_at),
        "is_moved": row.is_moved,
        "is_late": row.is_late(clock.now()),
        "is_held": line.is_held,
        "appointment_at": iso_time(row.appointment_at) if row.appointment_at else None,
        "tries": row.tries,
        "owner": line.owner or None,
        "owner_number": line.owner_number,
        "ended_at": iso_time(row.ended_at) if row.ended_at else None,
        "end_cause": row.end_cause or None,
        "version": row.version,
    }

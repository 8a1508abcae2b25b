"""The analysis of dissatisfactions, for leads: a list, and one row at a time."""

import datetime
import uuid
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal.accounts.guard import RequiresToken, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.api import models
from portal.api.answers import rating_answer
from portal.api.bodies import JsonBody, api_router, json_schema
from portal.api.description import OF_BODY, answers
from portal.api.schemas import PlainText, QueryText, VersionBody, Word
from portal.api.vocabularies import one_of
from portal.errors import ConflictError
from portal.follow_up import analyses, dissatisfactions
from portal.follow_up.analyses import Shown
from portal.follow_up.dissatisfactions import Given
from portal.follow_up.scales import reason_label
from portal.runtime import runtime_of
from portal.web.pages import problem
from portal.web.templating import iso_time

router = api_router("/dissatisfactions")
Viewer = Annotated[Principal, Depends(RequiresToken(Permission.VIEW_ANALYSES))]
Analyst = Annotated[Principal, Depends(RequiresToken(Permission.ANALYSE))]


class Dissatisfaction(BaseModel):
    """`lacks` names what keeps it a draft. `person`: carries the measure out, a user name. `rating`: without words."""

    id: uuid.UUID
    date: datetime.date
    number: str
    round: int
    rating: models.RatingGiven | None
    reason: Annotated[str, one_of("DissatisfactionReason")] | None
    reason_label: str
    digest: str
    stage: str | None
    measure: str
    person: str | None
    done_on: datetime.date | None
    state: Annotated[str, one_of("AnalysisState")]
    is_overdue: bool
    carried_out_at: datetime.datetime | None
    lacks: list[str]
    version: int


class DissatisfactionPage(BaseModel):
    items: list[Dissatisfaction]
    next_cursor: str | None


class DissatisfactionConflict(models.ConflictProblem):
    """With the row as it is now."""

    dissatisfaction: Dissatisfaction


class AnalysisBody(VersionBody):
    """What is left out stays; an empty text clears. Complete with `reason`, `stage`, `measure`, `person`, `done_on`.

    `person`: a user name or a staff number. `carried_out`: the measure is in place. `seal_found` agrees to sealing.
    """

    reason: Word | None = None
    digest: PlainText | None = None
    stage: Word | None = None
    measure: PlainText | None = None
    person: Word | None = None
    done_on: Word | None = None
    carried_out: bool | None = None
    seal_found: bool = False


@router.get("", response_model=DissatisfactionPage, responses=answers(403, 422))
def list_dissatisfactions(
    request: Request,
    principal: Viewer,
    state: QueryText = "",
    cursor: QueryText = "",
    limit: Annotated[int, Query(ge=1, le=analyses.MAX_PAGE_SIZE)] = analyses.PAGE_SIZE,
) -> JSONResponse:
    """Newest first, of the caller's queues; `state` is `draft`, `complete` or `overdue`."""
    with runtime_of(request).database.read() as session:
        page = analyses.page_of(session, principal.queues, state, cursor, limit)
    return JSONResponse({"items": [_json(shown) for shown in page.found], "next_cursor": page.next_cursor})


@router.post(
    "/{row_id}",
    response_model=Dissatisfaction,
    responses=answers(403, 404, *OF_BODY, conflict=DissatisfactionConflict),
    openapi_extra=json_schema(AnalysisBody),
)
def analyse_dissatisfaction(
    request: Request,
    principal: Analyst,
    row_id: uuid.UUID,
    body: Annotated[AnalysisBody, Depends(JsonBody(AnalysisBody))],
) -> JSONResponse:
    """Save what is known; the row is complete once nothing of the five is missing."""
    runtime, actor = runtime_of(request), actor_of(request, principal)
    given = Given(
        body.reason, body.digest, body.stage, body.measure, body.person, body.done_on, body.carried_out
    )  # fmt: skip
    try:
        runtime.database.run(
            lambda session: dissatisfactions.change(
                session, runtime, actor, row_id, body.version, given, seal_found=body.seal_found
            )
        )
    except ConflictError as error:
        carried = {"code": error.code, "dissatisfaction": _current(request, principal, row_id)}
        return problem(request, error.status, error.message, carried)
    return JSONResponse(_current(request, principal, row_id))


def _current(request: Request, principal: Principal, row_id: uuid.UUID) -> dict[str, Any]:
    with runtime_of(request).database.read() as session:
        row, _ = dissatisfactions.find(session, actor_of(request, principal), row_id)
        return _json(analyses.one(session, row))


def _json(shown: Shown) -> dict[str, Any]:
    row = shown.row
    return {
        "id": str(row.id),
        "date": row.on_day.isoformat(),
        "number": shown.ticket.number,
        "round": row.round,
        "rating": rating_answer(shown.rating) if shown.rating else None,
        "reason": row.reason or None,
        "reason_label": reason_label(row.reason),
        "digest": row.digest,
        "stage": shown.stage or None,
        "measure": row.measure,
        "person": shown.person.username if shown.person else None,
        "done_on": row.done_on.isoformat() if row.done_on else None,
        "state": row.status,
        "is_overdue": dissatisfactions.is_overdue(row),
        "carried_out_at": iso_time(row.carried_out_at) if row.carried_out_at else None,
        "lacks": dissatisfactions.lacks(row),
        "version": row.version,
    }

"""`GET /day-end`: the records of a day that lack something, as the page 日清核对 shows them."""

import datetime
from typing import Annotated

from fastapi import Depends, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal import clock
from portal.accounts.guard import RequiresToken
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.api import models
from portal.api.answers import Json, ticket_row
from portal.api.bodies import api_router
from portal.api.description import answers
from portal.api.schemas import QueryText
from portal.api.vocabularies import one_of
from portal.errors import NotFoundError
from portal.kpi.archive import day_end
from portal.kpi.archive.complete import Gap
from portal.kpi.archive.day_end import Entry, Wanted
from portal.runtime import runtime_of

router = api_router()
Viewer = Annotated[Principal, Depends(RequiresToken(Permission.VIEW_QUEUE))]
_ANY_QUEUE, _OWN = "all", "me"


class MissingPart(BaseModel):
    """One thing that a record lacks. `waits`: nobody of the desk can fill it in now."""

    code: Annotated[str, one_of("RecordGap")]
    field: Annotated[str, one_of("RecordPart")]
    message: str
    waits: bool


class IncompleteRecord(models.TicketRow):
    """A ticket of the day, with all that its record lacks before it can be archived."""

    missing: list[MissingPart]


class DayEnd(BaseModel):
    date: datetime.date
    items: list[IncompleteRecord]
    next_cursor: str | None


@router.get("/day-end", response_model=DayEnd, responses=answers(403, 404, 422))
def show_day_end(
    request: Request,
    principal: Viewer,
    date: QueryText = "",
    queue: Annotated[QueryText, one_of("QueueChoice")] = _ANY_QUEUE,
    owner: QueryText = "",
    cursor: QueryText = "",
    limit: Annotated[int, Query(ge=1, le=day_end.MAX_PAGE_SIZE)] = day_end.PAGE_SIZE,
) -> JSONResponse:
    """Records of a China day, today without one, the oldest first; with `owner=me` the caller's own.

    Of a day: submitted, called about, given the result that they wait with, or ended then.
    """
    if queue not in (_ANY_QUEUE, *principal.queues):
        raise NotFoundError
    wanted = Wanted(
        day_end.read_day(date, clock.now()),
        principal.queues if queue == _ANY_QUEUE else (queue,),
        principal.user_id if owner == _OWN else None,
    )
    with runtime_of(request).database.read() as session:
        page = day_end.page_of(session, wanted, cursor, limit)
    items = [_record(entry) for entry in page.entries]
    return JSONResponse({"date": wanted.day.isoformat(), "items": items, "next_cursor": page.next_cursor})


def _record(entry: Entry) -> Json:
    return {**ticket_row(entry.ticket), "missing": [_missing(gap) for gap in entry.gaps]}


def _missing(gap: Gap) -> Json:
    return {"code": gap.code, "field": gap.part, "message": gap.message, "waits": gap.waits}

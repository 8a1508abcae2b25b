"""`/calendar`: a year's exceptional days, due times, and notices in two steps (DESK 1.1)."""

import uuid
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Path, Query
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal import clock
from portal.accounts.guard import RequiresToken, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.api import calendar_models as models
from portal.api import models as problems
from portal.api.answers import Json
from portal.api.bodies import JsonBody, api_router, json_schema
from portal.api.description import OF_BODY, answers
from portal.api.moments import moment_of
from portal.api.schemas import QueryText
from portal.calendar import content, imports, years
from portal.calendar.models import YearState
from portal.calendar.planning import YearPlan
from portal.clocks import policies
from portal.errors import Fault, InvalidError, NotFoundError
from portal.runtime import runtime_of
from portal.web.templating import iso_time

router = api_router("/calendar")
Reader = Annotated[Principal, Depends(RequiresToken(Permission.READ_CALENDAR))]
Keeper = Annotated[Principal, Depends(RequiresToken(Permission.KEEP_TIME))]
Minutes = Annotated[int | None, Query(ge=0, le=366 * 24 * 60)]


@router.get("/due", response_model=models.DueTime, responses=answers(403, 422))
def due_time(
    request: Request,
    reader: Reader,
    start: Annotated[QueryText, Query(alias="from")] = "",
    minutes: Minutes = None,
    working_minutes: Minutes = None,
    open_minutes: Minutes = None,
    working_days: Annotated[int | None, Query(ge=0, le=366)] = None,
) -> JSONResponse:
    """When a term ends that begins at `from`; exactly one amount. A natural term is never an estimate."""
    begin = moment_of("from", start, is_end=False) or clock.now()
    amounts = [minutes, working_minutes, open_minutes, working_days]
    if sum(amount is not None for amount in amounts) != 1:
        names = "minutes、working_minutes、working_days、open_minutes"
        raise InvalidError([Fault("minutes", "invalid", f"请给出 {names} 中的一个")])
    if minutes is not None:
        return _due(begin + timedelta(minutes=minutes), is_estimate=False)
    with runtime_of(request).database.read() as session:
        policy = policies.at(session, clock.now())
        time = policy.time(session) if open_minutes is None else policy.open_time(session)
    amount = working_minutes if working_minutes is not None else open_minutes
    end = time.add_days(begin, working_days or 0) if amount is None else time.add_minutes(begin, amount)
    return _due(end, is_estimate=time.is_estimate(begin, end))


@router.get("/{year}", response_model=models.YearOfDays, responses=answers(403, 404, 422))
def exceptional_days(request: Request, reader: Reader, year: Annotated[int, Path(ge=1, lt=10_000)]) -> JSONResponse:
    """The days of a year that differ from Monday to Friday."""
    if year not in content.YEARS:
        raise NotFoundError
    with runtime_of(request).database.read() as session:
        days, is_confirmed = years.days_of(session, year), years.is_confirmed(session, year)
    shown = [
        {"day": row.day.isoformat(), "is_working": row.is_working, "name": row.name, "origin": row.origin}
        for row in days
    ]
    state = YearState.CONFIRMED if is_confirmed else YearState.ESTIMATED
    return JSONResponse({"year": year, "state": state.value, "days": shown})


@router.post(
    "/imports",
    response_model=models.PlannedYear,
    status_code=201,
    responses=answers(403, *OF_BODY),
    openapi_extra=json_schema(models.CalendarImportBody),
)
def read_notice(
    request: Request,
    keeper: Keeper,
    body: Annotated[models.CalendarImportBody, Depends(JsonBody(models.CalendarImportBody))],
) -> JSONResponse:
    """What a notice or table would change. Nothing counts before the confirmation."""
    actor = actor_of(request, keeper)
    kept, plan = runtime_of(request).database.run(lambda session: imports.prepare(session, actor, body.text, body.year))
    return JSONResponse(
        {
            "id": str(kept.id),
            "year": plan.year,
            "years": plan.years,
            "changes": _changes(plan),
            "expires_at": iso_time(kept.expires_at),
        },
        201,
    )


@router.post(
    "/imports/{import_id}/confirmation",
    response_model=models.ConfirmedYear,
    responses=answers(403, 404, 422, conflict=problems.Problem),
)
def confirm_notice(request: Request, keeper: Keeper, import_id: uuid.UUID) -> JSONResponse:
    """The year counts as it was shown; no running clock is moved."""
    actor = actor_of(request, keeper)
    plan = runtime_of(request).database.run(lambda session: imports.confirm(session, actor, import_id))
    state = YearState.CONFIRMED.value
    return JSONResponse({"year": plan.year, "state": state, "years": plan.years, "changes": _changes(plan)})


def _changes(plan: YearPlan) -> list[Json]:
    """The days that change between worked and off."""
    return [
        {
            "day": change.day.isoformat(),
            "was_working": change.was_working,
            "is_working": not change.was_working,
            "name": change.name,
            "edited_by_hand": change.is_by_hand,
        }
        for change in plan.seen
    ]


def _due(moment: datetime, *, is_estimate: bool) -> JSONResponse:
    return JSONResponse({"due_at": iso_time(moment), "is_estimate": is_estimate})

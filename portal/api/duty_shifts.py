"""`/duty-shifts`: the duty rota of the caller's queues (DESK 1.7)."""

from typing import Annotated

from fastapi import Depends, Query
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal import clock
from portal.accounts.guard import RequiresToken, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.api import escalation_models as models
from portal.api.answers import Json
from portal.api.bodies import JsonBody, api_router, json_schema
from portal.api.description import OF_BODY, answers
from portal.api.moments import moment_of
from portal.api.schemas import DutyShiftBody, QueryText
from portal.escalation import duty
from portal.escalation.duty import OnRota
from portal.runtime import runtime_of
from portal.web.templating import iso_time

router = api_router("/duty-shifts")
Keeper = Annotated[Principal, Depends(RequiresToken(Permission.KEEP_ROTA))]


@router.get("", response_model=models.DutyShiftPage, responses=answers(403, 422))
def list_duty_shifts(
    request: Request,
    keeper: Keeper,
    cursor: QueryText = "",
    limit: Annotated[int, Query(ge=1, le=duty.MOST)] = duty.MOST,
) -> JSONResponse:
    """Shifts that are not over, the earliest first, and the first time within 7 days when nobody is on duty."""
    now, queues = clock.now(), duty.queues_kept_by(keeper.queues)
    with runtime_of(request).database.read() as session:
        page = duty.page(session, queues, now, cursor, limit)
        gaps = duty.gaps(session, queues, now)
    return JSONResponse(
        {
            "items": [_shown(one) for one in page.items],
            "next_cursor": page.next_cursor,
            "gaps": [
                {"queue": gap.queue, "starts_at": iso_time(gap.starts_at), "ends_at": iso_time(gap.ends_at)}
                for gap in gaps
            ],
        }
    )


@router.post(
    "",
    response_model=models.DutyShift,
    status_code=201,
    responses=answers(403, *OF_BODY),
    openapi_extra=json_schema(DutyShiftBody),
)
def add_duty_shift(
    request: Request, keeper: Keeper, body: Annotated[DutyShiftBody, Depends(JsonBody(DutyShiftBody))]
) -> JSONResponse:
    """One person on duty from one moment to another; without a queue, in every queue that the person has."""
    actor, queues = actor_of(request, keeper), duty.queues_kept_by(keeper.queues)
    starts_at = moment_of("starts_at", body.starts_at, is_end=False)
    ends_at = moment_of("ends_at", body.ends_at, is_end=True)
    added = runtime_of(request).database.run(
        lambda session: duty.add_shift(
            session, actor, queues, username=body.user, queue=body.queue or None, starts_at=starts_at, ends_at=ends_at
        )
    )
    return JSONResponse(_shown(added), 201)


def _shown(one: OnRota) -> Json:
    return {
        "id": str(one.shift.id),
        "queue": one.shift.queue,
        "user": one.user.username,
        "display_name": one.user.display_name,
        "counts": one.counts,
        "starts_at": iso_time(one.shift.starts_at),
        "ends_at": iso_time(one.shift.ends_at),
        "version": one.shift.version,
    }

"""`/alerts`: what the caller is alerted of, and acknowledging it (DESK 1.7)."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal.accounts.guard import RequiresToken, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.api import escalation_models as models
from portal.api.answers import Json
from portal.api.bodies import ApiRoute
from portal.api.description import answers
from portal.api.schemas import QueryText
from portal.escalation import alerts, own_alerts
from portal.escalation.own_alerts import OwnAlert
from portal.runtime import runtime_of
from portal.web.templating import iso_time

router = APIRouter(prefix="/alerts", route_class=ApiRoute)
Alerted = Annotated[Principal, Depends(RequiresToken(Permission.VIEW_QUEUE))]


@router.get("", response_model=models.AlertPage, responses=answers(403, 422))
def list_alerts(
    request: Request,
    principal: Alerted,
    cursor: QueryText = "",
    limit: Annotated[int, Query(ge=1, le=own_alerts.MOST)] = own_alerts.PAGE_SIZE,
) -> JSONResponse:
    """The caller's own, newest first, acknowledged ones too."""
    with runtime_of(request).database.read() as session:
        page = own_alerts.page(session, principal.user_id, principal.queues, cursor, limit)
    return JSONResponse({"items": [_shown(one) for one in page.items], "next_cursor": page.next_cursor})


@router.post("/{alert_id}/acknowledgement", response_model=models.AcknowledgedAlert, responses=answers(403, 404))
def acknowledge_alert(request: Request, principal: Alerted, alert_id: uuid.UUID) -> JSONResponse:
    """No further step follows; no clock is stopped by it. A second call changes nothing."""
    actor = actor_of(request, principal)
    series = runtime_of(request).database.run(lambda session: alerts.acknowledge(session, actor, alert_id))
    assert series.acknowledged_at is not None  # noqa: S101
    return JSONResponse({"id": str(alert_id), "acknowledged_at": iso_time(series.acknowledged_at)})


def _shown(one: OwnAlert) -> Json:
    moments = {"acknowledged_at": one.series.acknowledged_at, "ended_at": one.series.ended_at, "next_at": one.next_at}
    return {
        "id": str(one.alert.id),
        "cause": one.series.cause,
        "cause_label": one.label,
        "step": one.alert.step,
        "number": one.ticket.number,
        "queue": one.ticket.queue,
        "round": one.series.round,
        "raised_at": iso_time(one.alert.raised_at),
        **{name: iso_time(moment) if moment else None for name, moment in moments.items()},
    }

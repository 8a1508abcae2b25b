"""`/alerts`: what the caller is alerted of, and acknowledging it (DESK 1.7)."""

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import Depends, Query
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal.accounts.guard import RequiresToken, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.api import escalation_models as models
from portal.api.answers import Json
from portal.api.bodies import api_router
from portal.api.description import answers
from portal.api.schemas import QueryText
from portal.complaints import own_alarms
from portal.complaints.models import Complaint
from portal.complaints.own_alarms import CAUSE_LABELS, OwnAlarm
from portal.errors import Fault, InvalidError
from portal.escalation import alerts, own_alerts
from portal.escalation.models import AlertSeries
from portal.escalation.own_alerts import OwnAlert, Place
from portal.runtime import runtime_of
from portal.web.templating import iso_time

router = api_router("/alerts")
Alerted = Annotated[Principal, Depends(RequiresToken(Permission.VIEW_QUEUE))]


@router.get("", response_model=models.AlertPage, responses=answers(403, 422))
def list_alerts(
    request: Request,
    principal: Alerted,
    cursor: QueryText = "",
    limit: Annotated[int, Query(ge=1, le=own_alerts.MOST)] = own_alerts.PAGE_SIZE,
) -> JSONResponse:
    """The caller's own, newest first, acknowledged ones too; of 客服经理 also 重大 and 涉法 cases, by TS number."""
    with runtime_of(request).database.read() as session:
        cases = own_alarms.of_person(session, principal.user_id)
        before = _place(session, principal.user_id, cases, cursor) if cursor else None
        tickets = own_alerts.raised_to(session, principal.user_id, principal.queues, before, limit + 1)
    later = [one for one in cases if before is None or (one.raised_at, one.id) < before]
    listed = [*((one.alert.raised_at, one.alert.id, _shown(one)) for one in tickets),
              *((one.raised_at, one.id, _shown_case(one)) for one in later)]  # fmt: skip
    listed.sort(key=lambda one: one[:2], reverse=True)
    following = str(listed[limit - 1][1]) if len(listed) > limit else None
    return JSONResponse({"items": [shown for _, _, shown in listed[:limit]], "next_cursor": following})


@router.post("/{alert_id}/acknowledgement", response_model=models.AcknowledgedAlert, responses=answers(403, 404))
def acknowledge_alert(request: Request, principal: Alerted, alert_id: uuid.UUID) -> JSONResponse:
    """No further step follows; no clock is stopped by it. A second call changes nothing."""
    actor, runtime = actor_of(request, principal), runtime_of(request)
    with runtime.database.read() as session:
        is_of_ticket = own_alerts.place_of(session, principal.user_id, alert_id) is not None
    found: AlertSeries | Complaint
    if is_of_ticket:
        found = runtime.database.run(lambda session: alerts.acknowledge(session, actor, alert_id))
    else:
        found = own_alarms.acknowledge(runtime, actor, alert_id)
    assert found.acknowledged_at is not None  # noqa: S101
    return JSONResponse({"id": str(alert_id), "acknowledged_at": iso_time(found.acknowledged_at)})


def _place(session: Session, user_id: uuid.UUID, cases: Sequence[OwnAlarm], cursor: str) -> Place:
    """Raises InvalidError: the cursor is none of theirs."""
    try:
        wanted = uuid.UUID(cursor)
    except ValueError:
        wanted = uuid.UUID(int=0)
    place = next(((one.raised_at, one.id) for one in cases if one.id == wanted), None)
    place = place or own_alerts.place_of(session, user_id, wanted)
    if place is None:
        raise InvalidError([Fault("cursor", "invalid", "请用上一页给出的 next_cursor")])
    return place


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


def _shown_case(one: OwnAlarm) -> Json:
    """With the TS number only; a case has no queue and one round."""
    case = one.complaint
    moments = {"acknowledged_at": case.acknowledged_at, "ended_at": case.archived_at, "next_at": case.alarm_next_at}
    return {
        "id": str(one.id),
        "cause": one.cause.value,
        "cause_label": CAUSE_LABELS[one.cause],
        "step": case.alarm_step,
        "number": case.number,
        "queue": None,
        "round": 1,
        "raised_at": iso_time(one.raised_at),
        **{name: iso_time(moment) if moment else None for name, moment in moments.items()},
    }

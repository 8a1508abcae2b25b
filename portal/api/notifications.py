"""One's own notices, and, for administrators, what was sent: neither holds a text, nor anybody's address."""

import uuid
from typing import Annotated, Any

from fastapi import Depends, Query
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal.accounts.guard import RequiresToken
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.api import notification_models as models
from portal.api.bodies import api_router
from portal.api.description import answers
from portal.api.schemas import QueryText
from portal.api.vocabularies import one_of
from portal.errors import Fault, InvalidError
from portal.notify import delivery_log, notices
from portal.notify.delivery_log import LoggedDelivery
from portal.notify.events import Event
from portal.notify.matrix import Way
from portal.notify.models import DeliveryState, StaffNotice
from portal.runtime import runtime_of
from portal.web.templating import iso_time

router = api_router()
Reader = Annotated[Principal, Depends(RequiresToken(Permission.READ_OWN_NOTICES))]
Keeper = Annotated[Principal, Depends(RequiresToken(Permission.KEEP_NOTIFICATIONS))]
_MOST = 200


@router.get("/notices", response_model=models.NoticePage, responses=answers(403, 422))
def own_notices(
    request: Request,
    principal: Reader,
    cursor: QueryText = "",
    limit: Annotated[int, Query(ge=1, le=_MOST)] = notices.MOST_SHOWN,
) -> JSONResponse:
    """The caller's own, newest first, seen ones too."""
    with runtime_of(request).database.read() as session:
        rows, next_cursor = notices.page(session, principal.user_id, cursor, limit)
    return JSONResponse({"items": [_notice(row) for row in rows], "next_cursor": next_cursor})


@router.post("/notices/{notice_id}/seen", response_model=models.Notice, responses=answers(403, 404))
def see(request: Request, principal: Reader, notice_id: uuid.UUID) -> JSONResponse:
    """Mark one of the caller's own as seen; it changes nothing else."""
    with runtime_of(request).database.transaction() as session:
        answer = _notice(notices.see_by_id(session, principal.user_id, notice_id))
    return JSONResponse(answer)


@router.get("/deliveries", response_model=models.DeliveryPage, responses=answers(403, 422))
def deliveries(
    request: Request,
    keeper: Keeper,
    state: Annotated[QueryText, one_of("DeliveryState")] = "",
    channel: Annotated[QueryText, one_of("NotificationChannel")] = "",
    cursor: QueryText = "",
    limit: Annotated[int, Query(ge=1, le=_MOST)] = delivery_log.PAGE_SIZE,
) -> JSONResponse:
    """What was sent, newest first."""
    if state and state not in list(DeliveryState):
        raise InvalidError([Fault("state", "invalid", "没有这种状态，请核对")])
    if channel and channel not in ("console", *Way):
        raise InvalidError([Fault("channel", "invalid", "没有这个渠道，请核对")])
    with runtime_of(request).database.read() as session:
        rows, next_cursor = delivery_log.page(session, state=state, channel=channel, cursor=cursor, limit=limit)
    return JSONResponse({"items": [_delivery(row) for row in rows], "next_cursor": next_cursor})


def _notice(row: StaffNotice) -> dict[str, Any]:
    sentence = notices.SENTENCES.get(Event(row.event), "") if row.event in list(Event) else ""
    return {
        "id": str(row.id),
        "event": row.event,
        "number": row.number,
        "sentence": sentence,
        "created_at": iso_time(row.created_at),
        "seen_at": iso_time(row.seen_at) if row.seen_at else None,
    }


def _delivery(row: LoggedDelivery) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "event": row.event,
        "number": row.number,
        "channel": row.channel,
        "recipient_kind": row.recipient_kind,
        "state": row.state,
        "attempts": row.attempts,
        "error": row.error,
        "status_code": row.status_code,
        "created_at": iso_time(row.created_at),
        "next_attempt_at": iso_time(row.next_attempt_at) if row.next_attempt_at else None,
        "ended_at": iso_time(row.ended_at) if row.ended_at else None,
    }

"""`GET /audit`: the trail for leads and auditors, newest first (CONTRACT 9)."""

from typing import Annotated, Any

from fastapi import Depends, Query
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal.accounts.guard import RequiresToken, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.api import trail_models as models
from portal.api.bodies import api_router
from portal.api.description import answers
from portal.api.moments import moment_of
from portal.api.schemas import QueryText
from portal.api.vocabularies import one_of
from portal.audit import queries, trail
from portal.audit.models import AuditEvent
from portal.audit.queries import TrailFilter
from portal.audit.tags import Tag
from portal.casefile.event_sentences import action_label, sentence_of
from portal.errors import Fault, InvalidError
from portal.queues import trail_scope
from portal.runtime import runtime_of
from portal.tickets import lookup
from portal.tickets.numbering import normal_number
from portal.web.templating import iso_time

router = api_router()
Auditor = Annotated[Principal, Depends(RequiresToken(Permission.REVIEW))]
_PAGE_SIZE = 100
_MOST = 500


@router.get("/audit", response_model=models.TrailPage, responses=answers(403, 422))
def read_trail(
    request: Request,
    principal: Auditor,
    ticket: QueryText = "",
    user: QueryText = "",
    action: Annotated[QueryText, one_of("TrailAction")] | None = None,
    since: Annotated[QueryText, Query(alias="from")] = "",
    until: Annotated[QueryText, Query(alias="to")] = "",
    cursor: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
    limit: Annotated[int, Query(ge=1, le=_MOST)] = _PAGE_SIZE,
) -> JSONResponse:
    """One page of the trail: leads see the rows of their queues. `from` and `to` are days (China time, both included)
    or moments.
    """
    first, last = moment_of("from", since, is_end=False), moment_of("to", until, is_end=True)
    if action and action not in list(Tag):
        raise InvalidError([Fault("action", "invalid", "没有这种操作，请核对")])
    runtime = runtime_of(request)
    with runtime.database.read() as session:
        wanted = TrailFilter(
            trail_scope.scope_of(session, principal),
            ticket_numbers=lookup.all_numbers(session, normal_number(ticket)) if ticket else (),
            tags=(action,) if action else (),
            actor_name=user or None,
            since=first,
            until=last,
        )
        events, next_cursor = queries.page(session, wanted, cursor, limit)
    with runtime.database.transaction() as session:
        trail.record(session, Tag.AUDIT_VIEWED, actor_of(request, principal), particulars={"view": "api"})
    return JSONResponse({"items": [event_row(event) for event in events], "next_cursor": next_cursor})


def event_row(event: AuditEvent) -> dict[str, Any]:
    return {
        "seq": event.seq,
        "at": iso_time(event.at),
        "action": event.tag,
        "action_label": action_label(event.tag),
        "is_success": event.is_success,
        "user": event.actor_name,
        "role": event.actor_role,
        "address": event.address,
        "ticket": event.ticket_number,
        "field": event.field,
        "reason": event.reason,
        "particulars": event.particulars or {},
        "detail": sentence_of(event),
        "request_id": event.request_id,
    }

"""Searches for one exact value: `POST /tickets/search` for staff, `POST /audit/search` for leads and auditors.

The value is posted, never in an address; each search is a row of the trail with the value's keyed index.
"""

from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal.accounts.guard import RequiresToken, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.api import models, trail_models
from portal.api.answers import Json, ticket_row
from portal.api.audit import event_row
from portal.api.bodies import JsonBody, api_router, json_schema
from portal.api.description import OF_BODY, answers
from portal.api.schemas import PlainText
from portal.audit.tags import Tag
from portal.casefile import value_search
from portal.casefile.value_search import AskedValue, Rows, TicketWithValue, ValueKind
from portal.errors import Fault, InvalidError
from portal.queues import queries
from portal.queues.queries import QueueFilter
from portal.queues.trail_scope import queues_of, scope_of
from portal.runtime import Runtime, runtime_of

router = api_router()
Viewer = Annotated[Principal, Depends(RequiresToken(Permission.VIEW_QUEUE))]
Auditor = Annotated[Principal, Depends(RequiresToken(Permission.REVIEW))]
_MOST_ROWS = 1000
_KINDS = (
    ValueKind.ID_NUMBER,
    ValueKind.LOGIN_ACCOUNT,
    ValueKind.CONTACT_PHONE,
    ValueKind.INPATIENT_NUMBER,
)


class ValueBody(BaseModel):
    """Exactly one of the four."""

    model_config = ConfigDict(strict=True, extra="ignore")

    id_number: PlainText = ""
    login_account: PlainText = ""
    contact_phone: PlainText = ""
    inpatient_number: PlainText = ""


class TicketSearchBody(ValueBody):
    """With the place on the list: the value must not be in an address of a next page."""

    cursor: Annotated[str, Field(max_length=300)] = ""
    limit: Annotated[int, Field(ge=1, le=queries.MAX_PAGE_SIZE)] = queries.PAGE_SIZE


@router.post(
    "/tickets/search",
    response_model=models.TicketPage,
    responses=answers(403, *OF_BODY),
    openapi_extra=json_schema(TicketSearchBody),
)
def search_tickets(
    request: Request, principal: Viewer, body: Annotated[TicketSearchBody, Depends(JsonBody(TicketSearchBody))]
) -> JSONResponse:
    """Every ticket of the caller's queues that holds the value, under any field and in any state."""
    runtime = runtime_of(request)
    asked = _asked(runtime, body)
    wanted = QueueFilter("", queues=principal.queues, state="all", value_indexes=asked.indexes)
    with runtime.database.transaction() as session:
        page = queries.queue_page(session, wanted, body.cursor or None, body.limit)
        found = queries.matching(session, wanted)
        value_search.record(session, Tag.VALUE_SEARCHED, actor_of(request, principal), asked, found)
    return JSONResponse({"items": [ticket_row(ticket) for ticket in page.tickets], "next_cursor": page.next_cursor})


@router.post(
    "/audit/search",
    response_model=trail_models.TrailSearch,
    responses=answers(403, *OF_BODY),
    openapi_extra=json_schema(ValueBody),
)
def search_trail(
    request: Request, principal: Auditor, body: Annotated[ValueBody, Depends(JsonBody(ValueBody))]
) -> JSONResponse:
    """Every ticket with the value, and every access to it and to pictures of those tickets, newest first."""
    runtime = runtime_of(request)
    asked = _asked(runtime, body)
    with runtime.database.transaction() as session:
        scope = scope_of(session, principal)
        answer = value_search.answer_to(session, asked, scope, queues_of(principal), _MOST_ROWS)
        value_search.record(session, Tag.AUDIT_SEARCHED, actor_of(request, principal), asked, answer.ticket_count)
        shown = {
            "value": {"kind": asked.kind.value, "masked": asked.mask},
            "ticket_count": answer.ticket_count,
            "tickets": [_ticket(found) for found in answer.tickets],
            "accesses": _rows(answer.accesses),
            "picture_accesses": _rows(answer.pictures),
            "searches": _rows(answer.searches),
            "is_complete": answer.is_complete,
        }
    return JSONResponse(shown)


def _asked(runtime: Runtime, body: ValueBody) -> AskedValue:
    """Raises InvalidError unless exactly one value was given."""
    given = [kind for kind in _KINDS if getattr(body, kind.value)]
    if len(given) != 1:
        names = "、".join(kind.value for kind in _KINDS)
        raise InvalidError([Fault("id_number", "required", f"请填写 {names} 中的一项，只填一项")])
    (kind,) = given
    return value_search.asked_value(runtime.vault, getattr(body, kind.value), kind, field=kind.value)


def _rows(rows: Rows) -> Json:
    return {"items": [event_row(event) for event in rows.events], "is_all": rows.is_all}


def _ticket(found: TicketWithValue) -> Json:
    places = [{"field": place.key, "label": place.label, "masked": place.mask} for place in found.places]
    ticket = found.ticket
    return {"number": ticket.number, "queue": ticket.queue, "state": ticket.state, "places": places}

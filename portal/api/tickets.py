"""The staff's calls on tickets. Every answer is masked; values and screenshots are revealed one at a time."""

import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from portal.accounts.guard import RequiresToken, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.acts import links, performing
from portal.acts.act import Act
from portal.api import models
from portal.api.answers import Json, masked_ticket, ticket_row
from portal.api.bodies import JsonBody, api_router, json_schema
from portal.api.description import OF_BODY, answers
from portal.api.schemas import QueryText, RevealBody, act_body, given_to
from portal.api.ticket_filters import TicketFilters
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.casefile import acts, value_search
from portal.casefile.value_search import ValueKind
from portal.casefile.view import ticket_view
from portal.disclosure import reveals
from portal.errors import ConflictError, Fault, InvalidError
from portal.progress.hooks import ObjectionError
from portal.queues import queries
from portal.runtime import Runtime, runtime_of
from portal.screenshots.formats import MEDIA_TYPES
from portal.tickets import lookup
from portal.tickets.models import Ticket
from portal.web.middleware import PICTURE_POLICY
from portal.web.pages import problem
from portal.web.path_values import values_in
from portal.web.templating import iso_time

router = api_router("/tickets")
Viewer = Annotated[Principal, Depends(RequiresToken(Permission.VIEW_QUEUE))]
Revealer = Annotated[Principal, Depends(RequiresToken(Permission.REVEAL_FIELD))]
PictureViewer = Annotated[Principal, Depends(RequiresToken(Permission.OPEN_PICTURE))]


_SHOWN = models.Ticket | models.MovedTicket


@router.get("", response_model=models.TicketPage, responses=answers(403, 404, 422))
def list_tickets(
    request: Request,
    principal: Viewer,
    filters: Annotated[TicketFilters, Depends()],
    q: QueryText = "",
    id_number: QueryText = "",
    cursor: QueryText = "",
    limit: Annotated[int, Query(ge=1, le=queries.MAX_PAGE_SIZE)] = queries.PAGE_SIZE,
) -> JSONResponse:
    """One page of a queue, or of all the caller's, most urgent and oldest first; without a state, all open tickets.

    A search by ID number is a row of the trail; `POST /tickets/search` keeps the number out of the address.
    """
    runtime = runtime_of(request)
    with runtime.database.read() as session:
        wanted = filters.wanted(session, principal, q)
    asked = (
        value_search.asked_value(runtime.vault, id_number, ValueKind.ID_NUMBER, field="id_number")
        if id_number
        else None
    )
    with runtime.database.read() as session:
        wanted = replace(wanted, value_indexes=asked.indexes if asked else ())
        page = queries.queue_page(session, wanted, cursor or None, limit)
        found = queries.matching(session, wanted) if asked else 0
    if asked:
        with runtime.database.transaction() as session:
            value_search.record(session, Tag.VALUE_SEARCHED, actor_of(request, principal), asked, found)
    return JSONResponse({"items": [ticket_row(ticket) for ticket in page.tickets], "next_cursor": page.next_cursor})


@router.get("/{number}", response_model=models.Ticket, responses=answers(403, 404))
def show_ticket(request: Request, principal: Viewer, number: str) -> JSONResponse:
    """The masked ticket; opening it writes a trail row."""
    runtime = runtime_of(request)
    actor = actor_of(request, principal)
    with runtime.database.transaction() as session:
        ticket = lookup.find(session, actor, number)
        trail.record(session, Tag.TICKET_VIEWED, actor, ticket_number=ticket.number)
    return JSONResponse(_current(runtime, actor, number))


def _route(path: str, choices: Sequence[Act], model: type[BaseModel]) -> Callable[..., JSONResponse]:
    """The call of one resource, for the acts that share it."""
    (permission,) = {act.permission for act in choices}

    def carry_out(
        request: Request,
        principal: Annotated[Principal, Depends(RequiresToken(permission))],
        number: str,
        rows: Annotated[dict[str, str], Depends(values_in(path))],
        body: Annotated[Any, Depends(JsonBody(model))],
    ) -> JSONResponse:
        return _carried_out(request, principal, number, _chosen(choices, body), body, rows)

    carry_out.__doc__ = " / ".join(act.move.title for act in choices)
    carry_out.__name__ = "_".join(re.findall(r"\w+", path))
    return carry_out


for _path, _choices in acts.by_path().items():
    _model = act_body(_choices)
    router.add_api_route(
        f"/{{number}}/{_path}",
        _route(_path, _choices, _model),
        methods=["POST"],
        status_code=_choices[0].status,
        response_model=_SHOWN,
        responses=answers(403, 404, *OF_BODY, conflict=models.TicketConflict),
        openapi_extra=json_schema(_model),
    )


@router.post(
    "/{number}/reveals",
    response_model=models.RevealedValue,
    responses=answers(403, 404, 410, *OF_BODY, 429),
    openapi_extra=json_schema(RevealBody),
)
def reveal(
    request: Request, principal: Revealer, number: str, body: Annotated[RevealBody, Depends(JsonBody(RevealBody))]
) -> JSONResponse:
    """One value in clear, for the owner, with a reason; the trail row is written first."""
    runtime = runtime_of(request)
    shown = reveals.reveal_field(runtime, actor_of(request, principal), number, body.field, body.reason)
    return JSONResponse({"value": shown.value, "expires_at": iso_time(shown.expires_at)})


_PICTURE = {
    media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in sorted(MEDIA_TYPES.values())
}


@router.get(
    "/{number}/screenshots/{screenshot_id}",
    response_class=Response,
    responses={200: {"description": "The picture", "content": _PICTURE}, **answers(403, 404, 410, 422, 429)},
)
def open_screenshot(
    request: Request, principal: PictureViewer, number: str, screenshot_id: uuid.UUID, reason: QueryText = ""
) -> Response:
    """The screenshot with its viewer's watermark; its trail row has the reason, or that none was given."""
    runtime = runtime_of(request)
    shown = reveals.open_picture(runtime, actor_of(request, principal), number, screenshot_id, reason)
    headers = {"Content-Security-Policy": PICTURE_POLICY, "Content-Disposition": "inline"}
    return Response(shown.content, media_type=shown.media_type, headers=headers)


def _chosen(choices: Sequence[Act], body: Any) -> Act:
    """The requested act: among several, the one whose own input is present."""
    if len(choices) == 1:
        return choices[0]
    if choices[0].chosen_as:
        return next(act for act in choices if act.chosen_as == getattr(body, act.chosen_by))
    meant = [act for act in choices if getattr(body, act.chosen_by)]
    if len(meant) != 1:
        ways = " 或 ".join(f"{act.chosen_by}（{act.move.title}）" for act in reversed(choices))
        raise InvalidError([Fault(choices[-1].chosen_by, "required", f"请填写 {ways}中的一项")])
    return meant[0]


def _carried_out(
    request: Request, principal: Principal, number: str, act: Act, body: Any, rows: dict[str, str]
) -> JSONResponse:
    """Carry out an act and answer with the resulting ticket; 409 with the current ticket (CONTRACT 7)."""
    runtime, actor = runtime_of(request), actor_of(request, principal)
    values = rows | given_to(act, body)
    is_agreed = getattr(body, "seal_found", False)
    try:
        done = performing.carry_out(runtime, actor, act, number, body.version, values, seal_found=is_agreed)
    except ConflictError as error:
        return problem(request, 409, error.message, _conflict(error) | {"ticket": _current(runtime, actor, number)})
    return JSONResponse({**_shown(runtime, actor, done.ticket.id), **done.answer}, act.status)


def _conflict(error: ConflictError) -> Json:
    if not isinstance(error, ObjectionError):
        return {"code": error.code}
    return {"code": error.code, "objections": [vars(objection) for objection in error.objections]}


def _current(runtime: Runtime, actor: Actor, number: str) -> Json:
    """The whole masked ticket, or 404 if it has left the actor's queues meanwhile."""
    with runtime.database.read() as session:
        ticket = lookup.find(session, actor, number)
        return masked_ticket(ticket_view(session, ticket), links.linked_with(session, ticket, actor.queues))


def _shown(runtime: Runtime, actor: Actor, ticket_id: uuid.UUID) -> Json:
    """The whole masked ticket, or only its queue and number once it has left the actor's queues (SECURITY F-9)."""
    with runtime.database.read() as session:
        ticket = session.get_one(Ticket, ticket_id)
        if ticket.queue not in actor.queues:
            return {"number": ticket.number, "queue": ticket.queue, "state": ticket.state}
        return masked_ticket(ticket_view(session, ticket), links.linked_with(session, ticket, actor.queues))

"""The staff's calls on tickets. Every answer is masked; one value or picture at a time is shown with a trail row."""

import uuid
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from portal.accounts.guard import RequiresToken, actor_of
from portal.accounts.models import User
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.accounts.users import name_key
from portal.acts import work
from portal.api.answers import Json, masked_ticket, ticket_row
from portal.api.bodies import ApiRoute, JsonBody, json_schema
from portal.api.schemas import (
    InformationRequestBody,
    MergeBody,
    OptionalTextBody,
    QueryText,
    RevealBody,
    SealingBody,
    TextBody,
    TransferBody,
    UrgencyBody,
    VersionBody,
)
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.casefile.view import ticket_view
from portal.disclosure import reveals, text_redaction
from portal.errors import ConflictError, Fault, ForbiddenError, InvalidError, NotFoundError
from portal.runtime import Runtime, runtime_of
from portal.sensitive_text.id_numbers import normalise_id_number
from portal.tickets import queries
from portal.tickets.lifecycle import Action, allowed_actions
from portal.tickets.models import Ticket
from portal.tickets.queries import QueueFilter
from portal.tickets.states import TicketState, Urgency
from portal.web.middleware import PICTURE_POLICY
from portal.web.pages import problem
from portal.web.templating import iso_time

router = APIRouter(prefix="/tickets", route_class=ApiRoute)
Viewer = Annotated[Principal, Depends(RequiresToken(Permission.VIEW_QUEUE))]
Worker = Annotated[Principal, Depends(RequiresToken(Permission.WORK_TICKET))]
Writer = Annotated[Principal, Depends(RequiresToken(Permission.WRITE_NOTE))]
Mover = Annotated[Principal, Depends(RequiresToken(Permission.TRANSFER_TICKET))]
Revealer = Annotated[Principal, Depends(RequiresToken(Permission.REVEAL_FIELD))]
PictureViewer = Annotated[Principal, Depends(RequiresToken(Permission.OPEN_PICTURE))]
_STATES = ("", "all", *(state.value for state in TicketState))


@router.get("")
def list_tickets(
    request: Request,
    principal: Viewer,
    queue: QueryText,
    state: QueryText = "",
    assignee: QueryText = "",
    q: QueryText = "",
    id_number: QueryText = "",
    cursor: QueryText = "",
    limit: int = queries.PAGE_SIZE,
) -> JSONResponse:
    """One page of a queue, most urgent and oldest first; without a state everything that is open."""
    if queue not in principal.queues:
        raise NotFoundError
    if state not in _STATES:
        raise InvalidError([Fault("state", "invalid", "没有这个状态，请核对")])
    runtime = runtime_of(request)
    number = normalise_id_number(id_number)
    with runtime.database.read() as session:
        wanted = QueueFilter(
            queue=queue,
            state=state,
            assignee=_assignee(session, principal, assignee),
            text=q,
            id_number_indexes=runtime.vault.blind_indexes(number) if number else (),
        )
        page = queries.queue_page(session, wanted, cursor or None, limit)
    return JSONResponse({"items": [ticket_row(ticket) for ticket in page.tickets], "next_cursor": page.next_cursor})


@router.get("/{number}")
def show_ticket(request: Request, principal: Viewer, number: str) -> JSONResponse:
    """The masked ticket; that it was opened is a trail row."""
    runtime = runtime_of(request)
    actor = actor_of(request, principal)
    with runtime.database.transaction() as session:
        ticket = work.find(session, actor, number)
        trail.record(session, Tag.TICKET_VIEWED, actor, ticket_number=ticket.number)
    return JSONResponse(_shown(runtime, actor, ticket.id))


@router.post("/{number}/assignment", openapi_extra=json_schema(VersionBody))
def assign(
    request: Request, principal: Worker, number: str, body: Annotated[VersionBody, Depends(JsonBody(VersionBody))]
) -> JSONResponse:
    """Take a ticket that nobody has."""
    return _act(
        request, principal, number, Action.CLAIM,
        lambda session, actor: work.claim(session, actor, number, body.version),
    )  # fmt: skip


@router.post("/{number}/release", openapi_extra=json_schema(VersionBody))
def release(
    request: Request, principal: Worker, number: str, body: Annotated[VersionBody, Depends(JsonBody(VersionBody))]
) -> JSONResponse:
    """Put one's own ticket back."""
    return _act(
        request, principal, number, Action.RELEASE,
        lambda session, actor: work.release(session, actor, number, body.version),
    )  # fmt: skip


@router.post("/{number}/information-request", openapi_extra=json_schema(InformationRequestBody))
def request_information(
    request: Request,
    principal: Worker,
    number: str,
    body: Annotated[InformationRequestBody, Depends(JsonBody(InformationRequestBody))],
) -> JSONResponse:
    """Ask the clinic for exactly these fields."""
    runtime = runtime_of(request)
    return _act(
        request, principal, number, Action.ASK,
        lambda session, actor: work.request_information(
            session, runtime, actor, number, body.version, body.fields, body.message, seal_found=body.seal_found
        ),
    )  # fmt: skip


@router.post("/{number}/replies", openapi_extra=json_schema(TextBody))
def reply(
    request: Request, principal: Worker, number: str, body: Annotated[TextBody, Depends(JsonBody(TextBody))]
) -> JSONResponse:
    """Write to the clinic."""
    runtime = runtime_of(request)
    return _act(
        request, principal, number, Action.REPLY,
        lambda session, actor: work.reply(
            session, runtime, actor, number, body.version, body.text, seal_found=body.seal_found
        ),
    )  # fmt: skip


@router.post("/{number}/notes", openapi_extra=json_schema(TextBody))
def note(
    request: Request, principal: Writer, number: str, body: Annotated[TextBody, Depends(JsonBody(TextBody))]
) -> JSONResponse:
    """An internal note."""
    runtime = runtime_of(request)
    return _act(
        request, principal, number, Action.NOTE,
        lambda session, actor: work.note(
            session, runtime, actor, number, body.version, body.text, seal_found=body.seal_found
        ),
    )  # fmt: skip


@router.post("/{number}/sealings", openapi_extra=json_schema(SealingBody))
def seal_passage(
    request: Request, principal: Writer, number: str, body: Annotated[SealingBody, Depends(JsonBody(SealingBody))]
) -> JSONResponse:
    """Hide a passage of the ticket's texts everywhere in them; `sealed` tells its key and how many places."""
    runtime = runtime_of(request)
    sealed: Json = {}

    def act(session: Session, actor: Actor) -> Ticket:
        done = text_redaction.seal_passage(
            session, runtime, actor, number, body.version, passage=body.passage, kind=body.kind, field=body.field
        )
        sealed.update(key=done.key, places=done.places)
        return done.ticket

    return _act(request, principal, number, Action.SEAL, act, {"sealed": sealed})


@router.post("/{number}/resolution", openapi_extra=json_schema(TextBody))
def resolve(
    request: Request, principal: Worker, number: str, body: Annotated[TextBody, Depends(JsonBody(TextBody))]
) -> JSONResponse:
    """Hand the result to the clinic."""
    runtime = runtime_of(request)
    return _act(
        request, principal, number, Action.RESOLVE,
        lambda session, actor: work.resolve(
            session, runtime, actor, number, body.version, body.text, seal_found=body.seal_found
        ),
    )  # fmt: skip


@router.post("/{number}/closure", openapi_extra=json_schema(OptionalTextBody))
def close(
    request: Request,
    principal: Worker,
    number: str,
    body: Annotated[OptionalTextBody, Depends(JsonBody(OptionalTextBody))],
) -> JSONResponse:
    """Close for a clinic that confirmed by other ways."""
    runtime = runtime_of(request)
    return _act(
        request, principal, number, Action.CLOSE,
        lambda session, actor: work.close(
            session, runtime, actor, number, body.version, body.text, seal_found=body.seal_found
        ),
    )  # fmt: skip


@router.post("/{number}/reopening", openapi_extra=json_schema(TextBody))
def reopen(
    request: Request, principal: Worker, number: str, body: Annotated[TextBody, Depends(JsonBody(TextBody))]
) -> JSONResponse:
    """Take up a resolved or recently closed ticket again."""
    runtime = runtime_of(request)
    return _act(
        request, principal, number, Action.REOPEN,
        lambda session, actor: work.reopen(
            session, runtime, actor, number, body.version, body.text, seal_found=body.seal_found
        ),
    )  # fmt: skip


@router.post("/{number}/transfer", openapi_extra=json_schema(TransferBody))
def transfer(
    request: Request, principal: Mover, number: str, body: Annotated[TransferBody, Depends(JsonBody(TransferBody))]
) -> JSONResponse:
    """Move to the other queue (`queue`), or hand to another engineer (`assignee`)."""
    runtime = runtime_of(request)
    queue, assignee = body.queue or "", body.assignee or ""
    if bool(queue) == bool(assignee):
        raise InvalidError(
            [Fault("queue", "required", "请填写 queue（转到另一队列）或 assignee（转给工程师）中的一项")]
        )
    if queue:
        return _act(
            request, principal, number, Action.TRANSFER,
            lambda session, actor: work.transfer(
                session, runtime, actor, number, body.version, queue, body.text, seal_found=body.seal_found
            ),
        )  # fmt: skip
    return _act(
        request, principal, number, Action.HAND_OVER,
        lambda session, actor: work.hand_over(
            session, runtime, actor, number, body.version, assignee, body.text, seal_found=body.seal_found
        ),
    )  # fmt: skip


@router.post("/{number}/urgency", openapi_extra=json_schema(UrgencyBody))
def set_urgency(
    request: Request, principal: Mover, number: str, body: Annotated[UrgencyBody, Depends(JsonBody(UrgencyBody))]
) -> JSONResponse:
    """Change the place in the queue."""
    runtime = runtime_of(request)
    urgency = Urgency[body.urgency.upper()]
    return _act(
        request, principal, number, Action.URGENCY,
        lambda session, actor: work.set_urgency(
            session, runtime, actor, number, body.version, urgency, body.reason, seal_found=body.seal_found
        ),
    )  # fmt: skip


@router.post("/{number}/merge", openapi_extra=json_schema(MergeBody))
def merge(
    request: Request, principal: Worker, number: str, body: Annotated[MergeBody, Depends(JsonBody(MergeBody))]
) -> JSONResponse:
    """Point a duplicate to the ticket that is worked."""
    return _act(
        request, principal, number, Action.MERGE,
        lambda session, actor: work.merge(session, actor, number, body.version, body.into),
    )  # fmt: skip


@router.post("/{number}/void", openapi_extra=json_schema(TextBody))
def void(
    request: Request, principal: Worker, number: str, body: Annotated[TextBody, Depends(JsonBody(TextBody))]
) -> JSONResponse:
    """Not a problem report at all."""
    runtime = runtime_of(request)
    return _act(
        request, principal, number, Action.VOID,
        lambda session, actor: work.void(
            session, runtime, actor, number, body.version, body.text, seal_found=body.seal_found
        ),
    )  # fmt: skip


@router.post("/{number}/reveals", openapi_extra=json_schema(RevealBody))
def reveal(
    request: Request, principal: Revealer, number: str, body: Annotated[RevealBody, Depends(JsonBody(RevealBody))]
) -> JSONResponse:
    """One value in clear, for the assignee, with a reason; the trail row is there first."""
    runtime = runtime_of(request)
    shown = reveals.reveal_field(runtime, actor_of(request, principal), number, body.field, body.reason)
    return JSONResponse({"value": shown.value, "expires_at": iso_time(shown.expires_at)})


@router.get("/{number}/screenshots/{screenshot_id}", response_class=Response)
def open_screenshot(request: Request, principal: PictureViewer, number: str, screenshot_id: uuid.UUID) -> Response:
    """The picture with its viewer's mark; an access is a trail row."""
    runtime = runtime_of(request)
    shown = reveals.open_picture(runtime, actor_of(request, principal), number, screenshot_id)
    headers = {"Content-Security-Policy": PICTURE_POLICY, "Content-Disposition": "inline"}
    return Response(shown.content, media_type=shown.media_type, headers=headers)


def _act(
    request: Request,
    principal: Principal,
    number: str,
    action: Action,
    act: Callable[[Session, Actor], Ticket],
    more: Json | None = None,
) -> JSONResponse:
    """Carry out an act and answer with the ticket as it is then.

    Stale, taken, or not allowed from this state: 409 with the ticket as it is (CONTRACT 7). The state comes before
    the person: who may not close a ticket that cannot be closed learns the latter.
    """
    runtime = runtime_of(request)
    actor = actor_of(request, principal)
    try:
        with runtime.database.transaction() as session:
            ticket = act(session, actor)
    except ConflictError as error:
        return problem(request, 409, error.message, {"ticket": _current(runtime, actor, number)})
    except ForbiddenError as error:
        with runtime.database.read() as session:
            is_allowed = action in allowed_actions(work.find(session, actor, number))
        if is_allowed:
            raise
        return problem(request, 409, error.message, {"ticket": _current(runtime, actor, number)})
    return JSONResponse({**_shown(runtime, actor, ticket.id), **(more or {})})


def _current(runtime: Runtime, actor: Actor, number: str) -> Json:
    with runtime.database.read() as session:
        return masked_ticket(ticket_view(session, work.find(session, actor, number)))


def _shown(runtime: Runtime, actor: Actor, ticket_id: uuid.UUID) -> Json:
    """The whole masked ticket, or its place only once it has left the actor's queues (SECURITY F-9)."""
    with runtime.database.read() as session:
        ticket = session.get_one(Ticket, ticket_id)
        if ticket.queue not in actor.queues:
            return {"number": ticket.number, "queue": ticket.queue, "state": ticket.state}
        return masked_ticket(ticket_view(session, ticket))


def _assignee(session: Session, principal: Principal, name: str) -> str:
    if name in ("", "none"):
        return name
    if name == "me":
        return str(principal.user_id)
    user_id = session.scalar(select(User.id).where(User.name_key == name_key(name)))
    return str(user_id or "nobody")

"""What staff do with a ticket: one posted form each, then back to the ticket (CONTRACT 6)."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.acts import work
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.disclosure import text_redaction
from portal.errors import ConflictError, Fault, ForbiddenError, InvalidError, NotFoundError
from portal.pages.triage import ticket_page
from portal.pages.triage.forms import version_of
from portal.pages.triage.ticket_page import FailedAct
from portal.runtime import Runtime, runtime_of
from portal.tickets.lifecycle import Action
from portal.tickets.models import Ticket
from portal.tickets.states import Urgency
from portal.web.body import PostedForm
from portal.web.csrf import Form

router = APIRouter()
Worker = Annotated[Principal, Depends(Requires(Permission.WORK_TICKET))]
Writer = Annotated[Principal, Depends(Requires(Permission.WRITE_NOTE))]
Dispatcher = Annotated[Principal, Depends(Requires(Permission.TRANSFER_TICKET))]
Act = Callable[[Session, Runtime, Actor, int], Ticket]

# The whole vocabulary of `?done=`; the sentences stand in the template.
DONE = {
    Action.CLAIM: "claimed",
    Action.RELEASE: "released",
    Action.REPLY: "replied",
    Action.NOTE: "noted",
    Action.SEAL: "sealed",
    Action.ASK: "asked",
    Action.RESOLVE: "resolved",
    Action.CLOSE: "closed",
    Action.REOPEN: "reopened",
    Action.HAND_OVER: "handed-over",
    Action.TRANSFER: "transferred",
    Action.URGENCY: "urgency",
    Action.MERGE: "merged",
    Action.VOID: "voided",
}
_URGENCIES = {urgency.name.lower(): urgency for urgency in Urgency}


@router.post("/tickets/{number}/assignment")
def claim(request: Request, number: str, principal: Worker, form: Form) -> Response:
    """Take it; of two at once one wins (SECURITY G-1)."""

    def act(session: Session, _runtime: Runtime, actor: Actor, version: int) -> Ticket:
        return work.claim(session, actor, number, version)

    return _carry_out(request, principal, number, form, Action.CLAIM, act)


@router.post("/tickets/{number}/release")
def release(request: Request, number: str, principal: Worker, form: Form) -> Response:
    """Put it back."""

    def act(session: Session, _runtime: Runtime, actor: Actor, version: int) -> Ticket:
        return work.release(session, actor, number, version)

    return _carry_out(request, principal, number, form, Action.RELEASE, act)


@router.post("/tickets/{number}/replies")
def reply(request: Request, number: str, principal: Worker, form: Form) -> Response:
    """Write to the clinic."""

    def act(session: Session, runtime: Runtime, actor: Actor, version: int) -> Ticket:
        return work.reply(session, runtime, actor, number, version, form.get("text"), seal_found=_is_agreed(form))

    return _carry_out(request, principal, number, form, Action.REPLY, act)


@router.post("/tickets/{number}/notes")
def note(request: Request, number: str, principal: Writer, form: Form) -> Response:
    """Write for colleagues."""

    def act(session: Session, runtime: Runtime, actor: Actor, version: int) -> Ticket:
        return work.note(session, runtime, actor, number, version, form.get("text"), seal_found=_is_agreed(form))

    return _carry_out(request, principal, number, form, Action.NOTE, act)


@router.post("/tickets/{number}/sealings")
def seal_passage(request: Request, number: str, principal: Writer, form: Form) -> Response:
    """Hide a passage of the ticket's texts everywhere in them."""

    def act(session: Session, runtime: Runtime, actor: Actor, version: int) -> Ticket:
        passage, kind, field = form.get("passage"), form.get("kind"), form.get("field")
        return text_redaction.seal_passage(
            session, runtime, actor, number, version, passage=passage, kind=kind, field=field
        ).ticket

    return _carry_out(request, principal, number, form, Action.SEAL, act)


@router.post("/tickets/{number}/information-request")
def request_information(request: Request, number: str, principal: Worker, form: Form) -> Response:
    """Ask the clinic for what is missing."""

    def act(session: Session, runtime: Runtime, actor: Actor, version: int) -> Ticket:
        fields, message = form.all("fields"), form.get("message")
        if len(message) > work.MAX_TEXT or "\x00" in message:
            raise InvalidError([Fault("message", "too_long", f"最多 {work.MAX_TEXT} 个字，现在是 {len(message)} 个")])
        return work.request_information(
            session, runtime, actor, number, version, fields, message, seal_found=_is_agreed(form)
        )

    return _carry_out(request, principal, number, form, Action.ASK, act)


@router.post("/tickets/{number}/resolution")
def resolve(request: Request, number: str, principal: Worker, form: Form) -> Response:
    """Hand the result to the clinic."""

    def act(session: Session, runtime: Runtime, actor: Actor, version: int) -> Ticket:
        return work.resolve(session, runtime, actor, number, version, form.get("text"), seal_found=_is_agreed(form))

    return _carry_out(request, principal, number, form, Action.RESOLVE, act)


@router.post("/tickets/{number}/closure")
def close(request: Request, number: str, principal: Worker, form: Form) -> Response:
    """Close after the clinic confirmed in another way."""

    def act(session: Session, runtime: Runtime, actor: Actor, version: int) -> Ticket:
        text = form.get("text").replace("\x00", "")
        return work.close(session, runtime, actor, number, version, text, seal_found=_is_agreed(form))

    return _carry_out(request, principal, number, form, Action.CLOSE, act)


@router.post("/tickets/{number}/reopening")
def reopen(request: Request, number: str, principal: Worker, form: Form) -> Response:
    """Take it up again."""

    def act(session: Session, runtime: Runtime, actor: Actor, version: int) -> Ticket:
        return work.reopen(session, runtime, actor, number, version, form.get("text"), seal_found=_is_agreed(form))

    return _carry_out(request, principal, number, form, Action.REOPEN, act)


@router.post("/tickets/{number}/transfer")
def transfer(request: Request, number: str, principal: Dispatcher, form: Form) -> Response:
    """Give it to the other queue (field `queue`) or to a colleague (field `assignee`)."""
    text = form.get("text").replace("\x00", "")

    def to_queue(session: Session, runtime: Runtime, actor: Actor, version: int) -> Ticket:
        queue = form.get("queue")
        return work.transfer(session, runtime, actor, number, version, queue, text, seal_found=_is_agreed(form))

    def to_colleague(session: Session, runtime: Runtime, actor: Actor, version: int) -> Ticket:
        name = form.get("assignee").replace("\x00", "")
        return work.hand_over(session, runtime, actor, number, version, name, text, seal_found=_is_agreed(form))

    if form.has("queue"):
        return _carry_out(request, principal, number, form, Action.TRANSFER, to_queue)
    return _carry_out(request, principal, number, form, Action.HAND_OVER, to_colleague)


@router.post("/tickets/{number}/urgency")
def set_urgency(request: Request, number: str, principal: Dispatcher, form: Form) -> Response:
    """Change its place in the queue, with a reason (REQUIREMENTS I4)."""

    def act(session: Session, runtime: Runtime, actor: Actor, version: int) -> Ticket:
        urgency = _URGENCIES.get(form.get("urgency"))
        if urgency is None:
            raise InvalidError([Fault("urgency", "required", "请选择紧急程度")])
        reason = form.get("reason")
        return work.set_urgency(session, runtime, actor, number, version, urgency, reason, seal_found=_is_agreed(form))

    return _carry_out(request, principal, number, form, Action.URGENCY, act)


@router.post("/tickets/{number}/merge")
def merge(request: Request, number: str, principal: Worker, form: Form) -> Response:
    """A duplicate of another ticket."""

    into = form.get("into").replace("\x00", "")

    def act(session: Session, _runtime: Runtime, actor: Actor, version: int) -> Ticket:
        work.find(session, actor, number)  # a foreign ticket stays absent, a wrong target is a typing mistake
        try:
            work.find(session, actor, into)
        except NotFoundError as error:
            raise InvalidError([Fault("into", "invalid", "没有找到这个编号，请核对后重新填写")]) from error
        return work.merge(session, actor, number, version, into)

    return _carry_out(request, principal, number, form, Action.MERGE, act)


@router.post("/tickets/{number}/void")
def void(request: Request, number: str, principal: Worker, form: Form) -> Response:
    """No problem report at all."""

    def act(session: Session, runtime: Runtime, actor: Actor, version: int) -> Ticket:
        return work.void(session, runtime, actor, number, version, form.get("text"), seal_found=_is_agreed(form))

    return _carry_out(request, principal, number, form, Action.VOID, act)


def _is_agreed(form: PostedForm) -> bool:
    """隐藏后发送 was pressed: what was found in the text is to be sealed."""
    return form.get("seal_found") == "1"


def _carry_out(
    request: Request, principal: Principal, number: str, form: PostedForm, action: Action, act: Act
) -> Response:
    """Commit the act and go back to the ticket, or show the page again with the reason and what was typed."""
    runtime = runtime_of(request)
    actor = actor_of(request, principal)
    if form.has("revise"):  # 返回修改: the page as before, with the stopped text in its box
        return ticket_page.show_ticket(request, principal, number, FailedAct(action, "", 200, form))
    try:
        with runtime.database.transaction() as session:
            ticket = act(session, runtime, actor, version_of(form))
    except InvalidError as error:
        return ticket_page.show_ticket(
            request, principal, number, FailedAct(action, error.message, error.status, form, error.faults)
        )
    except ConflictError as error:
        return ticket_page.show_ticket(request, principal, number, FailedAct(action, error.message, error.status, form))
    except ForbiddenError as error:
        with runtime.database.transaction() as session:
            trail.record(
                session, Tag.ACCESS_DENIED, actor, ticket_number=work.find(session, actor, number).number,
                particulars={"act": action.value}, is_success=False,
            )  # fmt: skip
        return ticket_page.show_ticket(request, principal, number, FailedAct(action, error.message, error.status, form))
    if ticket.queue not in principal.queues:  # it left with this act, and so did the right to see it (SECURITY F-9)
        return RedirectResponse(f"/queues/{principal.queues[0]}?done={DONE[action]}", 303)
    return RedirectResponse(f"/tickets/{ticket.number}?done={DONE[action]}", 303)

"""The ticket page: what it shows, and what this person may do here now."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal.accounts.guard import actor_of
from portal.accounts.models import User
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission, Role
from portal.acts import staff_texts, work
from portal.audit import trail
from portal.audit.tags import Tag
from portal.casefile import qq_text, redaction_places
from portal.casefile.view import ticket_view
from portal.disclosure import text_redaction
from portal.disclosure.reveals import REASONS
from portal.errors import Fault
from portal.kinds.table import KINDS
from portal.runtime import runtime_of
from portal.supplements import links
from portal.tickets import lifecycle, queries
from portal.tickets.lifecycle import Action
from portal.tickets.models import Ticket
from portal.tickets.states import STATE_LABELS, URGENCY_LABELS
from portal.web import context
from portal.web.body import PostedForm
from portal.web.templating import render

_OWNERS = frozenset({Action.RELEASE, Action.REPLY, Action.ASK, Action.RESOLVE, Action.CLOSE, Action.MERGE, Action.VOID})
_HANDING_ON = frozenset({Action.HAND_OVER, Action.TRANSFER})
_BOXES = (  # where typed text goes back into; text of any other act is shown by itself
    Action.NOTE, Action.REPLY, Action.ASK, Action.RESOLVE, Action.CLOSE, Action.REOPEN, Action.VOID,
    Action.HAND_OVER, Action.TRANSFER, Action.URGENCY, Action.MERGE, Action.SEAL,
)  # fmt: skip


@dataclass(frozen=True)
class FailedAct:
    """Why a posted act was not carried out; `form` gives what was typed back into its box (SECURITY G-3)."""

    action: str
    message: str
    status: int
    form: PostedForm = field(repr=False)
    faults: Sequence[Fault] = ()

    def kept(self, action: str, name: str) -> str:
        """What was typed into a field of that act."""
        return self.form.get(name) if self.action == action else ""

    def kept_all(self, action: str, name: str) -> list[str]:
        """What was ticked."""
        return self.form.all(name) if self.action == action else []

    def fault(self, action: str, name: str) -> Fault | None:
        """What is wrong with a field of that act."""
        return next((fault for fault in self.faults if self.action == action and fault.field == name), None)

    def is_stopped(self, action: str) -> bool:
        """The text seems to hold a secret: its writer is asked (UX 11)."""
        return self.action == action and any(fault.code == staff_texts.CODE for fault in self.faults)

    def is_stale(self, action: str) -> bool:
        """The act can be tried again on the ticket as it is now."""
        return self.action == action and self.status == 409


def available_actions(ticket: Ticket, principal: Principal) -> frozenset[Action]:
    """What state, role and ownership allow together; the services check each again."""
    is_mine = ticket.assignee_id == principal.user_id
    may: set[Action] = set()
    if principal.can(Permission.WRITE_NOTE):
        may |= {Action.NOTE, Action.SEAL}
    if principal.can(Permission.WORK_TICKET):
        may.add(Action.REOPEN)
        may |= _OWNERS if is_mine else set()
        may |= {Action.CLAIM} if ticket.assignee_id is None else set()
    if principal.can(Permission.TRANSFER_TICKET):
        may.add(Action.URGENCY)
        if principal.role is not Role.ENGINEER or is_mine or ticket.assignee_id is None:
            may |= _HANDING_ON
    return lifecycle.allowed_actions(ticket) & may


def engineers_of(session: Session, queue: str) -> list[User]:
    """Who works in a queue, by shown name."""
    active = select(User).where(User.role == Role.ENGINEER.value, User.is_active).order_by(User.display_name)
    return [user for user in session.scalars(active) if queue in user.queues]


def show_ticket(request: Request, principal: Principal, number: str, mishap: FailedAct | None = None) -> Response:
    """The masked page of one ticket; every showing is a trail row, written first (SECURITY D-8).

    Raises:
        NotFoundError: absent, or of another queue.
    """
    runtime = runtime_of(request)
    actor = actor_of(request, principal)
    with runtime.database.transaction() as session:
        seen = work.find(session, actor, number)
        trail.record(session, Tag.TICKET_VIEWED, actor, ticket_number=seen.number)
    with runtime.database.read() as session:
        ticket = work.find(session, actor, number)
        view = ticket_view(session, ticket)
        counts, engineers = queries.open_counts(session), engineers_of(session, ticket.queue)
        link = links.current(session, ticket)
    offers = available_actions(ticket, principal)
    is_mine = ticket.assignee_id == principal.user_id
    return render(
        request,
        "triage/ticket.html",
        mishap.status if mishap else 200,
        view=view,
        ticket=ticket,
        offers=offers,
        mishap=mishap,
        faults=mishap.faults if mishap else [],
        homeless_text=_orphaned_text(mishap, offers),
        done=request.query_params.get("done", "") if mishap is None else "",
        is_mine=is_mine,
        may_reveal=is_mine and ticket.is_worked and principal.can(Permission.REVEAL_FIELD),
        may_open=ticket.is_worked and principal.can(Permission.OPEN_PICTURE),
        engineer_options=[(user.username, user.display_name) for user in engineers if user.id != ticket.assignee_id],
        urgency_options=[(urgency.name.lower(), label) for urgency, label in URGENCY_LABELS.items()],
        other_kinds=[kind for kind in KINDS.values() if kind.name != ticket.queue],
        reasons=REASONS,
        places=redaction_places.places_of(view),
        passage_kinds=list(text_redaction.KIND_LABELS.items()),
        asks_code=principal.has_second_factor,
        may_ask=ticket.is_worked and not is_mine and principal.can(Permission.ASK_BREAK_GLASS),
        state_labels=STATE_LABELS,
        counts=counts,
        may_file=principal.can(Permission.FILE_FOR_OTHERS),
        link=link,
        qq_text=qq_text.text_of(view, f"{context.base_url(request)}/track?number={ticket.number}"),
    )


def _orphaned_text(mishap: FailedAct | None, offers: frozenset[Action]) -> str:
    """Typed text whose box is gone, because the ticket moved on meanwhile: it is shown, not lost."""
    if mishap is None or (mishap.action in _BOXES and mishap.action in offers):
        return ""
    return mishap.form.get("text") or mishap.form.get("message")

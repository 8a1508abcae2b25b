"""Carries acts out: the only way in for pages, API and demo, so that none bypasses a rule.

The order is that of DESK 0.6: lock the person and the tickets by id, then version, state, right and objections; then
the act; then numbers, timeline, outbox, counts sorted, and the trail last. One transaction, repeated after a deadlock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import standing
from portal.accounts.roles import GRANTS, Role
from portal.acts import staff_texts, unsent_texts
from portal.acts.act import Act, Outcome, Whose
from portal.acts.hand import Hand
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from portal.metrics.counting import count
from portal.notify import outbox
from portal.notify.events import Event
from portal.progress import hooks, lifecycle, ownership
from portal.runtime import Runtime
from portal.tickets import information_requests, lookup
from portal.tickets.models import Ticket
from portal.tickets.numbering import normal_number
from portal.tickets.states import STATE_LABELS


class StaleTicketError(ConflictError):
    """The ticket was changed by another request; carries its current state (SECURITY G-3)."""

    code = "stale"

    def __init__(self, ticket: Ticket) -> None:
        state = STATE_LABELS[ticket.state_enum]
        when = f"{clock.in_china(ticket.changed_at):%H:%M}"
        who = ticket.changed_by or "其他人"
        super().__init__(
            f"您编辑期间，{who}在 {when} 更新了这条问题，现在的状态是“{state}”。您写的内容还在，请核对后再保存"
        )
        self.ticket = ticket


@dataclass(frozen=True)
class Done:
    """The ticket after an act, and what else the caller gets."""

    ticket: Ticket
    answer: Mapping[str, Any]


def carry_out(
    runtime: Runtime,
    actor: Actor,
    act: Act,
    number: str,
    version: int,
    given: Mapping[str, Any],
    *,
    seal_found: bool = False,
) -> Done:
    """`perform` in its own transaction. A refusal for lack of rights is recorded and raised."""
    try:
        return runtime.database.run(
            lambda session: perform(session, runtime, actor, act, number, version, given, seal_found=seal_found)
        )
    except ForbiddenError:
        with runtime.database.transaction() as session:
            trail.record(
                session, Tag.ACCESS_DENIED, actor, ticket_number=lookup.find(session, actor, number).number,
                particulars={"act": act.name}, is_success=False,
            )  # fmt: skip
        raise


def perform(
    session: Session,
    runtime: Runtime,
    actor: Actor,
    act: Act,
    number: str,
    version: int,
    given: Mapping[str, Any],
    *,
    seal_found: bool = False,
) -> Done:
    """Carry an act out in the caller's transaction.

    Args:
        given: the act's inputs by name, as text. seal_found: secrets found in its texts may be sealed.

    Raises:
        InvalidError: a fault of the inputs, or a text that seems to hold a secret.
        NotFoundError: no such ticket in the actor's queues. ForbiddenError: not this person.
        ConflictError: the ticket changed, the state forbids it, or a listener objects.
    """
    values, faults = act.values(given)
    if faults and act.doubt is None:
        raise InvalidError(faults)
    standing.require(session, actor)
    hand = _opened(session, runtime, actor, act, number, values)
    if not act.is_never_stale:
        is_taken = act.whose is Whose.NOBODYS and hand.ticket.assignee_id != actor.user_id
        ownership.take_back(session, hand.ticket, also_away=is_taken)
    if act.is_settled is not None and act.is_settled(hand):
        return Done(hand.ticket, {})
    _check(hand, act, version)
    if act.doubt is not None:
        faults += act.doubt(hand, values)
    if faults:
        raise InvalidError(faults)
    for text in (text for text in act.texts() if values[text.name] is not None):
        if act.reaches_clinic(text):
            hooks.check_public_text(session, hand.ticket, values[text.name], text.name)
        values[text.name] = staff_texts.sealed(
            session, runtime, hand.ticket, text, values[text.name], act.sealed_as(text), act.verb, seal_found
        )
    number_before = hand.ticket.number
    outcome = act.do(hand, **{name.replace(".", "_"): value for name, value in values.items()})
    if act.texts() and actor.user_id is not None:
        unsent_texts.drop_of(session, runtime, hand.ticket, actor.user_id, act.name)
    _write(hand, act, outcome, number_before)
    return Done(hand.ticket, outcome.answer)


def _opened(session: Session, runtime: Runtime, actor: Actor, act: Act, number: str, values: Mapping[str, Any]) -> Hand:
    """The hand on the locked ticket, and on the other one that the act names if the actor may see it."""
    ticket = lookup.find(session, actor, number)
    other = lookup.by_number(session, normal_number(values[act.other])) if act.other else None
    rows = lookup.lock(session, {row.id for row in (ticket, other) if row is not None})
    ticket = rows[ticket.id]
    if ticket.queue not in actor.queues:
        raise NotFoundError("没有找到这个编号")
    other = rows[other.id] if other is not None and rows[other.id].queue in actor.queues else None
    return Hand(session, runtime, actor, ticket, other)


def _check(hand: Hand, act: Act, version: int) -> None:
    ticket, actor = hand.ticket, hand.actor
    if ticket.version != version and not act.is_never_stale:
        raise StaleTicketError(ticket)
    _check_state(act, ticket)
    holding = ownership.Holding(ticket.assignee_id, ticket.state_enum)
    is_allowed = act.permission in GRANTS[Role(actor.role)] and act.may(ticket, actor.user_id)
    if not is_allowed or not act.whose.includes(holding, actor.user_id, actor.role):
        raise ForbiddenError(act.refusal)
    hooks.check_objections(hand.session, ticket, act.name)


def _check_state(act: Act, ticket: Ticket) -> None:
    if ticket.is_worked and ticket.state_enum not in act.move.leads:
        is_free = act.whose is Whose.OWN and ticket.assignee_id is None
        if is_free or act.too_early:
            raise ConflictError(act.refusal if is_free else act.too_early)
    lifecycle.check(ticket, act.move)


def _write(hand: Hand, act: Act, outcome: Outcome, number_before: str) -> None:
    session, ticket = hand.session, hand.ticket
    if act.metric is not None:
        count(session, [(act.metric, outcome.queue or ticket.queue)])  # before the end, which writes into the trail
    move, event = outcome.move or act.move, outcome.event or act.event
    lifecycle.apply(
        session, ticket, move, hand.actor, text=outcome.text, queue=outcome.queue, entry_id=outcome.entry_id
    )
    if outcome.aside:
        lifecycle.remark(session, ticket, move, hand.actor, outcome.aside)
    if outcome.asks:
        information_requests.ask(session, ticket, *outcome.asks, hand.actor.user_id)
    if event:
        _tell(session, event, ticket, hand.actor.user_id, outcome.tells)
    for moment in outcome.moments:
        hooks.announce(session, ticket, moment)
    outcome.afterwards()
    for number in dict.fromkeys((number_before, ticket.number)):
        trail.record(
            session,
            outcome.tag or act.tag,
            hand.actor,
            ticket_number=number,
            field=outcome.about,
            reason=outcome.reason,
            particulars=outcome.particulars,
        )


def _tell(session: Session, event: Event, ticket: Ticket, by: UUID | None, also: Sequence[UUID]) -> None:
    """Also the clinics of merged tickets, of what their pages show: state and result of the one that is worked."""
    outbox.add(session, event, ticket.number, by=by, to=also)
    if event in _OF_MEMBERS_TOO:
        for member in lookup.members_of(session, ticket):
            outbox.add(session, event, member.number, by=by)


_OF_MEMBERS_TOO = (Event.RESOLVED, Event.CLOSED)

"""延期说明: why the solving takes longer and until when, both for the clinic; the first due time stays (DESK 1.5)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.roles import Permission, Role
from portal.acts import promises
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.acts.inputs import Moment, Text
from portal.audit.tags import Tag
from portal.clocks import rows
from portal.clocks.models import DueChange, TicketClock
from portal.clocks.names import ClockName, DueCause
from portal.db import insert_rows, new_id
from portal.errors import ConflictError, Fault, ForbiddenError
from portal.notify.events import Event
from portal.progress.lifecycle import ClockEffect, Move, staying
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState as S

FARTHEST = timedelta(days=30)  # ours
MOST_OF_OWNER = 2  # in a round; a further one is a lead's


def postpone(hand: Hand, reason: str, expected_at: datetime) -> Outcome:
    """The clinic reads reason and moment. The due time stays: outcome and figures use it.

    Raises:
        ConflictError: nothing is left to solve. ForbiddenError: the third of a round, by somebody who is no lead.
    """
    ticket, now = hand.ticket, clock.now()
    row = _solved(hand.session, ticket)
    if row is None:
        raise ConflictError("处理时限已经结束，不用再延期")
    if _given(hand.session, row) >= MOST_OF_OWNER and hand.actor.role != Role.LEAD.value:
        raise ForbiddenError(f"这一轮已经延期 {MOST_OF_OWNER} 次，再次延期请主管说明")
    change = DueChange(
        id=new_id(), clock_id=row.id, ticket_id=ticket.id, at=now, by_id=hand.actor.user_id,
        by_label=hand.actor.label, cause=DueCause.POSTPONED.value, old_due_at=row.postponed_to or row.due_at,
        new_due_at=expected_at, reason=reason,
    )  # fmt: skip
    row.postponed_to = expected_at
    insert_rows(hand.session, change)
    promises.show_due(hand.session, ticket, is_answered=True)
    moment = clock.in_china(expected_at).isoformat(timespec="minutes")
    return Outcome(f"预计 {clock.clinic_time(expected_at)} 前解决。原因：{reason}", {"promised_at": moment})


def _solved(session: Session, ticket: Ticket) -> TicketClock | None:
    """The clock of the solving, while it has not ended."""
    row = rows.of_round(session, ticket.id, ticket.round).get(ClockName.SOLVED)
    return row if row is not None and row.ended_at is None else None


def _given(session: Session, row: TicketClock) -> int:
    of_this = (DueChange.clock_id == row.id, DueChange.cause == DueCause.POSTPONED.value)
    return session.scalar(select(func.count()).where(*of_this)) or 0


def _doubts(hand: Hand, values: Mapping[str, Any]) -> list[Fault]:
    expected_at, now = values.get("expected_at"), clock.now()
    if expected_at is None:
        return []
    if expected_at <= now:
        return [Fault("expected_at", "in_past", "预计解决的时间要在现在以后")]
    if expected_at > now + FARTHEST:
        return [Fault("expected_at", "too_far", f"预计解决的时间最多在 {FARTHEST.days} 天以内")]
    return []


POSTPONE = Act(
    move=Move(
        "postpone", "延期说明", staying(S.IN_PROGRESS, S.AWAITING_INFORMATION), clock=ClockEffect.REPLIES
    ),
    do=postpone,
    path="postponement",
    permission=Permission.SPEAK,
    whose=Whose.OWN_OR_A_LEADS,
    tag=Tag.TICKET_POSTPONED,
    event=Event.POSTPONED,
    inputs=(
        Moment(name="expected_at", label="预计什么时候前解决", missing="请填写预计解决的时间"),
        Text(
            name="reason", label="为什么要延期，机构会看到", word="原因", missing="请写明延期的原因，机构会看到", rows=2
        ),
    ),
    doubt=_doubts,
    is_wanted=lambda session, ticket: _solved(session, ticket) is not None,
    form=Form(Place.FACTS, "发送给机构", help="原来的期限不变，统计仍按原来的期限算", title="延期说明"),
    done="延期说明已发送给机构",
)  # fmt: skip

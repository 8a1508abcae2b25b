"""The state machine: the only place where a ticket's state is set (ARCHITECTURE 7.5)."""

from enum import StrEnum

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal import clock
from portal.audit.actor import Actor
from portal.db import insert_rows
from portal.errors import ConflictError
from portal.metrics import filing_sessions
from portal.metrics.counting import Metric, count
from portal.tickets import hooks
from portal.tickets.hooks import Moment
from portal.tickets.models import Ticket, TimelineEntry
from portal.tickets.states import STATE_LABELS, TicketState


class Action(StrEnum):
    """What can happen to a ticket."""

    SUBMIT = "submit"
    CLAIM = "claim"
    RELEASE = "release"
    REPLY = "reply"
    NOTE = "note"
    SEAL = "seal"
    COVER = "cover"
    UNCOVER = "uncover"
    ASK = "ask"
    REMIND = "remind"
    LAPSE = "lapse"
    SUPPLEMENT = "supplement"
    SUPPLY_ALL = "supply_all"
    RESOLVE = "resolve"
    CONFIRM = "confirm"
    CLOSE = "close"
    REOPEN = "reopen"
    TRANSFER = "transfer"
    TRANSFER_ASKING = "transfer_asking"
    HAND_OVER = "hand_over"
    URGENCY = "urgency"
    MERGE = "merge"
    VOID = "void"


ACTION_LABELS: dict[Action, str] = {
    Action.SUBMIT: "提交问题",
    Action.CLAIM: "领取",
    Action.RELEASE: "放回队列",
    Action.REPLY: "回复机构",
    Action.NOTE: "内部备注",
    Action.SEAL: "隐藏文字",
    Action.COVER: "涂黑附图",
    Action.UNCOVER: "移除涂黑",
    Action.ASK: "请机构补充",
    Action.REMIND: "提醒机构补充",
    Action.LAPSE: "没有补充，自动关闭",
    Action.SUPPLEMENT: "机构补充了资料",
    Action.SUPPLY_ALL: "机构补齐了资料",
    Action.RESOLVE: "提交处理结果",
    Action.CONFIRM: "机构确认已解决",
    Action.CLOSE: "关闭",
    Action.REOPEN: "重新处理",
    Action.TRANSFER: "转到另一队列",
    Action.TRANSFER_ASKING: "转到另一队列，请机构补充",
    Action.HAND_OVER: "转派",
    Action.URGENCY: "修改紧急程度",
    Action.MERGE: "合并到另一工单",
    Action.VOID: "作废",
}

_S = TicketState
_SAME: dict[TicketState, TicketState] = {
    state: state for state in (_S.SUBMITTED, _S.IN_PROGRESS, _S.AWAITING_INFORMATION, _S.AWAITING_CONFIRMATION)
}
# For each action: from which state it leads where. A pair that is not listed is refused with 409.
TRANSITIONS: dict[Action, dict[TicketState, TicketState]] = {
    Action.CLAIM: {
        _S.SUBMITTED: _S.IN_PROGRESS,
        _S.AWAITING_INFORMATION: _S.AWAITING_INFORMATION,
        _S.AWAITING_CONFIRMATION: _S.AWAITING_CONFIRMATION,
    },
    Action.RELEASE: {
        _S.IN_PROGRESS: _S.SUBMITTED,
        _S.AWAITING_INFORMATION: _S.AWAITING_INFORMATION,
        _S.AWAITING_CONFIRMATION: _S.AWAITING_CONFIRMATION,
    },
    Action.REPLY: {
        _S.IN_PROGRESS: _S.IN_PROGRESS,
        _S.AWAITING_INFORMATION: _S.AWAITING_INFORMATION,
        _S.AWAITING_CONFIRMATION: _S.AWAITING_CONFIRMATION,
    },
    Action.NOTE: {state: state for state in TicketState},
    Action.SEAL: {state: state for state in TicketState},
    Action.COVER: _SAME,
    Action.UNCOVER: _SAME,
    Action.ASK: {_S.IN_PROGRESS: _S.AWAITING_INFORMATION, _S.AWAITING_INFORMATION: _S.AWAITING_INFORMATION},
    Action.REMIND: {_S.AWAITING_INFORMATION: _S.AWAITING_INFORMATION},
    Action.LAPSE: {_S.AWAITING_INFORMATION: _S.CLOSED},
    Action.SUPPLEMENT: {_S.AWAITING_INFORMATION: _S.AWAITING_INFORMATION},
    Action.SUPPLY_ALL: {_S.AWAITING_INFORMATION: _S.IN_PROGRESS},
    Action.RESOLVE: {_S.IN_PROGRESS: _S.AWAITING_CONFIRMATION},
    Action.CONFIRM: {_S.AWAITING_CONFIRMATION: _S.CLOSED},
    Action.CLOSE: {_S.AWAITING_CONFIRMATION: _S.CLOSED},
    Action.REOPEN: {_S.AWAITING_CONFIRMATION: _S.IN_PROGRESS, _S.CLOSED: _S.IN_PROGRESS},
    Action.TRANSFER: dict.fromkeys(_SAME, _S.SUBMITTED),
    Action.TRANSFER_ASKING: dict.fromkeys(_SAME, _S.AWAITING_INFORMATION),
    Action.HAND_OVER: {
        _S.SUBMITTED: _S.IN_PROGRESS,
        _S.IN_PROGRESS: _S.IN_PROGRESS,
        _S.AWAITING_INFORMATION: _S.AWAITING_INFORMATION,
        _S.AWAITING_CONFIRMATION: _S.AWAITING_CONFIRMATION,
    },
    Action.URGENCY: _SAME,
    Action.MERGE: {_S.SUBMITTED: _S.MERGED, _S.IN_PROGRESS: _S.MERGED, _S.AWAITING_INFORMATION: _S.MERGED},
    Action.VOID: {_S.SUBMITTED: _S.VOID, _S.IN_PROGRESS: _S.VOID, _S.AWAITING_INFORMATION: _S.VOID},
}


def allowed_actions(ticket: Ticket) -> frozenset[Action]:
    """What the state allows; who may do it is decided elsewhere."""
    return frozenset(action for action, moves in TRANSITIONS.items() if ticket.state_enum in moves)


def check(ticket: Ticket, action: Action) -> None:
    """Raise the ConflictError that `move` would raise, before anything is done."""
    _next_state(ticket, action)


def begin(session: Session, ticket: Ticket, state: TicketState, actor: Actor) -> None:
    """Insert a new ticket with its first state."""
    _set_state(session, ticket, None, state)
    insert_rows(session, ticket)
    _add_entry(session, ticket, Action.SUBMIT, actor, None, "", is_public=True)


def move(
    session: Session, ticket: Ticket, action: Action, actor: Actor, *, text: str = "", is_public: bool = True
) -> None:
    """Carry out the action: next state, clock, version, timeline.

    Raises:
        ConflictError: this state does not allow it.
    """
    before = ticket.state_enum
    after = _next_state(ticket, action)
    if after is not before:
        _set_state(session, ticket, before, after)
    ticket.version += 1
    ticket.changed_at, ticket.changed_by = clock.now(), actor.label
    if action is Action.RESOLVE:
        count(session, [(Metric.SOLVED, "")])
    _add_entry(session, ticket, action, actor, before, text, is_public=is_public)


def remark(
    session: Session, ticket: Ticket, action: Action, actor: Actor, text: str, *, is_public: bool = False
) -> None:
    """A line of the timeline for what leaves the ticket as it is: no state, no version, no clock."""
    _add_entry(session, ticket, action, actor, ticket.state_enum, text, is_public=is_public)


def change_queue(session: Session, ticket: Ticket, queue: str) -> None:
    """Take the ticket out of one queue's counts and into another's (REQUIREMENTS B5)."""
    state = ticket.state_enum
    _recount(session, {(ticket.queue, state): -1, (queue, state): +1})
    ticket.queue = queue


def _next_state(ticket: Ticket, action: Action) -> TicketState:
    moves = TRANSITIONS[action]
    if ticket.state_enum not in moves:
        label = STATE_LABELS[ticket.state_enum]
        raise ConflictError(f"现在的状态是“{label}”，不能进行“{ACTION_LABELS[action]}”。请刷新后核对")
    after = moves[ticket.state_enum]
    if action in (Action.SUPPLY_ALL, Action.REOPEN) and ticket.assignee_id is None:
        return TicketState.SUBMITTED  # nobody has it: back to where engineers look for work
    return after


def _set_state(session: Session, ticket: Ticket, before: TicketState | None, after: TicketState) -> None:
    now = clock.now()
    ticket.state, ticket.is_open = after.value, after in _SAME
    if after is TicketState.AWAITING_INFORMATION:
        ticket.reply_clock = ticket.reply_clock.paused(now)
    else:
        ticket.reply_clock = ticket.reply_clock.resumed(now)
    if not ticket.is_open:
        ticket.closed_at = now
        hooks.announce(session, ticket, Moment.ENDED)
    elif ticket.closed_at is not None:
        ticket.closed_at = None
    _recount(session, {(ticket.queue, before): -1, (ticket.queue, after): +1})
    if after is TicketState.AWAITING_INFORMATION:
        _count_asking(session, ticket)


def _count_asking(session: Session, ticket: Ticket) -> None:
    was = select(TimelineEntry.id).where(TimelineEntry.ticket_id == ticket.id)
    if session.scalars(was.where(TimelineEntry.to_state == ticket.state).limit(1)).first() is None:
        filing_sessions.asked(session, ticket.report_id, clock.in_china(ticket.submitted_at).date())


def _recount(session: Session, changes: dict[tuple[str, TicketState | None], int]) -> None:
    # Always in the same order: two transactions that swap states must not wait for each other.
    for (queue, state), change in sorted(changes.items(), key=lambda item: (item[0][0], item[0][1] or "")):
        if state is not None:
            _count(session, queue, state, change)


_COUNT = text(
    "INSERT INTO queue_counts (queue, state, count) VALUES (:queue, :state, :change) "
    "ON CONFLICT (queue, state) DO UPDATE SET count = queue_counts.count + :change"
)


def _count(session: Session, queue: str, state: TicketState, change: int) -> None:
    session.execute(_COUNT, {"queue": queue, "state": state.value, "change": change})


def _add_entry(
    session: Session,
    ticket: Ticket,
    action: Action,
    actor: Actor,
    before: TicketState | None,
    text: str,
    *,
    is_public: bool,
) -> None:
    insert_rows(
        session,
        TimelineEntry(
            ticket_id=ticket.id,
            at=clock.now(),
            action=action.value,
            actor_id=actor.user_id,
            actor_label=actor.label,
            actor_role=actor.role,
            is_public=is_public,
            from_state=before.value if before else None,
            to_state=ticket.state,
            text=text,
        ),
    )

"""What a ticket's record still lacks: one list of rules, for the archive, the day end and its reminder (DESK 6.1).

A rule is a condition in SQL with its sentence. A list reads all of them beside its rows, in its one query; the archive
reads them of one ticket. What nobody here can fill in, because the clinic, a lead or time decides, `waits`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from portal import clock
from portal.acts.archiving import ENDED
from portal.collaboration.models import Collaboration
from portal.collaboration.states import OVER
from portal.follow_up.call_backs.models import CallBack
from portal.follow_up.call_backs.names import CallBackState
from portal.follow_up.models import Rating, Survey
from portal.kinds.names import RequestType
from portal.progress.hooks import ARCHIVE, Objection
from portal.progress.lifecycle import ON_HOLD
from portal.retention import holds
from portal.tickets.models import Promise, Ticket
from portal.tickets.states import ClosedHow, PromiseState
from portal.tickets.states import TicketState as S


class Part(StrEnum):
    """Which part of the record: three of E13, the five of G13 (满意度 is one of both), and what holds it up."""

    STATE = "state"
    FEEDBACK_TIME = "feedback_time"
    SATISFACTION = "satisfaction"
    CLASSIFICATION = "classification"
    STEPS = "steps"
    DEPARTMENTS = "departments"
    FEEDBACK = "feedback"
    PROMISE = "promise"
    HOLD = "hold"


PART_LABELS: dict[Part, str] = {
    Part.STATE: "处理状态",
    Part.FEEDBACK_TIME: "反馈时间",
    Part.SATISFACTION: "满意度",
    Part.CLASSIFICATION: "需求分类",
    Part.STEPS: "处理步骤",
    Part.DEPARTMENTS: "协作部门",
    Part.FEEDBACK: "客户反馈",
    Part.PROMISE: "承诺",
    Part.HOLD: "主管处理",
}


@dataclass(frozen=True)
class Gap:
    """One thing that is missing.

    Args:
        place: the id of the part of the ticket page where it is filled in; empty: its head.
        waits: it is not ours to fill in now.
        is_told: another room objects to the archive because of it, in its own words.
    """

    code: str
    part: Part
    message: str
    place: str = ""
    waits: bool = False
    is_told: bool = False

    @property
    def label(self) -> str:
        return PART_LABELS[self.part]


UNCLAIMED = Gap("unclaimed", Part.STATE, "还没有人领取")
UNANSWERED = Gap("unanswered", Part.FEEDBACK_TIME, "还没有答复机构")
UNSOLVED = Gap("unsolved", Part.FEEDBACK_TIME, "已经答复，还没有处理结果", waits=True)
WITH_CLINIC = Gap("with_clinic", Part.STATE, "等机构补充资料", waits=True)
UNCONFIRMED = Gap("unconfirmed", Part.FEEDBACK, "等机构确认处理结果", waits=True)
NO_ENDING = Gap("no_ending", Part.FEEDBACK, "没有记下是怎样结束的")
NO_CAUSE = Gap("no_cause", Part.CLASSIFICATION, "还没有填定性", place="classification")
NO_STEPS = Gap("no_steps", Part.STEPS, "没有答复，也没有处理结果")
NOT_FILED = Gap("not_filed", Part.DEPARTMENTS, "协作还没有备案", place="collaborations", is_told=True)
UNRATED = Gap("unrated", Part.SATISFACTION, "机构还没有评价，评价期还没有过", place="ratings", waits=True)
NOT_CALLED = Gap("not_called", Part.SATISFACTION, "回访还没有做完")
PROMISED = Gap("promise", Part.PROMISE, "答应机构的事还没有兑现", waits=True, is_told=True)
HELD = Gap(ON_HOLD.code, Part.HOLD, ON_HOLD.message, waits=True, is_told=True)


def conditions(now: datetime) -> dict[Gap, ColumnElement[bool]]:
    """When each of them is missing, for the row of `Ticket`."""
    state, is_closed = Ticket.state, Ticket.state == S.CLOSED.value
    has_said, has_result = Ticket.first_replied_at.is_not(None), Ticket.resolved_at.is_not(None)
    is_resolved = state == S.AWAITING_CONFIRMATION.value
    was_silent = Ticket.closed_how == ClosedHow.LAPSED_INFORMATION.value
    is_help = Ticket.request_type == RequestType.HELP.value
    return {
        UNCLAIMED: (state == S.SUBMITTED.value) & Ticket.assignee_id.is_(None),
        UNANSWERED: state.in_((S.SUBMITTED.value, S.IN_PROGRESS.value)) & ~has_said,
        UNSOLVED: (state == S.IN_PROGRESS.value) & has_said,
        WITH_CLINIC: state == S.AWAITING_INFORMATION.value,
        UNCONFIRMED: is_resolved,
        NO_ENDING: is_closed & Ticket.closed_how.is_(None),
        NO_CAUSE: is_closed & is_help & has_result & Ticket.root_cause.is_(None),
        NO_STEPS: is_closed & ~(Ticket.closed_how.is_not(None) & was_silent) & ~has_said & ~has_result,
        NOT_FILED: is_closed & _has_unfiled(),
        UNRATED: (is_closed | is_resolved) & _may_still_be_rated(now),
        NOT_CALLED: is_closed & _is_to_be_called(),
        PROMISED: is_closed & _is_promised(),
        HELD: ~Ticket.is_open & holds.is_kept(),
    }


def is_incomplete(now: datetime, *, waits: bool | None = None) -> ColumnElement[bool]:
    """Not archived and something is missing.

    Args:
        waits: False: something that we can fill in now; True: nothing but what waits.
    """
    found = conditions(now)
    ours = or_(*(condition for gap, condition in found.items() if not gap.waits))
    others = or_(*(condition for gap, condition in found.items() if gap.waits))
    wanted = {None: or_(ours, others), False: ours, True: and_(others, ~ours)}[waits]
    return and_(Ticket.archived_at.is_(None), wanted)


def with_gaps(now: datetime) -> Select[Any]:
    """A query for tickets with a column for each gap; `gaps_in` reads its rows."""
    columns: list[Any] = [Ticket, *(condition.label(gap.code) for gap, condition in conditions(now).items())]
    return select(*columns)


def gaps_in(row: Row[Any]) -> list[Gap]:
    return [gap for gap in GAPS if getattr(row, gap.code)]


def gaps_of(session: Session, ticket: Ticket) -> list[Gap]:
    """What is missing in the record of one ticket; nothing once it is archived."""
    if ticket.archived_at is not None:
        return []
    return gaps_in(session.execute(with_gaps(clock.now()).where(Ticket.id == ticket.id)).one())


def objections(session: Session, ticket: Ticket, act: str) -> Sequence[Objection]:
    """An objector: an incomplete record gets no archive number (REQUIREMENTS G13)."""
    if act != ARCHIVE or ticket.state_enum not in ENDED:
        return ()
    return [
        Objection(gap.code, f"{gap.label}：{gap.message}") for gap in gaps_of(session, ticket) if not gap.is_told
    ]  # fmt: skip


def _has_unfiled() -> ColumnElement[bool]:
    over = [state.value for state in OVER]
    return exists().where(Collaboration.ticket_id == Ticket.id, Collaboration.status.not_in(over))


def _may_still_be_rated(now: datetime) -> ColumnElement[bool]:
    """The last survey is open, and its round has no rating."""
    later = aliased(Survey)
    is_last = ~exists().where(later.ticket_id == Survey.ticket_id, later.round > Survey.round)
    is_rated = exists().where(Rating.ticket_id == Survey.ticket_id, Rating.round == Survey.round)
    return exists().where(Survey.ticket_id == Ticket.id, Survey.ends_at > now, is_last, ~is_rated)


def _is_to_be_called() -> ColumnElement[bool]:
    return exists().where(CallBack.ticket_id == Ticket.id, CallBack.status == CallBackState.OPEN.value)


def _is_promised() -> ColumnElement[bool]:
    return exists().where(Promise.ticket_id == Ticket.id, Promise.status == PromiseState.OPEN.value)


GAPS = tuple(conditions(clock.now()))  # in the order in which they are shown

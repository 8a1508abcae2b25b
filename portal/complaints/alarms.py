"""重大 and 涉法: 客服经理 are told again until one of them says to have seen it (DESK 1.7, 5.2).

At once, after a quarter of an hour, and once more half an hour later; then it stops. Nobody but managers who are no
subjects is told, and of 涉法 the 法务联系人.
"""

import uuid
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal import clock
from portal.audit.tags import Tag
from portal.complaints import telling
from portal.complaints.act import OPEN, CaseAct, Done, Taking, staying
from portal.complaints.models import Complaint
from portal.notify.events import Event

AFTER = {1: timedelta(minutes=15), 2: timedelta(minutes=30)}  # from this step to the next


def begin(session: Session, complaint: Complaint, event: Event, *, by: uuid.UUID | None = None) -> None:
    """It has just become 重大 or 涉法; an alarm that runs or was acknowledged begins anew."""
    now = clock.now()
    complaint.alarm_step, complaint.alarm_next_at = 1, now + AFTER[1]
    complaint.acknowledged_at = complaint.acknowledged_by_id = None
    if event is Event.LEGAL:
        telling.tell_managers(session, event, complaint, by=by)


def is_due(complaint: Complaint, now: datetime) -> bool:
    return complaint.is_open and complaint.alarm_next_at is not None and complaint.alarm_next_at <= now


def step(session: Session, complaint: Complaint, now: datetime) -> None:
    """The next step, told to every 客服经理; the case is locked."""
    event = Event.GRAVE if complaint.is_grave else Event.LEGAL
    telling.tell_managers(session, event, complaint)
    complaint.alarm_step += 1
    further = AFTER.get(complaint.alarm_step)
    complaint.alarm_next_at = now + further if further is not None else None


def end(complaint: Complaint) -> None:
    complaint.alarm_next_at = None


def is_waiting(complaint: Complaint) -> bool:
    """Nobody has acknowledged it, and it is not over."""
    return (
        complaint.is_open
        and complaint.alarm_step > 0
        and complaint.acknowledged_at is None
        and (complaint.is_grave or complaint.is_legal)
    )


def acknowledge(taking: Taking) -> Done:
    """It stops the telling, and nothing else."""
    complaint = taking.complaint
    end(complaint)
    complaint.acknowledged_at, complaint.acknowledged_by_id = clock.now(), taking.by_id
    return Done()


ACKNOWLEDGE = CaseAct(
    name="acknowledgement",
    title="确认收到",
    button="确认收到",
    leads=staying(*OPEN),
    may=lambda viewed: viewed.is_manager,
    refusal="由客服经理确认",
    do=acknowledge,
    tag=Tag.COMPLAINT_ACKNOWLEDGED,
    is_wanted=lambda session, viewed: is_waiting(viewed.complaint),
    help="重大、涉法的投诉没有人确认时，15 分钟后会再次通知每一位客服经理",
)

"""The 重大 and 涉法 of one person's cases as alerts, beside those of tickets (DESK 1.7, `GET /alerts`).

Only 客服经理 who are no subjects have any: to everybody else they do not exist.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Select, func, select, true
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.audit.actor import Actor
from portal.complaints import access, alarms, performing
from portal.complaints.models import Complaint
from portal.errors import NotFoundError
from portal.escalation.own_alerts import ABSENT
from portal.notify.models import StaffNotice
from portal.runtime import Runtime

MOST = 200


class AlarmCause(StrEnum):
    """Why 客服经理 are alerted of a case."""

    GRAVE = "grave"
    LEGAL = "legal"


CAUSE_LABELS = {AlarmCause.GRAVE: "重大投诉", AlarmCause.LEGAL: "涉法投诉"}


@dataclass(frozen=True)
class OwnAlarm:
    """The newest step of a case's alarm. `raised_at`: when this person was told of it last."""

    complaint: Complaint
    raised_at: datetime

    @property
    def id(self) -> uuid.UUID:
        return self.complaint.id

    @property
    def cause(self) -> AlarmCause:
        return AlarmCause.GRAVE if self.complaint.is_grave else AlarmCause.LEGAL


def of_person(session: Session, user_id: uuid.UUID) -> list[OwnAlarm]:
    """The newest first, acknowledged ones too; three queries at most."""
    user = session.get(User, user_id)
    if user is None:
        return []
    is_told = true() if access.is_manager(user) else Complaint.steward_id == user.id
    mine = _alarmed().where(access.visible_to(user), is_told)
    cases = session.scalars(mine.order_by(Complaint.received_at.desc()).limit(MOST)).all()
    told = _last_told(session, user_id, [case.number for case in cases])
    found = [OwnAlarm(case, told.get(case.number, case.received_at)) for case in cases]
    return sorted(found, key=lambda one: (one.raised_at, one.id), reverse=True)


def acknowledge(runtime: Runtime, actor: Actor, complaint_id: uuid.UUID) -> Complaint:
    """As 确认收到 on its page; a second call changes nothing.

    Raises:
        NotFoundError: absent, or not theirs to know of. ForbiddenError, ConflictError: see `performing.carry_out`.
    """
    with runtime.database.read() as session:
        known = {one.id: one.complaint for one in of_person(session, actor.user_id)} if actor.user_id else {}
    if complaint_id not in known:
        raise NotFoundError(ABSENT)
    complaint = known[complaint_id]
    if complaint.acknowledged_at is not None:
        return complaint
    return performing.carry_out(runtime, actor, alarms.ACKNOWLEDGE, complaint.number, complaint.version, {})


def _alarmed() -> Select[Complaint]:
    return select(Complaint).where(Complaint.alarm_step > 0, Complaint.is_grave | Complaint.is_legal)


def _last_told(session: Session, user_id: uuid.UUID, numbers: Sequence[str]) -> dict[str, datetime]:
    mine = (StaffNotice.user_id == user_id, StaffNotice.number.in_(numbers))
    of_alarms = StaffNotice.event.in_([cause.value for cause in AlarmCause])
    query = select(StaffNotice.number, func.max(StaffNotice.created_at)).where(*mine, of_alarms)
    return {number: at for number, at in session.execute(query.group_by(StaffNotice.number))}

"""A time agreed on the phone: it moves the due once, at most seven days, and keeps the first (DESK 4.3.3)."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal import clock
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.errors import ConflictError, Fault, InvalidError
from portal.follow_up.call_backs import rows, trails
from portal.follow_up.call_backs.models import CallBack
from portal.notify import notices
from portal.runtime import Runtime

MOST = timedelta(days=7)


class AgreedAlreadyError(ConflictError):
    code = "state"

    def __init__(self, row: CallBack) -> None:
        when = clock.clinic_time(row.appointment_at) if row.appointment_at else ""
        super().__init__(f"已经约过一次：{when}。回访只能改约一次")


def agree(runtime: Runtime, actor: Actor, call_back_id: uuid.UUID, version: int, at: datetime | None) -> CallBack:
    """Call then, as the clinic wishes; it may lie in quiet hours.

    Raises:
        InvalidError: no moment, in the past, or more than seven days after it is due. AgreedAlreadyError: a second one.
            See `rows.opened`.
    """

    def agreed(session: Session) -> CallBack:
        row = rows.opened(session, actor, call_back_id, version)
        if row.appointment_at is not None:
            raise AgreedAlreadyError(row)
        row.due_at = row.appointment_at = _checked(row, at)
        row.told_at, row.version = None, row.version + 1
        notices.see_all_about(session, row.number)
        moment = clock.in_china(row.due_at).isoformat(timespec="minutes")
        particulars: trail.Particulars = {"call_back": row.number, "call_back_due": moment}
        trails.record(session, row, Tag.CALL_BACK_APPOINTED, actor, particulars)
        return row

    return runtime.database.run(agreed)


def latest(row: CallBack) -> datetime:
    """The farthest time that may be agreed."""
    return max(row.due_at, clock.now()) + MOST


def _checked(row: CallBack, at: datetime | None) -> datetime:
    if at is None:
        raise InvalidError([Fault("at", "required", "请填写约好的时间")])
    if at <= clock.now():
        raise InvalidError([Fault("at", "in_past", "约好的时间要在现在以后")])
    if at > latest(row):
        raise InvalidError([Fault("at", "too_far", f"最晚可以约到 {clock.clinic_time(latest(row))}")])
    return at

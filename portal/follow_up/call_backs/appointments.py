"""A time agreed on the phone: it moves the due once, at most seven days, and keeps the first (DESK 4.3).

One that belongs to no ticket is a call-back of its own (REQUIREMENTS G4).
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import standing
from portal.acts.inputs import Text
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.errors import ConflictError, Fault, InvalidError
from portal.follow_up.call_backs import rows, texts, trails
from portal.follow_up.call_backs.making import make_call_back
from portal.follow_up.call_backs.models import CallBack
from portal.follow_up.call_backs.names import Cause
from portal.institutions import directory
from portal.notify import notices
from portal.runtime import Runtime

MOST = timedelta(days=7)
FARTHEST = timedelta(days=90)
ASKED = Text(name="asked", word="要谈的事", missing="请写明要谈什么", most=200)


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


@dataclass(frozen=True)
class WantedCall:
    """预约 with an institution, as entered: by its name or an alias, and what is to be talked about."""

    institution: str
    at: datetime | None
    asked: str = field(repr=False)
    seal_found: bool = False


def make(runtime: Runtime, actor: Actor, wanted: WantedCall) -> CallBack:
    """A call to an institution at the agreed time, by whoever agreed on it.

    Raises:
        InvalidError: every fault; a text that seems to hold a secret.
    """

    def made(session: Session) -> CallBack:
        standing.require(session, actor)
        institution_id = directory.matched(session, wanted.institution)
        if faults := _faults(wanted, institution_id):
            raise InvalidError(faults)
        of_this = (CallBack.cause == Cause.APPOINTMENT.value, CallBack.subject_id == institution_id)
        before = session.scalar(select(func.max(CallBack.round)).where(*of_this)) or 0
        row = make_call_back(
            session, cause=Cause.APPOINTMENT, institution_id=institution_id, due_at=wanted.at, round=before + 1,
            owner_id=actor.user_id, made_by_id=actor.user_id,
            asked=texts.without_ticket(ASKED, wanted.asked, seal_found=wanted.seal_found),
        )  # fmt: skip
        assert row is not None  # noqa: S101
        trails.record(session, row, Tag.CALL_BACK_MADE, actor, {"call_back": row.number})
        return row

    return runtime.database.run(made)


def _faults(wanted: WantedCall, institution_id: uuid.UUID | None) -> list[Fault]:
    faults = []
    if institution_id is None:
        code = "not_found" if wanted.institution.strip() else "required"
        faults.append(Fault("institution", code, "请填写名录里的机构"))
    if wanted.at is None:
        faults.append(Fault("at", "required", "请填写约好的时间"))
    elif wanted.at <= clock.now():
        faults.append(Fault("at", "in_past", "约好的时间要在现在以后"))
    elif wanted.at > clock.now() + FARTHEST:
        faults.append(Fault("at", "too_far", f"最多约在 {FARTHEST.days} 天以内"))
    if fault := ASKED.fault(wanted.asked):
        faults.append(fault)
    return faults


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

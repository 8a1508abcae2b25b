"""《客户不满意问题分析表》: every low rating is looked at by a lead until cause, stage, measure, person and date are
written down (REQUIREMENTS G15, N5, DESK 4.4).

The draft comes with the rating. Nothing is filled in by itself but the reason that the clinic chose; the digest is
written by a person.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import standing
from portal.accounts.models import User
from portal.acts import staff_texts
from portal.acts.inputs import Text
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.db import new_id
from portal.errors import ConflictError, Fault, InvalidError, NotFoundError
from portal.follow_up import scales, stages
from portal.follow_up.models import Dissatisfaction, Rating
from portal.follow_up.survey_holdings import ANALYSIS_TEXT
from portal.runtime import Runtime
from portal.tickets import lookup
from portal.tickets.models import Ticket

DIGEST = Text(name="digest", label="客户反馈摘要", word="客户反馈摘要", most=100, rows=2, sealed_as=ANALYSIS_TEXT)
MEASURE = Text(name="measure", label="改进措施", word="改进措施", most=500, rows=3, sealed_as=ANALYSIS_TEXT)
_LATEST = timedelta(days=730)
_Checked = tuple[Any, Fault | None]  # what is stored, and what is wrong with it


class AnalysisState(StrEnum):
    DRAFT = "draft"
    COMPLETE = "complete"


STATE_LABELS: dict[AnalysisState, str] = {AnalysisState.DRAFT: "待分析", AnalysisState.COMPLETE: "已完成"}


class StaleAnalysisError(ConflictError):
    code = "stale"

    def __init__(self, row: Dissatisfaction) -> None:
        super().__init__(f"您打开以后，{row.changed_by or '其他人'}改过这一行。您写的内容还在，请核对后再保存")


@dataclass(frozen=True)
class Given:
    """What a lead sends; None leaves a value as it is, an empty text clears it."""

    reason: str | None = None
    digest: str | None = None
    stage: str | None = None
    measure: str | None = None
    person: str | None = None
    done_on: str | None = None
    carried_out: bool | None = None


def draft(session: Session, ticket: Ticket, rating: Rating) -> Dissatisfaction:
    """The row of a low rating, once a round."""
    return draft_of_round(session, ticket, rating.round, rating)


def draft_of_round(session: Session, ticket: Ticket, round: int, rating: Rating | None = None) -> Dissatisfaction:
    """The same for a word said in a call-back about a round without a rating (DESK 4.3)."""
    found = select(Dissatisfaction).where(Dissatisfaction.ticket_id == ticket.id, Dissatisfaction.round == round)
    row = session.scalars(found).first()
    if row is None:
        row = Dissatisfaction(
            id=new_id(), on_day=clock.in_china(rating.rated_at if rating else clock.now()).date(),
            ticket_id=ticket.id, round=round, status=AnalysisState.DRAFT.value, reason="", digest="", measure="",
            changed_by="", version=1,
        )  # fmt: skip
        session.add(row)
    if rating is not None:
        row.rating_id, row.reason = rating.id, row.reason or rating.reason
    return row


def is_overdue(row: Dissatisfaction) -> bool:
    """Whether the day is past until which the measure was to be carried out, and nobody has ticked it off."""
    return row.done_on is not None and row.carried_out_at is None and row.done_on < clock.in_china(clock.now()).date()


def lacks(row: Dissatisfaction) -> list[str]:
    """What keeps it a draft, as pages call it."""
    parts = {
        "不满意原因": row.reason,
        "责任环节": row.stage_id,
        "改进措施": row.measure,
        "责任人": row.person_id,
        "完成时间": row.done_on,
    }
    return [label for label, value in parts.items() if not value]


def find(session: Session, actor: Actor, row_id: uuid.UUID) -> tuple[Dissatisfaction, Ticket]:
    """Raises NotFoundError: absent, or of another queue."""
    row = session.get(Dissatisfaction, row_id)
    ticket = session.get(Ticket, row.ticket_id) if row is not None else None
    if row is None or ticket is None or ticket.queue not in actor.queues:
        raise NotFoundError("没有找到这一行")
    return row, ticket


def change(
    session: Session, runtime: Runtime, actor: Actor, row_id: uuid.UUID, version: int, given: Given,
    *, seal_found: bool = False,
) -> Dissatisfaction:  # fmt: skip
    """Save what a lead wrote; the row is complete once nothing of the five is missing.

    Raises:
        InvalidError: every fault. NotFoundError: absent, or of another queue. StaleAnalysisError: changed meanwhile.
    """
    standing.require(session, actor)
    _, ticket = find(session, actor, row_id)
    ticket = lookup.locked(session, ticket.id)
    row = session.get_one(Dissatisfaction, row_id, populate_existing=True, with_for_update=True)
    if row.version != version:
        raise StaleAnalysisError(row)
    values = _checked(session, row, given)
    for asked in (DIGEST, MEASURE):
        if values.get(asked.name):
            values[asked.name] = staff_texts.sealed(
                session, runtime, ticket, asked, values[asked.name], ANALYSIS_TEXT, "保存", seal_found
            )
    for name, value in values.items():
        setattr(row, name, value)
    row.status = (AnalysisState.DRAFT if lacks(row) else AnalysisState.COMPLETE).value
    row.version, row.changed_by = row.version + 1, actor.label
    particulars: trail.Particulars = {"round": row.round, "is_complete": row.status == AnalysisState.COMPLETE.value}
    trail.record(session, Tag.ANALYSIS_CHANGED, actor, ticket_number=ticket.number, particulars=particulars)
    return row


def _checked(session: Session, row: Dissatisfaction, given: Given) -> dict[str, Any]:
    """The columns that change; raises InvalidError with every fault."""
    checks: dict[str, tuple[str | None, Callable[[str], _Checked]]] = {
        "reason": (given.reason, _reason),
        "digest": (given.digest, lambda text: (DIGEST.clean(text), DIGEST.fault(text))),
        "stage_id": (given.stage, lambda name: _stage(session, row, name)),
        "measure": (given.measure, lambda text: (MEASURE.clean(text), MEASURE.fault(text))),
        "person_id": (given.person, lambda name: _person(session, name)),
        "done_on": (given.done_on, lambda day: _day(row, day)),
    }
    checked = {column: check(text) for column, (text, check) in checks.items() if text is not None}
    faults = [fault for _, fault in checked.values() if fault is not None]
    if faults:
        raise InvalidError(faults)
    values = {column: value for column, (value, _) in checked.items()}
    if given.carried_out is not None and given.carried_out != (row.carried_out_at is not None):
        values["carried_out_at"] = clock.now() if given.carried_out else None
    return values


def _reason(given: str) -> _Checked:
    found = scales.reason_of(given)
    is_wrong = found is None and bool(given.strip())
    return found.value if found else "", _fault(is_wrong, "reason", "请在列出的不满意原因里选择")


def _stage(session: Session, row: Dissatisfaction, given: str) -> _Checked:
    found = stages.id_of(session, given, row.stage_id)
    return found, _fault(found is None and bool(given.strip()), "stage", "请在列出的责任环节里选择")


def _person(session: Session, given: str) -> _Checked:
    """By user name or 工号."""
    given = given.strip()
    if not given:
        return None, None
    named = or_(User.username == given, User.staff_number == given.upper())
    found = session.scalar(select(User.id).where(named, User.is_active).order_by(User.id).limit(1))
    return found, None if found else Fault("person", "not_found", "没有找到这个人，请选择在用的账号")


def _day(row: Dissatisfaction, given: str) -> _Checked:
    if not given.strip():
        return None, None
    try:
        day = date.fromisoformat(given.strip())
    except ValueError:
        return None, Fault("done_on", "invalid", "完成时间请按 2026-11-27 这样填写")
    if day < row.on_day:
        return None, Fault("done_on", "in_past", "完成时间不能早于评价的日期，请核对")
    return day, Fault("done_on", "too_far", "完成时间在两年以后，请核对") if day > row.on_day + _LATEST else None


def _fault(is_wrong: bool, field: str, message: str) -> Fault | None:
    return Fault(field, "invalid", message) if is_wrong else None

"""Who sees which sheet: the person, and leads of a queue in which the person is now (DESK 6.4, rule 6).

A colleague's sheet does not exist for anybody else: absent and forbidden look alike.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.accounts.roles import Permission, roles_with
from portal.accounts.user_checks import name_key
from portal.audit.actor import Actor
from portal.errors import NotFoundError
from portal.kpi.score.models import MonthlyScore, ScoreCase, ScoreCorrection
from portal.kpi.score.months import Month
from portal.kpi.score.names import SHEET_LABELS, SheetState

ABSENT = "没有找到这张考核表"
MOST_MONTHS = 60
CASES_OF_PAGE = 100


@dataclass(frozen=True)
class Sheet:
    """A sheet with its person."""

    row: MonthlyScore
    user: User


def own(session: Session, actor: Actor, month: Month, *, lock: bool = False) -> MonthlyScore:
    """Raises NotFoundError: nobody made one."""
    query = select(MonthlyScore).where(MonthlyScore.month == month.name, MonthlyScore.user_id == actor.user_id)
    sheet = session.scalars(query.with_for_update() if lock else query).first()
    if sheet is None:
        raise NotFoundError("这个月没有您的考核表")
    return sheet


def own_months(session: Session, user_id: uuid.UUID) -> Sequence[MonthlyScore]:
    """A person's sheets, the newest first."""
    mine = select(MonthlyScore).where(MonthlyScore.user_id == user_id).order_by(MonthlyScore.month.desc())
    return session.scalars(mine.limit(MOST_MONTHS)).all()


def of_team(session: Session, actor: Actor, month: Month) -> list[Sheet]:
    """The sheets of a month that a lead sees, by name; never ranked."""
    query = select(MonthlyScore, User).join(User, User.id == MonthlyScore.user_id)
    rows = session.execute(query.where(MonthlyScore.month == month.name).order_by(User.display_name, User.id))
    return [Sheet(sheet, user) for sheet, user in rows if _sees(actor, user)]


def of_colleague(session: Session, actor: Actor, month: Month, username: str, *, lock: bool = False) -> Sheet:
    """Raises NotFoundError: absent, or of nobody of the actor's queues."""
    user = session.scalars(select(User).where(User.name_key == name_key(username))).first()
    query: Select[MonthlyScore] = select(MonthlyScore).where(MonthlyScore.month == month.name)
    if user is not None:
        query = query.where(MonthlyScore.user_id == user.id)
        sheet = session.scalars(query.with_for_update() if lock else query).first()
        if sheet is not None and _sees(actor, user):
            return Sheet(sheet, user)
    raise NotFoundError(ABSENT)


def to_decide(session: Session, user_id: uuid.UUID, queues: Sequence[str], now: datetime) -> list[Sheet]:
    """Sheets of a lead's people that wait for the lead: to answer an objection, or to publish. The oldest first."""
    is_seen = or_(MonthlyScore.seen_at.is_not(None), MonthlyScore.objection_ends_at <= now)
    waits = or_(
        MonthlyScore.status == SheetState.OBJECTED.value, and_(MonthlyScore.status == SheetState.DRAFT.value, is_seen)
    )
    query = select(MonthlyScore, User).join(User, User.id == MonthlyScore.user_id)
    rows = session.execute(
        query.where(waits, User.id != user_id).order_by(MonthlyScore.month, User.display_name, User.id)
    )
    return [Sheet(sheet, user) for sheet, user in rows if set(queues) & set(user.queues)]


def is_to_answer(sheet: MonthlyScore) -> bool:
    """Whether its person objected, and no lead has answered."""
    return sheet.status == SheetState.OBJECTED.value and sheet.answered_at is None


def months(session: Session) -> Sequence[str]:
    """Those with sheets, the newest first."""
    found = select(MonthlyScore.month).distinct().order_by(MonthlyScore.month.desc())
    return session.scalars(found.limit(MOST_MONTHS)).all()


def leads_of(session: Session, sheet: MonthlyScore) -> list[uuid.UUID]:
    """Who may answer an objection: every lead of the person's queues but the person."""
    person = session.get_one(User, sheet.user_id)
    roles = [role.value for role in roles_with(Permission.KEEP_SCORES)]
    leads = session.scalars(select(User).where(User.is_active, User.role.in_(roles), User.id != person.id))
    return [lead.id for lead in leads if set(lead.queues) & set(person.queues)]


def cases_of(
    session: Session, sheet: MonthlyScore, metric: str, after: int = 0
) -> tuple[Sequence[ScoreCase], int | None]:
    """A page of the cases behind one figure, and after which one the next page begins."""
    mine = select(ScoreCase).where(ScoreCase.score_id == sheet.id, ScoreCase.metric == metric)
    query = mine.where(ScoreCase.position > after).order_by(ScoreCase.position).limit(CASES_OF_PAGE + 1)
    found = session.scalars(query).all()
    rows = found[:CASES_OF_PAGE]
    return rows, rows[-1].position if len(found) > CASES_OF_PAGE else None


def state_label(sheet: MonthlyScore | ScoreCorrection) -> str:
    return SHEET_LABELS[SheetState(sheet.status)]


def may_object(sheet: MonthlyScore) -> bool:
    return sheet.status == SheetState.DRAFT.value and clock.now() < sheet.objection_ends_at


def why_not_publishable(sheet: MonthlyScore) -> str:
    """The sentence for a lead; empty if it can be published."""
    if sheet.status == SheetState.OBJECTED.value:
        return "" if sheet.answered_at is not None else "本人提出了异议，请先答复"
    if sheet.status != SheetState.DRAFT.value:
        return f"已经是“{state_label(sheet)}”"
    if sheet.seen_at is None and clock.now() < sheet.objection_ends_at:
        until = clock.staff_time(sheet.objection_ends_at)
        return f"本人还没有看过，也还可以提出异议，{until} 以后可以公布"
    return ""


def _sees(actor: Actor, person: User) -> bool:
    """Leads of the queues that the person has now: whoever leaves a team is out of its leads' sight at once."""
    return bool(set(actor.queues) & set(person.queues))

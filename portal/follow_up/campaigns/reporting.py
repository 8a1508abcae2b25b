"""《回访总结报告》 of a campaign: who was reached, how content they are, what they suggest (REQUIREMENTS L4, L5)."""

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.errors import NotFoundError
from portal.follow_up.call_backs.models import CallBack, CallBackRecord
from portal.follow_up.call_backs.names import CallBackState, Level
from portal.follow_up.campaigns.models import Campaign
from portal.institutions.models import DirectoryEntry

FEWEST = 5  # answers: fewer are counted only, without shares and without anybody's words (DESK 4.4)
_PAGE = 50


@dataclass(frozen=True)
class Share:
    """`n` of `of`; the share is None where too few are counted."""

    n: int
    of: int

    @property
    def percent(self) -> float | None:
        return round(100 * self.n / self.of, 1) if self.of >= FEWEST else None


@dataclass(frozen=True)
class CallerFigures:
    """What one caller has; no satisfaction beside a person."""

    name: str
    chosen: int
    open: int


@dataclass(frozen=True)
class Report:
    """Figures of one campaign. `suggestions` and `answers` are empty while fewer than FEWEST answered."""

    chosen: int
    open: int
    reached: int
    refused: int
    unreachable: int
    no_contact: int
    withdrawn: int
    coverage: Share
    key_coverage: Share
    levels: dict[Level, Share]
    suggestions: Sequence[str]
    answers: Sequence[Sequence[str]]
    callers: Sequence[CallerFigures]

    @property
    def has_few_answers(self) -> bool:
        return self.reached < FEWEST


def find(session: Session, campaign_id: uuid.UUID) -> Campaign:
    """Raises NotFoundError."""
    row = session.get(Campaign, campaign_id)
    if row is None:
        raise NotFoundError("没有找到这次回访活动")
    return row


def page_of(session: Session, before: tuple[object, object] | None, limit: int = _PAGE) -> Sequence[Campaign]:
    """The newest first, one more than asked for if there are further ones."""
    query = select(Campaign).order_by(Campaign.made_at.desc(), Campaign.id.desc()).limit(limit + 1)
    if before is not None:
        at, row_id = before
        query = query.where((Campaign.made_at < at) | ((Campaign.made_at == at) & (Campaign.id < row_id)))
    return session.scalars(query).all()


def is_over(campaign: Campaign, today: date) -> bool:
    return campaign.ends_on < today


def report_of(session: Session, campaign: Campaign) -> Report:
    """Everything in three queries."""
    rows = session.execute(
        select(CallBack, DirectoryEntry.is_key, User.display_name)
        .outerjoin(DirectoryEntry, DirectoryEntry.id == CallBack.institution_id)
        .outerjoin(User, User.id == CallBack.owner_id)
        .where(CallBack.campaign_id == campaign.id)
    ).all()
    records = _answered(session, campaign)
    levels = Counter(record.level for record in records if record.level)
    reached = sum(levels.values())
    states = Counter(row.state_enum for row, _, _ in rows)
    reached_ids = {record.call_back_id for record in records if record.level}
    keys = [row.id for row, is_key, _ in rows if is_key]
    has_enough = reached >= FEWEST
    return Report(
        chosen=len(rows), open=states[CallBackState.OPEN], reached=reached,
        refused=states[CallBackState.DONE] - reached, unreachable=states[CallBackState.UNREACHABLE],
        no_contact=states[CallBackState.NO_CONTACT], withdrawn=states[CallBackState.WITHDRAWN],
        coverage=Share(reached, len(rows)), key_coverage=Share(sum(one in reached_ids for one in keys), len(keys)),
        levels={level: Share(levels[level.value], reached) for level in Level},
        suggestions=_words(records) if has_enough else (),
        answers=[_answers_to(records, place) for place in range(len(campaign.questions))] if has_enough else (),
        callers=_callers([(name or "没有人", row.is_open) for row, _, name in rows]),
    )  # fmt: skip


def _answered(session: Session, campaign: Campaign) -> Sequence[CallBackRecord]:
    query = select(CallBackRecord).join(CallBack, CallBack.id == CallBackRecord.call_back_id)
    of_this = (CallBack.campaign_id == campaign.id, CallBackRecord.reached)
    return session.scalars(query.where(*of_this).order_by(CallBackRecord.at, CallBackRecord.id)).all()


def _words(records: Sequence[CallBackRecord]) -> list[str]:
    """What people said, without whose words they are, in the order of the alphabet and not of the calls."""
    return sorted(text for record in records for text in (record.suggestion, record.aspect, record.wish) if text)


def _answers_to(records: Sequence[CallBackRecord], place: int) -> list[str]:
    return sorted(answer for record in records if (answer := record.answers.get(str(place))))


def _callers(pairs: Sequence[tuple[str, bool]]) -> list[CallerFigures]:
    names = sorted({name for name, _ in pairs})
    return [
        CallerFigures(name, sum(one == name for one, _ in pairs), sum(one == name and left for one, left in pairs))
        for name in names
    ]

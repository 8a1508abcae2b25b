"""回复质量检查: a lead marks a random, repeatable sample of a person's public replies; the person may answer.

Outside the 100 points and shown beside them (REQUIREMENTS H10, DESK 6.4 rule 7).
"""

import secrets
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import standing
from portal.accounts.models import User
from portal.accounts.user_checks import name_key
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.db import insert_rows, new_id
from portal.draws import drawn
from portal.errors import ConflictError, Fault, ForbiddenError, InvalidError, NotFoundError
from portal.kpi.score import words
from portal.kpi.score.models import WorkFact
from portal.kpi.score.months import Month
from portal.kpi.score.quality_models import QualityMark, QualitySample
from portal.notify import outbox
from portal.notify.events import Event
from portal.tickets.models import Ticket, TimelineEntry

ASPECTS = {"address": "称呼", "clear": "清楚", "steps": "步骤", "tone": "语气"}
MARKS = range(1, 6)
MOST_DRAWN = 50
MOST_TEXT = 500
_MOST_SHOWN = 100


@dataclass(frozen=True)
class Shown:
    """One reply with its text, which is empty once its report is destroyed."""

    row: QualityMark
    text: str


@dataclass(frozen=True)
class Listed:
    """A sample in the list: whose, and how many of its replies are marked."""

    sample: QualitySample
    person: User
    marked: int
    size: int


def draw(
    session: Session, actor: Actor, month: Month | None, username: str, size: int | None, seed: str = ""
) -> QualitySample:
    """Draw replies of a person of one's own queues.

    Raises:
        InvalidError: every fault, also when there is nothing to draw from.
    """
    standing.require(session, actor)
    person = _person(session, actor, username)
    faults = _draw_faults(actor, month, person, size)
    if faults or month is None or person is None or size is None:
        raise InvalidError(faults)
    seed = seed or secrets.token_hex(8)
    chosen, population = _chosen(session, actor.queues, person.id, month, size, seed)
    if not chosen:
        raise InvalidError([Fault("username", "invalid", "这个月没有这位同事公开回复过的、已经结束的工单")])
    assert actor.user_id is not None  # noqa: S101
    sample = QualitySample(
        id=new_id(), month=month.name, user_id=person.id, drawn_by_id=actor.user_id, drawn_by_name=actor.label[:60],
        drawn_at=clock.now(), seed=seed, size=len(chosen), population=population,
    )  # fmt: skip
    insert_rows(session, sample)
    insert_rows(session, *(_mark_row(sample, place, *found) for place, found in enumerate(chosen, 1)))
    told: trail.Particulars = {"month": month.name, "username": person.username, "size": len(chosen), "seed": seed}
    trail.record(session, Tag.QUALITY_DRAWN, actor, particulars=told)
    return sample


def mark(
    session: Session, actor: Actor, sample_id: uuid.UUID, position: int, given: Mapping[str, str], note: str
) -> QualityMark:
    """Four marks of 1-5; they may be changed until the person has answered.

    Raises:
        InvalidError: every fault. ConflictError: the person has answered.
    """
    standing.require(session, actor)
    sample, person = find(session, actor, sample_id)
    row = _locked(session, sample.id, position)
    if row.answered_at is not None:
        raise ConflictError("本人已经答复，评分不能再改")
    faults: list[Fault] = []
    marks = {name: _read(faults, name, label, given.get(name, "")) for name, label in ASPECTS.items()}
    said = words.tried(faults, note, "note", "", MOST_TEXT)
    if faults:
        raise InvalidError(faults)
    for name, value in marks.items():
        setattr(row, name, value)
    row.note, row.marked_by_id, row.marked_at = said, actor.user_id, clock.now()
    told: trail.Particulars = {"month": sample.month, "username": person.username}
    trail.record(session, Tag.QUALITY_MARKED, actor, ticket_number=row.number, particulars=told)
    outbox.add(session, Event.QUALITY_MARKED, row.number, by=actor.user_id, to=[person.id])
    return row


def answer(session: Session, actor: Actor, sample_id: uuid.UUID, position: int, text: str) -> None:
    """The person's word to a mark, once. Raises NotFoundError: not theirs, or not marked yet."""
    standing.require(session, actor)
    sample = session.get(QualitySample, sample_id)
    row = _locked(session, sample_id, position) if sample is not None and sample.user_id == actor.user_id else None
    if row is None or row.marked_at is None or sample is None:
        raise NotFoundError("没有找到这一条")
    if row.answered_at is not None:
        raise ConflictError("已经答复过了")
    faults: list[Fault] = []
    row.answer = words.tried(faults, text, "text", "请写明您的答复，主管可以看到", MOST_TEXT)
    if faults:
        raise InvalidError(faults)
    row.answered_at = clock.now()
    told: trail.Particulars = {"month": sample.month}
    trail.record(session, Tag.QUALITY_ANSWERED, actor, ticket_number=row.number, particulars=told)


def find(session: Session, actor: Actor, sample_id: uuid.UUID) -> tuple[QualitySample, User]:
    """For a lead of the person's queues, who is not the person. Raises NotFoundError."""
    sample = session.get(QualitySample, sample_id)
    person = session.get(User, sample.user_id) if sample is not None else None
    if sample is None or person is None or not set(actor.queues) & set(person.queues):
        raise NotFoundError("没有找到这次检查")
    if person.id == actor.user_id:
        raise ForbiddenError("不能检查自己的回复，请另一位主管处理")
    return sample, person


def listed(session: Session, actor: Actor) -> list[Listed]:
    """The newest samples of people of the lead's queues."""
    query = select(QualitySample, User).join(User, User.id == QualitySample.user_id)
    rows = session.execute(query.order_by(QualitySample.drawn_at.desc()).limit(_MOST_SHOWN)).all()
    others = ((sample, user) for sample, user in rows if user.id != actor.user_id)
    seen = [(sample, user) for sample, user in others if set(actor.queues) & set(user.queues)]
    ids = [sample.id for sample, _ in seen]
    marks = session.execute(
        select(QualityMark.sample_id, QualityMark.marked_at).where(QualityMark.sample_id.in_(ids))
    ).all()
    done = [sample_id for sample_id, marked_at in marks if marked_at is not None]
    return [Listed(sample, user, done.count(sample.id), sample.size) for sample, user in seen]


def shown(session: Session, sample: QualitySample) -> list[Shown]:
    """The replies of a sample in their order."""
    rows = session.scalars(select(QualityMark).where(QualityMark.sample_id == sample.id).order_by(QualityMark.position))
    return _with_texts(session, rows.all())


def own(session: Session, user_id: uuid.UUID) -> list[Shown]:
    """A person's marked replies, the newest first."""
    mine = select(QualityMark).join(QualitySample, QualitySample.id == QualityMark.sample_id)
    mine = mine.where(QualitySample.user_id == user_id, QualityMark.marked_at.is_not(None))
    rows = session.scalars(mine.order_by(QualityMark.marked_at.desc(), QualityMark.position).limit(_MOST_SHOWN))
    return _with_texts(session, rows.all())


def means(session: Session, user_id: uuid.UUID, month: str) -> tuple[int, dict[str, float]]:
    """How many replies of a month are marked, and the mean of each aspect; empty without any."""
    query = select(QualityMark).join(QualitySample, QualitySample.id == QualityMark.sample_id)
    mine = (QualitySample.user_id == user_id, QualitySample.month == month, QualityMark.marked_at.is_not(None))
    rows = session.scalars(query.where(*mine)).all()
    if not rows:
        return 0, {}
    return len(rows), {name: fmean(getattr(row, name) or 0 for row in rows) for name in ASPECTS}


def _with_texts(session: Session, rows: Sequence[QualityMark]) -> list[Shown]:
    query = select(TimelineEntry.id, TimelineEntry.text).where(TimelineEntry.id.in_([row.entry_id for row in rows]))
    texts = {entry_id: text for entry_id, text in session.execute(query)}
    return [Shown(row, texts.get(row.entry_id, "")) for row in rows]


def _person(session: Session, actor: Actor, username: str) -> User | None:
    user = session.scalars(select(User).where(User.name_key == name_key(username))).first()
    return user if user is not None and set(user.queues) & set(actor.queues) else None


def _draw_faults(actor: Actor, month: Month | None, person: User | None, size: int | None) -> list[Fault]:
    faults = []
    if month is None or month.begins_at > clock.now():
        faults.append(Fault("month", "invalid", "请选择已经开始的月份"))
    if person is None:
        faults.append(Fault("username", "not_found", "请选择本队列的同事"))
    elif person.id == actor.user_id:
        faults.append(Fault("username", "same_person", "不能检查自己的回复，请另一位主管来做"))
    if size is None or not 1 <= size <= MOST_DRAWN:
        faults.append(Fault("size", "invalid", f"抽几条请填 1 到 {MOST_DRAWN}"))
    return faults


def _chosen(
    session: Session, queues: Sequence[str], user_id: uuid.UUID, month: Month, size: int, seed: str
) -> tuple[list[tuple[TimelineEntry, str]], int]:
    """By the hash of seed and line: whoever draws again with the same seed gets the same ones."""
    worked = select(WorkFact.ticket_id).where(
        or_(WorkFact.resolver_id == user_id, WorkFact.first_claimer_id == user_id),
        WorkFact.ended_on >= month.first, WorkFact.ended_on <= month.last,
    )  # fmt: skip
    query = (
        select(TimelineEntry, Ticket.number)
        .join(Ticket, Ticket.id == TimelineEntry.ticket_id)
        .where(TimelineEntry.ticket_id.in_(worked), Ticket.queue.in_(list(queues)))
        .where(TimelineEntry.actor_id == user_id, TimelineEntry.is_public, TimelineEntry.text != "")
        .where(TimelineEntry.at >= month.begins_at, TimelineEntry.at < month.ends_at)
        .order_by(TimelineEntry.at, TimelineEntry.id)
    )
    found = [(entry, number) for entry, number in session.execute(query)]
    return drawn(seed, found, size, lambda one: one[0].id)


def _mark_row(sample: QualitySample, place: int, entry: TimelineEntry, number: str) -> QualityMark:
    return QualityMark(
        sample_id=sample.id, position=place, entry_id=entry.id, ticket_id=entry.ticket_id, number=number, note="",
        answer="",
    )  # fmt: skip


def _locked(session: Session, sample_id: uuid.UUID, position: int) -> QualityMark:
    row = session.get(QualityMark, (sample_id, position), with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFoundError("没有找到这一条")
    return row


def _read(faults: list[Fault], name: str, label: str, given: str) -> int | None:
    if given.strip() in [str(value) for value in MARKS]:
        return int(given)
    faults.append(Fault(name, "invalid" if given.strip() else "required", f"{label}请选 1 到 5 分"))
    return None

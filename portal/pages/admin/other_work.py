"""What is with a person beside tickets, before and after 停用: how many of each, and who goes on with it.

Numbers only, as an administrator may know them; of complaints nothing at all (DESK 5.4).
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, literal, select, union_all
from sqlalchemy.orm import Session

from portal.acts.models import AssignmentOffer, ReplyDraft
from portal.acts.offers import OfferState
from portal.acts.reply_drafts import DraftState
from portal.acts.voiding import VoidState
from portal.collaboration.models import Collaboration
from portal.collaboration.states import OVER
from portal.escalation.models import Alert, AlertSeries, DutyShift
from portal.follow_up.call_backs.models import CallBack
from portal.follow_up.call_backs.names import CallBackState
from portal.follow_up.models import Dissatisfaction
from portal.institutions.models import DirectoryEntry
from portal.knowledge.articles.models import Article
from portal.knowledge.articles.states import ArticleState
from portal.tickets.models import Reminder, Ticket, VoidRequest

_UNSENT = [state.value for state in (DraftState.ASKED, DraftState.APPROVED, DraftState.RETURNED)]
_UNFINISHED = [state.value for state in (ArticleState.DRAFT, ArticleState.IN_REVIEW, ArticleState.RETURNED)]


@dataclass(frozen=True)
class Kind:
    """One kind of work.

    Attributes:
        rows: what is with a person at a moment.
        goes_on: what becomes of it after 停用, as a sentence.
        where: the page, if it has one.
    """

    title: str
    goes_on: str
    rows: Callable[[uuid.UUID, datetime], Select[uuid.UUID]]
    where: str = ""


@dataclass(frozen=True)
class Held:
    kind: Kind
    number: int


def of_person(session: Session, user_id: uuid.UUID, now: datetime) -> Sequence[Held]:
    """One query; only what there is, in the order of the page."""
    counts = (
        select(literal(place), func.count()).select_from(kind.rows(user_id, now).subquery())
        for place, kind in enumerate(_KINDS)
    )
    found = {place: number for place, number in session.execute(union_all(*counts))}
    return [Held(kind, found[place]) for place, kind in enumerate(_KINDS) if found[place]]


def _offers(person: uuid.UUID, _: datetime) -> Select[uuid.UUID]:
    offer = AssignmentOffer
    return select(offer.id).where(offer.to_id == person, offer.status == OfferState.OPEN.value)


def _drafts(person: uuid.UUID, _: datetime) -> Select[uuid.UUID]:
    return select(ReplyDraft.id).where(ReplyDraft.author_id == person, ReplyDraft.status.in_(_UNSENT))


def _voids(person: uuid.UUID, _: datetime) -> Select[uuid.UUID]:
    return select(VoidRequest.id).where(VoidRequest.asked_by_id == person, VoidRequest.status == VoidState.ASKED.value)


def _reminders(person: uuid.UUID, _: datetime) -> Select[uuid.UUID]:
    of_ticket = select(Reminder.id).join(Ticket, Ticket.id == Reminder.ticket_id)
    return of_ticket.where(Reminder.user_id == person, Reminder.done_at.is_(None), Ticket.is_open)


def _collaborations(person: uuid.UUID, _: datetime) -> Select[uuid.UUID]:
    is_open = Collaboration.status.not_in([state.value for state in OVER])
    return select(Collaboration.id).where(Collaboration.dispatched_by_id == person, is_open)


def _alerts(person: uuid.UUID, _: datetime) -> Select[uuid.UUID]:
    of_series = select(Alert.id).join(AlertSeries, AlertSeries.id == Alert.series_id)
    return of_series.where(
        Alert.to_user_id == person, AlertSeries.acknowledged_at.is_(None), AlertSeries.ended_at.is_(None)
    )


def _call_backs(person: uuid.UUID, _: datetime) -> Select[uuid.UUID]:
    is_open = CallBack.status == CallBackState.OPEN.value
    return select(CallBack.id).where(CallBack.owner_id == person, is_open, CallBack.complaint_id.is_(None))


def _measures(person: uuid.UUID, _: datetime) -> Select[uuid.UUID]:
    row = Dissatisfaction
    is_undone = row.done_on.is_not(None) & row.carried_out_at.is_(None)
    return select(row.id).where(row.person_id == person, is_undone)


def _articles(person: uuid.UUID, _: datetime) -> Select[uuid.UUID]:
    return select(Article.id).where(Article.author_id == person, Article.status.in_(_UNFINISHED))


def _institutions(person: uuid.UUID, _: datetime) -> Select[uuid.UUID]:
    entry = DirectoryEntry
    return select(entry.id).where(entry.keeper_id == person, entry.is_active.is_(True))


def _shifts(person: uuid.UUID, now: datetime) -> Select[uuid.UUID]:
    return select(DutyShift.id).where(DutyShift.user_id == person, DutyShift.ends_at > now)


_KINDS = (
    Kind("等对方接手的转交", "自动退回，并通知转交的人", _offers),
    Kind("等审核或等发送的回复", "问题交给同事后，由新的负责人重新写", _drafts),
    Kind("等决定的作废申请", "仍由主管决定", _voids),
    Kind("给自己的提醒", "问题交给同事时一起结束", _reminders),
    Kind("派发的协作", "跟着问题走，由新的负责人验证", _collaborations),
    Kind("没有确认的提醒", "到时间自动通知主管", _alerts),
    Kind("没有完成的回访", "自动转给能回访的同事；没有人能接时通知主管", _call_backs, "/call-backs"),
    Kind("没有落实的改进措施", "由主管另外指定责任人", _measures, "/dissatisfactions"),
    Kind("没有写完或审核完的知识条目", "主管可以接着修改、审核或停用", _articles, "/knowledge"),
    Kind("维护的机构", "由主管另外分配维护人", _institutions, "/institutions/keepers"),
    Kind("以后的值班", "按没有人值班处理，请主管重新排班", _shifts, "/admin/time"),
)

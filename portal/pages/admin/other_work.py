"""What is with a person beside tickets, before and after 停用: how many of each, and who goes on with it.

Numbers only, as an administrator may know them; of complaints nothing at all (DESK 5.4).
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

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

_UNFINISHED = [state.value for state in (ArticleState.DRAFT, ArticleState.IN_REVIEW, ArticleState.RETURNED)]


@dataclass(frozen=True)
class Kind:
    """One kind of work. `goes_on`: what becomes of it after 停用, as a sentence; `where`: the page, if it has one."""

    title: str
    goes_on: str
    where: str = ""


@dataclass(frozen=True)
class Held:
    kind: Kind
    number: int


_KINDS: Mapping[str, Kind] = {
    "offers": Kind("等对方接手的转交", "自动退回，并通知转交的人"),
    "drafts": Kind("等审核或等发送的回复", "问题交给同事后，由新的负责人重新写"),
    "voids": Kind("等决定的作废申请", "仍由主管决定"),
    "reminders": Kind("给自己的提醒", "问题交给同事时一起结束"),
    "collaborations": Kind("派发的协作", "跟着问题走，由新的负责人验证"),
    "alerts": Kind("没有确认的提醒", "到时间自动通知主管"),
    "call_backs": Kind("没有完成的回访", "自动转给能回访的同事；没有人能接时通知主管", "/call-backs"),
    "measures": Kind("没有落实的改进措施", "由主管另外指定责任人", "/dissatisfactions"),
    "articles": Kind("没有写完或审核完的知识条目", "主管可以接着修改、审核或停用", "/knowledge"),
    "institutions": Kind("维护的机构", "由主管另外分配维护人", "/institutions/keepers"),
    "shifts": Kind("以后的值班", "按没有人值班处理，请主管重新排班", "/admin/time"),
}


def of_person(session: Session, user_id: uuid.UUID, now: datetime) -> Sequence[Held]:
    """One query; only what there is, in the order of the page."""
    counted = union_all(*(_count(name, query) for name, query in _queries(user_id, now).items()))
    found = {name: number for name, number in session.execute(counted)}
    return [Held(kind, found[name]) for name, kind in _KINDS.items() if found.get(name)]


def _count(name: str, query: Select[uuid.UUID]) -> Select[str, int]:
    return select(literal(name), func.count()).select_from(query.subquery())


def _queries(person: uuid.UUID, now: datetime) -> Mapping[str, Select[uuid.UUID]]:
    is_unsent = ReplyDraft.status.in_([DraftState.ASKED.value, DraftState.APPROVED.value, DraftState.RETURNED.value])
    of_series = select(Alert.id).join(AlertSeries, AlertSeries.id == Alert.series_id)
    of_ticket = select(Reminder.id).join(Ticket, Ticket.id == Reminder.ticket_id)
    return {
        "offers": _rows(
            AssignmentOffer.id, AssignmentOffer.to_id == person, AssignmentOffer.status == OfferState.OPEN.value
        ),
        "drafts": _rows(ReplyDraft.id, ReplyDraft.author_id == person, is_unsent),
        "voids": _rows(VoidRequest.id, VoidRequest.asked_by_id == person, VoidRequest.status == VoidState.ASKED.value),
        "reminders": of_ticket.where(Reminder.user_id == person, Reminder.done_at.is_(None), Ticket.is_open),
        "collaborations": _rows(
            Collaboration.id,
            Collaboration.dispatched_by_id == person,
            Collaboration.status.not_in([state.value for state in OVER]),
        ),
        "alerts": of_series.where(
            Alert.to_user_id == person, AlertSeries.acknowledged_at.is_(None), AlertSeries.ended_at.is_(None)
        ),
        "call_backs": _rows(
            CallBack.id,
            CallBack.owner_id == person,
            CallBack.status == CallBackState.OPEN.value,
            CallBack.complaint_id.is_(None),
        ),
        "measures": _rows(
            Dissatisfaction.id,
            Dissatisfaction.person_id == person,
            Dissatisfaction.done_on.is_not(None),
            Dissatisfaction.carried_out_at.is_(None),
        ),
        "articles": _rows(Article.id, Article.author_id == person, Article.status.in_(_UNFINISHED)),
        "institutions": _rows(
            DirectoryEntry.id, DirectoryEntry.keeper_id == person, DirectoryEntry.is_active.is_(True)
        ),
        "shifts": _rows(DutyShift.id, DutyShift.user_id == person, DutyShift.ends_at > now),
    }


def _rows(id_column: InstrumentedAttribute[uuid.UUID], *conditions: ColumnElement[bool]) -> Select[uuid.UUID]:
    return select(id_column).where(*conditions)

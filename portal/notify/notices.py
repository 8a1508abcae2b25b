"""What staff are told in the portal: written in the transaction of the change, counted in the header of every page.

A page may say that somebody is told of something only where one of these events is written.
"""

import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, func, select, tuple_, update
from sqlalchemy.orm import Session

from portal import clock, keyset
from portal.db import insert_rows
from portal.errors import NotFoundError
from portal.notify.events import Event
from portal.notify.models import StaffNotice
from portal.notify.recipients import staff_of
from portal.progress import hooks

# How the notice begins; its number follows. New reports are seen in their queue and are not told one by one.
SENTENCES: dict[Event, str] = {
    Event.SUPPLEMENTED: "机构补充了资料",
    Event.CLINIC_CALLED: "机构又来电",
    Event.REOPENED: "机构说没有解决",
    Event.REMINDER_DUE: "您设的提醒时间到了",
    Event.ASSIGNED: "主管指派给您",
    Event.OFFERED: "同事请您接手，等您答复",
    Event.OFFER_ANSWERED: "转交有了答复",
    Event.PROMISE_NEAR: "答应机构的时间快到了",
    Event.APPOINTMENT_DUE: "与机构约好的时间快到了",
    Event.CALL_BACK_DUE: "有回访要做",
    Event.FIRST_CONTACT_DUE: "新维护的机构还没有联系",
    Event.CAMPAIGN_ASSIGNED: "回访活动分给您几家机构",
    Event.CRITICAL: "特急，请马上处理",
    Event.UNACKNOWLEDGED: "特急还没有人确认，请马上处理",
    Event.CLOCK_50: "时限已经用去一半",
    Event.CLOCK_80: "时限已经用去八成",
    Event.CLOCK_100: "已经超过时限",
    Event.PROMISE_MISSED: "答应机构的时间已过，还没有答复",
    Event.HAND_OVERS_3: "这一轮已经转手三次",
    Event.OFFER_EXPIRED: "转交到时没有人接，仍由原负责人处理",
    Event.ESCALATED: "同事上报主管，等您决定",
    Event.CLINIC_ESCALATED: "机构要求主管处理，等您答复",
    Event.ESCALATION_DECIDED: "主管决定了上报的问题",
    Event.NO_LEAD: "没有可通知的主管",
    Event.VOID_ASKED: "有人申请作废，等您决定",
    Event.VOID_DECIDED: "您的作废申请有了答复",
    Event.VOIDED: "已作废",
    Event.DRAFT_ASKED: "有人请您审核一份回复",
    Event.DRAFT_DECIDED: "主管审核了您的回复",
    Event.RATED_UNHAPPY: "机构评价后需要跟进",
    Event.LOW_RATINGS: "评价需要主管关注",
    Event.ARTICLE_SUBMITTED: "知识条目等您审核",
    Event.ARTICLE_DECIDED: "主管审核了您的知识条目",
    Event.REPLY_OVERDUE: "超过回复时限，还没有回复",
    Event.COLLABORATION_DISPATCHED: "派给您部门的协作",
    Event.COLLABORATION_ANSWERED: "部门已反馈，等您验证",
    Event.COLLABORATION_RETURNED: "协作被打回，请重新处理",
    Event.COLLABORATION_WITHDRAWN: "协作已撤回，不用再处理",
    Event.COLLABORATION_LATE: "协作已到时间，部门还没有反馈",
    Event.COLLABORATION_MISSING: "协调范围要部门配合，还没有派发协作",
    Event.COLLABORATION_UNCONTACTED: "派发协作已到时间，还没有联系机构",
    Event.COLLABORATION_FILED: "协作已备案",
    Event.COMPLAINT_REGISTERED: "有一件投诉，等您处理",
    Event.COMPLAINT_UPHELD: "投诉判为成立，由您负责",
    Event.COMPLAINT_DUE: "投诉的时限快到或已过",
    Event.COMPLAINT_REVIEW: "投诉要由另一个人重新判断",
    Event.COMPLAINT_ANSWERED: "投诉有了答复，等回访",
    Event.COMPLAINT_UNATTENDED: "有一件投诉无人可处理",
    Event.GRAVE: "有一件重大投诉，请马上处理",
    Event.LEGAL: "有一件涉法投诉",
    Event.BREAK_GLASS_ASKED: "有人申请应急查看，等您批准",
    Event.BREAK_GLASS_DECIDED: "您的应急查看申请有了答复",
    Event.APPROVAL_ALARM: "有人要批准与自己有关的应急查看",
    Event.REVEAL_ALARM: "有人一小时内查看敏感信息和附图超过上限",
    Event.SAMPLE_QUESTIONED: "主管请您说明一次查看",
    Event.DAY_END: "今天还有记录要补，请在下班前核对：",
    Event.WEEKLY_REPORT: "周报可以看了：",
    Event.CALENDAR_MISSING: "这一年的节假日还没有录入，请录入：",
    Event.ROTA_EMPTY: "未来 7 天有时段没有人值班，请排值班表：",
    Event.SCORE_DRAFTED: "您的考核表草稿可以看了，有异议请提出",
    Event.SCORE_OBJECTED: "有人对考核表提出异议，等您答复",
    Event.SCORE_CORRECTED: "您的考核表更正了，请重新核对",
    Event.SCORE_ANSWERED: "主管答复或撤回了您的考核表",
    Event.SCORE_PUBLISHED: "您的考核表已公布",
    Event.QUALITY_MARKED: "主管检查了您的一份回复",
    Event.CHANNEL_FAILING: "有通知渠道一直发不出去",
}
MOST_SHOWN = 100
# Made once: every ticket page runs it. Nobody holds these rows in memory meanwhile.
_SEEN = (
    update(StaffNotice)
    .where(
        StaffNotice.user_id == bindparam("person"),
        StaffNotice.number == bindparam("subject"),
        StaffNotice.seen_at.is_(None),
    )
    .values(seen_at=bindparam("now"))
    .execution_options(synchronize_session=False)
)


def tell(
    session: Session, event: Event, number: str, *, by: uuid.UUID | None = None, to: Iterable[uuid.UUID] = ()
) -> int:
    """Tell the staff whom an event concerns, and those named; returns how many. `by` is not told."""
    if event not in SENTENCES:
        return 0
    barred = hooks.barred_from(session, number)
    wanted = [*concerned(session, event, number, by), *(person for person in to if person != by)]
    people = dict.fromkeys(person for person in wanted if person not in barred)
    of_this = (StaffNotice.event == event.value, StaffNotice.number == number, StaffNotice.seen_at.is_(None))
    unseen = select(StaffNotice).where(StaffNotice.user_id.in_(people), *of_this).order_by(StaffNotice.id)
    now, waiting = clock.now(), {row.user_id: row for row in session.scalars(unseen)}
    for row in waiting.values():
        row.created_at = now
    fresh = [
        StaffNotice(user_id=person, event=event.value, number=number, created_at=now)
        for person in people
        if person not in waiting
    ]
    insert_rows(session, *fresh)
    return len(people)


def concerned(session: Session, event: Event, number: str, by: uuid.UUID | None = None) -> list[uuid.UUID]:
    """Whom an event concerns by its rule, without the one who caused it."""
    return [user.id for user in staff_of(session, event, number) if user.id != by]


def unseen_count(session: Session, user_id: uuid.UUID) -> int:
    mine = select(func.count()).where(StaffNotice.user_id == user_id, StaffNotice.seen_at.is_(None))
    return session.scalar(mine) or 0


def newest(session: Session, user_id: uuid.UUID) -> Sequence[StaffNotice]:
    """A person's notices: the unseen ones first, each group newest first."""
    order = (StaffNotice.seen_at.is_not(None), StaffNotice.created_at.desc(), StaffNotice.id)
    return session.scalars(
        select(StaffNotice).where(StaffNotice.user_id == user_id).order_by(*order).limit(MOST_SHOWN)
    ).all()


def page(session: Session, user_id: uuid.UUID, cursor: str, limit: int) -> tuple[Sequence[StaffNotice], str | None]:
    """A person's notices, newest first, and the cursor of the next page. Raises PortalError, as `keyset.place`."""
    query = select(StaffNotice).where(StaffNotice.user_id == user_id)
    if cursor:
        query = query.where(tuple_(StaffNotice.created_at, StaffNotice.id) < tuple_(*keyset.place(cursor)))
    order = (StaffNotice.created_at.desc(), StaffNotice.id.desc())
    found = session.scalars(query.order_by(*order).limit(limit + 1)).all()
    rows = found[:limit]
    return rows, keyset.cursor(rows[-1].created_at, rows[-1].id) if len(found) > limit else None


def see_by_id(session: Session, user_id: uuid.UUID, notice_id: uuid.UUID) -> StaffNotice:
    """Raises NotFoundError if it is nobody's or another person's."""
    row = session.get(StaffNotice, notice_id, with_for_update=True)
    if row is None or row.user_id != user_id:
        raise NotFoundError
    row.seen_at = row.seen_at or clock.now()
    return row


def see(session: Session, user_id: uuid.UUID, number: str) -> bool:
    """A person opens the subject of all their notices of a number; whether any was unseen."""
    seen = session.execute(_SEEN, {"person": user_id, "subject": number, "now": clock.now()})
    return bool(seen.rowcount)  # type: ignore[attr-defined]


def see_one(session: Session, user_id: uuid.UUID, number: str, event: Event) -> bool:
    """As `see`, for one event; whether there are such notices, seen before or not."""
    mine = [StaffNotice.user_id == user_id, StaffNotice.number == number, StaffNotice.event == event.value]
    session.execute(update(StaffNotice).where(*mine, StaffNotice.seen_at.is_(None)).values(seen_at=clock.now()))
    return session.scalar(select(StaffNotice.id).where(*mine).limit(1)) is not None


def see_all(session: Session, user_id: uuid.UUID) -> None:
    mine = (StaffNotice.user_id == user_id, StaffNotice.seen_at.is_(None))
    session.execute(update(StaffNotice).where(*mine).values(seen_at=clock.now()))


def settle(session: Session, event: Event, number: str) -> None:
    """What these notices asked for is done: nobody needs to see them any more."""
    of_this = (StaffNotice.event == event.value, StaffNotice.number == number, StaffNotice.seen_at.is_(None))
    session.execute(update(StaffNotice).where(*of_this).values(seen_at=clock.now()))


def see_all_about(session: Session, number: str) -> None:
    """The subject is over: nobody needs to see any notice of its number any more."""
    of_this = (StaffNotice.number == number, StaffNotice.seen_at.is_(None))
    session.execute(update(StaffNotice).where(*of_this).values(seen_at=clock.now()))

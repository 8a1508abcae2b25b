"""Rows of the trail and the figures of the day, as a lead sees them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import users
from portal.accounts.principal import Principal
from portal.accounts.roles import PERMISSION_LABELS, ROLE_LABELS
from portal.audit import queries as trail_queries
from portal.audit.models import AuditEvent
from portal.audit.queries import TrailFilter
from portal.audit.tags import TAG_LABELS, Tag
from portal.disclosure import break_glass
from portal.kinds.names import CHANNEL_LABELS
from portal.kinds.table import KINDS
from portal.pages.review.filters import REFUSED_TAGS, field_labels, midnight_of
from portal.tickets import queries
from portal.tickets.states import URGENCY_LABELS, TicketState

PAGE_SIZE = 50
# Those who act without being somebody of the staff.
_OTHERS = {"clinic": "机构", "visitor": "未登录的人", "system": "系统", "command line": "命令行"}
_ROLES: dict[str, str] = {role.value: label for role, label in ROLE_LABELS.items()} | {
    "clinic": "机构",
    "visitor": "未登录",
    "system": "系统",
}


@dataclass(frozen=True)
class EventView:
    """One line of the trail in words. `when` is China time to the second."""

    seq: int
    when: str
    who: str
    username: str
    role: str
    address: str
    action: str
    ticket_number: str
    field: str
    reason: str
    detail: str
    is_success: bool


@dataclass(frozen=True)
class TrailPage:
    """One page of the trail, newest first, and where to continue (None at the end)."""

    events: Sequence[EventView]
    next_place: int | None


@dataclass(frozen=True)
class Figures:
    """What the lead looks at first; days are days in China.

    `by_others`: looks of people who were not the assignee (应急查看); `approvals`: what this lead could decide now.
    """

    today: str
    reveals: int
    by_others: int
    refused: int
    alarms: int
    pictures: int
    approvals: int
    awaiting: Mapping[str, int]


@dataclass(frozen=True)
class PersonFigures:
    """How much one person looked at today and in the seven days that end with today."""

    who: str
    username: str
    reveals_today: int
    pictures_today: int
    reveals: int
    pictures: int
    by_others: int


@dataclass(frozen=True)
class AccessorView:
    """One line of "who looked": a person, how often, first and last time in China."""

    who: str
    username: str
    times: int
    first: str
    last: str


def people(session: Session) -> dict[str, str]:
    """Everybody who can stand in the trail: recorded name and shown name."""
    return {user.username: user.display_name for user in users.all_users(session)} | _OTHERS


def trail_page(
    session: Session, wanted: TrailFilter, before: int | None, names: Mapping[str, str], limit: int = PAGE_SIZE
) -> TrailPage:
    """One page in words."""
    events, next_place = trail_queries.page(session, wanted, before, limit)
    fields = field_labels()
    return TrailPage([_in_words(event, names, fields) for event in events], next_place)


def accessors(session: Session, wanted: TrailFilter, names: Mapping[str, str]) -> list[AccessorView]:
    """Everybody who looked, in words."""
    return [
        AccessorView(
            who=names.get(looker.actor_name, looker.actor_name),
            username=_username(looker.actor_name),
            times=looker.times,
            first=f"{clock.in_china(looker.first_at):%Y-%m-%d %H:%M:%S}",
            last=f"{clock.in_china(looker.last_at):%Y-%m-%d %H:%M:%S}",
        )
        for looker in trail_queries.accessors(session, wanted)
    ]


def figures(session: Session, lead: Principal) -> Figures:
    """Today's figures."""
    today = clock.china_today()
    wanted = TrailFilter(since=midnight_of(today))
    return Figures(
        today=today.isoformat(),
        reveals=trail_queries.count(session, wanted, Tag.FIELD_REVEALED),
        by_others=trail_queries.count(session, wanted, Tag.BREAK_GLASS_USED),
        alarms=trail_queries.count(session, wanted, Tag.REVEAL_ALARM),
        approvals=break_glass.waiting(session, lead.user_id, lead.queues),
        refused=trail_queries.count(session, wanted, *REFUSED_TAGS),
        pictures=trail_queries.count(session, wanted, Tag.PICTURE_OPENED),
        awaiting={name: queries.state_counts(session, name)[TicketState.AWAITING_INFORMATION] for name in lead.queues},
    )


def week_of(today: date) -> date:
    """The first of the seven days that end today."""
    return today - timedelta(days=6)


def people_figures(session: Session, names: Mapping[str, str]) -> list[PersonFigures]:
    """Everybody who looked at something within seven days, who looked most first."""
    today = clock.china_today()
    tags = (Tag.FIELD_REVEALED, Tag.PICTURE_OPENED, Tag.BREAK_GLASS_USED)
    week = trail_queries.per_person(session, TrailFilter(tags=tags, since=midnight_of(week_of(today))))
    day = trail_queries.per_person(session, TrailFilter(tags=tags, since=midnight_of(today)))
    shown = [
        PersonFigures(
            who=names.get(name, name),
            username=_username(name),
            reveals_today=day.get((name, Tag.FIELD_REVEALED), 0),
            pictures_today=day.get((name, Tag.PICTURE_OPENED), 0),
            reveals=week.get((name, Tag.FIELD_REVEALED), 0),
            pictures=week.get((name, Tag.PICTURE_OPENED), 0),
            by_others=week.get((name, Tag.BREAK_GLASS_USED), 0),
        )
        for name in {name for name, _ in week}
    ]
    return sorted(shown, key=lambda person: (-person.reveals - person.pictures, person.who))


def events_in_words(session: Session, seqs: Sequence[int], names: Mapping[str, str]) -> dict[int, EventView]:
    """Single rows of the trail in words, by their number."""
    fields = field_labels()
    events = session.scalars(select(AuditEvent).where(AuditEvent.seq.in_(seqs)))
    return {event.seq: _in_words(event, names, fields) for event in events}


def _in_words(event: AuditEvent, names: Mapping[str, str], fields: Mapping[str, str]) -> EventView:
    return EventView(
        seq=event.seq,
        when=f"{clock.in_china(event.at):%Y-%m-%d %H:%M:%S}",
        who=names.get(event.actor_name, event.actor_name),
        username=_username(event.actor_name),
        role=_ROLES.get(event.actor_role, event.actor_role),
        address=event.address,
        action=TAG_LABELS[Tag(event.tag)] if event.tag in list(Tag) else event.tag,
        ticket_number=event.ticket_number or "",
        field=_field_words(event.field or "", fields),
        reason=event.reason or "",
        detail=_detail_words(event.detail or "", fields),
        is_success=event.is_success,
    )


def _detail_words(detail: str, fields: Mapping[str, str]) -> str:
    """The trail keeps short English words; people read them in Chinese. Row ids say nothing to anybody."""
    words = [word for word in detail.split(" ") if not _ROW_ID.fullmatch(word)]
    return " ".join(fields.get(word) or _WORDS.get(word, word) for word in words)


_ROW_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WORDS = {
    **{str(permission): f"需要权限：{label}" for permission, label in PERMISSION_LABELS.items()},
    **{str(role): label for role, label in ROLE_LABELS.items()},
    **{str(channel): label for channel, label in CHANNEL_LABELS.items()},
    **{kind.name.value: kind.label for kind in KINDS.values()},
    **{urgency.name.lower(): label for urgency, label in URGENCY_LABELS.items()},
    "preview": "缩小图", "quota": "超过每小时上限", "times": "次", "locked": "已锁定", "row": "记录号",
    "seed": "种子", "sampled": "抽取", "of": "条，共",
    "break-glass": "应急查看", "sample": "抽查",
    "values": "项", "rows": "条", "files": "个文件", "api": "接口", "now": "新编号", "was": "原编号", "to": "转给",
    "external": "外部账号", "external:not-done": "外部账号登录没有完成", "external:state": "外部账号登录不是从这里开始",
    "external:answer": "外部账号的登录凭据不合格", "external:unlinked": "外部账号没有绑定",
    "external:closed": "外部账号绑定的人员不能登录",
}  # fmt: skip


def _username(name: str) -> str:
    """Empty for those who are not somebody of the staff."""
    return "" if name in _OTHERS else name


def _field_words(key: str, fields: Mapping[str, str]) -> str:
    name, _, position = key.partition(".")
    label = fields.get(name, name)
    return f"{label}（{key}）" if position not in ("", "0") else label

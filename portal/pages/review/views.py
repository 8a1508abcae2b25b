"""Rows of the trail and the day's metrics, as a lead sees them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import users
from portal.accounts.principal import Principal
from portal.accounts.roles import ROLE_LABELS
from portal.audit import queries as trail_queries
from portal.audit.models import AuditEvent
from portal.audit.queries import TrailFilter, TrailScope
from portal.audit.tags import Tag
from portal.casefile.event_sentences import OTHER_PEOPLE, action_label, field_label, sentence_of
from portal.disclosure import break_glass
from portal.pages.review.filters import REFUSED_TAGS, midnight_of
from portal.queues import queries
from portal.tickets.states import TicketState

PAGE_SIZE = 50
# What shows something of a ticket, each counted apart.
SEEN_TAGS = (Tag.FIELD_REVEALED, Tag.PICTURE_OPENED, Tag.TICKET_VIEWED)
_OTHER_ROLE = "其他"
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

    @property
    def result(self) -> str:
        return "成功" if self.is_success else "未通过"


@dataclass(frozen=True)
class TrailPage:
    """One page of the trail, newest first, and where to continue (None at the end)."""

    events: Sequence[EventView]
    next_place: int | None


@dataclass(frozen=True)
class Figures:
    """What the lead sees first; days are days in China.

    `by_others`: accesses by people other than the owner (应急查看); `approvals`: requests this lead can decide now.
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
    """One person's accesses today and in the seven days that end today."""

    who: str
    username: str
    reveals_today: int
    pictures_today: int
    reveals: int
    pictures: int
    by_others: int


@dataclass(frozen=True)
class AccessorView:
    """One line of 谁看过: a person, how often what, first and last time in China.

    `pages`: openings of the ticket's masked page, which show no value.
    """

    who: str
    username: str
    values: int
    pictures: int
    pages: int
    first: str
    last: str


def people(session: Session) -> dict[str, str]:
    """Everyone who can occur in the trail: recorded name and display name."""
    return {user.username: user.display_name for user in users.all_users(session)} | OTHER_PEOPLE


def trail_page(
    session: Session, wanted: TrailFilter, before: int | None, names: Mapping[str, str], limit: int = PAGE_SIZE
) -> TrailPage:
    events, next_place = trail_queries.page(session, wanted, before, limit)
    return TrailPage([in_words(event, names) for event in events], next_place)


def accessors(session: Session, wanted: TrailFilter, names: Mapping[str, str]) -> list[AccessorView]:
    """Everyone who saw something, the latest first; a lead who only reviewed is not among them."""
    return [
        AccessorView(
            who=names.get(accessor.actor_name, accessor.actor_name),
            username=_username(accessor.actor_name),
            values=accessor.times.get(Tag.FIELD_REVEALED, 0),
            pictures=accessor.times.get(Tag.PICTURE_OPENED, 0),
            pages=accessor.times.get(Tag.TICKET_VIEWED, 0),
            first=china_time(accessor.first_at),
            last=china_time(accessor.last_at),
        )
        for accessor in trail_queries.accessors(session, replace(wanted, tags=SEEN_TAGS))
    ]


def figures(session: Session, lead: Principal, scope: TrailScope) -> Figures:
    today = clock.china_today()
    wanted = TrailFilter(scope, since=midnight_of(today))
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


def people_figures(session: Session, names: Mapping[str, str], scope: TrailScope) -> list[PersonFigures]:
    """Everyone with an access within seven days, most accesses first."""
    today = clock.china_today()
    tags = (Tag.FIELD_REVEALED, Tag.PICTURE_OPENED, Tag.BREAK_GLASS_USED)
    week = trail_queries.per_person(session, TrailFilter(scope, tags=tags, since=midnight_of(week_of(today))))
    day = trail_queries.per_person(session, TrailFilter(scope, tags=tags, since=midnight_of(today)))
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


def events_in_words(
    session: Session, seqs: Sequence[int], names: Mapping[str, str], scope: TrailScope
) -> dict[int, EventView]:
    """Single rows of a scope in words, by their number."""
    events = trail_queries.by_number(session, TrailFilter(scope), seqs)
    return {event.seq: in_words(event, names) for event in events}


def china_time(moment: datetime) -> str:
    """To the second."""
    return f"{clock.in_china(moment):%Y-%m-%d %H:%M:%S}"


def in_words(event: AuditEvent, names: Mapping[str, str]) -> EventView:
    return EventView(
        seq=event.seq,
        when=china_time(event.at),
        who=names.get(event.actor_name, event.actor_name),
        username=_username(event.actor_name),
        role=_ROLES.get(event.actor_role, _OTHER_ROLE),
        address=event.address,
        action=action_label(event.tag),
        ticket_number=event.ticket_number or "",
        field=field_label(event.field) if event.field else "",
        reason=event.reason or "",
        detail=sentence_of(event),
        is_success=event.is_success,
    )


def _username(name: str) -> str:
    """Empty for anyone who is not staff."""
    return "" if name in OTHER_PEOPLE else name

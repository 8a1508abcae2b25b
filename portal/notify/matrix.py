"""Which events leave through which channels: the defaults, what administrators changed, and what nobody may switch off
(DESK N.1)."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from zlib import crc32

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.errors import Fault, InvalidError, StaleRowError
from portal.notify.events import Event
from portal.notify.models import NotificationChoice, NotificationRule
from portal.notify.recipients import RULES, Concern, RecipientKind


class Way(StrEnum):
    """A channel that leaves this deployment, by the name that its deliveries have."""

    MAIL = "mail"
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"
    WEBHOOK = "webhook"
    SMS = "sms"


WAY_LABELS: dict[Way, str] = {
    Way.MAIL: "邮件",
    Way.WECOM: "企业微信",
    Way.DINGTALK: "钉钉",
    Way.FEISHU: "飞书",
    Way.WEBHOOK: "系统对接",
    Way.SMS: "短信",
}
REACHES: dict[Way, RecipientKind] = {
    Way.MAIL: RecipientKind.USER,
    Way.WECOM: RecipientKind.GROUP,
    Way.DINGTALK: RecipientKind.GROUP,
    Way.FEISHU: RecipientKind.GROUP,
    Way.WEBHOOK: RecipientKind.WEBHOOK,
    Way.SMS: RecipientKind.CLINIC,
}
# Channels that belong to one person, who chooses what comes through them and when.
OWN_WAYS = tuple(way for way, kind in REACHES.items() if kind is RecipientKind.USER)

# By name: some of these events belong to rooms that a deployment may not have.
_MUST = frozenset(
    {"critical", "grave", "legal", "clock-100", "reply-overdue", "break-glass-asked", "reveal-alarm", "escalated"}
)
# What a channel cannot say of itself, and what tells how satisfied somebody was.
_IN_THE_PORTAL_ONLY = (Event.CHANNEL_FAILING, Event.RATED_UNHAPPY, Event.LOW_RATINGS)
# Nothing about a complaint goes to a group or to another system, and a failing channel is told in the portal only.
_COMPLAINTS = ("complaint-", "grave", "legal")
_BY_MAIL = frozenset(
    {
        "assigned", "offered", "offer-answered", "offer-expired", "unacknowledged", "clock-80", "promise-missed",
        "hand-overs-3", "clinic-escalated", "escalation-decided", "sample-questioned", "break-glass-decided",
        "approval-alarm", "void-asked",
    }
)  # fmt: skip
_TO_GROUPS = frozenset(
    {"report-filed", "critical", "clock-80", "clock-100", "reply-overdue", "unacknowledged", "clinic-escalated"}
)
_OF_GROUPS = frozenset({Concern.OWNER, Concern.LEADS})


@dataclass(frozen=True)
class Cell:
    """One event through one channel: `is_must` cannot be switched off."""

    event: Event
    way: Way
    is_on: bool
    is_must: bool


def is_about_complaint(event: Event) -> bool:
    return event.value.startswith(_COMPLAINTS)


def may(event: Event, way: Way) -> bool:
    """Whether an event can leave through a channel at all."""
    concerns, kind = RULES[event], REACHES[way]
    if event in _IN_THE_PORTAL_ONLY:
        return False
    if kind is RecipientKind.CLINIC:
        return Concern.CLINIC in concerns
    if kind is RecipientKind.USER:
        return bool(concerns - {Concern.CLINIC})
    if is_about_complaint(event):
        return False
    return kind is RecipientKind.WEBHOOK or event.value in _TO_GROUPS or bool(concerns & _OF_GROUPS)


def is_must(event: Event, way: Way) -> bool:
    """Whether it reaches people by their own channel whatever anybody chose."""
    is_urgent = event.value in _MUST or event.value.startswith("complaint-")
    return way in OWN_WAYS and is_urgent and may(event, way)


def is_on_by_default(event: Event, way: Way) -> bool:
    if not may(event, way):
        return False
    kind = REACHES[way]
    if kind is RecipientKind.USER:
        is_of_departments = event.value.startswith("collaboration-")
        return is_must(event, way) or is_of_departments or event.value in _BY_MAIL
    return event.value in _TO_GROUPS if kind is RecipientKind.GROUP else True


@dataclass(frozen=True)
class Rules:
    """What administrators changed, by event and channel."""

    changed: Mapping[tuple[str, str], bool]

    def is_on(self, event: Event, way: Way) -> bool:
        if not may(event, way):
            return False
        return is_must(event, way) or self.changed.get((event.value, way.value), is_on_by_default(event, way))

    @property
    def version(self) -> int:
        """Another number as soon as any cell is another one."""
        return crc32(repr(sorted(self.changed.items())).encode()) % 10**9

    def cell(self, event: Event, way: Way) -> Cell | None:
        """None where the event cannot leave through the channel."""
        return Cell(event, way, self.is_on(event, way), is_must(event, way)) if may(event, way) else None


def load(session: Session) -> Rules:
    rows = session.scalars(select(NotificationRule))
    return Rules({(row.event, row.channel): row.is_on for row in rows})


def cells(rules: Rules) -> list[tuple[Event, list[Cell | None]]]:
    """The whole matrix: a row for every event, a cell for every channel."""
    return [(event, [rules.cell(event, way) for way in Way]) for event in Event]


def change(session: Session, actor: Actor, wanted: set[tuple[str, str]], version: int) -> int:
    """Save the matrix as ticked, (event, channel) each; returns how many cells changed.

    Args:
        version: of the rules that were on the page.

    Raises:
        InvalidError: a cell that must stay on was switched off. StaleRowError: saved by somebody else meanwhile.
    """
    trail.lock(session)  # two administrators save one after the other
    rules = load(session)
    if rules.version != version:
        raise StaleRowError
    every = [cell for _, row in cells(rules) for cell in row if cell is not None]
    if any(cell.is_must and (cell.event.value, cell.way.value) not in wanted for cell in every):
        raise InvalidError([Fault("cells", "invalid", "标有“必须”的通知不能关闭，请重新勾选")])
    changed = [cell for cell in every if cell.is_on != ((cell.event.value, cell.way.value) in wanted)]
    for cell in changed:
        session.merge(NotificationRule(event=cell.event.value, channel=cell.way.value, is_on=not cell.is_on))
    if changed:
        names = [f"{cell.event}:{cell.way}:{'off' if cell.is_on else 'on'}" for cell in changed]
        trail.record(session, Tag.NOTIFICATIONS_CHANGED, actor, particulars={"cells": names})
    return len(changed)


@dataclass(frozen=True)
class Choices:
    """What people chose for their own channels, over the rules for everybody."""

    rules: Rules
    chosen: Mapping[tuple[str, str, str], bool]

    def is_on(self, user_id: str, event: Event, way: Way) -> bool:
        if not may(event, way):
            return False
        own = self.chosen.get((user_id, event.value, way.value), self.rules.is_on(event, way))
        return is_must(event, way) or own


def choices_of(session: Session, user_ids: list[str], rules: Rules) -> Choices:
    """Of these people, in one query."""
    ids = [uuid.UUID(user_id) for user_id in user_ids]
    rows = session.scalars(select(NotificationChoice).where(NotificationChoice.user_id.in_(ids)))
    return Choices(rules, {(str(row.user_id), row.event, row.channel): row.is_on for row in rows})


def choose(session: Session, user_id: uuid.UUID, wanted: set[tuple[str, str]], offered: set[Event]) -> None:
    """Save what a person ticked for their own channels; what must come stays on whatever was ticked."""
    choices = choices_of(session, [str(user_id)], load(session))
    for event in offered:
        for way in OWN_WAYS:
            is_wanted = (event.value, way.value) in wanted
            if not may(event, way) or is_must(event, way) or choices.is_on(str(user_id), event, way) == is_wanted:
                continue
            row = NotificationChoice(user_id=user_id, event=event.value, channel=way.value, is_on=is_wanted)
            session.merge(row)

"""The trail's filter as typed into the page: a closed vocabulary, so that no typed secret reaches the trail."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.principal import Principal
from portal.audit.queries import TrailFilter
from portal.audit.tag_labels import TAG_LABELS
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.casefile.event_sentences import OTHER_FIELDS, REFUSED
from portal.errors import Fault, PortalError
from portal.kinds.table import KINDS, NUMBER_SHAPE
from portal.queues import trail_scope
from portal.tickets import lookup, numbering
from portal.web.body import PostedForm

REFUSED_TAGS = (
    Tag.REVEAL_REFUSED,
    Tag.PICTURE_REFUSED,
    Tag.BREAK_GLASS_REFUSED,
    Tag.CONFIRMATION_REFUSED,
    Tag.ACCESS_DENIED,
    Tag.TRACK_REFUSED,
)
_EXAMPLES = " 或 ".join(f"{kind.prefix}2026110001" for kind in KINDS.values())
_FIRST_YEAR, _LAST_YEAR = 2000, 2100


@dataclass(frozen=True)
class TypedFilter:
    """The typed values, unchecked."""

    who: str = ""
    ticket: str = ""
    action: str = ""
    field: str = ""
    since: str = ""
    until: str = ""

    def particulars(self) -> Particulars:
        """For the trail row of this view of the trail."""
        return {
            "person": self.who,
            "ticket": self.ticket,
            "action": self.action,
            "field": self.field,
            "since": self.since,
            "until": self.until,
        }

    def parameters(self) -> dict[str, str]:
        """For addresses: non-empty values only."""
        given = {
            "who": self.who,
            "ticket": self.ticket,
            "action": self.action,
            "field": self.field,
            "from": self.since,
            "to": self.until,
        }
        return {name: value for name, value in given.items() if value}

    def days(self) -> dict[str, str]:
        """As `parameters`, the days alone."""
        return {name: value for name, value in self.parameters().items() if name in ("from", "to")}


@dataclass
class CheckedFilter:
    """The valid part of the typed filter, and the faults."""

    typed: TypedFilter
    faults: list[Fault] = field(default_factory=list)

    def wanted(self, session: Session, lead: Principal) -> TrailFilter:
        """The same for the trail that this lead may see; a ticket that moved is found under all its numbers."""
        typed = self.typed
        return TrailFilter(
            trail_scope.scope_of(session, lead),
            ticket_numbers=lookup.all_numbers(session, typed.ticket) if typed.ticket else (),
            tags=tuple(REFUSED_TAGS) if typed.action == REFUSED else (typed.action,) if typed.action else (),
            field=typed.field or None,
            actor_name=typed.who or None,
            since=self.since,
            until=self.until,
        )

    @property
    def since(self) -> datetime | None:
        """The first moment of the first day."""
        return _midnight(self.typed.since) if self.typed.since else None

    @property
    def until(self) -> datetime | None:
        """The moment after the last day."""
        return _midnight(self.typed.until) + timedelta(days=1) if self.typed.until else None


def posted(form: PostedForm) -> dict[str, str]:
    """The filter that a form carries along."""
    return {name: form.get(name) for name in ("who", "ticket", "action", "field", "from", "to") if form.get(name)}


def checked(parameters: Mapping[str, str], people: Iterable[str]) -> CheckedFilter:
    """Check every part; an invalid one is left out and reported as a fault, never repeated."""
    faults: list[Fault] = []

    def part(name: str, is_right: bool, message: str) -> str:
        value = _clean(name, parameters)
        if value and not is_right:
            faults.append(Fault(name, "invalid", message))
        return value if is_right else ""

    def value_of(name: str) -> str:
        return _clean(name, parameters)

    typed = TypedFilter(
        who=part("who", value_of("who") in set(people), "请从列表里选择人员"),
        ticket=part("ticket", bool(NUMBER_SHAPE.fullmatch(value_of("ticket"))), f"编号应像 {_EXAMPLES}"),
        action=part("action", value_of("action") in (*TAG_LABELS, REFUSED), "请从列表里选择操作"),
        field=part("field", value_of("field") in field_labels(), "请从列表里选择项目"),
        since=part("from", _is_day(value_of("from")), "开始日期应像 2026-11-01"),
        until=part("to", _is_day(value_of("to")), "结束日期应像 2026-11-30"),
    )
    if typed.since and typed.until and typed.since > typed.until:
        faults.append(Fault("to", "invalid", "结束日期不能早于开始日期"))
    return CheckedFilter(typed, faults)


def place(text: str) -> int | None:
    """Where to continue in the trail; None for its newest end.

    Raises:
        PortalError: the address was truncated or changed.
    """
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise PortalError("翻页地址不完整，请回到第一页")
    return int(text)


def field_labels() -> dict[str, str]:
    """Every field that can be revealed or opened, with its label."""
    labels = {
        spec.name: spec.label
        for kind in KINDS.values()
        for spec in kind.fields
        if spec.is_sensitive or spec.is_picture or spec.input in ("text", "textarea")
    }
    return labels | OTHER_FIELDS


def midnight_of(day: date) -> datetime:
    """The first moment of a day in China."""
    return datetime.combine(day, time(), clock.CHINA).astimezone(UTC)


def _clean(name: str, parameters: Mapping[str, str]) -> str:
    value = parameters.get(name, "").strip()
    return numbering.normal_number(value) if name == "ticket" else value


def _is_day(text: str) -> bool:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    try:
        return _FIRST_YEAR <= date.fromisoformat(text).year <= _LAST_YEAR
    except ValueError:
        return False


def _midnight(text: str) -> datetime:
    return midnight_of(date.fromisoformat(text))

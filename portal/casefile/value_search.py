"""One exact value (ID number, account, phone, 住院号): the tickets that hold it, and every access to it.

The value itself is never kept: its keyed index finds it, under any field, inside texts, in supplements and in the
trail, there also after the value was destroyed.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, String, case, cast, or_, select, union
from sqlalchemy.orm import Session

from portal.audit import queries as trail_queries
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.models import AuditEvent
from portal.audit.queries import TrailFilter, TrailScope
from portal.audit.tags import Tag
from portal.disclosure.disclose import value_key
from portal.errors import Fault, InvalidError
from portal.queues import queries
from portal.sensitive_text.id_numbers import is_id_number, looks_like_phone
from portal.tickets import lookup
from portal.tickets.models import FormerNumber, Ticket
from portal.vault.masks import MASKS
from portal.vault.models import SealedValue, VaultState
from portal.vault.vault import Vault

MOST_TEXT = 200
VALUE_TAGS = (
    Tag.FIELD_REVEALED,
    Tag.REVEAL_REFUSED,
    Tag.BREAK_GLASS_ASKED,
    Tag.BREAK_GLASS_APPROVED,
    Tag.BREAK_GLASS_DENIED,
    Tag.BREAK_GLASS_USED,
    Tag.BREAK_GLASS_REFUSED,
    Tag.OWN_COPY_MADE,
)
PICTURE_TAGS = (Tag.PICTURE_OPENED, Tag.PICTURE_REFUSED)
SEARCH_TAGS = (Tag.VALUE_SEARCHED, Tag.AUDIT_SEARCHED)
_MASK_CHARACTERS = frozenset("*＊•●")


class ValueKind(StrEnum):
    """What a value was asked for as; it is found under any field."""

    ID_NUMBER = "id_number"
    LOGIN_ACCOUNT = "login_account"
    CONTACT_PHONE = "contact_phone"
    INPATIENT_NUMBER = "inpatient_number"
    UNKNOWN = "unknown"  # typed into one box, and neither an ID number nor a phone


VALUE_KIND_LABELS: dict[str, str] = {
    ValueKind.ID_NUMBER: "身份证号",
    ValueKind.LOGIN_ACCOUNT: "账号",
    ValueKind.CONTACT_PHONE: "电话",
    ValueKind.INPATIENT_NUMBER: "住院号",
    ValueKind.UNKNOWN: "账号或住院号",
}
# Other kinds are not shown even masked until a ticket with them is found: anything may have been typed.
_MASKED_AS = {ValueKind.ID_NUMBER: "id_number", ValueKind.CONTACT_PHONE: "phone"}


@dataclass(frozen=True)
class AskedValue:
    """What is known of a value that was asked for; `index` is that of new rows, `indexes` finds all rows."""

    kind: ValueKind
    mask: str
    index: str
    indexes: tuple[str, ...]


@dataclass(frozen=True)
class HeldValue:
    """One place in a ticket that holds the value."""

    key: str
    label: str
    mask: str


@dataclass(frozen=True)
class TicketWithValue:
    """A ticket with every place of the value in it; without places, the value was destroyed after an access to it."""

    ticket: Ticket
    places: Sequence[HeldValue]


@dataclass(frozen=True)
class Rows:
    """The newest rows of one kind; `is_all` if there are no more."""

    events: Sequence[AuditEvent]
    is_all: bool


@dataclass(frozen=True)
class Answer:
    """Who accessed a value; `is_complete` is False while values of earlier versions are still being indexed."""

    tickets: Sequence[TicketWithValue]
    ticket_count: int
    accesses: Rows
    pictures: Rows
    searches: Rows
    is_complete: bool


def asked_value(vault: Vault, text: str, kind: ValueKind | None = None, *, field: str = "value") -> AskedValue:
    """What to search for; without a kind it is recognised by its shape.

    Raises:
        InvalidError: nothing to compare, or a masked value; the fault does not repeat it.
    """
    index = vault.blind_index(text) if len(text) <= MOST_TEXT else None
    if len(text) > MOST_TEXT:
        raise InvalidError([Fault(field, "too_long", f"号码最多 {MOST_TEXT} 个字")])
    if is_masked(text):
        raise InvalidError([Fault(field, "masked_value", "请填写完整的号码，不能用 * 代替")])
    if index is None:
        raise InvalidError([Fault(field, "required", "请填写完整的身份证号、账号、电话或住院号")])
    kind = kind or _kind_of(text)
    mask = MASKS[_MASKED_AS[kind]](text) if kind in _MASKED_AS else ""
    return AskedValue(kind, mask, index, tuple(vault.blind_indexes(text)))


def is_masked(text: str) -> bool:
    """Whether somebody copied a mask in place of the value."""
    return bool(_MASK_CHARACTERS & set(text))


def asked_in(event: AuditEvent) -> AskedValue:
    """The value of an earlier search, from its row of the trail."""
    told, index = event.particulars or {}, event.value_index or ""
    return AskedValue(ValueKind(told["value_kind"]), told.get("value_mask", ""), index, tuple(told["indexes"]))


def record(session: Session, tag: Tag, actor: Actor, asked: AskedValue, tickets: int) -> int:
    """The row of a search: what kind, under which index, with how many tickets; never the value."""
    told: trail.Particulars = {
        "value_kind": asked.kind.value, "value_mask": asked.mask, "tickets": tickets, "indexes": list(asked.indexes),
    }  # fmt: skip
    return trail.record(session, tag, actor, particulars=told, value_index=asked.index)


def is_complete(session: Session) -> bool:
    """Whether every value of earlier versions has its index (`portal.reports.index_filling`)."""
    return session.scalar(select(VaultState.id).where(VaultState.unindexed_from.is_not(None))) is None


def tickets_of(
    session: Session, asked: AskedValue, queue_names: Sequence[str] | None, limit: int
) -> tuple[list[TicketWithValue], int]:
    """The newest tickets of these queues (None: of all) that hold the value or held it when it was accessed, and how
    many there are.
    """
    wanted = _about(asked)
    if queue_names is not None:
        wanted = wanted & Ticket.queue.in_(queue_names)
    query = select(Ticket).where(wanted).order_by(Ticket.submitted_at.desc(), Ticket.id)
    tickets = session.scalars(query.limit(limit)).all()
    places = _places(session, asked, tickets)
    return [TicketWithValue(ticket, places[ticket.report_id]) for ticket in tickets], queries.count(session, wanted)


def accesses(asked: AskedValue) -> ColumnElement[bool]:
    """The rows of the trail about the value: by its index, and in rows without one by the place that holds it."""
    by_index = select(AuditEvent.seq).where(AuditEvent.value_index.in_(asked.indexes))
    key = case(
        (SealedValue.position == 0, SealedValue.field),
        else_=SealedValue.field + "." + cast(SealedValue.position, String),
    )
    held = (
        select(AuditEvent.seq)
        .select_from(SealedValue)
        .join(Ticket, Ticket.report_id == SealedValue.owner_id)
        .where(SealedValue.value_index.in_(asked.indexes))
    )
    at_place = (AuditEvent.value_index.is_(None), AuditEvent.field == key)
    now = held.join(AuditEvent, AuditEvent.ticket_number == Ticket.number).where(*at_place)
    formerly = held.join(FormerNumber, FormerNumber.ticket_id == Ticket.id)
    formerly = formerly.join(AuditEvent, AuditEvent.ticket_number == FormerNumber.number).where(*at_place)
    return AuditEvent.tag.in_(VALUE_TAGS) & AuditEvent.seq.in_(_rows(union(by_index, now, formerly)))


def picture_accesses(asked: AskedValue) -> ColumnElement[bool]:
    """The rows about pictures of the tickets that hold the value: it may be seen in them."""
    numbers = lookup.every_number(_about(asked))
    return AuditEvent.tag.in_(PICTURE_TAGS) & or_(*(AuditEvent.ticket_number.in_(each) for each in numbers))


def searches(asked: AskedValue) -> ColumnElement[bool]:
    """The rows of everyone who asked for the value."""
    return AuditEvent.tag.in_(SEARCH_TAGS) & AuditEvent.value_index.in_(asked.indexes)


def everything(asked: AskedValue) -> ColumnElement[bool]:
    """All rows of an answer: accesses to the value, to pictures, and searches."""
    return or_(accesses(asked), picture_accesses(asked), searches(asked))


def answer_to(
    session: Session, asked: AskedValue, scope: TrailScope, queue_names: Sequence[str] | None, limit: int
) -> Answer:
    """What a person may see of it: tickets of these queues (None: of all), rows of this scope, newest first."""
    found, count = tickets_of(session, asked, queue_names, limit)

    def rows(condition: ColumnElement[bool]) -> Rows:
        events, following = trail_queries.page(session, TrailFilter(scope, condition=condition), None, limit)
        return Rows(events, following is None)

    return Answer(
        tickets=found, ticket_count=count, accesses=rows(accesses(asked)), pictures=rows(picture_accesses(asked)),
        searches=rows(searches(asked)), is_complete=is_complete(session),
    )  # fmt: skip


def _kind_of(text: str) -> ValueKind:
    if is_id_number(text):
        return ValueKind.ID_NUMBER
    return ValueKind.CONTACT_PHONE if looks_like_phone(text) else ValueKind.UNKNOWN


def _about(asked: AskedValue) -> ColumnElement[bool]:
    """Tickets that hold the value, and those whose destroyed value is in the trail."""
    seen = select(AuditEvent.ticket_number).where(
        AuditEvent.value_index.in_(asked.indexes), AuditEvent.tag.in_(VALUE_TAGS), AuditEvent.ticket_number.is_not(None)
    )
    moved = select(FormerNumber.ticket_id).where(FormerNumber.number.in_(seen))
    holding = select(Ticket.id).where(queries.holds_value(asked.indexes))
    named = select(Ticket.id).where(Ticket.number.in_(seen))
    return Ticket.id.in_(_rows(union(holding, named, moved)))


def _rows(joined: object) -> Select[tuple[object]]:
    """A union as a subquery that both databases take."""
    return select(joined.subquery())  # type: ignore[attr-defined]


def _places(session: Session, asked: AskedValue, tickets: Sequence[Ticket]) -> dict[object, list[HeldValue]]:
    found: dict[object, list[HeldValue]] = defaultdict(list)
    query = select(SealedValue).where(
        SealedValue.owner_id.in_([ticket.report_id for ticket in tickets]), SealedValue.value_index.in_(asked.indexes)
    )
    for row in session.scalars(query.order_by(SealedValue.field, SealedValue.position)):
        found[row.owner_id].append(HeldValue(value_key(row), row.label, row.value_masked))
    return found

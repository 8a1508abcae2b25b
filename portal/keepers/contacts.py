"""联系人: whom to reach at an institution; name and phone sealed, one data key each (DESK 3.6, REQUIREMENTS L1, K10).

The institution's keeper and leads write them. 「不再联系」 destroys one at once.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Date, cast, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.roles import Role
from portal.audit import trail
from portal.audit.actor import SYSTEM, Actor
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.db import insert_rows, new_id
from portal.errors import Fault, ForbiddenError, InvalidError, NotFoundError, StaleRowError
from portal.institutions import directory
from portal.institutions.directory import tidy
from portal.institutions.models import DirectoryEntry
from portal.institutions.search import STALE_DAYS
from portal.keepers.assignment import is_keeper
from portal.keepers.models import InstitutionContact
from portal.kinds import kept_forms, phones
from portal.reports.sealing import labels_of, stopping_spans
from portal.retention import destruction
from portal.runtime import Runtime
from portal.sensitive_text.free_text import text_fault
from portal.sensitive_text.lines import one_line
from portal.vault.models import SealedValue
from portal.vault.vault import CONTACT, Vault

NAME, PHONE = "contact_name", "contact_phone"
LABELS = {NAME: "联系人", PHONE: "电话"}
MOST_CONTACTS = 20  # of an institution
KEEP_INACTIVE = timedelta(days=30)  # ours: an institution that was switched off by mistake can be switched on again
_MOST = {"name": 40, "phone": 40, "role": 40, "preferred_time": 40}
_WORDS = {"role": "身份", "preferred_time": "方便的时间"}
REFUSED = "联系人由这个机构的维护人或主管填写"


@dataclass(frozen=True)
class ContactDetails:
    """As entered. Of a contact that is changed, an empty name or phone stays as it is."""

    name: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    role: str = ""
    may_be_called: bool = True
    preferred_time: str = ""


@dataclass(frozen=True)
class ContactView:
    """One contact as lists show it, masked."""

    contact: InstitutionContact
    name: str
    phone: str
    is_stale: bool


def of_institution(session: Session, institution_id: uuid.UUID) -> list[ContactView]:
    """Those that can be reached, in the order in which they were entered; two queries."""
    of_this = InstitutionContact.institution_id == institution_id
    rows = session.scalars(
        select(InstitutionContact)
        .where(of_this, _is_live())
        .order_by(InstitutionContact.created_at, InstitutionContact.id)
    ).all()
    masks: dict[uuid.UUID, dict[str, str]] = {row.id: {} for row in rows}
    for value in session.scalars(select(SealedValue).where(SealedValue.owner_id.in_(masks))):
        masks[value.owner_id][value.field] = value.value_masked
    return [
        ContactView(row, masks[row.id].get(NAME, ""), masks[row.id].get(PHONE, ""), is_stale(row.verified_on))
        for row in rows
    ]


def phones_to_call(session: Session, institution_id: uuid.UUID) -> list[str]:
    """The masked phones of those who may be called."""
    views = of_institution(session, institution_id)
    return [view.phone for view in views if view.contact.may_be_called and view.phone]


def to_call(session: Session, institution_id: uuid.UUID) -> list[uuid.UUID]:
    """Ids of the contacts that may be called, the one verified last first; `contact_phone` is sealed under each."""
    rows = session.scalars(
        select(InstitutionContact).where(
            InstitutionContact.institution_id == institution_id, InstitutionContact.may_be_called, _is_live()
        )
    )
    newest = sorted(rows, key=lambda row: (row.verified_on or date.min, row.created_at, str(row.id)), reverse=True)
    return [row.id for row in newest]


def is_stale(verified_on: date | None) -> bool:
    """Whether it is to be asked about: never verified, or not for a year (DESK 0.8)."""
    return verified_on is None or verified_on < clock.china_today() - timedelta(days=STALE_DAYS)


def stale_of_keeper(
    session: Session, keeper_id: uuid.UUID, most: int
) -> list[tuple[DirectoryEntry, InstitutionContact, int]]:
    """The institutions of a keeper with their stalest contact and how many there are; one query.

    One that was entered in the last year is not asked about yet.
    """
    now, contact = clock.now(), InstitutionContact
    day, moment = clock.china_today() - timedelta(days=STALE_DAYS), now - timedelta(days=STALE_DAYS)
    is_old = or_(contact.verified_on < day, contact.verified_on.is_(None) & (contact.created_at < moment))
    entered = func.coalesce(contact.verified_on, cast(contact.created_at, Date))
    place = (
        func.row_number().over(partition_by=contact.institution_id, order_by=(entered, contact.id)).label("place"),
        func.count().over(partition_by=contact.institution_id).label("number"),
    )
    ranked = (
        select(contact.id, entered.label("entered"), *place)
        .join(DirectoryEntry, DirectoryEntry.id == contact.institution_id)
        .where(DirectoryEntry.keeper_id == keeper_id, DirectoryEntry.is_active, is_old, _is_live())
        .subquery()
    )
    rows = (
        select(DirectoryEntry, contact, ranked.c.number)
        .join(contact, contact.institution_id == DirectoryEntry.id)
        .join(ranked, ranked.c.id == contact.id)
        .where(ranked.c.place == 1)
        .order_by(ranked.c.entered, DirectoryEntry.id)
        .limit(most)
    )
    return [(entry, oldest, int(count)) for entry, oldest, count in session.execute(rows)]


def may_write(actor: Actor, entry: DirectoryEntry) -> bool:
    return actor.role == Role.LEAD.value or is_keeper(entry, actor.user_id)


def find(
    session: Session, institution_id: uuid.UUID, contact_id: uuid.UUID, *, lock: bool = False
) -> InstitutionContact:
    """Raises NotFoundError: no such contact of this institution, or one that was destroyed."""
    row = session.get(InstitutionContact, contact_id, with_for_update=lock)
    if row is None or row.institution_id != institution_id:
        raise NotFoundError("没有找到这位联系人")
    return row


def values_of(session: Session, contact_id: uuid.UUID) -> list[SealedValue]:
    """Phone and name, still sealed."""
    rows = select(SealedValue).where(SealedValue.owner_id == contact_id).order_by(SealedValue.field.desc())
    return list(session.scalars(rows))


def add(
    session: Session, runtime: Runtime, actor: Actor, institution_id: uuid.UUID, details: ContactDetails
) -> InstitutionContact:
    """Entered now counts as verified today.

    Raises:
        InvalidError: lists every fault. ForbiddenError: neither keeper nor lead. NotFoundError: no such institution.
    """
    entry = _entry(session, actor, institution_id)
    clean = _checked(session, runtime.vault, entry, details, None)
    now = clock.now()
    row = InstitutionContact(
        id=new_id(), institution_id=entry.id, role=clean.role, may_be_called=clean.may_be_called,
        preferred_time=clean.preferred_time, verified_on=clock.china_today(), created_at=now, changed_at=now, version=1,
    )  # fmt: skip
    key, key_row = runtime.vault.new_data_key(row.id, CONTACT)
    sealed = [
        runtime.vault.sealed_value(key, owner_id=row.id, field=name, value=value, mask=mask, label=LABELS[name])
        for name, value, mask in ((NAME, clean.name, "name"), (PHONE, clean.phone, "phone"))
    ]
    insert_rows(session, key_row, *sealed, row)
    trail.record(session, Tag.CONTACT_ADDED, actor, particulars=_named(entry, row))
    return row


def change(
    session: Session, runtime: Runtime, actor: Actor, institution_id: uuid.UUID, contact_id: uuid.UUID,
    details: ContactDetails, version: int,
) -> InstitutionContact:  # fmt: skip
    """A new name or phone replaces the old one, which is deleted.

    Raises:
        StaleRowError: saved by somebody else since `version`. As `add`.
    """
    entry = _entry(session, actor, institution_id)
    row = find(session, entry.id, contact_id, lock=True)
    if row.version != version:
        raise StaleRowError
    clean = _checked(session, runtime.vault, entry, details, row.id)
    for name, value, mask in ((NAME, clean.name, "name"), (PHONE, clean.phone, "phone")):
        if value:
            session.execute(delete(SealedValue).where(SealedValue.owner_id == row.id, SealedValue.field == name))
            key = runtime.vault.data_key(session, row.id, CONTACT)
            made = runtime.vault.sealed_value(
                key, owner_id=row.id, field=name, value=value, mask=mask, label=LABELS[name]
            )
            insert_rows(session, made)
    row.role, row.may_be_called, row.preferred_time = clean.role, clean.may_be_called, clean.preferred_time
    row.changed_at, row.version = clock.now(), row.version + 1
    trail.record(session, Tag.CONTACT_CHANGED, actor, particulars=_named(entry, row))
    return row


def verify(session: Session, actor: Actor, institution_id: uuid.UUID, contact_id: uuid.UUID) -> InstitutionContact:
    """核实: name and phone were confirmed today."""
    entry = _entry(session, actor, institution_id)
    row = find(session, entry.id, contact_id, lock=True)
    row.verified_on, row.changed_at = clock.china_today(), clock.now()
    row.version += 1
    trail.record(session, Tag.CONTACT_VERIFIED, actor, particulars=_named(entry, row))
    return row


def end(session: Session, actor: Actor, institution_id: uuid.UUID, contact_id: uuid.UUID) -> None:
    """「不再联系」: key, values and row are destroyed at once; a restored backup destroys them again."""
    entry = _entry(session, actor, institution_id)
    row = find(session, entry.id, contact_id, lock=True)
    _destroy(session, row)
    trail.record(session, Tag.CONTACT_ENDED, actor, particulars=_named(entry, row))


def move(session: Session, from_id: uuid.UUID, to_id: uuid.UUID) -> None:
    """The contacts of a merged institution belong to the kept one."""
    moved = update(InstitutionContact).where(InstitutionContact.institution_id == from_id)
    session.execute(moved.values(institution_id=to_id))


def is_over(now: object) -> ColumnElement[bool]:
    """Condition: its values are destroyed, or its institution has been switched off for long."""
    off = exists().where(
        DirectoryEntry.id == InstitutionContact.institution_id,
        DirectoryEntry.is_active.is_(False),
        DirectoryEntry.changed_at < clock.now() - KEEP_INACTIVE,
    )
    return ~_is_live() | off


def sweep(runtime: Runtime) -> int:
    """Destroys those; how many. One transaction for each, and a row of the trail for what was not destroyed before."""
    with runtime.database.read() as session:
        over = session.scalars(select(InstitutionContact.id).where(is_over(clock.now())).limit(500)).all()
    for contact_id in over:
        with runtime.database.transaction() as session:
            row = session.get(InstitutionContact, contact_id, with_for_update=True)
            if row is not None and _destroy(session, row):
                trail.record(session, Tag.CONTACTS_DESTROYED, SYSTEM, particulars={"contacts": 1})
    return len(over)


def _destroy(session: Session, row: InstitutionContact) -> int:
    destroyed = destruction.destroy_purpose(session, row.id, CONTACT)
    session.execute(delete(SealedValue).where(SealedValue.owner_id == row.id))
    session.delete(row)
    session.flush()
    return destroyed


def _is_live() -> ColumnElement[bool]:
    return exists().where(SealedValue.owner_id == InstitutionContact.id, SealedValue.value_sealed.is_not(None))


def _entry(session: Session, actor: Actor, institution_id: uuid.UUID) -> DirectoryEntry:
    entry = directory.find(session, institution_id, lock=True)
    if not may_write(actor, entry):
        raise ForbiddenError(REFUSED)
    return entry


def _named(entry: DirectoryEntry, row: InstitutionContact) -> Particulars:
    return {"institution": entry.name, "contact": str(row.id)}


def _checked(
    session: Session, vault: Vault, entry: DirectoryEntry, details: ContactDetails, own_id: uuid.UUID | None
) -> ContactDetails:
    clean = ContactDetails(
        one_line(details.name), kept_forms.phone(details.phone), tidy(details.role), details.may_be_called,
        tidy(details.preferred_time),
    )  # fmt: skip
    faults = [*_value_faults(details, clean, is_new=own_id is None), *_text_faults(details)]
    others = select(InstitutionContact.id).where(InstitutionContact.institution_id == entry.id)
    ids = [row for row in session.scalars(others) if row != own_id]
    if own_id is None and len(ids) >= MOST_CONTACTS:
        faults.append(Fault("name", "too_many", f"每个机构最多 {MOST_CONTACTS} 位联系人"))
    if clean.phone and _is_known(session, vault, ids, clean.phone):
        faults.append(Fault("phone", "invalid", "这个机构已经有这个电话的联系人"))
    if faults:
        raise InvalidError(faults)
    return clean


def _value_faults(details: ContactDetails, clean: ContactDetails, *, is_new: bool) -> Iterable[Fault]:
    missing = {"name": "请填写联系人", "phone": "请填写电话"} if is_new else {"name": "", "phone": ""}
    for name in ("name", "phone"):
        if fault := text_fault(getattr(details, name), field=name, missing=missing[name], most=_MOST[name]):
            yield fault
    if "*" in clean.phone or "*" in clean.name:
        yield Fault("phone" if "*" in clean.phone else "name", "masked_value", "这里有 *，请填写完整的内容")
    elif clean.phone and (message := phones.fault(clean.phone)):
        yield Fault("phone", "invalid", message)


def _text_faults(details: ContactDetails) -> Iterable[Fault]:
    """These two are not sealed."""
    for name, word in _WORDS.items():
        text = getattr(details, name)
        if fault := text_fault(text, field=name, most=_MOST[name]):
            yield fault
        elif spans := stopping_spans(text):
            yield Fault(name, "sensitive_text", f"{word}里像是有{'、'.join(labels_of(spans))}，请删去")


def _is_known(session: Session, vault: Vault, ids: Sequence[uuid.UUID], phone: str) -> bool:
    of_these = (SealedValue.owner_id.in_(ids), SealedValue.field == PHONE)
    same = select(SealedValue.id).where(*of_these, SealedValue.value_index.in_(vault.blind_indexes(phone)))
    return bool(ids) and session.scalars(same.limit(1)).first() is not None

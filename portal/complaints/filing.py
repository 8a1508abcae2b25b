"""Registering a complaint: by the clinic at its own ticket, or by staff for a caller (DESK 5.2, 5.3).

Every text is a case of its own with its own number and query code, also while another one about the ticket is open.
"""

import uuid
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import limiter, standing
from portal.accounts.limiter import RateLimit
from portal.accounts.models import User
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.complaints import access, alarms, numbers, stays, subjects, telling
from portal.complaints.models import Complaint
from portal.complaints.names import NAME, PHONE, SALUTATIONS, ComplaintKind, ComplaintState, Field
from portal.complaints.texts import CONTACT_KEY, CONTENT_KEY, Writer
from portal.db import insert_rows, new_id
from portal.errors import Fault, InvalidError, NotFoundError
from portal.institutions.models import DirectoryEntry
from portal.kinds import phones
from portal.kinds.names import Channel
from portal.notify.events import Event
from portal.runtime import Runtime
from portal.sensitive_text import free_text
from portal.sensitive_text.folding import folded
from portal.tickets import lookup, numbering
from portal.tickets.models import Ticket
from portal.vault.models import SealedValue
from portal.vault.vault import OpenedKey, Vault

FEWEST_SIGNS = 10
MOST_NAME, MOST_INSTITUTION, MOST_PHONE = 40, 120, 40
# A county may stand behind one address; a ticket's code is not for filling the list of complaints.
PER_TICKET = RateLimit("complaint-ticket", most=5, minutes=60)
PER_ADDRESS = RateLimit("complaint-address", most=30, minutes=60)
_TOO_MANY = "投诉提交得太多，请在 {at} 以后再试"


@dataclass(frozen=True)
class Complained:
    """What the complainant says. `subjects`: usernames of the people complained of, where staff register it."""

    content: str = field(repr=False)
    name: str = field(repr=False)
    wish: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    kind: str = ""
    institution: str = field(default="", repr=False)
    channel: str = Channel.YXT.value
    occurred_on: str = ""
    subjects: Sequence[str] = ()
    is_grave: bool = False
    is_legal: bool = False


@dataclass(frozen=True)
class ComplaintReceipt:
    """Shown once; the same submission gives the same one again. `is_own`: the registrant may open the case."""

    number: str
    query_code: str = field(repr=False)
    state: str
    received_at: datetime
    is_own: bool = True


def faults_of(given: Complained, *, has_ticket: bool) -> list[Fault]:
    """Everything that is wrong with it, at once."""
    faults = [
        free_text.text_fault(given.content, field="content", missing="请写明投诉的内容：什么时候，发生了什么"),
        free_text.text_fault(given.wish, field="wish"),
        free_text.text_fault(given.name, field="name", missing="请填写怎样称呼您，例如：王女士", most=MOST_NAME),
        free_text.text_fault(given.institution, field="institution", most=MOST_INSTITUTION),
        _phone_fault(given.phone),
    ]
    found = [fault for fault in faults if fault is not None]
    if not any(fault.field == "content" for fault in found) and len(given.content.strip()) < FEWEST_SIGNS:
        words = f"请再写清楚一些，至少 {FEWEST_SIGNS} 个字，现在是 {len(given.content.strip())} 个"
        found.append(Fault("content", "too_short", words))
    if given.kind and given.kind not in list(ComplaintKind):
        found.append(Fault("kind", "invalid", "请从列表里选择投诉的类型"))
    is_named = not given.name.strip().endswith(SALUTATIONS)
    if not has_ticket and not is_named and free_text.is_blank(given.institution):
        found.append(Fault("institution", "required", "只有称呼时，请写明是哪个机构"))
    if given.channel not in list(Channel):
        found.append(Fault("channel", "invalid", "请选择投诉从哪里来"))
    if given.occurred_on and not _is_past_day(given.occurred_on):
        found.append(Fault("occurred_on", "invalid", "发生的日期应像 2026-11-28，不能晚于今天"))
    order = ("content", "wish", "name", "contact_phone", "institution", "ticket", "channel", "kind", "occurred_on")
    return sorted(found, key=lambda fault: order.index(fault.field) if fault.field in order else len(order))


def file_by_clinic(
    runtime: Runtime, actor: Actor, ticket_id: uuid.UUID, given: Complained, submission: str
) -> ComplaintReceipt:
    """At a ticket that the clinic has opened by its query code.

    Raises:
        InvalidError: every fault. TooManyRequestsError: too many from this ticket or address.
    """
    faults = faults_of(given, has_ticket=True)
    if faults:
        raise InvalidError(faults)
    key = _key(submission, ticket_id, given)
    known = _known(runtime, key)
    if known is not None:
        return known
    or_call = runtime.settings.or_call
    limiter.ensure_room(runtime.database, PER_TICKET, str(ticket_id), _TOO_MANY, or_call)
    limiter.ensure_room(runtime.database, PER_ADDRESS, actor.address, _TOO_MANY, or_call)

    def file(session: Session) -> ComplaintReceipt:
        ticket = lookup.lock(session, {ticket_id})[ticket_id]
        limiter.count(session, PER_TICKET, str(ticket_id))
        limiter.count(session, PER_ADDRESS, actor.address)
        return _insert(session, runtime, actor, ticket, given, key, None)

    return runtime.database.run_once(file, lambda: _known(runtime, key))


def file_for_caller(
    runtime: Runtime, actor: Actor, ticket_number: str, given: Complained, submission: str
) -> ComplaintReceipt:
    """By 坐席, leads and managers, with a ticket of their queues or without one.

    Raises:
        InvalidError: every fault, an unknown ticket or person among them.
    """
    key = _key(submission, actor.user_id, given, ticket_number)
    known = _known(runtime, key)
    if known is not None:
        return known

    def file(session: Session) -> ComplaintReceipt:
        standing.require(session, actor)
        ticket = _ticket(session, actor, ticket_number)
        faults = faults_of(given, has_ticket=ticket is not None)
        if ticket is None and ticket_number.strip():
            faults.insert(0, Fault("ticket", "not_found", "没有找到这个工单编号，请核对；不清楚的可以不填"))
        people = session.scalars(select(User).where(User.username.in_(given.subjects))).all()
        if len(people) < len(set(given.subjects)):
            faults.append(Fault("subjects", "not_found", "没有这个人，请从名单里选择"))
        if faults:
            raise InvalidError(faults)
        if ticket is not None:
            ticket = lookup.lock(session, {ticket.id})[ticket.id]
        return _insert(session, runtime, actor, ticket, given, key, people)

    return runtime.database.run_once(file, lambda: _known(runtime, key))


def _ticket(session: Session, actor: Actor, number: str) -> Ticket | None:
    try:
        return lookup.find(session, actor, number) if number.strip() else None
    except NotFoundError:
        return None


def _insert(
    session: Session,
    runtime: Runtime,
    actor: Actor,
    ticket: Ticket | None,
    given: Complained,
    key: str,
    people: Sequence[User] | None,
) -> ComplaintReceipt:
    now, vault, case_id = clock.now(), runtime.vault, new_id()
    code = numbering.query_code(vault, key)
    content_key, content_row = vault.new_data_key(case_id, CONTENT_KEY)
    contact_key, contact_row = vault.new_data_key(case_id, CONTACT_KEY)
    contact = _contact(vault, contact_key, case_id, given)
    insert_rows(session, content_row, contact_row, *contact)
    complaint = Complaint(
        id=case_id,
        number=numbers.next_number(session),
        query_code_hash=numbering.hash_code(vault, code),
        submission_hash=_hash(runtime, key),
        ticket_id=ticket.id if ticket is not None else None,
        institution_id=_institution_id(session, ticket, given),
        channel=given.channel,
        received_at=now,
        received_by_id=actor.user_id,
        occurred_on=date.fromisoformat(given.occurred_on) if given.occurred_on else None,
        kind=given.kind or None,
        status=ComplaintState.REGISTERED.value,
        data_key_id=content_key.id,
        changed_at=now,
        is_grave=given.is_grave,
        is_legal=given.is_legal,
        held_at=now if given.is_legal else None,
    )
    session.add(complaint)
    session.flush()
    writer = Writer(session, vault, complaint, content_key)
    writer.text(Field.CONTENT, given.content.strip(), actor.user_id)
    writer.text(Field.WISH, given.wish.strip(), actor.user_id)
    writer.text(Field.INSTITUTION, given.institution.strip(), actor.user_id)
    writer.entry("register", actor.user_id, is_public=True)
    out = {person.id for person in people or ()} | (
        subjects.of_ticket(session, ticket) if ticket is not None else set()
    )
    subjects.enter(session, complaint, out)
    is_own = _name_handler(session, complaint, actor)
    if complaint.is_grave:
        access.give_owner(session, complaint, actor.user_id)
    stays.renew(session, ticket)
    _announce(session, complaint, actor)
    trail.record(
        session, Tag.COMPLAINT_REGISTERED, actor, ticket_number=complaint.number,
        particulars={"channel": complaint.channel},
    )  # fmt: skip
    return ComplaintReceipt(complaint.number, code, complaint.status, now, is_own)


def _name_handler(session: Session, complaint: Complaint, actor: Actor) -> bool:
    """Whoever took the call handles it until a manager passes it on, unless it is about them; whether they do."""
    if actor.user_id is None:
        return False
    is_subject = actor.user_id in access.subject_ids(session, complaint)
    if not is_subject:
        complaint.handler_id = actor.user_id
        return True
    free = access.eligible_managers(session, complaint)
    if free:
        complaint.handler_id, complaint.named_at = free[0].id, clock.now()
        complaint.status = ComplaintState.JUDGING.value
    return False


def _announce(session: Session, complaint: Complaint, actor: Actor) -> None:
    telling.tell_managers(session, Event.COMPLAINT_REGISTERED, complaint, by=actor.user_id)
    if complaint.is_grave:
        telling.tell_managers(session, Event.GRAVE, complaint, by=actor.user_id)
        alarms.begin(session, complaint, Event.GRAVE, by=actor.user_id)
    if complaint.is_legal:
        people = access.ids_of(access.legal_people(session))
        telling.tell(session, Event.LEGAL, complaint, people, by=actor.user_id)
        alarms.begin(session, complaint, Event.LEGAL, by=actor.user_id)
    telling.tell_if_unattended(session, complaint)


def _contact(vault: Vault, key: OpenedKey, case_id: uuid.UUID, given: Complained) -> list[SealedValue]:
    """Name and phone without an index: no search by a number finds a complainant."""
    given_values = ((NAME, given.name, "name", "投诉人"), (PHONE, given.phone, "phone", "联系电话"))
    rows = [
        vault.sealed_value(key, owner_id=case_id, field=name, value=value.strip(), mask=mask, label=label)
        for name, value, mask, label in given_values
        if value.strip()
    ]
    for row in rows:
        row.value_index = None
    return rows


def _institution_id(session: Session, ticket: Ticket | None, given: Complained) -> uuid.UUID | None:
    if ticket is not None:
        return ticket.institution_id
    named = select(DirectoryEntry.id).where(DirectoryEntry.name == given.institution.strip())
    return session.scalars(named).first()


def _phone_fault(phone: str) -> Fault | None:
    if free_text.is_blank(phone):
        return None
    fault = free_text.text_fault(phone, field="contact_phone", most=MOST_PHONE)
    if fault is None and (words := phones.fault(folded(phone).text)):
        fault = Fault("contact_phone", "invalid", words)
    return fault


def _is_past_day(text: str) -> bool:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return False
    return date(2000, 1, 1) <= day <= clock.china_today()


def _known(runtime: Runtime, key: str) -> ComplaintReceipt | None:
    with runtime.database.read() as session:
        row = session.scalars(select(Complaint).where(Complaint.submission_hash == _hash(runtime, key))).first()
        if row is None:
            return None
        is_own = row.received_by_id is not None and row.received_by_id not in access.subject_ids(session, row)
        code = numbering.query_code(runtime.vault, key)
        return ComplaintReceipt(row.number, code, ComplaintState.REGISTERED.value, row.received_at, is_own)


def _key(submission: str, whose: object, given: Complained, ticket_number: str = "") -> str:
    """The texts too: another text under the same submission is another case."""
    return repr((submission, str(whose), ticket_number, astuple(given)))


def _hash(runtime: Runtime, key: str) -> str:
    return runtime.vault.keyed_hash("complaint submission", key)

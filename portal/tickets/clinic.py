"""What a clinic does with its ticket by number and query code: look, supplement, confirm (CONTRACT /track)."""

import uuid
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import attempts
from portal.accounts.attempts import Limit
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.db import OutcomeUnknownError
from portal.errors import ConflictError, Fault, InvalidError, PortalError
from portal.experience.counting import Figure, count
from portal.notify import outbox
from portal.screenshots import service as screenshots
from portal.screenshots.models import Screenshot
from portal.tickets import lifecycle, numbering, queries, validation, work
from portal.tickets.fields import FieldSpec
from portal.tickets.filing import NewPicture
from portal.tickets.kinds import KINDS
from portal.tickets.lifecycle import Action
from portal.tickets.models import InformationRequest, Supplement, Ticket
from portal.tickets.sealing import Keys, Sealer, next_position, seal_later_text
from portal.tickets.states import Channel, TicketState
from portal.tickets.tools import Tools
from portal.vault.vault import CREDENTIALS, REPORT

# Wrong tries only; a number is guarded against a spread of addresses, an address against walking the numbers.
ADDRESS_LIMIT = Limit("track-address", most=20, minutes=15)
NUMBER_LIMIT = Limit("track-number", most=100, minutes=15)
_TOO_MANY = "尝试次数过多，请在 {at} 以后再试，或拨打服务电话"
WRONG = "编号或查询码不对，请对照回执核对"


class Tracked(Protocol):
    """What is followed by a number and a query code."""

    @property
    def query_code_hash(self) -> str:
        """What is kept of the code."""


_Tracked = TypeVar("_Tracked", bound=Tracked)


def find(tools: Tools, actor: Actor, number: str, code: str) -> Ticket:
    """The ticket for a number and its query code.

    Raises:
        PortalError: 404, the same for a wrong number and a wrong code.
        TooManyRequestsError: too many wrong tries.
    """
    return opened_by_code(tools, actor, number, code, queries.by_number)


def opened_by_code(
    tools: Tools, actor: Actor, number: str, code: str, look: Callable[[Session, str], _Tracked | None]
) -> _Tracked:
    """What `look` finds under a number, for whoever knows its query code; other series have the same limits.

    Raises:
        PortalError: 404, the same for a wrong number and a wrong code.
        TooManyRequestsError: too many wrong tries.
    """
    number = numbering.normal_number(number)
    limits = ((ADDRESS_LIMIT, actor.address), (NUMBER_LIMIT, number))
    for limit, subject in limits:
        attempts.ensure_room(tools.database, limit, subject, _TOO_MANY)
    with tools.database.read() as session:
        found = look(session, number)
    expected = found.query_code_hash if found else "0" * 64
    if numbering.is_code(tools.vault, code, expected) and found is not None:
        return found
    with tools.database.transaction() as session:
        for limit, subject in limits:
            attempts.count(session, limit, subject)
    raise PortalError(WRONG, 404)


def open_request(session: Session, ticket: Ticket) -> InformationRequest | None:
    """What the clinic still has to supply."""
    return session.scalars(
        select(InformationRequest)
        .where(InformationRequest.ticket_id == ticket.id, InformationRequest.answered_at.is_(None))
        .order_by(InformationRequest.asked_at.desc())
    ).first()


def supplement(
    tools: Tools,
    actor: Actor,
    ticket_id: uuid.UUID,
    values: validation.Values,
    pictures: Sequence[NewPicture],
) -> Ticket:
    """Take what was asked for, under the same rules as the form; only asked fields count.

    A field that is right is kept even when another is not: nothing is asked for twice (issue 2, item 3).

    Raises:
        InvalidError: every fault of the fields that were not kept.
        ConflictError: nothing is asked for (any more).
    """
    with tools.database.read() as session:
        ticket = session.get_one(Ticket, ticket_id)
        request = _request_or_conflict(session, ticket)
        asked = _asked_fields(ticket, request)
    given, faults, clean = _judged(tools, ticket, asked, values, pictures)
    if given:
        ticket = _take(tools, actor, ticket, given, clean, pictures)
    if faults:
        raise InvalidError(faults)
    return ticket


def _judged(
    tools: Tools,
    ticket: Ticket,
    asked: Sequence[FieldSpec],
    values: validation.Values,
    pictures: Sequence[NewPicture],
) -> tuple[list[FieldSpec], list[Fault], validation.Values]:
    """The fields that came and are right, the faults of the others, and the normalised values."""
    kind = KINDS[ticket.kind_enum]
    clean = {name: given for name, given in validation.normalised(kind, values).items() if given}
    pairs = [validation.picture_of(p.slot, p.inspection, p.is_confirmed) for p in pictures]
    came = [spec for spec in asked if clean.get(spec.name) or any(p.slot == spec.name for p in pictures)]
    if not came:
        return [], [spec.fault(*_missing(spec, clean)) for spec in asked], clean
    faults = validation.text_faults(kind, Channel.YXT, clean, came, tools.rules())
    faults += validation.picture_faults(kind, Channel.YXT, clean, pairs, came)
    wrong = {fault.field for fault in faults}
    return [spec for spec in came if spec.name not in wrong], faults, clean


def _take(
    tools: Tools,
    actor: Actor,
    ticket: Ticket,
    given: Sequence[FieldSpec],
    clean: validation.Values,
    pictures: Sequence[NewPicture],
) -> Ticket:
    slots = {spec.name for spec in given}
    stored = _stored(tools, ticket, [picture for picture in pictures if picture.slot in slots])
    try:
        with tools.database.transaction() as session:
            ticket = session.scalars(select(Ticket).where(Ticket.id == ticket.id).with_for_update()).one()
            request = _request_or_conflict(session, ticket)
            still = [spec for spec in given if spec.name in request.missing]
            if not still:
                return ticket  # the same post came twice: its twin was faster
            _keep(session, tools, ticket, still, clean)
            session.add_all([picture for picture in stored if picture.slot in request.missing])
            request.supplied = list(dict.fromkeys([*request.supplied, *(spec.name for spec in still)]))
            request.supplied_at, request.reminded_at = clock.now(), None  # the waiting begins anew for the rest
            _finish(session, ticket, request, still, actor)
    except OutcomeUnknownError:
        raise  # the commit may stand: only the sweep may remove these blobs
    except BaseException:
        for picture in stored:
            tools.blobs.delete(picture.blob_key)
        raise
    return ticket


def confirm(tools: Tools, actor: Actor, ticket_id: uuid.UUID, *, is_solved: bool, comment: str) -> Ticket:
    """已解决 closes the ticket; 没有解决 needs a sentence and puts it back to work (CONTRACT)."""
    comment = comment.strip()
    if not is_solved and not comment:
        raise InvalidError([Fault("comment", "required", "请写明还有什么问题，方便工程师继续处理")])
    if len(comment) > work.MAX_TEXT or "\x00" in comment:
        raise InvalidError([Fault("comment", "too_long", f"最多 {work.MAX_TEXT} 个字")])
    with tools.database.transaction() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.id == ticket_id).with_for_update()).one()
        text = seal_later_text(session, tools.vault, ticket.report_id, "comment", "机构说明", comment)
        if is_solved:
            lifecycle.move(session, ticket, Action.CONFIRM, actor, text=text)
            count(session, [(Figure.CONFIRMED, "yes")])
            trail.record(session, Tag.TICKET_CLOSED, actor, ticket_number=ticket.number)
        else:
            work.check_reopening(ticket)
            lifecycle.move(session, ticket, Action.REOPEN, actor, text=text)
            ticket.reopened_count += 1
            count(session, [(Figure.CONFIRMED, "no")])
            outbox.add(session, "reopened", ticket.number)
            trail.record(session, Tag.TICKET_REOPENED, actor, ticket_number=ticket.number)
    return ticket


def _request_or_conflict(session: Session, ticket: Ticket) -> InformationRequest:
    request = open_request(session, ticket)
    if request is None or ticket.state_enum is not TicketState.AWAITING_INFORMATION:
        raise ConflictError("目前没有需要补充的内容")
    return request


def _asked_fields(ticket: Ticket, request: InformationRequest) -> list[FieldSpec]:
    kind = KINDS[ticket.kind_enum]
    return [kind.field(name) for name in request.missing if kind.asks(name)]


def _missing(spec: FieldSpec, clean: validation.Values) -> tuple[str, str]:
    return "image_missing" if spec.is_picture else "required", validation.missing_message(spec, clean)


def _stored(tools: Tools, ticket: Ticket, pictures: Sequence[NewPicture]) -> list[Screenshot]:
    if not pictures:
        return []
    with tools.database.transaction() as session:
        key = tools.vault.data_key(session, ticket.report_id, REPORT)
        taken = {slot: _pictures_in(session, ticket, slot) for slot in {p.slot for p in pictures}}
    stored = []
    for picture in pictures:
        stored.append(
            screenshots.store(
                tools.vault,
                tools.blobs,
                key,
                picture.inspection,
                owner_id=ticket.report_id,
                slot=picture.slot,
                position=taken[picture.slot],
                is_confirmed=picture.is_confirmed,
            )
        )
        taken[picture.slot] += 1
    return stored


def _pictures_in(session: Session, ticket: Ticket, slot: str) -> int:
    owned = select(func.count()).where(Screenshot.owner_id == ticket.report_id, Screenshot.slot == slot)
    return session.scalar(owned) or 0


def _keep(session: Session, tools: Tools, ticket: Ticket, given: Sequence[FieldSpec], clean: validation.Values) -> None:
    owner_id = ticket.report_id
    keys = Keys(tools.vault.data_key(session, owner_id, REPORT), tools.vault.data_key(session, owner_id, CREDENTIALS))
    sealer = Sealer(tools.vault, owner_id, keys)
    for spec in given:
        if spec.is_picture:
            continue
        if spec.is_sensitive:
            start = next_position(session, owner_id, spec.name)
            for offset, value in enumerate(clean[spec.name]):
                sealer.value(spec.name, value, spec.mask or "password", spec.is_credential, start + offset, spec.label)
            continue
        text = seal_later_text(session, tools.vault, owner_id, spec.name, spec.label, clean[spec.name][0])
        session.add(Supplement(report_id=owner_id, field=spec.name, text=text, created_at=clock.now()))
    session.add_all(sealer.rows)


def _finish(
    session: Session, ticket: Ticket, request: InformationRequest, given: Sequence[FieldSpec], actor: Actor
) -> None:
    is_complete = not request.missing
    if is_complete:
        request.answered_at = clock.now()
    labels = "、".join(spec.label for spec in given)
    lifecycle.move(
        session, ticket, Action.SUPPLY_ALL if is_complete else Action.SUPPLEMENT, actor, text=f"已补充：{labels}"
    )
    outbox.add(session, "supplemented", ticket.number)
    trail.record(
        session,
        Tag.REPORT_SUPPLEMENTED,
        actor,
        ticket_number=ticket.number,
        detail=" ".join(spec.name for spec in given),
    )

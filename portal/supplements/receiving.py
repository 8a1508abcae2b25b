"""Receives what a clinic was asked for, or what its channel let off, under the rules of the form."""

import uuid
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.db import OutcomeUnknownError
from portal.errors import ConflictError, Fault, InvalidError
from portal.kinds import validation
from portal.kinds.fields import CheckContext, FieldSpec
from portal.kinds.names import Channel
from portal.kinds.table import KINDS
from portal.notify import outbox
from portal.notify.events import Event
from portal.progress import lifecycle, ownership
from portal.progress.lifecycle import OPEN, Move, staying
from portal.reports import filing, kept_by_hand, listing
from portal.reports.filing import NewPicture
from portal.reports.models import Supplement
from portal.reports.sealing import Keys, Sealer, next_position, seal_later_text
from portal.runtime import Runtime
from portal.screenshots import service as screenshots
from portal.screenshots import twins
from portal.screenshots.models import Screenshot
from portal.supplements import wanted as wanted_now
from portal.supplements.wanted import Wanted
from portal.tickets import lookup
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState, TurnCause
from portal.vault.vault import CREDENTIALS, REPORT

SUPPLEMENT = Move("supplement", "机构补充了资料", staying(TicketState.AWAITING_INFORMATION))
SUPPLY_ALL = Move(
    "supply_all",
    "机构补齐了资料",
    {TicketState.AWAITING_INFORMATION: TicketState.IN_PROGRESS},
    unowned=TicketState.SUBMITTED,
    cause=TurnCause.SUPPLEMENTED,
)
SUPPLY_LET_OFF = Move("supply_let_off", "机构补充了登记时没有填的资料", OPEN, is_remark=True)


def supplement(
    runtime: Runtime,
    actor: Actor,
    ticket_id: uuid.UUID,
    values: validation.Values,
    pictures: Sequence[NewPicture],
) -> Ticket:
    """Accept what is wanted now, under the same rules as the form; no other field counts.

    A valid field is stored even if another is not, so that nothing is asked for twice.

    Raises:
        InvalidError: every fault of the fields that were not stored.
        ConflictError: nothing is wanted (any more).
    """
    with runtime.database.read() as session:
        ticket = session.get_one(Ticket, ticket_id)
        wanted = _wanted_or_conflict(session, ticket)
        pictures = [_asked_if_stored(session, runtime, ticket, picture) for picture in pictures]
    accepted, faults, clean = _judged(runtime, ticket, wanted, values, pictures)
    if accepted:
        ticket = _take(runtime, actor, ticket, accepted, clean, pictures)
    if faults:
        raise InvalidError(faults)
    return ticket


def _asked_if_stored(session: Session, runtime: Runtime, ticket: Ticket, picture: NewPicture) -> NewPicture:
    owner_id, inspection = ticket.report_id, picture.inspection
    if not twins.find_stored(session, runtime.vault, runtime.blobs, owner_id, inspection, picture.slot):
        return picture
    return replace(picture, inspection=twins.asked_if_same(picture.inspection))


def _judged(
    runtime: Runtime,
    ticket: Ticket,
    wanted: Wanted,
    values: validation.Values,
    pictures: Sequence[NewPicture],
) -> tuple[list[FieldSpec], list[Fault], validation.Values]:
    """The valid fields, the faults of the others, and the normalised values."""
    kind = KINDS[ticket.kind_enum]
    clean = {name: answers for name, answers in validation.normalised(kind, values).items() if answers}
    pairs = [validation.picture_of(p.slot, p.inspection, p.is_confirmed) for p in pictures]
    present = [spec for spec in wanted.fields if clean.get(spec.name) or any(p.slot == spec.name for p in pictures)]
    if not present:
        return [], _all_blank(wanted, clean), clean
    context, chosen = CheckContext.of(runtime.settings), ticket.type_enum
    faults = validation.text_faults(kind, Channel.YXT, clean, present, context, chosen)
    faults += validation.picture_faults(kind, Channel.YXT, clean, pairs, present, chosen)
    wrong = {fault.field for fault in faults}
    return [spec for spec in present if spec.name not in wrong], faults, clean


def _take(
    runtime: Runtime,
    actor: Actor,
    ticket: Ticket,
    accepted: Sequence[FieldSpec],
    clean: validation.Values,
    pictures: Sequence[NewPicture],
) -> Ticket:
    slots = {spec.name for spec in accepted}
    stored = _stored(runtime, ticket, [picture for picture in pictures if picture.slot in slots])

    def kept(session: Session) -> Ticket:
        current = lookup.locked(session, ticket.id)
        wanted = _wanted_or_conflict(session, current)
        names = {spec.name for spec in wanted.fields}
        still = [spec for spec in accepted if spec.name in names]
        if not still:
            return current  # the same post arrived twice: the other one was faster
        _keep(session, runtime, current, still, clean)
        received = [picture for picture in stored if picture.slot in names]
        for picture in received:
            picture.number = None  # of an attempt that was rolled back
        session.add_all(received)
        screenshots.give_names(session, current.report_id, are_new=True)
        _note_pictures(session, current, received, actor)
        _finish(session, current, _answer(wanted, still), still, actor)
        return current

    try:
        return runtime.database.run(kept)
    except OutcomeUnknownError:
        raise  # the commit may have succeeded: only the sweep may delete these blobs
    except BaseException:
        for picture in stored:
            runtime.blobs.delete(picture.blob_key)
        raise


def _wanted_or_conflict(session: Session, ticket: Ticket) -> Wanted:
    wanted = wanted_now.of(session, ticket)
    if not wanted.fields:
        raise ConflictError("目前没有需要补充的内容")
    return wanted


def _all_blank(wanted: Wanted, clean: validation.Values) -> list[Fault]:
    """What was asked for is missing; of what was let off one field is enough."""
    if wanted.asked:
        return [spec.fault(*_missing(spec, clean)) for spec in wanted.asked]
    return [wanted.let_off[0].fault("required", "请至少填写一项，再提交")]


def _missing(spec: FieldSpec, clean: validation.Values) -> tuple[str, str]:
    return "image_missing" if spec.is_picture else "required", validation.missing_message(spec, clean)


def _stored(runtime: Runtime, ticket: Ticket, pictures: Sequence[NewPicture]) -> list[Screenshot]:
    if not pictures:
        return []
    with runtime.database.transaction() as session:
        key = runtime.vault.data_key(session, ticket.report_id, REPORT)
        taken = {slot: _pictures_in(session, ticket, slot) for slot in {p.slot for p in pictures}}
    stored = []
    for picture in pictures:
        stored.append(
            screenshots.store(
                runtime.vault,
                runtime.blobs,
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


def _keep(
    session: Session, runtime: Runtime, ticket: Ticket, given: Sequence[FieldSpec], clean: validation.Values
) -> None:
    owner_id = ticket.report_id
    keys = Keys(
        runtime.vault.data_key(session, owner_id, REPORT), runtime.vault.data_key(session, owner_id, CREDENTIALS)
    )
    sealer = Sealer(runtime.vault, owner_id, keys)
    for spec in given:
        if spec.is_picture:
            continue
        if spec.is_sensitive:
            start = next_position(session, owner_id, spec.name)
            for offset, value in enumerate(clean[spec.name]):
                sealer.value(spec.name, value, spec.mask or "password", spec.is_credential, start + offset, spec.label)
            continue
        text = seal_later_text(session, runtime.vault, owner_id, spec.name, spec.label, clean[spec.name][0])
        session.add(Supplement(report_id=owner_id, field=spec.name, text=text, created_at=clock.now()))
    session.add_all(sealer.rows)


def _note_pictures(session: Session, ticket: Ticket, received: Sequence[Screenshot], actor: Actor) -> None:
    if not received:
        return
    ticket.picture_flags = filing.picture_flags(screenshots.pictures_of(session, ticket.report_id))
    kept_by_hand.record(session, received, actor, ticket.number)


def _answer(wanted: Wanted, given: Sequence[FieldSpec]) -> Move:
    """Note in the open request which of its fields came; the move that follows from it."""
    request, names = wanted.request, {spec.name for spec in given}
    answered = [spec.name for spec in wanted.asked if spec.name in names]
    if request is None or not answered:
        return SUPPLY_LET_OFF
    request.supplied = list(dict.fromkeys([*request.supplied, *answered]))
    request.supplied_at, request.reminded_at = clock.now(), None  # the waiting time restarts for the rest
    if request.missing:
        return SUPPLEMENT
    request.answered_at = clock.now()
    return SUPPLY_ALL


def _finish(session: Session, ticket: Ticket, move: Move, given: Sequence[FieldSpec], actor: Actor) -> None:
    labels = "、".join(spec.label for spec in given)
    listing.renew(session, ticket)
    if move is not SUPPLY_LET_OFF:
        ownership.take_back(session, ticket, also_away=True)
    lifecycle.apply(session, ticket, move, actor, text=f"已补充：{labels}")
    outbox.add(session, Event.SUPPLEMENTED, ticket.number)
    trail.record(
        session,
        Tag.REPORT_SUPPLEMENTED,
        actor,
        ticket_number=ticket.number,
        particulars={"fields": [spec.name for spec in given]},
    )

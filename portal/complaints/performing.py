"""Carries acts on cases out: the only way in for pages and API, so that none goes round a rule.

The order is that of DESK 0.6: the person, the ticket and the case locked; then right, version, state, faults; then the
act, its line, its messages, and the trail last.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from portal import clock
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.complaints import access, following, telling
from portal.complaints.act import CaseAct, StaleComplaintError, Taking
from portal.complaints.models import Complaint
from portal.complaints.names import STATE_LABELS, ComplaintState
from portal.complaints.texts import Writer
from portal.db import ContendedError
from portal.errors import ConflictError, Fault, ForbiddenError, InvalidError, NotFoundError
from portal.notify.events import Event
from portal.runtime import Runtime
from portal.tickets import lookup


def carry_out(
    runtime: Runtime, actor: Actor, act: CaseAct, number: str, version: int, given: Mapping[str, Any]
) -> Complaint:
    """In a transaction of its own. A refusal for lack of rights is recorded and raised.

    Raises:
        NotFoundError: absent, or not theirs to know of. ForbiddenError: not this person.
        InvalidError: every fault. ConflictError: it changed since `version`, or its state forbids it.
    """
    try:
        return runtime.database.run(lambda session: perform(session, runtime, actor, act, number, version, given))
    except ForbiddenError:
        with runtime.database.transaction() as session:
            trail.record(
                session, Tag.ACCESS_DENIED, actor, ticket_number=access.find(session, actor, number).complaint.number,
                particulars={"case_act": act.name}, is_success=False,
            )  # fmt: skip
        raise


def perform(
    session: Session, runtime: Runtime, actor: Actor, act: CaseAct, number: str, version: int, given: Mapping[str, Any]
) -> Complaint:
    """In the caller's transaction; raises as `carry_out`."""
    values, faults = act.values(given)
    viewed = access.locked(session, actor, number)
    complaint = viewed.complaint
    if not act.may(viewed) or (viewed.is_only_legal and act.name != "flags"):
        raise ForbiddenError(act.refusal)
    _check(session, complaint, act, version)
    ticket = lookup.lock(session, {complaint.ticket_id}).get(complaint.ticket_id) if complaint.ticket_id else None
    taking = Taking(session, runtime, actor, viewed, ticket, Writer.of(session, runtime, complaint))
    if act.doubt is not None:
        known = {fault.field for fault in faults}
        faults += [fault for fault in act.doubt(taking, values) if fault.field not in known]
    if faults:
        raise InvalidError(faults)
    before = complaint.state_enum
    done = act.do(taking, **values)
    after = done.state or act.leads[before]
    is_public = act.is_public if done.public is None else done.public
    taking.writer.entry(done.action or act.name, taking.by_id, text=done.text, is_public=is_public)
    following.move(session, complaint, ticket, after)
    telling.tell_if_unattended(session, complaint)
    part = viewed.parts[0].value
    trail.record(
        session, done.tag or act.tag, actor, ticket_number=complaint.number,
        particulars={**done.particulars, "part": part, "case_state": after.value},
    )  # fmt: skip
    return complaint


def _check(session: Session, complaint: Complaint, act: CaseAct, version: int) -> None:
    label = STATE_LABELS[complaint.state_enum]
    if complaint.version != version:
        raise StaleComplaintError(label)
    if complaint.joined_to_id is not None and not act.on_joined:
        main = session.get_one(Complaint, complaint.joined_to_id)
        raise ConflictError(f"这件投诉已并入 {main.number}，请在那里处理")
    if complaint.state_enum not in act.leads:
        raise ConflictError(f"这件投诉现在的状态是“{label}”，不能“{act.title}”。请刷新后核对")


def name_steward(runtime: Runtime, actor: Actor, number: str, version: int, username: str) -> str:
    """An administrator names who decides a case for which no 客服经理 is left; returns its number.

    Raises:
        NotFoundError: absent, or somebody is left. InvalidError: not this person.
    """

    def named(session: Session) -> str:
        complaint = orphan(session, actor, number)
        ticket = access.lock(session, complaint)
        if complaint.version != version:
            raise StaleComplaintError(STATE_LABELS[complaint.state_enum])
        out = (complaint.first_judge_id,) if complaint.verdict is None else ()
        people = [one for one in access.may_be_named(session, complaint) if one.id not in out]
        person = next((one for one in people if one.username == username), None)
        if person is None:
            raise InvalidError([Fault("handler", "not_found", "请从名单里选择一个人")])
        complaint.steward_id = complaint.handler_id = person.id
        complaint.named_by_id, complaint.named_at = actor.user_id, clock.now()
        state = complaint.state_enum
        state = ComplaintState.JUDGING if state is ComplaintState.REGISTERED else state
        Writer.of(session, runtime, complaint).entry("handler", actor.user_id, is_public=True)
        following.move(session, complaint, ticket, state)
        telling.tell(session, Event.COMPLAINT_REGISTERED, complaint, [person.id], by=actor.user_id)
        trail.record(
            session, Tag.COMPLAINT_HANDLER_NAMED, actor, ticket_number=complaint.number,
            particulars={"handler": person.username},
        )  # fmt: skip
        return complaint.number

    try:
        return runtime.database.run(named)
    except ContendedError as error:
        raise ConflictError("有人同时在修改，请稍后再试") from error


def orphan(session: Session, actor: Actor, number: str) -> Complaint:
    """A case that nobody can decide, for an administrator, who learns its number and nothing else.

    Raises:
        NotFoundError: absent, or somebody is left.
    """
    user, complaint = access.reader(session, actor), access.by_number(session, number)
    is_theirs = user in access.administrators(session)
    if complaint is None or not is_theirs or not needs_person(session, complaint):
        raise NotFoundError(access.ABSENT)
    return complaint


def needs_person(session: Session, complaint: Complaint) -> bool:
    """Nobody is left at all, or nobody else to judge it again."""
    waits = complaint.state_enum is ComplaintState.JUDGING and complaint.handler_id is None
    return complaint.is_open and (access.is_orphan(session, complaint) or waits)

"""What staff do with a ticket.

Each act: lock the row, check right and version, move, and note it in timeline and trail, in the caller's transaction.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.accounts.principal import principal_of
from portal.accounts.roles import Permission
from portal.acts import staff_texts
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.errors import ConflictError, Fault, ForbiddenError, InvalidError, NotFoundError
from portal.kinds.fields import FieldSpec, Need
from portal.kinds.table import KINDS, Kind, kind_of
from portal.notify import outbox
from portal.notify.events import Event
from portal.reports.models import Report
from portal.runtime import Runtime
from portal.screenshots.models import Screenshot
from portal.search.index import search_text
from portal.tickets import lifecycle, numbering, queries
from portal.tickets.lifecycle import Action
from portal.tickets.models import FormerNumber, InformationRequest, Ticket
from portal.tickets.states import STATE_LABELS, Urgency
from portal.vault.models import SealedValue

MAX_TEXT = 5000
REOPEN_DAYS = timedelta(days=7)


class StaleTicketError(ConflictError):
    """Somebody changed the ticket meanwhile; carries it as it is now (SECURITY G-3)."""

    def __init__(self, ticket: Ticket) -> None:
        state = STATE_LABELS[ticket.state_enum]
        when = f"{clock.in_china(ticket.changed_at):%H:%M}"
        who = ticket.changed_by or "其他人"
        super().__init__(
            f"您编辑期间，{who}在 {when} 更新了这条问题，现在的状态是“{state}”。您写的内容还在，请核对后再保存"
        )
        self.ticket = ticket


def find(session: Session, actor: Actor, number: str, *, lock: bool = False) -> Ticket:
    """A ticket of one of the actor's queues, by this number or a former one.

    Raises:
        NotFoundError: absent, or of a foreign queue: both look the same (SECURITY F-2).
    """
    ticket = queries.by_number(session, numbering.normal_number(number), lock=lock)
    if ticket is None or ticket.queue not in actor.queues:
        raise NotFoundError("没有找到这个编号")
    return ticket


def claim(session: Session, actor: Actor, number: str, version: int) -> Ticket:
    """Take a ticket that nobody has; of two at once one wins and the other is told who has it (SECURITY G-1)."""
    ticket = find(session, actor, number, lock=True)
    if ticket.assignee_id == actor.user_id and ticket.assignee_id is not None:
        return ticket
    if ticket.assignee_id is not None:
        when = f"{clock.in_china(ticket.changed_at):%H:%M}"
        raise ConflictError(f"这条问题已被{ticket.assignee_name}在 {when} 领取")
    require_version(ticket, version)
    ticket.assignee_id, ticket.assignee_name = actor.user_id, actor.label
    lifecycle.move(session, ticket, Action.CLAIM, actor)
    trail.record(session, Tag.TICKET_CLAIMED, actor, ticket_number=ticket.number)
    return ticket


def release(session: Session, actor: Actor, number: str, version: int) -> Ticket:
    """Put one's own ticket back into the queue."""
    ticket = _own(session, actor, number, version)
    ticket.assignee_id = ticket.assignee_name = None
    lifecycle.move(session, ticket, Action.RELEASE, actor)
    trail.record(session, Tag.TICKET_RELEASED, actor, ticket_number=ticket.number)
    return ticket


def reply(
    session: Session, runtime: Runtime, actor: Actor, number: str, version: int, text: str, *, seal_found: bool = False
) -> Ticket:
    """Write to the clinic; the first reply of a person stops the reply clock (REQUIREMENTS T22)."""
    text = _text(text, "请填写给机构的回复")
    ticket = _own(session, actor, number, version)
    sealed = staff_texts.checked(session, runtime, ticket, Action.REPLY, "回复", text, seal_found)
    lifecycle.move(session, ticket, Action.REPLY, actor, text=sealed)
    _mark_replied(ticket)
    outbox.add(session, Event.REPLIED, ticket.number)
    trail.record(session, Tag.TICKET_REPLIED, actor, ticket_number=ticket.number)
    return ticket


def note(
    session: Session, runtime: Runtime, actor: Actor, number: str, version: int, text: str, *, seal_found: bool = False
) -> Ticket:
    """An internal note; the clinic never sees it."""
    text = _text(text, "请填写备注")
    ticket = find(session, actor, number, lock=True)
    require_version(ticket, version)
    sealed = staff_texts.checked(session, runtime, ticket, Action.NOTE, "备注", text, seal_found)
    lifecycle.move(session, ticket, Action.NOTE, actor, text=sealed, is_public=False)
    trail.record(session, Tag.TICKET_NOTED, actor, ticket_number=ticket.number)
    return ticket


def request_information(
    session: Session,
    runtime: Runtime,
    actor: Actor,
    number: str,
    version: int,
    fields: Sequence[str],
    message: str,
    *,
    seal_found: bool = False,
) -> Ticket:
    """Ask the clinic for exactly these fields; the clock stops until they are there (REQUIREMENTS C7)."""
    ticket = _own(session, actor, number, version)
    kind = KINDS[ticket.kind_enum]
    wanted = [spec.name for spec in kind.fields if spec.name in fields]
    if not wanted or len(wanted) != len(set(fields)):
        raise InvalidError([Fault("fields", "required", "请勾选需要机构补充的内容")])
    words = message.strip() or "请补充：" + "、".join(kind.field(name).label for name in wanted)
    sealed = staff_texts.checked(session, runtime, ticket, Action.ASK, "说明", words[:MAX_TEXT], seal_found)
    _withdraw_open_request(session, ticket)
    session.add(InformationRequest(ticket_id=ticket.id, fields=wanted, message=sealed, asked_at=clock.now()))
    lifecycle.move(session, ticket, Action.ASK, actor, text=sealed)
    _mark_replied(ticket)
    outbox.add(session, Event.INFORMATION_REQUESTED, ticket.number)
    trail.record(session, Tag.TICKET_INFORMATION_REQUESTED, actor, ticket_number=ticket.number, detail=" ".join(wanted))
    return ticket


def resolve(
    session: Session, runtime: Runtime, actor: Actor, number: str, version: int, text: str, *, seal_found: bool = False
) -> Ticket:
    """Hand the result to the clinic for confirmation; the text is what the clinic reads."""
    text = _text(text, "请填写处理结果，机构会看到这段文字")
    ticket = _own(session, actor, number, version)
    ticket.resolution = staff_texts.checked(session, runtime, ticket, Action.RESOLVE, "处理结果", text, seal_found)
    lifecycle.move(session, ticket, Action.RESOLVE, actor, text=ticket.resolution)
    _mark_replied(ticket)
    outbox.add(session, Event.RESOLVED, ticket.number)
    trail.record(session, Tag.TICKET_RESOLVED, actor, ticket_number=ticket.number)
    return ticket


def close(
    session: Session,
    runtime: Runtime,
    actor: Actor,
    number: str,
    version: int,
    text: str = "",
    *,
    seal_found: bool = False,
) -> Ticket:
    """Close for a clinic that confirmed by other ways; needs a result first (SECURITY G-2)."""
    ticket = _own(session, actor, number, version)
    if not ticket.resolution and ticket.is_worked:
        raise ConflictError("请先提交处理结果，再关闭")
    sealed = staff_texts.checked(session, runtime, ticket, Action.CLOSE, "说明", text.strip()[:MAX_TEXT], seal_found)
    lifecycle.move(session, ticket, Action.CLOSE, actor, text=sealed)
    outbox.add(session, Event.CLOSED, ticket.number)
    trail.record(session, Tag.TICKET_CLOSED, actor, ticket_number=ticket.number)
    return ticket


def reopen(
    session: Session, runtime: Runtime, actor: Actor, number: str, version: int, text: str, *, seal_found: bool = False
) -> Ticket:
    """Take up a resolved or recently closed ticket again."""
    text = _text(text, "请写明重新处理的原因")
    ticket = find(session, actor, number, lock=True)
    require_version(ticket, version)
    check_reopening(ticket)
    sealed = staff_texts.checked(session, runtime, ticket, Action.REOPEN, "原因", text, seal_found)
    if ticket.assignee_id is None:
        ticket.assignee_id, ticket.assignee_name = actor.user_id, actor.label
    lifecycle.move(session, ticket, Action.REOPEN, actor, text=sealed)
    ticket.reopened_count += 1
    trail.record(session, Tag.TICKET_REOPENED, actor, ticket_number=ticket.number)
    return ticket


def check_reopening(ticket: Ticket) -> None:
    """A closed ticket can be taken up again for a week (REQUIREMENTS P)."""
    if ticket.closed_at is not None and clock.now() - ticket.closed_at > REOPEN_DAYS:
        raise ConflictError("这条问题关闭已超过 7 天，请重新提交")


def hand_over(
    session: Session,
    runtime: Runtime,
    actor: Actor,
    number: str,
    version: int,
    username: str,
    text: str,
    *,
    seal_found: bool = False,
) -> Ticket:
    """Give the ticket to another engineer of its queue."""
    ticket = find(session, actor, number, lock=True)
    require_version(ticket, version)
    target = session.scalars(select(User).where(User.username == username.strip(), User.is_active)).first()
    if target is None or ticket.queue not in target.queues or not principal_of(target).can(Permission.WORK_TICKET):
        raise InvalidError([Fault("assignee", "invalid", "请选择这个队列的工程师")])
    if actor.role == "engineer" and ticket.assignee_id not in (None, actor.user_id):
        raise ForbiddenError("只有负责人或主管可以转派这条问题")
    words = staff_texts.checked(session, runtime, ticket, Action.HAND_OVER, "说明", text.strip()[:500], seal_found)
    ticket.assignee_id, ticket.assignee_name = target.id, target.display_name
    sealed = f"转给{target.display_name}。{words}"
    lifecycle.move(session, ticket, Action.HAND_OVER, actor, text=sealed, is_public=False)
    trail.record(session, Tag.TICKET_TRANSFERRED, actor, ticket_number=ticket.number, detail=f"to {target.username}")
    return ticket


def transfer(
    session: Session,
    runtime: Runtime,
    actor: Actor,
    number: str,
    version: int,
    queue: str,
    text: str,
    *,
    seal_found: bool = False,
) -> Ticket:
    """Move to the other track: new number, old one kept, and what that track demands is asked for (REQUIREMENTS B5)."""
    ticket = find(session, actor, number, lock=True)
    require_version(ticket, version)
    kind = kind_of(queue)
    if kind is None or queue == ticket.queue:
        raise InvalidError([Fault("queue", "invalid", "请选择另一个队列")])
    if actor.role == "engineer" and ticket.assignee_id not in (None, actor.user_id):
        raise ForbiddenError("只有负责人或主管可以转走这条问题")
    old, missing = ticket.number, _missing_on(session, ticket, kind)
    words = staff_texts.checked(session, runtime, ticket, Action.TRANSFER, "说明", text.strip()[:500], seal_found)
    sealed = f"从 {old} 转为{kind.label}问题。{words}"
    number = numbering.next_number(session, kind.prefix, clock.now())
    _withdraw_open_request(session, ticket)
    ticket.assignee_id = ticket.assignee_name = None
    if missing:
        ask = "请补充：" + "、".join(spec.label for spec in missing)
        session.add(
            InformationRequest(
                ticket_id=ticket.id, fields=[spec.name for spec in missing], message=ask, asked_at=clock.now()
            )
        )
    action = Action.TRANSFER_ASKING if missing else Action.TRANSFER
    lifecycle.move(session, ticket, action, actor, text=sealed, is_public=False)
    lifecycle.change_queue(session, ticket, queue)
    ticket.former_numbers, ticket.number = [*ticket.former_numbers, old], number
    session.add(FormerNumber(number=old, ticket_id=ticket.id))
    ticket.search_text = search_text(number, report_of(session, ticket).answers, ticket.former_numbers)
    trail.record(session, Tag.TICKET_TRANSFERRED, actor, ticket_number=old, detail=f"now {number}")
    trail.record(session, Tag.TICKET_TRANSFERRED, actor, ticket_number=number, detail=f"was {old}")
    return ticket


def _missing_on(session: Session, ticket: Ticket, kind: Kind) -> list[FieldSpec]:
    """The fields that the other track demands and this report does not have."""
    report, channel = report_of(session, ticket), ticket.channel_enum
    present = set(report.answers)
    present.update(session.scalars(select(SealedValue.field).where(SealedValue.owner_id == report.id)))
    present.update(session.scalars(select(Screenshot.slot).where(Screenshot.owner_id == report.id)))
    return [spec for spec in kind.fields if spec.need(channel) is Need.REQUIRED and spec.name not in present]


def set_urgency(
    session: Session,
    runtime: Runtime,
    actor: Actor,
    number: str,
    version: int,
    urgency: Urgency,
    reason: str,
    *,
    seal_found: bool = False,
) -> Ticket:
    """Change the place in the queue; needs a reason, because order is a promise (REQUIREMENTS I4)."""
    reason = _text(reason, "请写明修改紧急程度的原因", name="reason")
    ticket = find(session, actor, number, lock=True)
    require_version(ticket, version)
    sealed = staff_texts.checked(session, runtime, ticket, Action.URGENCY, "原因", reason, seal_found)
    ticket.urgency = urgency.value
    lifecycle.move(session, ticket, Action.URGENCY, actor, text=sealed, is_public=False)
    trail.record(session, Tag.URGENCY_CHANGED, actor, ticket_number=ticket.number, detail=urgency.name.lower())
    return ticket


def merge(session: Session, actor: Actor, number: str, version: int, into: str) -> Ticket:
    """A duplicate: its clinic is pointed to the ticket that is worked."""
    ticket = _own(session, actor, number, version)
    target = find(session, actor, into)
    if target.id == ticket.id or not target.is_worked:
        raise InvalidError([Fault("into", "invalid", "请填写另一条还在处理的工单编号")])
    ticket.merged_into = target.number
    lifecycle.move(session, ticket, Action.MERGE, actor, text=f"与 {target.number} 是同一问题，一并处理")
    _mark_replied(ticket)
    trail.record(session, Tag.TICKET_MERGED, actor, ticket_number=ticket.number, detail=target.number)
    return ticket


def void(
    session: Session, runtime: Runtime, actor: Actor, number: str, version: int, text: str, *, seal_found: bool = False
) -> Ticket:
    """Not a problem report at all; the reason is told."""
    text = _text(text, "请写明作废的原因，机构会看到")
    ticket = _own(session, actor, number, version)
    sealed = staff_texts.checked(session, runtime, ticket, Action.VOID, "原因", text, seal_found)
    lifecycle.move(session, ticket, Action.VOID, actor, text=sealed)
    trail.record(session, Tag.TICKET_VOIDED, actor, ticket_number=ticket.number)
    return ticket


def _own(session: Session, actor: Actor, number: str, version: int) -> Ticket:
    """The ticket, locked, when the actor is its assignee and has seen its latest version."""
    ticket = find(session, actor, number, lock=True)
    require_version(ticket, version)
    if ticket.assignee_id is None or ticket.assignee_id != actor.user_id:
        raise ForbiddenError("领取后才能处理这条问题")
    return ticket


def require_version(ticket: Ticket, version: int) -> None:
    if ticket.version != version:
        raise StaleTicketError(ticket)


def _text(text: str, missing: str, name: str = "text") -> str:
    text = text.strip()
    if not text:
        raise InvalidError([Fault(name, "required", missing)])
    if len(text) > MAX_TEXT:
        raise InvalidError([Fault(name, "too_long", f"最多 {MAX_TEXT} 个字，现在是 {len(text)} 个")])
    if "\x00" in text:
        raise InvalidError([Fault(name, "invalid", "文字里有无法保存的字符，请删去后重新填写")])
    return text


def _mark_replied(ticket: Ticket) -> None:
    ticket.first_replied_at = ticket.first_replied_at or clock.now()


def _withdraw_open_request(session: Session, ticket: Ticket) -> None:
    open_requests = select(InformationRequest).where(
        InformationRequest.ticket_id == ticket.id, InformationRequest.answered_at.is_(None)
    )
    for request in session.scalars(open_requests):
        request.answered_at = clock.now()


def report_of(session: Session, ticket: Ticket) -> Report:
    """What came in."""
    return session.get_one(Report, ticket.report_id)

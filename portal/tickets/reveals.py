"""Shows one sealed value or picture to the one who may see it: trail row committed first, then the value."""

import re
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.errors import Fault, ForbiddenError, InvalidError, NotFoundError, PortalError
from portal.screenshots import service as screenshots
from portal.screenshots.models import Screenshot
from portal.storage.blobs import BlobMissingError
from portal.tickets import numbering, queries, work
from portal.tickets.models import Ticket
from portal.tickets.sealing import masked_text
from portal.tickets.tools import Tools
from portal.vault.models import SealedValue
from portal.vault.suites import SealBrokenError

_POSITION = re.compile(r"[0-9]{1,5}")
SHOWN_FOR = timedelta(seconds=60)
REASONS = ("排查登录", "复现问题", "核对数据", "其他")


@dataclass(frozen=True)
class Revealed:
    """One value in clear, until `expires_at`. The repr does not show it."""

    key: str
    label: str
    value: str = field(repr=False)
    expires_at: datetime


class DestroyedError(PortalError):
    """The value is gone for good."""

    status = 410

    def __init__(self) -> None:
        super().__init__("这项信息已销毁，不能再查看")


def reveal_field(tools: Tools, actor: Actor, number: str, key: str, reason: str) -> Revealed:
    """One value of one ticket, for its assignee while it is open (REQUIREMENTS D7, SECURITY D-4, D-5).

    Args:
        key: `field`, or `field.position` for further values and for what was found inside a text.

    Raises:
        InvalidError: no reason. ForbiddenError: not the assignee, or not open (recorded too).
        NotFoundError: no such ticket or value. DestroyedError: the value was destroyed.
    """
    reason = reason.strip()
    if not reason:
        raise InvalidError([Fault("reason", "required", "请选择查看原因")])
    _record_foreign(tools, actor, number, Tag.REVEAL_REFUSED)
    with tools.database.transaction() as session:
        ticket = work.find(session, actor, number, lock=True)
        is_allowed = _may_reveal(ticket, actor)
        row = find_value(session, ticket, key)
        if is_allowed and row is not None and row.value_sealed is not None:
            tag = Tag.FIELD_REVEALED
        else:
            tag = Tag.REVEAL_REFUSED
        trail.record(
            session, tag, actor, ticket_number=ticket.number, field=_known_key(row, key), reason=_masked_reason(reason),
            is_success=tag is Tag.FIELD_REVEALED,
        )  # fmt: skip
    if not is_allowed:
        raise ForbiddenError("领取后才能查看这项信息" if ticket.is_worked else "工单已结束，不能再查看这项信息")
    if row is None:
        raise NotFoundError("没有这项信息")
    if row.value_sealed is None:
        raise DestroyedError
    return Revealed(key, row.label, _opened(tools, actor, ticket, row), clock.now() + SHOWN_FOR)


def open_picture(tools: Tools, actor: Actor, number: str, screenshot_id: uuid.UUID) -> tuple[Screenshot, bytes]:
    """One picture of an open ticket for an engineer of its queue; each opening is a trail row."""
    _record_foreign(tools, actor, number, Tag.PICTURE_REFUSED)
    with tools.database.transaction() as session:
        ticket = work.find(session, actor, number)
        picture = session.get(Screenshot, screenshot_id)
        if picture is None or picture.owner_id != ticket.report_id:
            raise NotFoundError
        tag = Tag.PICTURE_OPENED if ticket.is_worked else Tag.PICTURE_REFUSED
        trail.record(
            session, tag, actor, ticket_number=ticket.number, field=f"{picture.slot}.{picture.position}",
            detail=str(picture.id), is_success=ticket.is_worked,
        )  # fmt: skip
    if not ticket.is_worked:
        raise ForbiddenError("工单已结束，不能再查看附图")
    try:
        with tools.database.read() as session:
            return picture, screenshots.open_picture(session, tools.vault, tools.blobs, picture)
    except (SealBrokenError, BlobMissingError) as error:
        _record_broken(tools, actor, ticket, f"{picture.slot}.{picture.position}")
        raise PortalError("附图无法打开，已记录，请联系管理员", 409) from error


def find_value(session: Session, ticket: Ticket, key: str) -> SealedValue | None:
    """The sealed value that a key names, or None. Without a position: the first that is not destroyed."""
    name, dot, place = key.partition(".")
    if not name.isidentifier() or (dot and not _POSITION.fullmatch(place)):
        return None
    query = select(SealedValue).where(SealedValue.owner_id == ticket.report_id, SealedValue.field == name)
    if dot:
        query = query.where(SealedValue.position == int(place))
    return session.scalars(query.order_by(SealedValue.value_sealed.is_(None), SealedValue.position)).first()


def value_key(row: SealedValue) -> str:
    """The key by which a reveal names this value."""
    return f"{row.field}.{row.position}" if row.position else row.field


def _record_foreign(tools: Tools, actor: Actor, number: str, tag: Tag) -> None:
    """A try on another queue's ticket is in the trail, although it looks like an absent one."""
    with tools.database.read() as session:
        ticket = queries.by_number(session, numbering.normal_number(number))
    if ticket is not None and ticket.queue not in actor.queues:
        with tools.database.transaction() as session:
            trail.record(session, tag, actor, ticket_number=ticket.number, is_success=False)


def _may_reveal(ticket: Ticket, actor: Actor) -> bool:
    return ticket.is_worked and ticket.assignee_id is not None and ticket.assignee_id == actor.user_id


def _known_key(row: SealedValue | None, key: str) -> str:
    return value_key(row) if row is not None else "unknown"


def _masked_reason(reason: str) -> str:
    return masked_text(reason)[:200]


def _opened(tools: Tools, actor: Actor, ticket: Ticket, row: SealedValue) -> str:
    try:
        with tools.database.read() as session:
            return tools.vault.open_value(session, row)
    except SealBrokenError as error:
        _record_broken(tools, actor, ticket, value_key(row))
        raise PortalError("这项信息无法解密，已记录，请联系管理员", 409) from error


def _record_broken(tools: Tools, actor: Actor, ticket: Ticket, name: str) -> None:
    with tools.database.transaction() as session:
        trail.record(session, Tag.SEAL_BROKEN, actor, ticket_number=ticket.number, field=name, is_success=False)

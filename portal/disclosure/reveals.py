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
from portal.disclosure import picture_redaction, quota
from portal.errors import (
    ConfirmationNeededError,
    Fault,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    PortalError,
    TooManyRequestsError,
)
from portal.metrics.counting import Metric, count
from portal.runtime import Runtime
from portal.screenshots import rendering
from portal.screenshots import service as screenshots
from portal.screenshots.formats import BrokenPicture
from portal.screenshots.models import Screenshot
from portal.storage.blobs import BlobMissingError
from portal.tickets import lookup, numbering, queries
from portal.tickets.models import Ticket
from portal.vault.models import SealedValue
from portal.vault.span_masks import masked_text
from portal.vault.suites import SealBrokenError

_POSITION = re.compile(r"[0-9]{1,5}")
SHOWN_FOR = timedelta(seconds=60)
OTHER_REASON = "其他"
REASONS = ("排查登录", "复现问题", "核对数据", OTHER_REASON)
ENDED = "工单已结束，不能再查看这项信息"


@dataclass(frozen=True)
class Revealed:
    """One value in clear, until `expires_at`. The repr does not show it."""

    key: str
    label: str
    value: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True)
class ShownPicture:
    """A picture as one person gets it; the repr does not show it."""

    screenshot: Screenshot
    media_type: str
    content: bytes = field(repr=False)


class DestroyedError(PortalError):
    """The value is gone for good."""

    status = 410

    def __init__(self) -> None:
        super().__init__("这项信息已销毁，不能再查看")


def reveal_field(
    runtime: Runtime, actor: Actor, number: str, key: str, reason: str, *, is_confirmed: bool = True
) -> Revealed:
    """One value of one ticket, for its assignee while it is open (REQUIREMENTS D7, SECURITY D-4, D-5, D-6).

    Args:
        key: `field`, or `field.position` for further values and for what was found inside a text.
        is_confirmed: False when the person was quiet for so long that they have to prove who they are first.

    Raises:
        InvalidError: no reason. ForbiddenError: not the assignee, or not open (recorded too).
        NotFoundError: no such ticket or value. DestroyedError: the value was destroyed.
        ConfirmationNeededError: all is well but for `is_confirmed`; nothing was counted or recorded.
        TooManyRequestsError: more looks than the hour allows (recorded too).
    """
    reason = reason.strip()
    if not reason:
        raise InvalidError([Fault("reason", "required", "请选择查看原因")])
    record_foreign(runtime, actor, number, Tag.REVEAL_REFUSED)
    with runtime.database.transaction() as session:
        ticket = lookup.find(session, actor, number, lock=True)
        row = find_value(session, ticket, key)
        refusal: PortalError | None = None
        if not _may_reveal(ticket, actor):
            refusal = ForbiddenError("领取后才能查看这项信息" if ticket.is_worked else ENDED)
        refusal = refusal or absence(row)
        if refusal is None and not is_confirmed:
            raise ConfirmationNeededError
        refusal = refusal or quota.count_look(session, runtime, actor, ticket.number)
        if refusal is None:
            count(session, [(Metric.REVEALED, "")])
        trail.record(
            session, Tag.REVEAL_REFUSED if refusal else Tag.FIELD_REVEALED, actor, ticket_number=ticket.number,
            field=known_key(row), reason=masked_reason(reason), detail=quota.detail_of(refusal),
            is_success=refusal is None,
        )  # fmt: skip
    if refusal is not None or row is None:
        raise refusal or NotFoundError
    return shown(runtime, actor, ticket, row)


def absence(row: SealedValue | None) -> PortalError | None:
    """Why a value cannot be shown to anybody; None when it is there."""
    if row is None:
        return NotFoundError("没有这项信息")
    return DestroyedError() if row.value_sealed is None else None


def shown(runtime: Runtime, actor: Actor, ticket: Ticket, row: SealedValue) -> Revealed:
    """The value in clear. The caller has committed the trail row for it.

    Raises:
        PortalError: the seal is broken (recorded).
    """
    return Revealed(value_key(row), row.label, _opened(runtime, actor, ticket, row), clock.now() + SHOWN_FOR)


def open_picture(
    runtime: Runtime, actor: Actor, number: str, screenshot_id: uuid.UUID, *, is_preview: bool = False
) -> ShownPicture:
    """One picture of an open ticket for an engineer of its queue; each opening is a trail row, a preview's too.

    What leaves carries the viewer's mark, and for everyone but the assignee the covers.
    """
    record_foreign(runtime, actor, number, Tag.PICTURE_REFUSED)
    with runtime.database.transaction() as session:
        ticket = lookup.find(session, actor, number)
        picture = session.get(Screenshot, screenshot_id)
        if picture is None or picture.owner_id != ticket.report_id:
            raise NotFoundError
        over = quota.count_look(session, runtime, actor, ticket.number) if ticket.is_worked else None
        is_shown = ticket.is_worked and over is None
        tag = Tag.PICTURE_OPENED if is_shown else Tag.PICTURE_REFUSED
        trail.record(
            session, tag, actor, ticket_number=ticket.number, field=f"{picture.slot}.{picture.position}",
            detail=quota.detail_of(over) or f"{picture.id}{' preview' if is_preview else ''}",
            is_success=is_shown,
        )  # fmt: skip
        hidden = picture_redaction.hidden_from(session, actor, ticket, picture)
    if over is not None:
        raise over
    if not ticket.is_worked:
        raise ForbiddenError("工单已结束，不能再查看附图")
    try:
        with runtime.database.read() as session:
            content = screenshots.open_picture(session, runtime.vault, runtime.blobs, picture)
        draw, media_type = (
            (rendering.fit, rendering.PREVIEW_TYPE) if is_preview else (rendering.original, picture.media_type)
        )
        return ShownPicture(
            picture, media_type, draw(content, picture.media_type, hidden, picture_redaction.mark_of(actor))
        )
    except (SealBrokenError, BlobMissingError, BrokenPicture) as error:
        _record_broken(runtime, actor, ticket, f"{picture.slot}.{picture.position}")
        raise PortalError("附图无法打开，已记录，请联系管理员", 409) from error


def refused_picture(
    runtime: Runtime, actor: Actor, ticket: Ticket, picture_id: uuid.UUID
) -> TooManyRequestsError | None:
    """The refusal for a page around a picture when the hour is used up, so that it can say so; recorded like any.

    With room left it is None, and nothing is counted or recorded: the picture itself will be.
    """
    with runtime.database.read() as session:
        if quota.has_room(session, runtime, actor):
            return None
    try:
        open_picture(runtime, actor, ticket.number, picture_id)
    except TooManyRequestsError as over:
        return over
    return None


def unreadable_preview(runtime: Runtime, actor: Actor, number: str, screenshot_id: uuid.UUID) -> bytes:
    """A WebP of 160 pixels on which nothing can be read, for everyone who sees the masked ticket, open or not.

    No trail row: it shows less than the page around it, and that page's showing is one (UX 6.2).
    """
    try:
        with runtime.database.read() as session:
            ticket = lookup.find(session, actor, number)
            picture = session.get(Screenshot, screenshot_id)
            if picture is None or picture.owner_id != ticket.report_id:
                raise NotFoundError
            hidden = [cover.box for cover in picture_redaction.redactions_of(session, picture.id)]
            content = screenshots.open_picture(session, runtime.vault, runtime.blobs, picture)
        return rendering.unreadable(content, picture.media_type, hidden)
    except (SealBrokenError, BlobMissingError, BrokenPicture) as error:
        raise PortalError("附图无法打开，请联系管理员", 409) from error


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


def record_foreign(runtime: Runtime, actor: Actor, number: str, tag: Tag) -> None:
    """A try on another queue's ticket is in the trail, although it looks like an absent one."""
    with runtime.database.read() as session:
        ticket = queries.by_number(session, numbering.normal_number(number))
    if ticket is not None and ticket.queue not in actor.queues:
        with runtime.database.transaction() as session:
            trail.record(session, tag, actor, ticket_number=ticket.number, is_success=False)


def _may_reveal(ticket: Ticket, actor: Actor) -> bool:
    return ticket.is_worked and ticket.assignee_id is not None and ticket.assignee_id == actor.user_id


def known_key(row: SealedValue | None) -> str:
    """The key for the trail: what was asked for and is not there is not kept, it could be anything."""
    return value_key(row) if row is not None else "unknown"


def masked_reason(reason: str) -> str:
    """A reason as it may be kept."""
    return masked_text(reason)[:200]


def _opened(runtime: Runtime, actor: Actor, ticket: Ticket, row: SealedValue) -> str:
    try:
        with runtime.database.read() as session:
            return runtime.vault.open_value(session, row)
    except SealBrokenError as error:
        _record_broken(runtime, actor, ticket, value_key(row))
        raise PortalError("这项信息无法解密，已记录，请联系管理员", 409) from error


def _record_broken(runtime: Runtime, actor: Actor, ticket: Ticket, name: str) -> None:
    with runtime.database.transaction() as session:
        trail.record(session, Tag.SEAL_BROKEN, actor, ticket_number=ticket.number, field=name, is_success=False)

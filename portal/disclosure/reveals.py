"""Who may see a sealed value or a screenshot of a ticket; `disclose` shows it to them."""

import re
import uuid
from collections.abc import Callable

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.accounts import standing
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.disclosure import picture_reasons, picture_redaction, quota
from portal.disclosure.disclose import (
    ForeignTry,
    Revealed,
    ScreenshotAccess,
    ShownPicture,
    ValueAccess,
    absence,
    disclose,
    known_key,
    record,
)
from portal.disclosure.reasons import kept_reason
from portal.errors import ForbiddenError, NotFoundError, PortalError, TooManyRequestsError
from portal.metrics.counting import Metric, count
from portal.runtime import Runtime
from portal.screenshots import rendering
from portal.screenshots import service as screenshots
from portal.screenshots.formats import BrokenPicture
from portal.screenshots.models import Screenshot
from portal.storage.blobs import BlobMissingError
from portal.tickets import lookup, numbering
from portal.tickets.models import Ticket
from portal.vault.models import SealedValue
from portal.vault.suites import SealBrokenError

_POSITION = re.compile(r"[0-9]{1,5}")
ENDED = "工单已结束，不能再查看这项信息"


def reveal_field(
    runtime: Runtime, actor: Actor, number: str, key: str, reason: str, *, is_confirmed: bool = True
) -> Revealed:
    """One value of one ticket, for its owner while it is open (REQUIREMENTS D7, SECURITY D-4, D-5, D-6).

    Args:
        key: `field`, or `field.position` for further values and for secrets found inside a text.

    Raises:
        InvalidError: no reason (see `reasons`). ForbiddenError: not the owner, or not open (recorded too).
        NotFoundError: no such ticket or value. DestroyedError: the value was destroyed.
        ConfirmationNeededError, TooManyRequestsError: see `disclose`.
    """
    reason = kept_reason(reason)

    def judge(session: Session) -> ValueAccess:
        ticket = lookup.find(session, actor, number, lock=True)
        row = find_value(session, ticket, key)
        refusal: PortalError | None = None
        if not may_reveal(session, ticket, actor.user_id):
            refusal = ForbiddenError("领取后才能查看这项信息" if ticket.is_worked else ENDED)
        return ValueAccess(
            number=ticket.number, name=known_key(row), row=row, reason=reason, refusal=refusal or absence(row),
            granted=(Tag.FIELD_REVEALED,), refused=Tag.REVEAL_REFUSED,
            when_granted=lambda session: count_reveal(session, ticket),
        )  # fmt: skip

    return disclose(
        runtime, actor, judge, foreign=foreign(actor, number, Tag.REVEAL_REFUSED), is_confirmed=is_confirmed
    )


def open_picture(
    runtime: Runtime,
    actor: Actor,
    number: str,
    screenshot_id: uuid.UUID,
    reason: str = "",
    *,
    is_preview: bool = False,
    needs_reason: bool = False,
) -> ShownPicture:
    """One screenshot of an open ticket for an engineer of its queue; each opening writes a trail row, a preview's too.

    Without a reason the one that still holds is recorded (`picture_reasons`); there may be none unless it is needed.

    The copy carries the viewer's watermark and, for everyone but the owner, the redactions.
    """
    reason = kept_reason(reason) if reason else ""
    judge = _picture_judge(actor, number, screenshot_id, reason, is_preview=is_preview, needs_reason=needs_reason)
    return disclose(runtime, actor, judge, foreign=foreign(actor, number, Tag.PICTURE_REFUSED))


def refused_picture(runtime: Runtime, actor: Actor, ticket: Ticket, picture: Screenshot) -> TooManyRequestsError | None:
    """The refusal for a page around a screenshot if the quota is used up, so that it can say so; recorded like any.

    With quota left it is None, and nothing is counted or recorded: the image itself will be. Nothing is opened.
    """
    with runtime.database.read() as session:
        if quota.has_room(session, runtime, actor, ticket.number, _name_of(picture)):
            return None
    judge = _picture_judge(actor, ticket.number, picture.id)
    try:
        record(runtime, actor, judge, foreign=foreign(actor, ticket.number, Tag.PICTURE_REFUSED))
    except TooManyRequestsError as over:
        return over
    return None


def _picture_judge(
    actor: Actor,
    number: str,
    screenshot_id: uuid.UUID,
    reason: str = "",
    *,
    is_preview: bool = False,
    needs_reason: bool = False,
) -> Callable[[Session], ScreenshotAccess]:
    def judge(session: Session) -> ScreenshotAccess:
        ticket = lookup.find(session, actor, number, lock=True)
        picture = _picture_of(session, ticket, screenshot_id)
        why = reason or picture_reasons.current(session, actor, ticket)
        refusal = None if may_open(session, ticket, actor.user_id) else ForbiddenError("工单已结束，不能再查看附图")
        if refusal is None and needs_reason and not why:
            refusal = ForbiddenError(picture_reasons.MISSING)
        return ScreenshotAccess(
            number=ticket.number, name=_name_of(picture), picture=picture, is_preview=is_preview,
            hidden=picture_redaction.hidden_from(session, actor, ticket, picture),
            watermark=picture_redaction.mark_of(actor),
            reason=why, refusal=refusal,
            granted=(Tag.PICTURE_OPENED,), refused=Tag.PICTURE_REFUSED,
            when_granted=lambda session: _seen(session, actor, ticket, picture),
            particulars={
                "picture": str(picture.id), "is_preview": is_preview or None, "is_without_reason": not why or None,
            },
        )  # fmt: skip

    return judge


def _seen(session: Session, actor: Actor, ticket: Ticket, picture: Screenshot) -> None:
    """What was supplied later is new until the assignee opens it."""
    if picture.is_new and picture_redaction.is_assignee(actor, lookup.worked_one(session, ticket)):
        session.execute(update(Screenshot).where(Screenshot.id == picture.id).values(is_new=False))


def _name_of(picture: Screenshot) -> str:
    return f"{picture.slot}.{picture.position}"


def _picture_of(session: Session, ticket: Ticket, screenshot_id: uuid.UUID) -> Screenshot:
    picture = session.get(Screenshot, screenshot_id)
    if picture is None or picture.owner_id != ticket.report_id:
        raise NotFoundError
    return picture


def unreadable_preview(runtime: Runtime, actor: Actor, number: str, screenshot_id: uuid.UUID) -> bytes:
    """An unreadable WebP of 160 pixels, for everyone who sees the masked ticket, open or not.

    No trail row: it shows less than the page around it, and viewing that page writes one (UX 6.2).
    """
    try:
        with runtime.database.read() as session:
            ticket = lookup.find(session, actor, number)
            picture = _picture_of(session, ticket, screenshot_id)
            hidden = [cover.box for cover in picture_redaction.redactions_of(session, picture.id)]
            content = screenshots.open_picture(session, runtime.vault, runtime.blobs, picture)
        with runtime.database.read() as session:
            standing.check(session, actor)
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


def foreign(actor: Actor, number: str, tag: Tag) -> Callable[[Session], ForeignTry | None]:
    """Whether this number is a ticket of another queue."""

    def tried(session: Session) -> ForeignTry | None:
        ticket = lookup.by_number(session, numbering.normal_number(number))
        return None if ticket is None or ticket.queue in actor.queues else ForeignTry(tag, ticket.number)

    return tried


def count_reveal(session: Session, ticket: Ticket) -> None:
    count(session, [(Metric.REVEALED, ticket.queue)])


def may_reveal(session: Session, ticket: Ticket, user_id: uuid.UUID | None) -> bool:
    """Whether the person has the ticket, or the one under which it is worked, while that is worked."""
    worked = lookup.worked_one(session, ticket)
    return worked.is_worked and worked.assignee_id is not None and worked.assignee_id == user_id


def may_open(session: Session, ticket: Ticket, user_id: uuid.UUID | None) -> bool:
    """Whether its pictures are open to the person, who is of its queue and may open pictures at all."""
    return ticket.is_worked or may_reveal(session, ticket, user_id)

"""涂黑: rectangles of a screenshot that only the ticket's owner sees through; everyone else gets black pixels.

The sealed original never changes. When the ticket gets another owner, the right to see moves with it.
"""

import uuid
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import standing
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.errors import Fault, ForbiddenError, InvalidError, NotFoundError
from portal.progress import lifecycle
from portal.progress.lifecycle import OPEN, Move
from portal.runtime import Runtime
from portal.screenshots.models import PictureRedaction, Screenshot
from portal.screenshots.rendering import Box, Watermark
from portal.screenshots.service import pictures_of
from portal.tickets import lookup
from portal.tickets.models import Ticket

MOST_REDACTIONS = 50
COVER = Move("cover", "涂黑附图", OPEN, is_public=False, is_remark=True)
UNCOVER = Move("uncover", "移除涂黑", OPEN, is_public=False, is_remark=True)


@dataclass(frozen=True)
class Redacted:
    """The result of a change: the screenshot's number on its ticket, for the way back."""

    number: int


def redactions_of(session: Session, picture_id: uuid.UUID) -> list[PictureRedaction]:
    """The redactions of one screenshot, oldest first."""
    query = select(PictureRedaction).where(PictureRedaction.screenshot_id == picture_id)
    return list(session.scalars(query.order_by(PictureRedaction.made_at, PictureRedaction.id)))


def hidden_from(session: Session, actor: Actor, ticket: Ticket, picture: Screenshot) -> list[Box]:
    """What the actor must not see of a screenshot: nothing for the owner, else every redaction."""
    if is_assignee(actor, lookup.worked_one(session, ticket)):
        return []
    return [cover.box for cover in redactions_of(session, picture.id)]


def is_assignee(actor: Actor, ticket: Ticket) -> bool:
    return ticket.assignee_id is not None and ticket.assignee_id == actor.user_id


def mark_of(actor: Actor) -> Watermark:
    """The watermark for what this person sees now: display name, user name and China time to the minute."""
    at = clock.staff_time(clock.now())
    plain = actor.name if actor.name.isascii() else f"id {str(actor.user_id)[:8]}"
    full = actor.name if actor.label == actor.name else f"{actor.label[:20]} {actor.name}"
    return Watermark(f"{full[:40]} {at}", f"{plain[:40]} {at}")


def add(runtime: Runtime, actor: Actor, number: str, picture_id: uuid.UUID, box: Box) -> Redacted:
    """Redact a rectangle, clipped to the image; writes a trail row and a timeline entry.

    Args:
        box: left, top, width, height in pixels of the image.

    Raises:
        NotFoundError: no such ticket or screenshot. ForbiddenError: not the owner (recorded).
        ConflictError: the ticket is not open. InvalidError: outside the image, or too many redactions.
    """
    _refuse_others(runtime, actor, number, COVER)

    def added(session: Session) -> Redacted:
        ticket = _own(session, actor, number, COVER)
        pictures = list(pictures_of(session, ticket.report_id))
        picture = next((row for row in pictures if row.id == picture_id), None)
        if picture is None:
            raise NotFoundError("没有找到这张附图")
        x, y, width, height = _clipped(box, picture)
        if _count(session, picture) >= MOST_REDACTIONS:
            raise InvalidError([Fault("covers", "too_many", f"一张附图最多涂黑 {MOST_REDACTIONS} 处，请先移除几处")])
        session.add(
            PictureRedaction(
                screenshot_id=picture.id, x=x, y=y, width=width, height=height, made_by=actor.label[:60],
                made_at=clock.now(),
            )
        )  # fmt: skip
        _note(session, actor, ticket, picture, COVER, Tag.PICTURE_COVERED, (x, y, width, height))
        return Redacted(picture.number or 1)

    return runtime.database.run(added)


def remove(runtime: Runtime, actor: Actor, number: str, cover_id: uuid.UUID) -> Redacted:
    """Remove a redaction; errors as for `add`, and NotFoundError if it does not exist any more."""
    _refuse_others(runtime, actor, number, UNCOVER)

    def removed(session: Session) -> Redacted:
        ticket = _own(session, actor, number, UNCOVER)
        cover = session.get(PictureRedaction, cover_id)
        pictures = list(pictures_of(session, ticket.report_id))
        picture = next((row for row in pictures if cover is not None and row.id == cover.screenshot_id), None)
        if cover is None or picture is None:
            raise NotFoundError("没有找到这处涂黑，可能已经移除")
        session.delete(cover)
        _note(session, actor, ticket, picture, UNCOVER, Tag.PICTURE_UNCOVERED, cover.box)
        return Redacted(picture.number or 1)

    return runtime.database.run(removed)


def _own(session: Session, actor: Actor, number: str, move: Move) -> Ticket:
    """The ticket, locked. Redactions do not conflict, so no version is checked and none is used up."""
    standing.require(session, actor)
    ticket = lookup.find(session, actor, number, lock=True)
    lifecycle.check(ticket, move)
    if not is_assignee(actor, ticket):
        raise ForbiddenError("只有负责的工程师可以涂黑附图")
    return ticket


def _refuse_others(runtime: Runtime, actor: Actor, number: str, move: Move) -> None:
    with runtime.database.read() as session:
        ticket = lookup.find(session, actor, number)
        lifecycle.check(ticket, move)
    if not is_assignee(actor, ticket):
        with runtime.database.transaction() as session:
            trail.record(
                session, Tag.ACCESS_DENIED, actor, ticket_number=ticket.number,
                particulars={"act": move.name}, is_success=False,
            )  # fmt: skip
        raise ForbiddenError("只有负责的工程师可以涂黑附图")


def _clipped(box: Box, picture: Screenshot) -> Box:
    left, top = max(0, box[0]), max(0, box[1])
    right, bottom = min(picture.width, box[0] + box[2]), min(picture.height, box[1] + box[3])
    if right <= left or bottom <= top:
        size = f"{picture.width} × {picture.height}"
        raise InvalidError([Fault("covers", "invalid", f"涂黑的范围不在附图里，附图是 {size} 像素，请重新填写")])
    return left, top, right - left, bottom - top


def _count(session: Session, picture: Screenshot) -> int:
    query = select(func.count()).select_from(PictureRedaction).where(PictureRedaction.screenshot_id == picture.id)
    return session.scalar(query) or 0


def _note(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    picture: Screenshot,
    move: Move,
    tag: Tag,
    box: Box,
) -> None:
    left, top, width, height = box
    lifecycle.apply(session, ticket, move, actor, text=picture.name)
    trail.record(
        session, tag, actor, ticket_number=ticket.number, field=f"{picture.slot}.{picture.position}",
        particulars={"picture": str(picture.id), "left": left, "top": top, "width": width, "height": height},
    )  # fmt: skip

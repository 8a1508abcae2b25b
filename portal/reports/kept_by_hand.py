"""人工保留: a picture refused for its size that staff keep with a written reason (REQUIREMENTS C2)."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.screenshots.inspection import Verdict
from portal.screenshots.models import Screenshot


def record(session: Session, pictures: Iterable[Screenshot], actor: Actor, ticket_number: str) -> None:
    """Who kept which picture, and why, in the trail."""
    for picture in pictures:
        if picture.verdict == Verdict.OVERRIDE.value:
            trail.record(
                session, Tag.PICTURE_OVERRIDDEN, actor, ticket_number=ticket_number, reason=picture.message,
                particulars={"finding": picture.reason, "width": picture.width, "height": picture.height},
            )  # fmt: skip

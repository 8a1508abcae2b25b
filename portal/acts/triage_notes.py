"""The internal summary of a ticket; every change is a new version, the newest counts (DESK 3.3, REQUIREMENTS G10)."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.acts.hand import Hand
from portal.acts.triage_models import TriageNote
from portal.db import insert_rows, new_id

TEXTS = ("summary", "first_opinion", "improvement", "remark", "steps")
FIELDS = (*TEXTS, "needs_soothing", "recording_ref")


def current(session: Session, ticket_id: UUID) -> TriageNote | None:
    """The newest version; None while nobody has written anything."""
    versions = select(TriageNote).where(TriageNote.ticket_id == ticket_id)
    return session.scalars(versions.order_by(TriageNote.version.desc()).limit(1)).first()


def write(hand: Hand, changes: dict[str, Any]) -> list[str]:
    """A version with these fields changed; returns the names of what is different from the one before."""
    before = current(hand.session, hand.ticket.id)
    stored = {name: getattr(before, name) if before else TriageNote.__table__.c[name].default.arg for name in FIELDS}
    different = [name for name, value in changes.items() if stored[name] != value]
    if not different:
        return []
    assert hand.actor.user_id is not None  # noqa: S101
    note = TriageNote(
        id=new_id(), ticket_id=hand.ticket.id, version=before.version + 1 if before else 1, by_id=hand.actor.user_id,
        by_name=hand.actor.label, at=clock.now(), **{**stored, **changes},
    )  # fmt: skip
    insert_rows(hand.session, note)
    return different

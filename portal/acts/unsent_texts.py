"""Texts that a person has typed and not sent: sealed, for that person and ticket only, for a week."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from portal import clock
from portal.acts.models import UnsentText
from portal.runtime import Runtime
from portal.sensitive_text.free_text import MOST_CHARACTERS
from portal.tickets.models import Ticket
from portal.vault.suites import SealBrokenError
from portal.vault.vault import REPORT, Place

KEPT_FOR = timedelta(days=7)
_MOST_TEXTS = 20


@dataclass(frozen=True)
class Unsent:
    """Texts by the box they were typed into (`act-input`), and when they were saved."""

    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    saved_at: datetime | None = None

    def text_of(self, act: str, name: str) -> str:
        return self.texts.get(f"{act}-{name}", "")


def texts_place(row: UnsentText) -> Place:
    return Place(UnsentText.__tablename__, "texts", row.report_id, row.id)


def keep(session: Session, runtime: Runtime, ticket: Ticket, user_id: UUID, texts: Mapping[str, str]) -> None:
    """Replace what was kept for this person and ticket; nothing typed, nothing kept."""
    typed = {box[:80]: text[:MOST_CHARACTERS] for box, text in texts.items() if text.strip()}
    row = _row(session, ticket, user_id)
    if not typed or ticket.destroyed_at is not None:
        drop(session, ticket, user_id)
        return
    if row is None:
        row = UnsentText(ticket_id=ticket.id, report_id=ticket.report_id, user_id=user_id, saved_at=clock.now())
        session.add(row)
        session.flush()
    key = runtime.vault.data_key(session, ticket.report_id, REPORT)
    content = json.dumps(dict(list(typed.items())[:_MOST_TEXTS]), ensure_ascii=False)
    row.texts_sealed = runtime.vault.seal(key, texts_place(row), content.encode(errors="replace"))
    row.data_key_id, row.saved_at = key.id, clock.now()


def of(session: Session, runtime: Runtime, ticket: Ticket, user_id: UUID) -> Unsent:
    """What is kept for this person and ticket."""
    row = _row(session, ticket, user_id)
    if row is None or row.texts_sealed is None or row.saved_at < clock.now() - KEPT_FOR:
        return Unsent()
    try:
        content = runtime.vault.open(session, texts_place(row), row.texts_sealed)
    except SealBrokenError:
        return Unsent()  # the page is shown without it
    return Unsent(json.loads(content), row.saved_at)


def drop_of(session: Session, runtime: Runtime, ticket: Ticket, user_id: UUID, act: str) -> None:
    """An act has used its texts: the others stay."""
    kept = of(session, runtime, ticket, user_id)
    rest = {box: text for box, text in kept.texts.items() if not box.startswith(f"{act}-")}
    if len(rest) < len(kept.texts):
        keep(session, runtime, ticket, user_id, rest)


def drop(session: Session, ticket: Ticket, user_id: UUID) -> None:
    session.execute(delete(UnsentText).where(UnsentText.ticket_id == ticket.id, UnsentText.user_id == user_id))


def on_end(session: Session, ticket: Ticket) -> None:
    """Reported credentials end with the ticket, so nothing typed beside them stays."""
    session.execute(delete(UnsentText).where(UnsentText.ticket_id == ticket.id))


def _row(session: Session, ticket: Ticket, user_id: UUID) -> UnsentText | None:
    return session.scalars(_OF_PERSON, {"ticket": ticket.id, "person": user_id}).first()


# Made once: every ticket page runs it.
_OF_PERSON = select(UnsentText).where(
    UnsentText.ticket_id == bindparam("ticket"), UnsentText.user_id == bindparam("person")
)

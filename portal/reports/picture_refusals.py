"""Why the last picture offered for a slot of a draft was not taken: said again until a good one comes."""

from collections.abc import Mapping

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.reports import drafts
from portal.reports.draft_models import PictureRefusal
from portal.reports.drafts import OpenDraft
from portal.runtime import Runtime


def note(runtime: Runtime, draft: OpenDraft, slot: str, message: str) -> None:
    """Replaces the slot's earlier refusal.

    Args:
        message: a sentence of the picture rule, never the reporter's words.

    Raises:
        DraftClosedError: the draft is filed.
    """
    with runtime.database.transaction() as session:
        drafts.open_row(session, draft)
        forget(session, draft, slot)
        session.add(PictureRefusal(draft_id=draft.id, slot=slot, message=message[:300]))


def forget(session: Session, draft: OpenDraft, slot: str) -> None:
    """A good picture has come."""
    session.execute(delete(PictureRefusal).where(PictureRefusal.draft_id == draft.id, PictureRefusal.slot == slot))
    session.flush()


def of(runtime: Runtime, draft: OpenDraft) -> Mapping[str, str]:
    """The sentences, by slot."""
    query = select(PictureRefusal).where(PictureRefusal.draft_id == draft.id)
    with runtime.database.read() as session:
        return {refusal.slot: refusal.message for refusal in session.scalars(query)}

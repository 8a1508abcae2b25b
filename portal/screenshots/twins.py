"""Two places that hold the same picture: asked about once, since one screen can show both.

The same picture in another encoding or size counts as the same (`looks`). A stored one gets the fingerprint of its
twin, so that whatever is decided later needs the rows only.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.screenshots import looks, wording
from portal.screenshots.inspection import Inspection, Verdict
from portal.screenshots.models import Screenshot
from portal.screenshots.service import fingerprint_of, shows_same
from portal.storage.blobs import BlobStore
from portal.vault.vault import Vault

SAME = "same"


def asked_if_same(inspection: Inspection) -> Inspection:
    """The picture of another slot once more; one that is asked about anyway stays as it is."""
    if inspection.verdict is not Verdict.ACCEPT:
        return inspection
    message = wording.same((inspection.width, inspection.height))
    return replace(inspection, verdict=Verdict.ASK, code="image_confirm", reason=SAME, message=message)


def fingerprints_elsewhere(pictures: Iterable[tuple[str, str | None]], slot: str) -> set[str]:
    """Of (slot, fingerprint), the fingerprints in other slots."""
    return {fingerprint for other, fingerprint in pictures if fingerprint and other != slot}


def repeats(inspection: Inspection, slot: str, others: Iterable[tuple[str, Inspection]]) -> bool:
    """Whether one of (slot, inspection) shows the same in another slot."""
    shown = looks.shown_by(inspection)
    for other_slot, other in others:
        if other_slot == slot or not shown:
            continue
        if other.fingerprint == inspection.fingerprint:
            return True
        if (other_shown := looks.shown_by(other)) and looks.are_alike(shown, other_shown):
            return True
    return False


def find_stored(
    session: Session, vault: Vault, blobs: BlobStore, owner_id: uuid.UUID, inspection: Inspection, slot: str
) -> Screenshot | None:
    """The picture of another slot that the report has already and that shows the same."""
    fingerprint, shown = fingerprint_of(owner_id, inspection), looks.shown_by(inspection)
    if inspection.verdict is not Verdict.ACCEPT or shown is None:
        return None
    query = select(Screenshot).where(Screenshot.owner_id == owner_id, Screenshot.slot != slot)
    others = session.scalars(query.order_by(Screenshot.created_at, Screenshot.id)).all()
    equal = next((other for other in others if fingerprint and other.fingerprint == fingerprint), None)
    return equal or next((other for other in others if shows_same(session, vault, blobs, other, shown)), None)


def settle(session: Session, owner_id: uuid.UUID) -> None:
    """Ask about each picture of a draft that repeats an earlier one of another slot, and no longer about any other."""
    session.flush()
    query = select(Screenshot).where(Screenshot.owner_id == owner_id)
    pictures = session.scalars(query.order_by(Screenshot.created_at, Screenshot.slot.desc(), Screenshot.id)).all()
    for place, picture in enumerate(pictures):
        _settle_one(picture, pictures[:place])


def _settle_one(picture: Screenshot, earlier: Sequence[Screenshot]) -> None:
    elsewhere = fingerprints_elsewhere(((other.slot, other.fingerprint) for other in earlier), picture.slot)
    is_twin = picture.fingerprint in elsewhere
    if is_twin and picture.verdict == Verdict.ACCEPT.value:
        picture.verdict, picture.reason = Verdict.ASK.value, SAME
        picture.message, picture.is_confirmed = wording.same((picture.width, picture.height)), False
    elif picture.reason == SAME and not is_twin:
        picture.verdict, picture.reason = Verdict.ACCEPT.value, "whole"
        picture.message, picture.is_confirmed = "", False

"""Stores, names and opens inspected screenshots: blob first, row second."""

import uuid
from collections.abc import Sequence
from hashlib import blake2b

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.screenshots import looks
from portal.screenshots.inspection import Inspection
from portal.screenshots.looks import Shown
from portal.screenshots.models import Screenshot
from portal.storage.blobs import BlobMissingError, BlobStore, new_key
from portal.vault.suites import SealBrokenError
from portal.vault.vault import OpenedKey, Place, Vault, data_key_id_of


def store(
    vault: Vault,
    blobs: BlobStore,
    key: OpenedKey,
    inspection: Inspection,
    *,
    owner_id: uuid.UUID,
    slot: str,
    position: int,
    is_confirmed: bool,
) -> Screenshot:
    """Seal the clean image, write its blob durably, and return the row to add in the caller's transaction.

    A crash before that commit leaves a blob without a row, which `uploads sweep` removes.
    """
    assert inspection.content is not None and inspection.media_type is not None  # noqa: S101
    row_id, blob_key = uuid.uuid4(), new_key()
    blobs.put(blob_key, vault.seal(key, _place(owner_id, row_id), inspection.content))
    return Screenshot(
        id=row_id,
        owner_id=owner_id,
        slot=slot,
        position=position,
        width=inspection.width,
        height=inspection.height,
        byte_size=len(inspection.content),
        media_type=inspection.media_type,
        verdict=inspection.verdict.value,
        reason=inspection.reason,
        message=inspection.message[:300],
        is_confirmed=is_confirmed,
        is_photo=inspection.is_photo,
        blob_key=blob_key,
        data_key_id=key.id,
        created_at=clock.now(),
        own_width=inspection.own[0] if inspection.own else None,
        own_height=inspection.own[1] if inspection.own else None,
        fingerprint=fingerprint_of(owner_id, inspection),
    )


def fingerprint_of(owner_id: uuid.UUID, inspection: Inspection) -> str | None:
    """Equal for the same pixels within one report only, so that it links no two of them."""
    if not inspection.fingerprint:
        return None
    return blake2b(inspection.fingerprint, key=owner_id.bytes, digest_size=16).hexdigest()


def give_names(session: Session, owner_id: uuid.UUID, *, are_new: bool = False) -> None:
    """附图 1, 2, 3 for the report's pictures that have no number yet, after those that have one.

    `are_new`: they were supplied later, and are marked 新 until the assignee has opened them.
    """
    session.flush()
    pictures = pictures_of(session, owner_id)
    taken = max((picture.number or 0 for picture in pictures), default=0)
    for number, picture in enumerate((picture for picture in pictures if picture.number is None), taken + 1):
        picture.number, picture.is_new = number, are_new


def open_picture(session: Session, vault: Vault, blobs: BlobStore, screenshot: Screenshot) -> bytes:
    """The image's bytes. Callers write the trail first.

    Raises:
        BlobMissingError, SealBrokenError: this image cannot be shown; others still can.
    """
    sealed = blobs.get(screenshot.blob_key)
    if screenshot.data_key_id != data_key_id_of(sealed):
        raise SealBrokenError
    return vault.open(session, _place(screenshot.owner_id, screenshot.id), sealed)


def pictures_of(session: Session, owner_id: uuid.UUID) -> Sequence[Screenshot]:
    """A report's screenshots in the order of their numbers; a draft's have none and follow its slots."""
    query = select(Screenshot).where(Screenshot.owner_id == owner_id)
    return session.scalars(query.order_by(Screenshot.number, Screenshot.slot.desc(), Screenshot.position)).all()


def shows_same(session: Session, vault: Vault, blobs: BlobStore, screenshot: Screenshot, shown: Shown) -> bool:
    """Whether a stored image and another one show the same; one that cannot be opened does not."""
    size = (screenshot.width, screenshot.height)
    if not looks.have_one_shape(shown.size, size):
        return False
    try:
        return looks.are_alike(shown, Shown(size, open_picture(session, vault, blobs, screenshot)))
    except (BlobMissingError, SealBrokenError):
        return False


def reseal(session: Session, vault: Vault, blobs: BlobStore, key: OpenedKey, screenshot: Screenshot) -> None:
    """Seal a stored image with another data key, in a new blob; the caller deletes the old blob afterwards."""
    content = open_picture(session, vault, blobs, screenshot)
    blob_key = new_key()
    blobs.put(blob_key, vault.seal(key, _place(screenshot.owner_id, screenshot.id), content))
    screenshot.blob_key, screenshot.data_key_id = blob_key, key.id


def _place(owner_id: uuid.UUID, row_id: uuid.UUID) -> Place:
    return Place(Screenshot.__tablename__, "content", owner_id, row_id)

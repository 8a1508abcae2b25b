"""Care of keys: a new active key, re-wrapping, conversion to another suite, proof that everything opens.

Each step can be killed at any moment: what is left to do is read from the rows, never from a plan.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.db import Database
from portal.errors import PortalError
from portal.intake.models import Draft, answers_place
from portal.screenshots import service as screenshots
from portal.screenshots.models import Screenshot
from portal.tickets.tools import Tools
from portal.vault.keyring import load_keyring, save_keyring, with_new_key, without_key
from portal.vault.models import DataKey, SealedValue, VaultState
from portal.vault.suites import SealBrokenError

_BATCH = 200


class NotCleanError(Exception):
    """Something does not open or still hangs on the key: it is not retired."""


@dataclass
class Verification:
    """How much opens, and the places of what does not."""

    opened: int = 0
    broken: list[str] = field(default_factory=list)


def rotate(tools: Tools, keyring_path: Path, actor: Actor) -> tuple[str, int]:
    """Make a new active key and wrap every data key under it; an unfinished rotation is finished first.

    The portal may serve meanwhile: it reads the keyring file again when it changes, and old keys stay in it.

    Returns:
        The active key's id and how many data keys were re-wrapped.
    """
    keyring = load_keyring(keyring_path)
    if not _count_others(tools.database, keyring.active_key_id):
        keyring = with_new_key(keyring)
        save_keyring(keyring_path, keyring)
        with tools.database.transaction() as session:
            trail.record(session, Tag.KEY_ROTATED, actor, detail=f"active {keyring.active_key_id}")
    rewrapped = 0
    while batch := _rewrap_batch(tools, keyring.active_key_id):
        rewrapped += batch
    with tools.database.transaction() as session:
        session.execute(update(VaultState).values(key_id=keyring.active_key_id))
    return keyring.active_key_id, rewrapped


def convert(tools: Tools, actor: Actor) -> int:
    """Seal everything that another suite sealed anew under the suite of the settings; returns how many data keys."""
    converted = 0
    while True:
        with tools.database.read() as session:
            others = select(DataKey.id).where(DataKey.suite != tools.vault.suite.name).limit(_BATCH)
            waiting = session.scalars(others).all()
        if not waiting:
            break
        for key_id in waiting:
            _convert_key(tools, key_id)
            converted += 1
    with tools.database.transaction() as session:
        trail.record(session, Tag.KEY_ROTATED, actor, detail=f"suite {tools.vault.suite.name}, {converted} data keys")
    return converted


def verify(tools: Tools) -> Verification:
    """Open every sealed value, draft and picture, one at a time, and name what cannot be opened."""
    found = Verification()
    for model, open_row, place in (
        (SealedValue, _open_value, "sealed_values"),
        (Draft, _open_draft, "drafts"),
        (Screenshot, _open_screenshot, "screenshots"),
    ):
        for row_id in _ids(tools.database, model):
            _try(tools, model, open_row, row_id, f"{place} {row_id}", found)
    return found


def retire(tools: Tools, keyring_path: Path, key_id: str, actor: Actor) -> None:
    """Take an old key out of the keyring, after a clean verify and when nothing hangs on it.

    Raises:
        NotCleanError: with the reason; KeyringError: the key is active or unknown.
    """
    remaining = without_key(load_keyring(keyring_path), key_id)
    with tools.database.read() as session:
        used = session.scalar(select(func.count()).select_from(DataKey).where(DataKey.key_id == key_id))
    if used:
        raise NotCleanError(f"{used} data keys still hang on {key_id}; run keys rotate first")
    found = verify(tools)
    if found.broken:
        raise NotCleanError(f"{len(found.broken)} values cannot be opened, the first is {found.broken[0]}")
    with tools.database.transaction() as session:
        trail.record(session, Tag.KEY_RETIRED, actor, detail=key_id)
    save_keyring(keyring_path, remaining)


def _rewrap_batch(tools: Tools, active_key_id: str) -> int:
    with tools.database.transaction() as session:
        rows = session.scalars(
            select(DataKey).where(DataKey.key_id != active_key_id).order_by(DataKey.id).limit(_BATCH).with_for_update()
        ).all()
        for row in rows:
            tools.vault.rewrap(row)
        return len(rows)


def _count_others(database: Database, active_key_id: str) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(DataKey).where(DataKey.key_id != active_key_id)) or 0


def _convert_key(tools: Tools, key_id: object) -> None:
    """One data key with all that it sealed, in one transaction; new blobs first, old ones last."""
    old_blobs: list[str] = []
    new_blobs: list[str] = []
    try:
        with tools.database.transaction() as session:
            row = session.get(DataKey, key_id, with_for_update=True)
            if row is None or row.suite == tools.vault.suite.name:
                return
            key, made = tools.vault.new_data_key(row.owner_id, row.purpose)
            session.add(made)
            session.flush()
            for value in session.scalars(select(SealedValue).where(SealedValue.data_key_id == row.id)):
                tools.vault.reseal(session, key, value)
            for draft in session.scalars(select(Draft).where(Draft.data_key_id == row.id)):
                if draft.answers_sealed is not None:
                    answers = tools.vault.open(session, answers_place(draft.id), draft.answers_sealed)
                    draft.answers_sealed = tools.vault.seal(key, answers_place(draft.id), answers)
                draft.data_key_id = key.id
            for picture in session.scalars(select(Screenshot).where(Screenshot.data_key_id == row.id)):
                old_blobs.append(picture.blob_key)
                screenshots.reseal(session, tools.vault, tools.blobs, key, picture)
                new_blobs.append(picture.blob_key)
            session.flush()
            session.delete(row)
    except BaseException:
        for blob in new_blobs:
            tools.blobs.delete(blob)
        raise
    for blob in old_blobs:
        tools.blobs.delete(blob)


def _ids(database: Database, model: type[SealedValue | Draft | Screenshot]) -> list[object]:
    with database.read() as session:
        return list(session.scalars(select(model.id)))


def _try(
    tools: Tools,
    model: type,
    open_row: Callable[[Session, Tools, Any], int],
    row_id: object,
    place: str,
    found: Verification,
) -> None:
    with tools.database.read() as session:
        row = session.get(model, row_id)
        if row is None:
            return  # destroyed meanwhile
        try:
            found.opened += open_row(session, tools, row)
        except (SealBrokenError, PortalError, UnicodeDecodeError):
            found.broken.append(place)


def _open_value(session: Session, tools: Tools, row: SealedValue) -> int:
    if row.value_sealed is None:
        return 0
    tools.vault.open_value(session, row)
    return 1


def _open_draft(session: Session, tools: Tools, row: Draft) -> int:
    if row.answers_sealed is None:
        return 0
    tools.vault.open(session, answers_place(row.id), row.answers_sealed)
    return 1


def _open_screenshot(session: Session, tools: Tools, row: Screenshot) -> int:
    screenshots.open_picture(session, tools.vault, tools.blobs, row)
    return 1

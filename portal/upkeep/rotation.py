"""Key maintenance: a new active key, re-wrapping, conversion to another suite, verifying that everything opens.

Each step can be killed at any moment: the remaining work is read from the rows, never from a plan. Where the keys are
(file, environment, hardware) is the key provider's business.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, inspect, select, text, update
from sqlalchemy.orm import Session

from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.db import Database, OutcomeUnknownError
from portal.holdings import Held, Register, Sealed
from portal.runtime import Runtime
from portal.storage.blobs import BlobMissingError
from portal.tickets import lookup
from portal.upkeep import lost_keys
from portal.vault import inventory
from portal.vault.models import DataKey, VaultState
from portal.vault.suites import SealBrokenError

_BATCH = 200
# Names are reported as they are found; only so many are stored, so that memory does not grow with the damage.
_MOST_NAMES = 1000
_BROKEN = (SealBrokenError, BlobMissingError, UnicodeDecodeError)


class NotCleanError(Exception):
    """A value does not open or is still wrapped by this key: it is not retired."""


@dataclass
class SealVerification:
    """How many values and screenshots open, how many do not, and the places of the first failures."""

    opened: int = 0
    broken_count: int = 0
    broken: list[str] = field(default_factory=list)


@dataclass
class Rotation:
    """The result of a rotation; `left` data keys could not be opened and stay as they are."""

    active_key_id: str
    rewrapped: int = 0
    left: int = 0


@dataclass
class Conversion:
    """The result of a conversion; `left` data keys did not open, wholly or in part, and stay as they are."""

    converted: int = 0
    left: int = 0


def rotate(runtime: Runtime, actor: Actor, *, only_finish: bool = False) -> Rotation:
    """Make a new active key and wrap every data key under it; an unfinished rotation is finished instead.

    The portal may keep serving: it follows the active key at once, and old keys stay.

    Args:
        only_finish: make no new key, even if there is nothing to finish.
    """
    provider = runtime.vault.keyring
    done = _rewrap_all(runtime)
    if not done.rewrapped and not only_finish:
        _note(runtime, actor, {"active_key": provider.make_key()})
        done = _rewrap_all(runtime)
    _note(runtime, actor, {"active_key": done.active_key_id, "rewrapped": done.rewrapped, "unopened": done.left})
    return done


def convert(runtime: Runtime, actor: Actor) -> Conversion:
    """Reseal under the settings' suite everything that another suite sealed."""
    done = Conversion()
    others = DataKey.suite != runtime.vault.suite.name
    for key_id in _ids(runtime.database, DataKey, others):
        try:
            _convert_key(runtime, key_id)
            done.converted += 1
        except _BROKEN:
            done.left += 1
    particulars: Particulars = {"suite": runtime.vault.suite.name, "converted": done.converted, "unopened": done.left}
    with runtime.database.transaction() as session:
        trail.record(session, Tag.KEY_ROTATED, actor, particulars=particulars)
    return done


def is_half_converted(runtime: Runtime) -> bool:
    """Whether only some data keys are of the settings' suite, as after a killed conversion."""
    with runtime.database.read() as session:
        suites = set(session.scalars(select(DataKey.suite).distinct()))
    return len(suites) > 1 and runtime.vault.suite.name in suites


def verify(runtime: Runtime, report: Callable[[str], None] = lambda place: None) -> SealVerification:
    """Open every data key and every sealed value, one row at a time, and `report` what cannot be opened.

    Raises:
        StorageUnavailableError: database, blob store or key store is unavailable, which says nothing about the values.
    """
    result = SealVerification()
    for problem in _problems(runtime, result):
        result.broken_count += 1
        report(problem)
        if len(result.broken) < _MOST_NAMES:
            result.broken.append(problem)
    return result


def retire(runtime: Runtime, key_id: str, actor: Actor, report: Callable[[str], None] = lambda place: None) -> None:
    """Destroy an old key, after a clean verification and once it wraps nothing.

    Raises:
        NotCleanError: with the reason; KeyringError: the key is active or unknown.
    """
    provider = runtime.vault.keyring
    if key_id == provider.active_key_id or key_id not in provider.key_ids():
        raise NotCleanError(f"key {key_id} is active or unknown and cannot be retired")
    with runtime.database.read() as session:
        _check_unused(session, key_id)
    result = verify(runtime, report)
    if result.broken:
        raise NotCleanError(f"{result.broken_count} values cannot be opened, the first is {result.broken[0]}")
    with runtime.database.transaction() as session:
        if not runtime.database.is_sqlite:
            # Filings in progress that were wrapped before the rotation commit first, and are counted.
            session.execute(text("LOCK TABLE data_keys IN SHARE ROW EXCLUSIVE MODE"))
        _check_unused(session, key_id)
        trail.record(session, Tag.KEY_RETIRED, actor, particulars={"key": key_id})
    provider.retire_key(key_id)


def waiting(database: Database, active_key_id: str) -> int:
    """How many data keys are wrapped by other keys than the active one: an unfinished rotation."""
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(DataKey).where(DataKey.key_id != active_key_id)) or 0


def _check_unused(session: Session, key_id: str) -> None:
    used = session.scalar(select(func.count()).select_from(DataKey).where(DataKey.key_id == key_id))
    if used:
        raise NotCleanError(f"{used} data keys still hang on {key_id}; run keys rotate first")


def _note(runtime: Runtime, actor: Actor, particulars: Particulars) -> None:
    """The trail row; afterwards a keyring without the active key is refused at start."""
    with runtime.database.transaction() as session:
        session.execute(update(VaultState).values(key_id=runtime.vault.keyring.active_key_id))
        trail.record(session, Tag.KEY_ROTATED, actor, particulars=particulars)


def _rewrap_all(runtime: Runtime) -> Rotation:
    """Repeat until nothing is left that opens: filings in progress may still use the old key."""
    done = Rotation(runtime.vault.keyring.active_key_id)
    while True:
        rewrapped, done.left = _rewrap_round(runtime)
        if not rewrapped:
            done.active_key_id = runtime.vault.keyring.active_key_id
            return done
        done.rewrapped += rewrapped


def _rewrap_round(runtime: Runtime) -> tuple[int, int]:
    """One pass over all data keys, in batches: how many were re-wrapped and how many do not open."""
    rewrapped = left = 0
    last = None
    while True:
        with runtime.database.transaction() as session:
            query = select(DataKey).where(DataKey.key_id != runtime.vault.keyring.active_key_id)
            if last is not None:
                query = query.where(DataKey.id > last)
            rows = session.scalars(query.order_by(DataKey.id).limit(_BATCH).with_for_update()).all()
            for row in rows:
                last = row.id
                try:
                    runtime.vault.rewrap(row)
                    rewrapped += 1
                except SealBrokenError:
                    left += 1
        if not rows:
            return rewrapped, left


def _convert_key(runtime: Runtime, key_id: object) -> None:
    """One data key with all that it sealed, in one transaction; new blobs are written first, old ones deleted last."""
    old_blobs: list[str] = []
    new_blobs: list[str] = []
    try:
        with runtime.database.transaction() as session:
            row = session.get(DataKey, key_id, with_for_update=True)
            if row is None or row.suite == runtime.vault.suite.name:
                return
            key, new_row = runtime.vault.new_data_key(row.owner_id, row.purpose)
            inventory.carry(runtime.vault, row, new_row)
            session.add(new_row)
            session.flush()
            for held, sealed in _register(runtime).sealed():
                if sealed.reseal is None:
                    continue
                for sealed_row in session.scalars(select(held.model).where(held.column(sealed.data_key) == row.id)):
                    old_blobs += held.blobs_of(sealed_row)
                    sealed.reseal(session, runtime, key, sealed_row)
                    new_blobs += held.blobs_of(sealed_row)
            session.flush()
            session.delete(row)
    except OutcomeUnknownError:
        raise  # the new blobs may be the valid ones: the sweep finds out
    except BaseException:
        for blob in new_blobs:
            runtime.blobs.delete(blob)
        raise
    for blob in old_blobs:
        runtime.blobs.delete(blob)


def _register(runtime: Runtime) -> Register:
    return Register.of(runtime.database.session_info)


def _ids(database: Database, model: Any, *conditions: Any) -> Iterator[Any]:
    """The ids of a table in batches: memory does not grow with the table, and no transaction stays open."""
    last, key = None, inspect(model).primary_key[0]
    while True:
        query = select(key).where(*conditions).order_by(key).limit(_BATCH)
        with database.read() as session:
            batch = session.scalars(query if last is None else query.where(key > last)).all()
        if not batch:
            return
        last = batch[-1]
        yield from batch


def _problems(runtime: Runtime, result: SealVerification) -> Iterator[str]:
    for held, sealed in _register(runtime).sealed():
        for row_id in _ids(runtime.database, held.model):
            if problem := _problem(runtime, held, sealed, row_id, result):
                yield problem
    yield from lost_keys.find(runtime.database)


def _problem(runtime: Runtime, held: Held, sealed: Sealed, row_id: Any, result: SealVerification) -> str:
    """What is wrong with a row, with table, id, field and ticket; empty if it opens."""
    problem = ""
    for _ in range(2):  # a screenshot may be replaced or destroyed between reading its row and its blob
        with runtime.database.read() as session:
            row = session.get(held.model, row_id)
            if row is None:
                return ""  # destroyed in between
            try:
                result.opened += sealed.check(session, runtime, row)
                return ""
            except _BROKEN as error:
                problem = f"{held.table} {row_id}{_where(session, held, sealed, row)}: {_what(error)}"
    return problem


def _where(session: Session, held: Held, sealed: Sealed, row: Any) -> str:
    """The field and the ticket of a row, as far as it says them."""
    field = f", {sealed.field_of(row)}" if sealed.field_of else ""
    if not held.is_of_reports:
        return field
    column, own = ("report_id", held.report) if held.report else ("id", held.ticket)
    number = lookup.number_of(session, column, getattr(row, own or ""))
    return f"{field} of {number}" if number else field


def _what(error: Exception) -> str:
    return error.what if isinstance(error, SealBrokenError) else SealBrokenError.what

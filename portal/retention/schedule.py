"""Retention periods: what is due is destroyed, and a restored backup obeys destructions made after it."""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session, aliased

from portal import clock
from portal.audit import trail
from portal.audit.actor import SYSTEM, Actor
from portal.audit.purge import Rule, purge, purge_quietly
from portal.audit.purge import due as purge_due
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.db import Database
from portal.holdings import Register, Subject
from portal.retention import destruction, expiry, holds
from portal.retention.models import Tombstone
from portal.retention.tombstones import FILE_NAME, TombstoneFile
from portal.runtime import Runtime
from portal.settings import Settings
from portal.tickets.models import Ticket
from portal.vault.models import DataKey
from portal.watch import clock_doubt

_BATCH = 500
_PATIENCE = 5.0


@dataclass(frozen=True)
class Schedule:
    """How long each class is kept after its ticket was closed; None means for ever."""

    credentials: timedelta
    pictures: timedelta | None
    reports: timedelta | None
    trail: timedelta | None

    @classmethod
    def of(cls, settings: Settings) -> "Schedule":
        days = (settings.keep_pictures_days, settings.keep_reports_days, settings.keep_trail_days)
        return cls(timedelta(settings.credentials_grace_days), *(timedelta(count) if count else None for count in days))


@dataclass(frozen=True)
class Due:
    """How many tickets are due per class, how many are on hold, and how many rows the trail's purge would remove.

    `over` counts expired rows by table.
    """

    credentials: int
    pictures: int
    reports: int
    held: int
    old_trail: int
    over: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many destructions are due."""
        return self.credentials + self.pictures + self.reports


def tombstone_file(settings: Settings) -> TombstoneFile:
    """The list of destructions that survives the database."""
    return TombstoneFile(settings.data_dir / FILE_NAME)


def due(runtime: Runtime, rules: Schedule) -> Due:
    """What `run` would destroy now; changes nothing."""
    with runtime.database.read() as session:
        reports = set(_tickets(session, _reports_due(rules)))
        pictures = set(_tickets(session, _pictures_due(rules, _register(runtime)))) - reports
        credentials = set(_tickets(session, _credentials_due(rules))) - reports
        return Due(
            credentials=len(credentials),
            pictures=len(pictures),
            reports=len(reports),
            held=holds.count(session),
            old_trail=_old_trail(session, rules),
            over=expiry.due(session, runtime.settings),
        )


def run(runtime: Runtime, rules: Schedule, actor: Actor = SYSTEM, *, is_quiet: bool = False) -> Due:
    """Destroy what is due, ticket by ticket, delete expired rows, purge the trail, and empty SQLite's log.

    Args:
        is_quiet: no trail row for a run that found nothing (the worker's rounds).

    Raises:
        PurgeRefusedError: the trail is broken; all else is done. Quiet runs record it and continue.
        ClockDoubtedError, WrongStoreError: the time, or the store of pictures, may be wrong; nothing was done.
    """
    clock_doubt.ensure_trusted(runtime.database)
    runtime.blobs.ensure_right()
    reports = _destroy(runtime, _reports_due(rules), destruction.destroy_report)
    pictures = _destroy(runtime, _pictures_due(rules, _register(runtime)), destruction.destroy_pictures)
    credentials = _destroy(runtime, _credentials_due(rules), _destroy_credentials)
    over = expiry.sweep(runtime)
    with runtime.database.read() as session:
        held = holds.count(session)
    if credentials or pictures or reports or not is_quiet:
        with runtime.database.transaction() as session:
            done: Particulars = {"credentials": credentials, "pictures": pictures, "reports": reports}
            trail.record(session, Tag.RETENTION_RUN, actor, particulars=done)
    forget_log(runtime)
    old_trail = _purge_trail(runtime, rules, actor, is_quiet=is_quiet)
    return Due(credentials, pictures, reports, held, old_trail, over)


def forget_log(runtime: Runtime) -> bool:
    """Empty SQLite's log if something was destroyed in the last day: a reader may have prevented it at the time."""
    with runtime.database.read() as session:
        is_needed = session.scalar(select(exists().where(Tombstone.destroyed_at > clock.now() - timedelta(days=1))))
    return not is_needed or destruction.empty_log(runtime.database.engine, _PATIENCE)


def reapply(runtime: Runtime, file: TombstoneFile) -> int:
    """Synchronise database and file: repeat what only the file knows, then write what only the database knows.

    Runs before the portal serves and inside every restore; returns how many destructions were repeated.
    """
    in_file: set[uuid.UUID] = set()
    repeated = 0
    for stones in _batches(file.read()):
        in_file.update(stone.id for stone in stones)
        repeated += sum(_reapply(runtime, stone) for stone in _suspect(runtime, stones))
    if repeated:
        with runtime.database.transaction() as session:
            trail.record(session, Tag.DESTRUCTIONS_REAPPLIED, SYSTEM, particulars={"destructions": repeated})
        destruction.empty_log(runtime.database.engine, _PATIENCE)
    sync_file(runtime.database, file, in_file)
    return repeated


def sync_file(database: Database, file: TombstoneFile, in_file: set[uuid.UUID] | None = None) -> None:
    """Write destructions of the database that the file lacks, after a crash or on a full disk."""
    known = {stone.id for stone in file.read()} if in_file is None else in_file
    with database.read() as session:
        stones = session.scalars(select(Tombstone).order_by(Tombstone.destroyed_at)).all()
    file.append(stone for stone in stones if stone.id not in known)


def _suspect(runtime: Runtime, stones: Sequence[Tombstone]) -> list[Tombstone]:
    """Those that this database may not have obeyed: unknown to it, or a key that they name still exists."""
    key_ids = [uuid.UUID(key_id) for stone in stones for key_id in stone.data_key_ids]
    with runtime.database.read() as session:
        known = set(session.scalars(select(Tombstone.id).where(Tombstone.id.in_([stone.id for stone in stones]))))
        present = {str(key_id) for key_id in session.scalars(select(DataKey.id).where(DataKey.id.in_(key_ids)))}
    return [stone for stone in stones if stone.id not in known or present.intersection(stone.data_key_ids)]


def _reapply(runtime: Runtime, stone: Tombstone) -> int:
    with runtime.database.transaction() as session:
        blobs = destruction.reapply(session, stone)
    for name in blobs or ():
        runtime.blobs.delete(name)
    return blobs is not None


def _destroy(
    runtime: Runtime, condition: ColumnElement[bool] | None, destroy: Callable[[Session, Ticket], list[str]]
) -> int:
    """One transaction per ticket: if a run is killed, every ticket is either done or not done."""
    with runtime.database.read() as session:
        waiting = _tickets(session, condition)
    done = 0
    for ticket_id in waiting:
        with runtime.database.transaction() as session:
            query = select(Ticket).where(Ticket.id == ticket_id, condition)  # type: ignore[arg-type]
            ticket = session.scalars(query.with_for_update(of=Ticket)).first()
            blobs = destroy(session, ticket) if ticket else []
        done += ticket is not None
        for name in blobs:
            runtime.blobs.delete(name)
    return done


def _destroy_credentials(session: Session, ticket: Ticket) -> list[str]:
    destruction.destroy_credentials(session, ticket)
    return []


def _register(runtime: Runtime) -> Register:
    return Register.of(runtime.database.session_info)


def _tickets(session: Session, condition: ColumnElement[bool] | None) -> list[uuid.UUID]:
    return [] if condition is None else list(session.scalars(select(Ticket.id).where(condition)))


def _closed_for(time: timedelta, stays: ColumnElement[bool]) -> ColumnElement[bool]:
    ended_before = clock.now() - time
    worked_on = aliased(Ticket)
    has_worked = exists().where(
        worked_on.id == Ticket.worked_as_id, worked_on.is_open | (worked_on.closed_at > ended_before)
    )
    return ~Ticket.is_open & (Ticket.closed_at <= ended_before) & ~has_worked & ~stays


def _credentials_due(rules: Schedule) -> ColumnElement[bool]:
    has_key = exists().where(DataKey.owner_id == Ticket.report_id, destruction.is_credential())
    return _closed_for(rules.credentials, holds.is_held()) & has_key


def _pictures_due(rules: Schedule, register: Register) -> ColumnElement[bool] | None:
    of_ticket = Subject(Ticket.report_id, Ticket.id)
    has_picture = or_(*(exists().where(held.belongs_to(of_ticket)) for held in register.pictures()))
    return None if rules.pictures is None else _closed_for(rules.pictures, holds.is_kept()) & has_picture


def _reports_due(rules: Schedule) -> ColumnElement[bool] | None:
    return (
        None if rules.reports is None else _closed_for(rules.reports, holds.is_kept()) & Ticket.destroyed_at.is_(None)
    )


def _trail_rule(session: Session, rules: Schedule) -> Rule | None:
    """Rows of a ticket on hold stay, under every number that it ever had, and so does everything after the first."""
    return Rule(rules.trail, holds.numbers(session)) if rules.trail else None


def _old_trail(session: Session, rules: Schedule) -> int:
    rule = _trail_rule(session, rules)
    return purge_due(session, rule) if rule else 0


def _purge_trail(runtime: Runtime, rules: Schedule, actor: Actor, *, is_quiet: bool) -> int:
    with runtime.database.read() as session:
        rule = _trail_rule(session, rules)
    if rule is None:
        return 0
    return (purge_quietly if is_quiet else purge)(runtime.checkpoints, rule, actor)


def _batches(stones: Iterator[Tombstone]) -> Iterator[list[Tombstone]]:
    batch: list[Tombstone] = []
    for stone in stones:
        batch.append(stone)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch

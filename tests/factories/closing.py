"""Closed tickets of any age, and the bytes that must be nowhere after a destruction."""

import base64
import uuid
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select, update

from portal import clock
from portal.acts.table import CLAIM, RESOLVE
from portal.acts.voiding import ASK_VOID, DECIDE_VOID
from portal.audit.actor import clinic as at_clinic
from portal.runtime import Runtime
from portal.screenshots.models import Screenshot
from portal.tickets import lookup
from portal.tickets.models import Ticket
from portal.tracking import confirmation
from portal.vault.models import DataKey, SealedValue
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.reports import file_report


def closed_ticket(runtime: Runtime, days_ago: float = 0, number: str | None = None, **changes: object) -> Ticket:
    """A ticket that went all the way; it was closed `days_ago`."""
    alice, number = actor(runtime, "alice"), number or file_report(runtime, **changes).number
    with runtime.database.transaction() as session:
        perform(session, runtime, alice, CLAIM, number, 1)
        ticket = perform(session, runtime, alice, RESOLVE, number, 2, text="已修复，请重新保存一次")
    confirmation.confirm(runtime, at_clinic(), ticket.id, is_solved=True, comment="")
    with runtime.database.transaction() as session:
        moment = clock.now() - timedelta(days=days_ago)
        session.execute(update(Ticket).where(Ticket.id == ticket.id).values(closed_at=moment))
    return ticket_named(runtime, number)


def voided_ticket(runtime: Runtime, number: str, owner: str = "alice") -> Ticket:
    """The owner asks for it, a lead agrees."""
    ticket = ticket_named(runtime, number)
    with runtime.database.transaction() as session:
        who = actor(runtime, owner)
        perform(session, runtime, who, ASK_VOID, number, ticket.version, kind="invalid", text="测试")
        return perform(session, runtime, actor(runtime, "leo"), DECIDE_VOID, number, ticket.version, approved=True)


def ticket_named(runtime: Runtime, number: str) -> Ticket:
    """The ticket as it is now."""
    with runtime.database.read() as session:
        ticket = lookup.by_number(session, number)
    assert ticket is not None
    return ticket


def sealed_bytes(runtime: Runtime, report_id: uuid.UUID, *purposes: str) -> list[bytes]:
    """Every wrapped data key and ciphertext that a report has in the database for these purposes."""
    with runtime.database.read() as session:
        keys = session.scalars(
            select(DataKey).where(DataKey.owner_id == report_id, DataKey.purpose.in_(purposes))
        ).all()
        values = session.scalars(select(SealedValue).where(SealedValue.data_key_id.in_([key.id for key in keys]))).all()
    return [key.key_wrapped for key in keys] + [value.value_sealed for value in values if value.value_sealed]


def picture_bytes(runtime: Runtime, report_id: uuid.UUID) -> list[bytes]:
    """The stored ciphertext of a report's pictures."""
    with runtime.database.read() as session:
        keys = session.scalars(select(Screenshot.blob_key).where(Screenshot.owner_id == report_id)).all()
    return [runtime.blobs.get(key) for key in keys]


def found_in(folder: Path, planted: list[bytes]) -> list[str]:
    """Files below `folder` in which any of these bytes stand, as they are, in hex or in base64."""
    assert planted and all(len(value) >= 20 for value in planted)
    shapes = [shape for value in planted for shape in (value, value.hex().encode(), base64.b64encode(value)[:-4])]
    hits = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            hits += [str(path.relative_to(folder)) for shape in shapes if shape in content]
    return hits

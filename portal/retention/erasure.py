"""Erasing one report at the request of the person whom it is about, before its time is over (SECURITY J-5)."""

from portal import clock
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.errors import ConflictError
from portal.retention import destruction, holds
from portal.runtime import Runtime
from portal.sensitive_text.free_text import checked_text
from portal.tickets import lookup
from portal.vault.span_masks import masked_text


def erase(runtime: Runtime, actor: Actor, number: str, reason: str) -> None:
    """Destroy everything that was typed or sent; number, queue, state, times and the trail stay.

    Raises:
        InvalidError: no reason. NotFoundError: no such ticket.
        ConflictError: it is still worked, also under another ticket; it is on hold; it is destroyed already.
    """
    written = checked_text(reason, field="reason", missing="请写明销毁的原因", most=holds.LONGEST_REASON)
    runtime.blobs.ensure_right()
    with runtime.database.transaction() as session:
        ticket = holds.locked(session, number)
        if ticket.destroyed_at is not None:
            raise ConflictError(f"{ticket.number} 已经销毁，{clock.clinic_time(ticket.destroyed_at)}")
        if ticket.is_open or lookup.worked_one(session, ticket).is_open:
            raise ConflictError(f"{ticket.number} 还在处理，请先关闭或作废，再销毁")
        if ticket.is_held or ticket.stay is not None:
            raise ConflictError(f"{ticket.number} 在保全，不能销毁")
        blobs = destruction.destroy_report(session, ticket)
        trail.record(
            session, Tag.REPORT_ERASED, actor, ticket_number=ticket.number,
            reason=masked_text(written)[: holds.LONGEST_REASON],
        )  # fmt: skip
    for name in blobs:
        runtime.blobs.delete(name)

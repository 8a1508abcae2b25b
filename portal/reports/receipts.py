"""Receipts: the same submission key again returns the same receipt, unchanged (SECURITY A-9)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from portal import clock
from portal.db import insert_rows
from portal.errors import ConflictError
from portal.kinds.validation import ReportDraft
from portal.reports.models import SubmissionKey
from portal.runtime import Runtime
from portal.tickets import numbering
from portal.tickets.models import Ticket

_TIMES = ("submitted_at", "reply_due_at")


class UsedKeyError(ConflictError):
    """The submission key belongs to other content."""

    code = "used_key"


@dataclass(frozen=True)
class Receipt:
    """What the clinic keeps. The query code cannot be shown again without the submission key."""

    number: str
    query_code: str = field(repr=False)
    queue: str
    state: str
    submitted_at: datetime
    reply_due_at: datetime
    masked: Mapping[str, str | list[str]]


def find(runtime: Runtime, submission_key: str, fingerprint: str | None = None) -> Receipt | None:
    """The receipt issued for this key; None for a new key.

    Raises:
        ConflictError: a `fingerprint` is passed and the key was used for other content.
    """
    with runtime.database.read() as session:
        known = session.get(SubmissionKey, _key_hash(runtime, submission_key))
    if known is None:
        return None
    if fingerprint is not None and known.fingerprint != fingerprint:
        raise UsedKeyError("这个 Idempotency-Key 已用于另一份内容不同的提报，请换一个")
    times = {name: datetime.fromisoformat(known.receipt[name]) for name in _TIMES}
    return Receipt(query_code=numbering.query_code(runtime.vault, submission_key), **{**known.receipt, **times})


def is_known(session: Session, runtime: Runtime, submission_key: str) -> bool:
    """Whether an identical concurrent submission was faster."""
    return session.get(SubmissionKey, _key_hash(runtime, submission_key)) is not None


def keep(
    session: Session, runtime: Runtime, submission_key: str, fingerprint: str, ticket: Ticket, receipt: Receipt
) -> None:
    """Store the receipt under its key, without its query code."""
    content: dict[str, Any] = {name: value for name, value in vars(receipt).items() if name != "query_code"}
    row = SubmissionKey(
        key_hash=_key_hash(runtime, submission_key),
        fingerprint=fingerprint,
        ticket_id=ticket.id,
        receipt=content | {name: content[name].isoformat() for name in _TIMES},
        created_at=clock.now(),
    )
    insert_rows(session, row)


def fingerprint(runtime: Runtime, report: ReportDraft) -> str:
    """Equal for submissions with the same content, of which it reveals nothing."""
    return runtime.vault.keyed_hash("submission content", repr(_sent(report)))


def _sent(report: ReportDraft) -> list[Any]:
    """Everything that was sent, pictures included."""
    texts, secrets = sorted(report.texts.items()), sorted(report.secrets.items())
    pictures = [list(report.sent_pictures)] if report.sent_pictures else []
    return [report.kind.name.value, report.channel.value, texts, secrets, *pictures]


def _key_hash(runtime: Runtime, submission_key: str) -> str:
    return runtime.vault.keyed_hash("submission key", submission_key)

"""Receipts: the same submission key again returns the same receipt, unchanged (SECURITY A-9)."""

import hmac
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal import clock
from portal.db import insert_rows
from portal.errors import ConflictError
from portal.holdings import SealCare, Sealed
from portal.kinds.names import RequestType
from portal.kinds.validation import ReportDraft
from portal.reports.models import SubmissionKey
from portal.reports.urgency_at_filing import NORMAL, ChosenUrgency
from portal.runtime import Runtime
from portal.tickets import numbering
from portal.tickets.models import Ticket
from portal.vault.models import DataKey
from portal.vault.suites import SealBrokenError
from portal.vault.vault import CREDENTIALS, OpenedKey, Place, Vault

_KEY_BYTES = 32
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
        ConflictError: a `fingerprint` is passed and the key was used for other content. Once the credentials are
            destroyed nothing is left to tell that.
    """
    with runtime.database.read() as session:
        known = session.get(SubmissionKey, _key_hash(runtime, submission_key))
        is_other = (
            known is not None and fingerprint is not None and _is_other(session, runtime.vault, known, fingerprint)
        )
    if known is None:
        return None
    if is_other:
        raise UsedKeyError("这个 Idempotency-Key 已用于另一份内容不同的提报，请换一个")
    times = {name: datetime.fromisoformat(known.receipt[name]) for name in _TIMES}
    return Receipt(query_code=numbering.query_code(runtime.vault, submission_key), **{**known.receipt, **times})


def is_known(session: Session, runtime: Runtime, submission_key: str) -> bool:
    """Whether an identical concurrent submission was faster."""
    return session.get(SubmissionKey, _key_hash(runtime, submission_key)) is not None


def keep(
    session: Session,
    runtime: Runtime,
    submission_key: str,
    fingerprint: str,
    credentials: OpenedKey,
    ticket: Ticket,
    receipt: Receipt,
) -> None:
    """Store the receipt under its key, without its query code."""
    content: dict[str, Any] = {name: value for name, value in vars(receipt).items() if name != "query_code"}
    row = SubmissionKey(
        key_hash=_key_hash(runtime, submission_key),
        ticket_id=ticket.id,
        receipt=content | {name: content[name].isoformat() for name in _TIMES},
        created_at=clock.now(),
    )
    _key_fingerprint(runtime.vault, row, fingerprint, credentials)
    insert_rows(session, row)


def fingerprint(runtime: Runtime, report: ReportDraft, urgency: ChosenUrgency = NORMAL) -> str:
    """Equal for submissions with the same content. Kept only under a key of its own: its content could be guessed."""
    return runtime.vault.keyed_hash("submission content", repr(_sent(report, urgency)))


def _sent(report: ReportDraft, urgency: ChosenUrgency) -> list[Any]:
    """Everything that was sent, pictures included. What is as usual is left out: older fingerprints stay right."""
    texts, secrets = sorted(report.texts.items()), sorted(report.secrets.items())
    pictures = [list(report.sent_pictures)] if report.sent_pictures else []
    is_help = report.request_type is RequestType.HELP
    chosen = [] if is_help and urgency == NORMAL else [[report.request_type.value, urgency.level.name, urgency.reason]]
    noted = [report.incomplete_note] if report.incomplete_note else []
    return [report.kind.name.value, report.channel.value, texts, secrets, *pictures, *chosen, *noted]


def is_older() -> ColumnElement[bool]:
    """Rows whose fingerprint has no key of its own yet."""
    return (SubmissionKey.fingerprint != "") & SubmissionKey.fingerprint_key_sealed.is_(None)


def renew(session: Session, care: SealCare, row: SubmissionKey) -> bool:
    """Put an older fingerprint under a key of its own; drop it if the credentials are destroyed."""
    if not row.fingerprint or row.fingerprint_key_sealed is not None:
        return False
    owner_id = _owner_of(session, row)
    has_credentials = select(DataKey.id).where(DataKey.owner_id == owner_id, DataKey.purpose == CREDENTIALS)
    if session.scalar(has_credentials.limit(1)) is None:
        row.fingerprint = ""
        return True
    try:
        _key_fingerprint(care.vault, row, row.fingerprint, care.vault.data_key(session, owner_id, CREDENTIALS))
    except SealBrokenError:
        row.fingerprint = ""  # `keys verify` names the key
    return True


def _check(session: Session, care: SealCare, row: SubmissionKey) -> int:
    if row.fingerprint_key_sealed is not None:
        care.vault.open(session, _place(row, _owner_of(session, row)), row.fingerprint_key_sealed)
    return 0


def _reseal(session: Session, care: SealCare, key: OpenedKey, row: SubmissionKey) -> None:
    if row.fingerprint_key_sealed is not None:
        place = _place(row, _owner_of(session, row))
        secret = care.vault.open(session, place, row.fingerprint_key_sealed)
        row.fingerprint_key_sealed = care.vault.seal(key, place, secret)
    row.data_key_id = key.id


SEALED = Sealed(
    "fingerprint_key_sealed",
    _check,
    _reseal,
    destroyed=lambda _: {"fingerprint": "", "fingerprint_key_sealed": None, "data_key_id": None},
    is_counted=False,
    is_listed=False,  # a fingerprint is no content, and filing would change its data key once more
)


def _is_other(session: Session, vault: Vault, known: SubmissionKey, fingerprint: str) -> bool:
    if not known.fingerprint:
        return False
    if known.fingerprint_key_sealed is None:
        return known.fingerprint != fingerprint
    secret = vault.open(session, _place(known, _owner_of(session, known)), known.fingerprint_key_sealed)
    return not hmac.compare_digest(known.fingerprint, _keyed(secret, fingerprint))


def _key_fingerprint(vault: Vault, row: SubmissionKey, fingerprint: str, credentials: OpenedKey) -> None:
    secret = secrets.token_bytes(_KEY_BYTES)
    row.fingerprint = _keyed(secret, fingerprint)
    row.fingerprint_key_sealed = vault.seal(credentials, _place(row, credentials.owner_id), secret)
    row.data_key_id = credentials.id


def _keyed(secret: bytes, fingerprint: str) -> str:
    return hmac.digest(secret, fingerprint.encode(), "sha256").hex()


def _place(row: SubmissionKey, owner_id: uuid.UUID) -> Place:
    return Place(SubmissionKey.__tablename__, "fingerprint", owner_id, row.key_hash)


def _owner_of(session: Session, row: SubmissionKey) -> uuid.UUID:
    return session.get_one(Ticket, row.ticket_id).report_id


def _key_hash(runtime: Runtime, submission_key: str) -> str:
    return runtime.vault.keyed_hash("submission key", submission_key)

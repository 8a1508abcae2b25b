"""我也遇到: a short report linked to a known issue, with institution and contact only (REQUIREMENTS N14)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import limiter
from portal.accounts.known_browsers import Browser
from portal.accounts.limiter import RateLimit
from portal.audit import trail
from portal.audit.actor import SYSTEM, Actor
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.db import insert_rows, new_id
from portal.errors import ConflictError, InvalidError, NotFoundError
from portal.kinds import validation
from portal.kinds.contact_fields import CONTACT_NAME, CONTACT_PHONE
from portal.kinds.fields import EVERYWHERE, CheckContext, FieldSpec
from portal.kinds.names import Channel
from portal.kinds.table import GENERAL, INSTITUTION
from portal.kinds.validation import Values
from portal.knowledge.models import Follower, KnownIssue
from portal.retention import destruction
from portal.runtime import Runtime
from portal.tickets import numbering
from portal.tracking import access
from portal.vault.models import SealedValue
from portal.vault.span_masks import masked_text
from portal.vault.vault import CONTACT

KEEP_CONTACT = timedelta(days=30)
_SERIES = "YX"
_BATCH = 500
_TOO_MANY = "这个网络提交得太多，请在 {at} 以后再试"


@dataclass(frozen=True)
class FollowerReceipt:
    """Repeating the submission returns the same receipt."""

    number: str
    query_code: str = field(repr=False)
    submitted_at: datetime


# The clinic must be reachable, so the phone is required; otherwise the rules are those of the long form.
SHORT = replace(
    GENERAL, fields=(INSTITUTION, replace(CONTACT_PHONE, needs=EVERYWHERE, help="有消息时便于告诉您"), CONTACT_NAME)
)
FIELDS: Sequence[FieldSpec] = SHORT.fields


def numbers_of_queues(session: Session, queues: Sequence[str]) -> Select[str]:
    """The numbers of short reports to known issues of these queues."""
    issues = session.execute(select(KnownIssue.id, KnownIssue.queues))
    own = [issue_id for issue_id, names in issues if set(names) & set(queues)]
    return select(Follower.number).where(Follower.known_issue_id.in_(own))


def is_number(number: str) -> bool:
    """Whether a typed number is that of a short report rather than a ticket."""
    return numbering.normal_number(number).startswith(_SERIES)


def follow(
    runtime: Runtime, actor: Actor, issue_id: uuid.UUID, values: Values, *, limit: RateLimit, submission: str
) -> FollowerReceipt:
    """File a short report. The same `submission` with the same content returns the same receipt.

    Raises:
        InvalidError: lists every fault. ConflictError: the known issue is settled. NotFoundError: no such issue.
        TooManyRequestsError: too many reports from this address.
    """
    clean = validation.normalised(SHORT, values)
    faults = validation.text_faults(SHORT, Channel.YXT, clean, FIELDS, CheckContext.of(runtime.settings))
    if faults:
        raise InvalidError(faults)
    key = repr((str(issue_id), submission, sorted(clean.items())))
    known = _known(runtime, key)
    if known:
        return known
    limiter.ensure_room(runtime.database, limit, actor.address, _TOO_MANY, runtime.settings.or_call)
    return runtime.database.run_once(
        lambda session: _insert(session, runtime, actor, issue_id, clean, limit, key), lambda: _known(runtime, key)
    )


def find(runtime: Runtime, actor: Actor, number: str, code: str, browser: Browser | None = None) -> Follower:
    """The short report with this number and query code, under the same limits as tickets.

    Raises:
        PortalError: 404, the same for a wrong number and a wrong code.
        TooManyRequestsError: too many wrong attempts.
    """
    return access.opened_by_code(runtime, actor, number, code, by_number, browser)


def by_number(session: Session, number: str) -> Follower | None:
    return session.scalars(select(Follower).where(Follower.number == numbering.normal_number(number))).first()


def of_issue(session: Session, issue: KnownIssue) -> list[tuple[Follower, dict[str, str]]]:
    """The short reports of a known issue, newest first, each with its masked contact by field."""
    rows = session.scalars(
        select(Follower).where(Follower.known_issue_id == issue.id).order_by(Follower.created_at.desc()).limit(_BATCH)
    ).all()
    masks: dict[uuid.UUID, dict[str, str]] = {row.id: {} for row in rows}
    for value in session.scalars(select(SealedValue).where(SealedValue.owner_id.in_(masks))):
        masks[value.owner_id][value.field] = value.value_masked
    return [(row, masks[row.id]) for row in rows]


def has_old_contact(now: datetime) -> ColumnElement[bool]:
    """Condition: the issue was settled so long ago that the contact is to be destroyed."""
    settled = select(KnownIssue.id).where(KnownIssue.settled_at < now - KEEP_CONTACT)
    return Follower.contact_destroyed_at.is_(None) & Follower.known_issue_id.in_(settled)


def destroy_old_contacts(runtime: Runtime) -> int:
    """Destroy the contacts of issues settled long enough ago; returns the number of reports that had one."""
    with runtime.database.read() as session:
        due_ids = session.scalars(select(Follower.id).where(has_old_contact(clock.now())).limit(_BATCH)).all()
    destroyed = 0
    for follower_id in due_ids:
        with runtime.database.transaction() as session:
            row = session.get_one(Follower, follower_id, with_for_update=True)
            if row.contact_destroyed_at is None:
                destruction.destroy_purpose(session, row.id, CONTACT)
                row.contact_destroyed_at = clock.now()
                destroyed += 1
    if destroyed:
        with runtime.database.transaction() as session:
            trail.record(session, Tag.CONTACTS_DESTROYED, SYSTEM, particulars={"contacts": destroyed})
    return destroyed


def _known(runtime: Runtime, key: str) -> FollowerReceipt | None:
    with runtime.database.read() as session:
        row = session.scalars(select(Follower).where(Follower.submission_hash == _hash(runtime, key))).first()
    return FollowerReceipt(row.number, numbering.query_code(runtime.vault, key), row.created_at) if row else None


def _insert(
    session: Session, runtime: Runtime, actor: Actor, issue_id: uuid.UUID, clean: Values, limit: RateLimit, key: str
) -> FollowerReceipt:
    now, follower_id, code = clock.now(), new_id(), numbering.query_code(runtime.vault, key)
    data_key, key_row = runtime.vault.new_data_key(follower_id, CONTACT)
    sealed = [
        runtime.vault.sealed_value(
            data_key, owner_id=follower_id, field=spec.name, value=value, mask=spec.mask, label=spec.label
        )
        for spec in FIELDS
        if spec.mask is not None
        for value in clean.get(spec.name, ())
    ]
    issue = session.get(KnownIssue, issue_id, with_for_update=True)
    if issue is None:
        raise NotFoundError("没有找到这条已知问题")
    if issue.is_settled:
        raise ConflictError("这个问题已经恢复。还有问题时，请提交完整的问题")
    limiter.count(session, limit, actor.address)
    row = Follower(
        id=follower_id,
        known_issue_id=issue_id,
        number=numbering.next_number(session, _SERIES),
        query_code_hash=numbering.hash_code(runtime.vault, code),
        submission_hash=_hash(runtime, key),
        institution=masked_text(clean["institution"][0]),
        created_at=now,
    )
    insert_rows(session, key_row, *sealed, row)
    followed: Particulars = {"follower": row.number, "known_issue": issue.number}
    trail.record(session, Tag.KNOWN_ISSUE_FOLLOWED, actor, particulars=followed)
    return FollowerReceipt(row.number, code, now)


def _hash(runtime: Runtime, key: str) -> str:
    return runtime.vault.keyed_hash("known issue submission", key)

"""The texts of a case: sealed under its own data key, insert-only, opened one case at a time (DESK 0.8, 5.4).

`Seals` is the case's key in one transaction. Only this module opens them; who may read is judged in `access`.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from dataclasses import field as shown
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.complaints.models import Complaint, ComplaintEntry, ComplaintProposal, ComplaintText
from portal.complaints.names import NAME, Field, ProposalState
from portal.db import insert_rows, new_id
from portal.reports.sealing import stopping_spans
from portal.runtime import Runtime
from portal.sensitive_text.finder import mask_text
from portal.vault.models import SealedValue
from portal.vault.span_masks import masked
from portal.vault.suites import SealBrokenError
from portal.vault.vault import OpenedKey, Place, Vault

CONTENT_KEY = "complaint"  # purposes of the case's two data keys
CONTACT_KEY = "complaint_contact"
UNREADABLE = "〔这段文字无法解密，请联系管理员〕"


def text_place(row: ComplaintText) -> Place:
    return Place(ComplaintText.__tablename__, row.field, row.complaint_id, row.id)


def entry_place(row: ComplaintEntry) -> Place:
    return Place(ComplaintEntry.__tablename__, "text", row.complaint_id, row.id)


def proposal_place(row: ComplaintProposal) -> Place:
    return Place(ComplaintProposal.__tablename__, "text", row.complaint_id, row.id)


def name_place(row: Complaint) -> Place:
    return Place(Complaint.__tablename__, "confirmed_name", row.id, row.id)


@dataclass(frozen=True)
class Writer:
    """Writes the sealed rows of one case, under its key."""

    session: Session
    vault: Vault
    complaint: Complaint
    key: OpenedKey

    @classmethod
    def of(cls, session: Session, runtime: Runtime, complaint: Complaint) -> "Writer":
        key = runtime.vault.data_key(session, complaint.id, CONTENT_KEY)
        return cls(session, runtime.vault, complaint, key)

    def text(self, name: Field, text: str, by_id: uuid.UUID | None, inquiry_id: uuid.UUID | None = None) -> None:
        """The next version of a text; nothing for an empty one."""
        if not text:
            return
        of_field = (ComplaintText.complaint_id == self.complaint.id, ComplaintText.field == name.value)
        version = (self.session.scalar(select(func.max(ComplaintText.version)).where(*of_field)) or 0) + 1
        row = ComplaintText(
            id=new_id(), complaint_id=self.complaint.id, field=name.value, version=version, by_id=by_id,
            inquiry_id=inquiry_id, at=clock.now(), data_key_id=self.key.id,
        )  # fmt: skip
        row.sealed = self._seal(text_place(row), text)
        insert_rows(self.session, row)

    def entry(self, action: str, by_id: uuid.UUID | None, *, text: str = "", is_public: bool = False) -> None:
        """A line of the case; the complainant reads a public one."""
        row = ComplaintEntry(
            id=new_id(), complaint_id=self.complaint.id, at=clock.now(), actor_id=by_id, action=action,
            is_public=is_public, data_key_id=self.key.id if text else None, sealed=None,
        )  # fmt: skip
        if text:
            row.sealed = self._seal(entry_place(row), text)
        insert_rows(self.session, row)

    def proposal(self, position: int, text: str, by_id: uuid.UUID) -> None:
        row = ComplaintProposal(
            id=new_id(), complaint_id=self.complaint.id, position=position, status=ProposalState.OFFERED.value,
            by_id=by_id, at=clock.now(), data_key_id=self.key.id, is_clinics_choice=False, decided_by_id=None,
        )  # fmt: skip
        row.sealed = self._seal(proposal_place(row), text)
        insert_rows(self.session, row)

    def confirmed_name(self, name: str) -> None:
        self.complaint.confirmed_name_sealed = self._seal(name_place(self.complaint), name)

    def _seal(self, place: Place, text: str) -> bytes:
        """Of an ID number, an account or a password only the mask is kept: nobody needs it to judge a complaint."""
        kept = mask_text(text, stopping_spans(text), masked)
        return self.vault.seal(self.key, place, kept.encode())


@dataclass(frozen=True)
class OpenText:
    """One text in clear, or empty once it was destroyed."""

    field: str
    by_id: uuid.UUID | None
    at: datetime
    text: str = shown(repr=False)
    inquiry_id: uuid.UUID | None = None


@dataclass(frozen=True)
class OpenEntry:
    at: datetime
    actor_id: uuid.UUID | None
    action: str
    is_public: bool
    text: str = shown(repr=False)


@dataclass(frozen=True)
class OpenProposal:
    row: ComplaintProposal
    text: str = shown(repr=False)


@dataclass(frozen=True)
class Opened:
    """Everything of one case in clear; made only for somebody who was judged and recorded."""

    texts: Sequence[OpenText]
    entries: Sequence[OpenEntry]
    proposals: Sequence[OpenProposal]
    confirmed_name: str = shown(default="", repr=False)

    def latest(self, name: str) -> str:
        """The newest version of a `Field`, which templates name by its word."""
        wanted = Field(name).value
        return next((text.text for text in reversed(self.texts) if text.field == wanted), "")


def open_case(
    session: Session, runtime: Runtime, complaint: Complaint, *, only: Iterable[Field] | None = None
) -> Opened:
    """The case in clear. `only`: these texts, and of the lines and proposals what a complainant reads."""
    texts = select(ComplaintText).where(ComplaintText.complaint_id == complaint.id)
    lines = select(ComplaintEntry).where(ComplaintEntry.complaint_id == complaint.id)
    proposals = select(ComplaintProposal).where(ComplaintProposal.complaint_id == complaint.id)
    if only is not None:
        texts = texts.where(ComplaintText.field.in_([name.value for name in only]))
        lines = lines.where(ComplaintEntry.is_public)
        shown = (ProposalState.APPROVED.value, ProposalState.CHOSEN.value)
        proposals = proposals.where(ComplaintProposal.status.in_(shown))
    opener = _Opener(session, runtime.vault)
    return Opened(
        [
            OpenText(row.field, row.by_id, row.at, opener.text(text_place(row), row.sealed), row.inquiry_id)
            for row in session.scalars(texts.order_by(ComplaintText.at, ComplaintText.version))
        ],
        [
            OpenEntry(row.at, row.actor_id, row.action, row.is_public, opener.text(entry_place(row), row.sealed))
            for row in session.scalars(lines.order_by(ComplaintEntry.at, ComplaintEntry.id))
        ],
        [
            OpenProposal(row, opener.text(proposal_place(row), row.sealed))
            for row in session.scalars(proposals.order_by(ComplaintProposal.position))
        ],
        opener.text(name_place(complaint), complaint.confirmed_name_sealed),
    )


def of_inquiry(session: Session, runtime: Runtime, inquiry_id: uuid.UUID) -> Sequence[OpenText]:
    """What was asked of a department, and what it answered: nothing else of the case."""
    opener = _Opener(session, runtime.vault)
    rows = select(ComplaintText).where(ComplaintText.inquiry_id == inquiry_id)
    return [
        OpenText(row.field, row.by_id, row.at, opener.text(text_place(row), row.sealed), row.inquiry_id)
        for row in session.scalars(rows.order_by(ComplaintText.at, ComplaintText.version))
    ]


def latest(session: Session, runtime: Runtime, complaint: Complaint, name: Field) -> str:
    """The newest version of one text."""
    rows = select(ComplaintText).where(
        ComplaintText.complaint_id == complaint.id, ComplaintText.field == name.value
    )  # fmt: skip
    row = session.scalars(rows.order_by(ComplaintText.version.desc()).limit(1)).first()
    return _Opener(session, runtime.vault).text(text_place(row), row.sealed) if row is not None else ""


def complainant(session: Session, runtime: Runtime, complaint: Complaint) -> str:
    """The name, for the machine to compare with and never to show; "" without one or once it is destroyed."""
    of_name = (SealedValue.owner_id == complaint.id, SealedValue.field == NAME)
    row = session.scalars(select(SealedValue).where(*of_name)).first()
    if row is None or row.value_sealed is None:
        return ""
    try:
        return runtime.vault.open_value(session, row)
    except SealBrokenError:
        return ""


@dataclass(frozen=True)
class _Opener:
    session: Session
    vault: Vault

    def text(self, place: Place, sealed: bytes | None) -> str:
        if sealed is None:
            return ""
        try:
            return self.vault.open(self.session, place, sealed).decode()
        except SealBrokenError:
            return UNREADABLE

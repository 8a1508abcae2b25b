"""Moves secrets out of a report: whole fields, and numbers or passwords inside free text (REQUIREMENTS A12)."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.kinds.table import Kind, spec_of
from portal.kinds.validation import ReportDraft
from portal.sensitive_text.finder import Span, SpanKind, find_spans, mask_text
from portal.vault.models import SealedValue
from portal.vault.span_masks import MASK_OF_SPAN, masked, value_of
from portal.vault.vault import CREDENTIALS, REPORT, OpenedKey, Vault

KNOWN_LABEL = "敏感信息"
_LABEL_OF_SPAN = {
    SpanKind.ID_NUMBER: "身份证号",
    SpanKind.INPATIENT_NUMBER: "住院号",
    SpanKind.CARD_NUMBER: "卡号或证号",
    SpanKind.PHONE: "电话",
    SpanKind.LOGIN_ACCOUNT: "账号",
    SpanKind.LOGIN_PASSWORD: "密码",
    SpanKind.KNOWN: KNOWN_LABEL,
}
_CREDENTIAL_SPANS = (SpanKind.LOGIN_ACCOUNT, SpanKind.LOGIN_PASSWORD, SpanKind.KNOWN)
# What blocks a text of staff. Phones do not: many replies quote the service's own number.
_STOPPING = tuple(set(SpanKind) - {SpanKind.PHONE, SpanKind.KNOWN})


@dataclass(frozen=True)
class Keys:
    """The two data keys of one report: credentials are deleted earlier than the rest."""

    report: OpenedKey
    credentials: OpenedKey


@dataclass
class Sealer:
    """Seals for one owner and collects the rows to insert."""

    vault: Vault
    owner_id: uuid.UUID
    keys: Keys
    rows: list[SealedValue] = field(default_factory=list)

    def field_values(self, draft: ReportDraft) -> None:
        for spec in draft.kind.fields:
            for position, value in enumerate(draft.secrets.get(spec.name, ())):
                label = spec.marked_label(value)
                self.value(spec.name, value, spec.mask or "password", spec.is_credential, position, label)

    def value(self, name: str, value: str, mask: str, is_credential: bool, position: int = 0, label: str = "") -> None:
        key = self.keys.credentials if is_credential else self.keys.report
        self.rows.append(
            self.vault.sealed_value(
                key, owner_id=self.owner_id, field=name, value=value, mask=mask, position=position, label=label
            )
        )

    def text(self, name: str, label: str, text: str, known: Iterable[str] = ()) -> str:
        """The text with every secret in it sealed and replaced by its mask."""
        return self.spans(name, label, text, find_spans(text, known))

    def spans(self, name: str, label: str, text: str, spans: Sequence[Span], start: int = 1) -> str:
        """The text with these spans sealed, from position `start` on, and replaced by their masks."""
        indexes = {row.value_index for row in self.rows}
        for position, span in enumerate(spans, start):
            mask, is_credential = MASK_OF_SPAN[span.kind], span.kind in _CREDENTIAL_SPANS
            self.value(name, value_of(span), mask, is_credential, position, f"{label}中的{_LABEL_OF_SPAN[span.kind]}")
            if span.kind is SpanKind.KNOWN and (index := self.vault.blind_index(span.value)) in indexes:
                self.rows[-1].value_index = index  # it repeats a field that is found by its value: no password
        return mask_text(text, spans, masked)


def seal_later_text(
    session: Session, vault: Vault, owner_id: uuid.UUID, name: str, label: str, text: str, known: Iterable[str] = ()
) -> str:
    """Seal the secrets of a clinic's text that arrives after filing (supplement, comment)."""
    return _seal_spans(session, vault, owner_id, name, label, text, find_spans(text, known))


def stopping_spans(text: str) -> list[Span]:
    """What staff must decide about before their text is stored: ID numbers, accounts and passwords, no phones."""
    return [span for span in find_spans(text) if span.kind in _STOPPING]


def labels_of(spans: Iterable[Span]) -> list[str]:
    """What was found, in words, each once."""
    return list(dict.fromkeys(_LABEL_OF_SPAN[span.kind] for span in spans))


def seal_staff_text(session: Session, vault: Vault, owner_id: uuid.UUID, name: str, label: str, text: str) -> str:
    """A text of staff who agreed to sealing: what `stopping_spans` finds is sealed, the rest stays as written."""
    return _seal_spans(session, vault, owner_id, name, label, text, stopping_spans(text))


def _seal_spans(
    session: Session, vault: Vault, owner_id: uuid.UUID, name: str, label: str, text: str, spans: Sequence[Span]
) -> str:
    if not spans:
        return text
    keys = Keys(vault.data_key(session, owner_id, REPORT), vault.data_key(session, owner_id, CREDENTIALS))
    sealer = Sealer(vault, owner_id, keys)
    masked = sealer.spans(name, label, text, spans, max(next_position(session, owner_id, name), 1))
    session.add_all(sealer.rows)
    return masked


def next_position(session: Session, owner_id: uuid.UUID, name: str) -> int:
    """The position after the last sealed value of this field; 0 if there is none."""
    last = session.scalar(
        select(func.max(SealedValue.position)).where(SealedValue.owner_id == owner_id, SealedValue.field == name)
    )
    return 0 if last is None else last + 1


def masks_by_field(kind: Kind, masks: Iterable[tuple[str, str]]) -> dict[str, str | list[str]]:
    """Masks as the JSON API returns them: a list where a field may repeat, else the last one."""
    found: dict[str, str | list[str]] = {}
    for name, mask in masks:
        spec = spec_of(kind, name)
        found[name] = [*found.get(name, []), mask] if spec is not None and spec.most > 1 else mask
    return found

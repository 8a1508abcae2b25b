"""Seals by hand what no rule finds: a name, number or password in a ticket's texts.

This is the one exception to "a report is insert-only": leaving a plaintext in a report because reports are never
changed would keep exactly what the portal promises not to keep. Only masking is allowed, never rewriting: the database
refuses any other change, and this one too unless its own transaction names the report (MaskingPermit).
"""

import re
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from sqlalchemy import delete, event, insert
from sqlalchemy.orm import Session

from portal.accounts.roles import Permission
from portal.acts.act import Act, Form, Outcome, Place
from portal.acts.hand import Hand
from portal.acts.inputs import Word
from portal.audit.tags import Tag
from portal.db import Base
from portal.disclosure.disclose import value_key
from portal.disclosure.models import MaskingPermit
from portal.errors import Fault, InvalidError
from portal.holdings import Register, Subject, TicketText
from portal.reports import listing
from portal.reports.sealing import next_position
from portal.retention import destruction
from portal.runtime import Runtime
from portal.sensitive_text import free_text
from portal.sensitive_text.id_numbers import is_id_number, normalise_id_number
from portal.tickets.lifecycle import ANY_STATE, Move
from portal.tickets.models import Ticket
from portal.vault.masks import MASKS
from portal.vault.models import SealedValue
from portal.vault.vault import CREDENTIALS, REPORT

_SHORTEST = 2
_LONGEST = 500
_NO_DIGIT = re.compile(r"[^0-9Xx０-９Ｘｘ]")
_NO_KIND = "请选择这段文字是什么"
_MASKED = "这段文字已经隐藏了"
_ONLY_MASK = re.compile(r"[*•\s]+")
_LOG_PATIENCE = 0.2  # a click does not wait for readers of SQLite's log; the worker empties it later


class PassageKind(StrEnum):
    """What a passage is: decides its mask and how long it is kept."""

    NAME = "name"
    ID_NUMBER = "id_number"
    PHONE = "phone"
    ACCOUNT = "account"
    PASSWORD = "password"  # noqa: S105  (a kind, not a secret)
    OTHER = "other"


KIND_LABELS: dict[PassageKind, str] = {
    PassageKind.NAME: "姓名",
    PassageKind.ID_NUMBER: "证件号",
    PassageKind.PHONE: "电话",
    PassageKind.ACCOUNT: "账号",
    PassageKind.PASSWORD: "密码",
    PassageKind.OTHER: "其他",
}
_CREDENTIALS = (PassageKind.ACCOUNT, PassageKind.PASSWORD)


@dataclass(frozen=True)
class _Text:
    """One stored text. A copy is not displayed by itself and is not counted."""

    name: str
    text: str
    write: Callable[[str], None]
    is_copy: bool = False


def seal_passage(hand: Hand, passage: str, kind: str, field: str) -> Outcome:
    """Replace a passage by its mask everywhere in the ticket's texts, and store it sealed for the owner.

    Accounts and passwords are destroyed with the reported credentials when the ticket closes; the rest is kept like the
    report. Blanks and line ends of the passage match any blanks: pages display them differently from how they are
    stored.

    Args:
        passage: what to redact, as displayed. kind: a `PassageKind`.
        field: the text that must contain it (`description`, `reply`, `note`, `comment`, `resolution` …), or "" for any.

    The answer is `sealed`: the `key` that names it in a reveal, and in how many `places` it occurred.

    Raises:
        InvalidError: masked already, or not found.
    """
    session, ticket, known_kind = hand.session, hand.ticket, PassageKind(kind)
    if MASKS[kind](passage) == passage:
        raise InvalidError([Fault("passage", "masked_value", _MASKED)])
    texts = list(_texts(session, ticket))
    pattern = _pattern(passage)
    places_found = [text.name for text in texts if not text.is_copy for _ in pattern.finditer(text.text)]
    if not places_found or (field and field not in places_found):
        raise InvalidError([Fault("passage", "not_found", "没有找到这段文字，请从页面上原样复制后再试")])
    name, label = field or places_found[0], KIND_LABELS[known_kind]
    labels, value = _labels(session), _value_of(passage, known_kind)
    row = _sealed_value(session, hand.runtime, ticket, name, labels.get(name, name), value, known_kind)
    _mask_texts(session, ticket.report_id, texts, pattern, row.value_masked)
    listing.renew(session, ticket)
    if not ticket.is_open:
        destruction.on_end(session, ticket)
    event.listen(session, "after_commit", _empty_log, once=True)
    key, places = value_key(row), "、".join(dict.fromkeys(labels.get(place, place) for place in places_found))
    return Outcome(
        f"隐藏 {len(places_found)} 处{label}（{places}）",
        {"text_kind": known_kind.value, "places": len(places_found)},
        about=key,
        answer={"sealed": {"key": key, "places": len(places_found)}},
    )


def _passage_fault(passage: str) -> Fault | None:
    if len(passage) < _SHORTEST:
        return Fault("passage", "too_short", f"至少 {_SHORTEST} 个字，一个字会隐藏太多不相关的内容")
    if len(passage) > _LONGEST:
        return Fault("passage", "too_long", f"一次最多隐藏 {_LONGEST} 个字，现在是 {len(passage)} 个")
    if free_text.unstorable(passage):
        return Fault("passage", "invalid", "文字里有无法保存的字符，请重新选择")
    return Fault("passage", "masked_value", _MASKED) if _ONLY_MASK.fullmatch(passage) else None


def _kind_fault(kind: str) -> Fault | None:
    return None if kind in list(PassageKind) else Fault("kind", "required", _NO_KIND)


SEAL = Act(
    move=Move("seal", "隐藏文字", ANY_STATE, is_public=False),
    do=seal_passage,
    path="sealings",
    permission=Permission.WRITE_NOTE,
    tag=Tag.TEXT_SEALED,
    inputs=(
        Word(name="passage", label="要隐藏的文字", missing="请粘贴要隐藏的文字", judge=_passage_fault),
        Word(name="kind", label="这段文字是", missing=_NO_KIND, judge=_kind_fault),
        Word(name="field", label="所在位置"),
    ),
    form=Form(Place.OWN, "隐藏"),
    done="已{text}，原文加密保存",
)


def _pattern(passage: str) -> re.Pattern[str]:
    """The passage, with any blanks for its blanks; a mask that it overlaps is matched whole."""
    words = r"\s+".join(re.escape(part) for part in passage.split())
    before, after = (r"[*•]*" if edge in "*•" else "" for edge in (passage[0], passage[-1]))
    return re.compile(before + words + after)


def _texts(session: Session, ticket: Ticket) -> Iterator[_Text]:
    """Every text of the ticket that people typed, and its copies, as the rooms declare them."""
    for held in Register.of(session.info).of_reports():
        texts = [text for text in held.texts if text.is_redactable]
        if texts:
            for row in session.scalars(held.rows_of(Subject(ticket.report_id, ticket.id))):
                yield from _texts_of(row, texts)


def _texts_of(row: Base, texts: Sequence[TicketText]) -> Iterator[_Text]:
    for text in texts:
        for name, stored in text.parts(row):
            yield _Text(name, stored, partial(text.write, row, name), text.is_copy)


def _labels(session: Session) -> dict[str, str]:
    """The labels that pages use, by the text's name."""
    texts = [text for held in Register.of(session.info).of_reports() for text in held.texts]
    return {name: label for text in texts for name, label in text.labels.items()}


def _value_of(passage: str, kind: PassageKind) -> str:
    """What is sealed: an ID number in its stored form, so that searching by number finds it; else as written."""
    bare = _NO_DIGIT.sub("", passage)
    return normalise_id_number(bare) if kind is PassageKind.ID_NUMBER and is_id_number(bare) else passage


def _sealed_value(
    session: Session, runtime: Runtime, ticket: Ticket, name: str, label: str, value: str, kind: PassageKind
) -> SealedValue:
    """The value, sealed beside those that the rules found in the same text."""
    owner_id = ticket.report_id
    purpose = CREDENTIALS if kind in _CREDENTIALS else REPORT
    row = runtime.vault.sealed_value(
        runtime.vault.data_key(session, owner_id, purpose),
        owner_id=owner_id,
        field=name,
        value=value,
        mask=kind.value,
        position=max(next_position(session, owner_id, name), 1),
        label=f"{label}中的{KIND_LABELS[kind]}",
    )
    session.add(row)
    session.flush()
    return row


def _mask_texts(
    session: Session, report_id: uuid.UUID, texts: list[_Text], pattern: re.Pattern[str], mask: str
) -> None:
    session.execute(insert(MaskingPermit).values(report_id=report_id))
    for text in texts:
        masked = pattern.sub(lambda _: mask, text.text)
        if masked != text.text:
            text.write(masked)
    session.flush()
    session.execute(delete(MaskingPermit).where(MaskingPermit.report_id == report_id))


def _empty_log(session: Session) -> None:
    destruction.empty_log(session.get_bind(), _LOG_PATIENCE)

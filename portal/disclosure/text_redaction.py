"""Seals by hand what no rule finds: a name, number or password in a ticket's texts.

This is the one exception to "a report is insert-only": leaving a plaintext in a report because reports are never
changed would keep exactly what the portal promises not to keep. Only masking is allowed, never rewriting: the database
refuses any other change, and this one too unless its own transaction names the report (MaskingPermit).
"""

import re
import uuid
from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.accounts.roles import Permission
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.acts.inputs import Word
from portal.audit.tags import Tag
from portal.disclosure import text_restoring, ticket_texts
from portal.disclosure.disclose import value_key
from portal.disclosure.text_restoring import Occurrence
from portal.disclosure.ticket_texts import StoredText
from portal.errors import Fault, InvalidError
from portal.progress.lifecycle import ANY_STATE, Move
from portal.reports import listing
from portal.reports.sealing import next_position
from portal.retention import destruction
from portal.sensitive_text import free_text
from portal.sensitive_text.id_numbers import is_id_number, normalise_id_number
from portal.vault.masks import MASKS
from portal.vault.models import SealedValue
from portal.vault.vault import CREDENTIALS, REPORT, OpenedKey

_SHORTEST = 2
_LONGEST = 500
_NO_DIGIT = re.compile(r"[^0-9Xx０-９Ｘｘ]")
_NO_KIND = "请选择这段文字是什么"
_MASKED = "这段文字已经隐藏了"
_ONLY_MASK = re.compile(r"[*•\s]+")
_LONGEST_SECRET = 64
_IN_NO_SECRET = re.compile(r"[\s\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")  # blanks, Chinese signs and punctuation
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


def seal_passage(hand: Hand, passage: str, kind: str, field: str) -> Outcome:
    """Replace a passage by its mask everywhere in the ticket's texts, and store it sealed for the owner.

    Accounts and passwords are destroyed with the reported credentials when the ticket closes; the rest, and what is
    only called one, is kept like the report. For seven days a lead can restore it (`text_restoring`). Blanks and line
    ends of the passage match any blanks: pages display them differently from how they are stored.

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
    texts = list(ticket_texts.texts_of(session, ticket))
    pattern = _pattern(passage)
    places_found = [text.name for text in texts if not text.is_copy for _ in pattern.finditer(text.text)]
    if not places_found or (field and field not in places_found):
        raise InvalidError([Fault("passage", "not_found", "没有找到这段文字，请从页面上原样复制后再试")])
    name, label = field or places_found[0], KIND_LABELS[known_kind]
    labels, value = ticket_texts.labels(session), _value_of(passage, known_kind)
    data_key = hand.runtime.vault.data_key(session, ticket.report_id, _purpose(passage, known_kind))
    row = _sealed_value(hand, data_key, name, labels.get(name, name), value, known_kind)
    occurrences = _mask_texts(session, ticket.report_id, texts, pattern, row.value_masked)
    text_restoring.keep(hand, data_key, row, occurrences, row.label)
    listing.renew(session, ticket)
    if not ticket.is_open:
        destruction.on_end(session, ticket)
    event.listen(session, "after_commit", _empty_log, once=True)
    key, places = value_key(row), "、".join(dict.fromkeys(labels.get(place, place) for place in places_found))
    return Outcome(
        f"隐藏 {len(places_found)} 处{label}（{places}）",
        {"text_kind": known_kind.value, "places": len(places_found), "signs": len(passage)},
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
    whose=Whose.WHILE_OPEN,
    refusal="这条问题已结束，请主管来隐藏文字",
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
    before = r"(?<![*•])[*•]*" if passage[0] in "*•" else ""  # from the run's first sign only: linear
    after = r"[*•]*" if passage[-1] in "*•" else ""
    return re.compile(before + words + after)


def _value_of(passage: str, kind: PassageKind) -> str:
    """What is sealed: an ID number in its stored form, so that searching by number finds it; else as written."""
    bare = _NO_DIGIT.sub("", passage)
    return normalise_id_number(bare) if kind is PassageKind.ID_NUMBER and is_id_number(bare) else passage


def _purpose(passage: str, kind: PassageKind) -> str:
    """Only what has the shape of an account or password is destroyed with them: a sentence called one is kept."""
    is_secret = len(passage) <= _LONGEST_SECRET and not _IN_NO_SECRET.search(passage)
    return CREDENTIALS if kind in _CREDENTIALS and is_secret else REPORT


def _sealed_value(hand: Hand, data_key: OpenedKey, name: str, label: str, value: str, kind: PassageKind) -> SealedValue:
    """The value, sealed beside those that the rules found in the same text."""
    session, owner_id = hand.session, hand.ticket.report_id
    row = hand.runtime.vault.sealed_value(
        data_key,
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
    session: Session, report_id: uuid.UUID, texts: Sequence[StoredText], pattern: re.Pattern[str], mask: str
) -> list[tuple[Occurrence, str]]:
    """Mask every occurrence; returns where each was, with what was there."""
    found = []
    with ticket_texts.changing(session, report_id):
        for text in texts:
            masked = pattern.sub(lambda _: mask, text.text)
            if masked != text.text:
                found += [
                    (Occurrence(*text.place, match.start(), len(match[0]), len(mask)), match[0])
                    for match in pattern.finditer(text.text)
                ]
                text.write(masked)
    return found


def _empty_log(session: Session) -> None:
    destruction.empty_log(session.get_bind(), _LOG_PATIENCE)

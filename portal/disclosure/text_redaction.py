"""Seals by hand what no rule finds: a name, number or password that stands in a ticket's texts (issue 3, item 6).

This is the one exception to "a report is insert-only": leaving a plaintext standing in a report because reports are
never changed would keep exactly what the portal promises not to keep. Only masking is let through, never rewriting:
the database refuses any other change, and this one too unless its own transaction names the report (MaskingPermit).
"""

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any

from sqlalchemy import delete, event, insert, select, update
from sqlalchemy.orm import Session

from portal.accounts.roles import Permission
from portal.acts import table
from portal.acts.act import Act, Form, Outcome, Place
from portal.acts.hand import Hand
from portal.acts.inputs import Word
from portal.audit.tags import Tag
from portal.disclosure import reveals
from portal.disclosure.models import BreakGlassRequest, MaskingPermit
from portal.errors import Fault, InvalidError
from portal.kinds.table import KINDS
from portal.reports.models import Report, Supplement
from portal.reports.sealing import next_position
from portal.reports.service_record_models import ServiceRecord
from portal.retention import destruction
from portal.runtime import Runtime
from portal.search import index
from portal.sensitive_text import free_text
from portal.sensitive_text.id_numbers import is_id_number, normalise_id_number
from portal.tickets.lifecycle import ANY_STATE, Move
from portal.tickets.models import InformationRequest, Reminder, Ticket, TimelineEntry
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
LATER_LABELS = {"reply": "回复", "note": "备注", "comment": "机构说明", "resolution": "处理结果"}
_STAFF_LABELS = {"break_glass_reason": "应急查看的原因", "late_reason": "补录的原因", "incomplete_note": "未填全的说明"}


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
    """One stored text. A copy is shown nowhere by itself and is not counted."""

    name: str
    text: str
    write: Callable[[str], None]
    is_copy: bool = False


def seal_passage(hand: Hand, passage: str, kind: str, field: str) -> Outcome:
    """Replace a passage by its mask everywhere in the ticket's texts, and keep it sealed for the assignee.

    Accounts and passwords go with the reported credentials when the ticket closes; the rest is kept like the report.
    Blanks and line ends of the passage match any blanks: pages show them otherwise than they are stored.

    Args:
        passage: what to hide, as it stands on the page. kind: a `PassageKind`.
        field: the text it must stand in (`description`, `reply`, `note`, `comment`, `resolution` …), or "" for any.

    The answer is `sealed`: the `key` that names it in a reveal, and in how many `places` it stood.

    Raises:
        InvalidError: masked already, or not found.
    """
    session, ticket, known_kind = hand.session, hand.ticket, PassageKind(kind)
    if MASKS[kind](passage) == passage:
        raise InvalidError([Fault("passage", "masked_value", _MASKED)])
    report = session.get_one(Report, ticket.report_id)
    texts = list(_texts(session, ticket, report))
    pattern = _pattern(passage)
    found = [text.name for text in texts if not text.is_copy for _ in pattern.finditer(text.text)]
    if not found or (field and field not in found):
        raise InvalidError([Fault("passage", "not_found", "没有找到这段文字，请从页面上原样复制后再试")])
    name, label = field or found[0], KIND_LABELS[known_kind]
    row = _kept(session, hand.runtime, ticket, name, _value_of(passage, known_kind), known_kind)
    _mask_texts(session, ticket.report_id, texts, pattern, row.value_masked)
    session.expire(report)
    _mask_lists(ticket, report)
    if not ticket.is_open:
        destruction.on_end(session, ticket)
    event.listen(session, "after_commit", _empty_log, once=True)
    key, places = reveals.value_key(row), "、".join(dict.fromkeys(map(_label_of, found)))
    return Outcome(
        f"隐藏 {len(found)} 处{label}（{places}）",
        {"kind": known_kind.value, "places": len(found)},
        about=key,
        answer={"sealed": {"key": key, "places": len(found)}},
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
    """The passage, with any blanks for its blanks; a mask that it cuts belongs to it whole."""
    words = r"\s+".join(re.escape(part) for part in passage.split())
    before, after = (r"[*•]*" if edge in "*•" else "" for edge in (passage[0], passage[-1]))
    return re.compile(before + words + after)


def _texts(session: Session, ticket: Ticket, report: Report) -> Iterator[_Text]:
    """Every text of the ticket that people typed, and its copies. What is added to a ticket's texts belongs here."""
    for name, text in report.answers.items():
        if is_free(name):
            yield _Text(name, text, partial(_set_answer, session, report.id, name))
    for later in session.scalars(select(Supplement).where(Supplement.report_id == report.id)):
        yield _Text(later.field, later.text, partial(setattr, later, "text"))
    entries = select(TimelineEntry).where(TimelineEntry.ticket_id == ticket.id, TimelineEntry.text != "")
    for entry in session.scalars(entries.order_by(TimelineEntry.at)):
        yield _Text(_entry_name(entry), entry.text, partial(_set_entry, session, entry.id))
    yield from _copies_of_entries(session, ticket)
    for asked in session.scalars(select(BreakGlassRequest).where(BreakGlassRequest.ticket_id == ticket.id)):
        yield _Text("break_glass_reason", asked.reason, partial(setattr, asked, "reason"))
    for entry_of_desk in session.scalars(select(ServiceRecord).where(ServiceRecord.report_id == report.id)):
        for name in ("late_reason", "incomplete_note"):
            yield _Text(name, getattr(entry_of_desk, name), partial(setattr, entry_of_desk, name))
    for name in ("institution", "resolution", "hold_reason"):
        yield _Text(name, getattr(ticket, name) or "", partial(setattr, ticket, name), is_copy=True)


def _copies_of_entries(session: Session, ticket: Ticket) -> Iterator[_Text]:
    for request in session.scalars(select(InformationRequest).where(InformationRequest.ticket_id == ticket.id)):
        yield _Text("reply", request.message, partial(setattr, request, "message"), is_copy=True)
    for reminder in session.scalars(select(Reminder).where(Reminder.ticket_id == ticket.id)):
        yield _Text("note", reminder.text, partial(setattr, reminder, "text"), is_copy=True)


def _entry_name(entry: TimelineEntry) -> str:
    if entry.actor_role == "clinic":
        return "comment"
    act = table.BY_NAME.get(entry.action)
    named = [act.kept_as(text) for text in act.texts()] if act else []
    return named[0] if named else "reply" if entry.is_public else "note"


def is_free(name: str) -> bool:
    """Whether an answer is what somebody typed, and not one of given choices; kinds share the meaning of a name."""
    return not any(kind.asks(name) and kind.field(name).choices for kind in KINDS.values())


def _label_of(name: str) -> str:
    asked = (kind.field(name).label for kind in KINDS.values() if kind.asks(name))
    return LATER_LABELS.get(name) or _STAFF_LABELS.get(name) or next(asked, name)


def _value_of(passage: str, kind: PassageKind) -> str:
    """What is sealed: an ID number in its one stored form, so that searching by number finds it; else as written."""
    bare = _NO_DIGIT.sub("", passage)
    return normalise_id_number(bare) if kind is PassageKind.ID_NUMBER and is_id_number(bare) else passage


def _kept(session: Session, runtime: Runtime, ticket: Ticket, name: str, value: str, kind: PassageKind) -> SealedValue:
    """The value, sealed beside what was found in the same text by rule."""
    owner_id = ticket.report_id
    purpose = CREDENTIALS if kind in _CREDENTIALS else REPORT
    row = runtime.vault.sealed_value(
        runtime.vault.data_key(session, owner_id, purpose),
        owner_id=owner_id,
        field=name,
        value=value,
        mask=kind.value,
        position=max(next_position(session, owner_id, name), 1),
        label=f"{_label_of(name)}中的{KIND_LABELS[kind]}",
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


def _set_answer(session: Session, report_id: uuid.UUID, name: str, text: str) -> None:
    answers = session.execute(select(Report.answers).where(Report.id == report_id)).scalar_one()
    session.execute(_silently(update(Report).where(Report.id == report_id).values(answers={**answers, name: text})))


def _set_entry(session: Session, entry_id: uuid.UUID, text: str) -> None:
    session.execute(_silently(update(TimelineEntry).where(TimelineEntry.id == entry_id).values(text=text)))


def _silently(statement: Any) -> Any:
    return statement.execution_options(synchronize_session=False)


def _mask_lists(ticket: Ticket, report: Report) -> None:
    """What lists show and search is made anew from the masked answers: a cut excerpt could hold half the passage."""
    if "description" in report.answers:
        ticket.excerpt = index.excerpt_of(report.answers["description"])
    ticket.search_text = index.search_text(ticket.number, report.answers, ticket.former_numbers)


def _empty_log(session: Session) -> None:
    destruction.empty_log(session.get_bind(), _LOG_PATIENCE)

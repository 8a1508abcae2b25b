"""Keeps known issues, and finds those that concern a report: by queue, county, system and words (REQUIREMENTS N17)."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.db import insert_rows, new_id
from portal.errors import ConflictError, Fault, InvalidError, NotFoundError
from portal.institutions import directory
from portal.institutions.directory import tidy
from portal.institutions.models import DirectoryEntry
from portal.institutions.names import plain
from portal.institutions.parsing import parse_institution
from portal.kinds.table import KINDS
from portal.knowledge.models import Follower, KnownIssue, SettledBatch
from portal.notify import outbox
from portal.notify.events import Event
from portal.reports.sealing import labels_of, stopping_spans
from portal.sensitive_text.free_text import text_fault
from portal.tickets import lookup, numbering

MOST_SHOWN = 20
MOST_KEYWORDS = 20
_SERIES = "GZ"
_QUEUE_LABELS: dict[str, str] = {kind.name.value: kind.label for kind in KINDS.values()}
# Of the details, as the trail calls what was changed.
_LABELS = {
    "title": "标题", "queues": "适用的队列", "cause": "原因", "workaround": "现在可以怎么做",
    "recovers_at": "预计恢复时间", "system": "之前使用系统", "county": "县级", "keywords": "关键词",
    "ticket_number": "主工单编号",
}  # fmt: skip
_LONGEST_TEXT = 1000
_LONGEST = {"title": 80, "system": 100, "county": 40, "cause": _LONGEST_TEXT, "workaround": _LONGEST_TEXT}


@dataclass(frozen=True)
class KnownIssueDetails:
    """What a lead enters. One of the `keywords` in a description is enough for a match."""

    title: str
    queues: tuple[str, ...]
    cause: str
    system: str = ""
    county: str = ""
    recovers_at: datetime | None = None
    workaround: str = ""
    keywords: tuple[str, ...] = ()
    ticket_number: str = ""


@dataclass(frozen=True)
class Place:
    """Where a report comes from, as far as known; an empty field excludes no issue."""

    county: str = ""
    system: str = ""


class StaleIssueError(ConflictError):
    """Another user has changed the known issue."""

    def __init__(self, issue: KnownIssue) -> None:
        when = f"{clock.in_china(issue.changed_at):%H:%M}"
        super().__init__(f"您编辑期间，{issue.changed_by}在 {when} 更新了这条已知问题。您写的内容还在，请核对后再保存")
        self.issue = issue


def add(session: Session, actor: Actor, details: KnownIssueDetails) -> KnownIssue:
    """Publish a known issue to clinics.

    Raises:
        InvalidError: lists every fault.
    """
    _check(session, actor, details)
    now = clock.now()
    issue = KnownIssue(
        id=new_id(),
        number=numbering.next_number(session, _SERIES),
        settling="",
        version=1,
        created_at=now,
        created_by=actor.label,
        changed_at=now,
        changed_by=actor.label,
        **_columns(details),
    )
    insert_rows(session, issue)
    trail.record(session, Tag.KNOWN_ISSUE_ADDED, actor, particulars=_named(issue))
    return issue


def change(session: Session, actor: Actor, issue_id: uuid.UUID, version: int, details: KnownIssueDetails) -> KnownIssue:
    """Replace the details.

    Raises:
        InvalidError: lists every fault. StaleIssueError: another user has changed it.
        ConflictError: it is settled. NotFoundError: absent, or in none of the actor's queues.
    """
    issue = _open(session, actor, issue_id, version)
    _check(session, actor, details, issue.queues)
    changed = _changes(issue, details)
    for name, value in _columns(details).items():
        setattr(issue, name, value)
    _touch(issue, actor)
    trail.record(session, Tag.KNOWN_ISSUE_CHANGED, actor, particulars={**_named(issue), "changes": changed})
    return issue


def settle(session: Session, actor: Actor, issue_id: uuid.UUID, version: int, settling: str) -> KnownIssue:
    """已恢复, with a sentence for the tracking page of every linked clinic. The worker has those with a phone called.

    Raises:
        InvalidError: no sentence. StaleIssueError, ConflictError, NotFoundError: as for `change`.
    """
    issue = _open(session, actor, issue_id, version)
    settling = settling.strip()
    faults = _text_faults("settling", settling, "请写明怎么恢复的，机构会看到这句话", _LONGEST_TEXT)
    if faults:
        raise InvalidError(faults)
    issue.settling, issue.settled_at = settling, clock.now()
    _touch(issue, actor)
    insert_rows(session, SettledBatch(id=new_id(), known_issue_id=issue.id, round=1, made_at=issue.settled_at))
    outbox.add(session, Event.KNOWN_ISSUE_SETTLED, issue.number)
    trail.record(session, Tag.KNOWN_ISSUE_SETTLED, actor, reason=settling, particulars=_named(issue))
    return issue


def find(session: Session, issue_id: uuid.UUID, queues: Iterable[str] | None = None) -> KnownIssue:
    """Raises NotFoundError if the issue is absent, or in none of these queues."""
    issue = session.get(KnownIssue, issue_id)
    if issue is None or (queues is not None and not set(issue.queues) & set(queues)):
        raise NotFoundError("没有找到这条已知问题")
    return issue


def every(session: Session, queues: Sequence[str], limit: int = 200) -> list[tuple[KnownIssue, int]]:
    """The known issues of these queues with their number of linked reports: active ones first, then the newest."""
    counts = dict(
        session.execute(select(Follower.known_issue_id, func.count()).group_by(Follower.known_issue_id)).all()
    )
    order = (KnownIssue.settled_at.is_not(None), KnownIssue.created_at.desc(), KnownIssue.id)
    rows = session.scalars(select(KnownIssue).order_by(*order).limit(limit))
    return [(issue, counts.get(issue.id, 0)) for issue in rows if set(issue.queues) & set(queues)]


def applying(session: Session, queue: str = "", place: Place | None = None) -> list[KnownIssue]:
    """Active issues that may concern a report of this queue from this place, newest first."""
    where = place or Place()
    rows = session.scalars(
        select(KnownIssue)
        .where(KnownIssue.settled_at.is_(None))
        .order_by(KnownIssue.created_at.desc(), KnownIssue.id)
        .limit(200)
    )
    return [issue for issue in rows if (not queue or queue in issue.queues) and _is_there(issue, where)][:MOST_SHOWN]


def matching(issues: Iterable[KnownIssue], description: str) -> list[KnownIssue]:
    """Issues with a keyword in the description, ignoring case, width and blanks."""
    written = plain(description)
    return [issue for issue in issues if any(plain(word) in written for word in issue.keywords)]


def place_of(session: Session, institution: str, system: str = "") -> Place:
    """The county of a typed institution, from the directory or parsed from the name, and the previous system."""
    entry_id = directory.matched(session, institution) if institution.strip() else None
    entry = session.get(DirectoryEntry, entry_id) if entry_id else None
    return Place(entry.county if entry else parse_institution(institution).county, tidy(system))


def _is_there(issue: KnownIssue, place: Place) -> bool:
    is_county = not issue.county or not place.county or plain(issue.county) == plain(place.county)
    is_system = not issue.system or not place.system or plain(issue.system) == plain(place.system)
    return is_county and is_system


def _named(issue: KnownIssue) -> Particulars:
    return {"known_issue": issue.number, "title": issue.title}


def _changes(issue: KnownIssue, details: KnownIssueDetails) -> list[str]:
    """Changed fields as 原因：旧 → 新; all texts of a known issue are public."""
    after = _columns(details)
    pairs = ((label, _in_words(getattr(issue, name)), _in_words(after[name])) for name, label in _LABELS.items())
    return [f"{label}：{old or '空'} → {new or '空'}" for label, old, new in pairs if old != new]


def _in_words(value: object) -> str:
    if isinstance(value, datetime):
        return clock.staff_time(value)
    if isinstance(value, list | tuple):
        return "、".join(str(_QUEUE_LABELS.get(each, each)) for each in value)
    return str(value or "")


def _columns(details: KnownIssueDetails) -> dict[str, object]:
    return vars(details) | {"queues": list(details.queues), "keywords": list(details.keywords)}


def _check(session: Session, actor: Actor, details: KnownIssueDetails, former_queues: Iterable[str] = ()) -> None:
    faults = _text_faults("title", details.title, "请填写标题，例如：高血压随访表保存时提示参数错误", _LONGEST["title"])
    if not details.queues or not set(details.queues) <= {kind.value for kind in KINDS}:
        faults.append(Fault("queues", "required", "请选择适用的队列"))
    elif not set(details.queues) ^ set(former_queues) <= set(actor.queues):
        faults.append(Fault("queues", "invalid", "只能选择或取消您负责的队列"))
    faults += _text_faults("system", details.system, "", _LONGEST["system"])
    faults += _text_faults("county", details.county, "", _LONGEST["county"])
    faults += _text_faults("cause", details.cause, "请用机构看得懂的话写明原因", _LONGEST["cause"])
    faults += _text_faults("workaround", details.workaround, "", _LONGEST["workaround"])
    if len(details.keywords) > MOST_KEYWORDS:
        faults.append(Fault("keywords", "too_long", f"关键词最多 {MOST_KEYWORDS} 个"))
    elif any(not 2 <= len(plain(word)) <= 20 for word in details.keywords):
        faults.append(Fault("keywords", "invalid", "每个关键词写 2 到 20 个字"))
    if details.ticket_number:
        ticket = lookup.by_number(session, details.ticket_number)
        if ticket is None or ticket.queue not in actor.queues:
            faults.append(Fault("ticket_number", "invalid", "没有找到这个工单编号"))
    if faults:
        raise InvalidError(faults)


def _text_faults(name: str, text: str, missing: str, most: int) -> list[Fault]:
    """The texts are public and not sealed, so a number or password in them is refused."""
    fault = text_fault(text, field=name, missing=missing, most=most)
    if fault:
        return [fault]
    found = stopping_spans(text)
    if found:
        words = "、".join(labels_of(found))
        return [Fault(name, "sensitive_text", f"这里好像有{words}。已知问题谁都能看到，请删去")]
    return []


def _open(session: Session, actor: Actor, issue_id: uuid.UUID, version: int) -> KnownIssue:
    issue = session.get(KnownIssue, issue_id, with_for_update=True)
    if issue is None or not set(issue.queues) & set(actor.queues):
        raise NotFoundError("没有找到这条已知问题")
    if issue.version != version:
        raise StaleIssueError(issue)
    if issue.is_settled:
        raise ConflictError("这条已知问题已经恢复，不能再修改")
    return issue


def _touch(issue: KnownIssue, actor: Actor) -> None:
    issue.version += 1
    issue.changed_at, issue.changed_by = clock.now(), actor.label

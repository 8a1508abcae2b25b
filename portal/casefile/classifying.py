"""What a ticket page says of the classification, and what it proposes; nothing is saved unasked (DESK 3.3)."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acts import root_causes
from portal.acts.classification import LABELS
from portal.casefile.view import TicketView
from portal.institutions import modules
from portal.kinds.channel_policy import ChannelPolicy
from portal.kinds.names import REQUEST_TYPE_LABELS, RequestType
from portal.sensitive_text.folding import folded
from portal.tickets.models import Ticket

_READ = 200  # solved tickets that are compared, the newest
_LEAST_SHARED = 0.2  # of the pairs of characters; ours
_LEAST_ALIKE = 2  # one ticket alone proposes nothing
_TYPE_WORDS = (
    (RequestType.SUGGESTION, re.compile("建议|希望.{0,8}(?:增加|能有|改进)|能不能增加|最好能")),
    (RequestType.CONSULTATION, re.compile("请问|咨询|怎么(?:操作|填|查|办理)|如何|在哪里|什么时候|是否可以|政策")),
    (
        RequestType.HELP,
        re.compile("报错|出错|失败|打不开|保存不了|登录不了|无法|不能(?:用|保存|登录|打印)|丢失|卡住|闪退"),
    ),
)
_CAUSE_WORDS = (
    ("policy_question", re.compile("政策|文件规定|标准是|是否符合|补助")),
    ("misuse", re.compile("不会(?:操作|填)|怎么(?:操作|填)|没找到按钮|点错|选错")),
    ("product_fault", re.compile("报错|闪退|崩溃|升级后|异常|ORA-|0x|HTTP [45]")),
)


@dataclass(frozen=True)
class Proposal:
    """One value that could be saved, and why."""

    name: str
    label: str
    value: str
    said: str
    why: str


def classified(view: TicketView) -> list[tuple[str, str]]:
    """Label and text of everything that is set."""
    note, ticket = view.triage, view.ticket
    rows = {"module": ticket.module, "root_cause": root_causes.label_of(ticket.root_cause or "")}
    if note is not None:
        rows |= {name: getattr(note, name) for name in LABELS if isinstance(getattr(note, name, None), str)}
    return [(LABELS[name], rows[name]) for name in LABELS if rows.get(name)]


def proposals(session: Session, view: TicketView) -> list[Proposal]:
    """For type, module and cause, while they are open; from similar solved tickets, else from words."""
    ticket = view.ticket
    if not ticket.is_worked:
        return []
    words = "\n".join(view.answers.get(name, "") for name in ("description", "error_text", "wish"))
    alike = _alike(session, ticket)
    known_modules = modules.offered(session, ticket.queue)
    found = [
        _of_type(session, ticket, words),
        None if ticket.module else _of_module(words, alike, known_modules),
        None if ticket.root_cause else _of_cause(session, ticket, words, alike),
    ]
    return [one for one in found if one is not None]


def _of_type(session: Session, ticket: Ticket, words: str) -> Proposal | None:
    chosen = next(((kind, hit) for kind, form in _TYPE_WORDS if (hit := form.search(words))), None)
    if chosen is None or chosen[0].value == ticket.request_type:
        return None
    kind, hit = chosen
    if kind not in ChannelPolicy.of(session.info).request_types or ticket.type_enum is not RequestType.HELP:
        return None  # what staff chose themselves is not doubted
    return Proposal("request_type", LABELS["request_type"], kind.value, REQUEST_TYPE_LABELS[kind], f"写到“{hit[0]}”")


def _of_module(words: str, alike: Sequence[Ticket], known: Sequence[str]) -> Proposal | None:
    named = next((name for name in known if name and name in words), None)
    if named:
        return Proposal("module", LABELS["module"], named, named, "描述里写到")
    most = _most([one.module for one in alike if one.module in known])
    return Proposal("module", LABELS["module"], most[0], most[0], _why(most[1])) if most else None


def _of_cause(session: Session, ticket: Ticket, words: str, alike: Sequence[Ticket]) -> Proposal | None:
    offered = dict(root_causes.options(session, ticket))
    most = _most([one.root_cause for one in alike if one.root_cause in offered])
    if most:
        return Proposal("root_cause", LABELS["root_cause"], most[0], offered[most[0]], _why(most[1]))
    hit = next(((cause, hit) for cause, form in _CAUSE_WORDS if (hit := form.search(words))), None)
    return Proposal("root_cause", LABELS["root_cause"], hit[0], offered[hit[0]], f"写到“{hit[1][0]}”") if hit else None


def _why(count: int) -> str:
    return f"{count} 条相似的问题是这样"


def _most(values: Sequence[str | None]) -> tuple[str, int] | None:
    """The value of most, if enough agree and more than half."""
    counted = Counter(value for value in values if value)
    if not counted:
        return None
    value, count = counted.most_common(1)[0]
    return (value, count) if count >= _LEAST_ALIKE and 2 * count > counted.total() else None


def _alike(session: Session, ticket: Ticket) -> list[Ticket]:
    """Solved ones of the queue whose line in lists shares many pairs of characters; one query."""
    solved = select(Ticket).where(
        Ticket.queue == ticket.queue, Ticket.resolved_at.is_not(None), Ticket.root_cause.is_not(None),
        Ticket.destroyed_at.is_(None), Ticket.id != ticket.id,
    )  # fmt: skip
    own = _pairs(ticket.excerpt)
    rows = session.scalars(solved.order_by(Ticket.submitted_at.desc()).limit(_READ))
    return [row for row in rows if _shared(own, _pairs(row.excerpt)) >= _LEAST_SHARED]


def _pairs(text: str) -> set[str]:
    plain = "".join(char for char in folded(text).text if char.isalnum())
    return {plain[at : at + 2] for at in range(len(plain) - 1)}


def _shared(some: set[str], others: set[str]) -> float:
    return len(some & others) / max(1, min(len(some), len(others)))

"""What the lines of breakdowns are called; and of a list, which line it is of.

The words of a list are found again from its key, so that no address puts words on a page.
"""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.acts.order import REASON_LABELS
from portal.acts.root_causes import label_of as cause_label
from portal.follow_up import scales
from portal.follow_up.call_backs.names import STATE_LABELS as CALL_BACK_LABELS
from portal.follow_up.models import ImprovementStage
from portal.institutions.models import DirectoryEntry
from portal.kinds.names import CHANNEL_LABELS, REQUEST_TYPE_LABELS
from portal.kinds.table import KINDS, SYMPTOM, queue_label
from portal.kpi.figures.definitions import BREAKDOWNS
from portal.kpi.figures.standing import CONDITIONS
from portal.metrics.refusal_words import REFUSAL_WORDS
from portal.tickets.states import CLOSED_HOW_LABELS, STATE_LABELS

NONE = "none"  # the key of what nobody answered
REST = "rest"
_FIELDS = {spec.name: spec.label for kind in KINDS.values() for spec in kind.fields}


def _texts(labels: Mapping[Any, str]) -> dict[str, str]:
    return {str(value): label for value, label in labels.items()}


TYPES, CHANNELS, CALLS = _texts(REQUEST_TYPE_LABELS), _texts(CHANNEL_LABELS), _texts(CALL_BACK_LABELS)
SYMPTOMS, QUEUES = dict(SYMPTOM.choices), {kind.value: queue_label(kind.value) for kind in KINDS}
ENDS = _texts(STATE_LABELS) | _texts(CLOSED_HOW_LABELS)
_RECEIVED = {"type": TYPES, "symptom": SYMPTOMS, "queue": QUEUES, "channel": CHANNELS}


def of_key(key: str, labels: Mapping[str, str]) -> str:
    """A line's own word; a key without one is its own."""
    if key == REST:
        return "其他"
    return labels.get(key) or ("没有填写" if key == NONE else key)


def cause(key: str) -> str:
    return "没有定性" if key == NONE else cause_label(key)


def county(key: str) -> str:
    return "不在机构名录里" if key == NONE else key


def refusal(key: str) -> str:
    """Of `field:code`."""
    name, _, code = key.partition(":")
    return f"{_FIELDS.get(name, name)}：{REFUSAL_WORDS.get(code, code)}"


def dissatisfied(stage: str | None, reason: str) -> str:
    return f"{stage or '待分析'}：{scales.reason_label(reason) or '没有说原因'}"


def line_of(session: Session, cases: str, key: str) -> str:
    """`诉求类型：求助`; empty without a key, or for one that no line has."""
    found = _LINES.get(cases)
    return found(session, key) if key and found else ""


def _received(session: Session, key: str) -> str:
    name, _, value = key.partition(":")
    told = BREAKDOWNS.get(f"received_by_{name}")
    if told is None:
        return ""
    if name == "institution":
        entry = session.get(DirectoryEntry, _id(value))
        return f"机构：{entry.name}" if entry else ""
    return f"{told.label}：{county(value) if name == 'county' else of_key(value, _RECEIVED.get(name, {}))}"


def _dissatisfied(session: Session, key: str) -> str:
    stage_id, _, reason = key.partition("|")
    stage = session.get(ImprovementStage, _id(stage_id)) if stage_id else None
    return dissatisfied(stage.name if stage else None, reason)


def _person(session: Session, key: str) -> str:
    user = session.get(User, _id(key))
    return f"负责人：{user.display_name}" if user else ""


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)


_LINES: dict[str, Callable[[Session, str], str]] = {
    "received": _received,
    "ended": lambda session, key: f"怎样结束：{of_key(key, ENDS)}",
    "results": lambda session, key: f"定性：{cause(key.partition(':')[2])}",
    "ratings": lambda session, key: key.partition(":")[2],
    "dissatisfied": _dissatisfied,
    "articles": lambda session, key: f"条目 {key}",
    "call_backs": lambda session, key: f"回访：{of_key(key, CALLS)}",
    "order_breaks": lambda session, key: f"原因：{of_key(key, REASON_LABELS)}",
    "refusals": lambda session, key: refusal(key),
    **dict.fromkeys(CONDITIONS, _person),
}

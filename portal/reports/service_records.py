"""代客提报: what staff record about a report that they take for another person (REQUIREMENTS D8, E1, G18, K10)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from portal.errors import Fault
from portal.kinds.fields import CheckContext
from portal.kinds.names import Channel, RequestType
from portal.kinds.table import INSTITUTION

LATE_AFTER = timedelta(minutes=30)
# How the caller was identified. A familiar voice is no proof.
CALLED_BACK = "callback"
IDENTITY_METHODS: tuple[tuple[str, str], ...] = (
    (CALLED_BACK, "回拨机构电话核对"),
    ("contact", "核对机构与联系人"),
    ("in_person", "当面核实"),
)


MOST_NOTE = 1000


@dataclass(frozen=True)
class Service:
    """The facts of one service, checked. `ended_at` None means now; empty texts mean that there is nothing to say."""

    identity_method: str = ""
    began_at: datetime | None = None
    ended_at: datetime | None = None
    late_reason: str = ""
    incomplete_note: str = ""
    may_call_back: bool = False


def incomplete_faults(note: str, channel: Channel | None) -> list[Fault]:
    """客户信息未完整获取 says what is missing and why; on 一线通 what is required is essential (REQUIREMENTS G2)."""
    if channel is Channel.YXT:
        return [Fault("is_incomplete", "invalid", "一线通（代填）的必填项都要填写，不能标“客户信息未完整获取”")]
    return [] if note else [Fault("incomplete_note", "required", "请写明缺哪些信息、为什么没有问到")]


def excusing(context: CheckContext, request_type: RequestType, note: str) -> CheckContext:
    """With a note it stands for the institution of a 咨询 (REQUIREMENTS T3)."""
    is_excused = request_type is RequestType.CONSULTATION and note
    return replace(context, excused=frozenset({INSTITUTION.name})) if is_excused else context


def is_late(ended_at: datetime | None, filed_at: datetime) -> bool:
    """补录: entered more than half an hour after the service had ended (REQUIREMENTS G18)."""
    return ended_at is not None and filed_at - ended_at > LATE_AFTER

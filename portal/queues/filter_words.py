"""The filters of a list in words, as exports and the trail name them."""

from collections.abc import Mapping

from portal.institutions.models import LEVEL_LABELS
from portal.kinds.names import CHANNEL_LABELS, REQUEST_TYPE_LABELS
from portal.kinds.table import SYMPTOM
from portal.queues import queries
from portal.tickets.states import STATE_LABELS, URGENCY_LABELS

LABELS: dict[str, str] = {
    "state": "状态",
    "turn": "轮到谁",
    "assignee": "负责人",
    "first_owner": "首问责任人",
    "urgency": "紧急程度",
    "clock": "时限",
    "request_type": "诉求类型",
    "channel": "渠道",
    "symptom": "现象",
    "module": "模块",
    "previous_system": "之前使用系统",
    "archived": "归档",
    "level": "机构类型",
    "root_cause": "定性",
    "institution": "机构",
    "q": "查找",
}
STATE_WORDS = {queries.TO_DO: "待处理", queries.OPEN: "未结束", queries.ALL: "全部"}
TYPE_WORDS = {chosen.value: label for chosen, label in REQUEST_TYPE_LABELS.items()} | {
    queries.LEFT_HELP: "由求助改成别的",
}
ARCHIVE_WORDS = {queries.ARCHIVED: "已归档", queries.TO_ARCHIVE: "已结束，还没有归档"}
_VALUES: dict[str, Mapping[str, str]] = {
    "state": {**STATE_WORDS, **{state.value: label for state, label in STATE_LABELS.items()}},
    "turn": {"me": "轮到我", "us": "轮到我们", "clinic": "等机构", "department": "等部门", "nobody": "已结束"},
    "assignee": {"me": "我", "first": "我首问的", "gone": "待交接", queries.NOBODY: "未领取"},
    "first_owner": {"me": "我", queries.NOBODY: "没有"},
    "urgency": {urgency.name.lower(): label for urgency, label in URGENCY_LABELS.items()},
    "clock": {queries.DUE_SOON: "2 小时内到期和已超时", queries.OVERDUE: "已超时", queries.PAUSED: "已暂停"},
    "request_type": TYPE_WORDS,
    "channel": {channel.value: label for channel, label in CHANNEL_LABELS.items()},
    "archived": {**ARCHIVE_WORDS, "true": "已归档", "false": "没有归档"},
    "level": {queries.KEY: "重点", **{level.value: label for level, label in LEVEL_LABELS.items()}},
    "symptom": {queries.UNANSWERED: "没有回答", **dict(SYMPTOM.choices)},
}
_PEOPLE = ("assignee", "first_owner")


def pairs_of(filters: Mapping[str, str]) -> list[str]:
    """`state:all`: those that are set, in a form that the trail can keep."""
    return [f"{name}:{filters[name]}" for name in LABELS if filters.get(name)]


def in_words(pairs: list[str]) -> str:
    """状态 待处理，渠道 电话; a person is not named."""
    return "，".join(_words(*pair.partition(":")[::2]) for pair in pairs)


def _words(name: str, value: str) -> str:
    shown = _VALUES.get(name, {}).get(value, "一位同事" if name in _PEOPLE else value)
    return f"{LABELS.get(name, name)} {shown}"

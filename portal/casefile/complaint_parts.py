"""What the trail's particulars of complaints say in Chinese; none names a complainant or a subject."""

from collections.abc import Callable, Mapping
from typing import Any

from portal.collaboration.states import COLLABORATION_LABELS
from portal.complaints.acts import ACTS
from portal.complaints.names import KIND_LABELS, LEVEL_LABELS, PART_LABELS, STATE_LABELS, VERDICT_LABELS

_TITLES = {act.name: act.title for act in ACTS}
_HOLDS = {"asked": "同意解除保全，还要一个人", "released": "解除保全"}


def _one_of(labels: Mapping[Any, str], form: str = "{}") -> Callable[[Any], str]:
    words = {str(name): label for name, label in labels.items()}
    return lambda value: form.format(words[value])


PARTS: dict[str, Callable[[Any], str]] = {
    "part": _one_of(PART_LABELS, "以{}的身份"),
    "case_state": _one_of(STATE_LABELS, "现在{}"),
    "case_act": _one_of(_TITLES, "不能“{}”"),
    "case_kind": _one_of(KIND_LABELS, "类型{}"),
    "verdict": _one_of(VERDICT_LABELS, "判断{}"),
    "handler": "指定 {}".format,
    "inquiry": "协作 {}".format,
    "inquiry_state": _one_of(COLLABORATION_LABELS),
    "proposals": "{} 个方案".format,
    "proposal": "方案 {}".format,
    "is_clinics_choice": lambda value: "投诉人选的" if value else "",
    "level": _one_of(LEVEL_LABELS, "投诉人{}"),
    "is_reached": lambda value: "" if value else "没有联系上",
    "archive_number": "归档号 {}".format,
    "is_grave": lambda value: "重大" if value else "不再是重大",
    "is_legal": lambda value: "涉法" if value else "",
    "hold": _one_of(_HOLDS),
    "joined_to": "并入 {}".format,
    "is_removed": lambda value: "去掉一人" if value else "加一人",
}

"""One Chinese sentence per event of the trail, made from its particulars. Never contains an English word.

A particular without an entry in `_PARTS`, or with a value that its entry does not know, is left out of the sentence: it
stays in the trail, in the API and in the export.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from portal import clock
from portal.accounts.external import SignInRefusal
from portal.accounts.roles import DUTY_LABELS, PERMISSION_LABELS, ROLE_LABELS
from portal.acts import classification, closing, links, order, root_causes, voiding
from portal.audit.models import AuditEvent
from portal.audit.problems import problem_label
from portal.audit.tag_labels import TAG_LABELS
from portal.audit.tags import Tag
from portal.casefile import acts, complaint_parts
from portal.casefile.former_details import particulars_of
from portal.casefile.value_search import VALUE_KIND_LABELS
from portal.clocks.names import COORDINATION_LABELS
from portal.collaboration import holdings as collaboration
from portal.collaboration.states import STEP_TITLES
from portal.disclosure import holdings as disclosure
from portal.disclosure.text_redaction import KIND_LABELS
from portal.escalation.causes import CAUSE_LABELS
from portal.escalation.reporting import DECISION_LABELS
from portal.follow_up import holdings as follow_up
from portal.follow_up.ratings import WAY_LABELS as RATING_WAYS
from portal.kinds.names import CHANNEL_LABELS, REQUEST_TYPE_LABELS, Channel, joined
from portal.kinds.table import KINDS
from portal.notify.events import Event
from portal.notify.matrix import WAY_LABELS, Way
from portal.notify.wording import label_of
from portal.queues import filter_words
from portal.readiness import CONDITIONS
from portal.reports import holdings as reports
from portal.reports import service_records
from portal.tickets import holdings as tickets
from portal.tickets.states import ORIGIN_LABELS, URGENCY_LABELS
from portal.watch.setting_words import setting_label, value_label

Words = Callable[[Any], str]
OTHER_ACTION = "其他操作"
REFUSED = "refused"
REFUSED_LABEL = "被拒绝的查看和访问"
_OTHER_FIELD = "其他项目"
# What a form of staff asks beside the fields of the report.
_FORM_PARTS = {
    "channel": "渠道", "kind": "问题种类", "service_began": "服务开始时间", "late_reason": "补录的原因",
    "incomplete_note": "未填全的说明",
}  # fmt: skip
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T\S+")

# Names in the trail that are not staff.
OTHER_PEOPLE = {"clinic": "机构", "visitor": "未登录的人", "system": "系统", "command line": "命令行"}
# Where a value is from, beside the fields of the form.
_HELD = (*tickets.HOLDINGS, *reports.CALL_RECORDS, *disclosure.HOLDINGS, *collaboration.HOLDINGS, *follow_up.HOLDINGS)
_TEXTS = {name: label for held in _HELD for text in held.texts for name, label in text.labels.items()}
OTHER_FIELDS = {**_TEXTS, "note": "内部备注", "unknown": "没有的项目", "second_factor": "两步验证密钥"}
_FIELDS = {spec.name: spec.label for kind in reversed(KINDS.values()) for spec in kind.fields}
_PERMISSIONS = {permission.value: label for permission, label in PERMISSION_LABELS.items()}
_ROLES = {role.value: label for role, label in ROLE_LABELS.items()}
_QUEUES = {kind.name.value: kind.label for kind in KINDS.values()}
_TYPES: dict[str, str] = {chosen.value: label for chosen, label in REQUEST_TYPE_LABELS.items()}
_ACTS = acts.TITLES
_REFUSALS: dict[str, str] = {
    SignInRefusal.NOT_DONE.value: "外部账号登录没有完成",
    SignInRefusal.WRONG_STATE.value: "外部账号登录不是从这里开始",
    SignInRefusal.BAD_ANSWER.value: "外部账号的登录凭据不合格",
    SignInRefusal.UNLINKED.value: "外部账号没有绑定",
    SignInRefusal.CLOSED.value: "外部账号绑定的人员不能登录",
}
_VIEWS = {
    "api": "通过接口", "accesses": "谁看过", "sample": "抽查", "break-glass": "应急查看", "value": "谁看过这个号码",
    "score": "考核表",
}  # fmt: skip
_SCOPES = {
    "all": "全部权限", "read": "查看队列", "file": "代客提报", "work": "处理工单", "reveal": "查看敏感信息",
    "audit": "审计",
}  # fmt: skip


def _as(form: str) -> Words:
    return form.format


def _one_of(labels: Mapping[str, str], form: str = "{}") -> Words:
    return lambda value: form.format(labels[value])


def _list_of(labels: Mapping[str, str], form: str = "{}") -> Words:
    return lambda values: form.format("、".join(dict.fromkeys(labels[value] for value in values)))


def _words(form: str) -> Words:
    return lambda values: form.format("、".join(values))


def _cells(values: Iterable[str]) -> str:
    """Changed cells of the matrix, as `replied:sms:off`; what another version calls them stays out."""
    parts = [value.split(":") for value in values]
    known = [(Event(e), Way(way), is_on) for e, way, is_on in parts if e in list(Event) and way in list(Way)]
    return "、".join(f"{label_of(e)} {WAY_LABELS[way]}{'开' if is_on == 'on' else '关'}" for e, way, is_on in known)


def _when(yes: str, no: str = "") -> Words:
    return lambda value: yes if value else no


def _moment(form: str) -> Words:
    return lambda value: form.format(_in_china(value))


def _in_china(value: str) -> str:
    """A day unchanged; an ISO 8601 moment in China time to the minute."""
    if not _MOMENT.fullmatch(value):
        return value
    return clock.staff_time(datetime.fromisoformat(value))


def _faults(values: list[str]) -> str:
    """The field of each `field:code`; the code means nothing to readers who do not know the form."""
    names = (value.partition(":")[0] for value in values)
    return "没有通过：" + "、".join(dict.fromkeys(_FORM_PARTS.get(name) or field_label(name) for name in names))


def _channel(value: str) -> str:
    return joined("来自", CHANNEL_LABELS[Channel(value)])


def field_label(key: str) -> str:
    """`login_password` or `reply.1` in Chinese; the second value of a field is numbered."""
    name, _, position = key.partition(".")
    label = _FIELDS.get(name) or OTHER_FIELDS.get(name, _OTHER_FIELD)
    return f"{label}（第 {int(position) + 1} 项）" if position.isdecimal() and int(position) else label


def action_label(tag: str) -> str:
    """What happened; a generic label for the tag of a newer version."""
    return TAG_LABELS[Tag(tag)] if tag in list(Tag) else OTHER_ACTION


# In the order of the sentence. A name has one meaning in all events.
_PARTS: dict[str, Words] = {
    # who and what it was done to
    "username": _as("人员 {}"),
    "former_name": _as("原名 {}"),
    "is_mail_changed": _when("修改了通知邮箱"),
    "display_name": _as("显示名 {}"),
    "department": _as("部门 {}"),
    "collaboration": _as("协作 {}"),
    "call_back": _as("回访 {}"),
    "call_back_due": _moment("约在 {}"),
    "reached": _when("已接通", "没有接通"),
    "campaign": _as("回访活动 {}"),
    "score_policy": _as("考核办法第 {} 版"),
    "month": _as("{}"),
    "sheets": _as("{} 张"),
    "size": _as("抽 {} 条"),
    "call_backs": _as("{} 家机构"),
    "period": _as("{}"),
    "edition": _as("第 {} 版"),
    "collaboration_step": _one_of(STEP_TITLES, "不能“{}”"),
    "is_filled_in": _when("代填"),
    "article_step": _as("不能“{}”"),
    "text_version": _as("第 {} 版"),
    "is_own_approval": _when("审核人自己写的", "由另一个人审核"),
    "is_public": _when("机构可见", "仅内部"),
    "allows_own_approval": _when("可以审核自己写的条目", "不能审核自己写的条目"),
    "asker": _as("申请人 {}"),
    "author": _as("作者 {}"),
    "approver": _as("{}审核过"),
    "other": _as("另一条 {}"),
    "link": _one_of(links.KIND_LABELS),
    "decider": _as("批准人 {}"),
    "to": _as("转给 {}"),
    "giver": _as("由 {} 转交"),
    "receiver": _as("原来请 {} 接手"),
    "role": _one_of(_ROLES),
    "queues": _list_of(_QUEUES, "队列：{}"),
    "former_role": _one_of(_ROLES, "原来是{}"),
    "former_queues": _list_of(_QUEUES, "原队列：{}"),
    "duties": _list_of({duty.value: label for duty, label in DUTY_LABELS.items()}, "职责：{}"),
    "away_from": _moment("从 {} 起"),
    "away_until": _moment("到 {}"),
    "kinds": _list_of(_QUEUES, "种类：{}"),
    "systems": _words("系统：{}"),
    "counties": _words("地区：{}"),
    "staff_number": _as("工号 {}"),
    "former_staff_number": _as("原工号 {}"),
    "token": _as("令牌 {}"),
    "scopes": _list_of(_SCOPES),
    "days": _as("{} 天有效"),
    "account": _as("外部账号 {}"),
    "session": _as("会话 {}"),
    "codes_left": _as("还剩 {} 个恢复码"),
    "is_external": _when("外部账号"),
    "is_locked": _when("已锁定"),
    "refusal": _one_of(_REFUSALS),
    "permission": _one_of(_PERMISSIONS, "需要权限：{}"),
    "act": _one_of(_ACTS, "不能“{}”"),
    "dependence": _one_of(
        {"own": "自己的申请", "too-new": "批准人的账号太新", "same-maker": "两个账号由同一位管理员建立"}
    ),
    "is_over_quota": _when("超过每小时上限"),
    "hourly_limit": _as("一小时超过 {} 次"),
    # a report, a ticket
    "channel": _channel,
    "fields": lambda values: "、".join(field_label(value) for value in values),
    "faults": _faults,
    "former_request_type": _one_of(_TYPES, "原来是{}"),
    "request_type": _one_of(_TYPES),
    "filed_urgency": _one_of({urgency.name.lower(): label for urgency, label in URGENCY_LABELS.items()}, "登记为{}"),
    "former_urgency": _one_of({urgency.name.lower(): label for urgency, label in URGENCY_LABELS.items()}, "原来是{}"),
    "policy_version": _as("第 {} 版"),
    "former_coordination": _one_of({chosen.value: label for chosen, label in COORDINATION_LABELS.items()}, "原来是{}"),
    "former_origin": _one_of({chosen.value: label for chosen, label in ORIGIN_LABELS.items()}, "原来是{}"),
    "origin": _one_of({chosen.value: label for chosen, label in ORIGIN_LABELS.items()}, "改为{}"),
    "coordination": _one_of({chosen.value: label for chosen, label in COORDINATION_LABELS.items()}, "改为{}"),
    "call_record": _as("来电记录 {}"),
    "classified": _list_of(classification.LABELS),
    "root_cause": lambda value: f"定性为{root_causes.label_of(value)}",
    "urgency": _one_of({urgency.name.lower(): label for urgency, label in URGENCY_LABELS.items()}, "改为{}"),
    "remind_at": _moment("提醒时间 {}"),
    "promised_at": _moment("时间 {}"),
    "formerly_promised_at": _moment("原定 {}"),
    "promises_kept": _as("兑现承诺 {} 项"),
    "from_number": _as("原编号 {}"),
    "to_number": _as("新编号 {}"),
    "into": _as("并入 {}"),
    "former_target": _as("从 {} 分开"),
    "is_unexplained": _when("没有写原因"),
    "passed_over": _as("前面还有 {} 条"),
    "first_passed": _as("第一条是 {}"),
    "claim_reason": _one_of(order.REASON_LABELS, "原因：{}"),
    "way": _one_of(dict(closing.WAYS), "通过{}确认"),
    "rating_way": _one_of({way.value: label for way, label in RATING_WAYS.items()}, "通过{}"),
    "round": _as("第 {} 次处理"),
    "is_complete": _when("分析已完成", "分析还没有完成"),
    "stage": _as("{}"),
    "reason_kind": _one_of(voiding.KIND_LABELS),
    "identity_method": _one_of(dict(service_records.IDENTITY_METHODS)),
    "decision": _one_of(DECISION_LABELS),
    "cause": _one_of({cause.value: label for cause, label in CAUSE_LABELS.items()}),
    "step": _as("第 {} 步"),
    "is_unconfirmed": _when("机构没有确认"),
    "text_kind": _one_of({kind.value: label for kind, label in KIND_LABELS.items()}),
    "places": _as("{} 处"),
    "signs": _as("{} 字"),
    "is_preview": _when("缩小图"),
    "is_without_reason": _when("没有填写原因"),
    "left": _as("左边 {}"),
    "top": _as("上边 {}"),
    "width": _as("宽 {} 像素"),
    "height": _as("高 {} 像素"),
    "is_unanswered": _when("机构没有补充"),
    # directory, known issues
    "file_name": _as("{}"),
    "institution": _as("{}"),
    "keeper": _as("维护人 {}"),
    "institutions": _words("{}"),
    "institution_count": _as("共 {} 个机构"),
    "previous_system": _as("{}"),
    "module": _as("{}"),
    "phrase": _as("{}"),
    "word": _as("{}"),
    "merged_into": _as("并入 {}"),
    "new_name": _as("改名为 {}"),
    "position": _as("上移到第 {} 位"),
    "is_offered": _when("启用", "停用"),
    "changes": "；".join,
    "lines_new": _as("新增 {}"),
    "lines_changed": _as("修改 {}"),
    "lines_unchanged": _as("未变 {}"),
    "lines_refused": _as("退回 {}"),
    "follower": _as("回执 {}"),
    "known_issue": _as("已知问题 {}"),
    "title": _as("{}"),
    "contacts": _as("联系方式 {} 条"),
    # notifications
    "cells": _cells,
    "quiet_hours": _as("短信免打扰 {}"),
    "event": _one_of({event.value: label_of(event) for event in Event}, "事件：{}"),
    "delivery": _as("通知编号 {}"),
    # the calendar
    "year": _as("{} 年"),
    "calendar_days": _as("{} 天有变动"),
    "clocks": _as("{} 个时限有变动"),
    "source": _one_of({"package": "随程序", "notice": "放假通知", "manual": "表格"}, "来自{}"),
    "day": _as("{}"),
    "is_working": _when("改为上班", "改为放假"),
    # destruction, backup, keys
    "credentials": _as("账号和密码 {} 条"),
    "values": _as("{} 项"),
    "reports": _as("提报 {} 条"),
    "pictures": _as("附图 {} 张"),
    "destructions": _as("销毁 {} 次"),
    "files": _as("文件 {} 个"),
    "made_at": _moment("{} 的备份"),
    # the portal itself
    "alarm": _one_of({each.name: each.label for each in CONDITIONS}, "不能保证：{}"),
    "setting": setting_label,
    "old": lambda value: f"原来是 {value_label(value)}",
    "new": lambda value: f"改为 {value_label(value)}",
    "trusted": _moment("上次可信的时间 {}"),
    "now": _moment("确认的时间 {}"),
    "active_key": _as("当前密钥 {}"),
    "key": _as("密钥 {}"),
    "suite": lambda value: f"算法 {value.upper()}",
    "rewrapped": _as("重新封装 {} 条"),
    "converted": _as("换算法 {} 条"),
    "unopened": _as("打不开 {} 条"),
    "bound": _as("绑定 {} 条"),
    "keys_listed": _as("为 {} 把数据密钥补记所密封的行"),
    # the tables of the books
    "table": _as("{}"),
    "first_day": _as("从 {}"),
    "last_day": _as("到 {}"),
    "listed": filter_words.in_words,
    # the trail itself
    "view": _one_of(_VIEWS),
    "person": lambda value: f"人员 {OTHER_PEOPLE.get(value, value)}",
    "ticket": _as("编号 {}"),
    "action": lambda value: f"操作：{REFUSED_LABEL if value == REFUSED else action_label(value)}",
    "field": lambda value: f"项目：{field_label(value)}",
    "queue": _one_of(_QUEUES, "队列：{}"),
    "since": _moment("从 {}"),
    "until": _moment("到 {}"),
    "first_row": _as("从第 {} 条"),
    "last_row": _as("到第 {} 条"),
    "base": _as("第 {} 个起点"),
    "rows": _as("共 {} 条"),
    "checkpoints": _as("{} 个检查点"),
    "purged": _as("此前已清除 {} 条"),
    "broken_row": _as("第 {} 条起不可信"),
    "problem": problem_label,
    "is_new_file": _when("重新开始检查点文件"),
    "value_kind": _one_of(VALUE_KIND_LABELS),
    "value_mask": _as("{}"),
    "tickets": _as("工单 {} 张"),
    "format": _one_of({"csv": "导出为表格", "xlsx": "导出为 XLSX", "jsonl": "导出为数据文件", "print": "打印签字单"}),
    "seed": _as("种子 {}"),
    "sampled": _as("抽取 {} 条"),
    "population": _as("共 {} 条可抽"),
    "row": _as("记录号 {}"),
}
# Stored for queries; a row's id or a word of a rule means nothing to readers.
_PARTS |= complaint_parts.PARTS
SILENT = frozenset({"picture", "finding", "indexes", "contact"})
NAMES = frozenset(_PARTS) | SILENT


def sentence_of(event: AuditEvent) -> str:
    """The event's facts beside its columns; "" if there are none."""
    particulars = event.particulars or particulars_of(event.tag, event.detail or "")
    parts = (_part(words, particulars[name]) for name, words in _PARTS.items() if name in particulars)
    return "，".join(part for part in parts if part)


def _part(words: Words, value: object) -> str:
    try:
        return words(value)
    except (KeyError, ValueError, TypeError, AttributeError):  # a value of another version
        return ""

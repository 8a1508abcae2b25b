"""A sheet in words: every figure with its n, what could be gamed, and how it is counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from portal.errors import NotFoundError
from portal.kinds.names import REQUEST_TYPE_LABELS, RequestType
from portal.kpi.score import editions, policies, reading, sheets
from portal.kpi.score.bands import COUNTS, METRIC_LABELS, SMALLER_IS_BETTER, Metric
from portal.kpi.score.models import MonthlyScore, ScoreCase, ScoreCorrection
from portal.kpi.score.months import Month
from portal.kpi.score.names import OUTCOME_LABELS
from portal.kpi.score.policies import Policy
from portal.kpi.score.rules import GROUP_LABELS, GROUPS, MetricRule, Rules
from portal.tickets.states import URGENCY_LABELS, Urgency

_SYMPTOMS = {"error": "报错类", "form_lost": "表单丢失", "form_blank": "表单空漏项", "other": "其他", "": "没有写"}
_HOUR, _MINUTE = 3600, 60


@dataclass(frozen=True)
class ShownMetric:
    """One row of a sheet. `points` is empty where nothing is scored."""

    name: str
    label: str
    value: str
    n: int
    median: str
    points: str
    weight: int
    definition: str
    beside: Sequence[str]


@dataclass(frozen=True)
class Wanted:
    """What of a sheet is asked for: the cases of a figure, a former edition, or those of that."""

    month: Month
    metric: str
    after: int
    edition: int


def kept(
    session: Session, sheet: MonthlyScore, wanted: Wanted, here: str, whose: str = ""
) -> tuple[str, dict[str, Any]]:
    """Template and context of a page behind a sheet. Raises NotFoundError.

    Args:
        here: the sheet's own page. whose: the name of its person, for a lead.
    """
    former = editions.one(session, sheet, wanted.edition) if wanted.edition else None
    there = {"edition": wanted.edition} if former else {}
    common = {"month": wanted.month, "whose": whose}
    if former and not wanted.metric:
        policy = policies.of_version(session, sheet.policy_version)
        told = {"kept": former, "policy": policy, "metrics": metrics(former, policy), "total": total(former),
                "coverage": coverage(former), "state_label": reading.state_label}  # fmt: skip
        return "scores/former.html", {**common, **told, "back": here, "link": _joined(here, there | {"metric": ""})}
    metric = metric_of(wanted.metric)
    if former:
        rows, following = editions.cases_of(former, metric.value, max(wanted.after, 0))
    else:
        rows, following = reading.cases_of(session, sheet, metric.value, max(wanted.after, 0))
    return "scores/cases.html", {
        **common, "title": METRIC_LABELS[metric], "rows": rows, "outcome": outcome, "case_value": case_value,
        "back": _joined(here, there),
        "next_url": _joined(here, there | {"metric": metric.value, "after": following}) if following else None,
    }  # fmt: skip


def metric_of(name: str) -> Metric:
    """Raises NotFoundError."""
    if name not in list(Metric):
        raise NotFoundError("没有找到这一项")
    return Metric(name)


def _joined(here: str, more: Mapping[str, object]) -> str:
    return f"{here}{'&' if '?' in here else '?'}{urlencode(more)}" if more else here


def metrics(sheet: MonthlyScore | ScoreCorrection, policy: Policy) -> list[ShownMetric]:
    return [_metric(metric, sheet.inputs["metrics"][metric.value], policy.rules) for metric in Metric]


def total(sheet: MonthlyScore | ScoreCorrection) -> str:
    """77/100, as the table of the month writes it."""
    return "-" if sheet.points is None else f"{sheet.points:g}/{sheet.out_of or 0:g}"


def coverage(sheet: MonthlyScore | ScoreCorrection) -> list[tuple[str, int]]:
    """What is outside the rate, in words."""
    found: Mapping[str, int] = sheet.inputs.get("coverage", {})
    return [(OUTCOME_LABELS[word], count) for word, count in found.items() if word in OUTCOME_LABELS]


def outcome(case: ScoreCase) -> str:
    return OUTCOME_LABELS.get(case.outcome, "其他")


def case_value(case: ScoreCase) -> str:
    if case.value is None:
        return ""
    return span(case.value) if case.metric == Metric.RESPONSE.value else f"{case.value:g} 分"


def span(seconds: float | None) -> str:
    """Working time as people say it."""
    if seconds is None:
        return ""
    if seconds < _MINUTE:
        return f"{seconds:.0f} 秒"
    minutes = int(seconds // _MINUTE)
    if seconds < _HOUR:
        rest = int(seconds % _MINUTE)
        return f"{minutes} 分钟" if not rest else f"{minutes} 分 {rest} 秒"
    return f"{minutes // 60} 小时" + (f" {minutes % 60} 分钟" if minutes % 60 else "")


def definition(metric: Metric, rules: Rules) -> str:
    """How it is counted under these rules, with the bands."""
    rule = rules.metrics[metric]
    kind = f"，只算{REQUEST_TYPE_LABELS[RequestType(rule.request_type)]}" if rule.request_type else ""
    return f"{_FORMULAS[metric](rule)}{kind}。{_bands(metric, rule)}"


def _metric(metric: Metric, found: Mapping[str, Any], rules: Rules) -> ShownMetric:
    least, n = rules.term("least_cases"), found["n"]
    is_known = metric in COUNTS or n >= least
    median = found["median"] if is_known else None
    return ShownMetric(
        name=metric.value,
        label=METRIC_LABELS[metric],
        value=_value(metric, found["value"], n, least),
        n=n,
        median="" if median is None else (span(median) if metric is Metric.RESPONSE else f"{median:g} 分"),
        points="" if found["points"] is None else f"{found['points']:g}",
        weight=found["weight"],
        definition=definition(metric, rules),
        beside=_beside(metric, found["beside"]),
    )


def _value(metric: Metric, value: float | None, n: int, least: int) -> str:
    word = sheets.shown_value(metric, value, n, least)
    if word == sheets.NO_DATA:
        return word if n == 0 else f"{word}（只有 {n} 件，少于 {least} 件）"
    if metric is Metric.RESPONSE:
        return span(value)
    return word + {Metric.RESOLUTION: " %", Metric.SATISFACTION: " 分", Metric.VOLUME: " 单"}.get(metric, " 条")


def _beside(metric: Metric, found: Mapping[str, Any]) -> list[str]:
    if metric is Metric.RESPONSE and found.get("reply_n"):
        return [f"领取后到第一句答复：平均 {span(found['reply_mean'])}，中位数 {span(found['reply_median'])}"]
    if metric is Metric.RESOLUTION:
        return [f"后来又重新处理的 {found['reopened']} 件"] if found.get("reopened") else []
    if metric is Metric.SATISFACTION:
        return [f"{OUTCOME_LABELS[word]} {count} 件，不算在内" for word, count in found.get("outside", {}).items()]
    if metric is Metric.VOLUME:
        return [line for line in (_shares("紧急程度", _urgencies(found)), _shares("现象", _symptoms(found))) if line]
    return []


def _shares(label: str, counts: Mapping[str, int]) -> str:
    return f"{label}：" + "，".join(f"{word} {count}" for word, count in counts.items()) if counts else ""


def _urgencies(found: Mapping[str, Any]) -> dict[str, int]:
    return {URGENCY_LABELS[Urgency[word.upper()]]: count for word, count in found.get("urgency", {}).items()}


def _symptoms(found: Mapping[str, Any]) -> dict[str, int]:
    return {_SYMPTOMS.get(word, word): count for word, count in found.get("symptom", {}).items()}


def _bands(metric: Metric, rule: MetricRule) -> str:
    sign = "不超过" if metric in SMALLER_IS_BETTER else "达到"
    words = [f"{sign} {_limit(metric, limit)} 得 {points:g} 分" for limit, points in rule.bands.limits]
    return "，".join([*words, f"其余 {rule.bands.rest:g} 分"])


def _limit(metric: Metric, limit: float) -> str:
    if metric is Metric.RESPONSE:
        return span(limit)
    return f"{limit:g}" + {Metric.RESOLUTION: " %", Metric.VOLUME: " %"}.get(metric, "")


def _group(rule: MetricRule) -> str:
    name = next((name for name, channels in GROUPS.items() if set(channels) >= set(rule.channels)), "")
    return GROUP_LABELS.get(name, "")


_FORMULAS = {
    Metric.RESPONSE: lambda rule: f"本人先领取的，到第一个人工动作的工作时间的平均（{_group(rule)}；界限由本单位定）",
    Metric.RESOLUTION: lambda _: "机构说已解决的 ÷（说已解决的 + 说没有解决的），只算本人给出结果的；没有人回答的不算",
    Metric.SATISFACTION: lambda _: "机构对本人给出的结果的评价的平均分，自己当场记下的不算",
    Metric.VOLUME: lambda _: "当月关闭、最后由本人给出结果的工单数，按在同队列工程师里的位置给分；合并、作废不算",
    Metric.KNOWLEDGE: lambda _: "本人写的、当月首次发布的知识条目数",
}

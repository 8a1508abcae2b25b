"""A version of the score's rules: metric = formula + filter + weight, grades, and what is ours (REQUIREMENTS H8).

Pure: read from and written as JSON, with every fault of a version at once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from portal.errors import Fault
from portal.follow_up.scales import Scale
from portal.kinds.names import Channel, RequestType
from portal.kpi.score.bands import METRIC_LABELS, SMALLER_IS_BETTER, Bands, Metric

ALL_WEIGHTS = 100
MOST_NOTE = 500
LONGEST_GRADE = 12
# Channel groups of the response: a phone call and a web report are never one mean (REQUIREMENTS T6).
WEB = ("yxt", "qq", "email", "wechat", "other")
PHONE = ("phone", "visit")
GROUPS: dict[str, tuple[str, ...]] = {"web": WEB, "phone": PHONE}
GROUP_LABELS = {"web": "一线通、QQ、邮件、微信、其他", "phone": "电话、来访"}


@dataclass(frozen=True)
class MetricRule:
    """One metric. `request_type`: counts only these; "" for all. `channels`: of the response. `scale`: of ratings."""

    weight: int
    bands: Bands
    request_type: str = ""
    channels: tuple[str, ...] = ()
    scale: str = ""


# Name, label, least, most: the figures without a source, which a deployment may change.
TERMS: tuple[tuple[str, str, int, int], ...] = (
    ("least_cases", "平均和比率至少要几件，少于这个数不计分", 1, 100),
    ("least_people", "处理量排名至少要几个人，少于这个数每人得分相同", 2, 100),
    ("few_people", "人数不够时处理量每人得几分", 0, 10),
    ("least_days_present", "当月至少在岗几个工作日才评分", 0, 23),
    ("least_days_in_team", "当月至少几天是这个队列的工程师才算进排名", 1, 31),
    ("objection_days", "本人可以在几个工作日内提出异议", 1, 30),
    ("least_out_of", "满分至少多少才评等级", 1, 100),
)


@dataclass(frozen=True)
class Rules:
    """What one version says. `grades`: share in percent and name, the best first; the last begins at 0."""

    metrics: Mapping[Metric, MetricRule]
    grades: tuple[tuple[float, str], ...]
    terms: Mapping[str, int]

    @classmethod
    def from_json(cls, metrics: Mapping[str, Any], grades: Sequence[Any], terms: Mapping[str, int]) -> "Rules":
        """What `as_json` gave."""
        return cls(
            {metric: _rule(metrics[metric.value]) for metric in Metric},
            tuple((float(limit), str(name)) for limit, name in grades),
            dict(terms),
        )

    def as_json(self) -> tuple[dict[str, Any], list[Any], dict[str, int]]:
        metrics = {metric.value: _json(rule) for metric, rule in self.metrics.items()}
        return metrics, [list(pair) for pair in self.grades], dict(self.terms)

    def term(self, name: str) -> int:
        return self.terms[name]

    def with_weights(self, weights: Mapping[Metric, int]) -> "Rules":
        changed = {metric: replace(rule, weight=weights[metric]) for metric, rule in self.metrics.items()}
        return replace(self, metrics=changed)


def faults_of(rules: Rules) -> list[Fault]:
    """Everything that makes a version useless; fields are named as on the page."""
    return [*_weight_faults(rules), *_metric_faults(rules), *_grade_faults(rules), *_term_faults(rules)]


def _weight_faults(rules: Rules) -> Iterator[Fault]:
    weights = {metric: rule.weight for metric, rule in rules.metrics.items()}
    for metric, weight in weights.items():
        if not 0 <= weight <= ALL_WEIGHTS:
            yield Fault(f"{metric.value}.weight", "invalid", f"{METRIC_LABELS[metric]}的权重请填 0 到 100")
    if sum(weights.values()) != ALL_WEIGHTS:
        found = sum(weights.values())
        yield Fault("response.weight", "invalid", f"五项权重加起来要等于 100，现在是 {found}")


def _metric_faults(rules: Rules) -> Iterator[Fault]:
    for metric, rule in rules.metrics.items():
        limits = [limit for limit, _ in rule.bands.limits]
        points = [*(found for _, found in rule.bands.limits), rule.bands.rest]
        label = METRIC_LABELS[metric]
        if limits != sorted(set(limits), reverse=metric not in SMALLER_IS_BETTER):
            order = "从小到大" if metric in SMALLER_IS_BETTER else "从大到小"
            yield Fault(f"{metric.value}.bands", "invalid", f"{label}的档次界限请{order}填，不能重复")
        if points != sorted(points, reverse=True) or min(points) < 0:
            yield Fault(f"{metric.value}.bands", "invalid", f"{label}的分数请从高到低填，不能是负数")
        if rule.request_type and rule.request_type not in list(RequestType):
            yield Fault(f"{metric.value}.request_type", "invalid", "请选择列出的诉求类型")
    response, satisfaction = rules.metrics[Metric.RESPONSE], rules.metrics[Metric.SATISFACTION]
    if not response.channels or any(channel not in list(Channel) for channel in response.channels):
        yield Fault("response.channels", "invalid", "请选择响应时效算哪一组渠道")
    elif len({channel in PHONE for channel in response.channels}) > 1:
        yield Fault("response.channels", "invalid", "电话和网上的渠道不能混在一起算平均")
    if satisfaction.scale not in list(Scale):
        yield Fault("satisfaction.scale", "invalid", "请选择满意度用哪一种说法")


def _grade_faults(rules: Rules) -> Iterator[Fault]:
    limits, names = [limit for limit, _ in rules.grades], [name for _, name in rules.grades]
    if not limits or limits[-1] != 0 or limits != sorted(set(limits), reverse=True) or limits[0] > ALL_WEIGHTS:
        yield Fault("grades", "invalid", "等级界限请从高到低填 100 以内的数，最后一档从 0 起")
    if any(not name.strip() or len(name) > LONGEST_GRADE for name in names) or len(set(names)) != len(names):
        yield Fault("grades", "invalid", f"每一档请写不同的名称，最多 {LONGEST_GRADE} 个字")


def _term_faults(rules: Rules) -> Iterator[Fault]:
    for name, label, least, most in TERMS:
        if not least <= rules.terms.get(name, -1) <= most:
            yield Fault(name, "invalid", f"“{label}”请填 {least} 到 {most}")


def _rule(found: Mapping[str, Any]) -> MetricRule:
    limits = tuple((float(limit), float(points)) for limit, points in found["bands"])
    return MetricRule(
        found["weight"], Bands(limits, float(found["rest"])), found.get("request_type", ""),
        tuple(found.get("channels", ())), found.get("scale", ""),
    )  # fmt: skip


def _json(rule: MetricRule) -> dict[str, Any]:
    return {
        "weight": rule.weight, "bands": [list(pair) for pair in rule.bands.limits], "rest": rule.bands.rest,
        "request_type": rule.request_type, "channels": list(rule.channels), "scale": rule.scale,
    }  # fmt: skip

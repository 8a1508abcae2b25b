"""考核办法: the versions of the score's rules, and the next one, for a month that has not begun."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from portal import clock
from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.errors import Fault, InvalidError, PortalError
from portal.follow_up.scales import SCALE_NAMES
from portal.kinds.names import REQUEST_TYPE_LABELS
from portal.kpi.score import policies, rules
from portal.kpi.score.bands import METRIC_LABELS, SMALLER_IS_BETTER, Bands, Metric
from portal.kpi.score.months import Month
from portal.kpi.score.policies import Policy
from portal.kpi.score.rules import GROUP_LABELS, GROUPS, MetricRule, Rules
from portal.pages import staff_header
from portal.pages.listing import faults_of, refusal_of, tried
from portal.pages.scores import shown
from portal.runtime import runtime_of
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Viewer = Annotated[Principal, Depends(Requires(Permission.VIEW_SCORES))]
Keeper = Annotated[Principal, Depends(Requires(Permission.KEEP_SCORES))]
HERE = "/scores/policy"
_UNITS = {Metric.RESPONSE: "秒", Metric.RESOLUTION: "%", Metric.SATISFACTION: "分", Metric.VOLUME: "%（位置 ÷ 人数）",
          Metric.KNOWLEDGE: "条"}  # fmt: skip


@dataclass(frozen=True)
class Typed:
    """A version as typed: `limits` and `points` of each metric, the best first, and `rest`."""

    values: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        return self.values.get(name, "")


@router.get(HERE)
def show(request: Request, viewer: Viewer, done: str = "") -> Response:
    return _page(request, viewer, done=done)


@router.post(HERE)
def make(request: Request, keeper: Keeper, form: Form) -> Response:
    actor, version = actor_of(request, keeper), form.number("version")
    typed = Typed({name: form.get(name) for name in _names()})
    return tried(
        request,
        lambda session: policies.make(
            session, actor, version, _wanted(typed, policies.every(session)[0]), typed.get("valid_from"),
            typed.get("note"),
        ),
        lambda made: RedirectResponse(f"{HERE}?done={made.version}", 303),
        lambda error: _page(request, keeper, error, typed),
    )  # fmt: skip


def _names() -> list[str]:
    parts = ("weight", "limit1", "points1", "limit2", "points2", "limit3", "points3", "rest", "request_type")
    return [
        *(f"{metric.value}.{part}" for metric in Metric for part in parts),
        "response.channels", "satisfaction.scale", "valid_from", "note",
        *(f"grades.{part}{place}" for place in range(1, 5) for part in ("limit", "name")),
        *(name for name, _, _, _ in rules.TERMS),
    ]  # fmt: skip


def typed_of(policy: Policy) -> Typed:
    """The form filled with what a version says."""
    found = policy.rules
    values = {"response.channels": next((name for name, group in GROUPS.items() if _same(group, found)), "web")}
    for metric, rule in found.metrics.items():
        values |= {f"{metric.value}.weight": str(rule.weight), f"{metric.value}.rest": f"{rule.bands.rest:g}"}
        values[f"{metric.value}.request_type"] = rule.request_type
        for place, (limit, points) in enumerate(rule.bands.limits, 1):
            values |= {f"{metric.value}.limit{place}": f"{limit:g}", f"{metric.value}.points{place}": f"{points:g}"}
    values["satisfaction.scale"] = found.metrics[Metric.SATISFACTION].scale
    for place, (limit, name) in enumerate(found.grades, 1):
        values |= {f"grades.limit{place}": f"{limit:g}", f"grades.name{place}": name}
    return Typed(values | {name: str(found.terms[name]) for name, _, _, _ in rules.TERMS})


def _same(group: tuple[str, ...], found: Rules) -> bool:
    return set(group) == set(found.metrics[Metric.RESPONSE].channels)


def _wanted(typed: Typed, newest: Policy) -> Rules:
    """Raises InvalidError: every number that is none."""
    faults: list[Fault] = []
    metrics = {metric: _rule(metric, typed, rule, faults) for metric, rule in newest.rules.metrics.items()}
    pairs = [(typed.get(f"grades.limit{place}"), typed.get(f"grades.name{place}")) for place in range(1, 5)]
    grades = tuple(
        (_number(limit, "grades", "等级界限", faults), name.strip()) for limit, name in pairs if limit or name
    )  # fmt: skip
    terms = {name: int(_number(typed.get(name), name, label, faults)) for name, label, _, _ in rules.TERMS}
    if faults:
        raise InvalidError(faults)
    return Rules(metrics, grades, terms)


def _rule(metric: Metric, typed: Typed, before: MetricRule, faults: list[Fault]) -> MetricRule:
    name, label = metric.value, METRIC_LABELS[metric]
    pairs = [(typed.get(f"{name}.limit{place}"), typed.get(f"{name}.points{place}")) for place in range(1, 4)]
    bands, of_limit, of_points = f"{name}.bands", f"{label}的界限", f"{label}的分数"
    limits = tuple(
        (_number(limit, bands, of_limit, faults), _number(points, bands, of_points, faults))
        for limit, points in pairs
        if limit or points
    )
    rest = _number(typed.get(f"{name}.rest"), f"{name}.bands", f"{label}其余的分数", faults)
    weight = int(_number(typed.get(f"{name}.weight"), f"{name}.weight", f"{label}的权重", faults))
    changed = replace(before, weight=weight, bands=Bands(limits, rest), request_type=typed.get(f"{name}.request_type"))
    if metric is Metric.RESPONSE:
        return replace(changed, channels=GROUPS.get(typed.get("response.channels"), ()))
    if metric is Metric.SATISFACTION:
        return replace(changed, scale=typed.get("satisfaction.scale"))
    return changed


def _number(text: str, name: str, label: str, faults: list[Fault]) -> float:
    try:
        value = float(text) if text.isascii() and len(text) < 10 else -1.0
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e7:  # NaN too
        faults.append(Fault(name, "invalid", f"{label}请填不小于 0 的数"))
        return 0
    return value


def _page(
    request: Request, viewer: Principal, error: PortalError | None = None, typed: Typed | None = None, done: str = ""
) -> Response:
    with runtime_of(request).database.read() as session:
        known = policies.every(session)
        counting = policies.of_month(session, Month.of(clock.now()))
        staff_header.read(request, session, viewer)
    upcoming = [Month.of(clock.now()).next]
    while len(upcoming) < 6:
        upcoming.append(upcoming[-1].next)
    return render(
        request,
        "scores/policy.html",
        error.status if error else 200,
        known=known,
        counting=counting,
        newest=known[0],
        typed=typed or typed_of(known[0]),
        metrics=[(metric, METRIC_LABELS[metric], _UNITS[metric], metric in SMALLER_IS_BETTER) for metric in Metric],
        definitions={metric.value: shown.definition(metric, counting.rules) for metric in Metric},
        request_types=[("", "全部"), *((kind.value, label) for kind, label in REQUEST_TYPE_LABELS.items())],
        groups=list(GROUP_LABELS.items()),
        scales=[(scale.value, name) for scale, name in SCALE_NAMES.items()],
        terms=rules.TERMS,
        months=[(month.name, month.label) for month in upcoming],
        may_keep=viewer.can(Permission.KEEP_SCORES),
        faults=faults_of(error),
        message=refusal_of(error),
        done=done,
    )

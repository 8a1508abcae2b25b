"""服务时限: the versions of the service times, and the next one (DESK 1.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from portal import clock
from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.calendar.hours import WEEKDAYS
from portal.clocks import policies, policy_making
from portal.clocks.arithmetic import Term
from portal.clocks.names import COORDINATION_LABELS, TERM_LABELS, OtherTerm, Unit
from portal.clocks.policies import LOW_RATINGS, OFF, TermRow
from portal.clocks.policy_making import Wanted
from portal.errors import Fault, InvalidError, PortalError
from portal.kinds.names import CHANNEL_LABELS, REQUEST_TYPE_LABELS
from portal.kinds.table import KINDS
from portal.pages.listing import faults_of, refusal_of, tried, typed
from portal.runtime import runtime_of
from portal.tickets.states import URGENCY_LABELS
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Keeper = Annotated[Principal, Depends(Requires(Permission.KEEP_TIME))]
HERE = "/admin/time/policy"
_AN_HOUR = 60
# As people write a term: the word, the unit of the term, and how many of it one is.
UNITS: Mapping[str, tuple[str, Unit, int]] = {
    "minutes": ("分钟", Unit.MINUTES, 1),
    "hours": ("小时", Unit.MINUTES, _AN_HOUR),
    "working_minutes": ("分钟（工作时间）", Unit.WORKING_MINUTES, 1),
    "working_days": ("个工作日", Unit.WORKING_DAYS, 1),
}
DAY_LABELS = dict(zip(WEEKDAYS, ("周一", "周二", "周三", "周四", "周五"), strict=True))
SWITCH_LABELS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    policy_making.CLAIM_REASON: (
        "先领后面的问题时要不要原因",
        {policy_making.OPTIONAL: "可以不填，记为未说明", policy_making.REQUIRED: "必须选原因"},
    ),
    policy_making.PROVINCE_REPLY: (
        "跨省的回复时限", {policy_making.IN_HOURS: "72 小时", policy_making.IN_WORKING_DAYS: "3 个工作日"}
    ),
    policies.CALL_EVERY_RESULT: ("每条处理结果都在 1 小时内回访", {policies.OFF: "不用", policies.ON: "每条都回访"}),
    policies.CALL_SHARE: (
        "没有评价的，抽多少回访（重点机构都回访）",
        {percent: f"{percent} %" for percent in policy_making.SWITCHES[policies.CALL_SHARE]},
    ),
    LOW_RATINGS: (
        "同一位办理人连续低满意时，提醒主管",
        {OFF: "不提醒"} | {word: f"连续 {word} 次" for word in policy_making.SWITCHES[LOW_RATINGS] if word != OFF},
    ),
}  # fmt: skip


@dataclass(frozen=True)
class PolicyForm:
    """The next version as typed; amounts and units in the order of the terms."""

    valid_from: str = ""
    hours: tuple[str, ...] = ()
    quiet_hours: str = ""
    claim_reason: str = ""
    cross_province_reply: str = ""
    call_every_result: str = ""
    call_share: str = ""
    amount: tuple[str, ...] = ()
    unit: tuple[str, ...] = ()
    note: str = ""
    low_ratings: str = OFF


@router.get(HERE)
def show(request: Request, keeper: Keeper, done: str = "") -> Response:
    """The version that counts, every other one, and a form for the next."""
    return _page(request, done=done)


@router.post(HERE)
def make(request: Request, keeper: Keeper, form: Form) -> Response:
    posted, actor, version = typed(PolicyForm, form), actor_of(request, keeper), form.number("version")
    return tried(
        request,
        lambda session: policy_making.make(session, actor, _wanted(policies.every(session)[0].terms, posted, version)),
        lambda made: RedirectResponse(f"{HERE}?done={made.version}", 303),
        lambda error: _page(request, posted, error),
    )


def _wanted(terms: Sequence[TermRow], posted: PolicyForm, version: int) -> Wanted:
    """Raises InvalidError: an amount that is no number, a unit or moment that is none."""
    faults: list[Fault] = []
    rows = []
    pairs = list(zip(posted.amount, posted.unit, strict=False))
    for place, row in enumerate(terms):
        amount, unit = pairs[place] if place < len(pairs) else ("", "")
        if not (amount.isascii() and amount.isdecimal() and len(amount) < 8) or unit not in UNITS:
            label = f"{TERM_LABELS[row.clock]}（{_for_whom(row)}）"
            faults.append(Fault(f"amount-{place}", "invalid", f"{label}：请填写整数和单位"))
            continue
        _, of_term, many = UNITS[unit]
        rows.append(replace(row, term=Term(int(amount) * many, of_term)))
    valid_from = _moment(posted.valid_from)
    if posted.valid_from and valid_from is None:
        faults.append(Fault("valid_from", "invalid", "时间的格式不对，请按 2026-11-27 09:30 这样填写"))
    if faults:
        raise InvalidError(faults)
    switches = {name: value for name in SWITCH_LABELS if (value := getattr(posted, name))}
    switches[LOW_RATINGS] = posted.low_ratings or OFF
    hours = dict(zip(WEEKDAYS, posted.hours, strict=False))
    return Wanted(version, hours, posted.quiet_hours, switches, rows, posted.note, valid_from)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=clock.CHINA)


def _page(
    request: Request, posted: PolicyForm | None = None, error: PortalError | None = None, done: str = ""
) -> Response:
    with runtime_of(request).database.read() as session:
        known = policies.every(session)
        counting = policies.at(session, clock.now())
    newest = known[0]
    written = [_as_written(row.term) for row in newest.terms]
    shown = posted or PolicyForm(
        "", tuple(newest.hours.as_json().values()), " ".join(newest.quiet_hours),
        newest.switches[policy_making.CLAIM_REASON], newest.switches[policy_making.PROVINCE_REPLY],
        newest.switches[policies.CALL_EVERY_RESULT], newest.switches[policies.CALL_SHARE],
        tuple(amount for amount, _ in written), tuple(unit for _, unit in written),
        low_ratings=newest.switches[LOW_RATINGS],
    )  # fmt: skip
    return render(
        request, "admin/policy.html", error.status if error else 200,
        known=known, counting=counting, newest=newest, shown=shown, faults=faults_of(error),
        message=refusal_of(error), done=done,
        terms=[(place, row, _for_whom(row)) for place, row in enumerate(newest.terms)],
        clock_labels=TERM_LABELS, units=UNITS, switches=SWITCH_LABELS, day_labels=DAY_LABELS,
    )  # fmt: skip


def _as_written(term: Term) -> tuple[str, str]:
    """Amount and unit, in hours where they come out even."""
    if term.unit is Unit.MINUTES and term.amount % _AN_HOUR == 0:
        return str(term.amount // _AN_HOUR), "hours"
    return str(term.amount), term.unit.value


def _for_whom(row: TermRow) -> str:
    """The tickets that a term is for, in words."""
    queues = {kind.name.value: kind.label for kind in KINDS.values()}
    urgency = {level.name.lower(): label for level, label in URGENCY_LABELS.items()}
    channels = {channel.value: label for channel, label in CHANNEL_LABELS.items()}
    types = {chosen.value: label for chosen, label in REQUEST_TYPE_LABELS.items()}
    scopes = {chosen.value: label for chosen, label in COORDINATION_LABELS.items()}
    words = (
        queues.get(row.queue, row.queue),
        types.get(row.request_type, row.request_type),
        channels.get(row.channel, row.channel),
        scopes.get(row.coordination, row.coordination),
        f"{'协作' if row.clock == OtherTerm.COLLABORATION else '紧急程度'}{urgency.get(row.urgency, row.urgency)}"
        if row.urgency
        else "",
    )
    return "，".join(word for word in words if word) or "全部"

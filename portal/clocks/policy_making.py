"""Making the next version of the service times. It counts for what is filed from its moment on (DESK 1.2)."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.calendar import hours as working_hours
from portal.calendar.hours import WEEKDAYS, Hours, HoursError
from portal.clocks import policies
from portal.clocks.arithmetic import Term
from portal.clocks.models import ServicePolicy, ServiceTerm
from portal.clocks.names import OF_COMPLAINTS, TERM_LABELS, WIDER, ClockName, Coordination, OtherTerm, Unit
from portal.clocks.policies import (
    CALL_EVERY_RESULT,
    CALL_SHARE,
    LOW_RATINGS,
    NO_TICKET,
    OFF,
    ON,
    SWITCHED,
    Facts,
    Policy,
    TermRow,
)
from portal.db import insert_rows, new_id
from portal.errors import ConflictError, Fault, InvalidError
from portal.kinds.names import Channel, RequestType, TicketKind

CLAIM_REASON, PROVINCE_REPLY = "claim_reason", "cross_province_reply"
OPTIONAL, REQUIRED = "optional", "required"
IN_HOURS, IN_WORKING_DAYS = "hours", "working_days"
SWITCHES: Mapping[str, Sequence[str]] = {
    CLAIM_REASON: (OPTIONAL, REQUIRED),
    PROVINCE_REPLY: (IN_HOURS, IN_WORKING_DAYS),
    # S0's strict mode: everybody is called within the hour. The share: of those who did not rate, in percent.
    CALL_EVERY_RESULT: (OFF, ON),
    CALL_SHARE: tuple(str(percent) for percent in range(0, 101, 5)),
    # 连续 N 次低满意: the fragment of the source says 3 (REQUIREMENTS G22).
    LOW_RATINGS: (OFF, "3", "4", "5", "10"),
}
_PROVINCE_TERMS = {IN_HOURS: Term(72 * 60, Unit.MINUTES), IN_WORKING_DAYS: Term(3, Unit.WORKING_DAYS)}
URGENCIES = ("normal", "urgent", "critical")
_WORDS: Mapping[str, Sequence[str]] = {
    "queue": list(TicketKind), "request_type": list(RequestType), "channel": list(Channel),
    "coordination": list(Coordination), "urgency": URGENCIES,
}  # fmt: skip
MOST_OF = {Unit.MINUTES: 90 * 24 * 60, Unit.WORKING_MINUTES: 90 * 24 * 60, Unit.WORKING_DAYS: 90}


@dataclass(frozen=True)
class Wanted:
    """What the next version holds. `version`: the newest that its maker has seen. `valid_from`: now without one."""

    version: int
    hours: Mapping[str, str]
    quiet_hours: str
    switches: Mapping[str, str]
    terms: Sequence[TermRow]
    note: str
    valid_from: datetime | None = None


def make(session: Session, actor: Actor, wanted: Wanted) -> Policy:
    """Add the next version, with a row of the trail. What runs is not moved by it.

    Raises:
        InvalidError: every fault at once. ConflictError: somebody made a version meanwhile.
    """
    now = clock.now()
    newest = session.scalar(select(func.max(ServicePolicy.version))) or 0
    if wanted.version != newest:
        raise ConflictError(f"刚刚有人改过服务时限，现在是第 {newest} 版。请核对后再保存")
    wanted = _with_kept_switches(session, newest, wanted)
    terms = _with_province_reply(_with_others(session, newest, wanted.terms), wanted.switches)
    hours, quiet, faults = _read(wanted)
    faults += _faults(wanted, terms, now)
    if faults or hours is None:
        raise InvalidError(faults)
    row = ServicePolicy(
        version=newest + 1, valid_from=wanted.valid_from or now, hours=hours.as_json(), quiet_hours=quiet,
        switches=dict(wanted.switches), note=wanted.note.strip(), made_by_id=actor.user_id, made_at=now,
    )  # fmt: skip
    insert_rows(session, row, *(_row(newest + 1, place, term) for place, term in enumerate(terms)))
    trail.record(session, Tag.POLICY_MADE, actor, particulars={"policy_version": newest + 1}, reason=row.note)
    return policies.of(session, newest + 1)


def _with_kept_switches(session: Session, newest: int, wanted: Wanted) -> Wanted:
    """Whoever leaves out a switch that came later does not change it."""
    before = policies.of(session, newest).switches
    return replace(wanted, switches={**{name: before[name] for name in SWITCHED}, **wanted.switches})


def _read(wanted: Wanted) -> tuple[Hours | None, list[str], list[Fault]]:
    faults: list[Fault] = []
    hours, quiet = None, []
    try:
        hours = working_hours.from_json({day: wanted.hours.get(day, "") for day in WEEKDAYS})
    except HoursError as error:
        faults.append(Fault("hours", "invalid", error.message))
    try:
        quiet = [str(span) for span in working_hours.read_spans(wanted.quiet_hours)]
    except HoursError as error:
        faults.append(Fault("quiet_hours", "invalid", error.message))
    return hours, quiet, faults


def _faults(wanted: Wanted, terms: Sequence[TermRow], now: datetime) -> list[Fault]:
    faults = []
    if not wanted.note.strip():
        faults.append(Fault("note", "required", "请写明为什么修改"))
    elif len(wanted.note.strip()) > 500:
        faults.append(Fault("note", "too_long", "最多 500 个字"))
    if wanted.valid_from is not None and wanted.valid_from < now:
        faults.append(Fault("valid_from", "in_past", "生效的时间要晚于现在；不填就是现在"))
    for name, allowed in SWITCHES.items():
        if wanted.switches.get(name) not in allowed:
            faults.append(Fault(name, "invalid", f"应为 {'、'.join(allowed)}"))
    return faults + [fault for place, term in enumerate(terms) for fault in _faults_of(place, term)] + _gaps(terms)


def _faults_of(place: int, row: TermRow) -> list[Fault]:
    found = [
        Fault(f"terms.{place}.{name}", "invalid", f"第 {place + 1} 条：没有“{getattr(row, name)[:20]}”")
        for name, words in _WORDS.items()
        if getattr(row, name) not in ("", *words)
    ]
    if row.clock not in (*ClockName, *OtherTerm):
        found.append(Fault(f"terms.{place}.clock", "invalid", f"第 {place + 1} 条：没有这个计时"))
    most = MOST_OF[row.term.unit]
    if not 1 <= row.term.amount <= most:
        found.append(Fault(f"terms.{place}.amount", "invalid", f"第 {place + 1} 条：应为 1 至 {most} 的整数"))
    return found


def _gaps(terms: Sequence[TermRow]) -> list[Fault]:
    """Every ticket has a time for the reply and for the solving."""
    for clock_name in (ClockName.REPLIED, ClockName.SOLVED, ClockName.NEXT_WORD):
        for words in itertools.product(TicketKind, Channel, Coordination, URGENCIES, RequestType):
            facts = Facts(*map(str, words))
            if not any(row.clock == clock_name and row.fits(facts) for row in terms):
                return [Fault("terms", "required", "回复、处理、反馈的时限要包括每一种工单，请补上缺的一条")]
    if not all(_is_timed(terms, *need) for need in _NEEDED):
        return [Fault("terms", "required", _OTHERS_MISSING)]
    of_cases = {row.clock for row in terms if row.fits(NO_TICKET)}
    return [] if of_cases.issuperset(OF_COMPLAINTS) else [Fault("terms", "required", _COMPLAINTS_MISSING)]


_OTHERS_MISSING = "部门反馈（紧急、一般）、派发后联系机构、派发协作（跨部门、跨省）都要有时限，请补上缺的一条"
_COMPLAINTS_MISSING = (
    "、".join(TERM_LABELS[term] for term in OF_COMPLAINTS) + "都要有时限，不分队列和渠道，请补上缺的一条"
)
_NEEDED = (
    *((OtherTerm.COLLABORATION, Coordination.GENERAL, urgency) for urgency in URGENCIES[:2]),
    (OtherTerm.CONTACT, Coordination.GENERAL, URGENCIES[0]),
    *((OtherTerm.DISPATCH, scope, URGENCIES[0]) for scope in WIDER),
)


def _is_timed(terms: Sequence[TermRow], name: OtherTerm, scope: Coordination, urgency: str) -> bool:
    """Whether there is a term for every queue and channel."""
    every = (Facts(queue, channel, scope, urgency) for queue in TicketKind for channel in Channel)
    return all(any(row.clock == name and row.fits(facts) for row in terms) for facts in every)


def _with_others(session: Session, newest: int, terms: Sequence[TermRow]) -> list[TermRow]:
    """Whoever leaves out a time that is no clock, as callers of before do, keeps those of the newest version."""
    named = {row.clock for row in terms}
    kept = [row for row in policies.of(session, newest).terms if row.clock in list(OtherTerm)] if newest else []
    return [*terms, *(row for row in kept if row.clock not in named)]


def _with_province_reply(terms: Sequence[TermRow], switches: Mapping[str, str]) -> list[TermRow]:
    """The switch decides between 72 hours and 3 working days; another term that somebody set stays."""
    wanted = _PROVINCE_TERMS.get(switches.get(PROVINCE_REPLY, ""))
    return [
        replace(row, term=wanted)
        if wanted is not None
        and (row.clock, row.coordination) == (ClockName.REPLIED, Coordination.CROSS_PROVINCE)
        and row.term in _PROVINCE_TERMS.values()
        else row
        for row in terms
    ]


def _row(version: int, place: int, row: TermRow) -> ServiceTerm:
    return ServiceTerm(
        id=new_id(), policy_version=version, position=place, clock=row.clock, queue=row.queue,
        request_type=row.request_type, channel=row.channel, coordination=row.coordination, urgency=row.urgency,
        amount=row.term.amount, unit=row.term.unit.value,
    )  # fmt: skip

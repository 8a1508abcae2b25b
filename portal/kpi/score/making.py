"""What a sheet says, worked out from the facts: for a draft, and again for a correction."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from portal import clock
from portal.calendar import working_days
from portal.kpi.score import cases, policies, sheets, team
from portal.kpi.score.bands import Metric
from portal.kpi.score.cases import NO_CHANGES, Case, Changes
from portal.kpi.score.models import MonthlyScore, ScoreCase
from portal.kpi.score.months import Month
from portal.kpi.score.rules import Rules
from portal.kpi.score.sheets import Computed, Place
from portal.kpi.score.team import Member


@dataclass(frozen=True)
class Team:
    """A month's engineers. `everybody`: by queue those who were there long enough, with what they closed."""

    month: Month
    members: Sequence[Member]
    everybody: Mapping[str, Mapping[uuid.UUID, int]]


def team_of(session: Session, month: Month) -> Team:
    rules = policies.of_month(session, month).rules
    members, counts = team.of_month(session, month), cases.volumes(session, month, rules)
    everybody: dict[str, dict[uuid.UUID, int]] = {}
    for member in members:
        for queue in member.queues(rules.term("least_days_in_team")):
            everybody.setdefault(queue, {})[member.user_id] = counts.get((member.user_id, queue), 0)
    return Team(month, members, everybody)


def compute(
    session: Session, whole: Team, member: Member, rules: Rules, changes: Changes = NO_CHANGES
) -> tuple[Computed, dict[Metric, list[Case]]]:
    """The figures and every case behind them."""
    found = cases.of_person(session, member.user_id, whole.month, rules, changes)
    own = Counter(case.queue for case in cases.counted(found[Metric.VOLUME]))
    places = {
        queue: Place(own[queue], list({**whole.everybody.get(queue, {}), member.user_id: own[queue]}.values()))
        for queue in member.queues()
    }
    otherwise = cases.ended_otherwise(session, member.user_id, whole.month)
    return sheets.compute(found, places, member.present, rules, otherwise), found


def fill(session: Session, sheet: MonthlyScore, computed: Computed, rules: Rules, remark: str = "") -> None:
    """Write the figures on a sheet, which its person has from now on to look at."""
    sheet.inputs, sheet.points, sheet.out_of, sheet.grade = (
        computed.inputs, computed.points, computed.out_of, computed.grade,
    )  # fmt: skip
    absent = f"在岗不足 {rules.term('least_days_present')} 个工作日，不评分" if computed.points is None else ""
    sheet.remark = "；".join(word for word in (remark, absent) if word)
    sheet.made_at = clock.now()
    sheet.objection_ends_at = _objection_ends(session, sheet.made_at, rules.term("objection_days"))


def rows_of(sheet: MonthlyScore, found: Mapping[Metric, Sequence[Case]]) -> list[ScoreCase]:
    return [
        ScoreCase(
            score_id=sheet.id, metric=metric.value, position=position, number=case.number, ticket_id=case.ticket_id,
            round=case.round, outcome=case.outcome, value=case.value, is_counted=case.is_counted,
        )
        for metric, listed in found.items()
        for position, case in enumerate(listed, 1)
    ]  # fmt: skip


def _objection_ends(session: Session, now: datetime, days: int) -> datetime:
    """The end of the last of so many working days after the draft's own."""
    last = team.working_days_after(working_days.load(session), clock.in_china(now).date(), days)
    return datetime.combine(last + timedelta(days=1), time(), clock.CHINA)

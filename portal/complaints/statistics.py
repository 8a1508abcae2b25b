"""《顾客投诉分类统计表》: by month, kind, department, cause, verdict (DESK 5.5). No person is in it.

Fewer than five cases: the count only, no share (REQUIREMENTS L13). Cases that were joined to another one count once.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import Department, User
from portal.complaints import access
from portal.complaints.models import Complaint
from portal.complaints.names import CAUSE_LABELS, KIND_LABELS, CauseClass, ComplaintKind, Verdict

FEWEST = 5
_OWN_DEPARTMENT, _UNKNOWN = "客服本部门", "未定"


@dataclass(frozen=True)
class Group:
    """The cases of one month, kind, department and cause. Shares are None for fewer than five."""

    month: str
    kind: str
    department: str
    cause: str
    count: int
    upheld: int
    not_upheld: int
    in_time: int
    judged_by_time: int
    reviewed: int
    improvements: Sequence[str]

    @property
    def in_time_share(self) -> float | None:
        return _share(self.in_time, self.judged_by_time)


@dataclass(frozen=True)
class Statistics:
    """What one person may count; `total` is the n of every share."""

    groups: Sequence[Group]
    total: int
    upheld: int
    not_upheld: int
    in_time: int
    judged_by_time: int
    reviewed: int
    judged: int  # at least once: what is judged again has no verdict now

    @property
    def upheld_share(self) -> float | None:
        return _share(self.upheld, self.upheld + self.not_upheld)

    @property
    def in_time_share(self) -> float | None:
        return _share(self.in_time, self.judged_by_time)

    @property
    def reviewed_share(self) -> float | None:
        return _share(self.reviewed, self.judged)


def of_months(
    session: Session, user: User, first: date, last: date, only: Sequence[ColumnElement[bool]] = ()
) -> Statistics:  # fmt: skip
    """Registered from one day on and before another; for the 法务联系人 涉法 cases only. `only`: further conditions."""
    begin, end = (datetime.combine(day, time(), clock.CHINA) for day in (first, last))
    rows = session.scalars(
        select(Complaint)
        .where(
            access.tabled_for(user), Complaint.joined_to_id.is_(None), Complaint.received_at >= begin,
            Complaint.received_at < end, *only,
        )
        .order_by(Complaint.received_at)
    ).all()  # fmt: skip
    names = {row.id: row.name for row in session.scalars(select(Department))}
    found: dict[tuple[str, str, str, str], list[Complaint]] = defaultdict(list)
    for row in rows:
        department = names.get(row.department_id, _UNKNOWN) if row.department_id else _department_of(row)
        kind = KIND_LABELS[ComplaintKind(row.kind)] if row.kind else _UNKNOWN
        cause = CAUSE_LABELS[CauseClass(row.cause_class)] if row.cause_class else _UNKNOWN
        found[f"{clock.in_china(row.received_at):%Y-%m}", kind, department, cause].append(row)
    groups = [_group(key, cases) for key, cases in sorted(found.items(), reverse=True)]
    every = [
        _count(rows, one) for one in (_is_upheld, _is_not_upheld, _is_in_time, _has_time, _is_reviewed, _is_judged)
    ]
    return Statistics(groups, len(rows), *every)


def _group(key: tuple[str, str, str, str], cases: Sequence[Complaint]) -> Group:
    words = list(dict.fromkeys(case.improvement for case in cases if case.improvement))
    return Group(
        *key,
        count=len(cases),
        upheld=_count(cases, _is_upheld),
        not_upheld=_count(cases, _is_not_upheld),
        in_time=_count(cases, _is_in_time),
        judged_by_time=_count(cases, _has_time),
        reviewed=_count(cases, _is_reviewed),
        improvements=words,
    )


def _department_of(row: Complaint) -> str:
    return _OWN_DEPARTMENT if row.verdict == Verdict.UPHELD else _UNKNOWN


def _count(rows: Sequence[Complaint], condition: Callable[[Complaint], bool]) -> int:
    return sum(condition(row) for row in rows)


def _is_upheld(row: Complaint) -> bool:
    return row.verdict == Verdict.UPHELD


def _is_not_upheld(row: Complaint) -> bool:
    return row.verdict == Verdict.NOT_UPHELD


def _has_time(row: Complaint) -> bool:
    """Its solution's time is over, or it was answered."""
    is_over = row.solution_due_at is not None and row.solution_due_at <= clock.now()
    return row.solution_due_at is not None and (row.answered_at is not None or is_over)


def _is_in_time(row: Complaint) -> bool:
    answered_at, due_at = row.answered_at, row.solution_due_at
    return answered_at is not None and due_at is not None and answered_at <= due_at


def _is_reviewed(row: Complaint) -> bool:
    return row.reviewed_at is not None


def _is_judged(row: Complaint) -> bool:
    return row.verdict is not None or row.reviewed_at is not None


def _share(count: int, of: int) -> float | None:
    return count / of if of >= FEWEST else None

"""统计: the way to weekly and monthly reports, and how well the form works, per week, for leads.

Its own figures are counts only, from which no report can be found.
"""

from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from portal import clock
from portal.accounts.guard import Requires
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.kinds.names import CHANNEL_LABELS
from portal.kinds.table import KINDS
from portal.kpi.figures import making, periods
from portal.kpi.figures.sources import Scope
from portal.metrics.refusal_words import REFUSAL_WORDS
from portal.pages import staff_header
from portal.pages.insights import shelves, weeks
from portal.pages.insights.weeks import Week
from portal.runtime import runtime_of
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Reviewer = Annotated[Principal, Depends(Requires(Permission.REVIEW))]
_SHOWN = 8


@router.get("/insights")
def show_insights(request: Request, reviewer: Reviewer, week: str = "", queue: str = "", year: str = "") -> Response:
    """The reports of the last weeks and of a year, then one week of the form in full, with a table of earlier ones."""
    newest = weeks.monday_of(clock.china_today())
    monday = min(weeks.monday_of(day_of(week) or newest), newest)
    with runtime_of(request).database.read() as session:
        shown = weeks.weeks(session, monday, _SHOWN, _queues_of(reviewer))
        shelf = shelves.shelf(session, reviewer, queue, year) if reviewer.can(Permission.VIEW_BOOKS) else None
        staff_header.read(request, session, reviewer)
    return render(
        request,
        "insights/insights.html",
        shelf=shelf,
        week=shown[0],
        refusal_list=_refusal_list(reviewer, shown[0]) if shelf else None,
        weeks=shown,
        labels=_labels(),
        reasons=REFUSAL_WORDS,
        channel_labels=CHANNEL_LABELS,
        before=monday - weeks.WEEK,
        after=monday + weeks.WEEK if monday < newest else None,
    )


def _refusal_list(reviewer: Principal, week: Week) -> Callable[[str], str | None]:
    """The list of reports that were filed after a refusal, by its key."""
    scope = Scope(periods.days(week.monday, week.sunday), tuple(reviewer.queues), clock.now())
    return partial(making.link, scope, "refusals")


def _queues_of(reviewer: Principal) -> Sequence[str] | None:
    """Whose accesses are counted: a lead's own; all, with those of before, for leads of every queue and auditors."""
    is_all = reviewer.can(Permission.REVIEW_ALL) or {kind.value for kind in KINDS} <= set(reviewer.queues)
    return None if is_all else reviewer.queues


def day_of(text: str) -> date | None:
    """The day that an address names, if it is one."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 9000 else None


def _labels() -> dict[str, str]:
    """Form labels by field name."""
    return {spec.name: spec.label for kind in KINDS.values() for spec in kind.fields}

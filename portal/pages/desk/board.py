"""主管看板, a lead's home: today at a glance, what needs a decision, what is late, load, the last weeks (DESK 1.9)."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import clock
from portal.accounts.guard import Requires
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.clocks.names import CLOCK_LABELS, COORDINATION_LABELS
from portal.escalation import board, duty
from portal.kpi import glance, trends
from portal.kpi.figures import making, periods
from portal.kpi.figures.sources import Scope
from portal.pages import staff_header
from portal.pages.desk import board_charts
from portal.runtime import runtime_of
from portal.today import decisions_of_leads
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Lead = Annotated[Principal, Depends(Requires(Permission.DECIDE))]


@router.get("/desk/board")
def show(request: Request, lead: Lead) -> Response:
    """Of the lead's queues, in a fixed number of queries; the page's script reads it again every minute."""
    now, queues = clock.now(), lead.queues
    with runtime_of(request).database.read() as session:
        staff_header.read(request, session, lead)
        facts: dict[str, Any] = {
            "glance": glance.read(session, lead, now),
            "decisions": decisions_of_leads.read(session, lead, now),
            "late": board.late(session, queues, now),
            "unanswered": board.unanswered(session, queues),
            "missed": board.missed_promises(session, queues),
            "undispatched": board.undispatched(session, queues),
            "offers": board.unaccepted(session, queues),
            "unacknowledged": board.unacknowledged(session, queues),
            "loads": board.loads(session, queues, now),
            "rota": {queue: duty.on_duty(session, queue, now) for queue in queues},
            "gaps": duty.gaps(session, queues, now),
            **_course(session, lead),
        }
    return render(
        request, "desk/board.html", now=now, clock_labels=CLOCK_LABELS, coordination_labels=COORDINATION_LABELS,
        list_of=_lists(lead, now), unhappy_days=glance.UNHAPPY_DAYS, value_text=board_charts.value_text, **facts,
    )  # fmt: skip


def _lists(lead: Principal, now: datetime) -> Callable[..., str | None]:
    """The list of the tickets behind a figure of today, by its name; of one person with a key."""
    today = clock.in_china(now).date()
    return partial(making.link, Scope(periods.days(today, today), tuple(lead.queues), now))


def _course(session: Session, lead: Principal) -> dict[str, Any]:
    """The last weeks from the first one in which anything happened."""
    found = trends.weeks(session, lead.queues, clock.now())
    first = next((place for place, week in enumerate(found) if week.has_any), len(found))
    weeks = found[first:]
    return {"weeks": weeks, "charts": board_charts.charts(weeks) if len(weeks) > 1 else []}

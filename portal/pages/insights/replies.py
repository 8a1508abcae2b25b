"""回复率: how many clinics were answered in a week, and in time, with those who were not."""

from datetime import datetime, time
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from portal import clock
from portal.accounts.guard import Requires
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.kinds.table import queue_label
from portal.pages.insights import weeks
from portal.pages.insights.routes import day_of
from portal.progress import reply_rates
from portal.runtime import runtime_of
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Lead = Annotated[Principal, Depends(Requires(Permission.DECIDE))]


@router.get("/insights/replies")
def show_replies(request: Request, lead: Lead, week: str = "") -> Response:
    """One week of the lead's own queues."""
    newest = weeks.monday_of(clock.china_today())
    monday = min(weeks.monday_of(day_of(week) or newest), newest)
    since = datetime.combine(monday, time(), clock.CHINA)
    now, queues = clock.now(), list(lead.queues)
    with runtime_of(request).database.read() as session:
        found = reply_rates.rates(session, queues, since, since + weeks.WEEK, now)
        waiting = reply_rates.unanswered(session, queues, since, since + weeks.WEEK, now)
    return render(
        request,
        "insights/replies.html",
        monday=monday,
        before=monday - weeks.WEEK,
        after=monday + weeks.WEEK if monday < newest else None,
        rates=found,
        waiting=waiting,
        most=reply_rates.MOST_LISTED,
        fewest=reply_rates.FEWEST,
        queue_label=queue_label,
    )

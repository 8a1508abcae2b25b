"""The tickets behind a figure, one press from it (DESK 6.3)."""

from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from portal import clock
from portal.accounts.guard import Requires
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.errors import NotFoundError
from portal.kpi.books import freezing, reading
from portal.kpi.figures import labels, listing, periods
from portal.kpi.figures.definitions import BREAKDOWNS, CASE_LABELS, DEFINITIONS
from portal.kpi.figures.sources import Scope
from portal.kpi.figures.standing import CONDITIONS
from portal.pages import staff_header
from portal.pages.insights.routes import day_of
from portal.runtime import runtime_of
from portal.tickets.states import STATE_LABELS
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Reader = Annotated[Principal, Depends(Requires(Permission.VIEW_BOOKS))]
_LONGEST = 3660  # days


@router.get("/insights/tickets")
def list_cases(
    request: Request, reader: Reader, figure: str = "", queue: str = "", key: str = "", cursor: str = "",
) -> Response:  # fmt: skip
    """As the records are now: what was frozen may differ by what came later."""
    first, last = (day_of(request.query_params.get(name, "")) for name in ("from", "to"))
    queue = reading.first_of(reader.queues, queue)
    if first is None or last is None:
        raise NotFoundError
    period = _period(first, last)
    scope = Scope(period, freezing.queues_of(queue), clock.now())
    with runtime_of(request).database.read() as session:
        page = listing.page_of(session, scope, figure, key[:200], cursor)
        line = labels.line_of(session, figure, key[:200])
        staff_header.read(request, session, reader)
    if page is None:
        raise NotFoundError
    here = {"figure": figure, "from": first.isoformat(), "to": last.isoformat(), "queue": queue, "key": key[:200]}
    more = urlencode({**here, "cursor": page.next_cursor}) if page.next_cursor else None
    return render(
        request, "insights/cases.html", page=page, period=period, label=CASE_LABELS[figure], line=line,
        is_now=figure in CONDITIONS, words=_words(figure), queue=freezing.queue_words(queue), states=STATE_LABELS,
        next_url=f"/insights/tickets?{more}" if more else None,
    )  # fmt: skip


def _period(first: date, last: date) -> periods.Period:
    found = periods.days(first, last)
    if found.days > _LONGEST:
        raise NotFoundError
    return found


def _words(figure: str) -> list[str]:
    """What the figures that lead here say of themselves."""
    told = [(one.cases, one.words) for one in DEFINITIONS.values()]
    told += [(one.cases, one.words) for one in BREAKDOWNS.values()]
    return [words for name, words in told if name == figure][:1]

"""日清核对: what the records of a day lack, for whoever completes them before leaving (REQUIREMENTS E13, DESK 6.1)."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from portal import clock
from portal.accounts.guard import Requires
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.errors import InvalidError
from portal.kpi.archive import day_end
from portal.kpi.archive.complete import NOT_CALLED, Gap
from portal.kpi.archive.day_end import Wanted
from portal.pages import staff_header
from portal.runtime import runtime_of
from portal.tickets.models import Ticket
from portal.tickets.states import STATE_LABELS
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Viewer = Annotated[Principal, Depends(Requires(Permission.VIEW_QUEUE))]
_PAGE = "/desk/day-end"
_MINE, _EVERYBODYS = "me", "all"
_OURS, _WAITING = "ours", "waiting"


@router.get("/desk/day-end")
def show(
    request: Request, reader: Viewer, date: str = "", whose: str = "", show: str = _OURS, cursor: str = ""
) -> Response:
    """One's own; leads see everybody's first. What is ours to fill in, or what waits for others."""
    now = clock.now()
    try:
        day, refused = day_end.read_day(date, now), ""
    except InvalidError as error:
        day, refused = day_end.read_day("", now), error.message
    whose = whose if whose in (_MINE, _EVERYBODYS) else _EVERYBODYS if reader.can(Permission.DECIDE) else _MINE
    show = show if show in (_OURS, _WAITING) else _OURS
    person = reader.user_id if whose == _MINE else None
    with runtime_of(request).database.read() as session:
        wanted = {name: Wanted(day, reader.queues, person, name == _WAITING) for name in (_OURS, _WAITING)}
        counts = {name: day_end.count(session, one) for name, one in wanted.items()}
        page = day_end.page_of(session, wanted[show], cursor)
        staff_header.read(request, session, reader)
    values = {"date": day.isoformat(), "whose": whose, "show": show}
    return render(
        request,
        "desk/day_end.html",
        day=day,
        today=clock.in_china(now).date(),
        refused=refused,
        whose=whose,
        show=show,
        counts=counts,
        most_counted=day_end.MOST_COUNTED,
        entries=page.entries,
        link=lambda **changed: f"{_PAGE}?{urlencode(values | changed)}",
        place_of=_place_of,
        state_labels=STATE_LABELS,
        next_url=f"{_PAGE}?{urlencode(values | {'cursor': page.next_cursor})}" if page.next_cursor else None,
    )


def _place_of(ticket: Ticket, gap: Gap) -> str:
    """Where it is filled in."""
    if gap is NOT_CALLED:
        return "/call-backs"
    return f"/tickets/{ticket.number}" + (f"#{gap.place}" if gap.place else "")

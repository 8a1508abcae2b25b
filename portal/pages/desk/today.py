"""今日: what waits for the person who reads it, on one page. Only reads: what is done, is done where a line leads."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from portal import clock
from portal.accounts.guard import Requires
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.pages import staff_header
from portal.runtime import runtime_of
from portal.today import frequent, today_sections
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Viewer = Annotated[Principal, Depends(Requires(Permission.VIEW_QUEUE))]


@router.get("/desk/today")
def show(request: Request, reader: Viewer) -> Response:
    now = clock.now()
    with runtime_of(request).database.read() as session:
        sections = today_sections.read(session, reader, now)
        often = frequent.read(session, reader, now)
        staff_header.read(request, session, reader)
    return render(
        request, "desk/today.html", sections=sections, frequent=often, frequent_since=frequent.since(now), now=now
    )

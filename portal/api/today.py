"""`GET /today`: what waits for the caller, as the page 今日 shows it."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal import clock
from portal.accounts.guard import RequiresToken
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.api import desk_models
from portal.api.answers import Json
from portal.api.bodies import api_router
from portal.api.description import answers
from portal.runtime import runtime_of
from portal.today import frequent, today_sections
from portal.today.frequent import FrequentTable
from portal.today.section import Line, Section
from portal.web.templating import iso_time

router = api_router()
Viewer = Annotated[Principal, Depends(RequiresToken(Permission.VIEW_QUEUE))]


@router.get("/today", response_model=desk_models.Today, responses=answers(403))
def show_today(request: Request, reader: Viewer) -> JSONResponse:
    """Everything on one page; a section that is too long for it says so in `has_more`."""
    now = clock.now()
    with runtime_of(request).database.read() as session:
        sections = today_sections.read(session, reader, now)
        often = [_frequent(table, now) for table in frequent.read(session, reader, now)]
    items = [_item(section, line, now) for section in sections for line in section.lines]
    named = [_section(each) for each in sections]
    return JSONResponse({"items": items, "next_cursor": None, "sections": named, "frequent": often})


def _frequent(table: FrequentTable, now: datetime) -> Json:
    rows = [
        {"name": row.name, "now": row.now, "before": row.before, "change": row.change, "queues": dict(row.queues)}
        for row in table.rows
    ]
    return {"title": table.title, "filter": table.filter, "since": frequent.since(now), "n": table.n, "rows": rows}


def _section(section: Section) -> Json:
    return {"name": section.name, "title": section.title, "counts": section.counts, "has_more": section.has_more}


def _item(section: Section, line: Line, now: datetime) -> Json:
    return {
        "section": section.name,
        "number": line.number,
        "queue": line.queue,
        "institution": line.institution,
        "text": line.words,
        "at": iso_time(line.at),
        "is_late": section.is_late(line, now),
    }

"""`GET /board`: 主管看板 as its page shows it: today at a glance, what waits for a decision, load, the last weeks."""

from dataclasses import asdict
from datetime import date
from typing import Annotated

from fastapi import Depends
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal import clock
from portal.accounts.guard import RequiresToken
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.api.bodies import api_router
from portal.api.description import answers
from portal.api.insights import ReportFigure
from portal.api.vocabularies import one_of
from portal.escalation import board
from portal.kpi import glance, trends
from portal.runtime import runtime_of
from portal.today import decisions_of_leads
from portal.web.templating import iso_time

router = api_router()
Lead = Annotated[Principal, Depends(RequiresToken(Permission.VIEW_BOOKS))]


class StandingOfQueue(BaseModel):
    """Open tickets: all, late, nobody's, and those that wait for the clinic or a department."""

    queue: Annotated[str, one_of("Queue")]
    open: int
    late: int
    free: int
    waiting: int


class OpenCases(BaseModel):
    open: int
    new: int


class WaitingDecisions(BaseModel):
    """`has_more`: there are further ones than are counted."""

    name: str
    title: str
    count: int
    has_more: bool


class LoadOfPerson(BaseModel):
    """`held`: open tickets; of these `ours` wait for the person, `late` are past their time."""

    username: str
    held: int
    ours: int
    late: int


class WeekOfCourse(BaseModel):
    """`is_running`: the week is not over."""

    week: str
    begins: date
    is_running: bool
    figures: list[ReportFigure]


class Board(BaseModel):
    """`received`, `results`: today in China. `complaints` is null for whoever may not know of them."""

    at: str
    queues: list[StandingOfQueue]
    received: int
    results: int
    unhappy: int
    to_analyse: int
    complaints: OpenCases | None
    decisions: list[WaitingDecisions]
    loads: list[LoadOfPerson]
    weeks: list[WeekOfCourse]


@router.get("/board", response_model=Board, responses=answers(403))
def show_board(request: Request, principal: Lead) -> JSONResponse:
    """Of the caller's queues, now."""
    now = clock.now()
    with runtime_of(request).database.read() as session:
        seen = glance.read(session, principal, now)
        decisions = decisions_of_leads.read(session, principal, now)
        loads = board.loads(session, principal.queues, now)
        weeks = trends.weeks(session, principal.queues, now)
    return JSONResponse(
        {
            "at": iso_time(now),
            "queues": [{"queue": queue, **asdict(one)} for queue, one in seen.by_queue.items()],
            "received": seen.received,
            "results": seen.results,
            "unhappy": seen.unhappy,
            "to_analyse": seen.to_analyse,
            "complaints": asdict(seen.complaints) if seen.complaints else None,
            "decisions": [
                {"name": one.name, "title": one.title, "count": len(one.lines), "has_more": one.has_more}
                for one in decisions
            ],
            "loads": [
                {"username": one.user.username, "held": one.held, "ours": one.ours, "late": one.late} for one in loads
            ],
            "weeks": [
                {
                    "week": week.period.name,
                    "begins": week.period.first.isoformat(),
                    "is_running": week.is_running,
                    "figures": [asdict(figure) for figure in week.figures.values()],
                }
                for week in weeks
            ],
        }
    )

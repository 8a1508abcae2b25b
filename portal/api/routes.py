"""Collects the JSON API below `/api/v1`, and its description where that is open."""

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal.accounts.guard import anonymous
from portal.api import (
    alerts,
    articles,
    at_work,
    audit,
    board,
    calendar,
    call_backs,
    campaigns,
    collaborations,
    complaints,
    day_end,
    description,
    dissatisfactions,
    duty_shifts,
    exports,
    insights,
    institutions,
    names,
    notifications,
    policies,
    reports,
    scores,
    tickets,
    today,
    track,
    value_searches,
    words,
)
from portal.api.bodies import api_router
from portal.errors import NotFoundError
from portal.web import context
from portal.web.routes import routes_of

_STORIES = (
    reports, track, value_searches, at_work, tickets, articles, collaborations, complaints, today, board, day_end,
    alerts, duty_shifts, calendar, policies, audit, notifications, dissatisfactions, call_backs, campaigns, words,
    institutions, names, exports, insights, scores,
)  # fmt: skip
router = api_router()
router.routes.extend(routes_of(*(story.router for story in _STORIES), complaints.track_router))


@router.get("/openapi.json", dependencies=[Depends(anonymous)], include_in_schema=False)
def describe(request: Request) -> JSONResponse:
    """OpenAPI, where it is switched on (SECURITY F-8)."""
    if not context.shows_description(request):
        raise NotFoundError
    return JSONResponse(description.document(router.routes))

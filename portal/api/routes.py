"""Collects the JSON API below `/api/v1`, and its description during development."""

from fastapi import APIRouter, Depends
from fastapi.openapi.utils import get_openapi
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal import __version__
from portal.accounts.guard import anonymous
from portal.api import at_work, audit, reports, tickets, track, value_searches
from portal.api.bodies import ApiRoute
from portal.errors import NotFoundError
from portal.runtime import runtime_of
from portal.web import context

router = APIRouter(prefix="/api/v1", route_class=ApiRoute)
for _story in (reports, track, value_searches, at_work, tickets, audit):
    router.include_router(_story.router)


@router.get("/openapi.json", dependencies=[Depends(anonymous)], include_in_schema=False)
def describe(request: Request) -> JSONResponse:
    """OpenAPI, in development only (SECURITY F-8)."""
    settings = runtime_of(request).settings
    is_open = settings.openapi == "on" or (settings.is_openapi_open and context.shows_inner_pages(request))
    if not is_open:
        raise NotFoundError
    return JSONResponse(get_openapi(title="一线通", version=__version__, routes=router.routes))

"""Collects the JSON API below `/api/v1`, and its description where that is open."""

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal.accounts.guard import anonymous
from portal.api import audit, description, reports, tickets, track
from portal.api.bodies import ApiRoute
from portal.errors import NotFoundError
from portal.runtime import runtime_of

router = APIRouter(prefix="/api/v1", route_class=ApiRoute)
for _story in (reports, track, tickets, audit):
    router.include_router(_story.router)


@router.get("/openapi.json", dependencies=[Depends(anonymous)], include_in_schema=False)
def describe(request: Request) -> JSONResponse:
    """OpenAPI, where it is switched on (SECURITY F-8)."""
    if not runtime_of(request).settings.is_openapi_open:
        raise NotFoundError
    return JSONResponse(description.document(router.routes))

"""Suggestions while a clinic types its institution: names only, never who maintains the entry (REQUIREMENTS A2)."""

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from portal.accounts.guard import public
from portal.errors import TooManyRequestsError
from portal.institutions import search
from portal.runtime import runtime_of
from portal.web import context
from portal.web.memory_limiter import Pace

router = APIRouter(dependencies=[Depends(public)], include_in_schema=False)

_KEPT = {"cache-control": "private, max-age=60"}
_pace = Pace(most=1200)


@router.get("/institutions/suggestions")
def suggest(request: Request, q: str = "") -> Response:
    """At most ten names. Over the rate limit the list is empty and `retry-after` is set."""
    try:
        _pace.count(context.client_address(request))
    except TooManyRequestsError as error:
        return JSONResponse({"names": []}, error.status, {"retry-after": str(error.retry_after)})
    with runtime_of(request).database.read() as session:
        names = search.suggestions(session, q)
    return JSONResponse({"names": names}, headers=_KEPT)

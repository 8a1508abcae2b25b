"""Calls of people at work on several tickets, or beside others on one."""

from typing import Annotated, Literal

from fastapi import Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal.accounts.guard import RequiresToken, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.acts import performing, presence
from portal.acts.act import Act
from portal.acts.presence import Mode
from portal.acts.table import CLAIM, NOTE, RELEASE, URGENCY
from portal.api import models
from portal.api.bodies import JsonBody, api_router, json_schema
from portal.api.description import OF_BODY, answers
from portal.api.schemas import ApiBody, PlainText, Version, Word
from portal.errors import InvalidError, PortalError
from portal.runtime import runtime_of
from portal.tickets import lookup

router = api_router("/tickets")
MOST = 50
_ACTS: dict[str, Act] = {"assignment": CLAIM, "release": RELEASE, "urgency": URGENCY, "notes": NOTE}


class PresenceBody(ApiBody):
    mode: Literal["viewing", "writing"]


class BulkItem(ApiBody):
    number: Word
    version: Version


class BulkBody(ApiBody):
    """One act on at most 50 tickets; `urgency`, `reason` and `text` as the act takes them."""

    act: Literal["assignment", "release", "urgency", "notes"]
    items: Annotated[list[BulkItem], Field(min_length=1, max_length=MOST)]
    urgency: PlainText = ""
    reason: PlainText = ""
    text: PlainText = ""
    seal_found: bool = False


@router.post(
    "/{number}/presence",
    response_model=models.PeopleThere,
    responses=answers(403, 404, *OF_BODY),
    openapi_extra=json_schema(PresenceBody),
)
def be_there(
    request: Request,
    principal: Annotated[Principal, Depends(RequiresToken(Permission.VIEW_QUEUE))],
    number: str,
    body: Annotated[PresenceBody, Depends(JsonBody(PresenceBody))],
) -> JSONResponse:
    """Say that one is there for the next 45 seconds, and learn who else is."""
    runtime = runtime_of(request)
    with runtime.database.transaction() as session:
        ticket = lookup.find(session, actor_of(request, principal), number)
        presence.renew(session, ticket, principal.user_id, Mode(body.mode))
        people = presence.others(session, ticket, principal.user_id)
    return JSONResponse({"others": [{"name": one.name, "mode": one.mode.value} for one in people]})


@router.post(
    "/bulk",
    response_model=models.BulkResults,
    responses=answers(403, *OF_BODY),
    openapi_extra=json_schema(BulkBody),
)
def act_on_many(
    request: Request,
    principal: Annotated[Principal, Depends(RequiresToken(Permission.WRITE_NOTE))],
    body: Annotated[BulkBody, Depends(JsonBody(BulkBody))],
) -> JSONResponse:
    """Each ticket by the rules of a single call, in its own transaction; one line of result each."""
    act = _ACTS[body.act]
    results = [_result(request, principal, act, item, body) for item in body.items]
    return JSONResponse({"results": results})


def _result(request: Request, principal: Principal, act: Act, item: BulkItem, body: BulkBody) -> dict[str, object]:
    given = {asked.name: getattr(body, asked.name) for asked in act.inputs}
    try:
        performing.carry_out(
            runtime_of(request), actor_of(request, principal), act, item.number, item.version, given,
            seal_found=body.seal_found,
        )  # fmt: skip
    except InvalidError as error:
        return {"number": item.number, "status": error.status, "message": error.faults[0].message}
    except PortalError as error:
        return {"number": item.number, "status": error.status, "message": error.message}
    return {"number": item.number, "status": 200, "message": act.done.format(text="")}

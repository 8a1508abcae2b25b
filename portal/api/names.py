"""`/names`: what the form offers while somebody types, for whoever may file (REQUIREMENTS A2, A6)."""

from typing import Annotated, Literal

from fastapi import Depends
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal.accounts.guard import anonymous
from portal.api.bodies import api_router
from portal.api.description import answers
from portal.api.schemas import QueryText
from portal.api.vocabularies import one_of
from portal.institutions import modules, previous_systems, search
from portal.kinds.names import TicketKind
from portal.runtime import runtime_of
from portal.web.context import client_address
from portal.web.memory_limiter import Pace

router = api_router()
_KEPT = {"cache-control": "private, max-age=60"}
_pace = Pace(most=1200)  # as for the form's own suggestions


class OfferedNames(BaseModel):
    """Names only, never who maintains an entry. Other names are taken too."""

    names: list[str]


@router.get("/names", dependencies=[Depends(anonymous)], response_model=OfferedNames, responses=answers(422, 429))
def offer_names(
    request: Request,
    field: Literal["institution", "previous_system", "module"],
    kind: Annotated[Literal[tuple(TicketKind)], one_of("Queue")] = TicketKind.GENERAL,  # type: ignore[valid-type]
    q: QueryText = "",
) -> JSONResponse:
    """At most ten institutions for a part of a name, in 汉字, pinyin or initials; or the other fields' whole lists.

    `kind` counts for `module` only.
    """
    _pace.count(client_address(request))
    with runtime_of(request).database.read() as session:
        if field == "institution":
            names = search.suggestions(session, q)
        elif field == "module":
            names = modules.offered(session, TicketKind(kind).value)
        else:
            names = previous_systems.offered(session)
    return JSONResponse({"names": names}, headers=_KEPT)

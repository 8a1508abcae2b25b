"""What changed since a page was opened: asked each minute by pages in sight. It changes nothing."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal.accounts.guard import fully_signed_in, public
from portal.accounts.principal import Principal
from portal.pages.staff_header import staff_header
from portal.queues import queries
from portal.runtime import runtime_of

router = APIRouter()


@router.get("/account/news", dependencies=[Depends(public)])
def news(
    request: Request, principal: Annotated[Principal, Depends(fully_signed_in)], queue: str = "", since: str = ""
) -> JSONResponse:
    """The header's counts; for a queue also how many reports are new, and the numbers of what presses."""
    header = staff_header(request)
    answer: dict[str, object] = {
        "to_do": {name: header.to_do(name) for name in principal.queues},
        "my_turn": dict(header.my_turn),
        "notices": header.notices,
        "approvals": header.approvals,
    }
    moment = _moment(since)
    if queue in principal.queues and moment is not None:
        with runtime_of(request).database.read() as session:
            answer |= {"new": queries.new_since(session, queue, moment), "pressing": queries.pressing(session, queue)}
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo and 2000 <= moment.year < 9000 else None
    except ValueError:
        return None

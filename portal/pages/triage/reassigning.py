"""Reassigning many tickets at once: each in its own transaction by the rules of one, with one line of result each."""

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.acts import performing
from portal.acts.reassignment import REASSIGN
from portal.errors import InvalidError, NotFoundError, PortalError
from portal.pages.triage.list_place import ListPlace, place_of
from portal.runtime import runtime_of
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter()
MOST = 50
_PICKED = re.compile(r"([A-Z]{2,3}[0-9]{10,14}) ([0-9]{1,9})")  # a number and the version that was shown


@dataclass(frozen=True)
class Result:
    """What became of one ticket."""

    number: str
    is_done: bool
    message: str


@router.post("/queues/{queue}/transfers")
def reassign(
    request: Request,
    queue: str,
    principal: Annotated[Principal, Depends(Requires(Permission.TRANSFER_TICKET))],
    form: Form,
) -> Response:
    """Give the picked tickets to one colleague, at most 50; the page says what became of each."""
    if queue not in principal.queues:
        raise NotFoundError("没有找到这个队列")
    picked = [found for text in form.all("ticket") if (found := _PICKED.fullmatch(text))]
    problem = ""
    if not picked:
        problem = "没有选中任何一条，请先在列表里勾选"
    elif not form.get("to"):
        problem = "没有选择转派给谁"
    chosen = [] if problem else list(dict.fromkeys((found[1], int(found[2])) for found in picked))
    results = [
        _reassigned(request, principal, number, version, form.get("to"), form.get("text"))
        for number, version in chosen[:MOST]
    ]
    return render(
        request,
        "triage/reassigned.html",
        422 if problem else 200,
        queue=queue,
        place=place_of(request, principal, form) or ListPlace(queue),
        problem=problem,
        results=results,
        left_out=len(chosen[MOST:]),
    )


def _reassigned(request: Request, principal: Principal, number: str, version: int, to: str, text: str) -> Result:
    given = {"assignee": to, "text": text}
    try:
        done = performing.carry_out(
            runtime_of(request), actor_of(request, principal), REASSIGN, number, version, given
        )  # fmt: skip
    except InvalidError as error:
        return Result(number, is_done=False, message=error.faults[0].message)
    except PortalError as error:
        return Result(number, is_done=False, message=error.message)
    return Result(number, is_done=True, message=f"已转派给{done.ticket.assignee_name}")

"""Offers or assigns many tickets at once: each in its own transaction by the rules of one, with its own result."""

import re
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.acts import performing, suggestion
from portal.acts.dispatch import ASSIGN
from portal.acts.offers import OFFER
from portal.errors import InvalidError, NotFoundError, PortalError
from portal.pages.list_place import ListPlace, place_of
from portal.runtime import runtime_of
from portal.tickets import lookup
from portal.web.body import PostedForm
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter()
MOST = 50
SPREAD = "*"  # to each the colleague who is suggested for it
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
    """Offer the picked tickets to one colleague, or as a lead assign them; at most 50, with what became of each."""
    if queue not in principal.queues:
        raise NotFoundError("没有找到这个队列")
    picked = [found for text in form.all("ticket") if (found := _PICKED.fullmatch(text))]
    problem = ""
    if not picked:
        problem = "没有选中任何一条，请先在列表里勾选"
    elif not form.get("to"):
        problem = "没有选择交给谁"
    elif not form.get("text").strip():
        problem = "没有写说明，请写明为什么交给同事、还差什么"
    chosen = [] if problem else list(dict.fromkeys((found[1], int(found[2])) for found in picked))
    results = [_given(request, principal, number, version, form) for number, version in chosen[:MOST]]
    return render(
        request,
        "triage/reassigned.html",
        422 if problem else 200,
        queue=queue,
        place=place_of(request, principal, form) or ListPlace(queue),
        problem=problem,
        results=results,
        back="/desk/handover" if form.get("back") == "handover" else "",
        left_out=len(chosen[MOST:]),
    )


def _given(request: Request, principal: Principal, number: str, version: int, form: PostedForm) -> Result:
    is_ordered, text = form.get("way") == "order", form.get("text")
    to = form.get("to") if form.get("to") != SPREAD else _suggested(request, principal, number)
    act = ASSIGN if is_ordered else OFFER
    values = {"assignee": to, "order": "true", "reason": text} if is_ordered else {"assignee": to, "text": text}
    try:
        done = performing.carry_out(
            runtime_of(request), actor_of(request, principal), act, number, version, values
        )  # fmt: skip
    except InvalidError as error:
        return Result(number, is_done=False, message=error.faults[0].message)
    except PortalError as error:
        return Result(number, is_done=False, message=error.message)
    if is_ordered:
        return Result(number, is_done=True, message=f"已指派给{done.ticket.assignee_name}")
    return Result(number, is_done=True, message=f"已请{done.answer['offer']['to']}接手，等对方答复")


def _suggested(request: Request, principal: Principal, number: str) -> str:
    """Nobody if the ticket is not there, or nobody can take it: the act then says so."""
    with runtime_of(request).database.read() as session:
        ticket = lookup.by_number(session, number)
        if ticket is None or ticket.queue not in principal.queues:
            return ""
        found = suggestion.suggested(session, ticket)
    return found[0].user.username if found else ""

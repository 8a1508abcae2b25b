"""重算: what the calendar as it is now would do to the clocks that run, and the press that does it (DESK 1.1)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.errors import ConflictError
from portal.kinds.table import queue_label
from portal.progress import recalculation
from portal.runtime import runtime_of
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Keeper = Annotated[Principal, Depends(Requires(Permission.KEEP_TIME))]
Moved = Annotated[int | None, Query(ge=0, lt=10_000_000)]
HERE = "/admin/time/recalculation"


@router.get(HERE)
def show(request: Request, keeper: Keeper, moved: Moved = None) -> Response:
    """How many clocks would move, for each queue; nothing is changed."""
    return _page(request, moved=moved)


@router.post(HERE)
def recalculate(request: Request, keeper: Keeper, form: Form) -> Response:
    try:
        moved = recalculation.recalculate(runtime_of(request), actor_of(request, keeper), form.number("state"))
    except ConflictError as error:
        return _page(request, error)
    return RedirectResponse(f"{HERE}?moved={moved}", 303)


def _page(request: Request, error: ConflictError | None = None, moved: int | None = None) -> Response:
    with runtime_of(request).database.read() as session:
        effect = recalculation.effect(session)
    lines = [
        (queue_label(queue), effect.later[queue], effect.earlier[queue], effect.late[queue]) for queue in effect.queues
    ]
    return render(
        request,
        "admin/recalculation.html",
        error.status if error else 200,
        effect=effect,
        lines=lines,
        moved=moved,
        message=str(error) if error else "",
    )

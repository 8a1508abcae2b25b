"""原系统: the options of 之前使用系统名称 on the clinic's form (REQUIREMENTS A6)."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from portal.accounts.guard import Requires
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.errors import PortalError
from portal.institutions import previous_systems
from portal.pages.listing import add_new, add_rename, add_rise, add_switch, back_to, faults_of, refusal_of
from portal.runtime import runtime_of
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
_LIST = "/previous-systems"
_KEEPING = Requires(Permission.KEEP_DIRECTORY)
Keeper = Annotated[Principal, Depends(_KEEPING)]


@router.get("/previous-systems")
def list_systems(request: Request, keeper: Keeper, done: str = "") -> Response:
    return _page(request, done=done)


add_new(router, _LIST, _KEEPING, previous_systems.add, lambda request, error, name: _page(request, error, entered=name))
add_rename(
    router,
    _LIST,
    _KEEPING,
    previous_systems.rename,
    lambda request, error, row_id, name: _page(request, error, row_id=row_id, renamed=name),
)
add_rise(
    router,
    _LIST,
    _KEEPING,
    previous_systems.move_up,
    lambda request, error, row_id: _page(request, error, row_id=row_id),
)
add_switch(
    router,
    f"{_LIST}/{{row_id}}",
    _KEEPING,
    previous_systems.set_active,
    lambda is_active: back_to(_LIST, "changed"),
    lambda request, row_id, error: _page(request, error, row_id=row_id),
)


def _page(
    request: Request,
    error: PortalError | None = None,
    *,
    row_id: uuid.UUID | None = None,
    entered: str = "",
    renamed: str = "",
    done: str = "",
) -> Response:
    with runtime_of(request).database.read() as session:
        systems = previous_systems.every(session)
    return render(
        request,
        "directory/previous_systems.html",
        error.status if error else 200,
        systems=systems,
        first_use=previous_systems.FIRST_USE,
        faults=faults_of(error),
        faulty_row=row_id,
        renamed=renamed,
        refusal=refusal_of(error),
        entered=entered,
        done=done,
    )

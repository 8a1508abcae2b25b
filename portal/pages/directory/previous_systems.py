"""原系统: the options of 之前使用系统名称 on the clinic's form (REQUIREMENTS A6)."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.errors import PortalError
from portal.institutions import previous_systems
from portal.pages.listing import add_switch, back_to, faults_of, refusal_of, tried
from portal.runtime import runtime_of
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
_LIST = "/previous-systems"
Keeper = Annotated[Principal, Depends(Requires(Permission.KEEP_DIRECTORY))]


@router.get("/previous-systems")
def list_systems(request: Request, keeper: Keeper, done: str = "") -> Response:
    return _page(request, done=done)


@router.post("/previous-systems")
def add_system(request: Request, keeper: Keeper, form: Form) -> Response:
    name, actor = form.get("name"), actor_of(request, keeper)
    return tried(
        request,
        lambda session: previous_systems.add(session, actor, name),
        back_to(_LIST, "added"),
        lambda error: _page(request, error, entered=name),
    )


@router.post("/previous-systems/{system_id}/name")
def rename_system(request: Request, keeper: Keeper, system_id: uuid.UUID, form: Form) -> Response:
    name, actor, version = form.get("name"), actor_of(request, keeper), form.number("version")
    return tried(
        request,
        lambda session: previous_systems.rename(session, actor, system_id, name, version),
        back_to(_LIST, "changed"),
        lambda error: _page(request, error, row_id=system_id, renamed=name),
    )


@router.post("/previous-systems/{system_id}/rise")
def raise_system(request: Request, keeper: Keeper, system_id: uuid.UUID, form: Form) -> Response:
    actor = actor_of(request, keeper)
    return tried(
        request,
        lambda session: previous_systems.move_up(session, actor, system_id),
        back_to(_LIST, "changed"),
        lambda error: _page(request, error, row_id=system_id),
    )


add_switch(
    router,
    f"{_LIST}/{{row_id}}",
    Requires(Permission.KEEP_DIRECTORY),
    previous_systems.set_active,
    lambda is_active: back_to(_LIST, "changed"),
    lambda request, system_id, error: _page(request, error, row_id=system_id),
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

"""原系统: the list that the clinic's form offers under 之前使用系统名称 (REQUIREMENTS A6)."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.errors import InvalidError
from portal.institutions import previous_systems
from portal.runtime import runtime_of
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Keeper = Annotated[Principal, Depends(Requires(Permission.KEEP_DIRECTORY))]


@router.get("/previous-systems")
def list_systems(request: Request, keeper: Keeper, done: str = "") -> Response:
    """The whole list in its order."""
    return _page(request, done=done)


@router.post("/previous-systems")
def add_system(request: Request, keeper: Keeper, form: Form) -> Response:
    """Add a name at the end of the list."""
    try:
        with runtime_of(request).database.transaction() as session:
            previous_systems.add(session, actor_of(request, keeper), form.get("name"))
    except InvalidError as error:
        return _page(request, error, typed=form.get("name"))
    return _done("added")


@router.post("/previous-systems/{system_id}/name")
def rename_system(request: Request, keeper: Keeper, system_id: uuid.UUID, form: Form) -> Response:
    """Write a name differently."""
    try:
        with runtime_of(request).database.transaction() as session:
            previous_systems.rename(session, actor_of(request, keeper), system_id, form.get("name"))
    except InvalidError as error:
        return _page(request, error, row_id=system_id)
    return _done("changed")


@router.post("/previous-systems/{system_id}/rise")
def raise_system(request: Request, keeper: Keeper, system_id: uuid.UUID, form: Form) -> Response:
    """One place up."""
    with runtime_of(request).database.transaction() as session:
        previous_systems.move_up(session, actor_of(request, keeper), system_id)
    return _done("changed")


@router.post("/previous-systems/{system_id}/disable")
def disable_system(request: Request, keeper: Keeper, system_id: uuid.UUID, form: Form) -> Response:
    """Offer it no longer."""
    return _set_active(request, keeper, system_id, False)


@router.post("/previous-systems/{system_id}/enable")
def enable_system(request: Request, keeper: Keeper, system_id: uuid.UUID, form: Form) -> Response:
    """Offer it again."""
    return _set_active(request, keeper, system_id, True)


def _set_active(request: Request, keeper: Principal, system_id: uuid.UUID, is_active: bool) -> Response:
    try:
        with runtime_of(request).database.transaction() as session:
            previous_systems.set_active(session, actor_of(request, keeper), system_id, is_active)
    except InvalidError as error:
        return _page(request, error, row_id=system_id)
    return _done("changed")


def _page(
    request: Request,
    error: InvalidError | None = None,
    *,
    row_id: uuid.UUID | None = None,
    typed: str = "",
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
        faults=error.faults if error else [],
        faulty_row=row_id,
        typed=typed,
        done=done,
    )


def _done(what: str) -> Response:
    return RedirectResponse(f"/previous-systems?done={what}", 303)

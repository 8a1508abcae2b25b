"""协作部门: who can be asked for help; their people are added on the page 人员."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from portal.accounts import departments
from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.errors import PortalError
from portal.pages.listing import add_new, add_rename, add_switch, back_to, faults_of, refusal_of, tried
from portal.runtime import runtime_of
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter()
_LIST = "/admin/departments"
_KEEPING = Requires(Permission.MANAGE_USERS)
Keeper = Annotated[Principal, Depends(_KEEPING)]


@router.get("/admin/departments")
def list_departments(request: Request, keeper: Keeper, done: str = "") -> Response:
    return _page(request, done=done)


add_new(router, _LIST, _KEEPING, departments.add, lambda request, error, name: _page(request, error, entered=name))
add_rename(
    router,
    _LIST,
    _KEEPING,
    departments.rename,
    lambda request, error, row_id, name: _page(request, error, row_id=row_id, renamed=name),
)


@router.post("/admin/departments/{department_id}/mail")
def set_mail(request: Request, keeper: Keeper, department_id: uuid.UUID, form: Form) -> Response:
    address, actor, version = form.get("mail_address"), actor_of(request, keeper), form.number("version")
    return tried(
        request,
        lambda session: departments.set_mail(session, actor, department_id, address, version),
        back_to(_LIST, "changed"),
        lambda error: _page(request, error, row_id=department_id, mailed=address),
    )


add_switch(
    router,
    f"{_LIST}/{{row_id}}",
    _KEEPING,
    departments.set_active,
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
    mailed: str | None = None,
    done: str = "",
) -> Response:
    with runtime_of(request).database.read() as session:
        rows, people = departments.every(session), departments.people_counts(session)
    return render(
        request,
        "admin/departments.html",
        error.status if error else 200,
        rows=rows,
        people=people,
        faults=faults_of(error),
        faulty_row=row_id,
        renamed=renamed,
        mailed=mailed,
        refusal=refusal_of(error),
        entered=entered,
        done=done,
    )

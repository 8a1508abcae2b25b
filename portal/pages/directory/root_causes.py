"""定性: the causes that leads add to the three of the portal (REQUIREMENTS F5)."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from portal.accounts.guard import Requires
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.acts import root_causes
from portal.errors import PortalError
from portal.pages.listing import add_new, add_switch, back_to, faults_of, refusal_of
from portal.runtime import runtime_of
from portal.tickets.states import ROOT_CAUSE_LABELS
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
_LIST = "/root-causes"
_KEEPING = Requires(Permission.KEEP_NOTICES)
Keeper = Annotated[Principal, Depends(_KEEPING)]


@router.get("/root-causes")
def list_causes(request: Request, keeper: Keeper, done: str = "") -> Response:
    return _page(request, done=done)


add_new(router, _LIST, _KEEPING, root_causes.add, lambda request, error, name: _page(request, error, entered=name))
add_switch(
    router,
    f"{_LIST}/{{row_id}}",
    _KEEPING,
    root_causes.set_active,
    lambda is_active: back_to(_LIST, "changed"),
    lambda request, row_id, error: _page(request, error, row_id=row_id),
)


def _page(
    request: Request,
    error: PortalError | None = None,
    *,
    row_id: uuid.UUID | None = None,
    entered: str = "",
    done: str = "",
) -> Response:
    with runtime_of(request).database.read() as session:
        causes = root_causes.every(session)
    return render(
        request,
        "directory/root_causes.html",
        error.status if error else 200,
        fixed=list(ROOT_CAUSE_LABELS.values()),
        causes=causes,
        longest=root_causes.LONGEST,
        faults=faults_of(error),
        faulty_row=row_id,
        refusal=refusal_of(error),
        entered=entered,
        done=done,
    )

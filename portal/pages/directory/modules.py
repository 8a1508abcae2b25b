"""模块: the options of 涉及模块 on forms and at triage, one list per queue (REQUIREMENTS F3)."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.audit.actor import Actor
from portal.errors import NotFoundError, PortalError
from portal.institutions import modules
from portal.institutions.models import Module
from portal.kinds.table import QUEUES, queue_label
from portal.pages.listing import add_rename, add_rise, add_switch, back_to, faults_of, refusal_of, tried
from portal.runtime import runtime_of
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
_LIST = "/modules"
_KEEPING = Requires(Permission.KEEP_DIRECTORY)
Keeper = Annotated[Principal, Depends(_KEEPING)]


@router.get("/modules")
def list_modules(request: Request, keeper: Keeper, done: str = "") -> Response:
    return _page(request, keeper, done=done)


@router.post("/modules")
def add_module(request: Request, keeper: Keeper, form: Form) -> Response:
    queue = form.get("queue")
    if queue not in QUEUES:
        raise NotFoundError
    name, actor = form.get("name"), actor_of(request, keeper)
    return tried(
        request,
        lambda session: modules.list_for(session, actor, queue=queue).add(session, actor, name),
        back_to(_LIST, "added"),
        lambda error: _page(request, keeper, error, queue=queue, entered=name),
    )


def _rename(session: Session, actor: Actor, module_id: uuid.UUID, name: str, version: int) -> Module:
    return modules.list_for(session, actor, row_id=module_id).rename(session, actor, module_id, name, version)


def _move_up(session: Session, actor: Actor, module_id: uuid.UUID) -> Module:
    return modules.list_for(session, actor, row_id=module_id).move_up(session, actor, module_id)


def _set_active(session: Session, actor: Actor, module_id: uuid.UUID, is_active: bool) -> Module:
    return modules.list_for(session, actor, row_id=module_id).set_active(session, actor, module_id, is_active)


add_rename(
    router,
    _LIST,
    _KEEPING,
    _rename,
    lambda request, error, row_id, name: _page(request, _KEEPING(request), error, row_id=row_id, renamed=name),
)
add_rise(
    router,
    _LIST,
    _KEEPING,
    _move_up,
    lambda request, error, row_id: _page(request, _KEEPING(request), error, row_id=row_id),
)
add_switch(
    router,
    f"{_LIST}/{{row_id}}",
    _KEEPING,
    _set_active,
    lambda is_active: back_to(_LIST, "changed"),
    lambda request, row_id, error: _page(request, _KEEPING(request), error, row_id=row_id),
)


def _page(
    request: Request,
    keeper: Principal,
    error: PortalError | None = None,
    *,
    row_id: uuid.UUID | None = None,
    queue: str = "",
    entered: str = "",
    renamed: str = "",
    done: str = "",
) -> Response:
    with runtime_of(request).database.read() as session:
        lists = [
            (name, queue_label(name), modules.of_queue(name).every(session))
            for name in QUEUES
            if modules.may_keep(keeper.queues, name)
        ]
    return render(
        request,
        "directory/modules.html",
        error.status if error else 200,
        lists=lists,
        faults=faults_of(error),
        faulty_row=row_id,
        faulty_queue=queue,
        renamed=renamed,
        refusal=refusal_of(error),
        entered=entered,
        done=done,
    )

"""不满意分析: the list, one row with its form, and the list of stages (REQUIREMENTS G15, DESK 4.4)."""

import uuid
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.models import User
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission, roles_with
from portal.acts import staff_texts
from portal.errors import ConflictError, Fault, InvalidError, PortalError
from portal.follow_up import analyses, dissatisfactions, stages
from portal.follow_up.analyses import OVERDUE, Shown
from portal.follow_up.dissatisfactions import Given
from portal.follow_up.scales import REASON_LABELS, reason_label
from portal.pages.listing import add_new, add_rename, add_switch, back_to, faults_of, refusal_of
from portal.runtime import runtime_of
from portal.web.body import PostedForm
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Viewer = Annotated[Principal, Depends(Requires(Permission.VIEW_ANALYSES))]
_ANALYSING = Requires(Permission.ANALYSE)
Analyst = Annotated[Principal, Depends(_ANALYSING)]
_LIST, _STAGES = "/dissatisfactions", "/dissatisfactions/stages"
_FILTERS = {"draft": "待分析", OVERDUE: "改进超期", "complete": "已完成", "": "全部"}
_WORKING = {role.value for may in (Permission.VIEW_QUEUE, Permission.COLLABORATE) for role in roles_with(may)}


@router.get("/dissatisfactions")
def list_analyses(request: Request, viewer: Viewer, state: str = "draft", cursor: str = "") -> Response:
    """Newest first; what has to be analysed unless asked otherwise."""
    state = state if state in _FILTERS else "draft"
    with runtime_of(request).database.read() as session:
        page = analyses.page_of(session, viewer.queues, state, cursor)
        counts = analyses.counts(session, viewer.queues)
    following = {"state": state, "cursor": page.next_cursor}
    return render(
        request,
        "follow_up/dissatisfactions.html",
        found=page.found,
        filters=_FILTERS,
        counts=counts,
        state=state,
        reason_label=reason_label,
        is_overdue=dissatisfactions.is_overdue,
        next_url=f"{_LIST}?{urlencode(following)}" if page.next_cursor else None,
    )


@router.get("/dissatisfactions/stages")
def list_stages(request: Request, analyst: Analyst, done: str = "") -> Response:
    return _stages_page(request, done=done)


add_new(
    router,
    _STAGES,
    _ANALYSING,
    stages.STAGES.add,
    lambda request, error, name: _stages_page(request, error, entered=name),
)
add_rename(
    router,
    _STAGES,
    _ANALYSING,
    stages.STAGES.rename,
    lambda request, error, row_id, name: _stages_page(request, error, row_id=row_id, renamed=name),
)
add_switch(
    router,
    f"{_STAGES}/{{row_id}}",
    _ANALYSING,
    stages.STAGES.set_active,
    lambda is_active: back_to(_STAGES, "changed"),
    lambda request, row_id, error: _stages_page(request, error, row_id=row_id),
)


@router.get("/dissatisfactions/{row_id}")
def show_analysis(request: Request, viewer: Viewer, row_id: uuid.UUID, done: str = "") -> Response:
    """One row, with what the clinic wrote, for its analysis."""
    return _page(request, viewer, row_id, done=done)


@router.post("/dissatisfactions/{row_id}")
def change_analysis(request: Request, analyst: Analyst, row_id: uuid.UUID, form: Form) -> Response:
    """Save what is known so far; complete with all five."""
    if form.has("revise"):
        return _page(request, analyst, row_id, typed=form)
    runtime, actor, given = runtime_of(request), actor_of(request, analyst), _given(form)
    version, is_agreed = form.number("version"), form.get("seal_found") == "1"
    try:
        runtime.database.run(
            lambda session: dissatisfactions.change(
                session, runtime, actor, row_id, version, given, seal_found=is_agreed
            )
        )
    except InvalidError as error:
        return _page(request, analyst, row_id, error.status, typed=form, faults=error.faults)
    except ConflictError as error:
        return _page(request, analyst, row_id, error.status, typed=form, message=error.message)
    return RedirectResponse(f"{_LIST}/{row_id}?done=saved", 303)


def _given(form: PostedForm) -> Given:
    names = ("reason", "digest", "stage", "measure", "person", "done_on")
    return Given(**{name: form.get(name) for name in names}, carried_out=form.get("carried_out") == "1")


def _page(
    request: Request,
    viewer: Principal,
    row_id: uuid.UUID,
    status: int = 200,
    *,
    typed: PostedForm | None = None,
    faults: tuple[Fault, ...] | list[Fault] = (),
    message: str = "",
    done: str = "",
) -> Response:
    with runtime_of(request).database.read() as session:
        row, _ = dissatisfactions.find(session, actor_of(request, viewer), row_id)
        shown = analyses.one(session, row)
        names, people = stages.offered(session, row.stage_id), _people(session, shown)
    return render(
        request,
        "follow_up/dissatisfaction.html",
        status,
        shown=shown,
        row=row,
        values=asdict(_given(typed)) if typed else _values(shown),
        reasons=[(reason.value, label) for reason, label in REASON_LABELS.items()],
        reason_label=reason_label,
        stages=names,
        people=people,
        lacks=dissatisfactions.lacks(row),
        is_overdue=dissatisfactions.is_overdue(row),
        may_change=viewer.can(Permission.ANALYSE),
        faults=list(faults),
        is_stopped=any(fault.code == staff_texts.CODE for fault in faults),
        message=message,
        done=done,
    )


def _values(shown: Shown) -> Mapping[str, object]:
    row = shown.row
    return {
        "reason": row.reason,
        "digest": row.digest,
        "stage": shown.stage,
        "measure": row.measure,
        "person": shown.person.username if shown.person else "",
        "done_on": row.done_on.isoformat() if row.done_on else "",
        "carried_out": row.carried_out_at is not None,
    }


def _people(session: Session, shown: Shown) -> list[tuple[str, str]]:
    """Who can carry a measure out, and whoever does already."""
    working = select(User).where(User.is_active, User.role.in_(_WORKING)).order_by(User.display_name)
    people = list(session.scalars(working))
    if shown.person is not None and shown.person.id not in {person.id for person in people}:
        people.append(shown.person)
    return [
        (
            person.username,
            f"{person.display_name}（{person.staff_number}）" if person.staff_number else person.display_name,
        )
        for person in people
    ]


def _stages_page(
    request: Request,
    error: PortalError | None = None,
    *,
    row_id: uuid.UUID | None = None,
    entered: str = "",
    renamed: str = "",
    done: str = "",
) -> Response:
    with runtime_of(request).database.read() as session:
        rows = stages.STAGES.every(session)
    return render(
        request,
        "follow_up/stages.html",
        error.status if error else 200,
        stages=rows,
        most=stages.STAGES.longest,
        faults=faults_of(error),
        faulty_row=row_id,
        renamed=renamed,
        refusal=refusal_of(error),
        entered=entered,
        done=done,
    )

"""已知问题: everybody at the desks reads them, leads keep them (REQUIREMENTS N14, N17)."""

import uuid
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.errors import ConflictError, Fault, InvalidError
from portal.institutions import previous_systems
from portal.kinds.table import KINDS
from portal.knowledge import followers, known_issues
from portal.knowledge.known_issues import StaleIssueError
from portal.knowledge.models import KnownIssue
from portal.pages.knowledge.known_issue_forms import IssueForm, details_from, form_of, typed_issue
from portal.runtime import runtime_of
from portal.web.body import PostedForm
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Reader = Annotated[Principal, Depends(Requires(Permission.VIEW_QUEUE))]
Keeper = Annotated[Principal, Depends(Requires(Permission.KEEP_NOTICES))]


@router.get("/known-issues")
def list_issues(request: Request, reader: Reader, done: str = "", which: str = "") -> Response:
    """Active ones first, each with the number of linked reports."""
    with runtime_of(request).database.read() as session:
        rows = known_issues.every(session, reader.queues)
    changed = next((issue for issue, _ in rows if str(issue.id) == which), None)
    return render(
        request,
        "knowledge/known_issues.html",
        rows=rows,
        queue_names=_queue_names(),
        may_keep=reader.can(Permission.KEEP_NOTICES),
        done=done if changed else "",
        changed=changed,
    )


@router.get("/known-issues/new")
def new_issue(request: Request, keeper: Keeper) -> Response:
    """The form for one more."""
    return _new_form(request, IssueForm())


@router.post("/known-issues")
def add_issue(request: Request, keeper: Keeper, form: Form) -> Response:
    """Tell clinics from now on, or show every fault."""
    typed = typed_issue(form)
    details, faults = details_from(typed)
    try:
        with runtime_of(request).database.transaction() as session:
            issue = known_issues.add(session, actor_of(request, keeper), details)
            if faults:
                raise InvalidError([])  # undone: the other faults are told together with it
    except InvalidError as error:
        return _new_form(request, typed, [*faults, *error.faults])
    return _done("added", issue)


@router.get("/known-issues/{issue_id}")
def show_issue(request: Request, reader: Reader, issue_id: uuid.UUID) -> Response:
    """One known issue with its linked reports, contacts masked."""
    return _page(request, reader, issue_id)


@router.post("/known-issues/{issue_id}")
def change_issue(request: Request, keeper: Keeper, issue_id: uuid.UUID, form: Form) -> Response:
    """Keep other words; what another lead saved meanwhile is not overwritten unseen."""
    typed = typed_issue(form)
    details, faults = details_from(typed)
    try:
        with runtime_of(request).database.transaction() as session:
            issue = known_issues.change(session, actor_of(request, keeper), issue_id, _version(form), details)
            if faults:
                raise InvalidError([])
    except InvalidError as error:
        return _page(request, keeper, issue_id, 422, typed=typed, faults=[*faults, *error.faults])
    except StaleIssueError as error:
        return _page(request, keeper, issue_id, error.status, typed=typed, message=error.message)
    except ConflictError as error:
        return _page(request, keeper, issue_id, error.status, message=error.message)
    return _done("changed", issue)


@router.post("/known-issues/{issue_id}/settlement")
def settle_issue(request: Request, keeper: Keeper, issue_id: uuid.UUID, form: Form) -> Response:
    """已恢复, with the sentence that linked clinics read."""
    settling = form.get("settling")
    try:
        with runtime_of(request).database.transaction() as session:
            issue = known_issues.settle(session, actor_of(request, keeper), issue_id, _version(form), settling)
    except InvalidError as error:
        return _page(request, keeper, issue_id, error.status, settling=settling, faults=error.faults)
    except ConflictError as error:
        return _page(request, keeper, issue_id, error.status, settling=settling, message=error.message)
    return _done("settled", issue)


def _new_form(request: Request, typed: IssueForm, faults: Sequence[Fault] = ()) -> Response:
    return render(
        request,
        "knowledge/new_known_issue.html",
        422 if faults else 200,
        typed=typed,
        queue_names=_queue_names(),
        systems=_systems(request),
        faults=list(faults),
    )


def _page(
    request: Request,
    reader: Principal,
    issue_id: uuid.UUID,
    status: int = 200,
    *,
    typed: IssueForm | None = None,
    settling: str = "",
    faults: Sequence[Fault] = (),
    message: str = "",
) -> Response:
    with runtime_of(request).database.read() as session:
        issue = known_issues.find(session, issue_id, reader.queues)
        linked = followers.of_issue(session, issue)
    return render(
        request,
        "knowledge/known_issue.html",
        status,
        issue=issue,
        linked=linked,
        typed=typed or form_of(issue),
        settling=settling,
        may_keep=reader.can(Permission.KEEP_NOTICES) and not issue.is_settled,
        queue_names=_queue_names(),
        systems=_systems(request),
        faults=list(faults),
        message=message,
    )


def _queue_names() -> list[tuple[str, str]]:
    return [(kind.name.value, f"{kind.label}（{kind.audience}）") for kind in KINDS.values()]


def _systems(request: Request) -> list[str]:
    with runtime_of(request).database.read() as session:
        return previous_systems.offered(session)


def _version(form: PostedForm) -> int:
    text = form.get("version")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _done(what: str, issue: KnownIssue) -> Response:
    return RedirectResponse(f"/known-issues?done={what}&which={issue.id}", 303)

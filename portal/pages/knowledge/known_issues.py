"""已知问题: all staff with a queue read them, leads edit them (REQUIREMENTS N14, N17)."""

import uuid
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.errors import InvalidError, PortalError
from portal.institutions import previous_systems
from portal.kinds.table import KINDS
from portal.knowledge import followers, known_issues
from portal.knowledge.known_issues import StaleIssueError
from portal.knowledge.models import KnownIssue
from portal.pages.knowledge.known_issue_forms import IssueForm, details_from, form_of
from portal.pages.listing import back_to, faults_of, tried, typed
from portal.runtime import runtime_of
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Reader = Annotated[Principal, Depends(Requires(Permission.VIEW_QUEUE))]
Keeper = Annotated[Principal, Depends(Requires(Permission.KEEP_NOTICES))]


@router.get("/known-issues")
def list_issues(request: Request, reader: Reader, done: str = "", which: str = "") -> Response:
    """Active ones first, each with its number of linked reports."""
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
    return _new_form(request, IssueForm())


@router.post("/known-issues")
def add_issue(request: Request, keeper: Keeper, form: Form) -> Response:
    entered, actor = typed(IssueForm, form), actor_of(request, keeper)
    details, faults = details_from(entered)
    return tried(
        request,
        lambda session: known_issues.add(session, actor, details),
        _done("added"),
        lambda error: _new_form(request, entered, error),
        faults,
    )


@router.get("/known-issues/{issue_id}")
def show_issue(request: Request, reader: Reader, issue_id: uuid.UUID) -> Response:
    """One known issue with its linked reports, contacts masked."""
    return _page(request, reader, issue_id)


@router.post("/known-issues/{issue_id}")
def change_issue(request: Request, keeper: Keeper, issue_id: uuid.UUID, form: Form) -> Response:
    """Refused if another lead has saved a newer version; the entered text is shown again."""
    entered, actor, version = typed(IssueForm, form), actor_of(request, keeper), form.number("version")
    details, faults = details_from(entered)

    def shown_again(error: PortalError) -> Response:
        keeps_entered = isinstance(error, InvalidError | StaleIssueError)
        return _page(request, keeper, issue_id, error, entered=entered if keeps_entered else None)

    return tried(
        request,
        lambda session: known_issues.change(session, actor, issue_id, version, details),
        _done("changed"),
        shown_again,
        faults,
    )


@router.post("/known-issues/{issue_id}/settlement")
def settle_issue(request: Request, keeper: Keeper, issue_id: uuid.UUID, form: Form) -> Response:
    """已恢复, with the sentence that linked clinics read."""
    settling, actor, version = form.get("settling"), actor_of(request, keeper), form.number("version")
    return tried(
        request,
        lambda session: known_issues.settle(session, actor, issue_id, version, settling),
        _done("settled"),
        lambda error: _page(request, keeper, issue_id, error, settling=settling),
    )


def _new_form(request: Request, entered: IssueForm, error: PortalError | None = None) -> Response:
    return render(
        request,
        "knowledge/new_known_issue.html",
        error.status if error else 200,
        entered=entered,
        queue_names=_queue_names(),
        systems=_systems(request),
        faults=faults_of(error),
    )


def _page(
    request: Request,
    reader: Principal,
    issue_id: uuid.UUID,
    error: PortalError | None = None,
    *,
    entered: IssueForm | None = None,
    settling: str = "",
) -> Response:
    with runtime_of(request).database.read() as session:
        issue = known_issues.find(session, issue_id, reader.queues)
        linked = followers.of_issue(session, issue)
    return render(
        request,
        "knowledge/known_issue.html",
        error.status if error else 200,
        issue=issue,
        linked=linked,
        entered=entered or form_of(issue),
        settling=settling,
        may_keep=reader.can(Permission.KEEP_NOTICES) and not issue.is_settled,
        queue_names=_queue_names(),
        systems=_systems(request),
        faults=faults_of(error),
        message=error.message if error and not isinstance(error, InvalidError) else "",
    )


def _queue_names() -> list[tuple[str, str]]:
    return [(kind.name.value, f"{kind.label}（{kind.audience}）") for kind in KINDS.values()]


def _systems(request: Request) -> list[str]:
    with runtime_of(request).database.read() as session:
        return previous_systems.offered(session)


def _done(what: str) -> Callable[[KnownIssue], Response]:
    return back_to("/known-issues", what)

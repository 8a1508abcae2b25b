"""我也遇到: the short report of a known issue, and how its clinic follows it (REQUIREMENTS N14)."""

import re
import secrets
import uuid
from collections.abc import Sequence
from contextlib import suppress

from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import actor_of, public
from portal.accounts.limiter import RateLimit
from portal.errors import ConflictError, Fault, InvalidError, PortalError, TooManyRequestsError
from portal.kinds.fields import Step
from portal.kinds.table import GENERAL, KINDS
from portal.kinds.validation import Values
from portal.knowledge import followers, known_issues
from portal.knowledge.followers import FollowerReceipt
from portal.knowledge.models import Follower, KnownIssue
from portal.pages.clinic import cookies, opened, paths
from portal.pages.clinic.forms import field_views, posted_values
from portal.pages.clinic.returned import ReturningRoute
from portal.pages.clinic.text_pages import kind_or_404
from portal.reports import drafts
from portal.reports.drafts import OpenDraft
from portal.runtime import runtime_of
from portal.tracking import grants
from portal.web import context
from portal.web.body import PostedForm
from portal.web.csrf import KeptForm, PublicForm
from portal.web.templating import render


class _Route(ReturningRoute):
    """The short form comes back; a contact is typed again, as no cookie names a draft for it."""

    @classmethod
    async def form_again(cls, request: Request, error: PortalError) -> Response | None:
        issue_id, form = request.path_params.get("issue_id"), getattr(request.state, "form", None)
        if issue_id is None or form is None:
            return None
        return await run_in_threadpool(_refused, request, uuid.UUID(str(issue_id)), form, error)


router = APIRouter(dependencies=[Depends(public)], include_in_schema=False, route_class=_Route)

_SUBMISSION = re.compile(r"[A-Za-z0-9_-]{32}")
_KEPT = "kept"
_SECRETS = [spec.name for spec in followers.FIELDS if spec.is_sensitive]


@router.get("/report/known-issues/{issue_id}")
def begin(request: Request, issue_id: uuid.UUID) -> Response:
    """The known issue and the short form."""
    return _form(request, issue_id)


@router.post("/report/known-issues/{issue_id}")
def follow(request: Request, issue_id: uuid.UUID, form: KeptForm) -> Response:
    """File the short report and show its receipt; submitting twice shows the same one."""
    runtime, submission = runtime_of(request), form.get("submission")
    if not _SUBMISSION.fullmatch(submission):
        submission = _new_submission()
    draft = drafts.unfinished(runtime, GENERAL, form.get(_KEPT))
    values: Values = {**(draft.values if draft else {}), **_posted(form)}
    limit = RateLimit("report-address", most=runtime_of(request).settings.reports_per_hour, minutes=60)
    try:
        receipt = followers.follow(runtime, actor_of(request), issue_id, values, limit=limit, submission=submission)
    except InvalidError as error:
        draft = _stored_contact(request, draft, values, error.faults)
        return _form(request, issue_id, error.status, values, submission, draft, faults=error.faults)
    except TooManyRequestsError as error:
        draft = _stored_contact(request, draft, values, [])
        page = _form(request, issue_id, error.status, values, submission, draft, message=error.message)
        page.headers["retry-after"] = str(error.retry_after)
        return page
    except ConflictError as error:
        return _form(request, issue_id, error.status, message=error.message)
    return _receipt(request, issue_id, receipt)


@router.post("/track/{number}/report")
def go_on(request: Request, number: str, form: PublicForm) -> Response:
    """问题还在？还有别的问题吗？ A full report with the institution filled in, or the one that was begun before."""
    kind, opened_before = kind_or_404(form.get("kind")), granted(request, number) or opened.ticket(request, number)
    if opened_before is None:
        return RedirectResponse(f"/track?number={number[:24]}", 303)
    runtime, response = runtime_of(request), RedirectResponse(f"/report/{kind.name}", 303)
    if drafts.unfinished(runtime, kind, *cookies.draft_tokens(request, kind)) is None:
        values = {"institution": [opened_before.institution]}
        cookies.keep_draft(request, response, drafts.start(runtime, kind, values, context.client_address(request)))
    return response


def granted(request: Request, number: str) -> Follower | None:
    """The short report, for a browser that has entered its query code."""
    runtime = runtime_of(request)
    if not followers.is_number(number):
        return None
    with runtime.database.read() as session:
        follower = followers.by_number(session, number)
    return follower if follower and grants.is_good(runtime.vault, cookies.grant(request), follower) else None


def tracked(request: Request, follower: Follower) -> Response:
    with runtime_of(request).database.read() as session:
        issue = known_issues.find(session, follower.known_issue_id)
    return render(request, "clinic/track/known_issue.html", follower=follower, issue=issue, kinds=_kinds(issue))


def _refused(request: Request, issue_id: uuid.UUID, form: PostedForm, error: PortalError) -> Response:
    submission = form.get("submission")
    submission = submission if _SUBMISSION.fullmatch(submission) else ""
    draft = drafts.unfinished(runtime_of(request), GENERAL, form.get(_KEPT))
    message = f"{error.title}。{error.message}"
    return _form(request, issue_id, error.status, _posted(form), submission, draft, message=message)


def _posted(form: PostedForm) -> dict[str, list[str]]:
    return {name: given for step in Step for name, given in posted_values(form, followers.SHORT, step).items()}


def _stored_contact(
    request: Request, draft: OpenDraft | None, values: Values, faults: Sequence[Fault]
) -> OpenDraft | None:
    """A valid contact is stored sealed, as in a draft that no cookie names: only invalid fields are asked again.

    It is deleted with the drafts of its day; not earlier, because the form may be submitted twice.
    """
    wrong = {fault.field for fault in faults}
    right = {name: [] if name in wrong else list(values.get(name, ())) for name in _SECRETS}
    runtime = runtime_of(request)
    if draft:
        return drafts.save(runtime, draft, right)
    if not any("".join(given) for given in right.values()):
        return None
    with suppress(TooManyRequestsError):
        return drafts.start(runtime, GENERAL, right, context.client_address(request))
    return None


def _form(
    request: Request,
    issue_id: uuid.UUID,
    status: int = 200,
    values: Values | None = None,
    submission: str = "",
    draft: OpenDraft | None = None,
    *,
    faults: Sequence[Fault] = (),
    message: str = "",
) -> Response:
    with runtime_of(request).database.read() as session:
        issue = known_issues.find(session, issue_id)
    shown = {**(values or {}), **{name: () for name in _SECRETS}, **(draft.values if draft else {})}
    return render(
        request,
        "clinic/known_issue.html",
        status,
        issue=issue,
        kinds=_kinds(issue),
        fields=[view for step in Step for view in field_views(followers.SHORT, step, shown, faults)],
        submission=submission or _new_submission(),
        kept=draft.token if draft else "",
        faults=list(faults),
        message=message,
    )


def _receipt(request: Request, issue_id: uuid.UUID, receipt: FollowerReceipt) -> Response:
    with runtime_of(request).database.read() as session:
        issue = known_issues.find(session, issue_id)
    track_url = f"{paths.base_url(request)}/track?number={receipt.number}"
    return render(request, "clinic/known_issue_receipt.html", issue=issue, receipt=receipt, track_url=track_url)


def _kinds(issue: KnownIssue) -> list[tuple[str, str]]:
    return [(kind.value, KINDS[kind].label) for kind in KINDS if kind.value in issue.queues]


def _new_submission() -> str:
    return secrets.token_urlsafe(24)

"""The clinic's filing: home, the text steps, the check page and the receipt. No sign-in; a cookie names the draft."""

from collections.abc import Sequence
from typing import Literal

import segno
from fastapi import APIRouter, Depends
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import actor_of, is_setup_open, public
from portal.accounts.limiter import RateLimit
from portal.errors import Fault, InvalidError, PortalError, StorageUnavailableError, TooManyRequestsError
from portal.kinds.fields import CheckContext, Step
from portal.kinds.table import Kind
from portal.metrics import filing_sessions
from portal.pages.clinic import (
    cookies,
    followers,
    forms,
    known_issue_suggestions,
    paste,
    paths,
    phone,
    screenshots,
)
from portal.pages.clinic.paths import BACK_TO_CHECK, OwnDraft
from portal.pages.clinic.text_pages import KindInPath, text_page
from portal.reports import drafts, submission
from portal.reports.drafts import OpenDraft
from portal.runtime import runtime_of
from portal.web import context
from portal.web.body import PostedForm
from portal.web.csrf import KeptForm, PublicForm
from portal.web.templating import render

router = APIRouter(dependencies=[Depends(public)], include_in_schema=False)
# First, because /report/drafts/{draft_id}/{step} and /report/{kind} below would match their addresses.
router.include_router(phone.router)
router.include_router(screenshots.router)
router.include_router(paste.router)
router.include_router(followers.router)

TextStep = Literal["situation", "identity"]


@router.get("/")
def home(request: Request) -> Response:
    """首页: the two kinds, and what to prepare."""
    return render(
        request,
        "clinic/home.html",
        known_issues=known_issue_suggestions.at_home(request),
        is_setup_open=is_setup_open(request),
    )


@router.get("/report/{kind}")
def begin(request: Request, kind: KindInPath) -> Response:
    """Step 1. Resumes this browser's unsubmitted draft."""
    draft = drafts.unfinished(runtime_of(request), kind, cookies.draft_token(request, kind))
    return text_page(request, kind, Step.SITUATION, draft, forms.shown_values(draft), [])


@router.post("/report/{kind}")
def take_situation(request: Request, kind: KindInPath, form: KeptForm) -> Response:
    """Store step 1, valid or not, then continue or show every fault."""
    if form.get(paste.FIELD).strip():
        return paste.take(request, kind, form)
    draft = drafts.unfinished(runtime_of(request), kind, cookies.draft_token(request, kind))
    return _take_text(request, kind, Step.SITUATION, draft, form)


@router.post("/report/{kind}/removal")
def start_afresh(request: Request, kind: KindInPath, form: PublicForm) -> Response:
    """重新填写: destroy the unsubmitted draft and show an empty form."""
    draft = drafts.unfinished(runtime_of(request), kind, cookies.draft_token(request, kind))
    if draft is not None:
        drafts.discard(runtime_of(request), draft)
    response = RedirectResponse(f"/report/{kind.name}", 303)
    cookies.drop_draft(request, response, kind)
    return response


@router.get("/report/drafts/{draft_id}/check")
def show_check(request: Request, draft: OwnDraft) -> Response:
    """核对后提交: all answers, secrets masked; nothing has been submitted yet."""
    return paths.to_receipt(request, draft) if draft.ticket else _check_page(request, draft, [])


@router.post("/report/drafts/{draft_id}/check")
def submit(request: Request, draft: OwnDraft, form: KeptForm) -> Response:
    """提交问题. Submitting twice, or again later, leads to the same receipt."""
    if draft.ticket:
        return paths.to_receipt(request, draft)
    runtime, settings = runtime_of(request), runtime_of(request).settings
    limit = RateLimit("report-address", most=settings.reports_per_hour, minutes=60)
    try:
        submission.submit(runtime, draft, actor_of(request), limit, forms.checked(CheckContext.of(settings)))
    except InvalidError as error:
        return _check_page(request, drafts.find(runtime, draft.id, draft.owner), error.faults, 422)
    except (TooManyRequestsError, StorageUnavailableError) as error:
        return _not_submitted(request, drafts.find(runtime, draft.id, draft.owner), error)
    return paths.to_receipt(request, draft)


@router.get("/report/drafts/{draft_id}/receipt")
def show_receipt(request: Request, draft: OwnDraft) -> Response:
    """受理编号 and 查询码: for half an hour, in the browser that submitted."""
    if draft.ticket is None:
        return paths.redirect(draft, "check")
    receipt = submission.receipt(runtime_of(request), draft)
    track_url = f"{paths.base_url(request)}/track?number={receipt.number}"
    page = render(
        request,
        "clinic/receipt.html",
        draft=draft,
        receipt=submission.shown_receipt(runtime_of(request), draft),
        number=receipt.number,
        track_url=track_url,
        qr=Markup(segno.make(track_url, error="m").svg_inline(scale=4, border=2, dark="#1f2329")),  # noqa: S704
    )
    cookies.keep_receipt(request, page, draft)
    cookies.remember_opened(request, page, draft.ticket)
    return page


@router.post("/report/drafts/{draft_id}/receipt")
def forget(request: Request, draft: OwnDraft, form: KeptForm) -> Response:
    """清除本机记录: this browser forgets its drafts; submitted reports stay with support."""
    response = RedirectResponse("/", 303)
    cookies.drop_all(request, response)
    return response


@router.get("/report/drafts/{draft_id}/{step}")
def show_text_step(request: Request, draft: OwnDraft, step: TextStep, back: str = "") -> Response:
    """Step 1 again, or step 3."""
    if draft.ticket:
        return paths.to_receipt(request, draft)
    context = CheckContext.of(runtime_of(request).settings)
    faults = (
        forms.step_faults(draft.kind, Step(step), draft.values, context)
        if back == BACK_TO_CHECK
        else forms.stored_faults(draft, Step(step), context)
    )
    return text_page(request, draft.kind, Step(step), draft, forms.shown_values(draft), faults)


@router.post("/report/drafts/{draft_id}/{step}")
def take_text_step(request: Request, draft: OwnDraft, step: TextStep, form: KeptForm) -> Response:
    """Store the step, then continue or show every fault."""
    if draft.ticket:
        return paths.to_receipt(request, draft)
    return _take_text(request, draft.kind, Step(step), draft, form)


def _take_text(request: Request, kind: Kind, step: Step, draft: OpenDraft | None, form: PostedForm) -> Response:
    runtime, posted = runtime_of(request), forms.posted_values(form, kind, step)
    draft = (
        drafts.save(runtime, draft, forms.with_originals(draft, posted))
        if draft
        else drafts.start(runtime, kind, posted, context.client_address(request), paths.visit(request, form))
    )
    faults = forms.step_faults(kind, step, draft.values, CheckContext.of(runtime.settings))
    filing_sessions.note_refused(runtime.database, draft.id, faults)
    response = (
        text_page(request, kind, step, draft, {**forms.shown_values(draft), **posted}, faults, 422)
        if faults
        else paths.redirect(draft, paths.next_page(request, step))
    )
    cookies.keep_draft(request, response, draft)
    return response


def _check_page(
    request: Request, draft: OpenDraft, faults: Sequence[Fault], status: int = 200, refusal: str = ""
) -> Response:
    linked = [(fault, draft.kind.field(fault.field).step) for fault in faults]
    return render(
        request,
        "clinic/check.html",
        status,
        kind=draft.kind,
        draft=draft,
        sections=forms.sections(draft),
        holds_secrets=forms.holds_secrets(draft),
        faults=faults,
        linked_faults=linked,
        refusal=refusal,
    )


def _not_submitted(request: Request, draft: OpenDraft, error: PortalError) -> Response:
    """Everything is stored and can be submitted again, unless the report was filed after all."""
    if draft.ticket:
        return paths.to_receipt(request, draft)
    page = _check_page(request, draft, [], error.status, error.message)
    if isinstance(error, TooManyRequestsError):
        page.headers["retry-after"] = str(error.retry_after)
    return page

"""The clinic's filing: home, the text steps, the check page and the receipt. No sign-in; a cookie names the draft."""

import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Literal

import segno
from fastapi import APIRouter, Depends
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
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
    early_pictures,
    followers,
    forms,
    known_issue_suggestions,
    page_marks,
    paste,
    paths,
    phone,
    reading,
    returned,
    screenshots,
    step_values,
    supplement,
    survey,
    typed,
    typed_articles,
)
from portal.pages.clinic.check_questions import check_questions
from portal.pages.clinic.page_marks import OutdatedPageError
from portal.pages.clinic.paths import BACK_TO_CHECK, OwnDraft
from portal.pages.clinic.returned import Told
from portal.pages.clinic.step_values import SentStep
from portal.pages.clinic.text_pages import KindInPath, text_page
from portal.reports import drafts, submission
from portal.reports.draft_answers import Values
from portal.reports.drafts import DraftGoneError, OpenDraft
from portal.runtime import runtime_of
from portal.web.body import PostedForm
from portal.web.csrf import KeptForm, OldPageError, PublicForm
from portal.web.routes import routes_of
from portal.web.templating import render


class _Route(returned.StepRoute):
    """As every step; the check page, which holds nothing typed, is shown anew."""

    @classmethod
    async def form_again(cls, request: Request, error: PortalError) -> Response | None:
        if isinstance(error, OldPageError) and request.url.path.endswith("/check"):
            return await run_in_threadpool(_check_again, request, error)
        return await super().form_again(request, error)


# First, because /report/drafts/{draft_id}/{step} and /report/{kind} below would match their addresses.
_PARTS = (
    phone, screenshots, supplement, survey, typed, paste, reading, typed_articles, early_pictures, followers,
)  # fmt: skip
router = APIRouter(
    routes=routes_of(*(part.router for part in _PARTS)),
    dependencies=[Depends(public)], include_in_schema=False, route_class=_Route,
)  # fmt: skip

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
def begin(request: Request, kind: KindInPath, new: str = "") -> Response:
    """Step 1. Resumes this browser's latest unsubmitted draft, unless another report is wanted."""
    tokens = [] if new else cookies.draft_tokens(request, kind)
    draft = drafts.unfinished(runtime_of(request), kind, *tokens)
    return text_page(request, kind, Step.SITUATION, draft, forms.shown_values(draft), [])


@router.post("/report/{kind}")
def take_situation(request: Request, kind: KindInPath, form: KeptForm) -> Response:
    """Store step 1, valid or not, then continue or show every fault."""
    if form.get(paste.FIELD).strip():
        return paste.take(request, kind, form)
    return _take_text(request, kind, Step.SITUATION, page_marks.draft_of_page(request, kind, form), form)


@router.post("/report/{kind}/removal")
def start_afresh(request: Request, kind: KindInPath, form: PublicForm) -> Response:
    """重新填写: destroy the page's unsubmitted draft and show an empty form."""
    response = RedirectResponse(f"/report/{kind.name}?new=1", 303)
    with suppress(DraftGoneError):
        draft = page_marks.draft_of_page(request, kind, form)
        if draft is not None:
            drafts.discard(runtime_of(request), draft)
            cookies.drop_draft(request, response, draft)
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
    check = _as_shown(form.get("seen"), forms.checked(CheckContext.of(settings)))
    try:
        submission.submit(runtime, draft, actor_of(request), limit, check)
    except OutdatedPageError as error:
        refusal = f"{error.message}，请再核对一遍"
        return _check_page(request, drafts.find(runtime, draft.id, draft.owner), [], error.status, refusal)
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
    half = step_values.half_typed(draft, Step(step))
    told = (
        Told(f"离开本页时“{half}”正在填写", "已保存到离开时为止。如果当时没有填完，请重新填写这一项") if half else None
    )
    return text_page(request, draft.kind, Step(step), draft, forms.shown_values(draft), faults, told=told)


@router.post("/report/drafts/{draft_id}/{step}")
def take_text_step(request: Request, draft: OwnDraft, step: TextStep, form: KeptForm) -> Response:
    """Store the step, then continue or show every fault."""
    return _take_text(request, draft.kind, Step(step), draft, form)


def _take_text(request: Request, kind: Kind, step: Step, draft: OpenDraft | None, form: PostedForm) -> Response:
    runtime, context = runtime_of(request), CheckContext.of(runtime_of(request).settings)
    sent = step_values.sent_step(form, kind, step, page_marks.mark_of(form), context)
    sent = reading.taken_back(kind, form, sent)
    if draft is not None and draft.ticket:
        return paths.to_receipt(request, draft) if sent.is_empty else returned.filed(request, draft, sent)
    try:
        draft = step_values.write(request, kind, form, draft, sent, reading.noted(form))
    except OutdatedPageError:
        return returned.outdated(request, drafts.find(runtime, draft.id, draft.owner), sent)  # type: ignore[union-attr]
    if sent.removed:
        response: Response = paths.redirect(draft, paths.same_page(request, step.value))
    elif form.has(reading.UNDO):
        response = text_page(request, kind, step, draft, {**forms.shown_values(draft), **sent.texts}, [])
    elif step is Step.SITUATION and (found := reading.open_question(draft, form)):
        response = _asked_page(request, kind, draft, sent, found)
    elif faults := step_values.faults_of(draft, sent, context):
        filing_sessions.note_refused(runtime.database, draft.id, faults)
        values = {**forms.shown_values(draft), **sent.texts}
        response = text_page(request, kind, step, draft, values, faults, 422)
    else:
        response = paths.redirect(draft, paths.next_page(request, step))
    cookies.keep_draft(request, response, draft)
    return response


def _asked_page(request: Request, kind: Kind, draft: OpenDraft, sent: SentStep, found: Values) -> Response:
    """Step 1 with what its description says, asked about once before the next page."""
    answered = replace(draft, values={**draft.values, **found})
    faults = step_values.faults_of(answered, sent, sent.context)
    values = {**forms.shown_values(draft), **sent.texts, **reading.shown(draft, found)}
    was_read = reading.was_read(kind, found)
    return text_page(request, kind, sent.step, draft, values, faults, 422, was_read=was_read)


def _as_shown(seen: str, check: submission.Check) -> submission.Check:
    """Files what the check page showed, and nothing that another window has changed since."""

    def checked(draft: OpenDraft) -> submission.CheckedDraft:
        if seen and seen != page_marks.state_of(draft):
            raise OutdatedPageError
        return check(draft)

    return checked


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
        questions=check_questions(draft.kind, draft.values),
        faults=faults,
        linked_faults=linked,
        refusal=refusal,
        seen=page_marks.state_of(draft),
    )


def _check_again(request: Request, error: PortalError) -> Response | None:
    with suppress(DraftGoneError):
        draft = paths.own_draft(request, uuid.UUID(str(request.path_params["draft_id"])))
        return _check_page(request, draft, [], error.status, error.message) if draft.ticket is None else None
    return None


def _not_submitted(request: Request, draft: OpenDraft, error: PortalError) -> Response:
    """Everything is stored and can be submitted again, unless the report was filed after all."""
    if draft.ticket:
        return paths.to_receipt(request, draft)
    page = _check_page(request, draft, [], error.status, error.message)
    if isinstance(error, TooManyRequestsError):
        page.headers["retry-after"] = str(error.retry_after)
    return page

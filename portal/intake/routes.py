"""The clinic's filing: home, the text steps, the check page and the receipt. No sign-in; a cookie names the draft."""

from collections.abc import Sequence
from typing import Literal

import segno
from fastapi import APIRouter, Depends
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.attempts import Limit
from portal.accounts.guard import actor_of, public
from portal.errors import Fault, InvalidError, PortalError, StorageUnavailableError, TooManyRequestsError
from portal.experience import courses
from portal.intake import (
    cookies,
    drafts,
    follower_routes,
    forms,
    hand_over_routes,
    notices,
    paste_routes,
    paths,
    picture_routes,
    submission,
)
from portal.intake.drafts import OpenDraft
from portal.intake.paths import BACK_TO_CHECK, Form, OwnDraft, tools_of
from portal.intake.text_pages import AskedKind, text_page
from portal.tickets.fields import Step
from portal.tickets.kinds import Kind
from portal.web import context
from portal.web.body import PostedForm
from portal.web.templating import render

router = APIRouter(dependencies=[Depends(public)], include_in_schema=False)
# First: /report/drafts/{draft_id}/{step} and /report/{kind} below would take their addresses.
router.include_router(hand_over_routes.router)
router.include_router(picture_routes.router)
router.include_router(paste_routes.router)
router.include_router(follower_routes.router)

TextStep = Literal["situation", "identity"]


@router.get("/")
def home(request: Request) -> Response:
    """首页: the two kinds, and what to have at hand."""
    return render(request, "intake/home.html", known_issues=notices.at_home(request))


@router.get("/report/{kind}")
def begin(request: Request, kind: AskedKind) -> Response:
    """Step 1. A draft that this browser has not submitted yet is gone on with."""
    draft = drafts.unfinished(tools_of(request), kind, cookies.draft_token(request, kind))
    return text_page(request, kind, Step.SITUATION, draft, forms.shown_values(draft), [])


@router.post("/report/{kind}")
def take_situation(request: Request, kind: AskedKind, form: Form) -> Response:
    """Keep step 1, whatever is wrong with it, then go on or tell every fault."""
    if form.get(paste_routes.FIELD).strip():
        return paste_routes.take(request, kind, form)
    draft = drafts.unfinished(tools_of(request), kind, cookies.draft_token(request, kind))
    return _take_text(request, kind, Step.SITUATION, draft, form)


@router.post("/report/{kind}/removal")
def start_afresh(request: Request, kind: AskedKind, form: Form) -> Response:
    """重新填写: destroy the unfinished draft and show an empty form."""
    draft = drafts.unfinished(tools_of(request), kind, cookies.draft_token(request, kind))
    if draft is not None:
        drafts.discard(tools_of(request), draft)
    response = RedirectResponse(f"/report/{kind.name}", 303)
    cookies.drop_draft(request, response, kind)
    return response


@router.get("/report/drafts/{draft_id}/check")
def show_check(request: Request, draft: OwnDraft) -> Response:
    """核对后提交: everything given, secrets masked; nothing has been sent yet."""
    return paths.to_receipt(request, draft) if draft.ticket else _check_page(request, draft, [])


@router.post("/report/drafts/{draft_id}/check")
def submit(request: Request, draft: OwnDraft, form: Form) -> Response:
    """提交问题. Pressed twice, or again later, it leads to the same receipt."""
    if draft.ticket:
        return paths.to_receipt(request, draft)
    tools, settings = tools_of(request), request.app.state.settings
    limit = Limit("report-address", most=settings.reports_per_hour, minutes=60)
    try:
        submission.submit(tools, draft, actor_of(request), limit)
    except InvalidError as error:
        return _check_page(request, drafts.find(tools, draft.id, [draft.token]), error.faults, 422)
    except (TooManyRequestsError, StorageUnavailableError) as error:
        return _not_submitted(request, drafts.find(tools, draft.id, [draft.token]), error)
    return paths.to_receipt(request, draft)


@router.get("/report/drafts/{draft_id}/receipt")
def show_receipt(request: Request, draft: OwnDraft) -> Response:
    """受理编号 and 查询码: for half an hour, in the browser that submitted."""
    if draft.ticket is None:
        return paths.redirect(draft, "check")
    receipt = submission.receipt(tools_of(request), draft)
    track_url = f"{paths.base_url(request)}/track?number={receipt.number}"
    page = render(
        request,
        "intake/receipt.html",
        draft=draft,
        receipt=receipt if draft.shows_receipt else None,
        number=receipt.number,
        track_url=track_url,
        qr=Markup(segno.make(track_url, error="m").svg_inline(scale=4, border=2, dark="#1f2329")),  # noqa: S704
    )
    cookies.keep_receipt(request, page, draft)
    return page


@router.post("/report/drafts/{draft_id}/receipt")
def forget(request: Request, draft: OwnDraft, form: Form) -> Response:
    """清除本机记录: this browser forgets its drafts; what was submitted stays with support."""
    response = RedirectResponse("/", 303)
    cookies.drop_all(request, response)
    return response


@router.get("/report/drafts/{draft_id}/{step}")
def show_text_step(request: Request, draft: OwnDraft, step: TextStep, back: str = "") -> Response:
    """Step 1 again, or step 3."""
    if draft.ticket:
        return paths.to_receipt(request, draft)
    rules = tools_of(request).rules()
    faults = (
        forms.step_faults(draft.kind, Step(step), draft.values, rules)
        if back == BACK_TO_CHECK
        else forms.kept_faults(draft, Step(step), rules)
    )
    return text_page(request, draft.kind, Step(step), draft, forms.shown_values(draft), faults)


@router.post("/report/drafts/{draft_id}/{step}")
def take_text_step(request: Request, draft: OwnDraft, step: TextStep, form: Form) -> Response:
    """Keep the step, then go on or tell every fault."""
    if draft.ticket:
        return paths.to_receipt(request, draft)
    return _take_text(request, draft.kind, Step(step), draft, form)


def _take_text(request: Request, kind: Kind, step: Step, draft: OpenDraft | None, form: PostedForm) -> Response:
    tools, posted = tools_of(request), forms.posted_values(form, kind, step)
    draft = (
        drafts.save(tools, draft, forms.with_originals(draft, posted))
        if draft
        else drafts.start(tools, kind, posted, context.client_address(request), paths.visit(request, form))
    )
    faults = forms.step_faults(kind, step, draft.values, tools.rules())
    courses.note_refused(tools.database, draft.id, faults)
    response = (
        text_page(request, kind, step, draft, {**forms.shown_values(draft), **posted}, faults, 422)
        if faults
        else paths.redirect(draft, paths.next_page(request, step))
    )
    cookies.keep_draft(request, response, draft)
    return response


def _check_page(
    request: Request, draft: OpenDraft, faults: Sequence[Fault], status: int = 200, trouble: str = ""
) -> Response:
    linked = [(fault, draft.kind.field(fault.field).step) for fault in faults]
    return render(
        request,
        "intake/check.html",
        status,
        kind=draft.kind,
        draft=draft,
        sections=forms.sections(draft),
        holds_secrets=forms.holds_secrets(draft),
        faults=faults,
        linked_faults=linked,
        trouble=trouble,
    )


def _not_submitted(request: Request, draft: OpenDraft, error: PortalError) -> Response:
    """Everything is kept and may be sent once more, unless the report stands after all."""
    if draft.ticket:
        return paths.to_receipt(request, draft)
    page = _check_page(request, draft, [], error.status, error.message)
    if isinstance(error, TooManyRequestsError):
        page.headers["retry-after"] = str(error.retry_after)
    return page

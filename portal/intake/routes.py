"""The clinic's filing: home, three steps, the check page and the receipt. No sign-in; a cookie names the draft."""

import uuid
from collections.abc import Sequence
from typing import Annotated, Literal

import segno
from fastapi import APIRouter, Depends
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from portal.accounts.attempts import Limit
from portal.accounts.guard import actor_of, public
from portal.errors import Fault, InvalidError, NotFoundError, PortalError, StorageUnavailableError, TooManyRequestsError
from portal.intake import cookies, drafts, forms, submission
from portal.intake.drafts import OpenDraft, Values
from portal.screenshots.inspection import Inspection, ScreenHint, Verdict, inspect, parse_screen_hint
from portal.tickets.fields import Step
from portal.tickets.kinds import NOTICE_VERSION, Kind, kind_of
from portal.tickets.tools import Tools
from portal.web import context
from portal.web.body import PostedForm, Upload
from portal.web.csrf import posted_form, posted_upload
from portal.web.middleware import PICTURE_POLICY
from portal.web.templating import render

router = APIRouter(dependencies=[Depends(public)], include_in_schema=False)

Form = Annotated[PostedForm, Depends(posted_form)]
UploadForm = Annotated[PostedForm, Depends(posted_upload)]
TextStep = Literal["situation", "identity"]

_NEXT = {Step.SITUATION: "screenshots", Step.SCREENSHOTS: "identity", Step.IDENTITY: "check"}
_BACK_TO_CHECK = "check"


def asked_kind(kind: str) -> Kind:
    """The kind in the address; an unknown one is an absent page."""
    found = kind_of(kind)
    if found is None:
        raise NotFoundError
    return found


def own_draft(request: Request, draft_id: uuid.UUID) -> OpenDraft:
    """The draft in the address, for the browser that began it."""
    return drafts.find(_tools(request), draft_id, cookies.tokens(request))


AskedKind = Annotated[Kind, Depends(asked_kind)]
OwnDraft = Annotated[OpenDraft, Depends(own_draft)]


@router.get("/")
def home(request: Request) -> Response:
    """首页: the two kinds, and what to have at hand."""
    return render(request, "intake/home.html")


@router.get("/report/{kind}")
def begin(request: Request, kind: AskedKind) -> Response:
    """Step 1. A draft that this browser has not submitted yet is gone on with."""
    draft = drafts.unfinished(_tools(request), kind, cookies.draft_token(request, kind))
    return _text_page(request, kind, Step.SITUATION, draft, forms.shown_values(draft), [])


@router.post("/report/{kind}")
def take_situation(request: Request, kind: AskedKind, form: Form) -> Response:
    """Keep step 1, whatever is wrong with it, then go on or tell every fault."""
    draft = drafts.unfinished(_tools(request), kind, cookies.draft_token(request, kind))
    return _take_text(request, kind, Step.SITUATION, draft, form)


@router.post("/report/{kind}/removal")
def start_afresh(request: Request, kind: AskedKind, form: Form) -> Response:
    """重新填写: destroy the unfinished draft and show an empty form."""
    draft = drafts.unfinished(_tools(request), kind, cookies.draft_token(request, kind))
    if draft is not None:
        drafts.discard(_tools(request), draft)
    response = RedirectResponse(f"/report/{kind.name}", 303)
    cookies.drop_draft(request, response, kind)
    return response


@router.get("/report/drafts/{draft_id}/screenshots")
def show_screenshots(request: Request, draft: OwnDraft, back: str = "") -> Response:
    """Step 2."""
    if draft.ticket:
        return _to_receipt(request, draft)
    faults = forms.slot_faults(draft) if back == _BACK_TO_CHECK else []
    return _screenshots_page(request, draft, faults)


@router.post("/report/drafts/{draft_id}/screenshots")
def take_screenshots(request: Request, draft: OwnDraft, form: UploadForm) -> Response:
    """Keep what is good of the posted pictures, tell what is wrong with the others, then do what was pressed."""
    if draft.ticket:
        return _to_receipt(request, draft)
    tools = _tools(request)
    confirmations = forms.posted_confirmations(form, draft)
    if confirmations:
        drafts.confirm_pictures(tools, draft, confirmations)
    removed = _uuid(form.get("remove"))
    if removed:
        drafts.remove_picture(tools, draft, removed)
    refused = _take_pictures(tools, draft, form)
    draft = drafts.find(tools, draft.id, [draft.token])
    if form.get("action") == "upload" and not any(form.files(spec.name) for spec in forms.wanted_slots(draft)):
        refused = forms.nothing_chosen(draft)
    goes_on = form.get("action") == "next" and not removed
    faults = refused + _unless_told(refused, forms.slot_faults(draft)) if goes_on else refused
    if faults:
        return _screenshots_page(request, draft, faults, 422)
    return _redirect(draft, _next_page(request, Step.SCREENSHOTS) if goes_on else _same_page(request, "screenshots"))


@router.post("/report/drafts/{draft_id}/pictures")
def add_picture(request: Request, draft: OwnDraft, form: UploadForm) -> Response:
    """One picture by the script: 201 with what was measured, or 422 with what to do."""
    tools, slot = _tools(request), form.get("slot")
    if slot not in {spec.name for spec in forms.wanted_slots(draft)}:
        raise NotFoundError
    uploads = form.files(slot)
    if len(uploads) != 1:
        raise InvalidError([draft.kind.field(slot).fault("image_missing", "没有收到图片，请重新选择")])
    inspection = _inspected(tools, uploads[0], _hint(form))
    if inspection.verdict is Verdict.REFUSE:
        raise InvalidError([_refusal(draft.kind, slot, inspection)])
    picture = forms.picture_view(draft, drafts.add_picture(tools, draft, slot, inspection))
    return JSONResponse(
        {
            "id": str(picture.id),
            "slot": picture.slot,
            "width": picture.width,
            "height": picture.height,
            "verdict": picture.verdict,
            "message": picture.message,
            "is_photo": picture.is_photo,
            "preview_url": picture.url,
        },
        201,
    )


@router.get("/report/drafts/{draft_id}/pictures/{picture_id}")
def show_picture(request: Request, draft: OwnDraft, picture_id: uuid.UUID) -> Response:
    """A picture for the one who gave it, until it is submitted."""
    media_type, content = drafts.picture_content(_tools(request), draft, picture_id)
    headers = {"content-security-policy": PICTURE_POLICY, "content-disposition": "inline"}
    return Response(content, media_type=media_type, headers=headers)


@router.post("/report/drafts/{draft_id}/pictures/{picture_id}/removal")
def remove_picture(request: Request, draft: OwnDraft, picture_id: uuid.UUID, form: Form) -> Response:
    """Forget one picture."""
    drafts.remove_picture(_tools(request), draft, picture_id)
    return Response(status_code=204)


@router.post("/report/drafts/{draft_id}/pictures/{picture_id}/confirmation")
def confirm_picture(request: Request, draft: OwnDraft, picture_id: uuid.UUID, form: Form) -> Response:
    """The reporter says that a picture which was asked about shows the whole screen; an empty field takes it back."""
    drafts.confirm_pictures(_tools(request), draft, {picture_id: bool(form.get("confirm_full_screen"))})
    return Response(status_code=204)


@router.get("/report/drafts/{draft_id}/check")
def show_check(request: Request, draft: OwnDraft) -> Response:
    """核对后提交: everything given, secrets masked; nothing has been sent yet."""
    return _to_receipt(request, draft) if draft.ticket else _check_page(request, draft, [])


@router.post("/report/drafts/{draft_id}/check")
def submit(request: Request, draft: OwnDraft, form: Form) -> Response:
    """提交问题. Pressed twice, or again later, it leads to the same receipt."""
    if draft.ticket:
        return _to_receipt(request, draft)
    tools, settings = _tools(request), request.app.state.settings
    limit = Limit("report-address", most=settings.reports_per_hour, minutes=60)
    try:
        submission.submit(tools, draft, actor_of(request), limit)
    except InvalidError as error:
        return _check_page(request, drafts.find(tools, draft.id, [draft.token]), error.faults, 422)
    except (TooManyRequestsError, StorageUnavailableError) as error:
        return _not_submitted(request, drafts.find(tools, draft.id, [draft.token]), error)
    return _to_receipt(request, draft)


@router.get("/report/drafts/{draft_id}/receipt")
def show_receipt(request: Request, draft: OwnDraft) -> Response:
    """受理编号 and 查询码: for half an hour, in the browser that submitted."""
    if draft.ticket is None:
        return _redirect(draft, "check")
    receipt = submission.receipt(_tools(request), draft)
    track_url = f"{_base_url(request)}/track?number={receipt.number}"
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
        return _to_receipt(request, draft)
    rules = _tools(request).rules()
    faults = (
        forms.step_faults(draft.kind, Step(step), draft.values, rules)
        if back == _BACK_TO_CHECK
        else forms.kept_faults(draft, Step(step), rules)
    )
    return _text_page(request, draft.kind, Step(step), draft, forms.shown_values(draft), faults)


@router.post("/report/drafts/{draft_id}/{step}")
def take_text_step(request: Request, draft: OwnDraft, step: TextStep, form: Form) -> Response:
    """Keep the step, then go on or tell every fault."""
    if draft.ticket:
        return _to_receipt(request, draft)
    return _take_text(request, draft.kind, Step(step), draft, form)


def _take_text(request: Request, kind: Kind, step: Step, draft: OpenDraft | None, form: PostedForm) -> Response:
    tools, posted = _tools(request), forms.posted_values(form, kind, step)
    draft = (
        drafts.save(tools, draft, forms.with_originals(draft, posted))
        if draft
        else drafts.start(tools, kind, posted, context.client_address(request))
    )
    faults = forms.step_faults(kind, step, draft.values, tools.rules())
    response = (
        _text_page(request, kind, step, draft, {**forms.shown_values(draft), **posted}, faults, 422)
        if faults
        else _redirect(draft, _next_page(request, step))
    )
    cookies.keep_draft(request, response, draft)
    return response


def _take_pictures(tools: Tools, draft: OpenDraft, form: PostedForm) -> list[Fault]:
    """Keep every good picture of the post; gives the faults of the others."""
    faults: list[Fault] = []
    for spec in forms.wanted_slots(draft):
        uploads = form.files(spec.name)
        for number, upload in enumerate(uploads, 1):
            inspection = _inspected(tools, upload, _hint(form))
            try:
                if inspection.verdict is Verdict.REFUSE:
                    raise InvalidError([_refusal(draft.kind, spec.name, inspection)])
                drafts.add_picture(tools, draft, spec.name, inspection)
            except InvalidError as error:
                where = f"第 {number} 张：" if len(uploads) > 1 else ""
                faults += [Fault(fault.field, fault.code, where + fault.message) for fault in error.faults]
    return faults


def _inspected(tools: Tools, upload: Upload, hint: ScreenHint | None) -> Inspection:
    return inspect(upload.content, hint=hint, limits=tools.limits)


def _refusal(kind: Kind, slot: str, inspection: Inspection) -> Fault:
    return kind.field(slot).fault(inspection.code or "image_broken", inspection.message)


def _unless_told(told: Sequence[Fault], faults: Sequence[Fault]) -> list[Fault]:
    """A slot whose picture was just refused need not be called empty as well."""
    fields = {fault.field for fault in told}
    return [fault for fault in faults if fault.field not in fields or fault.code != "image_missing"]


def _text_page(
    request: Request,
    kind: Kind,
    step: Step,
    draft: OpenDraft | None,
    values: Values,
    faults: Sequence[Fault],
    status: int = 200,
) -> Response:
    return render(
        request,
        f"intake/{step.value}.html",
        status,
        kind=kind,
        draft=draft,
        fields=forms.field_views(kind, step, values, faults),
        faults=faults,
        action=_action(request),
        notice_version=NOTICE_VERSION,
        secrets=forms.required_secrets(kind),
    )


def _screenshots_page(request: Request, draft: OpenDraft, faults: Sequence[Fault], status: int = 200) -> Response:
    limits = _tools(request).limits
    return render(
        request,
        "intake/screenshots.html",
        status,
        kind=draft.kind,
        draft=draft,
        slots=forms.slot_views(draft, faults),
        faults=faults,
        action=_action(request),
        limits=limits,
    )


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
        return _to_receipt(request, draft)
    page = _check_page(request, draft, [], error.status, error.message)
    if isinstance(error, TooManyRequestsError):
        page.headers["retry-after"] = str(error.retry_after)
    return page


def _action(request: Request) -> str:
    """A form posts to its own page: on /report/<kind> that works on when the draft behind it has expired."""
    return _same_page(request, request.url.path)


def _returns_to_check(request: Request) -> bool:
    return request.query_params.get("back") == _BACK_TO_CHECK


def _next_page(request: Request, step: Step) -> str:
    """After a change that began on the check page, straight back to it."""
    return "check" if _returns_to_check(request) else _NEXT[step]


def _same_page(request: Request, page: str) -> str:
    return f"{page}?back={_BACK_TO_CHECK}" if _returns_to_check(request) else page


def _redirect(draft: OpenDraft, page: str) -> Response:
    return RedirectResponse(f"/report/drafts/{draft.id}/{page}", 303)


def _to_receipt(request: Request, draft: OpenDraft) -> Response:
    response = _redirect(draft, "receipt")
    cookies.keep_receipt(request, response, draft)
    return response


def _hint(form: PostedForm) -> ScreenHint | None:
    return parse_screen_hint(form.get("screen_hint"))


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _base_url(request: Request) -> str:
    configured: str = request.app.state.settings.base_url
    return configured.rstrip("/") or f"{request.url.scheme}://{request.url.netloc}"


def _tools(request: Request) -> Tools:
    tools: Tools = request.app.state.tools
    return tools

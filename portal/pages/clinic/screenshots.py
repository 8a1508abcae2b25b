"""Step 2: the screenshots of a draft, posted with the page or one by one by the script, and checked at once."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from portal.accounts.guard import public
from portal.errors import Fault, InvalidError, NotFoundError
from portal.kinds.fields import FieldSpec, Step
from portal.kinds.table import Kind
from portal.kinds.validation import without_questions
from portal.metrics import filing_sessions
from portal.pages.clinic import article_suggestions, forms, known_issue_suggestions, paths
from portal.pages.clinic.draft_room import has_draft_room
from portal.pages.clinic.forms import PictureView
from portal.pages.clinic.paths import BACK_TO_CHECK, OwnDraft
from portal.reports import draft_pictures, drafts, phone_upload, picture_refusals
from portal.reports.drafts import OpenDraft
from portal.runtime import Runtime, runtime_of
from portal.screenshots import script_rule
from portal.screenshots.inspection import (
    Inspection,
    InspectionLimits,
    ScreenHint,
    Verdict,
    inspect,
    parse_screen_hint,
)
from portal.screenshots.models import Screenshot
from portal.screenshots.rendering import THUMBNAIL_TYPE
from portal.web.body import PostedForm, Upload, as_uuid
from portal.web.csrf import KeptUploadForm, PublicForm, PublicUploadForm
from portal.web.middleware import PICTURE_POLICY
from portal.web.templating import render

router = APIRouter(dependencies=[Depends(public)], include_in_schema=False)


@router.get("/report/drafts/{draft_id}/screenshots")
def show_screenshots(request: Request, draft: OwnDraft, back: str = "") -> Response:
    if draft.ticket:
        return paths.to_receipt(request, draft)
    faults = forms.slot_faults(draft, _refusals(request, draft)) if back == BACK_TO_CHECK else []
    return _screenshots_page(request, draft, faults)


@router.post("/report/drafts/{draft_id}/screenshots", dependencies=[Depends(has_draft_room)])
def take_screenshots(request: Request, draft: OwnDraft, form: KeptUploadForm) -> Response:
    """Store the valid screenshots, show the faults of the others, then do what the button says.

    是整个屏幕 and 重新截 are buttons too; like 删除 they lead back to this page.
    """
    if draft.ticket:
        return paths.to_receipt(request, draft)
    runtime = runtime_of(request)
    confirmations = forms.posted_confirmations(form, draft)
    if confirmations:
        draft_pictures.judge(runtime, draft, confirmations)
    removed = as_uuid(form.get("remove"))
    if removed:
        draft_pictures.remove(runtime, draft, removed)
    refused = take_pictures(runtime, draft, form, hint_of(form))[1]
    draft = drafts.find(runtime, draft.id, draft.owner)
    has_files = any(forms.posted_files(form, spec.name) for spec in forms.wanted_slots(draft))
    if form.get("action") == "upload" and not has_files:
        refused = forms.no_file_faults(draft)
    goes_on = form.get("action") == "next" and not removed
    faults = (
        refused + _not_refused(refused, forms.slot_faults(draft, picture_refusals.of(runtime, draft)))
        if goes_on
        else refused
    )
    if faults:
        return _screenshots_page(request, draft, faults, 422)
    if form.get("action") == "phone" and phone_upload.is_reachable(paths.base_url(request)):
        phone_upload.begin(runtime, draft)
    if form.get("action") == "phone-end":
        phone_upload.end(runtime, draft)
    page = paths.next_page(request, Step.SCREENSHOTS) if goes_on else _same_page(request, draft)
    return paths.redirect(draft, page)


@router.post("/report/drafts/{draft_id}/pictures", dependencies=[Depends(has_draft_room)])
def add_picture(request: Request, draft: OwnDraft, form: PublicUploadForm) -> Response:
    """One screenshot from the script: 201 with its measurements, or 422 with what to do.

    `replaces` names the screenshot of which this is the marked or redacted copy; the original is deleted once this is
    stored.
    """
    runtime = runtime_of(request)
    replaced = draft_pictures.find(runtime, draft, as_uuid(form.get("replaces")))
    slot, upload = posted_picture(draft, form)
    inspection = _accepted(runtime, draft, slot, upload, hint_of(form), is_photo=bool(replaced and replaced.is_photo))
    stored = (
        draft_pictures.replace(runtime, draft, replaced, inspection)
        if replaced
        else draft_pictures.add(runtime, draft, slot, inspection)
    )
    return JSONResponse(picture_facts(forms.picture_view(draft, stored)), 201)


@router.post("/report/drafts/{draft_id}/pictures/refusals")
def count_refusal(request: Request, draft: OwnDraft, form: PublicForm) -> Response:
    """The script held back a screenshot that would certainly be refused: the metrics and the page remember it."""
    runtime = runtime_of(request)
    slot, reason = form.get("slot"), form.get("reason")
    if reason in script_rule.CODES and slot in {spec.name for spec in forms.wanted_slots(draft)}:
        fault = draft.kind.field(slot).fault(reason, _held_back(runtime, reason, form))
        _note_refused(runtime, draft, fault)
    return Response(status_code=204)


@router.get("/report/drafts/{draft_id}/pictures/{picture_id}")
def show_picture(request: Request, draft: OwnDraft, picture_id: uuid.UUID) -> Response:
    """A screenshot, for its owner until the report is submitted."""
    media_type, content = draft_pictures.content(runtime_of(request), draft, picture_id)
    headers = {"content-security-policy": PICTURE_POLICY, "content-disposition": "inline"}
    return Response(content, media_type=media_type, headers=headers)


@router.get("/report/drafts/{draft_id}/pictures/{picture_id}/thumbnail")
def show_thumbnail(request: Request, draft: OwnDraft, picture_id: uuid.UUID) -> Response:
    """A small JPEG for the pages: slow lines do not carry the original twice (UX 8)."""
    content = draft_pictures.thumbnail(runtime_of(request), draft, picture_id)
    headers = {"content-security-policy": PICTURE_POLICY, "content-disposition": "inline"}
    return Response(content, media_type=THUMBNAIL_TYPE, headers=headers)


@router.post("/report/drafts/{draft_id}/pictures/{picture_id}/removal")
def remove_picture(request: Request, draft: OwnDraft, picture_id: uuid.UUID, form: PublicForm) -> Response:
    draft_pictures.remove(runtime_of(request), draft, picture_id)
    return Response(status_code=204)


@router.post("/report/drafts/{draft_id}/pictures/{picture_id}/confirmation")
def confirm_picture(request: Request, draft: OwnDraft, picture_id: uuid.UUID, form: PublicForm) -> Response:
    """The reporter confirms that the screenshot shows the whole screen; an empty field withdraws that."""
    runtime = runtime_of(request)
    draft_pictures.judge(runtime, draft, {picture_id: bool(form.get("confirm_full_screen"))})
    picture = draft_pictures.find(runtime, draft, picture_id)
    if picture is None:
        raise NotFoundError
    return JSONResponse(picture_facts(forms.picture_view(draft, picture)))


def posted_picture(draft: OpenDraft, form: PostedForm) -> tuple[str, Upload]:
    """The slot and the single file of a post by the script.

    Raises:
        NotFoundError: this report has no such slot.
        InvalidError: there is no file, or more than one.
    """
    slot = form.get("slot")
    if slot not in {spec.name for spec in forms.wanted_slots(draft)}:
        raise NotFoundError
    uploads = form.files(slot)
    if len(uploads) != 1:
        raise InvalidError([draft.kind.field(slot).fault("image_missing", "没有收到图片，请重新选择")])
    return slot, uploads[0]


def keep_picture(runtime: Runtime, draft: OpenDraft, slot: str, upload: Upload, hint: ScreenHint | None) -> Screenshot:
    """Check one screenshot and store it.

    Raises:
        InvalidError: it is refused, or the slot is full.
    """
    return draft_pictures.add(runtime, draft, slot, _accepted(runtime, draft, slot, upload, hint))


def take_pictures(
    runtime: Runtime,
    draft: OpenDraft,
    form: PostedForm,
    hint: ScreenHint | None,
    slots: Sequence[FieldSpec] | None = None,
) -> tuple[list[Screenshot], list[Fault]]:
    """Store every valid screenshot of the post; returns them and the faults of the others, equal ones once.

    Args:
        slots: those that count; by default all of the report.
    """
    stored: list[Screenshot] = []
    faults: list[Fault] = []
    for spec in forms.wanted_slots(draft) if slots is None else slots:
        uploads = forms.posted_files(form, spec.name)
        refused: dict[Fault, list[int]] = {}
        for number, upload in enumerate(uploads[: spec.most], 1):
            try:
                stored.append(keep_picture(runtime, draft, spec.name, upload, hint))
            except InvalidError as error:
                for fault in error.faults:
                    refused.setdefault(fault, []).append(number)
        faults += [_of_several(fault, numbers) if len(uploads) > 1 else fault for fault, numbers in refused.items()]
        if len(uploads) > spec.most:
            faults.append(spec.fault("image_too_many", f"每处最多 {spec.most} 张图片，请减少后重新提交"))
    return stored, faults


def _of_several(fault: Fault, numbers: Sequence[int]) -> Fault:
    return replace(fault, message=f"第 {'、'.join(map(str, numbers))} 张：{fault.message}")


def picture_facts(picture: PictureView) -> dict[str, object]:
    """A stored screenshot as the script shows it."""
    return {
        "id": str(picture.id),
        "slot": picture.slot,
        "width": picture.width,
        "height": picture.height,
        "line": picture.line,
        "verdict": picture.verdict,
        "message": picture.message,
        "is_photo": picture.is_photo,
        "is_confirmed": picture.is_confirmed,
        "question": picture.question,
        "preview_url": f"{picture.url}/thumbnail",
    }


def hint_of(form: PostedForm) -> ScreenHint | None:
    """The reporter's own screen, as the script measured it."""
    return parse_screen_hint(form.get("screen_hint"))


def _accepted(
    runtime: Runtime, draft: OpenDraft, slot: str, upload: Upload, hint: ScreenHint | None, *, is_photo: bool = False
) -> Inspection:
    inspection = inspect(upload.content, hint=hint, limits=InspectionLimits.of(runtime.settings), is_photo=is_photo)
    if inspection.verdict is Verdict.REFUSE:
        fault = _refusal(draft.kind, slot, inspection)
        _note_refused(runtime, draft, fault)
        raise InvalidError([fault])
    return inspection


def _note_refused(runtime: Runtime, draft: OpenDraft, fault: Fault) -> None:
    filing_sessions.note_refused(runtime.database, draft.id, [fault], is_picture=True)
    picture_refusals.note(runtime, draft, fault.field, fault.message)


def _held_back(runtime: Runtime, reason: str, form: PostedForm) -> str:
    """The sentence that the script showed, from its measurements; nothing else of the post is stored."""
    width, height, size = (_number(form.get(name)) for name in ("width", "height", "bytes"))
    return script_rule.sentence(InspectionLimits.of(runtime.settings), reason, (width, height), size)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0


def _refusal(kind: Kind, slot: str, inspection: Inspection) -> Fault:
    return kind.field(slot).fault(inspection.code or "image_broken", inspection.message)


def _not_refused(refused: Sequence[Fault], faults: Sequence[Fault]) -> list[Fault]:
    """A slot whose screenshot was just refused is not reported as empty too."""
    fields = {fault.field for fault in refused}
    return [fault for fault in faults if fault.field not in fields or fault.code != "image_missing"]


def _refusals(request: Request, draft: OpenDraft) -> Mapping[str, str]:
    return picture_refusals.of(runtime_of(request), draft)


def _same_page(request: Request, draft: OpenDraft) -> str:
    """This page again, at the slot that needs a picture next once there is one in another."""
    slots = forms.slot_views(draft, [])
    empty = next((slot.name for slot in slots if slot.is_needed and not slot.pictures), "")
    fragment = f"#slot-{empty}" if empty and any(slot.pictures for slot in slots) else ""
    return paths.same_page(request, "screenshots") + fragment


def _screenshots_page(request: Request, draft: OpenDraft, faults: Sequence[Fault], status: int = 200) -> Response:
    runtime = runtime_of(request)
    limits = InspectionLimits.of(runtime.settings)
    base_url = paths.base_url(request)
    wrong = without_questions(faults)
    slots = forms.slot_views(draft, wrong, _refusals(request, draft))
    known = known_issue_suggestions.matched(request, draft)
    return render(
        request,
        "clinic/screenshots.html",
        status,
        kind=draft.kind,
        draft=draft,
        slots=slots,
        faults=wrong,
        questions=[p for slot in slots for p in slot.pictures if p.is_question] if len(wrong) < len(faults) else [],
        action=paths.action(request),
        limits=limits,
        rule=script_rule.script_rule(limits),
        phone=phone_upload.view(runtime, draft, base_url),
        is_reachable=phone_upload.is_reachable(base_url),
        known_issues=known,
        articles=article_suggestions.matched(request, draft, beside=min(len(known), 2)),
    )

"""换用手机传图: the QR code on the PC, and the phone's only page, which can add screenshots and nothing else."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from portal import clock
from portal.accounts.guard import public
from portal.errors import ConflictError, Fault
from portal.pages.clinic import forms, paths
from portal.pages.clinic.draft_room import has_draft_room
from portal.pages.clinic.paths import OwnDraft
from portal.pages.clinic.screenshots import keep_picture, picture_facts, posted_picture, take_pictures
from portal.reports import phone_upload
from portal.reports.drafts import OpenDraft
from portal.reports.phone_upload import PHONE_PAGE, LinkView, PhoneDraft
from portal.runtime import runtime_of
from portal.screenshots.inspection import InspectionLimits
from portal.screenshots.script_rule import script_rule
from portal.web import context
from portal.web.csrf import KeptForm, KeptUploadForm, PublicForm, PublicUploadForm
from portal.web.links import OneTimeToken
from portal.web.templating import render

router = APIRouter(dependencies=[Depends(public)], include_in_schema=False)
_COOKIE = "portal_phone"


def phone_draft(request: Request) -> PhoneDraft:
    """The draft that this phone may add screenshots to."""
    return phone_upload.of_device(runtime_of(request), _device(request))


Phone = Annotated[PhoneDraft, Depends(phone_draft)]


@router.get("/report/drafts/{draft_id}/hand-over")
def show_hand_over(request: Request, draft: OwnDraft) -> Response:
    """For the script of the PC's page: the link's state and every screenshot of the draft."""
    return JSONResponse(_facts(request, draft) | {"pictures": _pictures(draft)})


@router.post("/report/drafts/{draft_id}/hand-over")
def begin_hand_over(request: Request, draft: OwnDraft, form: KeptForm) -> Response:
    """A new link with its QR code; the previous one stops working.

    Raises:
        ConflictError: no phone could open it.
    """
    if not phone_upload.is_reachable(paths.base_url(request)):
        raise ConflictError("现在的地址只有这台电脑能打开，请用它在局域网里的地址打开本页，再试一次")
    phone_upload.begin(runtime_of(request), draft)
    return JSONResponse(_facts(request, draft), 201)


@router.post("/report/drafts/{draft_id}/hand-over/removal")
def end_hand_over(request: Request, draft: OwnDraft, form: PublicForm) -> Response:
    """不用手机了: the link stops working, the screenshots stay."""
    phone_upload.end(runtime_of(request), draft)
    return Response(status_code=204)


@router.get("/report/phone")
def show_phone_page(request: Request, phone: Phone) -> Response:
    return _phone_page(request, phone, [])


@router.post("/report/phone", dependencies=[Depends(has_draft_room)])
def take_phone_pictures(request: Request, phone: Phone, form: KeptUploadForm) -> Response:
    """Without script: store the valid screenshots and show the faults of the others."""
    runtime = runtime_of(request)
    stored, faults = take_pictures(runtime, phone.draft, form, None)
    phone_upload.note(runtime, phone, stored)
    if not stored and not faults:
        faults = forms.no_file_faults(phone.draft)
    return _phone_page(request, phone_draft(request), faults, 422) if faults else RedirectResponse(PHONE_PAGE, 303)


@router.post("/report/phone/pictures", dependencies=[Depends(has_draft_room)])
def add_phone_picture(request: Request, phone: Phone, form: PublicUploadForm) -> Response:
    """One screenshot from the script. The phone's own screen says nothing about the PC's, so no hint is used."""
    runtime = runtime_of(request)
    slot, upload = posted_picture(phone.draft, form)
    stored = keep_picture(runtime, phone.draft, slot, upload, None)
    phone_upload.note(runtime, phone, [stored])
    view = forms.picture_view(phone.draft, stored)
    return JSONResponse({**picture_facts(view), "line": view.line_at_phone, "preview_url": ""}, 201)


@router.get("/report/phone/{token}")
def show_link(request: Request, token: OneTimeToken) -> Response:
    """The QR code's target. It asks for one press: previews and prefetches open links too and must not use it up."""
    return render(request, "clinic/phone_link.html", action=f"{PHONE_PAGE}/{token}")


@router.post("/report/phone/{token}")
def take_link(request: Request, token: OneTimeToken, form: KeptForm) -> Response:
    """开始传图: binds the link to this phone by a cookie; the token leaves the address bar."""
    device = phone_upload.take(runtime_of(request), token, _device(request), context.client_address(request))
    response = RedirectResponse(PHONE_PAGE, 303)
    context.set_cookie(request, response, _COOKIE, device, max_age=int(phone_upload.LIFE.total_seconds()))
    return response


def _phone_page(request: Request, phone: PhoneDraft, faults: list[Fault], status: int = 200) -> Response:
    own = [picture for picture in phone.draft.pictures if picture.id in phone.picture_ids]
    return render(
        request,
        "clinic/phone.html",
        status,
        slots=forms.slot_views(phone.draft, faults),
        own=[forms.picture_view(phone.draft, picture) for picture in own],
        faults=faults,
        expires_at=phone.expires_at,
        rule=script_rule(InspectionLimits.of(runtime_of(request).settings)),
    )


def _facts(request: Request, draft: OpenDraft) -> dict[str, object]:
    found = phone_upload.view(runtime_of(request), draft, paths.base_url(request))
    return {"state": "over"} if found is None else _link_facts(found)


def _link_facts(link: LinkView) -> dict[str, object]:
    return {
        "state": "taken" if link.is_taken else "waiting",
        "expires": clock.clinic_time(link.expires_at),
        "qr": link.qr,
        "address": link.address,
    }


def _pictures(draft: OpenDraft) -> list[dict[str, object]]:
    return [picture_facts(forms.picture_view(draft, picture)) for picture in draft.pictures]


def _device(request: Request) -> str:
    return request.cookies.get(context.cookie_name(request, _COOKIE), "")

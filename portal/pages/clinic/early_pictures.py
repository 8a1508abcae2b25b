"""A picture that is pasted on the home page or on step 1 waits in its slot of step 2."""

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from portal.accounts.guard import public
from portal.errors import InvalidError
from portal.kinds.fields import CheckContext, Step
from portal.pages.clinic import cookies, forms, page_marks, paths, screenshots, step_values
from portal.pages.clinic.draft_room import has_draft_room
from portal.pages.clinic.text_pages import KindInPath
from portal.reports.drafts import OpenDraft
from portal.runtime import runtime_of
from portal.web.csrf import PublicUploadForm

router = APIRouter(dependencies=[Depends(public)], include_in_schema=False)

FIELD = "picture"


@router.post("/report/{kind}/pictures", dependencies=[Depends(has_draft_room)])
def keep_early(request: Request, kind: KindInPath, form: PublicUploadForm) -> Response:
    """Store the page's text and one picture: 201 with its slot and measurements, or 422 with what to do.

    The page's other values go with it, because they decide which slots there are.
    """
    runtime = runtime_of(request)
    sent = step_values.sent_step(
        form, kind, Step.SITUATION, page_marks.mark_of(form), CheckContext.of(runtime.settings)
    )
    draft = step_values.write(request, kind, form, page_marks.draft_of_page(request, kind, form), sent)
    uploads = form.files(FIELD)
    slot = _slot(draft)
    if len(uploads) != 1:
        raise InvalidError([kind.field(slot).fault("image_missing", "没有收到图片，请重新粘贴")])
    stored = screenshots.keep_picture(runtime, draft, slot, uploads[0], screenshots.hint_of(form))
    facts = screenshots.picture_facts(forms.picture_view(draft, stored))
    number = len(draft.pictures) + 1
    still = [spec.name for spec in forms.wanted_slots(draft) if spec.name not in {slot, *_filled(draft)}]
    told = {"number": number, "label": kind.field(slot).label, "draft": str(draft.id), "is_last": not still}
    answer = JSONResponse({**facts, **told, "address": paths.address(draft, Step.SITUATION.value)}, 201)
    cookies.keep_draft(request, answer, draft)
    return answer


def _slot(draft: OpenDraft) -> str:
    """The first wanted slot that is empty, else the first."""
    wanted = [spec.name for spec in forms.wanted_slots(draft)]
    return next((name for name in wanted if name not in _filled(draft)), wanted[0])


def _filled(draft: OpenDraft) -> set[str]:
    return {picture.slot for picture in draft.pictures}

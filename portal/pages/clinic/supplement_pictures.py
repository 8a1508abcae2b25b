"""附图 of a supplement at every door: tracking page, one-time link and desk. A draft holds them, as on 第 2 步."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from portal.errors import Fault, InvalidError
from portal.kinds.fields import FieldSpec
from portal.kinds.validation import Values, without_questions
from portal.pages.clinic import cookies, forms, paths
from portal.pages.clinic.forms import SlotView
from portal.pages.clinic.screenshots import hint_of, take_pictures
from portal.reports import draft_pictures, drafts, picture_refusals, uploads
from portal.reports.drafts import OpenDraft
from portal.reports.filing import NewPicture
from portal.runtime import runtime_of
from portal.screenshots import script_rule
from portal.screenshots.inspection import InspectionLimits, Verdict
from portal.supplements import picture_drafts
from portal.tickets.models import Ticket
from portal.web import context
from portal.web.body import PostedForm, as_uuid

_CONFIRM, _REMOVE = "confirm_full_screen", "remove"


@dataclass(frozen=True)
class PicturePart:
    """What a page shows of its pictures. `url` is empty before the first picture; posting to `begin` gives it."""

    slots: dict[str, SlotView]
    url: str
    begin: str
    rule: dict[str, object]
    limits: InspectionLimits


@dataclass(frozen=True)
class Sent:
    """A posted supplement, its pictures stored. `is_done`: only a picture was removed, so nothing is sent yet."""

    values: Values = field(repr=False)
    draft: OpenDraft | None
    refused: Sequence[Fault]
    is_done: bool


def begin(request: Request, ticket: Ticket, asked: Sequence[FieldSpec]) -> Response:
    """For the script: where the pictures of this supplement go."""
    runtime = runtime_of(request)
    draft = picture_drafts.find(runtime, cookies.supplement_token(request), ticket)
    draft = draft or picture_drafts.begin(runtime, ticket, asked, context.client_address(request))
    answer = JSONResponse({"url": _url(draft)}, 201)
    cookies.keep_supplement(request, answer, draft)
    return answer


def take(request: Request, ticket: Ticket, asked: Sequence[FieldSpec], form: PostedForm) -> Sent:
    """Store the posted pictures, and what was said of those that were there."""
    runtime = runtime_of(request)
    values = uploads.posted_values(form, asked)
    draft = picture_drafts.find(runtime, cookies.supplement_token(request), ticket)
    slots = picture_drafts.slots_of(asked)
    if draft is None and any(forms.posted_files(form, spec.name) for spec in slots):
        draft = picture_drafts.begin(runtime, ticket, asked, context.client_address(request))
    if draft is None:
        return Sent(values, None, (), is_done=False)
    draft_pictures.judge(runtime, draft, forms.posted_confirmations(form, draft))
    removed = as_uuid(form.get(_REMOVE))
    if removed:
        draft_pictures.remove(runtime, draft, removed)
    refused = take_pictures(runtime, draft, form, hint_of(form), slots)[1]
    draft = drafts.find(runtime, draft.id, draft.owner)
    said = form.get(_CONFIRM)
    if said and not as_uuid(said):  # said of all pictures, as an API call does
        confirmed = {picture.id: True for picture in draft.pictures if picture.verdict == Verdict.ASK.value}
        draft_pictures.judge(runtime, draft, confirmed)
        draft = drafts.find(runtime, draft.id, draft.owner)
    is_typed = any("".join(given) for given in values.values())
    return Sent(values, draft, refused, is_done=removed is not None and not is_typed)


def supply(
    request: Request,
    ticket: Ticket,
    sent: Sent,
    asked: Sequence[FieldSpec],
    receive: Callable[[Values, Sequence[NewPicture]], object],
    still_asked: Callable[[], Sequence[FieldSpec]],
) -> None:
    """Hand everything to `receive`, and forget the pictures that it took.

    Raises:
        InvalidError: every fault, of refused pictures too. Whatever else `receive` raises.
    """
    runtime = runtime_of(request)
    pictures = picture_drafts.new_pictures(runtime, ticket, sent.draft, asked) if sent.draft else []
    faults = list(sent.refused)
    try:
        if pictures or any("".join(given) for given in sent.values.values()) or not faults:
            receive(sent.values, pictures)
    except InvalidError as error:
        refused = {fault.field for fault in faults}
        faults += [fault for fault in error.faults if fault.code != "image_missing" or fault.field not in refused]
    finally:
        if sent.draft:
            picture_drafts.forget_received(runtime, sent.draft, still_asked())
    if faults:
        raise InvalidError(faults)


def part(
    request: Request,
    ticket: Ticket,
    asked: Sequence[FieldSpec],
    faults: Sequence[Fault],
    begin_at: str,
    draft: OpenDraft | None = None,
) -> PicturePart:
    """The picture part of a page that asks for these fields.

    Args:
        draft: as this very post began it: the cookie comes with the answer only.
    """
    runtime = runtime_of(request)
    limits = InspectionLimits.of(runtime.settings)
    token = draft.token if draft else cookies.supplement_token(request)
    draft = picture_drafts.find(runtime, token, ticket) if asked else None
    refusals = picture_refusals.of(runtime, draft) if draft else {}
    wrong = without_questions(faults)
    views = forms.views_of_slots(picture_drafts.slots_of(asked), draft, wrong, refusals, are_needed=True)
    return PicturePart(
        {view.name: view for view in views},
        _url(draft) if draft else "",
        begin_at,
        script_rule.script_rule(limits),
        limits,
    )


def _url(draft: OpenDraft) -> str:
    return paths.address(draft, "pictures")

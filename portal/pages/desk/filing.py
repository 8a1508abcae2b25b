"""代客提报: staff take a report for a person who calls, writes or comes (REQUIREMENTS I1, UX 5.7)."""

import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.limiter import RateLimit
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.casefile import qq_text, read_out
from portal.casefile.view import ticket_view
from portal.errors import Fault, InvalidError, StorageUnavailableError, TooManyRequestsError
from portal.institutions import modules, previous_systems
from portal.kinds.channel_policy import ChannelPolicy
from portal.kinds.fields import CheckContext
from portal.kinds.names import REQUEST_TYPE_CRITERIA, REQUEST_TYPE_LABELS
from portal.kinds.table import KINDS, PRIVACY_NOTICE
from portal.kinds.validation import doubts, normalised, relevant
from portal.pages.desk import answering, calling_back, phrases
from portal.pages.desk import filing_forms as forms
from portal.reports import draft_pictures, drafts, submission
from portal.reports.draft_answers import Values
from portal.reports.drafts import DraftClosedError, OpenDraft, StaffOwner
from portal.runtime import Runtime, runtime_of
from portal.screenshots.inspection import InspectionLimits, Verdict, inspect, keepable, parse_screen_hint
from portal.screenshots.rendering import THUMBNAIL_TYPE
from portal.supplements import picture_drafts
from portal.tickets.models import Ticket
from portal.tickets.states import URGENCY_CRITERIA, URGENCY_LABELS, Urgency
from portal.tickets.urgency_hints import hints
from portal.web import context
from portal.web.body import PostedForm, as_uuid
from portal.web.csrf import Form, UploadForm
from portal.web.middleware import PICTURE_POLICY
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Taker = Annotated[Principal, Depends(Requires(Permission.FILE_FOR_OTHERS))]


@router.get("/desk/reports/new")
def begin(request: Request, taker: Taker, kind: str = "", channel: str = "") -> Response:
    """An empty page, and this person's unsubmitted drafts."""
    values = {"kind": [kind], "channel": [channel]}
    begun = drafts.begun_by(runtime_of(request), StaffOwner(taker.user_id))
    unfinished = [draft for draft in begun if not picture_drafts.is_supplement(draft)]
    return _page(request, uuid.uuid4(), None, values, [], begun=unfinished)


@router.get("/desk/reports/drafts/{draft_id}")
def show(request: Request, taker: Taker, draft_id: uuid.UUID) -> Response:
    draft = _own_draft(runtime_of(request), taker, draft_id)
    if draft.ticket:
        return _to_receipt(draft_id)
    return _page(request, draft_id, draft, draft.values, [])


@router.post("/desk/reports/drafts/{draft_id}")
def take(request: Request, taker: Taker, draft_id: uuid.UUID, form: UploadForm) -> Response:
    """Store all posted values, then do what the button says: show other fields, remove a screenshot, or file."""
    form = phrases.with_inserted(runtime_of(request), taker, form)
    runtime, here = runtime_of(request), f"/desk/reports/drafts/{draft_id}"
    try:
        draft, refused = _stored(runtime, StaffOwner(taker.user_id), draft_id, form)
    except DraftClosedError:
        return RedirectResponse(here, 303)
    except StorageUnavailableError as error:
        return _page(request, draft_id, None, forms.posted(form, {}), [], error.status, refusal=error.message)
    if form.get("action") == "complaint":
        return RedirectResponse(f"/complaints/new?draft={draft_id}", 303)
    if form.get("action") == "file":
        return _filed(request, taker, draft, refused, form.get("asked"))
    return _page(request, draft_id, draft, draft.values, refused, 422) if refused else RedirectResponse(here, 303)


@router.post("/desk/reports/drafts/{draft_id}/removal")
def discard(request: Request, taker: Taker, draft_id: uuid.UUID, form: Form) -> Response:
    runtime = runtime_of(request)
    drafts.discard(runtime, _own_draft(runtime, taker, draft_id))
    return RedirectResponse("/desk/reports/new", 303)


@router.get("/desk/reports/drafts/{draft_id}/pictures/{picture_id}")
def show_thumbnail(request: Request, taker: Taker, draft_id: uuid.UUID, picture_id: uuid.UUID) -> Response:
    """A small JPEG of a new screenshot, for its writer until the report is filed."""
    runtime = runtime_of(request)
    content = draft_pictures.thumbnail(runtime, _own_draft(runtime, taker, draft_id), picture_id)
    headers = {"content-security-policy": PICTURE_POLICY, "content-disposition": "inline"}
    return Response(content, media_type=THUMBNAIL_TYPE, headers=headers)


@router.get("/desk/reports/drafts/{draft_id}/receipt")
def show_receipt(request: Request, taker: Taker, draft_id: uuid.UUID) -> Response:
    """Number and query code to read out, for half an hour; and the text for QQ."""
    runtime = runtime_of(request)
    draft = _own_draft(runtime, taker, draft_id)
    if draft.ticket is None:
        return RedirectResponse(f"/desk/reports/drafts/{draft_id}", 303)
    with runtime.database.read() as session:
        view = ticket_view(session, draft.ticket)
    track_url = f"{context.base_url(request)}/track?number={draft.ticket.number}"
    receipt, groups = submission.shown_receipt(runtime, draft), _groups(draft.ticket.number, view.kind.prefix)
    code = " ".join(receipt.query_code.split("-")) if receipt else ""
    return render(
        request,
        "desk/filing_receipt.html",
        view=view,
        ticket=draft.ticket,
        receipt=receipt,
        read_out=read_out.sentences(view, " ".join(groups), code),
        entry=view.desk_entry,
        qq_text=qq_text.text_of(view, track_url),
        track_url=track_url,
        number_groups=groups,
        urgency_hints=_urgency_hints(draft.ticket),
    )


def _urgency_hints(ticket: Ticket) -> Sequence[str]:
    """What speaks for a higher urgency than the one that nobody chose."""
    return hints(ticket) if ticket.is_worked and ticket.urgency_enum is Urgency.NORMAL else ()


def _filed(request: Request, taker: Principal, draft: OpenDraft, refused: Sequence[Fault], asked: str) -> Response:
    """The receipt; or the page again with all values and the reason, or with what is asked once.

    Args:
        asked: the fields whose unusual values were asked about already.
    """
    runtime = runtime_of(request)
    limit = RateLimit("report-address", most=runtime.settings.reports_per_hour, minutes=60)
    actor = actor_of(request, taker)
    with runtime.database.read() as session:
        refused = [*refused, *calling_back.faults(session, draft.values)]
    answer = partial(answering.afterwards, runtime, actor)
    check = forms.checked(refused, CheckContext.of(runtime.settings), answer)
    faults: Sequence[Fault] = ()
    refusal, status = "", 422
    questions = _questions(draft)
    try:
        if " ".join(questions) != asked and questions:
            check(draft)
            return _page(request, draft.id, draft, draft.values, (), status, questions=questions)
        submission.submit(runtime, draft, actor, limit, check)
    except InvalidError as error:
        faults = error.faults
    except (TooManyRequestsError, StorageUnavailableError) as error:
        refusal, status = error.message, error.status
    draft = drafts.find(runtime, draft.id, draft.owner)
    if draft.ticket:
        return _to_receipt(draft.id)
    return _page(request, draft.id, draft, draft.values, faults, status, refusal=refusal, questions=questions)


def _questions(draft: OpenDraft) -> dict[str, str]:
    """By field, what is unusual in its value: asked once before it is filed, as a clinic is asked on its check page."""
    clean = normalised(draft.kind, relevant(draft.kind, draft.values))
    return {spec.name: doubt.question for spec, doubt in doubts(draft.kind, clean)}


def _own_draft(runtime: Runtime, taker: Principal, draft_id: uuid.UUID) -> OpenDraft:
    return drafts.find(runtime, draft_id, StaffOwner(taker.user_id))


def _stored(
    runtime: Runtime, owner: StaffOwner, draft_id: uuid.UUID, form: PostedForm
) -> tuple[OpenDraft, list[Fault]]:
    """The draft with all posted values, and the faults of screenshots that could not be stored."""
    draft = drafts.begin_for_staff(runtime, draft_id, owner)
    changes = forms.changes(forms.posted(form, draft.values), draft.values)
    if changes:
        draft = drafts.save(runtime, draft, changes)
    if draft.pictures:
        draft_pictures.judge(runtime, draft, forms.posted_confirmations(form, draft), forms.posted_reasons(form))
    removed = as_uuid(form.get("remove"))
    if removed:
        draft_pictures.remove(runtime, draft, removed)
    refused = take_pictures(runtime, draft, form)
    return drafts.find(runtime, draft_id, owner), refused


def take_pictures(runtime: Runtime, draft: OpenDraft, form: PostedForm) -> list[Fault]:
    """Store every screenshot that may be stored, including ones refused for their size: staff may override that."""
    hint, faults = parse_screen_hint(form.get("screen_hint")), []
    for spec in (spec for spec in draft.kind.fields if spec.is_picture):
        for number, upload in enumerate(form.files(spec.name), 1):
            if number > spec.most:
                faults.append(spec.fault("image_too_many", f"每处最多 {spec.most} 张图片，请减少后重新提交"))
                break
            inspection = inspect(upload.content, hint=hint, limits=InspectionLimits.of(runtime.settings))
            accepted = keepable(upload.content, inspection) if inspection.verdict is Verdict.REFUSE else inspection
            if accepted is None:
                faults.append(spec.fault(inspection.code or "image_broken", inspection.message))
                continue
            try:
                draft_pictures.add(runtime, draft, spec.name, accepted)
            except InvalidError as error:
                faults += error.faults
    return faults


def _page(
    request: Request,
    draft_id: uuid.UUID,
    draft: OpenDraft | None,
    values: Values,
    faults: Sequence[Fault],
    status: int = 200,
    *,
    refusal: str = "",
    begun: Sequence[OpenDraft] = (),
    questions: Mapping[str, str] | None = None,
) -> Response:
    runtime = runtime_of(request)
    kind, channel = forms.chosen(values)
    with runtime.database.read() as session:
        lists = {
            "previous_system": previous_systems.offered(session),
            "module": modules.offered(session, kind.name.value),
        }
        methods, known_numbers = calling_back.methods(session, values)
        said = phrases.of_call(session, runtime.settings, request.state.principal.user_id, values)
    policy = ChannelPolicy.of_settings(runtime.settings)
    views = {view.name: view for view in forms.field_views(values, faults, lists, policy)}
    return render(
        request,
        "desk/filing.html",
        status,
        draft_id=draft_id,
        draft=draft,
        kind=kind,
        kinds=list(KINDS.values()),
        channel=channel.value if channel else "",
        channels=forms.CHANNELS,
        groups={group: [views[name] for name in names] for group, names in forms.GROUPS.items()},
        types=[(one.value, REQUEST_TYPE_LABELS[one], REQUEST_TYPE_CRITERIA[one]) for one in policy.request_types],
        request_type=forms.chosen_type(values, policy).value,
        urgencies=[(level.name.lower(), URGENCY_LABELS[level], URGENCY_CRITERIA[level]) for level in reversed(Urgency)],
        slots=forms.slot_views(draft, values, faults, policy),
        typed={name: next(iter(given), "") for name, given in forms.shown_values(values).items()},
        methods=methods,
        known_numbers=known_numbers,
        said=said,
        may_keep_words=request.state.principal.can(Permission.KEEP_WORDS),
        ratings=answering.RATINGS,
        rating_reasons=answering.REASONS,
        notes={need.value: note for need, note in forms.NOTES.items()},
        faults=list(faults),
        refusal=refusal,
        begun=begun,
        questions=questions or {},
        limits=InspectionLimits.of(runtime.settings),
        notice_version=PRIVACY_NOTICE,
    )


def _groups(number: str, prefix: str) -> list[str]:
    """A ticket number as it is read out: queue, year and month, running number."""
    rest = number.removeprefix(prefix)
    return [prefix, rest[:6], rest[6:]]


def _to_receipt(draft_id: uuid.UUID) -> Response:
    return RedirectResponse(f"/desk/reports/drafts/{draft_id}/receipt", 303)

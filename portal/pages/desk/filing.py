"""代客提报: staff take a report for somebody who calls, writes or comes (REQUIREMENTS I1, UX 5.7)."""

import uuid
from collections.abc import Sequence
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal import clock
from portal.accounts import limiter
from portal.accounts.guard import Requires, actor_of
from portal.accounts.limiter import RateLimit
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.audit import trail
from portal.audit.tags import Tag
from portal.casefile import qq_text
from portal.casefile.view import ticket_view
from portal.errors import Fault, InvalidError, PortalError, StorageUnavailableError, TooManyRequestsError
from portal.institutions import previous_systems
from portal.kinds.fields import CheckContext
from portal.kinds.names import Channel
from portal.kinds.table import KINDS, PRIVACY_NOTICE
from portal.kinds.validation import checked_report, relevant
from portal.pages.desk import filing_forms as forms
from portal.reports import filing, service_records
from portal.reports import staff_drafts as drafts
from portal.reports.service_record_models import IDENTITY_METHODS
from portal.reports.staff_drafts import DraftClosedError, DraftGoneError, OpenDraft, Values
from portal.runtime import Runtime, runtime_of
from portal.screenshots.inspection import InspectionLimits, Verdict, inspect, keepable, parse_screen_hint
from portal.screenshots.rendering import THUMBNAIL_TYPE
from portal.tickets.models import Ticket
from portal.web import context
from portal.web.body import PostedForm, as_uuid
from portal.web.csrf import Form, UploadForm
from portal.web.middleware import PICTURE_POLICY
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Taker = Annotated[Principal, Depends(Requires(Permission.FILE_FOR_OTHERS))]
_TOO_MANY = "这个网络提交得太多，请在 {at} 以后再试。已填内容还在"


@router.get("/desk/reports/new")
def begin(request: Request, taker: Taker, kind: str = "", channel: str = "") -> Response:
    """An empty page, and what this person began and has not filed."""
    values = {"kind": [kind], "channel": [channel]}
    begun = drafts.unfinished(runtime_of(request), taker.user_id)
    return _page(request, uuid.uuid4(), None, values, [], begun=begun)


@router.get("/desk/reports/drafts/{draft_id}")
def show(request: Request, taker: Taker, draft_id: uuid.UUID) -> Response:
    """A draft again, as it was left."""
    draft = drafts.find(runtime_of(request), draft_id, taker.user_id)
    if draft.ticket:
        return _to_receipt(draft_id)
    return _page(request, draft_id, draft, draft.values, [])


@router.post("/desk/reports/drafts/{draft_id}")
def take(request: Request, taker: Taker, draft_id: uuid.UUID, form: UploadForm) -> Response:
    """Keep everything that came, then do what was pressed: show other fields, remove a picture, or file."""
    runtime, here = runtime_of(request), f"/desk/reports/drafts/{draft_id}"
    try:
        draft, refused = _kept(runtime, taker, draft_id, form)
    except DraftClosedError:
        return RedirectResponse(here, 303)
    except StorageUnavailableError as error:
        return _page(request, draft_id, None, forms.posted(form, {}), [], error.status, trouble=error.message)
    if form.get("action") == "file":
        return _filed(request, taker, draft_id, refused)
    return _page(request, draft_id, draft, draft.values, refused, 422) if refused else RedirectResponse(here, 303)


@router.post("/desk/reports/drafts/{draft_id}/removal")
def discard(request: Request, taker: Taker, draft_id: uuid.UUID, form: Form) -> Response:
    """Destroy a draft that is not wanted any more."""
    runtime = runtime_of(request)
    drafts.discard(runtime, drafts.find(runtime, draft_id, taker.user_id), taker.user_id)
    return RedirectResponse("/desk/reports/new", 303)


@router.get("/desk/reports/drafts/{draft_id}/pictures/{picture_id}")
def show_thumbnail(request: Request, taker: Taker, draft_id: uuid.UUID, picture_id: uuid.UUID) -> Response:
    """A little JPEG of what was just chosen, for its writer until the report is filed."""
    runtime = runtime_of(request)
    content = drafts.thumbnail(runtime, drafts.find(runtime, draft_id, taker.user_id), picture_id)
    headers = {"content-security-policy": PICTURE_POLICY, "content-disposition": "inline"}
    return Response(content, media_type=THUMBNAIL_TYPE, headers=headers)


@router.get("/desk/reports/drafts/{draft_id}/receipt")
def show_receipt(request: Request, taker: Taker, draft_id: uuid.UUID) -> Response:
    """Number and code to be read out, for half an hour; and the text for QQ."""
    runtime = runtime_of(request)
    draft = drafts.find(runtime, draft_id, taker.user_id)
    if draft.ticket is None:
        return RedirectResponse(f"/desk/reports/drafts/{draft_id}", 303)
    with runtime.database.read() as session:
        view = ticket_view(session, session.get_one(Ticket, draft.ticket.id))
    track_url = f"{context.base_url(request)}/track?number={draft.ticket.number}"
    return render(
        request,
        "desk/filing_receipt.html",
        view=view,
        ticket=draft.ticket,
        receipt=filing.known_receipt(runtime, draft.submission_key) if draft.shows_receipt else None,
        entry=view.desk_entry,
        qq_text=qq_text.text_of(view, track_url),
        track_url=track_url,
        number_groups=_groups(draft.ticket.number, view.kind.prefix),
    )


def _filed(request: Request, taker: Principal, draft_id: uuid.UUID, refused: Sequence[Fault]) -> Response:
    """The receipt; or the page again with everything in it and the reason."""
    runtime = runtime_of(request)
    faults: Sequence[Fault] = ()
    trouble, status = "", 422
    try:
        _file(request, runtime, taker, draft_id, refused)
        return _to_receipt(draft_id)
    except DraftClosedError:
        return RedirectResponse(f"/desk/reports/drafts/{draft_id}", 303)
    except InvalidError as error:
        faults = error.faults
    except (TooManyRequestsError, StorageUnavailableError) as error:
        trouble, status = error.message, error.status
    draft = drafts.find(runtime, draft_id, taker.user_id)
    return _page(request, draft_id, draft, draft.values, faults, status, trouble=trouble)


def _kept(runtime: Runtime, taker: Principal, draft_id: uuid.UUID, form: PostedForm) -> tuple[OpenDraft, list[Fault]]:
    """The draft with all that came in it, and the faults of pictures that could not be kept."""
    before: Values = {}
    with suppress(DraftGoneError):
        before = drafts.find(runtime, draft_id, taker.user_id).values
    draft = drafts.save(runtime, draft_id, taker.user_id, forms.posted(form, before))
    drafts.judge_pictures(
        runtime, draft, taker.user_id, forms.posted_confirmations(form), forms.posted_reasons(form)
    )  # fmt: skip
    removed = as_uuid(form.get("remove"))
    if removed:
        drafts.remove_picture(runtime, draft, taker.user_id, removed)
    refused = _take_pictures(runtime, taker, draft, form)
    return drafts.find(runtime, draft_id, taker.user_id), refused


def _take_pictures(runtime: Runtime, taker: Principal, draft: OpenDraft, form: PostedForm) -> list[Fault]:
    """Store every picture that may be kept, also one that was refused for its size: staff may vouch for it."""
    hint, faults = parse_screen_hint(form.get("screen_hint")), []
    kind, _ = forms.chosen(draft.values)
    for spec in (spec for spec in kind.fields if spec.is_picture):
        for number, upload in enumerate(form.files(spec.name), 1):
            if number > spec.most:
                faults.append(spec.fault("image_too_many", f"每处最多 {spec.most} 张图片，请减少后重新提交"))
                break
            found = inspect(upload.content, hint=hint, limits=InspectionLimits.of(runtime.settings))
            kept = keepable(upload.content, found) if found.verdict is Verdict.REFUSE else found
            if kept is None:
                faults.append(spec.fault(found.code or "image_broken", found.message))
                continue
            try:
                drafts.add_picture(runtime, draft.id, taker.user_id, spec.name, kept)
            except InvalidError as error:
                faults += error.faults
    return faults


def _file(request: Request, runtime: Runtime, taker: Principal, draft_id: uuid.UUID, refused: Sequence[Fault]) -> None:
    """File the draft, once, whatever is pressed twice.

    Raises:
        InvalidError: every fault of the page. DraftClosedError: it is being filed.
    """
    actor = actor_of(request, taker)
    limit = RateLimit("report-address", most=runtime_of(request).settings.reports_per_hour, minutes=60)
    frozen = drafts.freeze(runtime, draft_id, taker.user_id)
    try:
        limiter.ensure_room(runtime.database, limit, actor.address, _TOO_MANY)
        values, faults = frozen.values, [*forms.choice_faults(frozen.values), *refused]
        kind, channel = forms.chosen(values)
        service, service_faults = forms.service_of(values, clock.now())
        try:
            # Without a channel nothing is told that QQ would not ask for: that would be missed for no reason.
            report = checked_report(
                kind,
                channel or Channel.QQ,
                relevant(kind, values),
                frozen.picture_views(),
                CheckContext.of(runtime.settings),
            )
        except InvalidError as error:
            faults += error.faults
        if faults or service_faults:
            raise InvalidError([*faults, *service_faults])
        filing.file_report(
            runtime,
            report,
            actor,
            limit=limit,
            submission_key=frozen.submission_key,
            report_id=draft_id,
            along=[service_records.entry_of(service, draft_id, taker)],
        )
    except BaseException as error:
        with suppress(PortalError):
            drafts.release(runtime, draft_id)
        if isinstance(error, InvalidError):
            codes = [f"{fault.field}:{fault.code}" for fault in error.faults]
            with runtime.database.transaction() as session:
                trail.record(session, Tag.REPORT_REFUSED, actor, particulars={"faults": codes}, is_success=False)
        raise
    with suppress(StorageUnavailableError):  # the report stands; the sweep destroys the answers later
        drafts.close(runtime, draft_id)


def _page(
    request: Request,
    draft_id: uuid.UUID,
    draft: OpenDraft | None,
    values: Values,
    faults: Sequence[Fault],
    status: int = 200,
    *,
    trouble: str = "",
    begun: Sequence[OpenDraft] = (),
) -> Response:
    runtime = runtime_of(request)
    with runtime.database.read() as session:
        lists = {"previous_system": previous_systems.offered(session)}
    kind, channel = forms.chosen(values)
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
        fields=forms.field_views(values, faults, lists),
        slots=forms.slot_views(draft, values, faults),
        typed={name: next(iter(given), "") for name, given in forms.shown_values(values).items()},
        methods=IDENTITY_METHODS,
        notes={need.value: note for need, note in forms.NOTES.items()},
        faults=list(faults),
        trouble=trouble,
        begun=begun,
        limits=InspectionLimits.of(runtime.settings),
        notice_version=PRIVACY_NOTICE,
    )


def _groups(number: str, prefix: str) -> list[str]:
    """A ticket number as it is read out: queue, year and month, running number."""
    rest = number.removeprefix(prefix)
    return [prefix, rest[:6], rest[6:]]


def _to_receipt(draft_id: uuid.UUID) -> Response:
    return RedirectResponse(f"/desk/reports/drafts/{draft_id}/receipt", 303)

"""`POST /reports`: a report through the API, under the same rules as the form (CONTRACT 4)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal.accounts import limiter
from portal.accounts.guard import actor_of, anonymous, needs_permission, principal_of_sent_token
from portal.accounts.limiter import RateLimit
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.api import models
from portal.api.bodies import UploadForm, api_router
from portal.api.description import OF_BODY, answers
from portal.api.vocabularies import word_schema
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.errors import Fault, InvalidError
from portal.kinds import validation
from portal.kinds.fields import UNASKED, CheckContext, FieldSpec
from portal.kinds.names import Channel, RequestType
from portal.kinds.table import KINDS, Kind, kind_of
from portal.kinds.validation import (
    Picture,
    ReportDraft,
    Values,
    checked_report,
    normalised,
    picture_faults,
    picture_of,
    text_faults,
)
from portal.pasting import situation
from portal.reports import filing, request_types, service_records, uploads, urgency_at_filing
from portal.reports.filing import NewPicture
from portal.reports.receipts import Receipt
from portal.reports.service_records import MOST_NOTE
from portal.reports.uploads import is_flagged
from portal.reports.urgency_at_filing import ChosenUrgency
from portal.runtime import Runtime, runtime_of
from portal.screenshots.inspection import Verdict
from portal.sensitive_text.free_text import text_fault
from portal.web.body import PostedForm
from portal.web.context import client_address
from portal.web.templating import iso_time

router = api_router()
_LONGEST_KEY = 200
_VOCABULARIES = {"symptom": "Symptom", "scope": "Scope", "terminal": "Terminal", "title": "PersonTitle"}
_OTHER_NAMES = ("kind", "channel", "request_type", "screen_hint", "confirm_full_screen")
_STAFFS_NAMES = ("urgency", "urgency_reason", "is_incomplete", "incomplete_note")
_MOST_IGNORED, _LONGEST_NAME = 50, 100


def report_schema() -> dict[str, Any]:
    """`openapi_extra`: the multipart fields, read from the kinds table."""
    properties: dict[str, Any] = {
        "kind": word_schema("Queue"),
        "channel": word_schema("Channel"),
        "request_type": word_schema("RequestType"),
    }
    properties |= answer_properties()
    reason = {"type": "string", "maxLength": urgency_at_filing.MOST_REASON}
    note = {"type": "string", "maxLength": MOST_NOTE, "description": "客户信息未完整获取: what is missing and why"}
    marked = {"type": "string", "description": "1: 客户信息未完整获取; only with a staff token, and not on yxt"}
    properties |= {
        "urgency": word_schema("Urgency"), "urgency_reason": reason, "is_incomplete": marked, "incomplete_note": note,
    }  # fmt: skip
    schema = {"title": "ReportForm", "type": "object", "required": ["kind"], "properties": properties}
    key = {"type": "string", "maxLength": _LONGEST_KEY}
    return {
        "x-may-sign-in": True,
        "parameters": [{"name": "Idempotency-Key", "in": "header", "required": False, "schema": key}],
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}},
    }


def answer_properties() -> dict[str, Any]:
    """The answers to every kind's questions, as a form sends them."""
    properties = {
        spec.name: {**_property(spec), "description": spec.label} for kind in KINDS.values() for spec in kind.fields
    }
    hint = {"type": "string", "description": "JSON: width, height, dpr, innerWidth, outerWidth"}
    confirmed = {"type": "string", "description": "1: the pictures show the whole screen"}
    return {**properties, "screen_hint": hint, "confirm_full_screen": confirmed}


def _property(spec: FieldSpec) -> dict[str, Any]:
    if spec.name in _VOCABULARIES:
        return word_schema(_VOCABULARIES[spec.name])
    item = (
        {"type": "string", "format": "binary"} if spec.is_picture else {"type": "string", "maxLength": spec.maxlength}
    )
    return {"type": "array", "items": item, "maxItems": spec.most} if spec.most > 1 else item


_TOO_MANY = "这个网络提交的问题太多，请在 {at} 以后再试"


def may_file(request: Request) -> None:
    """Dependency: judged before the body is read.

    Raises:
        TooManyRequestsError: too many reports from this address.
    """
    runtime = runtime_of(request)
    limiter.ensure_room(runtime.database, _limit(request), client_address(request), _TOO_MANY, runtime.settings.or_call)


def _limit(request: Request) -> RateLimit:
    return RateLimit("report-address", most=runtime_of(request).settings.reports_per_hour, minutes=60)


@router.post(
    "/reports",
    status_code=201,
    dependencies=[Depends(anonymous), Depends(may_file)],
    response_model=models.Receipt,
    responses=answers(403, *OF_BODY, 429, conflict=models.ConflictProblem),
    openapi_extra=report_schema(),
)
def file_report(request: Request, form: UploadForm) -> JSONResponse:
    """File a report. Public for channel `yxt`; other channels need the token of a person who may file for others."""
    runtime = runtime_of(request)
    staff = _staff(request)
    actor = actor_of(request, staff)
    limit = _limit(request)
    key = request.headers.get("idempotency-key", "").strip()
    try:
        draft, pictures, urgency = _checked(runtime, form, key, is_staff=staff is not None)
    except InvalidError as error:
        _record_refusal(runtime, actor, error.faults)
        raise
    receipt = filing.file_report(
        runtime,
        draft,
        actor,
        limit=limit,
        submission_key=f"api:{key}" if key else None,
        new_pictures=pictures,
        urgency=urgency,
    )
    given = {**draft.secrets, **{name: [text] for name, text in draft.texts.items()}}
    warnings = [
        {"field": spec.name, "message": f"{spec.label}：{doubt.mark}，已照原样保存，请核对"}
        for spec, doubt in validation.doubts(draft.kind, given)
    ]
    ignored = _ignored(runtime, form, draft, is_staff=staff is not None)
    return JSONResponse({**_answer(receipt), "ignored": ignored, "warnings": warnings}, 201)


def _staff(request: Request) -> Principal | None:
    """The person who may file for others, by bearer token; None without a token: a clinic.

    Raises:
        BadTokenError: the token is not good. ForbiddenError: it has no right to file.
    """
    principal = principal_of_sent_token(request)
    return principal and needs_permission(request, principal, Permission.FILE_FOR_OTHERS)


def _checked(
    runtime: Runtime, form: PostedForm, key: str, *, is_staff: bool
) -> tuple[ReportDraft, Sequence[NewPicture], ChosenUrgency]:
    context = CheckContext.of(runtime.settings)
    channel, faults = _channel(form, is_staff)
    chosen, type_faults = request_types.chosen(form.get("request_type"), channel, context.channels, is_staff=is_staff)
    faults += type_faults
    urgency, note = urgency_at_filing.NORMAL, ""
    if is_staff:
        note, note_faults = _incomplete_note(form, channel)
        faults += note_faults
        context = service_records.excusing(context, chosen, note)
        urgency, urgency_faults = urgency_at_filing.chosen(form.get("urgency"), form.get("urgency_reason"))
        faults += urgency_faults
    if key and not (key.isascii() and key.isprintable() and len(key) <= _LONGEST_KEY):
        faults.append(Fault("Idempotency-Key", "invalid", f"Idempotency-Key 应为 1 到 {_LONGEST_KEY} 个可见字符"))
    kind = kind_of(form.get("kind").strip())
    if kind is None:
        raise InvalidError([_kind_fault(form), *faults, *_faults_of_any_kind(runtime, form, channel)])
    posted = uploads.posted_answers(runtime, form, kind.fields)
    faults += _symptom_faults(kind, channel, chosen, posted.values)
    judged = [picture_of(picture.slot, picture.inspection, picture.is_confirmed) for picture in posted.pictures]
    try:
        draft = checked_report(kind, channel, posted.values, judged, context, chosen)
    except InvalidError as error:
        raise InvalidError([*faults, *error.faults]) from None
    if faults:
        raise InvalidError(faults)
    return replace(draft, incomplete_note=note), posted.pictures, urgency


def _incomplete_note(form: PostedForm, channel: Channel) -> tuple[str, list[Fault]]:
    """客户信息未完整获取, as the desk's form takes it; "" without the mark."""
    if not is_flagged(form, "is_incomplete"):
        return "", []
    note = form.get("incomplete_note").strip()
    fault = text_fault(note, field="incomplete_note", most=MOST_NOTE)
    return note, [fault] if fault else service_records.incomplete_faults(note, channel)


def _channel(form: PostedForm, is_staff: bool) -> tuple[Channel, list[Fault]]:
    """The channel whose rules apply. An invalid one gains nothing: the strict 一线通 rules apply beside its fault."""
    name = form.get("channel").strip() or Channel.YXT.value
    if name == Channel.YXT.value or (is_staff and name in list(Channel)):
        return Channel(name), []
    message = f"没有这个渠道，请填写 {'、'.join(Channel)} 之一"
    if name in list(Channel):
        message = "这个渠道只能由工作人员登记，请填写 yxt，或带上接口令牌"
    return Channel.YXT, [Fault("channel", "channel_not_allowed", message)]


def _symptom_faults(kind: Kind, channel: Channel, chosen: RequestType, values: Values) -> list[Fault]:
    """A text that names a symptom nobody chose is refused; any of the four is then taken (REQUIREMENTS T23)."""
    if kind.field(situation.SYMPTOM).need(channel, request_type=chosen) in UNASKED:
        return []
    named = situation.read_from(kind, values).get(situation.SYMPTOM)
    if not named:
        return []
    spec = kind.field(situation.SYMPTOM)
    message = f"描述里说到{spec.label_of(named[0])}，请填写{spec.label}（都不是请填 other）"
    return [spec.fault("required", message)]


def _faults_of_any_kind(runtime: Runtime, form: PostedForm, channel: Channel) -> list[Fault]:
    """Without a kind, the fields common to all kinds are checked anyway: every fault at once."""
    first, *others = KINDS.values()
    common = [spec for spec in first.fields if all(_asks_alike(other, spec) for other in others)]
    clean = normalised(first, {spec.name: form.all(spec.name) for spec in common if not spec.is_picture})
    sent = [Picture(s.name, Verdict.ACCEPT, None, "") for s in common if s.is_picture and form.files(s.name)]
    faults = text_faults(first, channel, clean, common, CheckContext.of(runtime.settings))
    return faults + picture_faults(first, channel, clean, sent, common)


def _asks_alike(kind: Kind, spec: FieldSpec) -> bool:
    return kind.asks(spec.name) and kind.field(spec.name).needs == spec.needs


_KIND_WORDS = "或 ".join(f"{kind.name}（{kind.label}）" for kind in KINDS.values())


def _kind_fault(form: PostedForm) -> Fault:
    code = "invalid" if form.get("kind").strip() else "required"
    return Fault("kind", code, f"请填写问题种类：{_KIND_WORDS}")


def _record_refusal(runtime: Runtime, actor: Actor, faults: list[Fault]) -> None:
    codes = [f"{fault.field}:{fault.code}" for fault in faults]
    with runtime.database.transaction() as session:
        trail.record(session, Tag.REPORT_REFUSED, actor, particulars={"faults": codes}, is_success=False)


def _ignored(runtime: Runtime, form: PostedForm, draft: ReportDraft, *, is_staff: bool) -> list[str]:
    """The names that this report does not ask: a client's typing error must not go unnoticed."""
    policy = CheckContext.of(runtime.settings).channels
    fields = draft.kind.fields
    asked = {s.name for s in fields if s.need(draft.channel, policy, draft.request_type) not in UNASKED}
    known = {*_OTHER_NAMES, *(_STAFFS_NAMES if is_staff else ()), *asked}
    return [name[:_LONGEST_NAME] for name in form.all_names() if name not in known][:_MOST_IGNORED]


def _answer(receipt: Receipt) -> dict[str, Any]:
    return {
        "number": receipt.number,
        "query_code": receipt.query_code,
        "queue": receipt.queue,
        "state": receipt.state,
        "reply_due_at": iso_time(receipt.reply_due_at),
        "masked": dict(receipt.masked),
    }

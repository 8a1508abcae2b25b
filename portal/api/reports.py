"""`POST /reports`: a report through the API, under the same rules as the form (CONTRACT 4)."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal.accounts import limiter, sessions
from portal.accounts.guard import actor_of, anonymous
from portal.accounts.limiter import RateLimit
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.api.bodies import ApiRoute, UploadForm
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.errors import Fault, InvalidError
from portal.kinds.fields import CheckContext, FieldSpec
from portal.kinds.names import Channel, TicketKind
from portal.kinds.table import KINDS, Kind, kind_of
from portal.kinds.validation import (
    Picture,
    ReportDraft,
    checked_report,
    normalised,
    picture_faults,
    picture_of,
    text_faults,
)
from portal.reports import filing, uploads
from portal.reports.filing import NewPicture
from portal.reports.receipts import Receipt
from portal.runtime import Runtime, runtime_of
from portal.screenshots.inspection import Verdict
from portal.web.body import PostedForm
from portal.web.context import client_address
from portal.web.templating import iso_time

router = APIRouter(route_class=ApiRoute)
_LONGEST_KEY = 200


def report_schema() -> dict[str, Any]:
    """`openapi_extra`: the multipart fields, read from the kinds table."""
    properties: dict[str, Any] = {
        "kind": {"type": "string", "enum": [kind.value for kind in TicketKind]},
        "channel": {"type": "string", "enum": [channel.value for channel in Channel], "default": Channel.YXT.value},
    }
    for spec in (spec for kind in KINDS.values() for spec in kind.fields):
        item: dict[str, Any] = {"type": "string"}
        if spec.is_picture:
            item["format"] = "binary"
        elif spec.choices:
            item["enum"] = [value for value, _ in spec.choices]
        properties[spec.name] = {"type": "array", "items": item, "maxItems": spec.most} if spec.most > 1 else item
        properties[spec.name]["description"] = spec.label
    properties["screen_hint"] = {"type": "string", "description": "JSON: width, height, dpr, innerWidth, outerWidth"}
    properties["confirm_full_screen"] = {"type": "string", "description": "1: the pictures show the whole screen"}
    schema = {"type": "object", "required": ["kind"], "properties": properties}
    header = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": _LONGEST_KEY}}
    return {
        "parameters": [header],
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}},
    }


_TOO_MANY = "这个网络提交的问题太多，请在 {at} 以后再试，或拨打服务电话"


def may_file(request: Request) -> None:
    """Dependency: judged before the body is read.

    Raises:
        TooManyRequestsError: too many reports from this address.
    """
    limiter.ensure_room(runtime_of(request).database, _limit(request), client_address(request), _TOO_MANY)


def _limit(request: Request) -> RateLimit:
    return RateLimit("report-address", most=runtime_of(request).settings.reports_per_hour, minutes=60)


@router.post(
    "/reports", status_code=201, dependencies=[Depends(anonymous), Depends(may_file)], openapi_extra=report_schema()
)
def file_report(request: Request, form: UploadForm) -> JSONResponse:
    """File a report. Public for channel `yxt`; other channels need the token of a person who may file for others."""
    runtime = runtime_of(request)
    staff = _staff(request)
    actor = actor_of(request, staff)
    limit = _limit(request)
    key = request.headers.get("idempotency-key", "").strip()
    try:
        draft, pictures = _checked(runtime, form, key, is_staff=staff is not None)
    except InvalidError as error:
        _record_refusal(runtime, actor, error.faults)
        raise
    receipt = filing.file_report(
        runtime, draft, actor, limit=limit, submission_key=f"api:{key}" if key else None, new_pictures=pictures
    )
    return JSONResponse(_answer(receipt), 201)


def _staff(request: Request) -> Principal | None:
    """The person who may file for others, by bearer token. Everyone else counts as a clinic."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        return None
    principal = sessions.principal_of_token(runtime_of(request).database, token.strip())
    return principal if principal and principal.can(Permission.FILE_FOR_OTHERS) else None


def _checked(
    runtime: Runtime, form: PostedForm, key: str, *, is_staff: bool
) -> tuple[ReportDraft, Sequence[NewPicture]]:
    channel, faults = _channel(form, is_staff)
    faults += _request_type_faults(form)
    if key and not (key.isascii() and key.isprintable() and len(key) <= _LONGEST_KEY):
        faults.append(Fault("Idempotency-Key", "invalid", f"Idempotency-Key 应为 1 到 {_LONGEST_KEY} 个可见字符"))
    kind = kind_of(form.get("kind").strip())
    if kind is None:
        raise InvalidError([_kind_fault(form), *faults, *_faults_of_any_kind(runtime, form, channel)])
    posted = uploads.posted_answers(runtime, form, kind.fields)
    judged = [picture_of(picture.slot, picture.inspection, picture.is_confirmed) for picture in posted.pictures]
    try:
        draft = checked_report(kind, channel, posted.values, judged, CheckContext.of(runtime.settings))
    except InvalidError as error:
        raise InvalidError([*faults, *error.faults]) from None
    if faults:
        raise InvalidError(faults)
    return draft, posted.pictures


def _channel(form: PostedForm, is_staff: bool) -> tuple[Channel, list[Fault]]:
    """The channel whose rules apply. An invalid one gains nothing: the strict 一线通 rules apply beside its fault."""
    name = form.get("channel").strip() or Channel.YXT.value
    if name == Channel.YXT.value or (is_staff and name in list(Channel)):
        return Channel(name), []
    message = "没有这个渠道，请填写 yxt、qq、phone、visit 或 email"
    if name in list(Channel):
        message = "这个渠道只能由工作人员登记，请填写 yxt，或带上接口令牌"
    return Channel.YXT, [Fault("channel", "channel_not_allowed", message)]


def _request_type_faults(form: PostedForm) -> list[Fault]:
    """Only 求助 is filed here, by anybody: another type is refused, not filed as something that it is not."""
    if form.get("request_type").strip() in ("", "help"):
        return []
    return [Fault("request_type", "request_type_not_allowed", "这里只能提交求助，请填写 help 或不填")]


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


def _answer(receipt: Receipt) -> dict[str, Any]:
    return {
        "number": receipt.number,
        "query_code": receipt.query_code,
        "queue": receipt.queue,
        "state": receipt.state,
        "reply_due_at": iso_time(receipt.reply_due_at),
        "masked": dict(receipt.masked),
    }

"""The server's check of a report, whatever its origin: every fault at once (REQUIREMENTS A1)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from portal.errors import Fault, InvalidError
from portal.kinds import kept_forms
from portal.kinds.channel_policy import ChannelPolicy
from portal.kinds.doubts import Doubt
from portal.kinds.fields import UNASKED, CheckContext, FieldSpec, Need
from portal.kinds.names import REQUEST_TYPE_LABELS, Channel, RequestType
from portal.kinds.table import Kind
from portal.screenshots.inspection import Inspection, Verdict
from portal.sensitive_text import free_text
from portal.sensitive_text.id_numbers import split_id_numbers

Values = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Picture:
    """One screenshot as validation sees it: its slot, the inspection's verdict, whether it was confirmed."""

    slot: str
    verdict: Verdict
    code: str | None
    message: str
    is_confirmed: bool = False


def picture_of(slot: str, inspection: Inspection, is_confirmed: bool) -> Picture:
    """The validation view of a fresh inspection."""
    return Picture(slot, inspection.verdict, inspection.code, inspection.message, is_confirmed)


@dataclass(frozen=True)
class ReportDraft:
    """A complete, normalised report. The repr shows no value (ARCHITECTURE 7.3).

    `sent_pictures`: slot and digest of each picture that was sent with it. `incomplete_note`: what staff did not get to
    know and why (客户信息未完整获取).
    """

    kind: Kind
    channel: Channel
    texts: Mapping[str, str] = field(repr=False)
    secrets: Mapping[str, tuple[str, ...]] = field(repr=False)
    later: tuple[str, ...] = ()
    sent_pictures: tuple[str, ...] = ()
    request_type: RequestType = RequestType.HELP
    incomplete_note: str = field(default="", repr=False)


def checked_report(
    kind: Kind,
    channel: Channel,
    values: Values,
    pictures: Sequence[Picture],
    context: CheckContext,
    request_type: RequestType = RequestType.HELP,
) -> ReportDraft:
    """The report, ready to be filed.

    Args:
        values: every text field, unprocessed; blank ones count as absent, unknown ones are ignored.

    Raises:
        InvalidError: with every fault of every field.
    """
    given = normalised(kind, values)
    clean = asked_only(kind, channel, given, context.channels, request_type)
    faults = text_faults(kind, channel, given, kind.fields, context, request_type) + picture_faults(
        kind, channel, clean, pictures, kind.fields, request_type
    )
    if faults:
        raise InvalidError(_in_form_order(kind, faults))
    present = {picture.slot for picture in pictures}
    return ReportDraft(
        kind=kind,
        channel=channel,
        texts={s.name: clean[s.name][0] for s in kind.fields if not s.is_sensitive and clean.get(s.name)},
        secrets={s.name: tuple(clean[s.name]) for s in kind.fields if s.is_sensitive and clean.get(s.name)},
        later=tuple(
            s.name
            for s in kind.fields
            if s.need(channel, request_type=request_type) is Need.LATER
            and s.name not in present
            and not clean.get(s.name)
        ),
        request_type=request_type,
    )


def normalised(kind: Kind, values: Values) -> dict[str, list[str]]:
    """The known fields, each value normalised, blank ones left out. A repeatable field is split into lines.

    A password that was typed behind its account goes into its own empty field.
    """
    clean: dict[str, list[str]] = {}
    values = _with_split_account(values)
    for spec in kind.fields:
        if spec.is_picture:
            continue
        parts = [part for value in values.get(spec.name, ()) for part in _parts(spec, value)]
        filled = [kept for value in parts if (kept := _normal_form(spec, value))]
        clean[spec.name] = list(dict.fromkeys(filled)) if spec.most > 1 else filled[:1]
    return clean


def asked_only(
    kind: Kind,
    channel: Channel,
    clean: Values,
    policy: ChannelPolicy,
    request_type: RequestType = RequestType.HELP,
) -> dict[str, Sequence[str]]:
    """Without answers to questions that are not asked here, of this channel or of this request type."""
    unasked = {spec.name for spec in kind.fields if spec.need(channel, policy, request_type) in UNASKED}
    return {name: given for name, given in clean.items() if name not in unasked}


def doubts(kind: Kind, clean: Values) -> list[tuple[FieldSpec, Doubt]]:
    """What is unusual in these values; none of it stops a report."""
    return [
        (spec, doubt)
        for spec in kind.fields
        for value in clean.get(spec.name, ())
        if spec.doubt and (doubt := spec.doubt(value))
    ]


def text_faults(
    kind: Kind,
    channel: Channel,
    clean: Values,
    fields: Iterable[FieldSpec],
    context: CheckContext,
    request_type: RequestType = RequestType.HELP,
) -> list[Fault]:
    """Faults of these fields; at most one per field, and none that follows from a faulty one.

    A value that is not taken is refused, never dropped in silence (DESK 3.1).
    """
    given, faults = clean, []
    clean = asked_only(kind, channel, clean, context.channels, request_type)
    context = context.of_type(request_type)
    for spec in (spec for spec in fields if not spec.is_picture):
        need = spec.need(channel, context.channels, request_type)
        if need is Need.NOT_TAKEN and given.get(spec.name):
            label = REQUEST_TYPE_LABELS[request_type]
            faults.append(spec.fault("not_asked", f"{label}不收{spec.label}，请删除后再提交；需要排查故障的请改为求助"))
        elif need not in UNASKED and (fault := _text_fault(spec, need, clean, context)):
            faults.append(fault)
    return faults


def picture_faults(
    kind: Kind,
    channel: Channel,
    clean: Values,
    pictures: Sequence[Picture],
    fields: Iterable[FieldSpec],
    request_type: RequestType = RequestType.HELP,
) -> list[Fault]:
    """Faults of the screenshot slots; every screenshot in every slot is checked (CONTRACT 10)."""
    faults: list[Fault] = []
    for spec in fields:
        if not spec.is_picture:
            continue
        own = [picture for picture in pictures if picture.slot == spec.name]
        if not own:
            faults += _missing(spec, spec.need(channel, request_type=request_type), clean, "image_missing")
        elif len(own) > spec.most:
            faults.append(spec.fault("image_too_many", f"每处最多 {spec.most} 张，请先删除 {len(own) - spec.most} 张"))
        faults += [
            fault
            for n, picture in enumerate(own[: spec.most], 1)
            if (fault := _picture_fault(spec, n, len(own), picture))
        ]
    return faults


def missing_fields(
    kind: Kind, channel: Channel, clean: Values, request_type: RequestType = RequestType.HELP
) -> list[FieldSpec]:
    """The required fields, screenshots included, that are not in `clean`."""
    return [
        spec
        for spec in kind.fields
        if not clean.get(spec.name) and _missing(spec, spec.need(channel, request_type=request_type), clean, "required")
    ]


def relevant(kind: Kind, values: Values) -> dict[str, Sequence[str]]:
    """What the form submits: without answers to questions that another answer has ruled out.

    Example: a reporter chooses 报错类, writes the steps and then chooses 表单丢失: the steps stay
    in the draft, in case the choice is reverted, but they are neither checked nor filed. While nothing is chosen,
    everything counts.
    """
    excluded = {spec.name for spec in kind.fields if is_taken_back(spec, values)}
    return {name: given for name, given in values.items() if name not in excluded}


def is_taken_back(spec: FieldSpec, values: Values) -> bool:
    """Whether the chosen answers rule out this field."""
    return bool(spec.conditions) and all(
        any(values.get(condition.field, ())) and condition.value not in values[condition.field]
        for condition in spec.conditions
    )


def without_questions(faults: Iterable[Fault]) -> list[Fault]:
    """What must be mended. A picture that only has to be confirmed is asked about in its place, not called wrong."""
    return [fault for fault in faults if fault.code != "image_confirm"]


def missing_message(spec: FieldSpec, clean: Values) -> str:
    """The message for an absent value; some depend on another answer."""
    for condition in (*spec.required_when, *spec.missing_when):
        if condition.value in clean.get(condition.field, ()):
            return condition.message
    return spec.missing


def _with_split_account(values: Values) -> Values:
    given = next(iter(values.get("login_account", ())), "")
    account, password = kept_forms.split_account(given)
    if not password or not free_text.is_blank("".join(values.get("login_password", ()))):
        return values
    return {**values, "login_account": [account], "login_password": [password]}


def _text_fault(spec: FieldSpec, need: Need, clean: Values, context: CheckContext) -> Fault | None:
    values = clean.get(spec.name, ())
    if not values:
        is_excused = spec.name in context.excused
        return None if is_excused else next(iter(_missing(spec, need, clean, "required")), None)
    if len(values) > spec.most:
        return spec.fault("too_long", f"最多填写 {spec.most} 个，请删去多余的")
    for n, value in enumerate(values, 1):
        fault = _value_fault(spec, value, context)
        if fault:
            where = f"第 {n} 个：" if len(values) > 1 else ""
            return spec.fault(fault[0], where + fault[1])
    if spec.only_with and not clean.get(spec.only_with):
        return spec.fault("invalid", spec.only_with_message)
    return None


def _value_fault(spec: FieldSpec, value: str, context: CheckContext) -> tuple[str, str] | None:
    if free_text.unstorable(value):
        what_to_do = "请重新填写" if spec.is_sensitive else "已经去掉，请核对后再提交"
        return "invalid", f"{spec.label}里有看不见的控制字符，{what_to_do}"
    if len(value) > spec.maxlength:
        is_cut = len(value) >= spec.kept_length
        now = f"现在超过 {spec.kept_length} 个，后面的没有保留" if is_cut else f"现在是 {len(value)} 个"
        return "too_long", f"{spec.label}最多 {spec.maxlength} 个字，{now}"
    return spec.check(value, context) if spec.check else None


def _missing(spec: FieldSpec, need: Need, clean: Values, code: str) -> list[Fault]:
    is_conditional = any(condition.value in clean.get(condition.field, ()) for condition in spec.required_when)
    is_excused = bool(spec.excused_by and clean.get(spec.excused_by))
    if is_excused or (need is not Need.REQUIRED and not is_conditional):
        return []
    return [spec.fault(code, missing_message(spec, clean))]


def _picture_fault(spec: FieldSpec, number: int, count: int, picture: Picture) -> Fault | None:
    if picture.verdict in (Verdict.ACCEPT, Verdict.OVERRIDE):
        return None
    if picture.verdict is Verdict.ASK and picture.is_confirmed:
        return None
    where = f"第 {number} 张：" if count > 1 else ""
    return spec.fault(picture.code or "image_broken", where + picture.message)


def _normal_form(spec: FieldSpec, value: str) -> str:
    """What is kept; a value with a control character stays as it is, so that it is refused in every field."""
    if free_text.unstorable(value):
        return value
    return "" if free_text.is_blank(value) else spec.normalise(value)


def _parts(spec: FieldSpec, value: str) -> list[str]:
    if spec.most == 1 or free_text.unstorable(value):
        return [value]
    value = value[: spec.kept_length * (spec.most + 1)]
    if spec.mask == "id_number":
        return split_id_numbers(value)
    for separator in ("\r", "、", "，", ",", "；", ";"):
        value = value.replace(separator, "\n")
    return value.split("\n")


def _in_form_order(kind: Kind, faults: list[Fault]) -> list[Fault]:
    order = {spec.name: n for n, spec in enumerate(kind.fields)}
    return sorted(faults, key=lambda fault: order[fault.field])

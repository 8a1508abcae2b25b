"""The single long page of 代客提报, from the kinds table: what it shows, what a post says, what is wrong with it."""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal import clock
from portal.errors import Fault, InvalidError
from portal.kinds.channel_policy import ChannelPolicy
from portal.kinds.fields import UNASKED, CheckContext, FieldSpec, Need
from portal.kinds.names import CHANNEL_LABELS, Channel, RequestType
from portal.kinds.questions import Question, form_question
from portal.kinds.reading import kept_values
from portal.kinds.table import GENERAL, KINDS, Kind, kind_of
from portal.kinds.validation import checked_report, normalised, relevant
from portal.pages.desk import answering
from portal.reports import call_records, request_types, service_records, urgency_at_filing
from portal.reports.draft_answers import Values
from portal.reports.drafts import OpenDraft
from portal.reports.masked_answers import is_same_text, known_secrets, masked_answer
from portal.reports.service_records import IDENTITY_METHODS, MOST_NOTE, Service
from portal.reports.submission import Check, CheckedDraft
from portal.screenshots.models import Screenshot
from portal.sensitive_text import free_text
from portal.tickets.models import Ticket
from portal.web.body import PostedForm, as_uuid

# QQ first: most of what staff take comes from there. 一线通 here means: typed in at the counter, under its own rules.
CHANNELS: tuple[tuple[str, str], ...] = (
    *((channel.value, CHANNEL_LABELS[channel]) for channel in Channel if channel is not Channel.YXT),
    (Channel.YXT.value, f"{CHANNEL_LABELS[Channel.YXT]}（代填）"),
)
NOTES: dict[Need, str] = {
    Need.MAY_OMIT: "该渠道可不附",
    Need.LATER: "可以先不附，提交后转为待补充",
    Need.NOT_TAKEN: "这个诉求类型不收这一项，请勾选删除；要排查故障的请选“求助”",
}
# The page in the order of a call (DESK 3.2): who, what, since when, wish; the type and the urgency stand beside.
GROUPS: dict[str, tuple[str, ...]] = {
    "channel": ("channel_note",),
    "caller": (
        "institution", "contact_name", "title", "contact_phone", "may_call_back", "call_back_time", "sms_consent",
    ),
    "problem": (
        "previous_system", "description", "symptom", "operation_steps", "form_name", "blank_items", "error_text",
        "module", "terminal",
    ),
    "since": ("occurred_at", "scope", "resident_count"),
    "wish": ("wish",),
    "secrets": (
        "id_number", "patient_id_number", "inpatient_number", "no_inpatient_number", "login_account", "login_password",
    ),
}  # fmt: skip
_TICKS = ("is_incomplete",)
_LINES = (
    "kind", "channel", "request_type", "urgency", "identity_method", "service_began", "service_ended", *answering.LINES,
)  # fmt: skip
_NOTES = ("late_reason", "incomplete_note", "urgency_reason", answering.TEXT)
_CONFIRM, _CLEAR, _REASON = "confirm_full_screen", "clear", "keep-"
_MOST_REASON = 200
_SLACK = timedelta(minutes=5)  # clocks of two computers differ
_OLDEST = timedelta(days=366)


@dataclass(frozen=True)
class DeskSlotView:
    spec: FieldSpec
    needs: str
    note: str
    shown_when: str
    pictures: Sequence[Screenshot]
    faults: Sequence[Fault]


def specs() -> list[FieldSpec]:
    """Every field of every kind once, each where its form has it: changing the kind loses nothing that was typed."""
    found: list[FieldSpec] = []
    for kind in KINDS.values():
        place = 0
        for spec in kind.fields:
            known = next((n for n, other in enumerate(found) if other.name == spec.name), None)
            if known is None:
                found.insert(place, spec)
                known = place
            place = known + 1
    return found


def chosen(values: Values) -> tuple[Kind, Channel | None]:
    """The kind (日常 until one is chosen) and the channel, None until one is chosen."""
    kind, channel = kind_of(_first(values, "kind")), _first(values, "channel")
    return kind or GENERAL, Channel(channel) if channel in list(Channel) else None


def chosen_type(values: Values, policy: ChannelPolicy) -> RequestType:
    """The type whose rules the page shows."""
    return request_types.chosen(_first(values, "request_type"), chosen(values)[1], policy, is_staff=True)[0]


def posted(form: PostedForm, stored: Values) -> dict[str, list[str]]:
    """The posted values; a secret left blank, and a text returned as it was shown, stay as they are."""
    answers = {name: [form.get(name)[:40]] for name in _LINES if form.has(name)}
    answers |= {name: [form.get(name)[: MOST_NOTE + 1]] for name in _NOTES if form.has(name)}
    answers |= {name: form.all(name)[:1] for name in _TICKS}
    cleared, shown = form.all(_CLEAR), shown_values(stored)
    for spec in specs():
        if spec.is_picture or not form.has(spec.name):
            continue
        values = kept_values(spec, form.all(spec.name))
        if spec.is_sensitive and not "".join(values):
            if spec.name in cleared:
                answers[spec.name] = []
        elif not (spec.name in shown and is_same_text(values, shown[spec.name])):
            answers[spec.name] = values
    return answers


def changes(posted_values: Values, stored: Values) -> dict[str, Sequence[str]]:
    """The posted values that differ from the stored ones: an unchanged page costs no write."""
    return {name: values for name, values in posted_values.items() if list(values) != list(stored.get(name, ()))}


def shown_values(values: Values) -> dict[str, Sequence[str]]:
    """The draft's texts as the page may show them: secrets inside them are masked, sealed fields are left out."""
    known = [secret for kind in KINDS.values() for secret in known_secrets(kind, values)]
    free = {spec.name for spec in specs() if not spec.is_sensitive and not spec.choices} | set(_NOTES)
    sealed = {spec.name for spec in specs() if spec.is_sensitive}
    return {
        name: [masked_answer(text, known) for text in given] if name in free else given
        for name, given in values.items()
        if name not in sealed
    }


def field_views(
    values: Values, faults: Iterable[Fault], lists: Mapping[str, Sequence[str]], policy: ChannelPolicy
) -> list[Question]:
    """The text fields of all kinds; those that the chosen kind does not have are present but hidden.

    A value that the chosen type does not take is shown, so that it can be deleted.
    """
    (kind, channel), request_type = chosen(values), chosen_type(values, policy)
    shown, by_field = shown_values(values), {fault.field: fault for fault in faults}
    clean = {name: given for each in KINDS.values() for name, given in normalised(each, values).items()}
    views = []
    for spec in (spec for spec in specs() if not spec.is_picture):
        own = kind.field(spec.name) if kind.asks(spec.name) else spec
        need = own.need(channel or Channel.YXT, policy, request_type)
        is_there = spec.name in by_field or (need is Need.NOT_TAKEN and bool(clean.get(spec.name)))
        views.append(
            form_question(
                own,
                shown.get(spec.name, ()),
                clean.get(spec.name, ()),
                by_field.get(spec.name),
                lists.get(spec.name, own.suggestions),
                required=need is not Need.OPTIONAL,
                can_clear=True,
                needs=needs_of(spec.name, policy),
                note=NOTES.get(need, ""),
                is_asked=kind.asks(spec.name) and (need not in UNASKED or is_there),
            )
        )
    return views


def needs_of(name: str, policy: ChannelPolicy) -> str:
    """`general/qq/help=may_omit general/phone/help=required …` for the script, from the kinds table."""
    return " ".join(
        f"{kind.name}/{channel}/{request_type}={need.value}"
        for kind in KINDS.values()
        if kind.asks(name)
        for channel in Channel
        for request_type in policy.request_types
        if (need := kind.field(name).need(channel, policy, request_type)) is not Need.NOT_ASKED
    )


def slot_views(
    draft: OpenDraft | None, values: Values, faults: Iterable[Fault], policy: ChannelPolicy
) -> list[DeskSlotView]:
    (kind, channel), request_type = chosen(values), chosen_type(values, policy)
    found, pictures = list(faults), draft.pictures if draft else ()
    return [
        DeskSlotView(
            spec=spec,
            needs=needs_of(spec.name, policy),
            note=NOTES.get(spec.need(channel or Channel.YXT, policy, request_type), ""),
            shown_when=" ".join(f"{condition.field}={condition.value}" for condition in spec.conditions),
            pictures=[picture for picture in pictures if picture.slot == spec.name],
            faults=[fault for fault in found if fault.field == spec.name],
        )
        for spec in kind.fields
        if spec.is_picture
    ]


def slots_of(specs: Iterable[FieldSpec], draft: OpenDraft | None, faults: Iterable[Fault]) -> list[DeskSlotView]:
    """The slots of a supplement: all of them were asked for."""
    found, pictures = list(faults), draft.pictures if draft else ()
    return [
        DeskSlotView(
            spec=spec,
            needs="",
            note="",
            shown_when="",
            pictures=[picture for picture in pictures if picture.slot == spec.name],
            faults=[fault for fault in found if fault.field == spec.name],
        )
        for spec in specs
    ]


def choice_faults(values: Values) -> list[Fault]:
    """A channel must be chosen: its rules decide which other fields are required."""
    faults = [] if chosen(values)[1] else [Fault("channel", "required", "请选择渠道")]
    return faults if kind_of(_first(values, "kind")) else [Fault("kind", "required", "请选择问题种类"), *faults]


def checked(
    refused: Sequence[Fault], context: CheckContext, answer: Callable[[Values], Callable[[Session, Ticket], None]]
) -> Check:
    """The checked report of a draft of staff.

    Args:
        refused: faults of screenshots that were not stored. answer: what follows the filing, from the draft's values.
    """

    def check(draft: OpenDraft) -> CheckedDraft:
        channel = chosen(draft.values)[1]
        faults = [*choice_faults(draft.values), *refused]
        request_type, type_faults = request_types.chosen(
            _first(draft.values, "request_type"), channel, context.channels, is_staff=True
        )
        urgency, urgency_faults = urgency_at_filing.chosen(
            _first(draft.values, "urgency"), _first(draft.values, "urgency_reason")
        )
        faults += [*type_faults, *urgency_faults, *answering.faults(draft.values, request_type.value)]
        service, service_faults = service_of(draft.values, clock.now())
        try:
            # Without a channel, only what QQ requires too is reported as missing: anything more could be a false alarm.
            content = checked_report(
                draft.kind,
                channel or Channel.QQ,
                relevant(draft.kind, draft.values),
                draft.picture_views(),
                service_records.excusing(context, request_type, service.incomplete_note),
                request_type,
            )
        except InvalidError as error:
            raise InvalidError([*faults, *error.faults, *service_faults]) from None
        if faults or service_faults:
            raise InvalidError([*faults, *service_faults])
        return CheckedDraft(content, [call_records.of_filing(service)], urgency, answer(draft.values))

    return check


def service_of(values: Values, now: datetime) -> tuple[Service, list[Fault]]:
    """The facts of the service, and what is wrong with them."""
    faults: list[Fault] = []
    began, ended = (_moment(values, name, now, faults) for name in ("service_began", "service_ended"))
    if began and began > (ended or now):
        faults.append(Fault("service_began", "invalid", "开始时间比结束时间晚，请核对"))
    method = _first(values, "identity_method")
    late_reason, note = _note(values, "late_reason", faults), _note(values, "incomplete_note", faults)
    if service_records.is_late(ended, now) and not late_reason:
        faults.append(Fault("late_reason", "required", "服务结束已超过 30 分钟，请写明补录的原因"))
    is_incomplete = bool(values.get("is_incomplete"))
    if is_incomplete:
        faults += service_records.incomplete_faults(note, chosen(values)[1])
    service = Service(
        identity_method=method if method in dict(IDENTITY_METHODS) else "",
        began_at=began,
        ended_at=ended,
        late_reason=late_reason,
        incomplete_note=note if is_incomplete else "",
        may_call_back=_first(values, "may_call_back") == "1",
    )
    return service, faults


def posted_confirmations(form: PostedForm, draft: OpenDraft) -> dict[uuid.UUID, bool]:
    """Which of the draft's screenshots are said to show the whole screen."""
    ticked = form.all(_CONFIRM)
    return {picture.id: str(picture.id) in ticked for picture in draft.pictures}


def posted_reasons(form: PostedForm) -> dict[uuid.UUID, str]:
    """Why a refused screenshot is stored all the same, by screenshot."""
    reasons = {as_uuid(name.removeprefix(_REASON)): form.get(name) for name in form.names() if name.startswith(_REASON)}
    return {key: text.strip()[:_MOST_REASON] for key, text in reasons.items() if key and not free_text.unstorable(text)}


def _first(values: Values, name: str) -> str:
    return next(iter(values.get(name, ())), "").strip()


def _note(values: Values, name: str, faults: list[Fault]) -> str:
    text = _first(values, name)
    fault = free_text.text_fault(text, field=name, most=MOST_NOTE)
    faults += [fault] if fault else []
    return text


def _moment(values: Values, name: str, now: datetime, faults: list[Fault]) -> datetime | None:
    """A time as the browser's control sends it, or as people type it; China time."""
    text = _first(values, name).replace("T", " ").replace("/", "-")
    if not text:
        return None
    try:
        moment = datetime.strptime(text[:16], "%Y-%m-%d %H:%M").replace(tzinfo=clock.CHINA)
    except ValueError:
        faults.append(Fault(name, "invalid", "请写成 2026-07-22 14:05 这样的时间"))
        return None
    if moment > now + _SLACK:
        faults.append(Fault(name, "invalid", "这个时间还没有到，请核对"))
        return None
    if moment < now - _OLDEST:
        faults.append(Fault(name, "invalid", "这个时间是一年以前，请核对年份"))
        return None
    return min(moment, now)

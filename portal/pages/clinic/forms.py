"""The steps of the form, made from the kinds table: what a page shows, what a post says, what is wrong with it."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from portal.errors import Fault
from portal.kinds.fields import CheckContext, FieldSpec, Need, Step
from portal.kinds.names import Channel
from portal.kinds.questions import Question, form_question
from portal.kinds.reading import kept_values
from portal.kinds.table import Kind
from portal.kinds.validation import (
    checked_report,
    is_taken_back,
    normalised,
    picture_faults,
    relevant,
    text_faults,
)
from portal.pages.clinic import paths
from portal.reports import masked_answers
from portal.reports.draft_answers import Values
from portal.reports.drafts import OpenDraft
from portal.reports.masked_answers import field_masks, is_same_text, known_secrets, masked_answer
from portal.reports.submission import Check, CheckedDraft
from portal.screenshots import twins, wording
from portal.screenshots.inspection import Verdict
from portal.screenshots.models import Screenshot
from portal.web.body import PostedForm, Upload

STEPS = tuple(Step)
# These rarely change from one report to the next and are no secrets (UX 3, Keep and resume).
_REMEMBERED = ("institution", "previous_system")
# Shown for a value typed beside an answer that is no longer chosen; 修改 leads to that answer.
_TAKEN_BACK = "填过，但现在的选择用不到这一项，不会提交"
_CONFIRM = "confirm_full_screen"
CLEAR = "clear"


@dataclass(frozen=True)
class PictureView:
    id: uuid.UUID
    slot: str
    width: int
    height: int
    verdict: str
    message: str
    is_confirmed: bool
    is_photo: bool
    url: str
    reason: str = ""

    @property
    def line(self) -> str:
        """Its size and state; a picture that is still asked about is not called received."""
        size = (self.width, self.height)
        if not self.is_asked:
            return wording.received(size, is_asked=False)
        if not self.is_confirmed:
            return wording.pixels(size)
        return wording.received(size, is_asked=False) if self.is_twin else f"{wording.pixels(size)}，已确认是整屏"

    @property
    def line_at_phone(self) -> str:
        """As `line`, for the phone that sent it."""
        return wording.received((self.width, self.height), is_asked=self.is_asked, at_phone=True)

    @property
    def is_asked(self) -> bool:
        """Whether the reporter must confirm that it shows the whole screen."""
        return self.verdict == Verdict.ASK.value

    @property
    def is_twin(self) -> bool:
        """Whether what must be confirmed is that two places hold the same picture."""
        return self.reason == twins.SAME

    @property
    def question(self) -> tuple[str, str, str]:
        """What is asked, and its two answers: to keep the picture, or to give another."""
        if self.is_twin:
            return "两处要用同一张图吗？", "用同一张", "换一张"
        return "这张图是整个屏幕吗？", "是整个屏幕", "重新截"

    @property
    def is_question(self) -> bool:
        """Whether that is still open."""
        return self.is_asked and not self.is_confirmed


@dataclass(frozen=True)
class SlotView:
    """A screenshot slot with its contents. `is_needed`: the report is not complete without one in it."""

    name: str
    label: str
    help: str
    most: int
    pictures: Sequence[PictureView]
    faults: Sequence[Fault]
    is_needed: bool

    @property
    def is_full(self) -> bool:
        return len(self.pictures) >= self.most


@dataclass(frozen=True)
class Answer:
    """One line of the check page: a text, or masks, or screenshots."""

    name: str
    label: str
    text: str = field(repr=False, default="")
    masks: Sequence[str] = ()
    is_password: bool = False
    pictures: Sequence[PictureView] = ()

    @property
    def is_given(self) -> bool:
        return bool(self.text or self.masks or self.pictures)


@dataclass(frozen=True)
class Section:
    step: Step
    answers: Sequence[Answer]


def posted_values(form: PostedForm, kind: Kind, step: Step) -> dict[str, list[str]]:
    """The posted values of one step's fields; absent fields, and secrets left blank, stay as they are.

    Fields that this kind does not have, the kind and the channel are ignored (SECURITY A-3, A-11).
    """
    answers: dict[str, list[str]] = {}
    cleared = form.all(CLEAR)
    for spec in kind.on(step):
        if spec.is_picture or not form.has(spec.name):
            continue
        values = kept_values(spec, form.all(spec.name))
        if spec.is_sensitive and not "".join(values):
            if spec.name in cleared:
                answers[spec.name] = []
            continue
        answers[spec.name] = values
    return answers


def shown_values(draft: OpenDraft | None) -> dict[str, Sequence[str]]:
    """The draft's values as a later page may show them: secrets inside its free texts are masked (SECURITY A-6)."""
    if draft is None:
        return {}
    known = known_secrets(draft.kind, draft.values)
    return {
        name: [masked_answer(text, known) for text in given] if _is_free_text(draft.kind, name) else given
        for name, given in draft.values.items()
    }


def with_originals(draft: OpenDraft, posted: Values) -> dict[str, Sequence[str]]:
    """The posted values, with the stored text wherever the form returns the output of `shown_values` unchanged."""
    shown = shown_values(draft)
    return {
        name: draft.values[name] if name in shown and is_same_text(given, shown[name]) else given
        for name, given in posted.items()
    }


def step_faults(kind: Kind, step: Step, values: Values, context: CheckContext) -> list[Fault]:
    """All faults of one step's text fields (REQUIREMENTS A1)."""
    return text_faults(kind, Channel.YXT, normalised(kind, relevant(kind, values)), list(kind.on(step)), context)


def stored_faults(draft: OpenDraft, step: Step, context: CheckContext) -> list[Fault]:
    """Faults of the secrets stored in the draft: they are not shown again, so their faults are reported at once."""
    clean = normalised(draft.kind, draft.values)
    faults = step_faults(draft.kind, step, draft.values, context)
    return [fault for fault in faults if clean.get(fault.field) and draft.kind.field(fault.field).is_sensitive]


def checked(context: CheckContext) -> Check:
    """The checked report of a draft of this form; raises InvalidError with every fault."""

    def check(draft: OpenDraft) -> CheckedDraft:
        values = relevant(draft.kind, draft.values)
        return CheckedDraft(checked_report(draft.kind, Channel.YXT, values, draft.picture_views(), context))

    return check


def slot_faults(draft: OpenDraft, refusals: Mapping[str, str] = MappingProxyType({})) -> list[Fault]:
    """Why the pictures do not suffice yet. An empty slot repeats its last refusal: it says more than `missing`."""
    clean = normalised(draft.kind, draft.values)
    faults = picture_faults(draft.kind, Channel.YXT, clean, draft.picture_views(), list(draft.kind.fields))
    return [
        replace(fault, message=refusals.get(fault.field, fault.message)) if fault.code == "image_missing" else fault
        for fault in faults
    ]


def field_views(
    kind: Kind, step: Step, values: Values, faults: Iterable[Fault], lists: Mapping[str, Sequence[str]] | None = None
) -> list[Question]:
    """The text fields of one step in the form's order; `lists` holds the suggestions that leads maintain, by field."""
    suggestions = lists or {}
    by_field = {fault.field: fault for fault in faults}
    clean = normalised(kind, values)
    questions = [
        form_question(
            spec,
            values.get(spec.name, ()),
            clean.get(spec.name, ()),
            by_field.get(spec.name),
            suggestions.get(spec.name, spec.suggestions),
            required=_is_required(spec),
            can_clear=not _is_required(spec) and spec.most == 1,
            is_remembered=spec.name in _REMEMBERED,
        )
        for spec in kind.on(step)
        if not spec.is_picture
    ]
    # The right ones among several stay, whatever is wrong with the others.
    return [
        replace(q, kept=field_masks(kind.field(q.name), clean.get(q.name, ())), mark=_mark(kind, kind.field(q.name)))
        for q in questions
    ]


def _mark(kind: Kind, spec: FieldSpec) -> str:
    """Which answers make the field a must: 报错类要填."""
    answers = [kind.field(condition.field).label_of(condition.value) for condition in spec.required_when]
    return f"{'、'.join(answers)}要填" if answers and not _is_required(spec) else ""


def required_secrets(kind: Kind) -> list[str]:
    """Labels of the fields that 「一线通务必附加」 means for this kind (REQUIREMENTS A8, A15)."""
    return [spec.label for spec in kind.fields if spec.is_sensitive and _is_required(spec)]


def slot_views(
    draft: OpenDraft, faults: Iterable[Fault], refusals: Mapping[str, str] = MappingProxyType({})
) -> list[SlotView]:
    """The screenshot slots of this report: a conditional one only if it is wanted or not empty."""
    return views_of_slots(wanted_slots(draft), draft, faults, refusals)


def views_of_slots(
    specs: Iterable[FieldSpec],
    draft: OpenDraft | None,
    faults: Iterable[Fault],
    refusals: Mapping[str, str],
    *,
    are_needed: bool = False,
) -> list[SlotView]:
    """Some slots with the draft's pictures.

    Args:
        refusals: why the last picture of a slot was not taken; shown where no fault says more.
        are_needed: all of them were asked for.
    """
    found = list(faults)
    found += [
        Fault(slot, "image_missing", message)
        for slot, message in refusals.items()
        if slot not in {fault.field for fault in found}
    ]
    return [
        SlotView(
            name=spec.name,
            label=spec.label,
            help=spec.help,
            most=spec.most,
            pictures=[picture_view(draft, p) for p in draft.pictures if p.slot == spec.name] if draft else [],
            faults=[fault for fault in found if fault.field == spec.name],
            is_needed=are_needed or _is_required(spec) or (draft is not None and _is_wanted(spec, draft.values)),
        )
        for spec in specs
    ]


def posted_files(form: PostedForm, slot: str) -> list[Upload]:
    """The files of a slot: a phone's page has a second button, for its camera."""
    return [*form.files(slot), *form.files(f"{slot}-camera")]


def no_file_faults(draft: OpenDraft) -> list[Fault]:
    """The fault of 上传图片 without a file: at the first empty slot, else the first one with room."""
    free = [slot for slot in slot_views(draft, []) if not slot.is_full]
    slot = next((slot for slot in free if not slot.pictures), free[0] if free else None)
    return [draft.kind.field(slot.name).fault("image_missing", "请先选择图片")] if slot else []


def wanted_slots(draft: OpenDraft) -> list[FieldSpec]:
    """The slots of this report, in the form's order."""
    filled = {picture.slot for picture in draft.pictures}
    return [
        spec
        for spec in draft.kind.fields
        if spec.is_picture and (_is_required(spec) or spec.name in filled or _is_wanted(spec, draft.values))
    ]


def picture_view(draft: OpenDraft, picture: Screenshot) -> PictureView:
    return PictureView(
        id=picture.id,
        slot=picture.slot,
        width=picture.width,
        height=picture.height,
        verdict=picture.verdict,
        message=picture.message,
        is_confirmed=picture.is_confirmed,
        is_photo=picture.is_photo,
        reason=picture.reason,
        url=paths.address(draft, f"pictures/{picture.id}"),
    )


def posted_confirmations(form: PostedForm, draft: OpenDraft) -> dict[uuid.UUID, bool]:
    """Which of the screenshots asked about are said to show the whole screen."""
    said = form.all(_CONFIRM)
    return {p.id: True for p in draft.pictures if p.verdict == Verdict.ASK.value and str(p.id) in said}


def sections(draft: OpenDraft) -> list[Section]:
    """All answers for the check page: secrets as masks, also inside texts."""
    clean = normalised(draft.kind, draft.values)
    known = known_secrets(draft.kind, draft.values)
    slots = {spec.name for spec in wanted_slots(draft)}
    return [
        Section(
            step,
            [
                _answer(draft, spec, clean.get(spec.name, ()), known)
                for spec in draft.kind.on(step)
                if _is_shown(spec, clean, slots)
            ],
        )
        for step in STEPS
    ]


def holds_secrets(draft: OpenDraft) -> bool:
    """Whether a free text seems to hold an ID number, a phone, an account or a password (REQUIREMENTS A12)."""
    clean = normalised(draft.kind, draft.values)
    known = known_secrets(draft.kind, draft.values)
    free = [spec for spec in draft.kind.fields if not spec.is_sensitive and not spec.choices]
    texts = [clean[spec.name][0] for spec in free if clean.get(spec.name) and not is_taken_back(spec, draft.values)]
    return any(masked_answers.holds_secrets(text, known) for text in texts)


def _answer(draft: OpenDraft, spec: FieldSpec, values: Sequence[str], known: Sequence[str]) -> Answer:
    if spec.is_picture:
        pictures = [picture_view(draft, p) for p in draft.pictures if p.slot == spec.name]
        return Answer(spec.name, spec.label, pictures=pictures)
    if spec.is_sensitive:
        return Answer(spec.name, spec.label, masks=field_masks(spec, values), is_password=spec.input == "password")
    if values and is_taken_back(spec, draft.values):
        return Answer(spec.conditions[0].field, spec.label, text=_TAKEN_BACK)
    if not values or spec.choices:
        return Answer(spec.name, spec.label, text=spec.label_of(values[0]) if values else "")
    return Answer(spec.name, spec.label, text=masked_answer(values[0], known))


def _is_free_text(kind: Kind, name: str) -> bool:
    return kind.asks(name) and not kind.field(name).is_sensitive and not kind.field(name).choices


def _is_shown(spec: FieldSpec, clean: Mapping[str, Sequence[str]], slots: set[str]) -> bool:
    """An unwanted, empty conditional field is left out (UX 1, check answers)."""
    if spec.is_picture:
        return spec.name in slots
    is_asked = not spec.is_more and spec.need(Channel.YXT) is not Need.NOT_ASKED
    return bool(clean.get(spec.name)) or (is_asked and (not spec.conditions or _is_wanted(spec, clean)))


def _is_required(spec: FieldSpec) -> bool:
    return spec.need(Channel.YXT) is Need.REQUIRED


def _is_wanted(spec: FieldSpec, values: Values) -> bool:
    return any(condition.value in values.get(condition.field, ()) for condition in spec.conditions)

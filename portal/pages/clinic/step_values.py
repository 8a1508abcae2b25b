"""What a posted step changes in its draft: texts as they are, sealed values only if they are right.

A wrong sealed value is not kept, so that only it is asked for again; the right ones stay as masked lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from starlette.requests import Request

from portal.errors import Fault
from portal.kinds.fields import CheckContext, FieldSpec, Step
from portal.kinds.table import Kind
from portal.kinds.validation import normalised
from portal.pages.clinic import forms, page_marks, sealed_boxes
from portal.pages.clinic.page_marks import OutdatedPageError, PageMark, writer_name
from portal.reports import drafts
from portal.reports.draft_answers import Values
from portal.reports.drafts import Changes, DraftClosedError, OpenDraft
from portal.reports.masked_answers import field_masks
from portal.runtime import runtime_of
from portal.web.body import PostedForm

REMOVE = "remove"
_NOTHING: Values = MappingProxyType({})
TEXT_STEPS = {step.value: step for step in (Step.SITUATION, Step.IDENTITY)}


@dataclass(frozen=True)
class SentStep:
    """Attributes:
    texts: fields that are no secrets.
    boxes: the right values of each box for a secret; a blank box has none.
    wrong: what is wrong with the others, by field.
    unfinished: the box for a secret that was still being typed into.
    """

    step: Step
    mark: PageMark
    texts: Values = field(repr=False)
    boxes: Values = field(repr=False)
    wrong: Sequence[Fault]
    context: CheckContext
    removed: str = ""
    cleared: Sequence[str] = ()
    unfinished: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed: a choice alone is no loss."""
        return not any("".join(given).strip() for given in (*self.texts.values(), *self.boxes.values()))


def sent_step(form: PostedForm, kind: Kind, step: Step, mark: PageMark, context: CheckContext) -> SentStep:
    texts: dict[str, Sequence[str]] = {}
    boxes: dict[str, Sequence[str]] = {
        spec.name: [] for spec in kind.on(step) if spec.is_sensitive and form.has(spec.name)
    }
    wrong: list[Fault] = []
    for name, given in forms.posted_values(form, kind, step).items():
        spec = kind.field(name)
        if not spec.is_sensitive:
            texts[name] = given
            continue
        boxes[name], faults = sealed_boxes.judged(kind, spec, given, context)
        wrong += faults
    cleared = form.all(forms.CLEAR)
    return SentStep(step, mark, texts, boxes, wrong, context, form.get(REMOVE)[:80], cleared)


def changes_of(draft: OpenDraft, sent: SentStep) -> Changes:
    """What the step changes in the draft as it is by now.

    Raises:
        OutdatedPageError: another page has written the step since this one was made, and said something else.
    """
    kind, mark = draft.kind, sent.mark
    changes: dict[str, Sequence[str] | None] = dict(forms.with_originals(draft, sent.texts))
    for name, given in sent.boxes.items():
        spec = kind.field(name)
        before = _before(draft, spec, sent)
        box = given or draft.values.get(_waiting(mark.page, name), ())
        changes[name] = [*before, *box] if spec.most > 1 or not box else list(box)
        changes[_earlier(name)] = before
    is_same = all(list(draft.values.get(name, ())) == list(changes[name] or ()) for name in (*sent.texts, *sent.boxes))
    if not mark.is_latest(draft.values, sent.step):
        if is_same:
            return {}
        raise OutdatedPageError
    changes |= {writer_name(sent.step): [mark.page] if mark.page else None, _unfinished(sent.step): _half(sent)}
    return changes | _no_more_waiting(draft)


def half_typed(draft: OpenDraft, step: Step) -> str:
    """The label of the sealed value that may be only half of what it should be: its page went while it was typed."""
    name = next(iter(draft.values.get(_unfinished(step), ())), "")
    return draft.kind.field(name).label if name in {spec.name for spec in draft.kind.on(step)} else ""


def write(
    request: Request, kind: Kind, form: PostedForm, draft: OpenDraft | None, sent: SentStep, noted: Values = _NOTHING
) -> OpenDraft:
    """The draft with the step in it: the page's own, else the one that it begins. `noted` goes along.

    Raises:
        OutdatedPageError: as `changes_of`. DraftClosedError: it has been filed.
    """
    change = lambda held: {**changes_of(held, sent), **noted}  # noqa: E731
    if draft is None:
        return page_marks.begin(request, kind, form, {**first_values(sent), **noted}, change)
    if draft.ticket:
        raise DraftClosedError(draft.owner)
    return drafts.change(runtime_of(request), draft, change)


def set_aside(draft: OpenDraft, sent: SentStep, page: str) -> Changes:
    """Sealed values of a page that is being asked about: they wait in the draft for the answer, from `page`."""
    return _no_more_waiting(draft) | {_waiting(page, name): given for name, given in sent.boxes.items() if given}


def waiting(draft: OpenDraft, mark: PageMark) -> list[tuple[str, Sequence[str]]]:
    """Labels and masks of what waits for this page."""
    kept = [(spec, draft.values.get(_waiting(mark.page, spec.name))) for spec in draft.kind.fields if spec.is_sensitive]
    return [(spec.label, field_masks(spec, given)) for spec, given in kept if given]


def faults_of(draft: OpenDraft, sent: SentStep, context: CheckContext) -> list[Fault]:
    """All faults of the step, with those of the values that were not kept."""
    wrong = {fault.field: fault for fault in sent.wrong}
    others = {fault.field: fault for fault in forms.step_faults(draft.kind, sent.step, draft.values, context)}
    found = others | wrong
    return [found[spec.name] for spec in draft.kind.on(sent.step) if spec.name in found]


def differing(draft: OpenDraft, sent: SentStep) -> list[tuple[str, str]]:
    """Labels, and what another window has put there: never a secret."""
    shown = forms.shown_values(draft)
    rows = []
    for name, given in sent.texts.items():
        spec, other = draft.kind.field(name), next(iter(shown.get(name, ())), "")
        if next(iter(given), "").split() != other.split():
            rows.append((spec.label, spec.label_of(other) if other else "未填写"))
    for name, given in sent.boxes.items():
        spec, stored = draft.kind.field(name), normalised(draft.kind, draft.values).get(name, [])
        if given and stored and list(given) != list(stored):
            masks = ["已填写"] if spec.input == "password" else field_masks(spec, stored)
            rows.append((spec.label, "、".join(masks)))
    return rows


def first_values(sent: SentStep) -> Values:
    """The answers of a draft that this page begins."""
    begun = {**sent.texts, **sent.boxes}
    begun |= {_earlier(name): [] for name in sent.boxes}
    return begun | ({writer_name(sent.step): [sent.mark.page]} if sent.mark.page else {})


def _before(draft: OpenDraft, spec: FieldSpec, sent: SentStep) -> list[str]:
    """The right values that were there when the page was made, without the one whose 删除 was pressed."""
    name, stored = spec.name, draft.values
    is_own = sent.mark.has_written(stored, sent.step) and _earlier(name) in stored
    raw = stored[_earlier(name)] if is_own else stored.get(name, ())
    if name in sent.cleared:
        return []
    kept = sealed_boxes.judged(draft.kind, spec, raw, sent.context)[0]
    if spec.most == 1:
        return kept
    return [value for place, value in enumerate(kept) if sent.removed != sealed_boxes.removal(name, place, len(kept))]


def _half(sent: SentStep) -> list[str] | None:
    return [sent.unfinished] if sent.boxes.get(sent.unfinished) else None


def _unfinished(step: Step) -> str:
    return f"unfinished:{step.value}"


def _earlier(name: str) -> str:
    return f"before:{name}"


def _waiting(page: str, name: str) -> str:
    return f"waiting:{page}:{name}"


def _no_more_waiting(draft: OpenDraft) -> dict[str, Sequence[str] | None]:
    return dict.fromkeys(name for name in draft.values if name.startswith("waiting:"))

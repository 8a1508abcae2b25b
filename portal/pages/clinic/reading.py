"""问题现象, 影响范围 and 操作步骤 as a description tells them: offered on step 1, asked about once (REQUIREMENTS T23).

What was read is preselected, said in one line and taken back by one press. A page that has said it carries a mark, so
that nobody is asked twice; an answer that was given, also 其他, is never asked about.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from portal.accounts.guard import public
from portal.kinds.table import Kind
from portal.pages.clinic import forms
from portal.pages.clinic.step_values import SentStep
from portal.pages.clinic.text_pages import KindInPath
from portal.pages.clinic.typed import has_typing_room
from portal.pasting import situation
from portal.reports.draft_answers import Values
from portal.reports.drafts import OpenDraft
from portal.web.body import PostedForm
from portal.web.csrf import TypedForm

router = APIRouter(dependencies=[Depends(public)], include_in_schema=False)

ASKED, READ, UNDO = "asked", "read", "undo"


@dataclass(frozen=True)
class WasRead:
    """One line of the page: what was read, and the fields that one press empties again."""

    names: Sequence[str]
    line: str = field(repr=False)


@router.post("/report/{kind}/reading", dependencies=[Depends(has_typing_room)])
def read(request: Request, kind: KindInPath, form: TypedForm) -> Response:
    """What the typed description says, for the script: values by field, and the line that tells of them."""
    typed = {name: [form.get(name)] for name in (situation.DESCRIPTION, *situation.READ)}
    found = situation.read_from(kind, typed)
    told = was_read(kind, found)
    return JSONResponse(
        {"values": {name: given[0] for name, given in found.items()}, "line": told.line if told else ""}
    )


def was_read(kind: Kind, values: Values, names: Iterable[str] = situation.READ) -> WasRead | None:
    """What a page says of these values; None if there are none."""
    parts = []
    for name in (present := [name for name in names if kind.asks(name) and "".join(values.get(name, ()))]):
        spec = kind.field(name)
        value = next(iter(values[name]))
        parts.append(f"{spec.label}选了“{spec.label_of(value)}”" if spec.choices else f"{spec.label}照描述填好了")
    return WasRead(present, f"从描述看出：{'，'.join(parts)}") if parts else None


def open_question(draft: OpenDraft, form: PostedForm) -> dict[str, list[str]]:
    """What step 1 is asked about once before it is left: a symptom that the text names, or steps that it tells."""
    if form.has(ASKED) or draft.values.get(ASKED):
        return {}
    found = situation.read_from(draft.kind, draft.values)
    return found if situation.SYMPTOM in found or situation.STEPS in found else {}


def shown(draft: OpenDraft, found: Values) -> dict[str, Sequence[str]]:
    """What was read, as a page may show it: a secret inside it is masked."""
    masked = forms.shown_values(replace(draft, values={**draft.values, **found}))
    return {name: masked[name] for name in found}


def taken_back(kind: Kind, form: PostedForm, sent: SentStep) -> SentStep:
    """去掉: the step without what was read."""
    if not form.has(UNDO):
        return sent
    names = {name for name in form.get(READ).split(",") if name in situation.READ and kind.asks(name)}
    return replace(sent, texts={**sent.texts, **{name: [] for name in names}})


def noted(form: PostedForm) -> dict[str, list[str]]:
    """That this draft's page has asked."""
    return {ASKED: ["1"]} if form.has(ASKED) else {}

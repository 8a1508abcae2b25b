"""粘贴提报: a chat message becomes the fields of step 1 (REQUIREMENTS A14), from the home page or from step 1.

It is read in memory and sealed into the draft at once; the next address holds only names of fields. The pasted text is
shown again only when nothing was made of it and nothing in it looks like a secret.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from portal.accounts.guard import public
from portal.kinds.fields import FieldSpec, Step
from portal.kinds.names import Channel
from portal.kinds.reading import kept_answers
from portal.kinds.table import Kind
from portal.kinds.validation import missing_fields, normalised
from portal.pages.clinic import cookies, forms, page_marks, reading
from portal.pages.clinic.returned import StepRoute
from portal.pages.clinic.text_pages import KindInPath, text_page
from portal.pasting import report as report_module
from portal.pasting import situation
from portal.pasting.doubt import holds_labels, names_of_labels
from portal.pasting.kind import kind_of
from portal.pasting.labels import simplified
from portal.pasting.report import PastedReport
from portal.reports import drafts
from portal.reports.draft_answers import Values
from portal.reports.drafts import OpenDraft
from portal.runtime import runtime_of
from portal.sensitive_text.finder import find_spans
from portal.web.body import PostedForm
from portal.web.csrf import PublicForm

router = APIRouter(dependencies=[Depends(public)], include_in_schema=False, route_class=StepRoute)

FIELD = "pasted"
_DESCRIPTION = "description"
_NOTHING = "没有认出各栏的名称，什么都没有填"
_MIXED_RUN = re.compile(r"[!-~]{5}")  # of letters, digits and signs: a word of a Chinese sentence is shorter


@dataclass(frozen=True)
class PasteOutcome:
    """What the page reports about a pasted text, in labels."""

    found: list[str]
    starred: list[tuple[Step, list[str]]]
    unclear: list[tuple[Step, list[str]]]
    missing: list[tuple[Step, list[str]]]
    has_rest: bool
    is_short: bool
    is_empty: bool
    is_nothing: bool
    pasted: str = field(repr=False)
    longest: int = 0  # signs that were read of a longer text


class _Shown(BaseModel):
    """The address of the page: names of fields, and what else is to be told."""

    found: str = ""
    read: str = ""
    starred: str = ""
    unclear: str = ""
    rest: str = ""
    short: str = ""
    cut: str = ""
    none: str = ""
    draft: str = ""


@router.post("/paste")
def take_at_home(request: Request, form: PublicForm) -> Response:
    """A message pasted anywhere on the home page, for the script: the page to go to, or none if the kind is unclear."""
    kind, is_list = kind_of(form.get(FIELD))
    if kind is not None:
        return take(request, kind, form)
    return JSONResponse({"address": "", "is_kind_unclear": is_list, "told": "" if is_list else _NOTHING})


@router.post("/report/{kind}/paste")
def take_pasted(request: Request, kind: KindInPath, form: PublicForm) -> Response:
    """填到各栏: store the typed values and those of the pasted text."""
    return take(request, kind, form)


@router.get("/report/{kind}/paste")
def show_pasted(request: Request, kind: KindInPath, shown: Annotated[_Shown, Query()]) -> Response:
    """Step 1 filled in, with what was recognised and what is still missing."""
    draft = page_marks.named_draft(request, kind, shown.draft)
    if draft is None:
        return RedirectResponse(f"/report/{kind.name}", 303)
    was_read = reading.was_read(kind, draft.values, [name for name in shown.read.split(",") if name in situation.READ])
    return text_page(
        request,
        kind,
        Step.SITUATION,
        draft,
        forms.shown_values(draft),
        [],
        action=f"/report/{kind.name}",
        pasted=_outcome(draft, shown),
        nothing=_NOTHING,
        was_read=was_read,
    )


def take(request: Request, kind: Kind, form: PostedForm) -> Response:
    """The post of step 1 with text in the paste field, whichever button sent it."""
    text = form.get(FIELD)
    report = report_module.read(text, kind)
    wants_json = "application/json" in request.headers.get("accept", "")
    if wants_json and not report.is_result:
        # The page stays as it is. A text that is no list at all is an ordinary paste, and nothing is said of it.
        return JSONResponse({"address": "", "told": _NOTHING if len(names_of_labels(text)) > 1 else ""})
    posted: Values = forms.posted_values(form, kind, Step.SITUATION)
    page = page_marks.mark_of(form).page
    read: list[str] = []

    def filled(typed: Values) -> dict[str, Sequence[str]]:
        values = {**typed, **kept_answers(kind.fields, _merged(typed, report))}
        found = situation.read_from(kind, values) if report.is_result else {}
        read[:] = found
        asked = {reading.ASKED: ["1"]} if found else {}
        return {**values, **found, **asked, FIELD: _shown_again(text, report), **page_marks.pasted_by(page)}

    change = lambda held: filled({**held.values, **forms.with_originals(held, posted)})  # noqa: E731
    draft = page_marks.pastable_draft(request, kind, form, Step.SITUATION)
    if draft is not None:
        draft = drafts.change(runtime_of(request), draft, change)
    else:
        draft = page_marks.begin(request, kind, form, filled(posted), change)
    address = f"/report/{kind.name}/paste?{_query_of(text, report, draft, read)}"
    response = JSONResponse({"address": address}) if wants_json else RedirectResponse(address, 303)
    cookies.keep_draft(request, response, draft)
    return response


def _shown_again(text: str, report: PastedReport) -> list[str]:
    """A text of which nothing was made stays in its box, unless anything in it may be a secret."""
    if report.is_result or not text.strip():
        return []
    is_open = not (holds_labels(text) or find_spans(text) or _MIXED_RUN.search(simplified(text)))
    return [text[: report_module.LONGEST]] if is_open else []


def _merged(typed: Values, report: PastedReport) -> Values:
    """Pasted values replace typed ones; a description is appended to, so that no sentence is lost."""
    pasted = dict(report.values)
    before = next(iter(typed.get(_DESCRIPTION, ())), "")
    added = next(iter(pasted.get(_DESCRIPTION, ())), "")
    if before.strip() and added:
        pasted[_DESCRIPTION] = [before if _holds(before, added) else f"{before.rstrip()}\n{added}"]
    return pasted


def _holds(text: str, part: str) -> bool:
    """Whether the text contains it already, as when the same message is pasted twice."""
    return "\n".join(part.splitlines()) in "\n".join(text.splitlines())


def _query_of(text: str, report: PastedReport, draft: OpenDraft, read: Iterable[str]) -> str:
    parameters = {
        "found": ",".join(report.found),
        "read": ",".join(read),
        "starred": ",".join(report.starred),
        "unclear": ",".join(report.unclear),
        "rest": "1" if report.has_rest else "",
        "short": "1" if report.is_short else "",
        "cut": "1" if report.is_cut else "",
        "none": "1" if not report.is_result and text.strip() else "",
        "draft": str(draft.id),
    }
    return urlencode({name: value for name, value in parameters.items() if value}, safe=",")


def _outcome(draft: OpenDraft, shown: _Shown) -> PasteOutcome:
    """The address is not trusted: only what the draft really holds counts as recognised."""
    clean, kind = normalised(draft.kind, draft.values), draft.kind
    found, starred, unclear = (set(names.split(",")) for names in (shown.found, shown.starred, shown.unclear))
    pictured = {picture.slot for picture in draft.pictures}
    missing = [spec for spec in missing_fields(kind, Channel.YXT, clean) if spec.name not in pictured]
    filled = [spec.label for spec in kind.fields if spec.name in found and clean.get(spec.name)]
    hidden = [spec for spec in missing if spec.name in starred]
    doubted = [spec for spec in kind.fields if spec.name in unclear - starred and not clean.get(spec.name)]
    pasted = next(iter(draft.values.get(FIELD, ())), "")
    return PasteOutcome(
        found=filled,
        starred=_by_step(hidden),
        unclear=_by_step(doubted),
        missing=_by_step(spec for spec in missing if spec not in hidden and spec not in doubted),
        has_rest=bool(shown.rest),
        is_short=bool(shown.short),
        is_empty=not filled and not hidden and not doubted and not shown.rest and not pasted,
        is_nothing=bool(shown.none),
        pasted=pasted,
        longest=report_module.LONGEST if shown.cut else 0,
    )


def _by_step(fields: Iterable[FieldSpec]) -> list[tuple[Step, list[str]]]:
    fields = list(fields)
    parts = [(step, [spec.label for spec in fields if spec.step is step]) for step in Step]
    return [(step, labels) for step, labels in parts if labels]

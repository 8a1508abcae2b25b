"""粘贴提报: a chat message becomes the fields of step 1 (REQUIREMENTS A14). The pasted text is never shown again.

It is read in memory and sealed into the draft at once; the next address holds only names of fields.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import public
from portal.kinds.fields import FieldSpec, Step
from portal.kinds.names import Channel
from portal.kinds.reading import kept_answers
from portal.kinds.table import Kind
from portal.kinds.validation import missing_fields, normalised
from portal.pages.clinic import cookies, forms, page_marks
from portal.pages.clinic.returned import StepRoute
from portal.pages.clinic.text_pages import KindInPath, text_page
from portal.pasting import report as report_module
from portal.pasting.report import PastedReport
from portal.reports import drafts
from portal.reports.draft_answers import Values
from portal.reports.drafts import OpenDraft
from portal.runtime import runtime_of
from portal.web.body import PostedForm
from portal.web.csrf import PublicForm

router = APIRouter(dependencies=[Depends(public)], include_in_schema=False, route_class=StepRoute)

FIELD = "pasted"
_DESCRIPTION = "description"


@dataclass(frozen=True)
class PasteOutcome:
    """What the page reports about a pasted text, in labels."""

    found: list[str]
    starred: list[tuple[Step, list[str]]]
    missing: list[tuple[Step, list[str]]]
    has_rest: bool
    is_empty: bool
    longest: int = 0  # signs that were read of a longer text


@router.post("/report/{kind}/paste")
def take_pasted(request: Request, kind: KindInPath, form: PublicForm) -> Response:
    """填到各栏: store the typed values and those of the pasted text."""
    return take(request, kind, form)


@router.get("/report/{kind}/paste")
def show_pasted(
    request: Request,
    kind: KindInPath,
    found: str = "",
    starred: str = "",
    rest: str = "",
    cut: str = "",
    draft_id: Annotated[str, Query(alias="draft")] = "",
) -> Response:
    """Step 1 filled in, with what was recognised and what is still missing."""
    draft = page_marks.named_draft(request, kind, draft_id)
    if draft is None:
        return RedirectResponse(f"/report/{kind.name}", 303)
    outcome = _outcome(draft, found.split(","), starred.split(","), has_rest=bool(rest), is_cut=bool(cut))
    action = f"/report/{kind.name}"
    values = forms.shown_values(draft)
    return text_page(request, kind, Step.SITUATION, draft, values, [], action=action, pasted=outcome)


def take(request: Request, kind: Kind, form: PostedForm) -> Response:
    """The post of step 1 with text in the paste field, whichever button sent it."""
    posted: Values = forms.posted_values(form, kind, Step.SITUATION)
    report = report_module.read(form.get(FIELD), kind)
    page = page_marks.mark_of(form).page

    def changes(held: OpenDraft) -> Values:
        typed = {**held.values, **forms.with_originals(held, posted)}
        return {**typed, **kept_answers(kind.fields, _merged(typed, report)), **page_marks.written_by(page)}

    draft = page_marks.writable_draft(request, kind, form, Step.SITUATION)
    if draft is not None:
        draft = drafts.change(runtime_of(request), draft, changes)
    else:
        pasted = kept_answers(kind.fields, _merged(posted, report))
        draft = page_marks.begin(request, kind, form, {**posted, **pasted, **page_marks.written_by(page)})
    response = RedirectResponse(f"/report/{kind.name}/paste?draft={draft.id}&{_query_of(report)}", 303)
    cookies.keep_draft(request, response, draft)
    return response


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


def _query_of(report: PastedReport) -> str:
    rest, cut = ("1" if told else "" for told in (report.has_rest, report.is_cut))
    parameters = {"found": ",".join(report.found), "starred": ",".join(report.starred), "rest": rest, "cut": cut}
    return urlencode({name: value for name, value in parameters.items() if value}, safe=",")


def _outcome(
    draft: OpenDraft, found: Iterable[str], starred: Iterable[str], *, has_rest: bool, is_cut: bool
) -> PasteOutcome:
    """The address is not trusted: only what the draft really holds counts as recognised."""
    clean, kind = normalised(draft.kind, draft.values), draft.kind
    found, starred = set(found), set(starred)
    pictured = {picture.slot for picture in draft.pictures}
    missing = [spec for spec in missing_fields(kind, Channel.YXT, clean) if spec.name not in pictured]
    filled = [spec.label for spec in kind.fields if spec.name in found and clean.get(spec.name)]
    hidden = [spec for spec in missing if spec.name in starred]
    return PasteOutcome(
        found=filled,
        starred=_by_step(hidden),
        missing=_by_step(spec for spec in missing if spec not in hidden),
        has_rest=has_rest,
        is_empty=not filled and not hidden and not has_rest,
        longest=report_module.LONGEST if is_cut else 0,
    )


def _by_step(fields: Iterable[FieldSpec]) -> list[tuple[Step, list[str]]]:
    fields = list(fields)
    parts = [(step, [spec.label for spec in fields if spec.step is step]) for step in Step]
    return [(step, labels) for step, labels in parts if labels]

"""A step of the form that is a list of fields, as its routes and the paste field show it."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from portal import clock
from portal.errors import Fault, NotFoundError
from portal.institutions import modules, previous_systems
from portal.kinds.fields import CheckContext, Step
from portal.kinds.table import Kind, kind_of
from portal.pages.clinic import article_suggestions, forms, known_issue_suggestions, outpatients, paths
from portal.pages.clinic.institution_offers import with_offers
from portal.pages.clinic.page_marks import new_mark
from portal.pages.clinic.sealed_boxes import right_values
from portal.reports.draft_answers import Values
from portal.reports.drafts import OpenDraft
from portal.runtime import runtime_of
from portal.web.templating import render


def kind_or_404(kind: str) -> Kind:
    """The kind in the address; 404 for an unknown one."""
    found = kind_of(kind)
    if found is None:
        raise NotFoundError
    return found


KindInPath = Annotated[Kind, Depends(kind_or_404)]


def text_page(
    request: Request,
    kind: Kind,
    step: Step,
    draft: OpenDraft | None,
    values: Values,
    faults: Sequence[Fault],
    status: int = 200,
    **more: Any,
) -> Response:
    """The page of one step; `more` goes to the template and may override `action` and `mark`.

    Of sealed values it shows those that are right.
    """
    values = {**values, **right_values(kind, step, values, CheckContext.of(runtime_of(request).settings))}
    faults = with_offers(runtime_of(request).database, faults, values)
    context = {
        "kind": kind,
        "step": step.value,
        "draft": draft,
        "mark": new_mark(draft, step),
        "fields": outpatients.adapted(
            forms.field_views(kind, step, values, faults, _suggestion_lists(request, kind, step)),
            runtime_of(request).settings,
        ),
        "faults": faults,
        "action": paths.action(request),
        "was_read": None,
        "is_asked": bool(draft and draft.values.get("asked")),
        "opened": int(clock.now().timestamp()),
        "secrets": forms.required_secrets(kind),
        **(_suggested(request, kind, values) if step is Step.SITUATION else {}),
    }
    return render(request, f"clinic/{step.value}.html", status, **(context | more))


def _suggested(request: Request, kind: Kind, values: Values) -> dict[str, Any]:
    """Known issues and articles: with few of the first, some of the second (REQUIREMENTS N17)."""
    known = known_issue_suggestions.at_start(request, kind, values)
    found = article_suggestions.at_start(request, kind, values, beside=len(known))
    has_any = bool(found) or article_suggestions.has_any(request, kind)
    return {"known_issues": known, "articles": found, "has_articles": has_any}


def _suggestion_lists(request: Request, kind: Kind, step: Step) -> dict[str, list[str]]:
    """This step's suggestions that leads maintain (REQUIREMENTS A6, F3)."""
    if step is not Step.SITUATION:
        return {}
    with runtime_of(request).database.read() as session:
        return {
            "previous_system": previous_systems.offered(session) if kind.asks("previous_system") else [],
            "module": modules.offered(session, kind.name.value),
        }

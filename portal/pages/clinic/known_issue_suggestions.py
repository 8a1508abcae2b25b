"""The known issues that a page of the form suggests. They only help: if they cannot be read, the page omits them."""

from collections.abc import Sequence
from contextlib import suppress

from starlette.requests import Request

from portal.errors import StorageUnavailableError
from portal.kinds.table import Kind
from portal.knowledge import known_issues
from portal.knowledge.models import KnownIssue
from portal.reports.draft_answers import Values
from portal.reports.drafts import OpenDraft
from portal.runtime import runtime_of


def at_home(request: Request) -> Sequence[KnownIssue]:
    """Every active one (REQUIREMENTS N14)."""
    with suppress(StorageUnavailableError), runtime_of(request).database.read() as session:
        return known_issues.applying(session)
    return ()


def at_start(request: Request, kind: Kind, values: Values) -> Sequence[KnownIssue]:
    """Those of this queue, and of the clinic's county and system if known (REQUIREMENTS N17)."""
    with suppress(StorageUnavailableError), runtime_of(request).database.read() as session:
        place = known_issues.place_of(session, _first(values, "institution"), _first(values, "previous_system"))
        return known_issues.applying(session, kind.name.value, place)
    return ()


def matched(request: Request, draft: OpenDraft) -> Sequence[KnownIssue]:
    """Those that match the saved description: the script suggests them while typing, the next page without a script."""
    return known_issues.matching(at_start(request, draft.kind, draft.values), _first(draft.values, "description"))


def _first(values: Values, name: str) -> str:
    return next(iter(values.get(name, ())), "")

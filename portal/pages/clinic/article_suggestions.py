"""Public articles beside the form: at its start, while the description is typed, on the next page, after a paste.

They only help: if they cannot be read, the page omits them. With known issues they are three at most.
"""

from collections.abc import Sequence
from contextlib import suppress

from starlette.requests import Request

from portal.errors import StorageUnavailableError
from portal.kinds.table import Kind
from portal.knowledge.articles import finding, uses
from portal.knowledge.articles.finding import MOST_SUGGESTED, Found
from portal.reports.draft_answers import Values
from portal.reports.drafts import OpenDraft
from portal.runtime import runtime_of

_DESCRIPTION = "description"


def at_start(request: Request, kind: Kind, values: Values, beside: int) -> Sequence[Found]:
    """Those that fit a description that is there, as after a paste; before that the ones most used."""
    most = MOST_SUGGESTED - min(beside, MOST_SUGGESTED)
    described = _first(values, _DESCRIPTION)
    if described.strip():
        return matching(request, kind, described, most)
    with suppress(StorageUnavailableError), runtime_of(request).database.read() as session:
        return uses.most_used(session, finding.for_clinics(kind.name.value), most)
    return ()


def has_any(request: Request, kind: Kind) -> bool:
    """Whether there is anything to ask for while the description is typed."""
    with suppress(StorageUnavailableError), runtime_of(request).database.read() as session:
        return finding.has_any(session, *finding.for_clinics(kind.name.value))
    return False


def matched(request: Request, draft: OpenDraft, beside: int) -> Sequence[Found]:
    """Those that fit the saved description, for the next page."""
    most = MOST_SUGGESTED - min(beside, MOST_SUGGESTED)
    return matching(request, draft.kind, _first(draft.values, _DESCRIPTION), most)


def matching(request: Request, kind: Kind, description: str, most: int) -> Sequence[Found]:
    """At most `most` public articles that fit a description."""
    if most <= 0 or not description.strip():
        return ()
    with suppress(StorageUnavailableError), runtime_of(request).database.read() as session:
        return finding.suggest(session, description, *finding.for_clinics(kind.name.value), limit=most)
    return ()


def _first(values: Values, name: str) -> str:
    return next(iter(values.get(name, ())), "")

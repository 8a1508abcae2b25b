"""分配维护人: who keeps how many institutions, and a proposal for those without, changed and confirmed by a lead."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import ROLE_LABELS, Permission
from portal.errors import ConflictError, Fault, InvalidError, PortalError
from portal.institutions import search
from portal.keepers import assignment, people
from portal.pages.listing import faults_of, refusal_of
from portal.runtime import runtime_of
from portal.web.body import as_uuid
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Leader = Annotated[Principal, Depends(Requires(Permission.ASSIGN_KEEPERS))]
_CHANGED = "提交的名单不完整，请重新选择"


@router.get("/institutions/keepers")
def show(request: Request, leader: Leader, county: str = "", given: str = "") -> Response:
    """Counts and the proposal; nothing is assigned by opening it."""
    number = int(given) if given.isascii() and given.isdigit() and len(given) < 7 else 0
    return _page(request, _county(county), given=number)


@router.post("/institutions/keepers")
def confirm(request: Request, leader: Leader, form: Form) -> Response:
    """The lines as they were changed (`institution` and `keeper` in pairs), or with `all` the whole proposal."""
    actor, county = actor_of(request, leader), _county(form.get("county"))
    database = runtime_of(request).database
    try:
        if form.has("all"):
            digest = form.get("digest")
            given = database.run(lambda session: assignment.confirm_all(session, actor, county, digest))
        else:
            chosen = _chosen(form.all("institution"), form.all("keeper"))
            given = database.run(lambda session: assignment.assign(session, actor, chosen))
    except (ConflictError, InvalidError) as error:
        return _page(request, county, error)
    query = urlencode({name: value for name, value in (("county", county), ("given", str(given))) if value})
    return RedirectResponse(f"/institutions/keepers?{query}", 303)


def _chosen(places: list[str], persons: list[str]) -> dict[assignment.Id, assignment.Id]:
    """Pairs in the order of the lines; an empty choice leaves the institution without a keeper."""
    if len(places) != len(persons):
        raise InvalidError([Fault("keeper", "invalid", _CHANGED)])
    pairs = [(as_uuid(place), as_uuid(person)) for place, person in zip(places, persons, strict=True) if person]
    if any(place is None or person is None for place, person in pairs):
        raise InvalidError([Fault("keeper", "invalid", _CHANGED)])
    return {place: person for place, person in pairs if place and person}


def _county(typed: str) -> str:
    return typed.replace("\0", "")[:40]


def _page(request: Request, county: str, error: PortalError | None = None, *, given: int = 0) -> Response:
    with runtime_of(request).database.read() as session:
        staff = people.candidates(session)
        made = assignment.proposal(session, county)
        kept = people.counts(session)
        counties = search.counties(session)
        unkept = assignment.unkept_count(session)
    return render(
        request,
        "directory/keepers.html",
        error.status if error else 200,
        staff=staff,
        roles={role.value: label for role, label in ROLE_LABELS.items()},
        kept=kept,
        made=made,
        county=county,
        counties=counties,
        unkept=unkept,
        given=given,
        faults=faults_of(error),
        refusal=refusal_of(error),
    )

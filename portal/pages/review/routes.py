"""The trail and the day's metrics as a lead sees them. Nothing here reveals or changes anything."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from portal import clock
from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.audit import queries as trail_queries
from portal.audit import trail
from portal.audit.checkpoints import Proof
from portal.audit.problems import problem_label
from portal.audit.tag_labels import TAG_LABELS
from portal.audit.tags import ACCESS_TAGS, Tag
from portal.casefile.event_sentences import REFUSED, REFUSED_LABEL
from portal.errors import Fault, InvalidError, NotFoundError
from portal.pages.review import (
    approvals,
    exports,
    filters,
    previews,
    questions,
    records,
    samples,
    values,
    views,
)
from portal.pages.review.addresses import with_values
from portal.queues.trail_scope import scope_of
from portal.runtime import runtime_of
from portal.web.csrf import Form
from portal.web.routes import routes_of
from portal.web.templating import render

_PARTS = (approvals, samples, questions, previews, records, values)
router = APIRouter(routes=routes_of(*(part.router for part in _PARTS)))

Lead = Annotated[Principal, Depends(Requires(Permission.REVIEW))]


@router.get("/review")
def review(request: Request, lead: Lead) -> Response:
    """The day's metrics and the trail; viewing it writes a trail row."""
    return _review(request, lead)


@router.post("/review/verification")
def verify(request: Request, lead: Lead, form: Form) -> Response:
    """Verify the whole chain and every checkpoint, and report the result (SECURITY D-10)."""
    runtime = runtime_of(request)
    proof = runtime.checkpoints.verify()
    with runtime.database.transaction() as session:
        actor = actor_of(request, lead)
        trail.record(session, Tag.AUDIT_VERIFIED, actor, particulars=proof.particulars, is_success=proof.is_whole)
    if proof.is_whole:
        runtime.checkpoints.make_quietly()
    return _review(request, lead, proof=proof)


@router.post("/review/exports")
def export(request: Request, lead: Lead, form: Form) -> Response:
    """The filtered trail as a file, with a reason."""
    with runtime_of(request).database.read() as session:
        checked = filters.checked(filters.posted(form), views.people(session))
        wanted = checked.wanted(session, lead)
    try:
        if checked.faults:
            raise InvalidError(checked.faults)
        return exports.file_of(request, lead, wanted, form, checked.typed.particulars())
    except InvalidError as error:
        return _review(request, lead, typed=filters.posted(form), faults=error.faults)


@router.get("/review/people/{username}")
def person(request: Request, lead: Lead, username: str) -> Response:
    """What one person accessed or was refused, by day (SECURITY D-13)."""
    before = filters.place(request.query_params.get("before", ""))
    with runtime_of(request).database.read() as session:
        people = views.people(session)
        if username not in people:
            raise NotFoundError("没有这个人")
        checked = filters.checked({**request.query_params, "who": username}, people)
        wanted = replace(checked.wanted(session, lead), tags=ACCESS_TAGS, ticket_numbers=(), field=None)
        page, times, tickets = views.TrailPage([], None), {}, 0
        if not checked.faults:
            page = views.trail_page(session, wanted, before, people)
            times = trail_queries.per_tag(session, wanted)
            tickets = trail_queries.tickets(session, replace(wanted, tags=views.SEEN_TAGS))
    if not checked.faults:
        with runtime_of(request).database.transaction() as session:
            particulars = {"view": "accesses", **checked.typed.particulars()}
            trail.record(session, Tag.AUDIT_VIEWED, actor_of(request, lead), particulars=particulars)
    path, days = f"/review/people/{quote(username)}", checked.typed.days()
    return render(
        request,
        "review/person.html",
        422 if checked.faults else 200,
        username=username,
        name=people[username],
        typed=checked.typed,
        faults=checked.faults,
        trail=page,
        values=times.get(Tag.FIELD_REVEALED, 0),
        pictures=times.get(Tag.PICTURE_OPENED, 0),
        pages=times.get(Tag.TICKET_VIEWED, 0),
        tickets=tickets,
        path=path,
        next_url=with_values(path, days | {"before": str(page.next_place)}) if page.next_place else None,
        first_url=with_values(path, days) if before else None,
    )


def _review(
    request: Request,
    lead: Principal,
    *,
    proof: Proof | None = None,
    typed: Mapping[str, str] | None = None,
    faults: Sequence[Fault] = (),
) -> Response:
    """The page; after a refused export with the filter as posted and the faults of its form."""
    parameters = dict(request.query_params) if typed is None else typed
    before = filters.place(request.query_params.get("before", ""))
    with runtime_of(request).database.read() as session:
        people, scope = views.people(session), scope_of(session, lead)
        checked = filters.checked(parameters, people)
        wanted = checked.wanted(session, lead)
        page = views.TrailPage([], None)
        if not checked.faults and (proof is None or proof.is_whole):
            page = views.trail_page(session, wanted, before, people)
        figures = views.figures(session, lead, scope)
        is_start = not parameters and proof is None
        by_people = views.people_figures(session, people, scope) if is_start else []
    if not checked.faults and proof is None and not faults:
        with runtime_of(request).database.transaction() as session:
            trail.record(session, Tag.AUDIT_VIEWED, actor_of(request, lead), particulars=checked.typed.particulars())
    shown = checked.typed.parameters()
    return render(
        request,
        "review/review.html",
        422 if checked.faults or faults else 200,
        typed=checked.typed,
        faults=[*checked.faults, *(fault for fault in faults if fault not in checked.faults)],
        people=people,
        actions={REFUSED: REFUSED_LABEL} | {tag.value: label for tag, label in TAG_LABELS.items()},
        fields=filters.field_labels(),
        trail=page,
        figures=figures,
        by_people=by_people,
        week=views.week_of(clock.china_today()).isoformat(),
        proof=proof,
        problem=_problem_of(proof) if proof else "",
        is_filtered=bool(shown),
        exported=shown,
        sees_all=scope.condition is None,
        next_url=with_values("/review", shown | {"before": str(page.next_place)}) if page.next_place else None,
        first_url=with_values("/review", shown) if before else None,
    )


def _problem_of(proof: Proof) -> str:
    problem = proof.first_break.problem if proof.first_break else proof.problem
    return problem_label(problem) if problem else ""

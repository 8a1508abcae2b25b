"""What a lead sees: the trail, the day's metrics, and masked records. Nothing here reveals or changes anything."""

from dataclasses import replace
from typing import Annotated
from urllib.parse import quote, urlencode

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
from portal.audit.queries import TrailFilter
from portal.audit.tags import ACCESS_TAGS, TAG_LABELS, Tag
from portal.casefile.event_sentences import REFUSED, REFUSED_LABEL
from portal.casefile.view import ticket_view
from portal.errors import NotFoundError
from portal.pages.review import approvals, filters, previews, questions, samples, views
from portal.reports import service_records
from portal.runtime import runtime_of
from portal.tickets import lookup, numbering, queries
from portal.tickets.queries import QueueFilter
from portal.tickets.states import STATE_LABELS, TicketState
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter()
for part in (approvals, samples, questions, previews):
    router.include_router(part.router)

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


@router.get("/review/tickets")
def records(
    request: Request, lead: Lead, queue: str = "", state: str = "all", late: str = "", cursor: str = ""
) -> Response:  # fmt: skip
    """The masked records of one of the lead's queues; with `late=1` only 补录 (REQUIREMENTS G18)."""
    queue = queue or next(iter(lead.queues), "")
    if queue not in lead.queues:
        raise NotFoundError
    state = state if state in list(TicketState) else "all"
    with runtime_of(request).database.read() as session:
        page = queries.queue_page(
            session,
            QueueFilter(queue, state=state, conditions=[service_records.is_entered_late()] if late == "1" else ()),
            cursor or None,
        )
        late_entries = service_records.late_ones(session, [ticket.report_id for ticket in page.tickets])
        by_state = queries.all_counts(session)
    shown = {"queue": queue, "state": state, "late": "1" if late == "1" else ""}
    next_url = _address("/review/tickets", shown | {"cursor": page.next_cursor or ""})
    return render(
        request,
        "review/records.html",
        page=page,
        queue=queue,
        state=state,
        state_counts=by_state[queue],
        state_labels=STATE_LABELS,
        counts=queries.open_of(by_state),
        next_url=next_url if page.next_cursor else None,
        first_url=_address("/review/tickets", shown) if cursor else None,
        is_late=late == "1",
        late_entries=late_entries,
    )


@router.get("/review/tickets/{number}")
def record(request: Request, lead: Lead, number: str, show: str = "") -> Response:
    """One masked record with its events, or with `show=looks` who accessed it (SECURITY D-13)."""
    actor = actor_of(request, lead)
    is_accesses = show == "looks"
    before = filters.place(request.query_params.get("before", ""))
    with runtime_of(request).database.read() as session:
        moved = queries.by_number(session, numbering.normal_number(number))
        ticket = lookup.find(session, actor, moved.number if moved else number)
        view = ticket_view(session, ticket)
        names = views.people(session)
        tags = ACCESS_TAGS if is_accesses else ()
        wanted = TrailFilter(ticket_numbers=(ticket.number, *ticket.former_numbers), tags=tags)
        page = views.trail_page(session, wanted, before, names)
        accessors = views.accessors(session, wanted, names) if is_accesses else []
        counts = queries.open_counts(session)
    with runtime_of(request).database.transaction() as session:
        trail.record(
            session,
            Tag.AUDIT_VIEWED,
            actor,
            ticket_number=ticket.number,
            particulars={"view": "accesses" if is_accesses else None},
        )
    path = f"/review/tickets/{ticket.number}"
    shown = {"show": "looks"} if is_accesses else {}
    return render(
        request,
        "review/record.html",
        view=view,
        ticket=ticket,
        trail=page,
        counts=counts,
        is_accesses=is_accesses,
        accessors=accessors,
        next_url=_address(path, shown | {"before": str(page.next_place)}) if page.next_place else None,
        first_url=_address(path, shown) if before else None,
    )


@router.get("/review/people/{username}")
def person(request: Request, lead: Lead, username: str) -> Response:
    """What one person accessed or was refused, by day (SECURITY D-13)."""
    before = filters.place(request.query_params.get("before", ""))
    with runtime_of(request).database.read() as session:
        people = views.people(session)
        if username not in people:
            raise NotFoundError("没有这个人")
        checked = filters.checked({**request.query_params, "who": username}, people)
        wanted = replace(checked.wanted(), tags=ACCESS_TAGS, ticket_numbers=(), field=None)
        page, times, tickets = views.TrailPage([], None), 0, 0
        if not checked.faults:
            page = views.trail_page(session, wanted, before, people)
            times, tickets = trail_queries.extent(session, wanted)
        counts = queries.open_counts(session)
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
        times=times,
        tickets=tickets,
        counts=counts,
        path=path,
        next_url=_address(path, days | {"before": str(page.next_place)}) if page.next_place else None,
        first_url=_address(path, days) if before else None,
    )


def _review(request: Request, lead: Principal, proof: Proof | None = None) -> Response:
    before = filters.place(request.query_params.get("before", ""))
    with runtime_of(request).database.read() as session:
        people = views.people(session)
        checked = filters.checked(request.query_params, people)
        ticket = queries.by_number(session, checked.typed.ticket) if checked.typed.ticket else None
        wanted = checked.wanted((ticket.number, *ticket.former_numbers) if ticket else ())
        page = views.TrailPage([], None)
        if not checked.faults and (proof is None or proof.is_whole):
            page = views.trail_page(session, wanted, before, people)
        figures = views.figures(session, lead)
        by_people = views.people_figures(session, people) if not request.query_params and proof is None else []
        counts = queries.open_counts(session)
    if not checked.faults and proof is None:
        with runtime_of(request).database.transaction() as session:
            trail.record(session, Tag.AUDIT_VIEWED, actor_of(request, lead), particulars=checked.typed.particulars())
    parameters = checked.typed.parameters()
    return render(
        request,
        "review/review.html",
        422 if checked.faults else 200,
        typed=checked.typed,
        faults=checked.faults,
        people=people,
        actions={REFUSED: REFUSED_LABEL} | {tag.value: label for tag, label in TAG_LABELS.items()},
        fields=filters.field_labels(),
        trail=page,
        figures=figures,
        by_people=by_people,
        week=views.week_of(clock.china_today()).isoformat(),
        counts=counts,
        proof=proof,
        problem=_problem_of(proof) if proof else "",
        is_filtered=bool(parameters),
        next_url=_address("/review", parameters | {"before": str(page.next_place)}) if page.next_place else None,
        first_url=_address("/review", parameters) if before else None,
    )


def _problem_of(proof: Proof) -> str:
    problem = proof.first_break.problem if proof.first_break else proof.problem
    return problem_label(problem) if problem else ""


def _address(path: str, parameters: dict[str, str]) -> str:
    given = {name: value for name, value in parameters.items() if value}
    return f"{path}?{urlencode(given)}" if given else path

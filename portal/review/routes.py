"""What a lead sees: the trail, the figures of the day, and masked records. Nothing here reveals or changes anything."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.audit import trail
from portal.audit.queries import TrailFilter
from portal.audit.tags import TAG_LABELS, Tag
from portal.audit.trail import Verification
from portal.errors import NotFoundError
from portal.review import filters, views
from portal.tickets import numbering, queries, work
from portal.tickets.queries import QueueFilter
from portal.tickets.states import STATE_LABELS, TicketState
from portal.tickets.views import ticket_view
from portal.web.body import PostedForm
from portal.web.csrf import posted_form
from portal.web.templating import render

router = APIRouter()

Lead = Annotated[Principal, Depends(Requires(Permission.REVIEW))]
Form = Annotated[PostedForm, Depends(posted_form)]


@router.get("/review")
def review(request: Request, lead: Lead) -> Response:
    """Figures of the day and the trail; looking at it is itself a row of it."""
    return _review(request, lead)


@router.post("/review/verification")
def verify(request: Request, lead: Lead, form: Form) -> Response:
    """Walk the whole chain and say whether it holds (SECURITY D-10)."""
    with request.app.state.database.read() as session:
        result = trail.verify(session)
    broken = result.first_break
    with request.app.state.database.transaction() as session:
        detail = f"row {broken.seq}: {broken.problem}" if broken else f"{result.count} rows"
        trail.record(session, Tag.AUDIT_VERIFIED, actor_of(request, lead), detail=detail, is_success=broken is None)
    return _review(request, lead, verification=result)


@router.get("/review/tickets")
def records(request: Request, lead: Lead, queue: str = "", state: str = "all", cursor: str = "") -> Response:
    """The masked records of one of the lead's queues."""
    queue = queue or next(iter(lead.queues), "")
    if queue not in lead.queues:
        raise NotFoundError
    state = state if state in list(TicketState) else "all"
    with request.app.state.database.read() as session:
        page = queries.queue_page(session, QueueFilter(queue, state=state), cursor or None)
        state_counts = queries.state_counts(session, queue)
        counts = queries.open_counts(session)
    next_url = _address("/review/tickets", {"queue": queue, "state": state, "cursor": page.next_cursor or ""})
    return render(
        request,
        "review/records.html",
        page=page,
        queue=queue,
        state=state,
        state_counts=state_counts,
        state_labels=STATE_LABELS,
        counts=counts,
        next_url=next_url if page.next_cursor else None,
        is_first=not cursor,
    )


@router.get("/review/tickets/{number}")
def record(request: Request, lead: Lead, number: str) -> Response:
    """One masked record with everything that was done to it; pictures are facts only."""
    actor = actor_of(request, lead)
    before = filters.place(request.query_params.get("before", ""))
    with request.app.state.database.read() as session:
        moved = views.ticket_by_any_number(session, numbering.normal_number(number))
        ticket = work.find(session, actor, moved.number if moved else number)
        view = ticket_view(session, ticket)
        wanted = TrailFilter(ticket_numbers=(ticket.number, *ticket.former_numbers))
        page = views.trail_page(session, wanted, before, views.people(session))
        counts = queries.open_counts(session)
    with request.app.state.database.transaction() as session:
        trail.record(session, Tag.AUDIT_VIEWED, actor, ticket_number=ticket.number)
    path = f"/review/tickets/{ticket.number}"
    return render(
        request,
        "review/record.html",
        view=view,
        ticket=ticket,
        trail=page,
        counts=counts,
        next_url=_address(path, {"before": str(page.next_place)}) if page.next_place else None,
        first_url=path if before else None,
    )


def _review(request: Request, lead: Principal, verification: Verification | None = None) -> Response:
    before = filters.place(request.query_params.get("before", ""))
    with request.app.state.database.read() as session:
        people = views.people(session)
        checked = filters.checked(request.query_params, people)
        ticket = views.ticket_by_any_number(session, checked.typed.ticket) if checked.typed.ticket else None
        wanted = checked.wanted((ticket.number, *ticket.former_numbers) if ticket else ())
        page = views.TrailPage([], None)
        if not checked.faults and not (verification and verification.first_break):
            page = views.trail_page(session, wanted, before, people)
        figures = views.figures(session, lead.queues)
        counts = queries.open_counts(session)
    if not checked.faults and verification is None:
        with request.app.state.database.transaction() as session:
            trail.record(session, Tag.AUDIT_VIEWED, actor_of(request, lead), detail=checked.typed.words() or None)
    parameters = checked.typed.parameters()
    return render(
        request,
        "review/review.html",
        422 if checked.faults else 200,
        typed=checked.typed,
        faults=checked.faults,
        people=people,
        actions={filters.REFUSED: "被拒绝的查看和访问"} | {tag.value: label for tag, label in TAG_LABELS.items()},
        fields=filters.field_labels(),
        trail=page,
        figures=figures,
        counts=counts,
        verification=verification,
        is_filtered=bool(parameters),
        next_url=_address("/review", parameters | {"before": str(page.next_place)}) if page.next_place else None,
        first_url=_address("/review", parameters) if before else None,
    )


def _address(path: str, parameters: dict[str, str]) -> str:
    given = {name: value for name, value in parameters.items() if value}
    return f"{path}?{urlencode(given)}" if given else path

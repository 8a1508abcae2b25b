"""已隐藏的记录: the masked tickets of a lead's queues, and each with its trail. Nothing here reveals anything."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.audit import trail
from portal.audit.queries import TrailFilter
from portal.audit.tags import ACCESS_TAGS, Tag
from portal.casefile.typed_values import is_secret_like
from portal.casefile.view import ticket_view
from portal.errors import NotFoundError
from portal.kinds.table import NUMBER_SHAPE
from portal.pages.review import filters, values, views
from portal.pages.review.addresses import with_values
from portal.queues import queries
from portal.queues.queries import QueueFilter
from portal.queues.trail_scope import scope_of
from portal.reports import call_records
from portal.runtime import runtime_of
from portal.tickets import lookup, numbering
from portal.tickets.states import STATE_LABELS, TicketState
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter()
Lead = Annotated[Principal, Depends(Requires(Permission.REVIEW))]
_MOST_TEXT = 80


@router.get("/review/tickets")
def records(
    request: Request, lead: Lead, queue: str = "", state: str = "all", late: str = "", q: str = "", cursor: str = ""
) -> Response:  # fmt: skip
    """The masked records of one of the lead's queues; with `late=1` only 补录 (REQUIREMENTS G18)."""
    queue = queue or next(iter(lead.queues), "")
    if queue not in lead.queues:
        raise NotFoundError
    state = state if state in list(TicketState) else "all"
    q = "" if is_secret_like(q) else _plain(q)
    with runtime_of(request).database.read() as session:
        conditions = [call_records.is_entered_late()] if late == "1" else ()
        wanted = QueueFilter(queue, state=state, text=q, conditions=conditions)
        page = queries.queue_page(session, wanted, cursor or None)
        late_entries = call_records.late_ones(session, [ticket.id for ticket in page.tickets])
        by_state = queries.all_counts(session)
    shown = {"queue": queue, "state": state, "late": "1" if late == "1" else "", "q": q}
    next_url = with_values("/review/tickets", shown | {"cursor": page.next_cursor or ""})
    return render(
        request,
        "review/records.html",
        page=page,
        queue=queue,
        state=state,
        q=q,
        state_counts=by_state[queue],
        state_labels=STATE_LABELS,
        next_url=next_url if page.next_cursor else None,
        first_url=with_values("/review/tickets", shown) if cursor else None,
        is_late=late == "1",
        late_entries=late_entries,
    )


@router.post("/review/tickets/search")
def search(request: Request, lead: Lead, form: Form) -> Response:
    """A ticket's number leads to its record, a full ID number or phone to who saw it, words to the list."""
    text, queue = _plain(form.get("q")), form.get("queue")
    number = numbering.normal_number(text)
    if NUMBER_SHAPE.fullmatch(number):
        with runtime_of(request).database.read() as session:
            ticket = lookup.by_number(session, number)
        if ticket is not None and ticket.queue in lead.queues:
            return RedirectResponse(f"/review/tickets/{ticket.number}", 303)
    elif is_secret_like(text):
        return values.answered(request, lead, text)
    return RedirectResponse(with_values("/review/tickets", {"queue": queue, "q": text}), 303)


@router.get("/review/tickets/{number}")
def record(request: Request, lead: Lead, number: str, show: str = "") -> Response:
    """One masked record with its events, or with `show=looks` who accessed it (SECURITY D-13)."""
    actor = actor_of(request, lead)
    is_accesses = show == "looks"
    before = filters.place(request.query_params.get("before", ""))
    with runtime_of(request).database.read() as session:
        ticket = lookup.find(session, actor, number)
        view = ticket_view(session, ticket)
        names = views.people(session)
        tags = ACCESS_TAGS if is_accesses else ()
        numbers = (ticket.number, *ticket.former_numbers)
        wanted = TrailFilter(scope_of(session, lead), ticket_numbers=numbers, tags=tags)
        page = views.trail_page(session, wanted, before, names)
        accessors = views.accessors(session, wanted, names) if is_accesses else []
    with runtime_of(request).database.transaction() as session:
        told = {"view": "accesses" if is_accesses else None}
        trail.record(session, Tag.AUDIT_VIEWED, actor, ticket_number=ticket.number, particulars=told)
    path = f"/review/tickets/{ticket.number}"
    shown = {"show": "looks"} if is_accesses else {}
    return render(
        request,
        "review/record.html",
        view=view,
        ticket=ticket,
        trail=page,
        is_accesses=is_accesses,
        accessors=accessors,
        next_url=with_values(path, shown | {"before": str(page.next_place)}) if page.next_place else None,
        first_url=with_values(path, shown) if before else None,
    )


def _plain(text: str) -> str:
    return "".join(char for char in text if char.isprintable()).strip()[:_MOST_TEXT]

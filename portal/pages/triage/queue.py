"""The queue pages: one table, filters in the address, an ID number never there (UX 5.2, SECURITY A-14)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal import clock
from portal.accounts.guard import Requires
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.acts import reassignment
from portal.casefile import acts
from portal.errors import NotFoundError
from portal.institutions import previous_systems
from portal.kinds.names import CHANNEL_LABELS
from portal.kinds.table import SYMPTOM, kind_of
from portal.pages import staff_header
from portal.pages.triage import forms
from portal.pages.triage.forms import Filters
from portal.pages.triage.list_place import ListPlace
from portal.pages.triage.queue_rows import rows_of
from portal.runtime import runtime_of
from portal.sampling import models as samples
from portal.sensitive_text.folding import words_of
from portal.supplements import reminders, requests
from portal.tickets import queries
from portal.tickets.queries import QueueFilter
from portal.tickets.states import STATE_LABELS, URGENCY_LABELS
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter()
Viewer = Annotated[Principal, Depends(Requires(Permission.VIEW_QUEUE))]
_MOST_COUNTED = 100


@dataclass(frozen=True)
class Elsewhere:
    """Where else a search finds something: how many, and the address, or none for a number that no address holds."""

    label: str
    count: int
    address: str


@router.get("/queues/{queue}")
def show_queue(request: Request, queue: str, principal: Viewer) -> Response:
    """One page of a queue: first what waits for this person, then by urgency and age (DESK 1.4, REQUIREMENTS I4)."""
    _require_queue(principal, queue)
    filters = forms.filters_of(request.query_params)
    is_unsafe = forms.is_secret_like(filters.q)
    if is_unsafe:
        filters = filters.without_text()
    place = ListPlace(queue, filters, request.query_params.get("cursor", ""))
    return _page(request, principal, place, is_unsafe=is_unsafe)


@router.post("/queues/{queue}/search")
def search(request: Request, queue: str, principal: Viewer, form: Form) -> Response:
    """A ticket's number leads to it. Words redirect to an address that can be shared; possibly secret numbers are
    answered here and not echoed.
    """
    _require_queue(principal, queue)
    filters = forms.posted_filters(form)
    runtime = runtime_of(request)
    number = forms.number_in(filters.q)
    if number:
        with runtime.database.read() as session:
            ticket = queries.by_number(session, number)
        if ticket is not None and ticket.queue in principal.queues:
            place = ListPlace(queue, filters.without_text())
            return RedirectResponse(f"/tickets/{ticket.number}{place.query}", 303)
    if not forms.is_secret_like(filters.q):
        return RedirectResponse(f"/queues/{queue}{filters.query()}", 303)
    id_number = forms.id_number_in(filters.q)
    index = runtime.vault.blind_indexes(id_number) if id_number else []
    text = "" if index else filters.q
    place = ListPlace(queue, filters.without_text())
    return _page(request, principal, place, index=index, hidden_text=text, is_number=True)


def _page(
    request: Request,
    principal: Principal,
    place: ListPlace,
    *,
    index: Sequence[str] = (),
    hidden_text: str = "",
    is_number: bool = False,
    is_unsafe: bool = False,
) -> Response:
    queue, filters, asked_at = place.queue, place.filters, clock.now()
    with runtime_of(request).database.read() as session:
        *first, wanted = place.parts(session, principal)
        if is_number:
            text = hidden_text or filters.q
            state = filters.state or queries.ALL
            first, wanted = [], replace(wanted, state=state, not_of=None, text=text, id_number_indexes=index)
        limit = queries.MAX_PAGE_SIZE if is_number else queries.PAGE_SIZE  # no link may hold the number
        page = queries.queue_page(session, wanted, place.cursor or None, limit)
        mine = [t for part in first if not place.cursor for t in queries.queue_page(session, part).tickets]
        header = staff_header.read(request, session, principal)
        people = reassignment.people_of(session, queue)
        lists = _lists(session, principal, queue, people)
        elsewhere = _elsewhere(session, principal, wanted, filters) if filters.q or is_number else []
        questions = samples.unanswered(session, principal.user_id)
        paused = [ticket.id for ticket in (*mine, *page.tickets) if ticket.paused_at]
        reminded, supplied = reminders.reminded_tickets(session, paused), requests.partly_supplied(session, paused)
    made = [rows_of(tickets, asked_at, principal.user_id, people.outsiders) for tickets in (mine, page.tickets)]
    return render(
        request,
        "triage/queue.html",
        queue=queue,
        kind=kind_of(queue),
        place=place,
        mine=made[0],
        rows=made[1],
        reminded=reminded,
        supplied=supplied,
        questions=questions,
        states=header.states[queue],
        my_turn=header.my_turn.get(queue, 0) if principal.can(Permission.WORK_TICKET) else None,
        next_query=filters.query(cursor=page.next_cursor) if page.next_cursor and not is_number else None,
        is_first=not place.cursor,
        filters=filters,
        is_filtered=not filters.is_plain or is_number,
        is_number=is_number,
        is_unsafe=is_unsafe,
        number=forms.number_in(filters.q) if filters.q else None,
        words_left_out=words_of(filters.q or hidden_text)[queries.MOST_WORDS :],
        elsewhere=elsewhere,
        done=act.done_elsewhere or act.done if (act := acts.BY_NAME.get(request.query_params.get("done", ""))) else "",
        done_of=forms.number_in(request.query_params.get("of", "")) or "",
        may_reassign=principal.can(Permission.TRANSFER_TICKET),
        is_picking=principal.can(Permission.TRANSFER_TICKET) and bool(filters.assignee) and not is_number,
        next_more=page.next_cursor is not None,
        asked_at=asked_at.isoformat(),
        state_labels=STATE_LABELS,
        channel_labels=CHANNEL_LABELS,
        state_words={queries.TO_DO: "待处理", queries.OPEN: "未结束", queries.ALL: "全部"},
        urgencies=[(urgency.name.lower(), label) for urgency, label in URGENCY_LABELS.items()],
        symptoms=SYMPTOM.choices,
        **lists,
    )


def _lists(session: Session, principal: Principal, queue: str, people: reassignment.People) -> dict[str, Any]:
    """The counts of views, and what filters offer."""
    me, works = principal.user_id, principal.can(Permission.WORK_TICKET)
    held = queries.held_counts(session, queue, people.outsiders | {me})
    return {
        "held": held.get(me, 0) if works else None,
        "unclaimed": held.get(None, 0),
        "gone": sum(count for holder, count in held.items() if holder in people.outsiders),
        "soon": queries.count_of(session, QueueFilter(queue, clock=queries.DUE_SOON)),
        "engineers": people.engineers,
        "owners": [(str(user.id), user.display_name) for user in people.engineers],
        "systems": [(name, name) for name in previous_systems.offered(session)],
    }


def _elsewhere(session: Session, principal: Principal, wanted: QueueFilter, filters: Filters) -> list[Elsewhere]:
    """Where the same search finds more: in every state, and in the person's other queues."""
    found = []
    is_secret = not filters.q
    if wanted.state != queries.ALL:
        everywhere = Filters(state=queries.ALL, q=filters.q)
        count = queries.count_of(session, QueueFilter(wanted.queue, state=queries.ALL, text=wanted.text), _MOST_COUNTED)
        found.append(Elsewhere("全部状态", count, f"/queues/{wanted.queue}{everywhere.query()}"))
    for queue in principal.queues:
        kind = kind_of(queue)
        if queue == wanted.queue or kind is None:
            continue
        other = QueueFilter(
            queue, state=queries.ALL, text=wanted.text, id_number_indexes=wanted.id_number_indexes
        )  # fmt: skip
        address = "" if is_secret else f"/queues/{queue}{Filters(state=queries.ALL, q=filters.q).query()}"
        found.append(
            Elsewhere(f"{kind.spaced_label}队列".strip(), queries.count_of(session, other, _MOST_COUNTED), address)
        )
    return [place for place in found if place.count]


def _require_queue(principal: Principal, queue: str) -> None:
    if kind_of(queue) is None or queue not in principal.queues:
        raise NotFoundError("没有找到这个队列")

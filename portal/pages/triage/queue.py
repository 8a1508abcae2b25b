"""The queue pages: one table, filters in the address, an ID number never there (UX 5.2, SECURITY A-14)."""

from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal import clock
from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.acts import colleagues, root_causes, suggestion
from portal.audit.tags import Tag
from portal.casefile import acts, value_search
from portal.casefile.typed_values import exact_value_in, is_exact, is_secret_like
from portal.casefile.value_search import AskedValue
from portal.errors import NotFoundError
from portal.institutions import modules, previous_systems
from portal.institutions.models import LEVEL_LABELS
from portal.kinds.names import CHANNEL_LABELS, joined
from portal.kinds.table import SYMPTOM, kind_of
from portal.pages import queue_filters, staff_header
from portal.pages.list_place import ListPlace
from portal.pages.queue_filters import Filters
from portal.pages.triage import reassigning
from portal.pages.triage.queue_rows import rows_of
from portal.queues import filter_words, queries
from portal.queues.queries import QueueFilter
from portal.runtime import runtime_of
from portal.sampling import models as samples
from portal.sensitive_text.folding import words_of
from portal.tickets import information_requests, lookup
from portal.tickets.states import STATE_LABELS, URGENCY_LABELS
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter()
Viewer = Annotated[Principal, Depends(Requires(Permission.VIEW_QUEUE))]
_MOST_COUNTED = 100


@dataclass(frozen=True)
class Elsewhere:
    """Where else a search finds something: how many, and the address."""

    label: str
    count: int
    address: str


@router.get("/queues/{queue}")
def show_queue(request: Request, queue: str, principal: Viewer) -> Response:
    """One page of a queue: first what waits for this person, then by urgency and age (DESK 1.4, REQUIREMENTS I4)."""
    _require_queue(principal, queue)
    filters = queue_filters.filters_of(request.query_params)
    is_unsafe = is_secret_like(filters.q)
    if is_unsafe:
        filters = filters.without_text()
    place = ListPlace(queue, filters, request.query_params.get("cursor", ""))
    return _page(request, principal, place, is_unsafe=is_unsafe)


@router.post("/queues/{queue}/search")
def search(request: Request, queue: str, principal: Viewer, form: Form) -> Response:
    """A ticket's number leads to it. Words redirect to an address that can be shared; exact values are answered here,
    not echoed, and recorded.
    """
    _require_queue(principal, queue)
    filters = queue_filters.posted_filters(form)
    runtime = runtime_of(request)
    place = ListPlace(queue, filters.without_text())
    number = queue_filters.number_in(filters.q)
    if number:
        with runtime.database.read() as session:
            ticket = lookup.by_number(session, number)
        if ticket is not None and ticket.queue in principal.queues:
            return RedirectResponse(f"/tickets/{ticket.number}{place.query}", 303)
    is_secret = is_secret_like(filters.q)
    value, words = exact_value_in(filters.q) if is_secret else (filters.q if is_exact(filters.q) else "", "")
    asked = value_search.asked_value(runtime.vault, value) if value else None
    if not is_secret and (asked is None or not _is_held(request, queue, asked)):
        return RedirectResponse(f"/queues/{queue}{filters.query()}", 303)
    return _page(request, principal, place, asked=asked, hidden_text=words, is_number=True)


def _is_held(request: Request, queue: str, asked: AskedValue) -> bool:
    """Whether the word is an account or 住院号 of this queue."""
    with runtime_of(request).database.read() as session:
        return queries.matching(session, QueueFilter(queue, state=queries.ALL, value_indexes=asked.indexes)) > 0


def _page(
    request: Request,
    principal: Principal,
    place: ListPlace,
    *,
    asked: AskedValue | None = None,
    hidden_text: str = "",
    is_number: bool = False,
    is_unsafe: bool = False,
) -> Response:
    queue, filters, asked_at = place.queue, place.filters, clock.now()
    with runtime_of(request).database.read() as session:
        *first, wanted = place.parts(session, principal)
        if is_number:
            first, wanted = [], replace(wanted, state=filters.state or queries.ALL, not_of=None, text=hidden_text)
    if asked:
        wanted = replace(wanted, value_indexes=asked.indexes)
        with runtime_of(request).database.transaction() as session:
            found = queries.matching(session, wanted)
            value_search.record(session, Tag.VALUE_SEARCHED, actor_of(request, principal), asked, found)
    with runtime_of(request).database.read() as session:
        header = staff_header.read(request, session, principal)
        has_mine = bool(first) and header.my_turn.get(queue, 0) > 0
        if not has_mine:
            wanted = replace(wanted, not_of=None)  # nothing to leave out: the plain list is read faster
        limit = queries.MAX_PAGE_SIZE if is_number else queries.PAGE_SIZE  # no link may hold the number
        page = queries.queue_page(session, wanted, place.cursor or None, limit)
        mine = queries.queue_page(session, first[0]).tickets if has_mine and not place.cursor else ()
        people = colleagues.people_of(session, queue)
        lists = _lists(session, principal, queue, people, filters)
        elsewhere = _elsewhere(session, principal, wanted, filters.q) if filters.q else []
        questions = samples.unanswered(session, principal.user_id)
        paused = [ticket.id for ticket in (*mine, *page.tickets) if ticket.paused_at]
        asked_for = information_requests.open_of(session, paused)
    made = [rows_of(tickets, asked_at, principal.user_id, people.absent) for tickets in (mine, page.tickets)]
    return render(
        request,
        "triage/queue.html",
        queue=queue,
        kind=kind_of(queue),
        place=place,
        mine=made[0],
        rows=made[1],
        reminded={request.ticket_id for request in asked_for if request.reminded_at},
        supplied={request.ticket_id for request in asked_for if request.supplied_at},
        questions=questions,
        states=header.states[queue],
        my_turn=header.my_turn.get(queue, 0) if principal.can(Permission.WORK_TICKET) else None,
        next_query=filters.query(cursor=page.next_cursor) if page.next_cursor and not is_number else None,
        is_first=not place.cursor,
        filters=filters,
        is_filtered=not filters.is_plain or is_number,
        is_number=is_number,
        is_unsafe=is_unsafe,
        number=queue_filters.number_in(filters.q) if filters.q else None,
        words_left_out=words_of(filters.q or hidden_text)[queries.MOST_WORDS :],
        elsewhere=elsewhere,
        done=act.done_elsewhere or act.done if (act := acts.BY_NAME.get(request.query_params.get("done", ""))) else "",
        done_of=queue_filters.number_in(request.query_params.get("of", "")) or "",
        may_reassign=principal.can(Permission.TRANSFER_TICKET),
        may_assign=principal.can(Permission.DISPATCH),
        is_picking=principal.can(Permission.TRANSFER_TICKET) and bool(filters.assignee) and not is_number,
        next_more=page.next_cursor is not None,
        asked_at=asked_at.isoformat(),
        state_labels=STATE_LABELS,
        channel_labels=CHANNEL_LABELS,
        state_words=filter_words.STATE_WORDS,
        urgencies=[(urgency.name.lower(), label) for urgency, label in URGENCY_LABELS.items()],
        archive_words=list(filter_words.ARCHIVE_WORDS.items()),
        request_types=list(filter_words.TYPE_WORDS.items()),
        symptoms=[*SYMPTOM.choices, (queries.UNANSWERED, "未填写")],
        levels=[(queries.KEY, "重点"), *((level.value, label) for level, label in LEVEL_LABELS.items())],
        **lists,
    )


def _lists(
    session: Session, principal: Principal, queue: str, people: colleagues.People, filters: Filters
) -> dict[str, Any]:
    """The counts of views, and what filters offer."""
    me, works = principal.user_id, principal.can(Permission.WORK_TICKET)
    counts = queries.view_counts(session, queue, me, people.absent)
    return {
        "held": counts.held if works else None,
        "unclaimed": counts.unclaimed,
        "gone": counts.gone,
        "first": counts.first if works else None,
        "soon": counts.soon,
        "colleagues": suggestion.by_load(session, people) if filters.assignee else [],
        "spread": reassigning.SPREAD,
        "owners": [(str(user.id), user.display_name) for user in people.engineers],
        "modules": [(name, name) for name in modules.offered(session, queue)],
        "root_causes": root_causes.offered(session),
        "systems": [(name, name) for name in previous_systems.offered(session)],
    }


def _elsewhere(session: Session, principal: Principal, wanted: QueueFilter, text: str) -> list[Elsewhere]:
    """Where the same words are found: in every state, and in the person's other queues."""
    query = Filters(state=queries.ALL, q=text).query()
    places = [("全部状态", wanted.queue)] if wanted.state != queries.ALL else []
    others = [(kind_of(queue), queue) for queue in principal.queues if queue != wanted.queue]
    places += [(joined(kind.label, "队列"), queue) for kind, queue in others if kind]
    found = []
    for label, queue in places:
        everywhere = QueueFilter(queue, state=queries.ALL, text=text)
        found.append(Elsewhere(label, queries.count_of(session, everywhere, _MOST_COUNTED), f"/queues/{queue}{query}"))
    return [place for place in found if place.count]


def _require_queue(principal: Principal, queue: str) -> None:
    if kind_of(queue) is None or queue not in principal.queues:
        raise NotFoundError("没有找到这个队列")

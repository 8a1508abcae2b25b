"""The queue pages: one table, filters in the address, an ID number never there (UX 5.2, SECURITY A-14)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal import clock
from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.acts import reassignment
from portal.audit.tags import Tag
from portal.casefile import acts, value_search
from portal.casefile.typed_values import exact_value_in, is_exact, is_secret_like
from portal.casefile.value_search import AskedValue
from portal.clocks.reply_clock import TimeBadge
from portal.errors import NotFoundError
from portal.kinds.names import CHANNEL_LABELS
from portal.kinds.table import SYMPTOM, kind_of
from portal.pages.triage import forms
from portal.pages.triage.forms import Filters
from portal.runtime import runtime_of
from portal.sampling import models as samples
from portal.supplements import reminders
from portal.tickets import queries
from portal.tickets.models import Ticket
from portal.tickets.queries import QueueFilter
from portal.tickets.states import STATE_LABELS, TURN_CAUSE_LABELS, URGENCY_LABELS, Turn
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter()
Viewer = Annotated[Principal, Depends(Requires(Permission.VIEW_QUEUE))]


@dataclass(frozen=True)
class Row:
    """One line of the queue; `waited` in minutes."""

    ticket: Ticket
    badge: TimeBadge
    waited: int


@router.get("/queues/{queue}")
def show_queue(request: Request, queue: str, principal: Viewer) -> Response:
    """One page of a queue, by urgency and then age (REQUIREMENTS I4)."""
    _require_queue(principal, queue)
    filters = forms.filters_of(request.query_params)
    is_unsafe = is_secret_like(filters.q)
    if is_unsafe:
        filters = filters.without_text()
    return _page(request, principal, queue, filters, cursor=request.query_params.get("cursor"), is_unsafe=is_unsafe)


@router.post("/queues/{queue}/search")
def search(request: Request, queue: str, principal: Viewer, form: Form) -> Response:
    """Words redirect to an address that can be shared; exact values are answered here, not echoed, and recorded."""
    _require_queue(principal, queue)
    filters = forms.posted_filters(form)
    is_secret = is_secret_like(filters.q)
    value, words = exact_value_in(filters.q) if is_secret else (filters.q if is_exact(filters.q) else "", "")
    asked = value_search.asked_value(runtime_of(request).vault, value) if value else None
    if not is_secret and (asked is None or not _is_held(request, queue, asked)):
        return RedirectResponse(f"/queues/{queue}{filters.query()}", 303)
    return _page(request, principal, queue, filters.without_text(), asked=asked, hidden_text=words, is_number=True)


def _is_held(request: Request, queue: str, asked: AskedValue) -> bool:
    """Whether the word is an account or 住院号 of this queue."""
    with runtime_of(request).database.read() as session:
        return queries.matching(session, QueueFilter(queue, state=forms.ALL, value_indexes=asked.indexes)) > 0


def _page(
    request: Request,
    principal: Principal,
    queue: str,
    filters: Filters,
    *,
    cursor: str | None = None,
    asked: AskedValue | None = None,
    hidden_text: str = "",
    is_number: bool = False,
    is_unsafe: bool = False,
) -> Response:
    wanted = QueueFilter(
        queue=queue,
        state=filters.state or (forms.ALL if is_number else ""),
        assignee=str(principal.user_id) if forms.MINE in (filters.assignee, filters.turn) else filters.assignee,
        channel=filters.channel,
        symptom=filters.symptom,
        turn=Turn.US.value if filters.turn else "",
        text=hidden_text or filters.q,
        value_indexes=asked.indexes if asked else (),
    )
    if asked:
        with runtime_of(request).database.transaction() as session:
            found = queries.matching(session, wanted)
            value_search.record(session, Tag.VALUE_SEARCHED, actor_of(request, principal), asked, found)
    limit = queries.MAX_PAGE_SIZE if is_number else queries.PAGE_SIZE  # the number must not be in a link to a next page
    with runtime_of(request).database.read() as session:
        page = queries.queue_page(session, wanted, cursor or None, limit)
        by_state = queries.all_counts(session)
        works = principal.can(Permission.WORK_TICKET)
        my_turn = queries.my_turn_count(session, queue, principal.user_id) if works else None
        engineers = reassignment.engineers_of(session, queue)
        questions = samples.unanswered(session, principal.user_id)
        reminded = reminders.reminded_tickets(session, [ticket.id for ticket in page.tickets if ticket.paused_at])
    now = clock.now()
    return render(
        request,
        "triage/queue.html",
        queue=queue,
        kind=kind_of(queue),
        rows=[
            Row(t, t.reply_clock.badge(now), _minutes(now - (t.turn_since if filters.turn else t.submitted_at)))
            for t in page.tickets
        ],
        reminded=reminded,
        questions=questions,
        next_query=filters.query(cursor=page.next_cursor) if page.next_cursor and not is_number else None,
        is_first=not cursor,
        filters=filters,
        is_number=is_number,
        is_unsafe=is_unsafe,
        done=act.done_elsewhere if (act := acts.BY_NAME.get(request.query_params.get("done", ""))) else "",
        counts=queries.open_of(by_state),
        states=by_state[queue],
        my_turn=my_turn,
        turn_causes=TURN_CAUSE_LABELS,
        engineer_options=[(str(user.id), user.display_name) for user in engineers],
        next_more=page.next_cursor is not None,
        state_labels=STATE_LABELS,
        channel_labels=CHANNEL_LABELS,
        urgency_labels=URGENCY_LABELS,
        symptoms=SYMPTOM.choices,
    )


def _require_queue(principal: Principal, queue: str) -> None:
    if kind_of(queue) is None or queue not in principal.queues:
        raise NotFoundError("没有找到这个队列")


def _minutes(time: timedelta) -> int:
    return int(time.total_seconds() // 60)

"""谁看过这个号码: one exact value, posted and never shown again, and everyone who accessed it, with the reasons."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from portal import clock
from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.audit import trail
from portal.audit.models import AuditEvent
from portal.audit.queries import TrailFilter
from portal.audit.tags import Tag
from portal.casefile import value_search
from portal.casefile.value_search import VALUE_KIND_LABELS, Answer, AskedValue
from portal.disclosure.reasons import kept_reason
from portal.errors import Fault, InvalidError, NotFoundError
from portal.pages.review import exports, views
from portal.pages.review.views import AccessorView, EventView
from portal.queues.trail_scope import queues_of, scope_of
from portal.runtime import runtime_of
from portal.tickets.states import STATE_LABELS
from portal.web.csrf import Form
from portal.web.numbers import PathRow
from portal.web.templating import render

router = APIRouter()
Lead = Annotated[Principal, Depends(Requires(Permission.REVIEW))]
# An answer can be opened again by who asked, for so long; later they ask again.
OPEN_FOR = timedelta(hours=12)
MOST_ON_PAGE = 200
MOST_ON_SHEET = 1000
MISSING_REASON = "请写明查询的事由，例如“患者投诉，核查谁看过”"


@dataclass(frozen=True)
class ShownAnswer:
    """An answer in words. `people`: each with their accesses, values and pictures apart."""

    asked: AskedValue
    kind: str
    mask: str
    asked_at: str
    answer: Answer
    people: list[AccessorView]
    accesses: list[EventView]
    pictures: list[EventView]
    searches: list[EventView]


@router.get("/review/values")
def ask(request: Request, lead: Lead) -> Response:
    """The box for a value."""
    return _ask_page(request)


@router.post("/review/values")
def search(request: Request, lead: Lead, form: Form) -> Response:
    """The search is a row of the trail; its answer has the number of that row as address, nothing of the value."""
    return answered(request, lead, form.get("value"))


def answered(request: Request, lead: Principal, text: str) -> Response:
    """Search for a posted value and lead to the answer, or show the box again with the fault."""
    runtime = runtime_of(request)
    try:
        asked = value_search.asked_value(runtime.vault, text)
    except InvalidError as error:
        return _ask_page(request, error)
    with runtime.database.transaction() as session:
        _, count = value_search.tickets_of(session, asked, queues_of(lead), 0)
        seq = value_search.record(session, Tag.AUDIT_SEARCHED, actor_of(request, lead), asked, count)
    return RedirectResponse(f"/review/values/{seq}", 303)


@router.get("/review/values/{seq}")
def show(request: Request, lead: Lead, seq: PathRow) -> Response:
    """The answer to a search of one's own."""
    with runtime_of(request).database.read() as session:
        event = _own_search(session, lead, seq)
    return _answer_page(request, lead, event)


@router.post("/review/values/{seq}/sheet")
def sheet(request: Request, lead: Lead, seq: PathRow, form: Form) -> Response:
    """The answer as a sheet to print and sign."""
    runtime = runtime_of(request)
    with runtime.database.read() as session:
        event = _own_search(session, lead, seq)
    try:
        reason = kept_reason(form.get("reason"), missing=MISSING_REASON)
    except InvalidError as error:
        return _answer_page(request, lead, event, error)
    with runtime.database.transaction() as session:
        made = trail.record(
            session, Tag.AUDIT_EXPORTED, actor_of(request, lead), reason=reason,
            particulars={"format": "print", "row": seq}, value_index=event.value_index,
        )  # fmt: skip
    with runtime.database.read() as session:
        shown = _shown(session, lead, event, MOST_ON_SHEET)
    return render(
        request,
        "review/value_sheet.html",
        shown=shown,
        reason=reason,
        made=made,
        made_at=views.china_time(clock.now()),
        lead=lead,
        state_labels=STATE_LABELS,
    )


@router.post("/review/values/{seq}/export")
def export(request: Request, lead: Lead, seq: PathRow, form: Form) -> Response:
    """All rows of the answer as CSV or JSON Lines."""
    with runtime_of(request).database.read() as session:
        event = _own_search(session, lead, seq)
        asked = value_search.asked_in(event)
        wanted = TrailFilter(scope_of(session, lead), condition=value_search.everything(asked))
    try:
        return exports.file_of(request, lead, wanted, form, {"row": seq}, event.value_index)
    except InvalidError as error:
        return _answer_page(request, lead, event, error)


def _own_search(session: Session, lead: Principal, seq: int) -> AuditEvent:
    """Raises NotFoundError unless this person searched for a value in this row, not long ago."""
    event = session.get(AuditEvent, seq) if 0 < seq < 2**63 else None
    if event is None or event.tag != Tag.AUDIT_SEARCHED or event.actor_id != lead.user_id:
        raise NotFoundError("没有找到这次查询，请重新输入号码")
    if clock.now() - event.at > OPEN_FOR:
        raise NotFoundError("这次查询已过 12 小时，请重新输入号码")
    return event


def _shown(session: Session, lead: Principal, event: AuditEvent, limit: int) -> ShownAnswer:
    asked, scope, names = value_search.asked_in(event), scope_of(session, lead), views.people(session)
    answer = value_search.answer_to(session, asked, scope, queues_of(lead), limit)
    looked = value_search.accesses(asked) | value_search.picture_accesses(asked)
    masks = [place.mask for found in answer.tickets for place in found.places]
    return ShownAnswer(
        asked=asked,
        kind=VALUE_KIND_LABELS[asked.kind],
        mask=asked.mask or next(iter(masks), ""),
        asked_at=views.china_time(event.at),
        answer=answer,
        people=views.accessors(session, TrailFilter(scope, condition=looked), names),
        accesses=[views.in_words(row, names) for row in answer.accesses.events],
        pictures=[views.in_words(row, names) for row in answer.pictures.events],
        searches=[views.in_words(row, names) for row in answer.searches.events],
    )


def _answer_page(request: Request, lead: Principal, event: AuditEvent, error: InvalidError | None = None) -> Response:
    runtime = runtime_of(request)
    with runtime.database.transaction() as session:
        shown = _shown(session, lead, event, MOST_ON_PAGE)
        told: trail.Particulars = {"view": "value", "row": event.seq}
        actor = actor_of(request, lead)
        trail.record(session, Tag.AUDIT_VIEWED, actor, particulars=told, value_index=event.value_index)
    return render(
        request,
        "review/value.html",
        error.status if error else 200,
        shown=shown,
        seq=event.seq,
        faults=error.faults if error else (),
        state_labels=STATE_LABELS,
        missing_reason=MISSING_REASON,
    )


def _ask_page(request: Request, error: InvalidError | None = None) -> Response:
    faults: tuple[Fault, ...] = tuple(error.faults) if error else ()
    return render(request, "review/values.html", error.status if error else 200, faults=faults)

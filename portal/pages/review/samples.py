"""抽查: draw a sample of accesses, review it row by row, and draw it again to prove that no one chose the rows."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from portal import clock
from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.audit import trail
from portal.audit.queries import TrailScope
from portal.audit.tags import Tag
from portal.errors import ConflictError, Fault, ForbiddenError, InvalidError, NotFoundError, PortalError
from portal.pages.review import filters, views
from portal.pages.review.views import EventView
from portal.queues.trail_scope import WHOLE, queues_of, scope_of
from portal.runtime import runtime_of
from portal.sampling import samples as samples_module
from portal.sampling.models import SampledRow, SampleMark
from portal.web.csrf import Form
from portal.web.numbers import PathNumber
from portal.web.templating import render

router = APIRouter()
Lead = Annotated[Principal, Depends(Requires(Permission.REVIEW))]
DEFAULT_SIZE = 10


@dataclass(frozen=True)
class ShownRow:
    """A sampled row with its trail event; None if that part of the trail has been deleted, or its ticket is now in
    another queue.
    """

    row: SampledRow
    event: EventView | None
    is_elsewhere: bool = False


@router.get("/review/samples")
def samples(request: Request, lead: Lead) -> Response:
    """All samples with their progress, and a form for a new one."""
    today = clock.china_today()
    week = views.week_of(today)
    typed = {"from": week.isoformat(), "to": today.isoformat(), "size": str(DEFAULT_SIZE), "seed": ""}
    return _list_page(request, lead, typed)


@router.post("/review/samples")
def draw(request: Request, lead: Lead, form: Form) -> Response:
    """Draw a new sample; the draw and its seed are a row of the trail."""
    typed = {name: form.get(name).strip() for name in ("from", "to", "size", "seed")}
    try:
        since, until = _period(typed)
        size = int(typed["size"]) if typed["size"].isascii() and typed["size"].isdigit() else 0
        with runtime_of(request).database.transaction() as session:
            sample = samples_module.draw(
                session, actor_of(request, lead), queues_of(lead), since, until, size, typed["seed"]
            )
    except InvalidError as error:
        return _list_page(request, lead, typed, error.faults, error.status)
    return RedirectResponse(f"/review/samples/{sample.id}", 303)


@router.get("/review/samples/{sample_id}")
def show(request: Request, sample_id: uuid.UUID, lead: Lead) -> Response:
    """One sample, row by row; `check=1` draws it again and compares."""
    with runtime_of(request).database.transaction() as session:
        samples_module.get(session, queues_of(lead), sample_id)
        trail.record(session, Tag.AUDIT_VIEWED, actor_of(request, lead), particulars={"view": "sample"})
    return _sample_page(request, lead, sample_id, is_check=request.query_params.get("check") == "1")


@router.post("/review/samples/{sample_id}/rows/{place}")
def mark(request: Request, sample_id: uuid.UUID, place: PathNumber, lead: Lead, form: Form) -> Response:
    """合规 or 需说明, with a note."""
    finding = SampleMark.FINE if form.get("mark") == SampleMark.FINE else SampleMark.EXPLAIN
    try:
        with runtime_of(request).database.transaction() as session:
            _require_own(session, lead, sample_id, place)
            actor = actor_of(request, lead)
            samples_module.mark(session, actor, queues_of(lead), sample_id, place, finding, form.get("note"))
    except (InvalidError, ForbiddenError, ConflictError) as error:
        return _sample_page(request, lead, sample_id, error=error, at=place, note=form.get("note"))
    return RedirectResponse(f"/review/samples/{sample_id}#row-{place}", 303)


def _require_own(session: Session, lead: Principal, sample_id: uuid.UUID, place: int) -> None:
    """Raises NotFoundError for a row whose ticket has moved to another queue: it is reviewed there."""
    rows = samples_module.rows_of(session, samples_module.get(session, queues_of(lead), sample_id))
    if any(one.is_elsewhere for one in in_words(session, rows, scope_of(session, lead)) if one.row.place == place):
        raise NotFoundError("没有找到这一条")


def _list_page(
    request: Request, lead: Principal, typed: dict[str, str], faults: Sequence[Fault] = (), status: int = 200
) -> Response:
    with runtime_of(request).database.read() as session:
        progress = samples_module.newest(session, queues_of(lead))
    return render(
        request,
        "review/samples.html",
        status,
        progress=progress,
        typed=typed,
        faults=faults,
        last_days={row.sample.id: row.sample.until - timedelta(days=1) for row in progress},
    )


def _sample_page(
    request: Request,
    lead: Principal,
    sample_id: uuid.UUID,
    *,
    is_check: bool = False,
    error: PortalError | None = None,
    at: int = 0,
    note: str = "",
) -> Response:
    with runtime_of(request).database.read() as session:
        sample = samples_module.get(session, queues_of(lead), sample_id)
        rows = samples_module.rows_of(session, sample)
        is_same = samples_module.is_repeatable(session, sample) if is_check else None
        shown = in_words(session, rows, scope_of(session, lead))
    return render(
        request,
        "review/sample.html",
        error.status if error else 200,
        sample=sample,
        last_day=sample.until - timedelta(days=1),
        progress=samples_module.progress_of(sample, rows),
        rows=shown,
        is_same=is_same,
        at=at,
        note=note,
        message=error.faults[0].message if isinstance(error, InvalidError) else error.message if error else "",
    )


def in_words(session: Session, rows: Sequence[SampledRow], scope: TrailScope) -> list[ShownRow]:
    """Sampled rows as this scope shows them."""
    seqs, names = [row.seq for row in rows], views.people(session)
    own, every = (views.events_in_words(session, seqs, names, each) for each in (scope, WHOLE))
    return [ShownRow(row, own.get(row.seq), row.seq in every and row.seq not in own) for row in rows]


def _period(typed: dict[str, str]) -> tuple[datetime, datetime]:
    """First moment and the moment after the last.

    Raises:
        InvalidError: no days, or the last before the first.
    """
    checked = filters.checked({"from": typed["from"], "to": typed["to"]}, ())
    faults = list(checked.faults)
    for name, words in (("from", "请填写开始日期"), ("to", "请填写结束日期")):
        if not typed[name]:
            faults.append(Fault(name, "required", words))
    if faults or checked.since is None or checked.until is None:
        raise InvalidError(faults)
    return checked.since, checked.until

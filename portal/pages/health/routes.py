"""Health, readiness and metrics; in development also the style guide."""

import secrets
from collections.abc import Sequence

import segno
from fastapi import APIRouter, Depends
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from portal import clock, readiness
from portal.accounts.guard import anonymous, public
from portal.audit.models import AuditEvent
from portal.errors import NotFoundError
from portal.kinds.table import QUEUES
from portal.kpi import operational
from portal.queues import queries
from portal.runtime import runtime_of
from portal.web import context
from portal.web.notices import standing
from portal.web.templating import render

router = APIRouter(include_in_schema=False)


def inner_page(request: Request) -> None:
    """Dependency: the page does not exist for the world."""
    if not context.shows_inner_pages(request):
        raise NotFoundError


development_router = APIRouter(include_in_schema=False, dependencies=[Depends(inner_page)])


@router.get("/healthz", dependencies=[Depends(anonymous)])
def health() -> JSONResponse:
    """Only shows that the process responds."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz", dependencies=[Depends(anonymous)])
def ready(request: Request) -> JSONResponse:
    """What must hold, each by name, and every alarm with its reason; reveals nothing secret (SECURITY I-2)."""
    found = readiness.findings(runtime_of(request))
    checks = {each.name: each.is_good for each in found if each.is_essential}
    bad = [
        {"name": each.name, "message": each.problem, "since": each.since.isoformat() if each.since else None}
        for each in found
        if not each.is_good
    ]
    is_ready = all(checks.values())
    told = [str(notice) for notice in standing(runtime_of(request).settings)]
    content = {"ready": is_ready, "checks": checks, "alarms": bad, "notices": told}
    return JSONResponse(content, 200 if is_ready else 503)


@router.get("/metrics", dependencies=[Depends(anonymous)])
def metrics(request: Request) -> Response:
    """Counts without personal data, for loopback or with the token only (CONTRACT 14)."""
    if not _may_read_metrics(request):
        raise NotFoundError
    registry = CollectorRegistry()
    tickets = Gauge("portal_tickets", "Tickets by queue and state", ["queue", "state"], registry=registry)
    alarms = Gauge("portal_alarm", "1 while a condition does not hold", ["name"], registry=registry)
    events = Gauge("portal_audit_events", "Rows of the trail", registry=registry)
    for found in readiness.findings(runtime_of(request)):
        alarms.labels(found.name).set(not found.is_good)
    with runtime_of(request).database.read() as session:
        for queue in QUEUES:
            for state, count in queries.state_counts(session, queue).items():
                tickets.labels(queue, state).set(count)
        events.set(session.scalar(select(func.max(AuditEvent.seq))) or 0)
        _add_operational(registry, operational.read(session, clock.now()))
    return Response(generate_latest(registry), media_type="text/plain; version=0.0.4")


@development_router.get("/styleguide", dependencies=[Depends(public)])
def style_guide(request: Request) -> Response:
    """The clinics' components in every state."""
    qr = segno.make("https://portal.example/track", error="m").svg_data_uri(scale=4, border=2)
    return render(request, "styleguide.html", now=clock.now(), qr=qr)


@development_router.get("/styleguide/staff", dependencies=[Depends(public)])
def staff_style_guide(request: Request) -> Response:
    """The staff's components in every state."""
    return render(request, "styleguide_staff.html", now=clock.now())


def _add_operational(registry: CollectorRegistry, gauges: Sequence[operational.Operational]) -> None:
    for one in gauges:
        gauge = Gauge(one.name, one.help, ["queue"] if one.by_queue else [], registry=registry)
        for queue, value in one.by_queue.items():
            gauge.labels(queue).set(value)
        if not one.by_queue:
            gauge.set(one.value)


def _may_read_metrics(request: Request) -> bool:
    token = runtime_of(request).settings.metrics_token
    given = request.headers.get("authorization", "")
    if token and secrets.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    return context.is_loopback(request)

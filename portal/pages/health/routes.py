"""Health, readiness and metrics; in development also the style guide."""

import secrets
import shutil
from pathlib import Path

import segno
from fastapi import APIRouter, Depends
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from portal import clock, migrations
from portal.accounts.guard import anonymous, public
from portal.audit.models import AuditEvent
from portal.errors import NotFoundError
from portal.kinds.table import QUEUES
from portal.runtime import Runtime, runtime_of
from portal.tickets import queries
from portal.web import context
from portal.web.notices import standing
from portal.web.templating import render

router = APIRouter(include_in_schema=False)


def inner_page(request: Request) -> None:
    """Dependency: the page does not exist for the world."""
    if not context.shows_inner_pages(request):
        raise NotFoundError


development_router = APIRouter(include_in_schema=False, dependencies=[Depends(inner_page)])
_LEAST_FREE_BYTES = 200 * 1024 * 1024


@router.get("/healthz", dependencies=[Depends(anonymous)])
def health() -> JSONResponse:
    """Only shows that the process responds."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz", dependencies=[Depends(anonymous)])
def readiness(request: Request) -> JSONResponse:
    """Database, schema, key, storage and disk, each by name; reveals nothing secret (SECURITY I-2)."""
    runtime = runtime_of(request)
    checks = {
        "database": runtime.database.is_reachable(),
        "migrations": _is_current(runtime),
        "key": runtime.vault.keyring.is_available(),
        "storage": runtime.blobs.is_writable(),
        "disk": _has_room(runtime_of(request).settings.data_dir),
    }
    is_ready = all(checks.values())
    told = [str(notice) for notice in standing(runtime.settings)]
    content = {"ready": is_ready, "checks": checks, "notices": told}
    return JSONResponse(content, 200 if is_ready else 503)


@router.get("/metrics", dependencies=[Depends(anonymous)])
def metrics(request: Request) -> Response:
    """Counts without personal data, for loopback or with the token only (CONTRACT 14)."""
    if not _may_read_metrics(request):
        raise NotFoundError
    registry = CollectorRegistry()
    tickets = Gauge("portal_tickets", "Tickets by queue and state", ["queue", "state"], registry=registry)
    events = Gauge("portal_audit_events", "Rows of the trail", registry=registry)
    with runtime_of(request).database.read() as session:
        for queue in QUEUES:
            for state, count in queries.state_counts(session, queue).items():
                tickets.labels(queue, state).set(count)
        events.set(session.scalar(select(func.max(AuditEvent.seq))) or 0)
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


def _is_current(runtime: Runtime) -> bool:
    try:
        return migrations.is_current(runtime.database)
    except Exception:  # any failure of the check means "not ready"
        return False


def _has_room(folder: Path) -> bool:
    return shutil.disk_usage(folder).free > _LEAST_FREE_BYTES


def _may_read_metrics(request: Request) -> bool:
    token = runtime_of(request).settings.metrics_token
    given = request.headers.get("authorization", "")
    if token and secrets.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    return context.is_loopback(request)

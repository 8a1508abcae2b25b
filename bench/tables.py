"""100,000 rows of a table as a file: when it begins, what it costs in CPU and memory (`python -m bench tables`)."""

import http.client
import json
import time
import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update

from bench import inputs
from bench.servers import Server, portal_server
from portal import clock
from portal.accounts import users
from portal.accounts.models import User
from portal.acts.triage_models import TriageNote
from portal.assembly import make_runtime
from portal.audit.actor import SYSTEM
from portal.clocks.models import TicketClock
from portal.follow_up.models import Rating
from portal.reports.call_records import CallRecord
from portal.runtime import Runtime
from portal.settings import load_settings
from portal.tickets.models import Ticket
from portal.vault.models import SealedValue

ROWS = 100_000
BEGIN, CPU, MEMORY = 0.2, 2.0, 30.0
_BATCH = 5000
_PERIOD = {"from": "2020-01-01", "to": "2099-12-31", "reason": "测量导出的速度"}
Row = tuple[str, str, str, bool]


@dataclass(frozen=True)
class Measured:
    """One file: seconds until its first byte, CPU seconds and MB more than before, its rows and size."""

    begin: float
    cpu: float
    more_mb: float
    rows: int
    mb: float
    seconds: float


def measure(folder: Path, rows: int = ROWS) -> list[Row]:
    """Every figure with its goal."""
    settings = load_settings({"PORTAL_DATA_DIR": str(folder), "PORTAL_UPLOADS": str(folder / "uploads")})
    runtime = make_runtime(settings)
    token = _filled(runtime, rows)
    runtime.database.dispose()
    results: list[Row] = []
    for table in ("calls", "follow-ups", "problems", "tickets"):
        for form in ("csv", "xlsx"):
            with portal_server(folder) as portal:
                _taken(portal, token, table, form, {"from": "2020-01-01", "to": "2020-01-02"})  # warmed up
                found = _taken(portal, token, table, form)
            assert found.rows == rows, found
            what = f"{table}.{form}, {rows:,} rows, {found.mb:.1f} MB in {found.seconds:.1f} s"
            results += [
                (f"{what}: first byte", f"{found.begin:.2f} s", f"<= {BEGIN} s", found.begin <= BEGIN),
                (f"{what}: CPU", f"{found.cpu:.1f} s", f"<= {CPU:g} s", found.cpu <= CPU),
                (f"{what}: more memory", f"{found.more_mb:.0f} MB", f"<= {MEMORY:g} MB", found.more_mb <= MEMORY),
            ]
    return results


def _taken(portal: Server, token: str, table: str, form: str, period: dict[str, str] | None = None) -> Measured:
    connection = http.client.HTTPConnection(portal.host, portal.port, timeout=300)
    body = json.dumps({**_PERIOD, **(period or {})})
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    before, cpu, started = portal.resident_mb(), portal.cpu_seconds(), time.perf_counter()
    connection.request("POST", f"/api/v1/exports/{table}.{form}", body, headers)
    answer = connection.getresponse()
    assert answer.status == 200, answer.read()
    size, most = len(answer.read1()), before
    begin = time.perf_counter() - started
    while piece := answer.read1(1 << 20):
        size, most = size + len(piece), max(most, portal.resident_mb())
    seconds = time.perf_counter() - started
    spent = portal.cpu_seconds() - cpu
    return Measured(begin, spent, most - before, int(answer.headers["X-Row-Count"]), size / 1e6, seconds)


def _filled(runtime: Runtime, rows: int) -> str:
    """Tickets with a call, a contact, notes, a clock and half of them with a rating; a lead's token."""
    inputs.fill_queue(runtime, rows)
    with runtime.database.transaction() as session:
        users.add_user(
            session, SYSTEM, username="bench", password="invented-bench-phrase", role="lead", queues=["general", "his"],
            display_name="孙主管",
        )  # fmt: skip
        token: str = users.add_token(session, SYSTEM, name="bench", username="bench")
        lead = session.scalars(select(User.id).where(User.username == "bench")).one()
        session.execute(update(User).values(staff_number="1047"))
        session.execute(
            update(Ticket).values(assignee_id=lead, resolution="已恢复，请刷新后再保存一次", has_calls=True)
        )
        found = session.execute(select(Ticket.id, Ticket.report_id).order_by(Ticket.submitted_at)).all()
    for start in range(0, len(found), _BATCH):
        with runtime.database.transaction() as session:
            for model, values in _beside(found[start : start + _BATCH], start, lead).items():
                session.execute(insert(model), values)
    return token


def _beside(found: Any, start: int, lead: uuid.UUID) -> dict[Any, list[dict[str, Any]]]:
    now = clock.now()
    made: dict[Any, list[dict[str, Any]]] = {}
    for place, (ticket_id, report_id) in enumerate(found, start):
        at = now - timedelta(seconds=len(found) + place)
        made.setdefault(CallRecord, []).append({
            "id": uuid.uuid4(), "number": f"LD{place:012d}", "ticket_id": ticket_id, "channel": "phone",
            "is_filing": True, "began_at": at, "ended_at": at, "taken_by_id": lead, "taken_by_name": "孙主管",
            "is_late": False, "created_at": at,
        })  # fmt: skip
        made.setdefault(SealedValue, []).extend(
            {"id": uuid.uuid4(), "owner_id": report_id, "field": field, "value_masked": mask, "created_at": at}
            for field, mask in (("contact_name", "王**"), ("contact_phone", "199****0000"))
        )
        made.setdefault(TriageNote, []).append({
            "id": uuid.uuid4(), "ticket_id": ticket_id, "version": 1, "summary": f"随访表保存不上，第 {place} 条",
            "first_opinion": "转工程师处理", "steps": "1.核对日志;2.重启网关", "by_id": lead,
            "by_name": "孙主管", "at": at,
        })  # fmt: skip
        made.setdefault(TicketClock, []).append({
            "id": uuid.uuid4(), "ticket_id": ticket_id, "clock": "solved", "round": 1, "amount": 3,
            "unit": "working_days", "started_at": at, "due_at": at + timedelta(days=3), "pauses": [],
        })  # fmt: skip
        if place % 2:
            made.setdefault(Rating, []).append({
                "id": uuid.uuid4(), "ticket_id": ticket_id, "round": 1, "scale": "s3", "label": "满意", "score": 4,
                "way": "page", "rated_at": at,
            })  # fmt: skip
    return made

"""`make bench`: prints each measured figure with its goal. Ratios come from interleaved rounds of one run."""

import re
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from bench import inputs, load, reports, tables, trail
from bench.servers import Server, floor_server, portal_server
from portal.accounts import sessions, users
from portal.assembly import make_runtime
from portal.audit.actor import SYSTEM
from portal.queues import queries
from portal.queues.queries import QueueFilter
from portal.runtime import Runtime
from portal.settings import load_settings
from portal.web.csrf import SESSION_COOKIE

ROUNDS = 5
JOBS = 60
CLIENTS = 8
TICKETS = 100_000


def main() -> None:
    """All measurements; exit 1 when a goal is missed."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as name:
        folder = Path(name)
        results = [*_filing(folder), *_queue(folder), *_first_visit(folder), *tables.measure(folder / "tables")]
    _report(results)


def _only_tables(rows: int = tables.ROWS) -> None:
    """`python -m bench tables [ROWS]`."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as name:
        _report(tables.measure(Path(name), rows))


def _report(results: Sequence[tuple[str, str, str, bool]]) -> None:
    """Print them; exit 1 when a goal is missed."""
    for label, value, goal, is_met in results:
        print(f"{'ok  ' if is_met else 'MISS'} {label:<58} {value:<24} goal {goal}")
    if not all(is_met for *_, is_met in results):
        sys.exit(1)


Row = tuple[str, str, str, bool]


def _filing(folder: Path) -> list[Row]:
    picture, serial = inputs.full_screen_png(), count()
    print(
        f"filing: {ROUNDS} rounds of {JOBS} jobs, {CLIENTS} clients, one {len(picture) / 1e6:.2f} MB 1920x1080 PNG each"
    )

    def to_portal() -> bytes:
        return load.multipart("/api/v1/reports", inputs.report_fields(next(serial)), picture)

    def to_floor() -> bytes:
        return load.multipart("/submit", inputs.report_fields(next(serial)), picture)

    with portal_server(folder / "filing") as portal, floor_server(folder / "floor") as floor:
        time.sleep(1)
        idle = portal.resident_mb()
        pairs = []
        for _ in range(ROUNDS + 1):  # the first round warms both up
            own = load.run(portal, to_portal, jobs=JOBS, clients=CLIENTS, expected=201)
            base = load.run(floor, to_floor, jobs=JOBS, clients=CLIENTS, expected=201)
            pairs.append((own, base))
        time.sleep(11)  # what stays, once the portal has given back what it can
        busy = portal.resident_mb()
    for own, base in pairs[1:]:
        print(
            f"  portal {own.per_second:6.1f}/s {own.cpu_ms:5.1f} CPU ms   "
            f"floor {base.per_second:6.1f}/s {base.cpu_ms:5.1f} CPU ms"
        )
    rate = statistics.median(own.per_second / base.per_second for own, base in pairs[1:])
    cpu = statistics.median(own.cpu_ms / base.cpu_ms for own, base in pairs[1:])
    return [
        ("filing throughput, portal / floor", f"{rate:.2f}", ">= 0.60", rate >= 0.60),
        ("filing CPU per job, portal / floor", f"{cpu:.2f}", "(shown)", True),
        ("idle memory of the one process, MB", f"{idle:.0f}", "<= 150", idle <= 150),
        ("memory after filing with 8 clients, MB", f"{busy:.0f}", "<= 180", busy <= 180),
    ]


def _queue(folder: Path) -> list[Row]:
    runtime, cookie = _portal_with_queue(folder / "queue")
    bare = _bare_query_ms(runtime)
    runtime.database.dispose()
    with portal_server(folder / "queue") as portal:
        cookie = f"{SESSION_COOKIE}={cookie}"
        pages = {
            "full": load.get("/queues/general", cookie),
            "empty": load.get("/queues/general?symptom=form_lost&state=void", cookie),
        }
        timed = {
            name: load.run(portal, lambda request=request: request, jobs=300, clients=1, expected=200)
            for name, request in (pages | {"again": pages["full"]}).items()
        }
    full, empty = timed["again"].percentile(0.95), timed["empty"].percentile(0.95)
    limit = 3 * (bare + empty)
    print(
        f"queue over {TICKETS:,} tickets: p95 page {full:.1f} ms, empty page {empty:.1f} ms, bare query {bare:.2f} ms"
    )
    ratio = full / (bare + empty)
    return [("queue page p95 / (bare query + empty page) p95", f"{ratio:.2f}", "<= 3", full <= limit)]


def _portal_with_queue(folder: Path) -> tuple[Runtime, str]:
    settings = load_settings({"PORTAL_DATA_DIR": str(folder), "PORTAL_UPLOADS": str(folder / "uploads")})
    runtime = make_runtime(settings)
    inputs.fill_queue(runtime, TICKETS)
    password = "invented-bench-phrase"
    with runtime.database.transaction() as session:
        users.add_user(
            session,
            SYSTEM,
            username="bench",
            password=password,
            role="engineer",
            queues=["general"],
            display_name="张工",
        )
    signed_in = sessions.sign_in(runtime.database, "bench", password, SYSTEM)
    assert signed_in is not None
    return runtime, signed_in[0]


def _bare_query_ms(runtime: Runtime) -> float:
    times = []
    for _ in range(200):
        with runtime.database.read() as session:
            started = time.perf_counter()
            queries.queue_page(session, QueueFilter("general"))
            times.append((time.perf_counter() - started) * 1000)
    return sorted(times)[int(0.95 * len(times))]


def _first_visit(folder: Path) -> list[Row]:
    rows: list[Row] = []
    with portal_server(folder / "visit") as portal:
        for path in ("/", "/report/general", "/report/his", "/track"):
            size, requests = _weight(portal, path)
            is_met = size <= 80 * 1024 and requests <= 5
            rows.append((f"first visit of {path}", f"{size / 1024:.1f} KB, {requests} requests", "<= 80 KB, 5", is_met))
    return rows


def _weight(server: Server, path: str) -> tuple[int, int]:
    """Compressed bytes and requests of a page with everything it names."""
    page, size = _fetched(server, path)
    names = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page))
    return size + sum(_fetched(server, name)[1] for name in names), 1 + len(names)


def _fetched(server: Server, path: str) -> tuple[str, int]:
    address = f"http://{server.host}:{server.port}{path}"
    with urllib.request.urlopen(urllib.request.Request(address, headers={"Accept-Encoding": "gzip"})) as answer:
        sent = len(answer.read())
    with urllib.request.urlopen(address) as answer:
        return answer.read().decode("utf-8", "replace"), sent


if __name__ == "__main__":
    if sys.argv[1:2] == ["trail"]:
        trail.main(*map(int, sys.argv[2:3]))
    elif sys.argv[1:2] == ["reports"]:
        reports.main(*map(int, sys.argv[2:3]), *sys.argv[3:4])
    elif sys.argv[1:2] == ["tables"]:
        _only_tables(*map(int, sys.argv[2:3]))
    else:
        main()

"""`python -m bench trail [ROWS]`: how long a check and the two questions of a breach take on a long trail (SQLite)."""

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select, update

from portal import clock
from portal.assembly import make_runtime
from portal.audit import queries
from portal.audit.chain import hash_of
from portal.audit.models import AuditEvent, AuditHead
from portal.audit.queries import TrailFilter
from portal.audit.tags import ACCESS_TAGS, Tag
from portal.settings import Settings, load_settings

ROWS = 1_000_000
TICKETS = 2_000
PEOPLE = 40
_BATCH = 20_000
_EVERYBODY = tuple(f"engineer{number:02d}" for number in range(PEOPLE))
_TAGS = (Tag.TICKET_VIEWED, Tag.FIELD_REVEALED, Tag.PICTURE_OPENED, Tag.TICKET_CLAIMED, Tag.TICKET_REPLIED, Tag.SIGN_IN)


def main(rows: int = ROWS) -> None:
    """Fill, check in a process of its own (for its peak memory), ask."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-trail-") as name:
        settings = settings_in(Path(name))
        _timed(f"fill {rows} rows", lambda: fill(settings, rows))
        command = [sys.executable, "-m", "bench.trail", name]
        print(subprocess.run(command, check=True, capture_output=True, text=True).stdout, end="")
        _ask(settings)


def settings_in(folder: Path) -> Settings:
    """A portal of its own in the folder."""
    return load_settings({"PORTAL_DATA_DIR": str(folder), "PORTAL_UPLOADS": str(folder / "uploads")})


def fill(settings: Settings, rows: int) -> None:
    """A chain as the portal would have written it over a year, with a checkpoint after every batch."""
    runtime = make_runtime(settings)
    previous, batch = "0" * 64, []
    start = clock.now() - timedelta(days=365)
    for event in _events(rows, start):
        event["previous_hash"] = previous
        event["row_hash"] = previous = hash_of(event)
        batch.append(event)
        if len(batch) == _BATCH or event["seq"] == rows:
            with runtime.database.transaction() as session:
                session.execute(insert(AuditEvent), batch)
                session.execute(update(AuditHead).values(seq=event["seq"], row_hash=previous))
            runtime.checkpoints.make()
            batch = []
    runtime.database.dispose()


def check(settings: Settings) -> None:
    """One full check: seconds and peak memory of this process."""
    runtime = make_runtime(settings)
    started = time.perf_counter()
    proof = runtime.checkpoints.verify()
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"verify: {seconds:.1f} s, peak {peak:.0f} MB, {proof.summary}")


def _ask(settings: Settings) -> None:
    runtime = make_runtime(settings)
    with runtime.database.read() as session:
        busiest = session.execute(
            select(AuditEvent.ticket_number, func.count())
            .where(AuditEvent.ticket_number.is_not(None))
            .group_by(AuditEvent.ticket_number)
            .order_by(func.count().desc())
        ).first()
    assert busiest is not None
    newest = clock.now()
    questions = {
        f"who saw {busiest[0]} ({busiest[1]} rows)": TrailFilter(ticket_numbers=(busiest[0],), tags=ACCESS_TAGS),
        "what did engineer00 see": TrailFilter(actor_name=_EVERYBODY[0], tags=ACCESS_TAGS),
        "what did engineer00 see, one week of spring": TrailFilter(
            actor_name=_EVERYBODY[0], tags=ACCESS_TAGS,
            since=newest - timedelta(days=300), until=newest - timedelta(days=293),
        ),
    }  # fmt: skip
    for words, wanted in questions.items():

        def ask(wanted: TrailFilter = wanted) -> None:
            with runtime.database.read() as session:
                queries.page(session, wanted, None, 50)
                queries.accessors(session, wanted)
                queries.extent(session, wanted)

        times = [_seconds(ask) for _ in range(5)]
        print(f"{words}: first {times[0] * 1000:.0f} ms, median {statistics.median(times) * 1000:.0f} ms")


def _events(rows: int, start: datetime) -> Iterator[dict[str, Any]]:
    step = timedelta(days=365) / rows
    for seq in range(1, rows + 1):
        # Every third row is engineer00's: one person with a third of a million rows is the worst case.
        name = _EVERYBODY[0] if seq % 3 == 0 else _EVERYBODY[seq * 7 % PEOPLE]
        tag = _TAGS[seq * 5 % 11 % len(_TAGS)]
        yield {
            "seq": seq, "at": start + step * seq, "tag": tag.value, "is_success": True, "actor_id": None,
            "actor_name": name, "actor_role": "engineer", "address": "10.0.0.7", "session_id": "0123456789abcdef",
            "request_id": f"{seq:032x}", "ticket_number": f"RC202611{seq * 11 % TICKETS:04d}", "field": None,
            "reason": "排查登录" if tag is Tag.FIELD_REVEALED else None, "detail": None, "hash_name": "sha256",
        }  # fmt: skip


def _timed(words: str, act: Any) -> None:
    print(f"{words}: {_seconds(act):.1f} s", flush=True)


def _seconds(act: Any) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


if __name__ == "__main__":
    check(settings_in(Path(sys.argv[1])))

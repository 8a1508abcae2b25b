"""`python -m bench reports [TICKETS]`: how long the report of a week and of a month take over many tickets (SQLite).

The rows are made by SQL, a year of them, each ticket with a report, three clocks, four lines of timeline and every
second one with a rating. Goal: 10 s and 200 MB for a week over 1,000,000 tickets.
"""

import resource
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import text

from portal.assembly import make_runtime
from portal.kpi.books import freezing
from portal.kpi.figures import periods
from portal.kpi.figures.sources import Scope
from portal.settings import Settings, load_settings

TICKETS = 1_000_000
YEAR = 365 * 86400
_MOMENT = "strftime('%Y-%m-%d %H:%M:%S.000000', 1748822400 + {}, 'unixepoch')"
_TABLES = ("reports", "tickets", "ticket_clocks", "timeline_entries", "ratings")
# Of ticket `n`: when it came, how long it took, and a few facts; multiplied by primes so that nothing goes in step.
_COURSE = """
CREATE TABLE course AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < :tickets)
SELECT n, (n * 7919) % {year} AS came, 600 + (n * 104729) % 400000 AS took, (n * 31) % 100 AS luck,
       printf('%032x', n) AS id FROM c
"""
_FILL = {
    "reports": """INSERT INTO reports (id, kind, channel, answers, notice_version, filed_by, created_at)
        SELECT {report}, 'general', 'yxt', json_object('form_name', 'f' || (luck % 7)), '1', 'x', {came} FROM course""",
    "tickets": """INSERT INTO tickets (id, number, former_numbers, report_id, query_code_hash, queue, state, is_open,
        urgency, version, channel, request_type, filed_as, symptom, scope, institution, excerpt, search_text,
        previous_system, module, picture_flags, submitted_at, policy_version, coordination, origin, reply_due_at, round,
        dispatch_told_round, reopened_count, turn, turn_since, hand_over_count, is_collaboration_late, changed_at,
        changed_by, root_cause, resolved_at, closed_at, closed_how)
        SELECT {ticket}, 'T' || n, '[]', {report}, 'x', CASE WHEN luck < 60 THEN 'general' ELSE 'his' END,
        CASE WHEN luck < 97 THEN 'closed' ELSE 'in_progress' END, luck >= 97, 2, 3,
        CASE WHEN luck < 70 THEN 'yxt' WHEN luck < 85 THEN 'phone' ELSE 'qq' END, 'help', 'help',
        CASE WHEN luck < 50 THEN 'error' ELSE '' END, '', '某某县某某乡卫生室',
        '打开随访表保存后内容没有了，刷新以后还是没有', '打开随访表保存后内容没有了，刷新以后还是没有',
        CASE WHEN luck < 40 THEN '浪潮系统' ELSE '' END, 'm' || (luck % 9), '',
        {came}, 1, 'general', 'external', {due}, 1, 0, 0, 'nobody', {came}, luck % 5, 0, {ended}, 'x', 'misuse',
        {ended}, CASE WHEN luck < 97 THEN {ended} END, CASE WHEN luck < 97 THEN 'confirmed' END FROM course""",
    "ticket_clocks": """INSERT INTO ticket_clocks (id, ticket_id, clock, round, amount, unit, started_at, due_at,
        is_estimate, pauses, alert_step, ended_at, outcome)
        SELECT printf('%016x', n) || k.mark, {ticket}, k.clock, 1, 60, 'minutes', {came}, {due}, 0, '[]', 0,
        CASE WHEN luck < 97 THEN {ended} END,
        CASE WHEN luck < 80 THEN 'met' WHEN luck < 97 THEN 'missed' END
        FROM course, (SELECT 'touched' AS clock, '00000000000000a1' AS mark UNION ALL
        SELECT 'replied', '00000000000000a2' UNION ALL SELECT 'solved', '00000000000000a3') AS k""",
    "timeline_entries": """INSERT INTO timeline_entries (id, ticket_id, at, action, actor_label, actor_role, is_public,
        from_state, to_state, text)
        SELECT printf('%016x', n) || k.mark, {ticket}, CASE WHEN k.last THEN {ended} ELSE {came} END, 'x', 'x',
        'engineer', 1, k.was, k.now, '' FROM course,
        (SELECT '00000000000000b1' AS mark, 0 AS last, NULL AS was, 'submitted' AS now
        UNION ALL SELECT '00000000000000b2', 0, 'submitted', 'in_progress'
        UNION ALL SELECT '00000000000000b3', 1, 'in_progress', 'awaiting_confirmation'
        UNION ALL SELECT '00000000000000b4', 1, 'awaiting_confirmation', 'closed') AS k
        WHERE luck < 97 OR NOT k.last""",
    "ratings": """INSERT INTO ratings (id, ticket_id, round, scale, label, score, reason, comment, way, rated_at)
        SELECT printf('%016x', n) || '00000000000000c1', {ticket}, 1, 's3', '满意', 1 + luck % 5, '', '', 'page',
        {ended} FROM course WHERE luck < 50""",
}


def main(tickets: int = TICKETS) -> None:
    """Fill, then make each report in a process of its own, for its time and its peak memory."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-reports-") as name:
        settings = _settings(Path(name))
        begin = time.perf_counter()
        fill(settings, tickets)
        print(f"{tickets} tickets made in {time.perf_counter() - begin:.0f} s")
        for period in ("2026-W22", "2026-05"):
            command = [sys.executable, "-m", "bench.reports", name, period]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            print(done.stdout, end="")


def _settings(folder: Path) -> Settings:
    return load_settings({"PORTAL_DATA_DIR": str(folder), "PORTAL_UPLOADS": str(folder / "uploads")})


def fill(settings: Settings, tickets: int) -> None:
    """Without the indexes, which are made again at the end."""
    runtime = make_runtime(settings)
    with runtime.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        indexes = connection.execute(
            text("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN "
                 f"({', '.join(repr(table) for table in _TABLES)})")
        ).all()  # fmt: skip
        for name, _ in indexes:
            connection.exec_driver_sql(f'DROP INDEX "{name}"')
        connection.execute(text(_COURSE.format(year=YEAR)), {"tickets": tickets})
        for statement in _FILL.values():
            connection.execute(text(_with_parts(statement)))
        for _, sql in indexes:
            connection.exec_driver_sql(sql)
        connection.exec_driver_sql("DROP TABLE course")
        connection.commit()
    runtime.database.dispose()


def _with_parts(statement: str) -> str:
    parts = {
        "ticket": "id", "report": "id", "came": _MOMENT.format("came"),
        "ended": _MOMENT.format("came + took"), "due": _MOMENT.format("came + 172800"),
    }  # fmt: skip
    for name, value in parts.items():
        statement = statement.replace(f"{{{name}}}", value)
    return statement


def _measure(folder: Path, name: str) -> None:
    """Twice: with a cold cache of the process, and warm; the content includes the period before it."""
    runtime, period = make_runtime(_settings(folder)), periods.read(name)
    assert period is not None
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for word in ("first", "again"):
        begin, spent = time.perf_counter(), time.process_time()
        with runtime.database.read() as session:
            now = period.until + timedelta(minutes=10)
            content = freezing.content_of(session, Scope(period, freezing.queues_of(freezing.ALL), now), freezing.ALL)
        took, cpu = time.perf_counter() - begin, time.process_time() - spent
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        figures = {one["name"]: one["value"] for one in content["figures"]}
        print(
            f"{name} {word}: {took:.1f} s ({cpu:.1f} s of CPU), {peak:.0f} MB at most, {idle:.0f} MB before; "
            f"received {figures['received']}, results {figures['results']}, open {figures['open']}",
            flush=True,
        )


if __name__ == "__main__":
    _measure(Path(sys.argv[1]), sys.argv[2])

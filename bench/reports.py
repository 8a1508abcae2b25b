"""`python -m bench reports [TICKETS [URL]]`: how long the report of a week and of a month take over many tickets.

On SQLite, or in the empty PostgreSQL database of an address.

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
# What the two databases write differently: the rows 1 to n, a moment, an id, and an id's half.
_WORDS = {
    "sqlite": {
        "numbers": "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {tickets}) SELECT n",
        "numbered": "c",
        "moment": "strftime('%Y-%m-%d %H:%M:%S.000000', 1748822400 + {}, 'unixepoch')",
        "id": "printf('%032x', n)",
        "marked": "printf('%016x', n) || {}",
        "answers": "json_object('form_name', 'f' || (luck % 7))",
    },
    "postgresql": {
        "numbers": "SELECT n",
        "numbered": "generate_series(1::bigint, {tickets}) AS n",
        "moment": "to_timestamp(1748822400 + {})",
        "id": "lpad(to_hex(n), 32, '0')::uuid",
        "marked": "(lpad(to_hex(n), 16, '0') || {})::uuid",
        "answers": "json_build_object('form_name', 'f' || (luck % 7))",
    },
}
_TABLES = ("reports", "tickets", "ticket_clocks", "timeline_entries", "ratings")
# Of ticket `n`: when it came, how long it took, and a few facts; multiplied by primes so that nothing goes in step.
_COURSE = """
CREATE TABLE course AS {numbers}, (n * 7919) % {year} AS came, 600 + (n * 104729) % 400000 AS took,
       (n * 31) % 100 AS luck, {id} AS id FROM {numbered}
"""
_FILL = {
    "reports": """INSERT INTO reports (id, kind, channel, answers, notice_version, filed_by, created_at)
        SELECT {report}, 'general', 'yxt', {answers}, '1', 'x', {came} FROM course""",
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
        {came}, 1, 'general', 'external', {due}, 1, 0, 0, 'nobody', {came}, luck % 5, FALSE, {ended}, 'x', 'misuse',
        {ended}, CASE WHEN luck < 97 THEN {ended} END, CASE WHEN luck < 97 THEN 'confirmed' END FROM course""",
    "ticket_clocks": """INSERT INTO ticket_clocks (id, ticket_id, clock, round, amount, unit, started_at, due_at,
        is_estimate, pauses, alert_step, ended_at, outcome)
        SELECT {k.mark}, {ticket}, k.clock, 1, 60, 'minutes', {came}, {due}, FALSE, '[]', 0,
        CASE WHEN luck < 97 THEN {ended} END,
        CASE WHEN luck < 80 THEN 'met' WHEN luck < 97 THEN 'missed' END
        FROM course, (SELECT 'touched' AS clock, '00000000000000a1' AS mark UNION ALL
        SELECT 'replied', '00000000000000a2' UNION ALL SELECT 'solved', '00000000000000a3') AS k""",
    "timeline_entries": """INSERT INTO timeline_entries (id, ticket_id, at, action, actor_label, actor_role, is_public,
        from_state, to_state, text)
        SELECT {k.mark}, {ticket}, CASE WHEN k.last THEN {ended} ELSE {came} END, 'x', 'x',
        'engineer', TRUE, k.was, k.now, '' FROM course,
        (SELECT '00000000000000b1' AS mark, FALSE AS last, NULL AS was, 'submitted' AS now
        UNION ALL SELECT '00000000000000b2', FALSE, 'submitted', 'in_progress'
        UNION ALL SELECT '00000000000000b3', TRUE, 'in_progress', 'awaiting_confirmation'
        UNION ALL SELECT '00000000000000b4', TRUE, 'awaiting_confirmation', 'closed') AS k
        WHERE luck < 97 OR NOT k.last""",
    "ratings": """INSERT INTO ratings (id, ticket_id, round, scale, label, score, reason, comment, way, rated_at)
        SELECT {'00000000000000c1'}, {ticket}, 1, 's3', '满意', 1 + luck % 5, '', '', 'page',
        {ended} FROM course WHERE luck < 50""",
}


def main(tickets: int = TICKETS, url: str = "") -> None:
    """Fill, then make each report in a process of its own, for its time and its peak memory."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-reports-") as name:
        settings = _settings(Path(name), url)
        begin = time.perf_counter()
        fill(settings, tickets)
        print(f"{tickets} tickets made in {time.perf_counter() - begin:.0f} s")
        for period in ("2026-W22", "2026-05"):
            command = [sys.executable, "-m", "bench.reports", name, period, url]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            print(done.stdout, end="")


def _settings(folder: Path, url: str) -> Settings:
    places = {"PORTAL_DATA_DIR": str(folder), "PORTAL_UPLOADS": str(folder / "uploads")}
    return load_settings(places | ({"PORTAL_DATABASE_URL": url} if url else {}))


def fill(settings: Settings, tickets: int) -> None:
    """Without the indexes, which are made again at the end, and without looking at keys and triggers."""
    runtime = make_runtime(settings)
    with runtime.database.engine.connect() as connection:
        words = _WORDS[connection.dialect.name]
        names = ", ".join(repr(table) for table in _TABLES)
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            listed = f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name IN ({names})"
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
            listed = f"SELECT indexname, indexdef FROM pg_indexes WHERE tablename IN ({names}) AND indexname ~ '^ix'"
        indexes = [(name, sql) for name, sql in connection.exec_driver_sql(listed).all() if sql]
        for name, _ in indexes:
            connection.exec_driver_sql(f'DROP INDEX "{name}"')
        course = {name: word.replace("{tickets}", str(tickets)) for name, word in words.items()}
        for statement in (_COURSE.format(year=YEAR, **course), *(_with_parts(one, words) for one in _FILL.values())):
            connection.execute(text(statement.replace(":", "\\:")))
        for _, sql in indexes:
            connection.exec_driver_sql(sql)
        connection.exec_driver_sql("DROP TABLE course")
        connection.exec_driver_sql("ANALYZE")
        connection.commit()
    runtime.database.dispose()


def _with_parts(statement: str, words: dict[str, str]) -> str:
    moment, marked = words["moment"], words["marked"]
    parts = {
        "ticket": "id", "report": "id", "came": moment.format("came"), "answers": words["answers"],
        "ended": moment.format("came + took"), "due": moment.format("came + 172800"),
        "k.mark": marked.format("k.mark"), "'00000000000000c1'": marked.format("'00000000000000c1'"),
    }  # fmt: skip
    for name, value in parts.items():
        statement = statement.replace(f"{{{name}}}", value)
    return statement


def _measure(folder: Path, name: str, url: str) -> None:
    """Twice: with a cold cache of the process, and warm; the content includes the period before it."""
    runtime, period = make_runtime(_settings(folder, url)), periods.read(name)
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
    _measure(Path(sys.argv[1]), sys.argv[2], sys.argv[3])

"""On which databases a test runs: on both, unless it looks only at pages and answers that cannot differ there.

Of a test with many values PostgreSQL runs the first: the statements are the same. `both_databases` asks for all on
both.
"""

import inspect
import re

import pytest

BACKENDS = ("sqlite", "postgresql")
# Tests of doors: forms, pages, JSON. What they call is tested on both databases beside the domain it belongs to.
_DOORS = re.compile(r"tests/(pages|api|web)/")
# They walk through every route, event or state, play weeks through, or start processes: dear beside what they look at.
WHOLE = (
    "accounts/test_standing", "acts/test_table", "architecture/test_absurd_values", "architecture/test_foreign_walk",
    "architecture/test_matrix", "architecture/test_patterns", "architecture/test_wheel", "audit/test_every_event",
    "audit/test_trail_purge", "audit/test_writers", "cli/test_failures", "cli/test_keys", "cli/test_main",
    "complaints/test_no_trace", "complaints/test_states", "complaints/test_subjects", "deployment/test_nginx",
    "escalation/test_simulated_year", "kinds/test_third_kind", "migrations/test_landed", "migrations/test_landed_seals",
    "migrations/test_migrations", "migrations/test_one_draft_migration", "notify/test_canary",
    "retention/test_canaries", "screenshots/test_figures", "storage/test_s3_portal", "test_demo",
    "tracking/test_forty_days", "tracking/test_unconfirmed", "upkeep/test_killed",
)  # fmt: skip
# What differs between the databases, as a test shows it in its name or body: locks and races, paging and searching,
# lengths and signs that only PostgreSQL refuses, own SQL, times, keys that are used twice, what the database forbids.
_CAN_DIFFER = re.compile(
    r"[Tt]hread|Barrier|lock|concurrent|cursor|before=|next_url|search|q=|order_by|func\.|TrailFilter|text\(|SELECT"
    r"|\* ?\d\d|\\x00|\.most\b|range\(|timedelta|clock\b|expires|ends_at"
    r"|twice|second_press|pressed|one_key|again_answers|stale|conflict|last_administrator|rewrite|truncate|rotation"
    r"|rollback|StorageUnavailable|commit"
)


def backends_of(definition: pytest.Function) -> tuple[str, ...]:
    """The databases for a test that uses `backend`; `both_databases` asks for both whatever the test looks like."""
    path = definition.path.as_posix()
    if not _DOORS.search(path) or definition.get_closest_marker("both_databases"):
        return BACKENDS
    return BACKENDS if _CAN_DIFFER.search(inspect.getsource(definition.function)) else BACKENDS[:1]


def without_repetition(items: list[pytest.Item]) -> list[pytest.Item]:
    """Leaves out what only repeats a test on PostgreSQL with another value."""
    seen: set[str] = set()
    kept = []
    for item in items:
        if _backend_of(item) == "postgresql" and not item.get_closest_marker("both_databases"):
            test = item.nodeid.partition("[")[0]
            if test in seen:
                continue
            seen.add(test)
        kept.append(item)
    return kept


def _backend_of(item: pytest.Item) -> str | None:
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("backend") if callspec else None


def mark(item: pytest.Item) -> None:
    """Mark what `make check` leaves out, recognised by fixtures and place: whole doors, other servers, browsers."""
    fixtures = set(getattr(item, "fixturenames", ()))
    if _backend_of(item) == "postgresql" or fixtures & {"postgres", "postgres_template", "postgres_copy"}:
        item.add_marker("postgres")
    if _DOORS.search(item.path.as_posix()):
        item.add_marker("door")
    if item.path.as_posix().partition("/tests/")[2].removesuffix(".py") in WHOLE:
        item.add_marker("whole")
    if "faults" in item.path.parts or "s3_server" in fixtures:
        item.add_marker("servers")
    if fixtures & {"browser", "playwright", "chromium"} and "journeys" in item.path.parts:
        item.add_marker("browser")

"""No test hangs on chance: what a SELECT without ORDER BY gives is compared as a set, or sorted, never as a list.

SQLite gives such rows backwards in every test (`conftest`); this finds the same where only PostgreSQL runs. And no
test begins shortly before midnight in China: what it files today it would look for tomorrow. For the same reason no
module reads the clock while it is imported: a run may last from one day into the next.
"""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from portal.clock import CHINA
from tests.architecture.house import files, nodes, parsed
from tests.factories.moments import to_midnight

pytestmark = pytest.mark.xdist_group("texts")  # what one has read and parsed the others need too


def comparisons_by_chance(text: str) -> Iterator[str]:
    """Where several rows of an unordered SELECT are compared with a list of known order, or their last one is taken."""
    for function in nodes(text, ast.FunctionDef):
        loose: set[str] = set()
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                name = node.targets[0].id
                (loose.add if _is_loose(node.value, loose) else loose.discard)(name)
        for node in ast.walk(function):
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq):
                sides = [node.left, *node.comparators]
                if any(_is_list(side) for side in sides) and any(_is_loose(side, loose) for side in sides):
                    yield f"{node.lineno}: {ast.unparse(node)[:120]}"
            is_last = isinstance(node, ast.Subscript) and ast.unparse(node.slice).startswith("-")
            if is_last and _is_loose(node.value, loose):
                yield f"{node.lineno}: {ast.unparse(node)[:120]}"


def _is_list(node: ast.expr) -> bool:
    return isinstance(node, ast.List | ast.Tuple) and len(node.elts) > 1


def _is_loose(node: ast.expr, loose: set[str]) -> bool:
    """Whether the expression is a list of rows whose order nobody promised."""
    if isinstance(node, ast.Name):
        return node.id in loose
    if isinstance(node, ast.ListComp):
        return _is_loose(node.generators[0].iter, loose)
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in ("list", "tuple") and node.args:
        return _is_loose(node.args[0], loose)
    if name in ("all", "fetchall", "scalars") and not node.args and isinstance(node.func, ast.Attribute):
        return _is_loose(node.func.value, loose)
    if name in ("scalars", "execute") and node.args:
        said = ast.unparse(node.args[0]).lower()
        return "select" in said and "order_by" not in said and "order by" not in said and "count(" not in said
    return False


@pytest.mark.parametrize(
    "body",
    [
        "assert session.scalars(select(Ticket.number)).all() == ['a', 'b']",
        "rows = session.scalars(select(AuditEvent).where(AuditEvent.tag == 'x')).all()\n"
        "    assert [r.tag for r in rows] == [1, 2]",
        "rows = session.execute(select(AuditEvent.tag)).all()\n    assert rows[-1].tag == 'x'",
        "rows = list(session.scalars(select(Ticket)))\n    assert [1, 2] == rows",
        "assert list(session.execute(text('SELECT key FROM counters')).scalars()) == [1, 2] or "
        "connection.execute('SELECT tag FROM audit_events').fetchall() == [(1,), (2,)]",
    ],
)
def test_an_order_that_nobody_promised_is_found(body):
    assert list(comparisons_by_chance(f"def test_x():\n    {body}\n"))


@pytest.mark.parametrize(
    "body",
    [
        "assert session.scalars(select(Ticket.number).order_by(Ticket.id)).all() == ['a', 'b']",
        "assert set(session.scalars(select(Ticket.number))) == {1, 2}",
        "assert sorted(session.scalars(select(Ticket.number))) == [1, 2]",
        "assert session.scalars(select(Ticket)).all() == []",
        "rows = session.scalars(select(Ticket)).all()\n    rows = sorted(rows)\n    assert rows == [1, 2]",
    ],
)
def test_a_promised_order_stays_green(body):
    assert not list(comparisons_by_chance(f"def test_x():\n    {body}\n"))


def test_no_test_compares_rows_in_an_order_that_nobody_promised():
    tests = {path: text for path, text in files().items() if path.startswith("tests/") and path.endswith(".py")}
    found = [f"{path}:{line}" for path, text in tests.items() for line in comparisons_by_chance(text)]

    assert found == []


_READS_THE_CLOCK = re.compile(
    r"clock\.(now|china_today)\(|datetime\.(now|today|utcnow)\(|date\.today\(|time\.(time|localtime|gmtime)\("
)


def clocks_read_at_import(text: str) -> Iterator[str]:
    """Where a module of tests reads the clock before any test runs: in a constant, a parameter list or a default."""
    waiting: list[ast.AST] = [parsed(text)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Call) and _READS_THE_CLOCK.match(f"{ast.unparse(node.func)}("):
            yield f"{node.lineno}: {ast.unparse(node)}"
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            waiting += [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
        elif not isinstance(node, ast.Lambda):
            waiting += ast.iter_child_nodes(node)


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("TODAY = clock.china_today()", True),
        ("AT = (datetime.now(UTC) + timedelta(days=1)).isoformat()", True),
        ("@pytest.mark.parametrize('day', [f'{date.today()}'])\ndef test_x(day):\n    pass", True),
        ("def made(at=clock.now()):\n    pass", True),
        ("class Case:\n    begun = time.time()", True),
        ("def today():\n    return clock.china_today()", False),
        ("ages = [lambda: clock.now()]", False),
        ("class Case:\n    def begin(self):\n        self.at = clock.now()", False),
    ],
)
def test_a_clock_read_at_import_is_found(text, is_found):
    assert bool(list(clocks_read_at_import(text))) == is_found


def test_no_module_of_tests_reads_the_clock_at_import():
    tests = {path: text for path, text in files().items() if path.startswith("tests/") and path.endswith(".py")}
    found = [f"{path}:{line}" for path, text in tests.items() for line in clocks_read_at_import(text)]

    assert found == []


@pytest.mark.parametrize(
    ("now", "begins"),
    [
        ("2026-11-30 12:00:00", "2026-11-30 12:00:00"),
        ("2026-11-30 23:58:59", "2026-11-30 23:58:59"),
        ("2026-11-30 23:59:00", "2026-12-01 00:00:01"),
        ("2026-12-31 23:59:59", "2027-01-01 00:00:01"),
        ("2026-12-01 00:00:00", "2026-12-01 00:00:00"),
    ],
)
def test_no_test_begins_shortly_before_a_day_ends_in_china(now, begins):
    moment = datetime.fromisoformat(now).replace(tzinfo=CHINA)

    assert moment + to_midnight(moment.astimezone(UTC)) == datetime.fromisoformat(begins).replace(tzinfo=CHINA)

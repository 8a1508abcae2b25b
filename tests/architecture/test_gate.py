"""The gate leaves nothing out by chance: what runs on one database, and what `make check` waits with, is recognised."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.architecture.house import ROOT
from tests.factories.backends import BACKENDS, WHOLE, backends_of, without_repetition
from tests.factories.workers import keep_together, spread


def definition(function: Callable[..., object], path: str, *marks: str) -> SimpleNamespace:
    """What pytest knows of a test before it runs."""
    return SimpleNamespace(path=Path(path), function=function, get_closest_marker=lambda name: name in marks or None)


def looks_at_a_page(portal):
    assert "日常" in portal.browser().get("/").text


def posts_a_long_text(portal):
    portal.browser().post("/x", data={"text": "长" * 50_000})


def two_at_once(portal):
    from threading import Thread

    Thread(target=portal.browser).start()


def turns_the_page(portal):
    portal.browser().get("/queues/x?cursor=abc")


@pytest.mark.parametrize(
    ("function", "path", "expected"),
    [
        (looks_at_a_page, "tests/pages/clinic/test_x.py", BACKENDS[:1]),
        (looks_at_a_page, "tests/api/test_x.py", BACKENDS[:1]),
        (looks_at_a_page, "tests/retention/test_x.py", BACKENDS),
        (posts_a_long_text, "tests/pages/clinic/test_x.py", BACKENDS),
        (two_at_once, "tests/pages/triage/test_x.py", BACKENDS),
        (turns_the_page, "tests/api/test_x.py", BACKENDS),
    ],
)
def test_a_test_runs_where_it_can_differ(function, path, expected):
    assert backends_of(definition(function, path)) == expected
    assert backends_of(definition(function, path, "both_databases")) == BACKENDS


@pytest.mark.parametrize(("mark", "kept"), [("", "112"), ("both_databases", "1122")])
def test_postgresql_repeats_no_test_with_another_value(mark, kept):
    items = [
        SimpleNamespace(
            nodeid=f"tests/test_x.py::test_x[{backend}-{value}]",
            callspec=SimpleNamespace(params={"backend": backend}),
            get_closest_marker=lambda name: name == mark,
        )
        for value in "12"
        for backend in BACKENDS
    ]
    assert "".join(item.nodeid[-2] for item in without_repetition(items)) == kept


def test_what_waits_is_spread_among_what_counts():
    def item(name):
        is_browser = name.isupper()
        return SimpleNamespace(name=name, get_closest_marker=lambda mark: is_browser and mark == "browser")

    assert "".join(one.name for one in spread([item(name) for name in "abcdABefgh"])) == "AabcdBefgh"
    assert [one.name for one in spread([item(name) for name in "abc"])] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("scope", "named", "group"), [("module", "", "test_x"), ("module", "s3", "s3"), ("session", "", "")]
)
def test_what_shares_a_fixture_of_its_module_stays_together(scope, named, group):
    groups = [named] if named else []
    fixtures = SimpleNamespace(name2fixturedefs={"site": [SimpleNamespace(scope=scope)]})
    keep_together(
        SimpleNamespace(
            path=Path("tests/test_x.py"),
            _fixtureinfo=fixtures,
            get_closest_marker=lambda _: named or None,
            add_marker=lambda mark: groups.append(mark.args[0]),
        )
    )
    assert groups == ([group] if group else [])


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_needs_postgresql_is_marked(request, backend, portal):
    marked = request.node.get_closest_marker("postgres") is not None

    assert marked == (portal.settings.database_url.startswith("postgresql"))


def test_what_starts_a_database_server_is_marked(request, postgres):
    assert request.node.get_closest_marker("postgres")


@pytest.mark.xdist_group("s3")
def test_what_starts_an_s3_server_is_marked(request, s3_server):
    assert request.node.get_closest_marker("servers")


def test_every_dear_file_is_one():
    assert [name for name in WHOLE if not (ROOT / "tests" / f"{name}.py").is_file()] == []


def test_the_short_gate_lints_and_leaves_out_what_it_says():
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    (head,) = [line for line in lines if line.startswith("check:")]
    (run,) = [line for line in lines if "not browser" in line]

    assert " lint " in head
    assert (
        run.split("-m pytest")[1].split("-m ")[1]
        == '"not browser and not postgres and not servers and not door and not whole"'
    )

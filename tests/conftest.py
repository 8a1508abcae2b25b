"""Portals to test: on SQLite and on a real PostgreSQL, each with a fresh database, a keyring and the cast."""

import functools
import gc
import shutil
import sqlite3
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import jinja2
import pytest
from _pytest.nodeid import coerce_node_id
from argon2 import PasswordHasher
from jinja2.bccache import Bucket
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

from portal import clock, db, migrations
from portal.accounts import passwords
from portal.app import create_app
from portal.assembly import make_runtime
from portal.settings import Settings, load_settings
from portal.watch import clock_doubt, loosened
from portal.web import templating
from tests.factories import backends, workers
from tests.factories.cast import add_cast
from tests.factories.moments import to_midnight
from tests.factories.portals import Portal
from tests.factories.postgres import CopiedDatabase, PostgresServer
from tests.property_cases import choose_profile

choose_profile()
gc.disable()  # until all tests are collected
pytest_plugins = ["tests.factories.openid_fixtures", "tests.factories.s3_fixtures"]


class CompiledTemplates(jinja2.BytecodeCache):
    """Every test makes an app of its own; compiling the same templates for each took a quarter of the run."""

    def __init__(self) -> None:
        self.code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.code:
            bucket.bytecode_from_string(self.code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.code[bucket.key] = bucket.bytecode_to_string()


def _share_compiled_statements() -> None:
    """Every test has an engine of its own; compiling the same statements for each took a good part of the run."""
    for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        dialect.__eq__ = lambda self, other: type(self) is type(other)
        dialect.__hash__ = lambda self: hash(type(self))
    db.create_engine = functools.partial(create_engine, execution_options={"compiled_cache": LRUCache(5000)})


_share_compiled_statements()


@event.listens_for(Engine, "connect")
def _give_unordered_rows_backwards(connection: object, _record: object) -> None:
    """A SELECT without ORDER BY promises no order: SQLite gives its rows backwards, so that nobody relies on one."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA reverse_unordered_selects = ON")


# The real cost, which servers in processes of their own still pay, was a tenth of the run.
passwords._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
passwords._DUMMY = passwords._hasher.hash("nobody's")
templating.Environment = functools.partial(jinja2.Environment, bytecode_cache=CompiledTemplates())  # type: ignore


@pytest.fixture(autouse=True)
def _no_day_ends_meanwhile() -> None:
    """What a test does today it looks for today: close to midnight in China it waits for the new day."""
    time.sleep(to_midnight(clock.now()).total_seconds())


@pytest.fixture(autouse=True)
def _time_passes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that moves the clock lets time pass; only those marked `doubts_clock` mean a clock that leaps."""
    if not request.node.get_closest_marker("doubts_clock"):
        monkeypatch.setattr(clock_doubt, "AHEAD", timedelta(days=40_000))
        monkeypatch.setattr(clock_doubt, "BACK", timedelta(days=40_000))


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file of this version without rows, to be copied: to bring one up takes most of a second."""
    path = tmp_path_factory.mktemp("empty-database") / "portal.db"
    made = db.Database(f"sqlite:///{path}")
    migrations.migrate(made)
    made.dispose()
    return path


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with schema, keyring and cast, to be copied."""
    folder = tmp_path_factory.mktemp("sqlite-template")
    _prepare(settings_in(folder))
    return folder


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `sqlite_template`, with the database in `portal_template`."""
    folder = tmp_path_factory.mktemp("postgres-template")
    postgres.execute("CREATE DATABASE portal_template")
    _prepare(settings_in(folder, postgres.url("portal_template")))
    return folder


def _prepare(settings: Settings) -> None:
    """Add the cast, and start once: the first start of an installation writes what later ones only read."""
    runtime = make_runtime(settings)
    add_cast(runtime)
    loosened.record_changes(runtime.database, settings)
    runtime.checkpoints.make()
    runtime.database.dispose()


@pytest.fixture(scope="session")
def postgres_copy(postgres: PostgresServer, postgres_template: Path) -> CopiedDatabase:
    return CopiedDatabase(postgres, "portal_template", "portal")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that uses a database on those that can make a difference to it; a module may name its own."""
    named = [mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")]
    is_chosen = hasattr(metafunc.module, "backend")
    if "backend" in metafunc.fixturenames and not is_chosen and not any("backend" in names for names in named):
        metafunc.parametrize("backend", backends.backends_of(metafunc.definition), indirect=True)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep groups together: xdist 3.8 writes a group where pytest 9.2 no longer reads it (`--dist loadgroup`)."""
    items[:] = workers.spread(backends.without_repetition(items))
    for item in items:
        if named := vars(item).get("_nodeid"):
            item._id = coerce_node_id(named)


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """All tests and modules stay to the end: looking through them for rubbish took a quarter of the run."""
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 20, 50)


def pytest_itemcollected(item: pytest.Item) -> None:
    backends.mark(item)
    workers.keep_together(item)


@pytest.fixture
def backend(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def settings(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of a fresh portal with the cast."""
    template = request.getfixturevalue(f"{'sqlite' if backend == 'sqlite' else 'postgres'}_template")
    folder = tmp_path / "var"
    shutil.copytree(template, folder)
    if backend == "sqlite":
        return settings_in(folder)
    return settings_in(folder, request.getfixturevalue("postgres_copy").fresh())


@pytest.fixture
def portal(settings: Settings) -> Iterator[Portal]:
    """The whole portal, ready for clients."""
    made = Portal(create_app(settings), settings)
    yield made
    made.close()


@pytest.fixture
def empty_settings(tmp_path: Path) -> Settings:
    """Settings of a portal that has never been started."""
    return settings_in(tmp_path / "var")


def settings_in(folder: Path, database_url: str | None = None) -> Settings:
    """Settings with everything below `folder`."""
    environ = {"PORTAL_DATA_DIR": str(folder), "PORTAL_UPLOADS": str(folder / "uploads")}
    if database_url:
        environ["PORTAL_DATABASE_URL"] = database_url
    return load_settings(environ)

"""Upgrades the database to this version's schema; refuses a newer one (SECURITY I-6)."""

from functools import cache

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.engine import Connection

from alembic import command
from portal.db import Database
from portal.settings import data_folder

_POSTGRES_LOCK = 71_364_201


class SchemaError(Exception):
    """The database belongs to a newer version of the portal."""


def migrate(database: Database) -> None:
    """Upgrade to the newest schema, once, even if several replicas start together.

    Raises:
        SchemaError: the schema is newer than this code.
        StorageUnavailableError: the database is unreachable.
    """
    with database.schema_change() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _POSTGRES_LOCK})
        heads = _heads(connection)
        if not heads <= _known():
            raise SchemaError("the database was made by a newer version; start that version instead")
        if heads != set(_scripts().get_heads()):
            command.upgrade(config(connection), "head")


def is_current(database: Database) -> bool:
    """Whether the schema is the one this code expects."""
    with database.engine.connect() as connection:
        return _heads(connection) == set(_scripts().get_heads())


def config(connection: Connection) -> Config:
    """Alembic's configuration, without a file."""
    configuration = Config()
    configuration.set_main_option("script_location", str(data_folder("alembic")))
    configuration.attributes["connection"] = connection
    return configuration


def _heads(connection: Connection) -> set[str]:
    return set(MigrationContext.configure(connection).get_current_heads())


def _known() -> set[str]:
    return {script.revision for script in _scripts().walk_revisions()}


@cache
def _scripts() -> ScriptDirectory:
    """Cached: loading every migration takes longer than the rest of a readiness check."""
    configuration = Config()
    configuration.set_main_option("script_location", str(data_folder("alembic")))
    return ScriptDirectory.from_config(configuration)

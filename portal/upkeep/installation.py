"""Whether the settings lead to an installation: most commands work on one and never make one."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import inspect, make_url

from portal.db import Database
from portal.retention.tombstones import FILE_NAME as DESTROYED
from portal.sentences import said
from portal.settings import Settings
from portal.upkeep import owners

_SCHEMA_TABLE = "alembic_version"


class NoInstallationError(Exception):
    """The data folder or the database holds no portal; nothing was made."""


def require(settings: Settings) -> None:
    """Raises NoInstallationError, and as the database does when it cannot be reached; changes nothing."""
    if not _is_used(settings):
        raise NoInstallationError(said("no_installation", folder=settings.data_dir.absolute()))
    if not _has_schema(settings):
        raise NoInstallationError(said("no_schema", folder=settings.data_dir.absolute()))


def ensure_not_lost(settings: Settings) -> None:
    """Raises NoInstallationError if the database is empty where a portal has signed its trail."""
    signed = settings.audit_checkpoints
    if signed.is_file() and signed.stat().st_size and not _has_schema(settings):
        raise NoInstallationError(said("database_lost", folder=settings.data_dir.absolute()))


def _is_used(settings: Settings) -> bool:
    """The folder holds something that a portal has left there."""
    traces = (
        *((settings.data_dir / name) for name in (DESTROYED, owners.FOLDER, "token.json")),
        settings.keyring,
        settings.audit_checkpoints,
    )
    is_own_file = settings.database_url.startswith("sqlite") and sqlite_path(settings.database_url).is_file()
    return settings.data_dir.is_dir() and (is_own_file or any(path.exists() for path in traces))


def _has_schema(settings: Settings) -> bool:
    if settings.database_url.startswith("sqlite"):
        return _has_sqlite_schema(sqlite_path(settings.database_url))
    database = Database(settings.database_url)
    try:
        with database.read() as session:
            return inspect(session.connection()).has_table(_SCHEMA_TABLE)
    finally:
        database.dispose()


def _has_sqlite_schema(path: Path) -> bool:
    if not path.is_file():
        return False
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        query = f"SELECT count(*) FROM sqlite_master WHERE name = '{_SCHEMA_TABLE}'"  # noqa: S608
        return bool(connection.execute(query).fetchone()[0])


def sqlite_path(url: str) -> Path:
    return Path(str(make_url(url).database))

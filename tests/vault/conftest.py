"""A database without rows for the tests of keys and seals."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.db import Database


@pytest.fixture
def database(tmp_path: Path, empty_database: Path) -> Iterator[Database]:
    shutil.copy(empty_database, tmp_path / "portal.db")
    made = Database(f"sqlite:///{tmp_path}/portal.db")
    yield made
    made.dispose()

"""Portals that keep their pictures in a bucket on a real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.settings import Settings, load_settings
from portal.storage.blobs import BlobStore, new_key
from portal.storage.stores import store_for
from tests.factories.s3_servers import BadLine, S3Server


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    server = S3Server(tmp_path_factory.mktemp("s3"))
    server.start()
    yield server
    server.remove()


@pytest.fixture
def line(s3_server: S3Server) -> Iterator[BadLine]:
    """The way to the store, which a test may spoil."""
    made = BadLine(s3_server.endpoint)
    yield made
    made.close()


@pytest.fixture
def bucket_settings(s3_server: S3Server, line: BadLine, tmp_path: Path) -> Settings:
    """Settings with a prefix of their own in the bucket, reached over `line`."""
    return load_settings({"PORTAL_DATA_DIR": str(tmp_path / "var"), **s3_server.settings(new_key(), line.endpoint)})


@pytest.fixture
def bucket(bucket_settings: Settings) -> BlobStore:
    return store_for(bucket_settings)

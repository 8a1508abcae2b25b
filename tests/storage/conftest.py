"""Both stores: a folder, and a bucket on a real server."""

from pathlib import Path

import pytest

from portal.settings import load_settings
from portal.storage.blobs import BlobStore
from portal.storage.stores import store_for


@pytest.fixture(params=["folder", pytest.param("bucket", marks=pytest.mark.xdist_group("s3"))])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    if request.param == "bucket":
        return request.getfixturevalue("bucket")
    folder = store_for(load_settings({"PORTAL_UPLOADS": str(tmp_path / "uploads")}))
    folder.prepare()  # no blob makes the folder anew
    return folder

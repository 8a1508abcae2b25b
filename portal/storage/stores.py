"""Chooses the blob store by the form of `PORTAL_UPLOADS`."""

from pathlib import Path

from portal.settings import Settings
from portal.storage.blobs import BlobStore
from portal.storage.local import LocalBlobStore


def store_for(settings: Settings) -> BlobStore:
    """The store of these settings; `prepare` makes it ready for use."""
    if settings.uploads.startswith("s3://"):
        from portal.storage.s3 import S3BlobStore  # noqa: PLC0415  (its client costs a folder's portal 20 MB)

        return S3BlobStore(settings)
    return LocalBlobStore(Path(settings.uploads))

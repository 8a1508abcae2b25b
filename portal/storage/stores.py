"""Chooses the blob store by the form of `PORTAL_UPLOADS`."""

from pathlib import Path

from portal.settings import Settings
from portal.storage.blobs import BlobStore
from portal.storage.local import LocalBlobStore


def store_for(settings: Settings) -> BlobStore:
    """The store of these settings, ready for use.

    Raises:
        StorageUnavailableError: it cannot be written to.
    """
    store = LocalBlobStore(Path(settings.uploads))
    store.prepare()
    return store

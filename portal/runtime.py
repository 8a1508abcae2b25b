"""What every service works with: settings, database, vault, blob store. Made once by the app, passed explicitly."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from portal.audit.checkpoints import Checkpoints
from portal.db import Database
from portal.settings import Settings
from portal.storage.blobs import BlobStore
from portal.vault.vault import Vault


@dataclass(frozen=True)
class Runtime:
    """The ground that domains stand on. It knows no domain."""

    settings: Settings
    database: Database
    vault: Vault
    checkpoints: Checkpoints
    blobs: BlobStore


def runtime_of(request: HTTPConnection) -> Runtime:
    """The runtime of the app that serves this request; also a dependency for routes."""
    runtime: Runtime = request.app.state.runtime
    return runtime

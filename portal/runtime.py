"""What services share: settings, database, vault, blob store. Created once by the app and passed explicitly."""

from dataclasses import dataclass

from starlette.requests import HTTPConnection

from portal.audit.checkpoints import Checkpoints
from portal.db import Database
from portal.settings import Settings
from portal.vault.vault import Vault
from portal.watch.store_mark import MarkedStore


@dataclass(frozen=True)
class Runtime:
    """Knows no domain; domains build on it."""

    settings: Settings
    database: Database
    vault: Vault
    checkpoints: Checkpoints
    blobs: MarkedStore


def runtime_of(request: HTTPConnection) -> Runtime:
    """The runtime of this request's app; also a dependency for routes."""
    runtime: Runtime = request.app.state.runtime
    return runtime

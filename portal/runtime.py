"""What services work with: database, vault and blob store. Made once by the app, passed explicitly."""

from dataclasses import dataclass

from portal import clock
from portal.audit.checkpoints import Checkpoints
from portal.db import Database
from portal.kinds.fields import Rules
from portal.screenshots.inspection import Limits
from portal.storage.blobs import BlobStore
from portal.vault.vault import Vault


@dataclass(frozen=True)
class Runtime:
    """The three runtime that are not rooms (ARCHITECTURE, Write), and the deployment's limits."""

    database: Database
    vault: Vault
    checkpoints: Checkpoints
    blobs: BlobStore
    limits: Limits
    min_description: int
    # Looks at values and pictures, per person and hour; 0 for no limit.
    reveals_per_hour: int = 60

    def rules(self) -> Rules:
        """Rules for checks, with today's date in China."""
        return Rules(clock.china_today(), self.min_description)

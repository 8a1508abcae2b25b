"""Imports every domain's tables, so that the metadata is complete for migrations and checks."""

from portal.accounts import models as accounts
from portal.audit import models as audit
from portal.db import Base
from portal.intake import models as intake
from portal.notify import models as notify
from portal.screenshots import models as screenshots
from portal.tickets import models as tickets
from portal.vault import models as vault

metadata = Base.metadata
__all__ = ["accounts", "audit", "intake", "metadata", "notify", "screenshots", "tickets", "vault"]

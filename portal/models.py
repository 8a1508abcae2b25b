"""Imports every domain's tables, so that the metadata is complete for migrations and checks."""

from portal.accounts import models as accounts
from portal.audit import models as audit
from portal.audit import sample_models as samples
from portal.db import Base
from portal.desk import models as desk
from portal.experience import models as experience
from portal.institutions import models as institutions
from portal.intake import models as intake
from portal.known_issues import models as known_issues
from portal.notify import models as notify
from portal.screenshots import models as screenshots
from portal.tickets import break_glass_models as break_glass
from portal.tickets import desk_models as desk_entries
from portal.tickets import models as tickets
from portal.vault import models as vault

metadata = Base.metadata
__all__ = [
    "accounts",
    "audit",
    "break_glass",
    "desk",
    "desk_entries",
    "experience",
    "institutions",
    "intake",
    "known_issues",
    "metadata",
    "notify",
    "samples",
    "screenshots",
    "tickets",
    "vault",
]

"""Imports every domain's tables, so that the metadata is complete for migrations and checks."""

from portal.accounts import models as accounts
from portal.acts import models as acts
from portal.acts import triage_models as triage
from portal.audit import models as audit
from portal.calendar import models as calendar
from portal.clocks import models as clocks
from portal.collaboration import models as collaboration
from portal.complaints import models as complaints
from portal.db import Base
from portal.disclosure import models as disclosure
from portal.escalation import models as escalation
from portal.follow_up import models as follow_up
from portal.follow_up.call_backs import models as call_backs
from portal.follow_up.campaigns import models as campaigns
from portal.institutions import models as institutions
from portal.keepers import models as keepers
from portal.knowledge import models as knowledge
from portal.knowledge.articles import models as articles
from portal.kpi.archive import models as archive
from portal.kpi.books import models as books
from portal.kpi.score import models as score
from portal.kpi.score import quality_models as score_quality
from portal.metrics import models as metrics
from portal.notify import models as notify
from portal.reports import call_records
from portal.reports import draft_models as drafts
from portal.reports import models as reports
from portal.retention import models as retention
from portal.sampling import models as sampling
from portal.screenshots import models as screenshots
from portal.supplements import models as supplements
from portal.tickets import models as tickets
from portal.vault import models as vault
from portal.watch import models as watch

metadata = Base.metadata
__all__ = [
    "accounts", "acts", "archive", "articles", "audit", "books", "calendar", "call_backs", "call_records", "campaigns",
    "clocks", "collaboration", "complaints", "disclosure", "drafts", "escalation", "follow_up", "institutions",
    "keepers", "knowledge", "metadata", "metrics", "notify", "reports", "retention", "sampling", "score",
    "score_quality", "screenshots", "supplements", "tickets", "triage", "vault", "watch",
]  # fmt: skip

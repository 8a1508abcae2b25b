"""What runs beside the portal: delivers notifications and sweeps what was left over."""

import logging
import time
from datetime import timedelta

from sqlalchemy import delete

from portal import clock, retention
from portal.accounts.models import AttemptCounter, ExternalTrip, PendingSignIn
from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.audit.tags import Tag
from portal.desk import filing_drafts
from portal.institutions import importing
from portal.intake.drafts import sweep_drafts
from portal.intake.models import HandOver
from portal.notify import outbox
from portal.notify.channels.console import tell
from portal.retention import Rules
from portal.screenshots.sweep import GRACE, orphan_blobs
from portal.tickets import reminders
from portal.tickets.tools import Tools

PAUSE_SECONDS = 15
_logger = logging.getLogger("portal.worker")


def run_forever(tools: Tools, rules: Rules) -> None:
    """One round after another; a round that fails is logged and tried again."""
    while True:
        try:
            run_once(tools, rules)
        except Exception as error:
            _logger.error("round failed: %s", type(error).__name__)
        time.sleep(PAUSE_SECONDS)


def run_once(tools: Tools, rules: Rules | None = None) -> None:
    """Sign where the trail ends, remind clinics and deliver what waits.

    Then remove drafts that are over and blobs without a row. With `rules`, destroy what was kept long enough.
    """
    tools.checkpoints.make_quietly()  # first: it must not wait for a round in which something fails
    reminders.run(tools)
    outbox.deliver_pending(tools.database, tell)
    sweep_drafts(tools)
    filing_drafts.sweep(tools)
    forget_what_is_over(tools)
    sweep_uploads(tools)
    if rules is not None:
        retention.run(tools, rules, is_quiet=True)


def forget_what_is_over(tools: Tools) -> None:
    """Remove rows that nobody can use any more, also when nobody comes back: links, ways, counters, staged tables."""
    now = clock.now()
    with tools.database.transaction() as session:
        importing.forget_old(session)
        for model in (HandOver, ExternalTrip, PendingSignIn):
            session.execute(delete(model).where(model.expires_at <= now))
        session.execute(delete(AttemptCounter).where(AttemptCounter.window_ends_at < now - timedelta(days=1)))


def sweep_uploads(tools: Tools, grace: timedelta = GRACE) -> int:
    """Remove orphan blobs older than `grace` and return how many there were."""
    with tools.database.read() as session:
        orphans = orphan_blobs(session, tools.blobs, grace)
    for name in orphans:
        tools.blobs.delete(name)
    if orphans:
        with tools.database.transaction() as session:
            trail.record(session, Tag.UPLOADS_SWEPT, SYSTEM, detail=f"{len(orphans)} files")
    return len(orphans)

"""Figures that somebody on call watches: what waits, is late or stands still. Counts only, in as many queries always.

Nothing about complaints: their figures are for those who may know of them (DESK 5.5).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from portal.escalation.models import AlertSeries
from portal.follow_up.call_backs import models as call_backs
from portal.follow_up.call_backs.models import CallBack
from portal.kinds.table import QUEUES
from portal.kpi import glance
from portal.kpi.books import due
from portal.notify.models import OutboxMessage


@dataclass(frozen=True)
class Operational:
    """One gauge: a value, or one for each queue."""

    name: str
    help: str
    value: int = 0
    by_queue: Mapping[str, int] = field(default_factory=dict)


def read(session: Session, now: datetime) -> list[Operational]:
    """Every gauge, as it is now."""
    standing = glance.standing(session, QUEUES, now)

    def of(name: str) -> dict[str, int]:
        return {queue: getattr(one, name) for queue, one in standing.items()}

    return [
        Operational("portal_tickets_open", "Tickets that have not ended", by_queue=of("open")),
        Operational("portal_tickets_late", "Open tickets past their next due time", by_queue=of("late")),
        Operational("portal_tickets_unclaimed", "Open tickets that nobody has", by_queue=of("free")),
        Operational("portal_tickets_waiting", "Open tickets that wait for others", by_queue=of("waiting")),
        Operational(
            "portal_ratings_unhappy_7d", "Low ratings of the last 7 days", by_queue=glance.unhappy(session, QUEUES, now)
        ),
        Operational("portal_alerts_unacknowledged", "Alerts whose steps go on", _alerts(session)),
        Operational("portal_call_backs_overdue", "Open call-backs past their time", _calls(session, now)),
        Operational("portal_outbox_waiting", "Messages not yet given to their channels", _messages(session)),
        Operational("portal_reports_missing", "Reports that are due and not frozen", due.missing_count(session, now)),
    ]


def _alerts(session: Session) -> int:
    return session.scalar(select(func.count()).where(AlertSeries.next_at.is_not(None))) or 0


def _calls(session: Session, now: datetime) -> int:
    return session.scalar(select(func.count(CallBack.id)).where(text(call_backs.OPEN), CallBack.due_at < now)) or 0


def _messages(session: Session) -> int:
    return session.scalar(select(func.count(OutboxMessage.id)).where(OutboxMessage.expanded_at.is_(None))) or 0

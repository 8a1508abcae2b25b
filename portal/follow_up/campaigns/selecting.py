"""Whom a campaign may reach: filters over the directory, nobody twice in 90 days but 重点 (DESK 4.4)."""

import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from portal import clock
from portal.errors import Fault
from portal.follow_up.call_backs.models import CallBack, CallBackRecord
from portal.institutions.models import DirectoryEntry, Level
from portal.tickets.models import Ticket

AGAIN_AFTER = timedelta(days=90)
MOST_DAYS = 3660
_DAYS = ("tickets_from", "tickets_to")


class Tickets(StrEnum):
    """Whether an institution must, or must not, have reported something in a period."""

    ANY = ""
    WITH = "with"
    WITHOUT = "without"


@dataclass(frozen=True)
class Selection:
    """The filters; empty ones take every institution.

    Attributes:
        not_called_for: only those that nobody has reached by phone for so many days.
    """

    county: str = ""
    level: str = ""
    is_key: bool = False
    not_called_for: int | None = None
    tickets: str = Tickets.ANY.value
    tickets_from: date | None = None
    tickets_to: date | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in asdict(self).items()
            if value not in ("", None, False)
        }


def from_json(kept: Mapping[str, Any]) -> Selection:
    """What `as_json` gave."""
    found: dict[str, Any] = {
        name: date.fromisoformat(value) if name in _DAYS else value for name, value in kept.items()
    }
    return Selection(**found)


def faults_of(selection: Selection) -> list[Fault]:
    """What is wrong with the filters themselves."""
    faults = []
    if selection.level and selection.level not in list(Level):
        faults.append(Fault("level", "invalid", "请在县级、乡镇级、村级里选择"))
    if selection.not_called_for is not None and not 1 <= selection.not_called_for <= MOST_DAYS:
        faults.append(Fault("not_called_for", "invalid", f"应为 1 至 {MOST_DAYS} 天"))
    if selection.tickets not in list(Tickets):
        faults.append(Fault("tickets", "invalid", "请选择期间有没有提报"))
    elif selection.tickets:
        if selection.tickets_from is None or selection.tickets_to is None:
            faults.append(Fault("tickets_from", "required", "请填写提报的期间，从哪天到哪天"))
        elif selection.tickets_to < selection.tickets_from:
            faults.append(Fault("tickets_to", "invalid", "结束的日期不能早于开始的日期"))
    return faults


def matching(session: Session, selection: Selection) -> Sequence[uuid.UUID]:
    """Every institution that may be drawn, in the order of their ids, so that a seed draws the same again."""
    query = select(DirectoryEntry.id).where(DirectoryEntry.is_active, DirectoryEntry.merged_into.is_(None))
    return session.scalars(query.where(*_conditions(selection)).order_by(DirectoryEntry.id)).all()


def draw(found: Sequence[uuid.UUID], size: int, seed: str) -> list[uuid.UUID]:
    """So many of them, by a seed: the same ones for the same seed."""
    return list(found) if size >= len(found) else random.Random(seed).sample(list(found), size)  # noqa: S311


def counties(session: Session) -> list[str]:
    """Those of the directory, to choose from."""
    rows = select(DirectoryEntry.county).where(DirectoryEntry.is_active, DirectoryEntry.county != "").distinct()
    return sorted(session.scalars(rows))


def _conditions(selection: Selection) -> list[ColumnElement[bool]]:
    now = clock.now()
    again = exists().where(
        CallBack.institution_id == DirectoryEntry.id,
        CallBack.campaign_id.is_not(None),
        CallBack.made_at > now - AGAIN_AFTER,
    )
    found: list[ColumnElement[bool]] = [or_(DirectoryEntry.is_key, ~again)]
    if selection.county:
        found.append(DirectoryEntry.county == selection.county)
    if selection.level:
        found.append(DirectoryEntry.level == selection.level)
    if selection.is_key:
        found.append(DirectoryEntry.is_key.is_(True))
    if selection.not_called_for is not None:
        found.append(~_reached_since(now - timedelta(days=selection.not_called_for)))
    if selection.tickets and selection.tickets_from and selection.tickets_to:
        reported = _reported(selection.tickets_from, selection.tickets_to)
        found.append(reported if selection.tickets == Tickets.WITH else ~reported)
    return found


def _reached_since(moment: datetime) -> ColumnElement[bool]:
    return exists().where(
        CallBack.institution_id == DirectoryEntry.id,
        CallBackRecord.call_back_id == CallBack.id,
        CallBackRecord.reached,
        CallBackRecord.at >= moment,
    )


def _reported(begin: date, end: date) -> ColumnElement[bool]:
    return exists().where(
        Ticket.institution_id == DirectoryEntry.id,
        Ticket.submitted_at >= datetime.combine(begin, time(), clock.CHINA),
        Ticket.submitted_at < datetime.combine(end + timedelta(days=1), time(), clock.CHINA),
    )

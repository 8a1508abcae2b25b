"""The sections of 今日, in the order of the page: one line each. Page and API read this list."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.principal import Principal
from portal.today import (
    alerts,
    analyses,
    articles,
    break_glass_asks,
    call_backs,
    collaborations,
    complaints,
    decisions,
    dues,
    offers,
    own_reminders,
    promises_owed,
    score_sheets,
    stale_contacts,
    turns,
)
from portal.today.section import Section, SectionOf

SECTIONS: tuple[SectionOf, ...] = (
    alerts.section,
    offers.to_accept,
    break_glass_asks.section,
    decisions.asked,
    alerts.undecided,
    dues.section,
    promises_owed.section,
    call_backs.section,
    decisions.answered,
    offers.waiting,
    collaborations.to_verify,
    complaints.section,
    analyses.section,
    turns.section,
    own_reminders.section,
    stale_contacts.section,
    articles.section,
    score_sheets.section,
)


def read(session: Session, reader: Principal, now: datetime) -> Sequence[Section]:
    """Everything that concerns this person: a fixed number of queries for each section."""
    return [section for made in SECTIONS if (section := made(session, reader, now)) is not None]

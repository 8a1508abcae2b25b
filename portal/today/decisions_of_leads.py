"""What needs a lead's decision, for the board: the sections of 今日 in which something waits, each with its count."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.principal import Principal
from portal.today import alerts, analyses, articles, break_glass_asks, complaints, decisions, score_sheets
from portal.today.section import Section, SectionOf

SECTIONS: tuple[SectionOf, ...] = (
    break_glass_asks.section,
    alerts.undecided,
    decisions.asked,
    complaints.section,
    articles.section,
    analyses.section,
    score_sheets.section,
)


def read(session: Session, reader: Principal, now: datetime) -> Sequence[Section]:
    """Those that this lead can have at all, the empty ones too: they say what would come."""
    return [section for made in SECTIONS if (section := made(session, reader, now)) is not None]

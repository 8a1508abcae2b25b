"""The holidays of the next year, once they are wanted: those of the law only, which nobody has moved yet."""

from datetime import date, timedelta

from sqlalchemy.orm import Session

from portal.audit.actor import Actor
from portal.calendar import content, festivals, imports, working_days

# How many days of each holiday the law gives, and how many days before it they begin.
_DAYS = {
    "元旦": (1, 0), "春节": (4, 1), "清明节": (1, 0), "劳动节": (2, 0), "端午节": (1, 0), "中秋节": (1, 0),
    "国庆节": (3, 0),
}  # fmt: skip


def enter(session: Session, lead: Actor) -> None:
    """As a lead would enter a table. A year beyond the table of festivals stays unknown."""
    for year in working_days.unknown_years(session):
        days: dict[date, str] = {}
        for name, (many, before) in _DAYS.items():
            begin = festivals.day_of(name, year)
            if begin is None:
                return
            days |= {begin - timedelta(days=before - place): name for place in range(many)}
        imports.apply(session, lead, content.read(_table(days), year))


def _table(days: dict[date, str]) -> str:
    return "\n".join(["day,is_working,name", *(f"{day.isoformat()},0,{name}" for day, name in sorted(days.items()))])

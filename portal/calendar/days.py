"""A single day, edited by a person with a note."""

from datetime import date

from sqlalchemy.orm import Session

from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.calendar import years
from portal.calendar.content import PLAIN, YEARS, Day
from portal.calendar.models import NAME_LENGTH, NOTE_LENGTH, CalendarDay, DayOrigin
from portal.calendar.planning import DayChange
from portal.calendar.working_days import WorkingDays
from portal.errors import Fault, InvalidError, StaleRowError
from portal.sensitive_text.finder import find_spans
from portal.sensitive_text.free_text import text_fault

_SHORTEST_NOTE = 2
_TOO_MUCH = "这里像是写了证件号、账号或密码，请去掉再提交"


def edit(
    session: Session,
    actor: Actor,
    *,
    day: date | None,
    is_working: bool | None,
    name: str,
    note: str,
    version: int | None,
) -> None:
    """Make a day off or worked; nothing that runs is moved by it.

    Args:
        version: of its year, as the page showed it; None where nothing was shown.

    Raises:
        InvalidError: every fault of the form. StaleRowError: the year has changed since it was shown.
    """
    faults = _faults(day, is_working, name, note)
    if day is None or is_working is None or faults:
        raise InvalidError(faults)
    year = years.lock(session, [day.year])[day.year]
    if version is not None and version != year.version:
        raise StaleRowError
    row = session.get(CalendarDay, day)
    was = Day(day, row.is_working, row.name) if row else None
    now = Day(day, is_working, name.strip()) if is_working is not PLAIN.is_working(day) or _is_law(day) else None
    year.version += 1
    years.write(session, [DayChange(day, was, now, is_seen=True)], DayOrigin.MANUAL, actor.user_id, note.strip())
    facts: trail.Particulars = {"day": day.isoformat(), "is_working": is_working}
    trail.record(session, Tag.CALENDAR_DAY_EDITED, actor, reason=note.strip(), particulars=facts)


def _is_law(day: date) -> bool:
    """Off by law in a year that is not known: a row says that it is worked."""
    return PLAIN.is_working(day) is not WorkingDays().is_working(day)


def _faults(day: date | None, is_working: bool | None, name: str, note: str) -> list[Fault]:
    found = [
        text_fault(name, field="name", most=NAME_LENGTH),
        text_fault(note, field="note", missing="请写明为什么改这一天", most=NOTE_LENGTH),
    ]
    if day is None:
        found.append(Fault("day", "invalid", "请选择日期，例如 2027-02-08"))
    elif day.year not in YEARS:
        found.append(Fault("day", "invalid", f"年份应在 {YEARS[0]} 到 {YEARS[-1]} 之间"))
    if is_working is None:
        found.append(Fault("is_working", "required", "请选择这一天放假还是上班"))
    found += [
        Fault(field, "sensitive_text", _TOO_MUCH)
        for field, text in (("name", name), ("note", note))
        if find_spans(text)
    ]
    if len(note.strip()) == 1:
        found.append(Fault("note", "too_short", f"请至少写 {_SHORTEST_NOTE} 个字"))
    return [fault for fault in found if fault]

"""The directory's forms: only the fields named here can reach an institution's row."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from portal.errors import Fault
from portal.institutions.directory import InstitutionDetails, details_of
from portal.institutions.models import DirectoryEntry, Level
from portal.institutions.search import STATES, DirectoryFilter

YES = "1"


@dataclass(frozen=True)
class InstitutionForm:
    """An institution as entered; shown again together with the faults."""

    county: str = ""
    town: str = ""
    village: str = ""
    level: str = ""
    aliases: str = ""
    keeper: str = ""
    verified_on: str = ""
    is_key: str = ""


LABELS = {
    "county": "县级",
    "town": "乡镇级",
    "village": "村或机构",
    "level": "级别",
    "aliases": "别名",
    "keeper": "维护人",
    "verified_on": "核实日期",
    "is_key": "重点",
}


def form_of(entry: DirectoryEntry) -> InstitutionForm:
    return InstitutionForm(
        county=entry.county,
        town=entry.town,
        village=entry.village,
        level=entry.level,
        aliases="\n".join(entry.aliases),
        keeper=entry.keeper,
        verified_on=str(entry.verified_on or ""),
        is_key=YES if entry.is_key else "",
    )


def details_from(form: InstitutionForm) -> tuple[InstitutionDetails, list[Fault]]:
    """The details, with a fault for an invalid date."""
    faults, day = [], None
    if form.verified_on.strip():
        try:
            day = date.fromisoformat(form.verified_on.strip())
        except ValueError:
            faults.append(Fault("verified_on", "invalid", "核实日期看不懂，请写成 2026-07-22"))
    details = details_of(
        county=form.county,
        town=form.town,
        village=form.village,
        level=form.level,
        aliases=re.split(r"[\r\n、；;]+", form.aliases),
        keeper=form.keeper,
        verified_on=day,
        is_key=form.is_key == YES,
    )
    return details, faults


def filter_of(query: Mapping[str, str], own_id: uuid.UUID) -> DirectoryFilter:
    """The list's filter from the query string; unknown values are ignored. `own_id`: whose 我维护的 are."""
    level, state = query.get("level", ""), query.get("state", "")
    return DirectoryFilter(
        query=query.get("q", "")[:80],
        county=query.get("county", "")[:40],
        level=level if level in list(Level) else "",
        state=state if state in STATES else "",
        keeper_id=own_id if query.get("own") == YES else None,
        is_key=query.get("key") == YES,
    )


def query_of(wanted: DirectoryFilter, page: int = 1) -> str:
    """`?q=…&page=2`, or ""."""
    named = {"q": wanted.query, "county": wanted.county, "level": wanted.level, "state": wanted.state}
    named |= {"own": YES if wanted.keeper_id else "", "key": YES if wanted.is_key else ""}
    present = {name: value for name, value in named.items() if value}
    if page > 1:
        present["page"] = str(page)
    return f"?{urlencode(present)}" if present else ""

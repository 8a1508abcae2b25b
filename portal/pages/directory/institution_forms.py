"""What the directory's forms carry: only the fields named here ever reach an institution's row."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from portal.errors import Fault
from portal.institutions.directory import InstitutionDetails, details_of
from portal.institutions.models import DirectoryEntry, Level
from portal.institutions.search import STATES, DirectoryFilter


@dataclass(frozen=True)
class InstitutionForm:
    """An institution as typed, to be shown again beside the faults."""

    county: str = ""
    town: str = ""
    village: str = ""
    level: str = ""
    aliases: str = ""
    keeper: str = ""
    verified_on: str = ""


def form_of(entry: DirectoryEntry) -> InstitutionForm:
    """An institution as kept."""
    return InstitutionForm(
        county=entry.county,
        town=entry.town,
        village=entry.village,
        level=entry.level,
        aliases="\n".join(entry.aliases),
        keeper=entry.keeper,
        verified_on=str(entry.verified_on or ""),
    )


def details_from(typed: InstitutionForm) -> tuple[InstitutionDetails, list[Fault]]:
    """The typed words as details, with the fault of a day that is none."""
    faults, day = [], None
    if typed.verified_on.strip():
        try:
            day = date.fromisoformat(typed.verified_on.strip())
        except ValueError:
            faults.append(Fault("verified_on", "invalid", "核实日期看不懂，请写成 2026-07-22"))
    details = details_of(
        county=typed.county,
        town=typed.town,
        village=typed.village,
        level=typed.level,
        aliases=re.split(r"[\r\n、；;]+", typed.aliases),
        keeper=typed.keeper,
        verified_on=day,
    )
    return details, faults


def filter_of(query: Mapping[str, str]) -> DirectoryFilter:
    """The list's filter as it stands in the address; what is unknown counts as not given."""
    level, state = query.get("level", ""), query.get("state", "")
    return DirectoryFilter(
        query=query.get("q", "")[:80],
        county=query.get("county", "")[:40],
        level=level if level in list(Level) else "",
        state=state if state in STATES else "",
    )


def query_of(wanted: DirectoryFilter, page: int = 1) -> str:
    """`?q=…&page=2`, or nothing."""
    named = {"q": wanted.query, "county": wanted.county, "level": wanted.level, "state": wanted.state}
    given = {name: value for name, value in named.items() if value}
    if page > 1:
        given["page"] = str(page)
    return f"?{urlencode(given)}" if given else ""

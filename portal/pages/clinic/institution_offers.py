"""Beside a refused institution: the names of the directory that end as it does."""

from collections.abc import Sequence
from dataclasses import replace

from portal.db import Database
from portal.errors import Fault
from portal.institutions import search
from portal.kinds.table import INSTITUTION
from portal.reports.draft_answers import Values


def with_offers(database: Database, faults: Sequence[Fault], values: Values) -> list[Fault]:
    """The faults; the one of an institution that leaves out its first levels names what may be meant."""
    return [
        replace(fault, message=_offer(database, fault.message, values))
        if fault.field == INSTITUTION.name and fault.code == "too_short"
        else fault
        for fault in faults
    ]


def _offer(database: Database, message: str, values: Values) -> str:
    typed = next(iter(values.get(INSTITUTION.name, ())), "")
    with database.read() as session:
        names = search.ending_with(session, typed)
    if not names:
        return message
    which = "其中一家" if len(names) > 1 else "这一家"
    return f"{message}。名录里有：{'、'.join(names)}，是{which}请照着填写"

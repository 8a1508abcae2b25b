"""回拨机构电话核对: only with a number that the directory has; the caller's own word is no number (DESK 3.2)."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from portal.errors import Fault
from portal.institutions import directory
from portal.keepers import contacts
from portal.reports.draft_answers import Values
from portal.reports.service_records import CALLED_BACK, IDENTITY_METHODS


def numbers(session: Session, values: Values) -> list[str]:
    """The masked numbers of the institution that was named, those that may be called."""
    name = next(iter(values.get("institution", ())), "")
    institution_id = directory.matched(session, name) if name.strip() else None
    return contacts.phones_to_call(session, institution_id) if institution_id is not None else []


def methods(session: Session, values: Values) -> tuple[Sequence[tuple[str, str]], Sequence[str]]:
    """What can be chosen, and the numbers beside it; while nobody is named, everything can."""
    known = numbers(session, values)
    is_named = any(name.strip() for name in values.get("institution", ()))
    offered = [pair for pair in IDENTITY_METHODS if pair[0] != CALLED_BACK or known or not is_named]
    return offered, known


def faults(session: Session, values: Values) -> list[Fault]:
    if CALLED_BACK not in values.get("identity_method", ()) or numbers(session, values):
        return []
    return [Fault("identity_method", "invalid", "名录里没有这家机构可以拨打的电话，不能选“回拨机构电话核对”")]

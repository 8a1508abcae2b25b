"""The place of a row in a list that is ordered by time and id."""

import uuid
from datetime import datetime

from portal.errors import Fault, InvalidError

_YEARS = range(2000, 9000)  # beyond them a database or another zone can overflow


def cursor(at: datetime, row_id: uuid.UUID) -> str:
    return f"{at.isoformat()}~{row_id}"


def place(text: str) -> tuple[datetime, uuid.UUID]:
    """Raises InvalidError for a text that `cursor` did not make."""
    moment, _, row_id = text.replace(" ", "+").partition("~")
    try:
        at, found = datetime.fromisoformat(moment), uuid.UUID(row_id)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or at.year not in _YEARS:
        raise InvalidError([Fault("cursor", "invalid", "翻页的位置不对，请从第一页开始")])
    return at, found

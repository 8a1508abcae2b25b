"""Cursors come back as they were given, and nothing else is one."""

import uuid
from datetime import UTC, datetime

import pytest

from portal import keyset
from portal.errors import InvalidError

ROW = uuid.UUID(int=7)
AT = datetime(2026, 11, 27, 9, 30, 1, 5, tzinfo=UTC)


def test_a_cursor_leads_to_its_place():
    text = keyset.cursor(AT, ROW)
    assert keyset.place(text) == keyset.place(text.replace("+", " ")) == (AT, ROW)


@pytest.mark.parametrize(
    "text",
    ["x", "~", f"{AT.isoformat()}~x", f"2026-11-27T09:30:00~{ROW}", f"{AT.isoformat()}_{ROW}"]
    + [f"{year}-01-01T00:00:00+14:00~{ROW}" for year in ("0001", "1999", "9000", "9999")],
)
def test_anything_else_is_refused(text):
    with pytest.raises(InvalidError):
        keyset.place(text)

"""The published list of fields is the whole of what the database can hold (SECURITY J-6)."""

import re
from pathlib import Path

from portal.models import metadata
from portal.upkeep.field_list import field_list
from portal.wiring import REGISTER

FIELD_LIST = Path(__file__).parents[2] / "docs" / "fields.md"


def published(text: str) -> dict[str, list[str]]:
    """Table -> columns, as the rows of the sheet name them."""
    rows = re.findall(r"^\| `(\w+)` \|.*\| ([^|]+) \|$", text, re.MULTILINE)
    return {table: re.findall(r"`(\w+)`", columns) for table, columns in rows}


def test_only_published_fields_exist() -> None:
    declared = {table.name: [column.name for column in table.columns] for table in metadata.sorted_tables}
    assert published(FIELD_LIST.read_text(encoding="utf-8")) == declared


def test_the_page_is_what_the_register_says() -> None:
    assert FIELD_LIST.read_text(encoding="utf-8") == field_list(REGISTER), "run `make fields`"


def test_a_field_more_or_less_is_seen() -> None:
    assert published("| `users` | 账号 | 工作人员 | 随账号保留 | `id` `name` |\n") == {"users": ["id", "name"]}

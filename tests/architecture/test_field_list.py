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


# The owner of a data key, a seal or a tombstone is a report, a picture or a case.
_NOBODYS = {("data_keys", "owner_id"), ("sealed_values", "owner_id"), ("tombstones", "owner_id")}
_OF_STAFF = re.compile(r".*(by|by_id|user_id|resolver_id|owner_id|person_id|asker_id|actor_id)")


def test_a_table_that_names_a_member_of_staff_says_so() -> None:
    """By an id of theirs or by a name: the paper must not say that it is about nobody."""
    about = {held.table: held.about for held in REGISTER.held}
    named = {
        (table.name, column.name)
        for table in metadata.sorted_tables
        for column in table.columns
        if any(key.column.table.name == "users" for key in column.foreign_keys) or _OF_STAFF.fullmatch(column.name)
    }
    assert {place for place in named - _NOBODYS if about[place[0]] == "—"} == set()

"""A number of people as it is written: read where it can be read, else kept, never a reason to stop."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kinds import rough_counts
from portal.kinds.table import RESIDENT_COUNT
from tests.api.calls import V1, post_report

ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("300", "300"),
        ("３００", "300"),
        ("约 300 人", "300"),
        ("300余人", "300"),
        ("1,200多人", "1200"),
        ("007", "7"),
        ("大概999999", "999999"),
        ("三百多", "300"),
        ("两千", "2000"),
        ("两三百人", "300"),
        ("二三十人", "30"),
        ("一千二", "1200"),
        ("一千零二", "1002"),
        ("三百二十一户", "321"),
        ("十五", "15"),
        ("1.5万", "15000"),
        ("一万二", "12000"),
        ("300-400", "400"),
        ("300～400 人左右", "400"),
        ("300到500之间", "500"),
        ("全村300人都这样", "300"),
    ],
)
def test_it_is_read_as_people_write_it(typed, kept):
    assert rough_counts.read(typed) == kept


@pytest.mark.parametrize(
    "typed", ["0", "1000000", "1.5", "-3", "几百", "十几个", "很多", "1e3", "不清楚", "3个村300人"]
)
@ON_SQLITE
def test_what_cannot_be_read_stays_as_typed(portal, typed):
    assert rough_counts.read(typed) == typed
    assert post_report(portal.browser(), scope="batch", resident_count=typed).status_code == 201


@given(st.text(max_size=60))
def test_no_text_stops_it(typed):
    kept = rough_counts.read(typed)
    assert len(kept) <= len(typed) + 5 and RESIDENT_COUNT.check is None


@given(st.integers(1, rough_counts.MOST))
def test_every_number_in_figures_is_read(number):
    assert rough_counts.read(f"约{number}人") == str(number)
    assert rough_counts.read(f"{number:,}") == str(number)


@ON_SQLITE
def test_it_stands_on_the_ticket(portal):
    number = post_report(portal.browser(), scope="batch", resident_count="三百余人").json()["number"]
    fields = portal.api("alice").get(f"{V1}/tickets/{number}").json()["fields"]
    assert [field["texts"] for field in fields if field["name"] == "resident_count"] == [["300"]]

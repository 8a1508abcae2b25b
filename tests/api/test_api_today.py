"""`GET /today` says what the page says."""

import pytest

from portal.acts.table import CLAIM
from portal.api import desk_models
from tests.acts.desk import Desk
from tests.api.calls import V1
from tests.api.test_described_answers import strict
from tests.factories.portals import Portal

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def test_ones_own_lines_by_section(portal: Portal) -> None:
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    answer = portal.api("alice").get(f"{V1}/today").json()
    strict(desk_models.Today, answer)
    assert [(item["section"], item["number"], item["is_late"]) for item in answer["items"]] == [
        ("dues", desk.number, False), ("turns", desk.number, False),
    ]  # fmt: skip
    assert answer["items"][0]["at"] == portal.api("alice").get(f"{V1}/tickets/{desk.number}").json()["next_due_at"]
    assert [section["name"] for section in answer["sections"]] == [
        "alerts", "offers", "dues", "promises", "call_backs", "drafts", "offered", "collaborations", "turns",
        "reminders", "stale_contacts", "articles",
    ]  # fmt: skip
    assert portal.api("bob").get(f"{V1}/today").json()["items"] == []


def test_it_is_for_staff_with_queues(portal: Portal) -> None:
    assert portal.api().get(f"{V1}/today").status_code == 401
    assert portal.api("ada").get(f"{V1}/today").status_code == 403
    assert portal.api("agnes").get(f"{V1}/today").json()["items"] == []

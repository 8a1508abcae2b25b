"""/calendar: exceptional days, due times, and a notice in two steps."""

import pytest

from portal.api import calendar_models as models
from tests.api.calls import V1
from tests.api.test_described_answers import strict
from tests.calendar.test_imports import NEXT_YEAR

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def due(portal, **asked: str | int):
    return portal.api("alice").get(f"{V1}/calendar/due", params={key.rstrip("_"): asked[key] for key in asked})


def test_a_year_gives_its_exceptions_only(portal) -> None:
    answer = portal.api("agnes").get(f"{V1}/calendar/2026").json()

    strict(models.YearOfDays, answer)
    assert answer["state"] == "confirmed"
    assert {"day": "2026-10-10", "is_working": True, "name": "国庆节", "origin": "package"} in answer["days"]
    assert portal.api("ada").get(f"{V1}/calendar/2027").json() == {"year": 2027, "state": "estimated", "days": []}
    assert portal.api("ada").get(f"{V1}/calendar/1900").status_code == 404


@pytest.mark.parametrize(
    ("asked", "due_at", "is_estimate"),
    [
        ({"working_minutes": 60, "from_": "2026-10-09T17:00"}, "2026-10-10T09:00:00+08:00", False),
        ({"working_days": 3, "from_": "2026-12-30T10:00"}, "2027-01-05T10:00:00+08:00", True),
        ({"minutes": 10080, "from_": "2026-12-30T10:00"}, "2027-01-06T10:00:00+08:00", False),
        ({"open_minutes": 60, "from_": "2026-11-27T19:40"}, "2026-11-30T09:30:00+08:00", False),
        ({"working_minutes": 0, "from_": "2026-11-27T10:00"}, "2026-11-27T10:00:00+08:00", False),
    ],
)
def test_due_times(portal, asked: dict[str, str | int], due_at: str, is_estimate: bool) -> None:
    answer = due(portal, **asked).json()

    strict(models.DueTime, answer)
    assert (answer["due_at"], answer["is_estimate"]) == (due_at, is_estimate)


@pytest.mark.parametrize("asked", [{}, {"minutes": 1, "working_days": 1}, {"minutes": -1}, {"working_days": 367}])
def test_one_amount_within_limits_is_asked(portal, asked: dict[str, int]) -> None:
    assert due(portal, **asked).status_code == 422


def test_a_notice_counts_after_its_confirmation(portal) -> None:
    leo, call = portal.api("leo"), f"{V1}/calendar/imports"
    planned = leo.post(call, json={"text": NEXT_YEAR, "year": 2027})

    assert planned.status_code == 201
    strict(models.PlannedYear, planned.json())
    assert len(planned.json()["changes"]) == 22
    assert leo.get(f"{V1}/calendar/2027").json()["state"] == "estimated"

    address = f"{call}/{planned.json()['id']}/confirmation"
    confirmed = portal.api("ada").post(address)
    strict(models.ConfirmedYear, confirmed.json())
    assert leo.get(f"{V1}/calendar/2027").json()["state"] == "confirmed"
    assert leo.post(address).status_code == 409


def test_a_wrong_sentence_is_named(portal) -> None:
    wrong = NEXT_YEAR.replace("共8天", "共9天")
    answer = portal.api("leo").post(f"{V1}/calendar/imports", json={"text": wrong, "year": 2027})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "text" and "共 9 天" in answer.json()["errors"][0]["message"]


def test_an_engineer_reads_and_does_not_edit(portal) -> None:
    assert portal.api("alice").post(f"{V1}/calendar/imports", json={"text": "x", "year": 2027}).status_code == 403

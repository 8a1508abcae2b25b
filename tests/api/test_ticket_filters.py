"""`GET /tickets`: every filter of the contract finds what it names and nothing else."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.acts.table import ASK, CLAIM
from portal.tickets.models import Ticket
from tests.api.calls import V1
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.directories import add_entry
from tests.factories.portals import Portal
from tests.factories.reports import file_report


@pytest.fixture
def tickets(portal: Portal) -> dict[str, str]:
    """Numbers by name: a free one, one that alice works on, one that waits for its clinic, one in HIS."""
    made = {
        "free": file_report(portal.runtime, symptom="form_lost", form_name="高血压随访表", scope="batch"),
        "worked": file_report(portal.runtime, previous_system="众阳系统"),
        "asked": file_report(portal.runtime, institution="高唐县梁村镇北街村卫生室"),
        "his": file_report(portal.runtime, "his"),
    }
    alice = actor(portal.runtime, "alice")
    with portal.runtime.database.transaction() as session:
        perform(session, portal.runtime, alice, CLAIM, made["worked"].number, 1)
        perform(session, portal.runtime, alice, CLAIM, made["asked"].number, 1)
        perform(session, portal.runtime, alice, ASK, made["asked"].number, 2, fields=["screenshots"], message="请再截")
        urgent = session.scalars(select(Ticket).where(Ticket.number == made["free"].number)).one()
        urgent.urgency, urgent.next_due_at = 1, clock.now() - timedelta(minutes=5)
    return {receipt.number: name for name, receipt in made.items()}


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"free", "worked", "asked", "his"}),
        ("queue=all", {"free", "worked", "asked", "his"}),
        ("queue=his", {"his"}),
        ("turn=clinic", {"asked"}),
        ("turn=us&queue=general", {"free", "worked"}),
        ("clock=overdue", {"free"}),
        ("clock=due_soon", {"free"}),
        ("clock=paused", {"asked"}),
        ("urgency=urgent", {"free"}),
        ("symptom=form_lost", {"free"}),
        ("scope=batch", {"free"}),
        ("channel=qq", set()),
        ("channel=yxt&queue=his", {"his"}),
        ("previous_system=众阳系统", {"worked"}),
        ("institution=高唐县梁村镇北街村卫生室", {"asked"}),
        ("assignee=none", {"free", "his"}),
        ("owner=alice", {"worked", "asked"}),
        ("owner=nobody-here", set()),
        ("first_owner=alice", {"worked", "asked"}),
        ("first_owner=none", {"free", "his"}),
        ("from={today}&to={today}", {"free", "worked", "asked", "his"}),
        ("to={yesterday}", set()),
        ("turn=us&urgency=urgent&scope=batch", {"free"}),
    ],
)
def test_a_filter_finds_what_it_names(portal: Portal, tickets: dict[str, str], query: str, expected: set[str]) -> None:
    today = clock.china_today()
    query = query.format(today=today, yesterday=today - timedelta(days=1))
    answer = portal.api("agnes").get(f"{V1}/tickets?{query}")

    assert answer.status_code == 200, answer.text
    assert {tickets[item["number"]] for item in answer.json()["items"]} == expected


def test_all_means_the_callers_own_queues(portal: Portal, tickets: dict[str, str]) -> None:
    for query in ("", "?queue=all"):
        found = portal.api("alice").get(f"{V1}/tickets{query}").json()["items"]
        assert {tickets[item["number"]] for item in found} == {"free", "worked", "asked"}
    assert portal.api("alice").get(f"{V1}/tickets?queue=his").status_code == 404


def test_by_turn_comes_first_what_waits_longest_and_pages_follow(portal: Portal, tickets: dict[str, str]) -> None:
    agnes, found, cursor = portal.api("agnes"), [], ""
    while cursor is not None:
        page = agnes.get(f"{V1}/tickets?sort=turn&limit=1&cursor={cursor}").json()
        found += [tickets[item["number"]] for item in page["items"]]
        cursor = page["next_cursor"]

    assert found == ["free", "worked", "his", "asked"]


def test_every_unknown_word_is_a_fault(portal: Portal) -> None:
    answer = portal.api("agnes").get(
        f"{V1}/tickets?turn=mine&clock=late&urgency=0&sort=age&scope=x&channel=fax&symptom=y"
    )

    assert answer.status_code == 422
    fields = {fault["field"] for fault in answer.json()["errors"]}
    assert fields == {"turn", "clock", "urgency", "sort", "scope", "channel", "symptom"}
    assert portal.api("agnes").get(f"{V1}/tickets?from=yesterday").json()["errors"][0]["field"] == "from"


def test_level_and_key_of_the_institution(portal: Portal) -> None:
    """REQUIREMENTS G23: 所属客户类型, and 重点."""
    key = add_entry(portal.runtime, is_key=True)
    add_entry(portal.runtime, village="李庄卫生室")
    first = file_report(portal.runtime).number
    second = file_report(portal.runtime, institution="高唐县杨屯乡李庄卫生室").number
    assert key.level == "village"
    alice = portal.api("alice")
    for level, expected in (("village", {first, second}), ("key", {first}), ("county", set())):
        found = alice.get(f"{V1}/tickets", params={"level": level}).json()["items"]
        assert {item["number"] for item in found} == expected, level
        page = portal.signed_in("alice").get(f"/queues/general?level={level}").text
        assert {number for number in (first, second) if number in page} == expected, level
    assert alice.get(f"{V1}/tickets?level=moon").status_code == 422

"""附图 1, 2, 3: a name is given once, in the order of arrival, and is the same on every page."""

import re

from sqlalchemy import select

from portal.acts.table import ASK, CLAIM
from portal.audit.actor import clinic
from portal.reports.filing import NewPicture
from portal.screenshots.inspection import InspectionLimits, inspect
from portal.screenshots.models import Screenshot
from portal.supplements import receiving
from tests.acts.desk import Desk
from tests.api.calls import V1, picture, post_report
from tests.factories.pictures import whole_screen
from tests.factories.portals import Portal
from tests.factories.ticket_pages import say_why

_ERROR = {"symptom": "error", "operation_steps": "1、打开随访表\n2、点保存"}


def filed_with_two(portal: Portal) -> tuple[Desk, str]:
    """附图 1 is the whole screen, 附图 2 the details; the clinic is asked for another whole screen."""
    files = [picture(whole_screen(seed=2), "error_detail_screenshots"), picture(whole_screen(seed=1))]
    answer = post_report(portal.browser(), files=files, **_ERROR)
    assert answer.status_code == 201, answer.text
    desk = Desk(portal.runtime, answer.json()["number"])
    desk.act(CLAIM)
    desk.act(ASK, fields=["screenshots"])
    return desk, answer.json()["query_code"]


def supply(desk: Desk, seed: int) -> None:
    inspection = inspect(whole_screen(seed=seed), hint=None, limits=InspectionLimits())
    receiving.supplement(desk.runtime, clinic(), desk.ticket.id, {}, [NewPicture("screenshots", inspection, False)])


def named(portal: Portal) -> dict[int | None, tuple[str, bool]]:
    with portal.runtime.database.read() as session:
        return {row.number: (row.slot, row.is_new) for row in session.scalars(select(Screenshot))}


def names_on(page: str) -> list[str]:
    """Each name once, in the order of the page."""
    return list(dict.fromkeys(re.findall(r"附图 \d", page)))


def test_a_name_is_given_once_in_the_order_of_arrival(portal: Portal) -> None:
    desk, _ = filed_with_two(portal)
    before = named(portal)
    assert before == {1: ("screenshots", False), 2: ("error_detail_screenshots", False)}

    supply(desk, 3)
    desk.act(ASK, fields=["screenshots"])
    supply(desk, 4)

    assert named(portal) == before | {3: ("screenshots", True), 4: ("screenshots", True)}


def test_it_is_the_same_on_every_page_and_in_the_api(portal: Portal) -> None:
    desk, code = filed_with_two(portal)
    supply(desk, 3)
    names = ["附图 1", "附图 2", "附图 3"]
    alice = portal.signed_in("alice")

    page = alice.get(f"/tickets/{desk.number}").text
    answer = portal.api("alice").get(f"{V1}/tickets/{desk.number}").json()
    tracked = portal.browser()
    tracked.get("/track")
    status = portal.browser().post(f"{V1}/track", json={"number": desk.number, "query_code": code})

    assert names_on(page) == names
    assert [shown["name"] for shown in answer["pictures"]] == names
    assert [shown["slot"] for shown in answer["pictures"]][1] == "error_detail_screenshots"
    assert status.status_code == 200
    for number, name in enumerate(names, 1):
        say_why(alice, desk.number)
        assert f"<h1>{name}（共 3 张）</h1>" in alice.get(f"/tickets/{desk.number}/pictures/{number}").text
    assert alice.get(f"/tickets/{desk.number}/pictures/4").status_code == 404
    assert names_on(portal.signed_in("leo").get(f"/review/tickets/{desk.number}").text) == names


def test_a_supplied_picture_is_new_until_its_assignee_has_opened_it(portal: Portal) -> None:
    desk, _ = filed_with_two(portal)
    supply(desk, 3)
    alice, bob = portal.signed_in("alice"), portal.signed_in("bob")
    with portal.runtime.database.read() as session:
        new = session.scalars(select(Screenshot.id).where(Screenshot.number == 3)).one()

    def is_new() -> bool:
        page = alice.get(f"/tickets/{desk.number}").text
        assert page.count(">新<") == named(portal)[3][1]
        return named(portal)[3][1]

    assert is_new()
    say_why(bob, desk.number)
    assert bob.get(f"/tickets/{desk.number}/screenshots/{new}").status_code == 200
    assert is_new()
    say_why(alice, desk.number)
    assert alice.get(f"/tickets/{desk.number}/screenshots/{new}?size=fit").status_code == 200
    assert not is_new()

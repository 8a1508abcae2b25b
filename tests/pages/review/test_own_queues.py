"""A lead reviews the own queues only, on every page and call; the audit role sees all."""

import re
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.accounts.guard import Requires
from portal.accounts.models import User
from portal.accounts.roles import Permission
from portal.knowledge import contacts
from portal.sampling import samples
from portal.sampling.models import Sample
from tests.api.calls import V1, act, claimed, filed
from tests.factories import people
from tests.factories.cast import actor, add_administrators
from tests.factories.known_issues import add_issue, follow
from tests.factories.portals import Portal, post
from tests.factories.routes import routes_of
from tests.factories.ticket_pages import say_why

NUMBER = people.id_number(seed=903)
WHY = "核对外队列的登记信息"  # in every row that a lead of 日常 must not see


def leads(portal: Portal, *queues: str) -> None:
    """leo leads these queues from now on."""
    with portal.runtime.database.transaction() as session:
        session.execute(update(User).where(User.username == "leo").values(queues=list(queues)))


@pytest.fixture
def foreign(portal: Portal) -> dict[str, str]:
    """A HIS ticket with accesses of every kind, a sample of them, and leo who leads 日常 alone."""
    add_administrators(portal.runtime)
    number = filed(portal, kind="his", patient_id_number=NUMBER)["number"]
    own = filed(portal, id_number=NUMBER)["number"]
    hanna = portal.api("hanna")
    claimed(hanna, number)
    assert act(hanna, number, "reveals", field="patient_id_number", reason=WHY).status_code == 200
    [picture] = hanna.get(f"{V1}/tickets/{number}").json()["pictures"]
    say_why(portal.signed_in("hanna"), number, "核对数据")
    assert hanna.get(f"{V1}/tickets/{number}/screenshots/{picture['id']}", params={"reason": WHY}).status_code == 200
    now = clock.now()
    with portal.runtime.database.transaction() as session:
        period = (now - timedelta(days=1), now + timedelta(days=1))
        sample = samples.draw(session, actor(portal.runtime, "leo"), ("general", "his"), *period, 10)
        sample_id = str(sample.id)
    leads(portal, "general")
    return {"number": number, "own": own, "sample": sample_id, "picture": picture["id"]}


def pages_of(portal: Portal, foreign: dict[str, str]) -> dict[str, list[str]]:
    """Addresses for every page that a review permission guards."""
    leo = portal.signed_in("leo")
    asked = post(leo, "/review", "/review/values", value=NUMBER).headers["location"]
    number, picture = foreign["number"], foreign["picture"]
    return {
        "/review": [
            "/review", "/review?action=field:reveal", f"/review?ticket={number}",
            f"/review?ticket={number}&field=patient_id_number", "/review?who=hanna", "/review?action=picture:open",
        ],
        "/review/tickets": ["/review/tickets", "/review/tickets?queue=his", f"/review/tickets?q={number}"],
        "/review/tickets/{number}": [f"/review/tickets/{number}", f"/review/tickets/{number}?show=looks"],
        "/review/tickets/{number}/previews/{screenshot_id}": [f"/review/tickets/{number}/previews/{picture}"],
        "/review/people/{username}": ["/review/people/hanna"],
        "/review/values": ["/review/values"],
        "/review/values/{seq}": [asked],
        "/review/samples": ["/review/samples"],
        "/review/samples/{sample_id}": [f"/review/samples/{foreign['sample']}"],
        "/review/approvals": ["/review/approvals"],
        "/insights": ["/insights"],
        f"{V1}/audit": [
            f"{V1}/audit", f"{V1}/audit?ticket={number}", f"{V1}/audit?user=hanna", f"{V1}/audit?action=field:reveal",
        ],
    }  # fmt: skip


def test_every_page_of_the_review_is_asked(portal: Portal, foreign: dict[str, str]) -> None:
    guarded = {
        route.path
        for route in routes_of(portal.app)
        if "GET" in route.methods
        and any(
            isinstance(guard, Requires) and guard.permission in (Permission.REVIEW, Permission.APPROVE_BREAK_GLASS)
            for guard in route.guards
        )
    }
    assert guarded == set(pages_of(portal, foreign))


def test_no_page_or_call_shows_a_foreign_ticket_or_why_it_was_seen(portal: Portal, foreign: dict[str, str]) -> None:
    leo, api = portal.signed_in("leo"), portal.api("leo")
    addresses = [address for many in pages_of(portal, foreign).values() for address in many]
    shown = []
    for address in sorted(addresses, key=lambda address: foreign["number"] in address):  # a row names what was typed
        text_of = unescape((api if address.startswith(V1) else leo).get(address).text)
        is_typed = foreign["number"] in address
        if WHY in text_of or (foreign["number"] in text_of and not is_typed):
            shown.append(address)

    assert shown == []


def test_no_file_or_search_holds_a_foreign_row(portal: Portal, foreign: dict[str, str]) -> None:
    leo = portal.signed_in("leo")
    for form in ("csv", "jsonl"):
        answer = post(leo, "/review", "/review/exports", reason="年度检查导出", format=form)
        assert answer.status_code == 200
        assert foreign["own"] in answer.text
        assert foreign["number"] not in answer.text and WHY not in answer.text
    for call in ("audit/search", "tickets/search"):
        answer = portal.api("leo").post(f"{V1}/{call}", json={"id_number": NUMBER})
        assert foreign["own"] in answer.text and foreign["number"] not in answer.text and WHY not in answer.text


def test_the_figures_count_own_rows(portal: Portal, foreign: dict[str, str]) -> None:
    claimed(portal.api("alice"), foreign["own"])
    act(portal.api("alice"), foreign["own"], "reveals", field="id_number", reason="核对数据")

    def count(name: str) -> str:
        page = portal.signed_in(name).get("/review").text
        return re.search(r'figures__number">(\d+)</span><span class="figures__label">今天查看敏感信息', page)[1]

    assert (count("leo"), count("audrey")) == ("1", "2")
    assert (
        "王工" not in portal.signed_in("leo").get("/review").text.split('aria-label="按人员"')[1].split("</table>")[0]
    )


def test_a_foreign_sample_can_be_neither_seen_marked_nor_drawn(portal: Portal, foreign: dict[str, str]) -> None:
    leo, today = portal.signed_in("leo"), clock.china_today().isoformat()
    page = f"/review/samples/{foreign['sample']}"

    assert leo.get(page).status_code == 404
    assert post(leo, "/review/samples", f"{page}/rows/1", mark="fine").status_code == 404
    drawn = post(leo, "/review/samples", "/review/samples", **{"from": today, "to": today}, size="10", seed="x")
    assert drawn.status_code == 422 and "没有人查看过" in drawn.text
    audrey = portal.signed_in("audrey")
    assert WHY in unescape(audrey.get(page).text)
    assert (
        post(
            audrey, "/review/samples", "/review/samples", **{"from": today, "to": today}, size="9", seed="y"
        ).status_code
        == 303
    )
    with portal.runtime.database.read() as session:
        assert sorted(str(queues) for queues in session.scalars(select(Sample.queues))) == [
            "None",
            "['general', 'his']",
        ]


def test_a_row_follows_its_ticket_to_the_other_queue(portal: Portal, foreign: dict[str, str]) -> None:
    hanna, number = portal.api("hanna"), foreign["number"]
    moved = act(hanna, number, "transfer", version=2, queue="general", reason="不是 HIS 的问题")
    assert moved.status_code == 200, moved.text
    page = unescape(portal.signed_in("leo").get(f"/review?ticket={number}&action=field:reveal").text)

    assert WHY in page


def test_the_audit_role_sees_every_row(portal: Portal, foreign: dict[str, str]) -> None:
    page = unescape(portal.signed_in("audrey").get("/review?action=field:reveal").text)
    rows = portal.api("audrey").get(f"{V1}/audit", params={"ticket": foreign["number"]}).json()["items"]

    assert WHY in page
    assert {row["action"] for row in rows} >= {"field:reveal", "picture:open", "ticket:claim"}


def test_short_reports_follow_the_queues_of_their_known_issue(portal: Portal, foreign: dict[str, str]) -> None:
    leads(portal, "general", "his")
    numbers = {}
    for queue, who in (("general", "alice"), ("his", "hanna")):
        numbers[queue] = follow(portal.runtime, add_issue(portal.runtime, queues=(queue,))).number
        person = actor(portal.runtime, who)
        contacts.reveal(portal.runtime, person, numbers[queue], "contact_phone", WHY, is_confirmed=True)
    leads(portal, "general")
    page = portal.signed_in("leo").get("/review?action=field:reveal").text

    assert numbers["general"] in page and numbers["his"] not in page

"""诉求类型 after filing: what becomes 求助 asks, what leaves it asks no more, nothing is dropped (DESK 3.1)."""

from typing import Any

import pytest
from sqlalchemy import func, select

from portal import clock
from portal.clocks import policies, policy_making
from portal.clocks.arithmetic import Term
from portal.clocks.models import DueChange
from portal.clocks.names import ClockName, Unit
from portal.clocks.policies import TermRow
from portal.reports.models import Report
from portal.tickets.models import Ticket
from portal.vault.models import SealedValue
from tests.api.calls import V1, act, claimed, codes, filed, post_report
from tests.factories.cast import actor
from tests.factories.portals import Portal

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
REASON = "来电时说要查故障"


def question(portal: Portal, **changes: Any) -> dict[str, str]:
    bare: dict[str, Any] = dict.fromkeys(("id_number", "login_account", "login_password", "previous_system"))
    fields = {**bare, "channel": "phone", "request_type": "consultation", "description": "月报在哪里看", **changes}
    answer = post_report(portal.api("agnes"), files=[], **fields)
    assert answer.status_code == 201, answer.text
    return {name: answer.json()[name] for name in ("number", "query_code")}


def changed(portal: Portal, number: str, chosen: str, reason: str = REASON, name: str = "alice") -> Any:
    version = portal.api(name).get(f"{V1}/tickets/{number}").json()["version"]
    return act(portal.api(name), number, "classification", version=version, request_type=chosen, reason=reason)


def asked(portal: Portal, opens: dict[str, str], fields: list[str]) -> Any:
    version = portal.api("alice").get(f"{V1}/tickets/{opens['number']}").json()["version"]
    wanted = {"fields": fields, "message": ""}
    return act(portal.api("alice"), opens["number"], "information-request", version=version, **wanted)


def ticket(portal: Portal, number: str) -> Ticket:
    with portal.runtime.database.read() as session:
        return session.scalars(select(Ticket).where(Ticket.number == number)).one()


def missing(portal: Portal, opens: dict[str, str]) -> list[str]:
    return [item["field"] for item in portal.browser().post(f"{V1}/track", json=opens).json()["missing"]]


@pytest.mark.parametrize(
    ("channel", "asked"),
    [
        ("phone", ["previous_system", "description", "screenshots", "id_number", "login_account", "login_password"]),
        ("wechat", ["previous_system", "description", "screenshots"]),
    ],
)
def test_what_becomes_help_asks_for_the_fields_of_its_channel(portal: Portal, channel: str, asked: list[str]) -> None:
    opens = question(portal, channel=channel)
    answer = changed(portal, opens["number"], "help")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], answer.json()["request_type"]) == ("awaiting_information", "help")
    assert missing(portal, opens) == asked
    lines = portal.browser().post(f"{V1}/track", json=opens).json()["timeline"]
    assert REASON not in str(lines)  # the reason is for staff
    assert REASON in str(answer.json()["timeline"])
    assert ticket(portal, opens["number"]).filed_as == "consultation"
    given = {"previous_system": "浪潮系统", "description": "打开月报点查询，页面一直空着，刷新也没有用"}
    sent = portal.browser().post(f"{V1}/track/supplement", data={**opens, **given}, files=[("x", ("", b""))])
    assert sent.status_code in (200, 201), sent.text
    assert missing(portal, opens) == asked[2:]


def test_what_only_help_asked_is_let_off_when_it_is_none_after_all(portal: Portal) -> None:
    opens = question(portal)
    changed(portal, opens["number"], "help")
    answer = changed(portal, opens["number"], "consultation")
    assert (answer.json()["state"], missing(portal, opens)) == ("submitted", [])


def test_a_text_that_names_an_error_asks_for_the_symptom_too(portal: Portal) -> None:
    opens = question(portal, description="保存的时候提示参数错误是什么意思")
    changed(portal, opens["number"], "help")
    assert "symptom" in missing(portal, opens)


def test_what_leaves_help_lets_the_clinic_off_and_drops_nothing_sealed(portal: Portal) -> None:
    opens = filed(portal)
    claimed(portal.api("alice"), opens["number"])
    asked(portal, opens, ["login_password", "screenshots"])
    answer = changed(portal, opens["number"], "consultation")
    assert (answer.status_code, answer.json()["state"]) == (200, "awaiting_information")
    assert missing(portal, opens) == ["screenshots"]  # a picture is still taken, a password is not
    changed(portal, opens["number"], "help")
    version = portal.api("alice").get(f"{V1}/tickets/{opens['number']}").json()["version"]
    act(
        portal.api("alice"),
        opens["number"],
        "information-request",
        version=version,
        fields=["login_password"],
        message="",
    )
    answer = changed(portal, opens["number"], "suggestion")
    assert answer.json()["state"] == "in_progress"
    assert missing(portal, opens) == []
    with portal.runtime.database.read() as session:
        kept = session.scalar(select(func.count()).where(SealedValue.destroyed_at.is_(None)))
        assert (kept, session.scalar(select(func.count()).select_from(Report))) == (3, 1)


def test_a_question_is_asked_for_no_secret(portal: Portal) -> None:
    opens = question(portal)
    claimed(portal.api("alice"), opens["number"])
    for fields in (["login_password"], ["description", "id_number"]):
        answer = asked(portal, opens, fields)
        assert codes(answer) == [("fields", "not_asked")]
    page = portal.signed_in("alice").get(f"/tickets/{opens['number']}").text
    assert 'id="ask-description"' in page and 'id="ask-login_password"' not in page and "该渠道可不附" not in page


def test_it_needs_a_reason_and_a_type_that_there_is(portal: Portal) -> None:
    number = question(portal)["number"]
    assert codes(changed(portal, number, "help", "")) == [("reason", "required")]
    for chosen in ("complaint", "after_sales", "nonsense"):
        assert codes(changed(portal, number, chosen)) == [("request_type", "request_type_not_allowed")]


def test_terms_are_counted_again_where_the_policy_has_rows_for_the_type(portal: Portal) -> None:
    with portal.runtime.database.transaction() as session:
        now = policies.at(session, clock.now())
        rows = [*now.terms, TermRow(ClockName.SOLVED, Term(120, Unit.MINUTES), request_type="suggestion")]
        wanted = policy_making.Wanted(
            now.version, now.hours.as_json(), "、".join(now.quiet_hours), now.switches, rows, "建议两小时"
        )
        policy_making.make(session, actor(portal.runtime, "leo"), wanted)
    opens = question(portal, channel="wechat", description="月报在哪里看，点了很多次也没有看到")
    before = ticket(portal, opens["number"])
    answer = changed(portal, opens["number"], "suggestion")
    solved = next(clock for clock in answer.json()["clocks"] if clock["clock"] == "solved")
    assert solved["due_at"] != before.next_due_at and answer.json()["number"] == before.number
    with portal.runtime.database.read() as session:
        changes = session.scalars(select(DueChange)).all()
    assert [(change.cause, change.reason) for change in changes] == [("request_type", REASON)]


def test_leads_find_what_left_help(portal: Portal) -> None:
    left, stays = filed(portal)["number"], filed(portal)["number"]
    changed(portal, left, "consultation")
    question(portal)
    page = portal.signed_in("leo").get("/queues/general?request_type=left_help").text
    assert left in page and stays not in page

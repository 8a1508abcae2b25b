"""Nobody complained of finds a trace: the same answers before and after, from every page and call (DESK 5.4)."""

import re
from typing import Any

import pytest
from sqlalchemy import select, update

from portal.accounts.guard import Requires
from portal.accounts.models import User
from portal.acts.table import CALL, CLAIM, REPLY
from portal.complaints.models import ComplaintSubject
from portal.complaints.names import ComplaintState as S
from portal.worker import run_once
from tests.acts.desk import Desk
from tests.architecture.expected_rights import expected
from tests.factories.cast import add_administrators, add_partners
from tests.factories.complaints import LEGAL, MANAGERS, REPORT, Case, add_people
from tests.factories.moments import move_clock
from tests.factories.portals import Portal
from tests.factories.routes import Route, routes_of

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
# What differs between any two answers: moments, tokens of forms and pages, ids, and numbers of rows.
_CHANGING = re.compile(
    r'name="(?:csrf|submission|kept|draft|opened)" value="[^"]*"|nonce="[^"]*"|\d{1,2}:\d{2}(?::\d{2})?'
    r"|\d+ (?:秒|分钟|小时)"
    r"|T\d{2}:\d{2}:\d{2}[^\"<]*|[?&](?:before|cursor)=[^\"&]*|[0-9a-f-]{12,}"
    r'|="[\d.]+%"'
)
NOT_PAGES = re.compile(r".*(?:/events|openapi|/metrics|/healthz|/readyz|template|favicon|phone/qr).*")
# Every look is a row of the trail, which the next look at the trail shows; an account says when a token was used.
OF_THE_TRAIL = re.compile(r"(?:/api/v1)?/(?:review|audit|insights).*|/admin/system|/account")


def walked(portal: Portal, clients: tuple[Any, Any], role: str, values: dict[str, str]) -> dict[str, tuple[int, str]]:
    """Status and text of every GET that this person may send, in a browser and with a token."""
    (page, api), found = clients, {}
    for route in routes_of(portal.app):
        if "GET" not in route.methods or NOT_PAGES.fullmatch(route.path):
            continue
        is_staff = any(isinstance(call, Requires) for call in route.guards)
        if is_staff and role not in (expected("GET", route.path) or ()):
            continue
        path = _path(route, values)
        if path is None:
            continue
        answer = (api if route.is_api else page).get(path)
        found[f"{'API ' if route.is_api else ''}{path}"] = (answer.status_code, _plain(answer.text))
    return found


def _difference(one: tuple[int, str], other: tuple[int, str]) -> tuple[Any, ...]:
    place = next((at for at, (a, b) in enumerate(zip(one[1], other[1], strict=False)) if a != b), -1)
    return one[0], other[0], one[1][max(0, place - 60) : place + 60], other[1][max(0, place - 60) : place + 60]


def _path(route: Route, values: dict[str, str]) -> str | None:
    names = re.findall(r"\{(\w+)", route.path)
    if any(name not in values for name in names):
        return None
    return re.sub(r"\{(\w+)[^}]*\}", lambda found: values[found[1]], route.path)


def _plain(text: str) -> str:
    return _CHANGING.sub("~", text)


def _trail_of(portal: Portal, name: str) -> Any:
    """The rows of the trail that this person reads, but for those of the reading itself."""
    rows = portal.api(name).get("/api/v1/audit?limit=500").json()["items"]
    own = ("audit:view", "session:sign-in", "token:add", "ticket:view", "user:change", "collaboration:view")
    own += ("score:draft",)  # of the worker's round, with or without a complaint
    return [(row["action"], row["ticket"], row["user"]) for row in rows if row["action"] not in own]


@pytest.mark.parametrize(("name", "role"), [("alice", "engineer"), ("mona", "lead")])
def test_whoever_is_complained_of_gets_the_same_answers(portal, monkeypatch, name, role):
    """An engineer who owned the ticket, and a 客服经理 who answered on it."""
    runtime = portal.runtime
    add_people(runtime, {**MANAGERS, "mia": ("lead", "manager", "米经理")} | LEGAL)
    desk = Desk(runtime)
    desk.act(CLAIM)
    desk.act(REPLY, "mona", text="正在查看，请您稍候")
    values = {"number": desk.number, "queue": "general", "position": "1", "year": "2026", "kind": "general"}
    clients = (portal.signed_in(name), portal.api(name))
    run_once(runtime)  # what a round of the worker tells without a complaint
    walked(portal, clients, role, values)  # what a first look alone changes: notices that are seen, and the like
    before, rows = walked(portal, clients, role, values), _trail_of(portal, name) if role == "lead" else []
    case = Case.by_clinic(runtime, desk.ticket.id)
    assert case.user(name).id in {one.user_id for one in _subjects(portal)}
    case.act("flags", "max", is_grave=True, is_legal=True)
    case.bring_to(S.ANSWERED, owner="max", other="mia")
    run_once(runtime)
    move_clock(monkeypatch, seconds=1)
    after = walked(portal, clients, role, values)
    assert len(before) > (40 if role == "lead" else 25)
    seen = {
        path: _difference(before[path], after[path])
        for path in before
        if before[path] != after[path] and not OF_THE_TRAIL.fullmatch(path.removeprefix("API "))
    }
    assert seen == {}
    assert [path for path in after if case.number in after[path][1]] == []
    if role == "lead":
        assert _trail_of(portal, name) == rows
    for path in (f"/complaints/{case.number}", f"/track/{case.number}"):
        assert portal.signed_in(name).get(path).status_code in (303, 404)
    for who in ("max", "mia"):
        assert portal.signed_in(who).get(f"/complaints/{case.number}").status_code == 200


def test_whoever_took_a_later_call_must_not_know(portal):
    """Also if the record is internal and nobody else ever reads it."""
    desk = Desk(portal.runtime)
    desk.act(CALL, "agnes", channel="phone", text="又打来问")
    case = Case.by_clinic(portal.runtime, desk.ticket.id)
    assert case.user("agnes").id in {one.user_id for one in _subjects(portal)}


def test_a_lawyer_of_any_role_reads_the_legal_ones_and_nobody_else_without_a_part_finds_any(portal):
    """法务联系人 is a tick on any person (DESK 0.4): it opens 涉法 cases, and nothing without it."""
    runtime = portal.runtime
    add_people(runtime, MANAGERS)
    add_administrators(runtime)
    add_partners(runtime)
    case, other = Case.for_caller(runtime, "agnes", is_legal=True), Case.for_caller(runtime, "agnes")
    people = ("alice", "sybil", "audrey", "petra")
    for name in people:
        for path in (f"/complaints/{case.number}", "/complaints", "/insights/complaints"):
            assert portal.signed_in(name).get(path).status_code == 404, (name, path)
            assert portal.api(name).get(f"/api/v1/complaints/{case.number}").status_code == 404, name
    with runtime.database.transaction() as session:
        session.execute(update(User).where(User.username.in_(people)).values(duties=["legal"]))
    for name in people:
        browser = portal.signed_in(name)
        assert browser.get(f"/complaints/{case.number}").status_code == 200, name
        assert browser.get(f"/complaints/{other.number}").status_code == 404, name
        assert portal.api(name).get(f"/api/v1/complaints/{case.number}").status_code == 200, name


def test_the_walk_would_see_a_trace(portal):
    """Somebody who is no subject does see it."""
    add_people(portal.runtime, MANAGERS)
    desk = Desk(portal.runtime)
    values = {"number": desk.number, "queue": "general", "position": "1", "year": "2026", "kind": "general"}
    clients = (portal.signed_in("mona"), portal.api("mona"))
    before = walked(portal, clients, "lead", values)
    case = Case.by_clinic(portal.runtime, desk.ticket.id)
    after = walked(portal, clients, "lead", values)
    seen = {path for path in after if case.number in after[path][1]}
    assert {"/complaints", "API /api/v1/complaints", "/account/notices", "/desk/today"} <= seen, seen
    assert before["/complaints"] != after["/complaints"]


def test_with_nobody_left_an_administrator_names_a_person(portal):
    runtime = portal.runtime
    add_people(runtime, {"mona": MANAGERS["mona"]})
    case = Case.for_caller(runtime, "agnes", subjects=("mona", "agnes"))
    ada = portal.signed_in("ada")
    assert case.number in ada.get("/account/notices").text and case.number in ada.get("/complaints").text
    page = ada.get(f"/complaints/{case.number}")
    assert page.status_code == 200 and "孙主管" in page.text and "何经理" not in page.text and "挂断" not in page.text
    token = re.search(r'name="csrf" value="([^"]+)"', page.text)[1]
    data = {"csrf": token, "version": str(case.row.version), "handler": "leo"}
    assert ada.post(f"/complaints/{case.number}/handler", data=data).status_code == 303
    assert ada.get(f"/complaints/{case.number}").status_code == 404
    case.act("judgement", "leo", verdict="not_upheld", grounds="核对过", reply="请您谅解")
    case.act("answer", "leo", text="")
    case.act("report", "leo", **{name: text for name, text in REPORT.items()})
    assert case.row.status == "answered"


def test_a_subject_who_is_added_later_loses_what_was_told(portal):
    add_people(portal.runtime, {**MANAGERS, "mia": ("lead", "manager", "米经理")})
    case = Case.for_caller(portal.runtime, "agnes")
    assert case.number in portal.signed_in("mia").get("/account/notices").text
    case.act("subjects", "mona", user="mia")
    browser = portal.signed_in("mia")
    assert case.number not in browser.get("/account/notices").text + browser.get("/complaints").text
    case.act("subjects", "mona", user="mia", remove=True, reason="弄错了人")
    assert portal.signed_in("mia").get(f"/complaints/{case.number}").status_code == 200


def _subjects(portal: Portal) -> list[Any]:
    with portal.runtime.database.read() as session:
        return list(session.scalars(select(ComplaintSubject)))

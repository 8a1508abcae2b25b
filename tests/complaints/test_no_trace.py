"""The person complained of looks for traces through every route that can be read, before and after (DESK 5.4).

Equal answers, but for moments, tokens and what a page says of the asker's own looking.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from portal import clock, worker
from portal.acts.table import CLAIM, REPLY
from portal.complaints.names import ComplaintState as S
from portal.notify.delivery import Dispatcher
from tests.acts.desk import Desk
from tests.architecture.expected_rights import expected
from tests.factories.browsers import PlainBrowser
from tests.factories.cast import actor
from tests.factories.complaints import CANARIES, MANAGERS, PHONE, Case, add_people
from tests.factories.portals import Portal, post
from tests.factories.reports import file_report
from tests.factories.routes import Route, routes_of

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
NOBODY = "00000000-0000-0000-0000-000000000007"
OTHERS = {"mia": ("lead", "manager", "苗经理"), "lola": ("agent", "legal", "法务小罗")}
# Whoever answered is a subject: alice owns the ticket, mona spoke on it. The others have no part in the case.
SUBJECTS, STRANGERS = ("alice", "mona"), ("leo", "agnes")
# Tokens, and ids of what looking itself has made; the clock stands still.
_MOVING = (r'(?:value|content|href|src|nonce|data-[a-z-]+)="[^"]*"', r"[0-9a-f]{16,}", r'"cursor":[^,}]*')
# What a person has looked at is listed here, and so changes by the walk itself.
_OWN_LOOKS = re.compile(r"(?:/api/v1)?/(?:review|audit|admin/system|metrics|account|notices|insights)(?:/.*)?")


@dataclass
class Walk:
    """The answers of one person, by method and address."""

    browser: PlainBrowser
    api: PlainBrowser
    role: str
    routes: list[Route]
    values: dict[str, str]
    raw: dict[str, str] = field(default_factory=dict)

    def go(self) -> dict[str, str]:
        self.raw = {}
        for route in self.routes:
            if "GET" not in route.methods or self.role not in (expected("GET", route.path) or {self.role}):
                continue
            path = re.sub(r"\{(\w+)(?::\w+)?\}", lambda name: self.values.get(name[1], NOBODY), route.path)
            if path.endswith(("/events", "/picture")):
                continue
            answer = (self.api if route.is_api else self.browser).get(path)
            self.raw[path] = f"{answer.status_code} {answer.headers.get('location', '')} {answer.text}"
        return {path: _still(text) for path, text in self.raw.items()}


def _still(text: str) -> str:
    for pattern in _MOVING:
        text = re.sub(pattern, "·", text)
    return text


@pytest.fixture
def walks(portal: Portal) -> dict[str, Walk]:
    runtime = portal.runtime
    add_people(runtime, MANAGERS | OTHERS)
    desk, other = Desk(runtime), Desk(runtime, file_report(runtime).number)
    desk.act(CLAIM)
    desk.act(REPLY, text="正在查看，请稍等")
    desk.act(REPLY, "mona", text="已请工程师加快处理")
    other.act(CLAIM, "bob")
    values = {"number": desk.number, "queue": "general", "position": "1", "year": "2026", "act": "confirmation"}
    found = {}
    for name, role in {"alice": "engineer", "mona": "lead", "leo": "lead", "agnes": "agent"}.items():
        found[name] = Walk(portal.signed_in(name), portal.api(name), role, routes_of(portal.app), values)
    return found


def same(before: dict[str, str], noise: dict[str, str], after: dict[str, str]) -> list[str]:
    """The addresses whose answer a complaint has changed, among those that stand still by themselves."""
    still = [
        path for path in before if before[path] == noise[path] and not _OWN_LOOKS.fullmatch(path.partition("?")[0])
    ]
    assert len(still) > 40, sorted(set(before) - set(still))
    return [f"{path}: {_first_change(before[path], after[path])}" for path in still if before[path] != after[path]]


def _first_change(before: str, after: str) -> str:
    place = next((at for at, (one, two) in enumerate(zip(before, after, strict=False)) if one != two), 0)
    return f"{before[place - 60 : place + 60]!r} became {after[place - 60 : place + 60]!r}"


def traces(walk: Walk, number: str) -> list[str]:
    words = (number, *CANARIES)
    return [path for path, text in walk.raw.items() if any(word in text for word in words)]


def test_the_person_complained_of_finds_no_trace(
    portal: Portal, walks: dict[str, Walk], monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime, number = portal.runtime, walks["alice"].values["number"]
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    _work(portal)  # what a round of the worker tells without a complaint
    before = {name: walk.go() for name, walk in walks.items()}
    noise = {name: walk.go() for name, walk in walks.items()}
    desk = Desk(runtime, number)
    version, lines = desk.ticket.version, len(desk.entries())

    case = Case.by_clinic(runtime, desk.ticket.id)
    _work(portal)
    for name in (*SUBJECTS, *STRANGERS):
        after = walks[name].go()
        assert same(before[name], noise[name], after) == [], name
        assert traces(walks[name], case.number) == [], name

    case.bring_to(S.ANSWERED, owner="max", other="mia")
    case.act("flags", "max", is_grave="true", is_legal="true")
    _work(portal)
    for name in SUBJECTS:
        after = walks[name].go()
        assert same(before[name], noise[name], after) == [], name
        assert traces(walks[name], case.number) == [], name
    assert (desk.ticket.version, len(desk.entries())) == (version, lines)
    _ask_by_number(portal, walks, case)


def _work(portal: Portal) -> None:
    worker.deliver(portal.runtime, Dispatcher(portal.runtime.database, [], ""))


def _ask_by_number(portal: Portal, walks: dict[str, Walk], case: Case) -> None:
    """Every address of a number with the real one and with one that does not exist; reading and writing."""
    absent = "TS2020019999"
    for name in SUBJECTS:
        walk = walks[name]
        token = re.search(r'name="csrf" value="([^"]+)"', walk.browser.get("/account").text)
        for route in walk.routes:
            if "{number}" not in route.path:
                continue
            for method in route.methods:
                real, none = (
                    _sent(walk, route, method, token[1] if token else "", one) for one in (case.number, absent)
                )
                assert real == none, (name, method, route.path)


def _sent(walk: Walk, route: Route, method: str, token: str, number: str) -> tuple[int, str]:
    path = re.sub(r"\{(\w+)(?::\w+)?\}", lambda name: number if name[1] == "number" else NOBODY, route.path)
    client = walk.api if route.is_api else walk.browser
    fields = {
        "version": 1, "text": "我们核对过了这件事", "verdict": "upheld", "handler": "alice", "field": "contact_phone",
        "reason": "要打电话核实", "name": "王测三", "passed": True,
    }  # fmt: skip
    if method == "GET":
        answer = client.get(path)
    elif route.is_api:
        answer = client.post(path, json=fields)
    else:
        answer = client.post(path, data={"csrf": token, **fields})
    return answer.status_code, _still(answer.text.replace(number, "TS"))


def test_searches_by_the_complainants_phone_find_nothing(portal: Portal, walks: dict[str, Walk]) -> None:
    runtime = portal.runtime
    desk = Desk(runtime, walks["alice"].values["number"])
    empty = [_searched(portal, name) for name in ("alice", "leo")]
    case = Case.by_clinic(runtime, desk.ticket.id)
    assert [_searched(portal, name) for name in ("alice", "leo")] == empty
    page = post(portal.signed_in("leo"), "/review", "/review/values", value=PHONE)
    found = portal.signed_in("leo").get(page.headers["location"]).text if page.status_code == 303 else page.text
    assert case.number not in found
    assert actor(runtime, "leo").user_id  # a lead without the duty


# Doors that the walk above does not take: other methods, filters, sorts, search words, exports with their filters.
_METHODS = ("/tickets/{number}", "/complaints/{case}", "/api/v1/complaints/{case}", "/queues/general", "/desk/today")
_ASKED = (
    "q={case}", "q=投诉", "q=挂断电话", "state=closed", "state=awaiting_confirmation", "turn=us", "turn=nobody",
    "clock=paused", "clock=overdue", "sort=turn", "sort=due", "sort=urgency", "urgency=urgent", "channel=yxt",
    "request_type=help", "owner=alice", "first_owner=alice", "coordination=general", "origin=external",
    "scope=single", "limit=1", "archived=true", "queue=all&q=TS", "institution=高唐县", "level=village",
)  # fmt: skip
_TABLES = ("calls", "follow-ups", "problems", "scores", "dissatisfactions", "call-backs", "tickets")
_PAGES = (
    "/queues/general?q={case}", "/queues/general?state=all&turn=nobody", "/desk/day-end?date={day}", "/desk/board",
    "/call-backs?state=open", "/call-backs?cause=complaint", "/collaborations?state=dispatched", "/account/notices",
    "/knowledge?q={case}", "/institutions?q=TS", "/insights/complaints", "/insights/tables",
    "/api/v1/notices", "/api/v1/alerts", "/api/v1/today", "/api/v1/call-backs?state=open&limit=200",
    "/api/v1/collaborations?limit=200", "/api/v1/day-end?date={day}", "/api/v1/audit?action=complaint:registered",
    "/api/v1/audit?user=alice", "/api/v1/deliveries", "/api/v1/complaints?state=judging",
)  # fmt: skip


def test_no_other_method_filter_or_export_tells_of_it(
    portal: Portal, walks: dict[str, Walk], monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime, number = portal.runtime, walks["alice"].values["number"]
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    _work(portal)
    absent = "TS2020019999"
    before = {name: _asked_elsewhere(walks[name], number, absent) for name in SUBJECTS}
    noise = {name: _asked_elsewhere(walks[name], number, absent) for name in SUBJECTS}
    case = Case.by_clinic(runtime, Desk(runtime, number).ticket.id)
    case.bring_to(S.JUDGING, owner="max", other="mia")
    case.act("flags", "max", is_grave="true", is_legal="true")
    _work(portal)
    assert case.number in portal.api("max").get("/api/v1/complaints?state=judging").text, "whoever may know is told"
    for name in SUBJECTS:
        after = _asked_elsewhere(walks[name], number, case.number)
        still = [door for door in before[name] if before[name][door] == noise[name][door]]
        assert len(still) > 50, sorted(set(before[name]) - set(still))
        changed = [door for door in still if before[name][door] != after[door]]
        assert [f"{door}: {_first_change(before[name][door], after[door])}" for door in changed] == [], name
        assert [door for door, text in after.items() if any(word in text for word in CANARIES)] == [], name


def _asked_elsewhere(walk: Walk, number: str, case: str) -> dict[str, str]:
    """By door, with the case's number left out: the real one must be answered as one that does not exist."""
    day, found = f"{clock.china_today():%Y-%m-%d}", {}

    def note(door: str, answer: Any) -> None:
        told = f"{answer.status_code} {answer.headers.get('allow', '')} "
        found[door] = _still(told + answer.text).replace(case, "TS")

    for path in _METHODS:
        for method in ("HEAD", "OPTIONS", "DELETE", "PUT"):
            client = walk.api if path.startswith("/api") else walk.browser
            note(f"{method} {path}", client.request(method, path.format(number=number, case=case)))
    for asked in _ASKED:
        note(f"tickets?{asked}", walk.api.get(f"/api/v1/tickets?queue=general&{asked}".format(case=case)))
    for path in _PAGES:
        client = walk.api if path.startswith("/api") else walk.browser
        note(path, client.get(path.format(case=case, day=day)))
    for table in _TABLES:
        body = {"from": day, "to": day, "reason": "核对当天的记录"}
        note(f"export {table}", walk.api.post(f"/api/v1/exports/{table}.csv", json=body))
    return found


def _searched(portal: Portal, name: str) -> list[str]:
    client = portal.api(name)
    return [
        _still(client.post("/api/v1/tickets/search", json={"contact_phone": PHONE}).text),
        _still(client.get("/api/v1/tickets", params={"q": "挂断电话"}).text),
        _still(client.get("/api/v1/tickets", params={"q": "TS2026"}).text),
    ]

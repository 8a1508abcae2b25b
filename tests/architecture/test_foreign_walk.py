"""Everything of the other queue that really exists, asked for by everybody of this queue, through every route.

Real pictures, covers, drafts, requests, contacts: an address of something that does not exist proves nothing.
"""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal import clock
from portal.accounts import users
from portal.accounts.guard import Requires
from portal.acts.models import ReplyDraft
from portal.acts.reply_drafts import ASK_DRAFT
from portal.acts.table import CLAIM
from portal.audit.actor import SYSTEM, clinic
from portal.collaboration.dispatching import DISPATCH_TO
from portal.db import Base
from portal.disclosure import break_glass, picture_redaction
from portal.follow_up import ratings
from portal.follow_up.models import Dissatisfaction
from portal.kpi.score.quality_models import QualityMark, QualitySample
from portal.notify import outbox
from portal.notify.events import Event
from portal.notify.models import StaffNotice
from portal.reports.models import Report
from portal.screenshots.models import PictureRedaction, Screenshot
from portal.tickets.models import Ticket
from tests.acts.desk import Desk
from tests.architecture.expected_rights import expected
from tests.factories.articles import TEXT, Shelf
from tests.factories.browsers import PlainBrowser
from tests.factories.call_backs import call_back as call_back_about
from tests.factories.call_backs import resolved_ticket
from tests.factories.cast import DEPARTMENT, actor, add_partners, password_of
from tests.factories.collaborations import ASKED
from tests.factories.desk_filing import desk_fields, open_form, pictures, send
from tests.factories.known_issues import add_issue, follow
from tests.factories.pictures import whole_screen
from tests.factories.portals import Portal, csrf_of
from tests.factories.reports import file_report
from tests.factories.routes import Route, routes_of
from tests.factories.scores import drafts_of_last_month

# Of 日常 only; `leo` and `hanna` are the others, whose things these are.
HERE = {"alice": "engineer", "agneta": "agent", "lars": "lead"}
ABSENT = str(uuid.UUID(int=7))
NOWHERE = {
    "number": "HIS2020010001", "screenshot_id": ABSENT, "cover_id": ABSENT, "request_id": ABSENT, "issue_id": ABSENT,
    "draft_id": ABSENT, "picture_id": ABSENT, "notice_id": ABSENT, "position": "1", "queue": "nowhere",
    "draft": ABSENT, "alert_id": ABSENT, "offer": ABSENT, "user_id": ABSENT, "call_back_id": ABSENT,
    "campaign_id": ABSENT, "row_id": ABSENT, "month": "2026-01", "username": "hanna", "user": "hanna",
    "sample_id": ABSENT, "table": "problems",
}  # fmt: skip
# Walked elsewhere: their objects belong to no queue.
ELSEWHERE = re.compile(
    r".*\{seq\}.*|.*/calendar/.*|/admin.*|(?:/api/v1)?/institutions.*|/previous-systems.*|/modules.*|/phrases.*"
    r"|/account/score.*|/api/v1/scores/\{month\}(?:/me.*)?"
    r"|/review/samples.*|/review/people/.*|/dissatisfactions/stages.*|(?:/api/v1)?/insights/(?:weekly|monthly)/.*"
)
UNTOUCHED_BY_READING = ("audit_events", "audit_head", "attempt_counters", "staff_sessions", "api_tokens")
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@dataclass
class Foreign:
    """What the other queue holds, by the name of the parameter that asks for it."""

    portal: Portal
    values: dict[str, str]
    own: str  # a ticket of this queue

    @classmethod
    def made(cls, portal: Portal) -> "Foreign":
        runtime = portal.runtime
        with runtime.database.transaction() as session:
            for name, role in HERE.items():
                if name != "alice":
                    users.add_user(
                        session, SYSTEM, username=name, password=password_of(name), role=role, queues=["general"],
                        display_name=f"{name}工",
                    )  # fmt: skip
        desk = Desk(runtime, file_report(runtime, "his").number)
        desk.act(CLAIM, "hanna")
        with runtime.database.read() as session:
            picture = session.scalars(select(Screenshot.id).where(Screenshot.owner_id == desk.ticket.report_id)).one()
        desk.act(ASK_DRAFT, "hanna", text="请更换读卡器后重试")
        add_partners(runtime, DEPARTMENT)
        collaboration = desk.act(DISPATCH_TO, "hanna", **ASKED, department=DEPARTMENT).answer["collaboration"]
        picture_redaction.add(runtime, actor(runtime, "hanna"), desk.number, picture, (0, 0, 30, 30))
        with runtime.database.read() as session:
            cover = session.scalars(select(PictureRedaction.id)).one()
            reply_draft = session.scalars(select(ReplyDraft.id)).one()
        asked = (
            break_glass.ask(runtime, actor(runtime, "leo"), desk.number, "login_password", "今晚上报")
            if (cls._second_lead(portal))
            else uuid.UUID(int=7)
        )
        solved = resolved_ticket(runtime, kind="his", owner="hanna")
        call_back = call_back_about(runtime, solved)
        issue = add_issue(runtime, queues=("his",))
        contact = follow(runtime, issue)
        draft, draft_picture = cls._draft(portal)
        own = Desk(runtime, file_report(runtime).number)
        own.act(CLAIM)
        return cls(portal, {
            "number": desk.number, "screenshot_id": str(picture), "cover_id": str(cover), "request_id": str(asked),
            "issue_id": str(issue.id), "contact": contact.number,
            "collaboration": collaboration, "article": cls._article(portal),
            "draft_id": draft, "picture_id": draft_picture,
            "notice_id": cls._notice(portal, desk.number), "position": "1", "queue": "his",
            "draft": str(reply_draft), "alert_id": ABSENT, "offer": ABSENT, "user_id": ABSENT,
            "call_back_id": str(call_back.id), "campaign_id": ABSENT, "row_id": cls._analysis(portal, solved),
            "month": drafts_of_last_month(runtime).name, "username": "hanna", "user": "hanna",
            "sample_id": cls._sample(portal, desk.ticket), "table": "problems",
        }, own.number)  # fmt: skip

    @staticmethod
    def _notice(portal: Portal, number: str) -> str:
        """What the owner over there was told."""
        with portal.runtime.database.transaction() as session:
            outbox.add(session, Event.SUPPLEMENTED, number)
            return str(session.scalars(select(StaffNotice.id).where(StaffNotice.number == number)).first())

    @staticmethod
    def _sample(portal: Portal, ticket: Ticket) -> str:
        """A reply of the other queue that a lead looks at."""
        leo, hanna = (actor(portal.runtime, name) for name in ("leo", "hanna"))
        sample = QualitySample(
            month="2026-01", user_id=hanna.user_id, drawn_by_id=leo.user_id, drawn_by_name="孙主管",
            drawn_at=clock.now(), seed="ab12", size=1, population=1,
        )  # fmt: skip
        mark = QualityMark(position=1, entry_id=uuid.uuid4(), ticket_id=ticket.id, number=ticket.number)
        with portal.runtime.database.transaction() as session:
            session.add(sample)
            session.flush()
            mark.sample_id = sample.id
            session.add(mark)
            return str(sample.id)

    @staticmethod
    def _article(portal: Portal) -> str:
        """One of the other queue, published."""
        shelf = Shelf(portal.runtime)
        shelf.publish(replace(TEXT, queue="his"))
        return shelf.number

    @staticmethod
    def _analysis(portal: Portal, ticket: Ticket) -> str:
        """Of a result over there that did not satisfy."""
        answer = ratings.read_score("2", "slow", "")
        ratings.give(portal.runtime, clinic(), ticket.id, 1, answer, ratings.Way.PAGE, None)
        with portal.runtime.database.read() as session:
            return str(session.scalars(select(Dissatisfaction.id)).one())

    @staticmethod
    def _second_lead(portal: Portal) -> bool:
        with portal.runtime.database.transaction() as session:
            users.add_user(
                session, SYSTEM, username="lena", password=password_of("lena"), role="lead", queues=["his"],
                display_name="吴主管",
            )  # fmt: skip
        return True

    @staticmethod
    def _draft(portal: Portal) -> tuple[str, str]:
        """What agnes has begun to write for a clinic, with a picture."""
        agnes = portal.signed_in("agnes")
        address, token = open_form(agnes)
        fields = desk_fields(kind="his") | {"action": "keep"}
        send(agnes, address, token, files=pictures(whole_screen()), **fields)
        draft_id = address.rsplit("/", 1)[1]
        with portal.runtime.database.read() as session:
            picture = session.scalars(select(Screenshot.id).where(Screenshot.owner_id == uuid.UUID(draft_id))).first()
        return draft_id, str(picture or ABSENT)

    def path(self, route: Route, values: dict[str, str]) -> str:
        named = dict(values)
        if route.path.startswith("/known-issues/contacts/"):
            contact = self.values["contact"]  # the absent one is as long: pages name what was asked for
            named["number"] = contact if values is self.values else re.sub("[0-9]", "0", contact)
        if "/collaborations/{number}" in route.path:
            is_here = values is self.values
            named["number"] = values["collaboration"] if is_here else re.sub("[0-9]", "0", self.values["collaboration"])
        if route.path.removeprefix("/api/v1").startswith(("/knowledge/{number}", "/articles/{number}")):
            is_here = values is self.values
            named["number"] = values["article"] if is_here else re.sub("[0-9]", "0", self.values["article"])
        return re.sub(r"\{(\w+)\}", lambda field: named[field[1]], route.path)


@pytest.fixture
def foreign(portal: Portal) -> Foreign:
    return Foreign.made(portal)


def walked(portal: Portal, role: str) -> Iterator[tuple[str, Route]]:
    """Every route with something of a queue in its address that this role may open."""
    for route in routes_of(portal.app):
        method = sorted(route.methods)[0]
        if not any(isinstance(call, Requires) for call in route.guards) or ELSEWHERE.fullmatch(route.path):
            continue
        if "{" in route.path and role in (expected(method, route.path) or ()):
            yield method, route


_TOMORROW = "tomorrow"  # stands for that moment
_RECORDS_THERE = {"from": "2026-01-01", "to": "2099-12-31", "queue": "his"}
_ASKED_BY: dict[str, dict[str, Any]] = {  # beside or instead of what all are sent
    "/links": {"kind": "related", "number": "RC2020010001"},
    "/links/removal": {"kind": "related", "number": "RC2020010001"},
    "/coordination": {"coordination": "cross_province"},
    "/postponement": {"expected_at": _TOMORROW},
    "/collaborations": {"department": "信息科", "kind": "help", "ask": "请核对接口返回的内容和日志"},
    "/desk-answer": {"outcome": "told"},
    "/choice": {"approved": []},
    "/calls": {"channel": "phone"},
    "/records": {"reached": True, "solved": "yes"},
    "/promises": {"kind": "promise", "due_at": _TOMORROW},
    "/escalation/decision": {"decision": "uphold"},
    "/exports/{table}.csv": _RECORDS_THERE,
    "/exports/{table}.xlsx": _RECORDS_THERE,
}


def sent(method: str, route: Route, path: str, client: PlainBrowser, token: str) -> Any:
    """With everything that any route here could ask for."""
    body = {
        "version": 2, "text": "我们核对过了", "answer": "已核对",
        "message": "请写清楚", "reason": "排查登录", "fields": ["form_name"],
        "assignee": "alice", "urgency": "urgent", "into": "RC2020010001", "passage": "随访表",
        "kind": "other", "field": "login_password", "at": _TOMORROW,
        "decision": "approve", "left": 0, "top": 0, "width": 20, "height": 20, "action": "keep", "settling": "已恢复",
        "title": "随访表报错", "cause": "正在修改", "queues": ["general"], "q": "随访", "solved": "true",
        "mode": "viewing", "way": "phone", "identity_method": "callback", "approved": True, "key": "id_number",
        "numbers": [], "passed": True, "origin": "internal", "scale": "s3",
        "label": "满意",
    }  # fmt: skip
    for ending, more in _ASKED_BY.items():
        if route.path.endswith(ending):
            body |= more
    tomorrow = (clock.now() + timedelta(days=1)).isoformat()
    body = {name: tomorrow if value is _TOMORROW else value for name, value in body.items()}
    if method == "GET":
        return client.get(path)
    if route.is_api:
        return client.post(path, json=body)
    return client.post(path, data={"csrf": token, **body})


def state(portal: Portal) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, but for what reading itself writes."""
    with portal.runtime.database.read() as session:
        return {
            table.name: sorted((tuple(map(str, row)) for row in session.execute(select(table))), key=str)
            for table in Base.metadata.sorted_tables
            if table.name not in UNTOUCHED_BY_READING
        }


@pytest.mark.parametrize("name", HERE)
def test_nothing_of_the_other_queue_opens_or_changes(portal: Portal, foreign: Foreign, name: str) -> None:
    clients = {True: portal.api(name), False: portal.signed_in(name)}
    token = csrf_of(clients[False].get("/account").text)
    before, found = state(portal), 0
    for method, route in walked(portal, HERE[name]):
        client = clients[route.is_api]
        there = sent(method, route, foreign.path(route, foreign.values), client, token)
        found += 1
        if "{draft_id}" in route.path:  # an absent one is begun by its first post
            assert there.status_code == 404, (method, route)
            continue
        nowhere = sent(method, route, foreign.path(route, NOWHERE), client, token)
        assert there.status_code == nowhere.status_code, (method, route, there.text[:200])
        assert there.status_code in (404, 303), (method, route, there.text[:200])
        if there.status_code == 404:
            assert len(there.content) == len(nowhere.content), (method, route)
        else:
            assert there.headers["location"] == nowhere.headers["location"], (method, route)
    assert found > 15
    after = state(portal)
    assert {table for table in before if before[table] != after[table]} == set()


_REASON = "/tickets/{number}/pictures/{position}/reason"  # a picture is opened for one


def _route(portal: Portal, path: str) -> Route:
    return next(route for route in routes_of(portal.app) if route.path == path)


@pytest.mark.parametrize("name", ["hanna", "leo"])
def test_the_same_addresses_open_for_their_own_people(portal: Portal, foreign: Foreign, name: str) -> None:
    """Otherwise the walk could ask for things that are not there."""
    role = {"hanna": "engineer", "leo": "lead"}[name]
    clients = {True: portal.api(name), False: portal.signed_in(name)}
    sent("POST", _route(portal, _REASON), foreign.path(_route(portal, _REASON), foreign.values), clients[False],
         csrf_of(clients[False].get("/account").text))  # fmt: skip
    opened = {
        route.path
        for method, route in walked(portal, role)
        if method == "GET" and clients[route.is_api].get(foreign.path(route, foreign.values)).status_code == 200
    }
    wanted = {
        "hanna": {
            "/tickets/{number}", "/api/v1/tickets/{number}", "/queues/{queue}", "/known-issues/{issue_id}",
            "/tickets/{number}/screenshots/{screenshot_id}", "/tickets/{number}/previews/{screenshot_id}",
            "/api/v1/tickets/{number}/screenshots/{screenshot_id}", "/tickets/{number}/pictures/{position}",
            "/known-issues/contacts/{number}", "/knowledge/{number}", "/api/v1/articles/{number}",
        },
        "leo": {
            "/tickets/{number}", "/review/tickets/{number}", "/review/tickets/{number}/previews/{screenshot_id}",
            "/queues/{queue}", "/known-issues/{issue_id}",
        },
    }[name]  # fmt: skip
    assert wanted <= opened, wanted - opened


def test_an_own_ticket_does_not_go_into_the_other_queues(portal: Portal, foreign: Foreign) -> None:
    api = portal.api("alice")
    version = api.get(f"/api/v1/tickets/{foreign.own}").json()["version"]
    body = {"version": version, "into": foreign.values["number"]}
    there = api.post(f"/api/v1/tickets/{foreign.own}/merge", json=body)
    nowhere = api.post(f"/api/v1/tickets/{foreign.own}/merge", json=body | {"into": NOWHERE["number"]})
    assert (there.status_code, nowhere.status_code) == (422, 422)
    assert there.json()["errors"] == nowhere.json()["errors"]


def test_a_picture_of_the_other_queue_is_not_opened_through_an_own_ticket(portal: Portal, foreign: Foreign) -> None:
    clients = {True: portal.api("alice"), False: portal.signed_in("alice")}
    token = csrf_of(clients[False].get("/account").text)
    mixed = foreign.values | {"number": foreign.own}
    seen = 0
    for method, route in walked(portal, "engineer"):
        if "{number}" in route.path and len(re.findall(r"\{\w+_id\}", route.path)) == 1:
            answer = sent(method, route, foreign.path(route, mixed), clients[route.is_api], token)
            assert answer.status_code == 404, (method, route, answer.status_code)
            seen += 1
    assert seen >= 5


def test_the_report_behind_it_stays_as_it_was(portal: Portal, foreign: Foreign) -> None:
    with portal.runtime.database.read() as session:
        assert len(session.scalars(select(Report)).all()) == 3

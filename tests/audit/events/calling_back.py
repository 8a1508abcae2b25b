"""Call-backs and campaigns."""

import uuid
from datetime import timedelta

from portal import clock
from portal.audit.tags import Tag
from portal.follow_up.call_backs.models import CallBack
from portal.follow_up.campaigns.models import Campaign
from tests.api.calls import V1
from tests.audit.events.scene import Scene, Told, event
from tests.factories.call_backs import call_back, resolved_ticket
from tests.factories.directories import add_entry


def opened(scene: Scene) -> CallBack:
    with scene.before():
        ticket = resolved_ticket(scene.runtime)
        scene.subject = ticket.number
        return call_back(scene.runtime, ticket)


def act(scene: Scene, who: str, row: CallBack, name: str, /, **body: object) -> Told:
    answer = scene.api(who).post(f"{V1}/call-backs/{row.id}/{name}", json={"version": row.version, **body})
    assert answer.is_success, answer.text
    return {"call_back": row.number}


@event(Tag.CALL_BACK_VIEWED, "agnes", ticket=True)
def _(scene: Scene) -> Told:
    row, agnes = opened(scene), scene.api("agnes")
    assert agnes.get(f"{V1}/call-backs/{row.id}").is_success
    return {"call_back": row.number}


@event(Tag.CALL_BACK_MADE, "agnes", ticket=True)
def _(scene: Scene) -> Told:
    with scene.before():
        entry = add_entry(scene.runtime)
    at = clock.in_china(clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    made = scene.post("agnes", "/call-backs/new", "/call-backs", institution=entry.name, at=at, asked="培训的时间")
    call_back_id = uuid.UUID(made.headers["location"].partition("?")[0].rsplit("/", 1)[1])
    with scene.runtime.database.read() as session:
        scene.subject = session.get_one(CallBack, call_back_id).number
    return {"call_back": scene.subject}


@event(Tag.CALL_BACK_RECORDED, "agnes", ticket=True)
def _(scene: Scene) -> Told:
    row = opened(scene)
    return {**act(scene, "agnes", row, "records", reached=True, level="satisfied"), "reached": True}


@event(Tag.CALL_BACK_ASSIGNED, "agnes", ticket=True)
def _(scene: Scene) -> Told:
    row = opened(scene)
    return {**act(scene, "agnes", row, "assignment", assignee="bob"), "to": "bob"}


@event(Tag.CALL_BACK_APPOINTED, "agnes", ticket=True)
def _(scene: Scene) -> Told:
    row = opened(scene)
    at = clock.in_china(row.due_at + timedelta(days=1)).isoformat(timespec="minutes")
    return {**act(scene, "agnes", row, "appointment", at=at), "call_back_due": at}


@event(Tag.CALL_BACK_WITHDRAWN, "leo", ticket=True)
def _(scene: Scene) -> Told:
    row = opened(scene)
    return act(scene, "leo", row, "withdrawal", text="机构来过了")


def campaign(scene: Scene) -> str:
    with scene.before():
        add_entry(scene.runtime)
        leo = scene.api("leo")
    today = clock.china_today().isoformat()
    body = {"title": "秋季回访", "size": 5, "starts_on": today, "ends_on": today, "callers": ["agnes"]}
    made = leo.post(f"{V1}/campaigns", json=body)
    assert made.is_success, made.text
    return str(made.json()["id"])


@event(Tag.CAMPAIGN_MADE, "leo")
def _(scene: Scene) -> Told:
    campaign(scene)
    return {"campaign": "秋季回访", "call_backs": 1}


@event(Tag.CAMPAIGN_VIEWED, "leo")
def _(scene: Scene) -> Told:
    with scene.before():
        made = campaign(scene)
    assert scene.api("leo").get(f"{V1}/campaigns/{made}").is_success
    with scene.runtime.database.read() as session:
        return {"campaign": session.get_one(Campaign, uuid.UUID(made)).title}

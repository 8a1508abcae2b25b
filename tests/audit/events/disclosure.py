"""Who saw a sealed value or a picture, who asked to, and who was refused."""

import uuid

from sqlalchemy import select, text

from portal.audit.tags import Tag
from portal.disclosure.models import BreakGlassRequest
from tests.api.calls import V1, act
from tests.audit.events.scene import TYPED_NUMBER, Scene, Told, event
from tests.factories.reports import general_fields
from tests.factories.ticket_pages import say_why

WHY = "负责人休假，机构今天要上报"
FIELD = "login_password"


def reveal(scene: Scene, name: str, expected: int = 200, reason: str = "核对数据", field: str = FIELD) -> None:
    number = scene.number
    answer = act(scene.api(name), number, "reveals", field=field, reason=reason)
    assert answer.status_code == expected, answer.text


@event(Tag.FIELD_REVEALED, "alice", ticket=True, field=FIELD, reason="核对 372***********0667")
def _(scene: Scene) -> None:
    number = scene.number
    answer = act(scene.api("alice"), number, "reveals", field=FIELD, reason=f"核对 {TYPED_NUMBER}")
    assert answer.json()["value"] == general_fields()[FIELD]


@event(Tag.REVEAL_REFUSED, "bob", ticket=True, field=FIELD, reason="核对数据", fails=True)
def _(scene: Scene) -> None:
    reveal(scene, "bob", expected=403)


def exhaust(scene: Scene) -> None:
    scene.portal.change_settings(reveals_per_hour=1)
    scene.runtime = scene.portal.runtime
    with scene.before():
        reveal(scene, "alice", field="id_number")  # one value counts once


@event(Tag.REVEAL_ALARM, "alice", ticket=True, fails=True, rows=(Tag.REVEAL_ALARM, Tag.REVEAL_REFUSED))
def _(scene: Scene) -> Told:
    exhaust(scene)
    reveal(scene, "alice", expected=429)
    return {"hourly_limit": 1}


@event(Tag.REVEAL_REFUSED, "alice", ticket=True, field=FIELD, reason="核对数据", fails=True)
def _(scene: Scene) -> Told:
    exhaust(scene)
    with scene.before():
        reveal(scene, "alice", expected=429)
    reveal(scene, "alice", expected=429)
    return {"is_over_quota": True}


@event(
    Tag.SEAL_BROKEN, "alice", ticket=True, field="contact_phone", fails=True, rows=(Tag.FIELD_REVEALED, Tag.SEAL_BROKEN)
)
def _(scene: Scene) -> None:
    assert scene.number
    with scene.runtime.database.transaction() as session:
        session.execute(text("UPDATE sealed_values SET field = 'contact_phone' WHERE field = 'login_password'"))
    answer = act(scene.api("alice"), scene.number, "reveals", field="contact_phone", reason="核对数据")
    assert answer.status_code >= 400


@event(Tag.PICTURE_OPENED, "alice", ticket=True, field="screenshots.0")
def _(scene: Scene) -> Told:
    picture = scene.picture()
    assert scene.api("alice").get(f"{V1}/tickets/{scene.number}/screenshots/{picture}").status_code == 200
    return {"picture": picture, "is_without_reason": True}


@event(Tag.PICTURE_OPENED, "alice", ticket=True, field="screenshots.0", reason="核对数据")
def _(scene: Scene) -> Told:
    picture = scene.picture()
    address = f"{V1}/tickets/{scene.number}/screenshots/{picture}"
    assert scene.api("alice").get(address, params={"reason": "核对数据"}).status_code == 200
    return {"picture": picture}


@event(Tag.PICTURE_REASON, "alice", ticket=True, reason="其他：机构来电催办")
def _(scene: Scene) -> None:
    page = f"/tickets/{scene.number}"
    scene.post("alice", page, f"{page}/pictures/1/reason", reason="其他", reason_text="机构来电催办")


@event(Tag.PICTURE_OPENED, "alice", ticket=True, field="screenshots.0")
def _(scene: Scene) -> Told:
    picture, alice = scene.picture(), scene.page("alice")
    with scene.before():
        say_why(alice, scene.number)
    assert alice.get(f"/tickets/{scene.number}/screenshots/{picture}?size=fit").status_code == 200
    return {"picture": picture, "is_preview": True}


@event(Tag.PICTURE_REFUSED, "hanna", ticket=True, fails=True)
def _(scene: Scene) -> None:
    picture = scene.picture()
    assert scene.api("hanna").get(f"{V1}/tickets/{scene.number}/screenshots/{picture}").status_code == 404


@event(Tag.PICTURE_REFUSED, "alice", ticket=True, field="screenshots.0", fails=True)
def _(scene: Scene) -> Told:
    picture = scene.picture()
    exhaust(scene)
    address = f"{V1}/tickets/{scene.number}/screenshots/{picture}"
    with scene.before():
        scene.api("alice").get(address)
    assert scene.api("alice").get(address).status_code == 429
    return {"picture": picture, "is_over_quota": True, "is_without_reason": True}


def ask(scene: Scene, name: str = "bob", expected: int = 303) -> None:
    page = f"/tickets/{scene.number}/break-glass"
    scene.post(name, page, page, expected, field=FIELD, reason=WHY)


def asked(scene: Scene) -> uuid.UUID:
    with scene.before():
        ask(scene)
    with scene.runtime.database.read() as session:
        return session.scalars(select(BreakGlassRequest.id)).one()


def decide(scene: Scene, request_id: uuid.UUID, decision: str, expected: int = 303) -> None:
    scene.post("leo", "/review/approvals", f"/review/approvals/{request_id}", expected, decision=decision)


def use(scene: Scene, request_id: uuid.UUID, expected: int = 200) -> None:
    page = f"/tickets/{scene.number}/break-glass"
    scene.post("bob", page, f"{page}/{request_id}/reveals", expected)


@event(Tag.BREAK_GLASS_ASKED, "bob", ticket=True, field=FIELD, reason=WHY)
def _(scene: Scene) -> None:
    ask(scene)


@event(Tag.BREAK_GLASS_APPROVED, "leo", ticket=True, field=FIELD, reason=WHY)
def _(scene: Scene) -> Told:
    decide(scene, asked(scene), "approve")
    return {"asker": "李工"}


@event(Tag.BREAK_GLASS_DENIED, "leo", ticket=True, field=FIELD, reason=WHY)
def _(scene: Scene) -> Told:
    decide(scene, asked(scene), "deny")
    return {"asker": "李工"}


@event(
    Tag.BREAK_GLASS_USED, "bob", ticket=True, field=FIELD, reason=WHY,
    rows=(Tag.BREAK_GLASS_USED, Tag.FIELD_REVEALED),
)  # fmt: skip
def _(scene: Scene) -> Told:
    request_id = asked(scene)
    with scene.before():
        decide(scene, request_id, "approve")
    use(scene, request_id)
    return {"decider": "孙主管"}


@event(Tag.BREAK_GLASS_REFUSED, "bob", ticket=True, field=FIELD, reason=WHY, fails=True)
def _(scene: Scene) -> None:
    use(scene, asked(scene), expected=409)


@event(Tag.BREAK_GLASS_REFUSED, "leo", ticket=True, field=FIELD, reason=WHY, fails=True)
def _(scene: Scene) -> Told:
    request_id = asked(scene)
    with scene.before():
        decide(scene, request_id, "deny")
    decide(scene, request_id, "approve", expected=409)
    return {"asker": "李工"}

"""上报, alerts and the duty rota."""

from datetime import timedelta

from sqlalchemy import select

from portal import clock
from portal.audit.tags import Tag
from portal.escalation.models import DutyShift
from tests.api.calls import V1
from tests.audit.events.scene import Scene, Told, Where, event


@event(Tag.CLINIC_ESCALATED, "clinic", Where.NOBODY, ticket=True)
def _(scene: Scene) -> Told:
    body = scene.opens | {"comment": "等了三天没有进展"}
    assert scene.portal.browser().post(f"{V1}/track/escalation", json=body).is_success
    return {}


@event(Tag.ESCALATED, "alice", ticket=True)
def _(scene: Scene) -> Told:
    scene.act("escalation", reason="超出我的范围")
    return {}


@event(Tag.ESCALATION_DECIDED, "leo", ticket=True)
def _(scene: Scene) -> Told:
    with scene.before():
        scene.act("escalation", reason="超出我的范围")
    scene.act("escalation/decision", "leo", decision="taken_over", text="我来联系机构")
    return {"decision": "taken_over"}


@event(Tag.ALERT_ACKNOWLEDGED, "leo", ticket=True)
def _(scene: Scene) -> Told:
    with scene.before():
        scene.act("urgency", urgency="critical", reason="全院停摆")
    alert = scene.api("leo").get(f"{V1}/alerts").json()["items"][0]
    assert scene.api("leo").post(f"{V1}/alerts/{alert['id']}/acknowledgement").is_success
    return {"cause": "critical", "step": 1}


@event(Tag.SHIFT_ADDED, "leo")
def _(scene: Scene) -> Told:
    return _put_on_duty(scene)


@event(Tag.SHIFT_REMOVED, "leo")
def _(scene: Scene) -> Told:
    with scene.before():
        told = _put_on_duty(scene)
        with scene.runtime.database.read() as session:
            shift = session.scalars(select(DutyShift)).one()
    scene.post("leo", "/admin/time/rota", f"/admin/time/rota/{shift.id}/removal", version="1")
    return told


def _put_on_duty(scene: Scene) -> Told:
    begin = clock.in_china(clock.now() + timedelta(days=1)).replace(second=0, microsecond=0)
    end = begin + timedelta(days=1)
    times = {"starts_at": begin.strftime("%Y-%m-%dT%H:%M"), "ends_at": end.strftime("%Y-%m-%dT%H:%M")}
    scene.post("leo", "/admin/time/rota", "/admin/time/rota", user="bob", queue="general", **times)
    since, until = (moment.isoformat(timespec="minutes") for moment in (begin, end))
    return {"person": "bob", "queue": "general", "since": since, "until": until}

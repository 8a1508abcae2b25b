"""Departments, and what they are asked."""

from portal.audit.tags import Tag
from portal.collaboration.states import ANSWER, FILE, JUDGE, START, VERIFY, WITHDRAW, Step
from tests.api.calls import V1, claimed, filed
from tests.audit.events.scene import Scene, Told, Where, event
from tests.factories.cast import DEPARTMENT, add_department, add_partners
from tests.factories.collaborations import ANSWER_TEXT, ASK

_BODIES: dict[Step, dict[str, object]] = {
    START: {},
    ANSWER: {"text": ANSWER_TEXT},
    VERIFY: {},
    JUDGE: {"passed": True},
    FILE: {"text": "核对过，已恢复"},
    WITHDRAW: {"text": "派错了部门"},
}


_ANSWERED = (("petra", START), ("petra", ANSWER))
_VERIFYING = (*_ANSWERED, ("alice", VERIFY))
_PASSED = (*_VERIFYING, ("alice", JUDGE))


def dispatch(scene: Scene) -> Told:
    """Ask the department; its particulars."""
    scene.act("collaborations", department=DEPARTMENT, kind="help", ask=ASK)
    (found,) = scene.api("alice").get(f"{V1}/collaborations").json()["items"]
    return {"collaboration": found["number"], "department": DEPARTMENT}


def take(scene: Scene, who: str, number: str, step: Step, **given: object) -> None:
    """One step, with the version that is there."""
    api, address = scene.api(who), f"{V1}/collaborations/{number}"
    with scene.before():
        version = api.get(address).json()["version"]
    answer = api.post(f"{address}/{step.name}", json={"version": version, **_BODIES[step], **given})
    assert answer.status_code == 200, answer.text


def walked(scene: Scene, *steps: tuple[str, Step]) -> Told:
    """A collaboration after these steps, which are not the event."""
    with scene.before():
        add_partners(scene.runtime)
        facts = dispatch(scene)
        for who, step in steps:
            take(scene, who, facts["collaboration"], step)
    return facts


@event(Tag.DEPARTMENT_ADDED, "ada")
def _(scene: Scene) -> Told:
    scene.post("ada", "/admin/departments", "/admin/departments", name=DEPARTMENT)
    return {"department": DEPARTMENT}


@event(Tag.DEPARTMENT_CHANGED, "ada")
def _(scene: Scene) -> Told:
    with scene.before():
        department_id = add_department(scene.runtime, DEPARTMENT)
    path = f"/admin/departments/{department_id}/name"
    scene.post("ada", "/admin/departments", path, name="信息中心", version="1")
    return {"department": DEPARTMENT, "new_name": "信息中心"}


@event(Tag.DEPARTMENT_CHANGED, "ada")
def _(scene: Scene) -> Told:
    with scene.before():
        department_id = add_department(scene.runtime, DEPARTMENT)
    scene.post("ada", "/admin/departments", f"/admin/departments/{department_id}/disable")
    return {"department": DEPARTMENT, "is_offered": False}


@event(Tag.COLLABORATION_DISPATCHED, "alice", ticket=True)
def _(scene: Scene) -> Told:
    with scene.before():
        add_partners(scene.runtime)
    return dispatch(scene)


@event(Tag.COLLABORATION_VIEWED, "petra", ticket=True)
def _(scene: Scene) -> Told:
    facts = walked(scene)
    assert scene.page("petra").get(f"/collaborations/{facts['collaboration']}").status_code == 200
    return {"collaboration": facts["collaboration"]}


@event(Tag.COLLABORATION_STARTED, "petra", ticket=True)
def _(scene: Scene) -> Told:
    facts = walked(scene)
    take(scene, "petra", facts["collaboration"], START)
    return facts


@event(Tag.COLLABORATION_STARTED, "leo", ticket=True)
def _(scene: Scene) -> Told:
    with scene.before():
        add_department(scene.runtime, DEPARTMENT)
        facts = dispatch(scene)
    take(scene, "leo", facts["collaboration"], START)
    return {**facts, "is_filled_in": True}


@event(Tag.COLLABORATION_ANSWERED, "petra", ticket=True)
def _(scene: Scene) -> Told:
    facts = walked(scene, ("petra", START))
    take(scene, "petra", facts["collaboration"], ANSWER)
    return facts


@event(Tag.COLLABORATION_VERIFYING, "alice", ticket=True)
def _(scene: Scene) -> Told:
    facts = walked(scene, *_ANSWERED)
    take(scene, "alice", facts["collaboration"], VERIFY)
    return facts


@event(Tag.COLLABORATION_PASSED, "alice", ticket=True)
def _(scene: Scene) -> Told:
    facts = walked(scene, *_VERIFYING)
    take(scene, "alice", facts["collaboration"], JUDGE)
    return facts


@event(Tag.COLLABORATION_RETURNED, "alice", ticket=True)
def _(scene: Scene) -> Told:
    facts = walked(scene, *_VERIFYING)
    take(scene, "alice", facts["collaboration"], JUDGE, passed=False, note="和现象对不上")
    return facts


@event(Tag.COLLABORATION_FILED, "petra", ticket=True)
def _(scene: Scene) -> Told:
    facts = walked(scene, *_PASSED)
    take(scene, "petra", facts["collaboration"], FILE)
    return facts


@event(Tag.COLLABORATION_WITHDRAWN, "alice", ticket=True)
def _(scene: Scene) -> Told:
    facts = walked(scene)
    take(scene, "alice", facts["collaboration"], WITHDRAW)
    return facts


@event(
    Tag.COLLABORATION_MOVED, "system", Where.COMMAND, ticket=True, rows=(Tag.COLLABORATION_MOVED, Tag.TICKET_MERGED)
)  # fmt: skip
def _(scene: Scene) -> Told:
    facts = walked(scene)
    with scene.before():
        target = filed(scene.portal)["number"]
        claimed(scene.api("alice"), target)
    scene.act("merge", into=target)
    scene.subject = target
    return {"collaboration": facts["collaboration"], "from_number": scene.number}


@event(Tag.ACCESS_DENIED, "bob", ticket=True, fails=True)
def _(scene: Scene) -> Told:
    facts = walked(scene)
    api, address = scene.api("bob"), f"{V1}/collaborations/{facts['collaboration']}/withdrawal"
    assert api.post(address, json={"version": 1, "text": "不要了"}).status_code == 403
    return {"collaboration": facts["collaboration"], "collaboration_step": "withdrawal"}

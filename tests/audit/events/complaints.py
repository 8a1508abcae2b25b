"""Complaints: their rows have the number of the case, never that of the ticket."""

from datetime import timedelta

from sqlalchemy import update

from portal import clock
from portal.accounts.models import User
from portal.audit.actor import clinic as someone
from portal.audit.tags import Tag
from portal.complaints import clinic, keeping
from portal.complaints.models import Complaint
from portal.complaints.names import ComplaintState as S
from tests.audit.events.scene import Scene, Told, Where, event
from tests.factories.cast import add_partners
from tests.factories.complaints import MANAGERS, NAME, Case, add_people

_SENDER = someone("127.0.0.1", "test")


def people(scene: Scene) -> None:
    """`leo` becomes 客服经理; so are two others."""
    add_people(scene.runtime, MANAGERS)
    with scene.runtime.database.transaction() as session:
        session.execute(update(User).where(User.username == "leo").values(duties=["manager"]))


def case_in(scene: Scene, state: S, owner: str = "leo", other: str = "max") -> Case:
    """A case that somebody registered, in this state; what brought it there is not the event."""
    with scene.before():
        people(scene)
        case = Case.for_caller(scene.runtime, "agnes").bring_to(state, owner=owner, other=other)
    scene.subject = case.number
    return case


def taken(scene: Scene, state: S, name: str, *, is_other: bool = False) -> Told:
    """The next step of the whole way by `leo`, who owns the case, or is the other 客服经理."""
    owner, other = ("mona", "leo") if is_other else ("leo", "max")
    case = case_in(scene, state, owner, other)
    reached, _, _, given = next(step for step in case.steps(owner, other) if step[1] == name)
    case.act(name, "leo", **given)
    return {"part": "manager" if is_other else "owner", "case_state": reached.value}


@event(Tag.COMPLAINT_REGISTERED, "agnes", Where.KNOWN, ticket=True)
def _(scene: Scene) -> Told:
    with scene.before():
        people(scene)
    scene.subject = Case.for_caller(scene.runtime, "agnes").number
    return {"channel": "phone"}


@event(Tag.COMPLAINT_VIEWED, "leo", ticket=True)
def _(scene: Scene) -> Told:
    case = case_in(scene, S.JUDGING)
    scene.page("leo").get(f"/complaints/{case.number}")
    return {"part": "handler"}


@event(Tag.COMPLAINT_REVEALED, "leo", ticket=True, field="contact_phone", reason="核对数据")
def _(scene: Scene) -> Told:
    where = f"/complaints/{case_in(scene, S.JUDGING).number}/reveals"
    scene.post("leo", where, where, 200, field="contact_phone", reason="核对数据")
    return {"part": "handler"}


@event(Tag.COMPLAINT_REVEAL_REFUSED, "leo", ticket=True, fails=True, field="unknown", reason="核对数据")
def _(scene: Scene) -> Told:
    case = case_in(scene, S.JUDGING)
    body = {"field": "no_such", "reason": "核对数据"}
    assert scene.api("leo").post(f"/api/v1/complaints/{case.number}/reveals", json=body).status_code == 404
    return {"part": "handler"}


@event(Tag.COMPLAINT_HANDLER_NAMED, "leo", Where.KNOWN, ticket=True)
def _(scene: Scene) -> Told:
    case_in(scene, S.REGISTERED).act("handler", "leo", handler="agnes")
    return {"handler": "agnes", "part": "manager", "case_state": "judging"}


@event(Tag.COMPLAINT_JUDGED, "leo", Where.KNOWN, ticket=True)
def _(scene: Scene) -> Told:
    told = taken(scene, S.JUDGING, "judgement")
    return {**told, "part": "handler", "verdict": "upheld", "case_kind": "attitude"}


@event(Tag.COMPLAINT_INVESTIGATED, "leo", Where.KNOWN, ticket=True)
def _(scene: Scene) -> Told:
    return taken(scene, S.UPHELD, "investigation")


@event(Tag.COMPLAINT_PROPOSED, "leo", Where.KNOWN, ticket=True)
def _(scene: Scene) -> Told:
    return {**taken(scene, S.INVESTIGATING, "proposals"), "proposals": 2}


@event(Tag.COMPLAINT_CHOSEN, "leo", Where.KNOWN, ticket=True)
def _(scene: Scene) -> Told:
    return {**taken(scene, S.PROPOSALS, "choice", is_other=True), "proposal": 1}


@event(Tag.COMPLAINT_ANSWERED, "leo", Where.KNOWN, ticket=True)
def _(scene: Scene) -> Told:
    return taken(scene, S.CARRYING_OUT, "answer")


@event(Tag.COMPLAINT_CONFIRMED, "clinic", Where.NOBODY, ticket=True)
def _(scene: Scene) -> None:
    clinic.confirm(scene.runtime, _SENDER, case_in(scene, S.ANSWERED).row.id, NAME)


@event(Tag.COMPLAINT_REVIEW_ASKED, "clinic", Where.NOBODY, ticket=True)
def _(scene: Scene) -> None:
    clinic.review(scene.runtime, _SENDER, case_in(scene, S.ANSWERED).row.id, "还是不明白")


@event(Tag.COMPLAINT_FOLLOWED_UP, "leo", Where.KNOWN, ticket=True)
def _(scene: Scene) -> Told:
    return {**taken(scene, S.ANSWERED, "follow-up", is_other=True), "level": "satisfied"}


@event(Tag.COMPLAINT_REPORTED, "leo", Where.KNOWN, ticket=True)
def _(scene: Scene) -> Told:
    return taken(scene, S.FOLLOWED_UP, "report")


@event(Tag.COMPLAINT_ARCHIVED, "leo", Where.KNOWN, ticket=True)
def _(scene: Scene) -> Told:
    case = case_in(scene, S.FOLLOWED_UP, "mona", "leo")
    with scene.before():
        case.act("report", "mona", cause="人手不够", solution="已加派")
    case.act("archive", "leo")
    return {"part": "manager", "case_state": "archived", "archive_number": case.row.archive_number}


@event(Tag.COMPLAINT_NOTED, "agnes", Where.KNOWN, ticket=True)
def _(scene: Scene) -> Told:
    case_in(scene, S.REGISTERED).act("entries", "agnes", text="已听录音")
    return {"part": "handler", "case_state": "registered"}


@event(Tag.COMPLAINT_FLAGGED, "leo", Where.KNOWN, ticket=True)
def _(scene: Scene) -> Told:
    case_in(scene, S.REGISTERED).act("flags", "leo", is_grave=True, is_legal=True)
    return {"part": "manager", "case_state": "registered", "is_grave": True, "is_legal": True}


@event(Tag.COMPLAINT_ACKNOWLEDGED, "leo", Where.KNOWN, ticket=True)
def _(scene: Scene) -> Told:
    case = case_in(scene, S.REGISTERED)
    with scene.before():
        case.act("flags", "max", is_grave=True)
    case.act("acknowledgement", "leo")
    return {"part": "manager", "case_state": "registered"}


@event(Tag.COMPLAINT_SUBJECTS_CHANGED, "leo", Where.KNOWN, ticket=True)
def _(scene: Scene) -> Told:
    case_in(scene, S.REGISTERED).act("subjects", "leo", user="bob")
    return {"part": "manager", "case_state": "registered", "is_removed": False}


@event(Tag.COMPLAINT_INQUIRED, "petra", Where.KNOWN, ticket=True)
def _(scene: Scene) -> Told:
    with scene.before():
        add_partners(scene.runtime)
        people(scene)
        case = Case.for_caller(scene.runtime, "agnes").asking_department()
    scene.subject = case.number
    return {"inquiry": case.answer_inquiry("petra"), "inquiry_state": "answered"}


@event(Tag.COMPLAINT_DESTROYED, "system", Where.COMMAND, ticket=True)
def _(scene: Scene) -> Told:
    case = case_in(scene, S.ARCHIVED)
    with scene.runtime.database.transaction() as session:
        ago = clock.now() - timedelta(days=31)
        session.execute(update(Complaint).where(Complaint.number == case.number).values(archived_at=ago))
    assert keeping.destroy_due(scene.runtime) == 1
    return {"values": 2}

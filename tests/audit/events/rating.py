"""Ratings, the analysis of low ones, and its list of stages."""

from sqlalchemy import select

from portal.audit.tags import Tag
from portal.follow_up.models import Dissatisfaction, ImprovementStage
from tests.api.calls import V1
from tests.audit.events.scene import Scene, Told, Where, event

_PAGE = "/dissatisfactions/stages"


def resolved(scene: Scene) -> None:
    with scene.before():
        scene.act("resolution", text="已恢复，请刷新", root_cause="misuse")


def stage(scene: Scene) -> ImprovementStage:
    with scene.database.read() as session:
        return session.scalars(select(ImprovementStage).order_by(ImprovementStage.position)).first()


@event(Tag.TICKET_RATED, "clinic", Where.NOBODY, ticket=True)
def _(scene: Scene) -> Told:
    resolved(scene)
    body = scene.opens | {"score": 1, "reason": "slow", "comment": "等了三天"}
    assert scene.portal.browser().post(f"{V1}/track/rating", json=body).is_success
    return {"rating_way": "page", "round": 1}


@event(Tag.TICKET_RATED, "agnes", ticket=True)
def _(scene: Scene) -> Told:
    resolved(scene)
    scene.act("rating", "agnes", scale="s0", label="满意")
    return {"rating_way": "call", "round": 1}


@event(Tag.ANALYSIS_CHANGED, "leo", ticket=True)
def _(scene: Scene) -> Told:
    resolved(scene)
    with scene.before():
        body = scene.opens | {"score": 1, "reason": "slow"}
        assert scene.portal.browser().post(f"{V1}/track/rating", json=body).is_success
    with scene.database.read() as session:
        row = session.scalars(select(Dissatisfaction)).one()
    page = f"/dissatisfactions/{row.id}"
    scene.post("leo", page, page, version="1", reason="slow", digest="太慢")
    return {"round": 1, "is_complete": False}


@event(Tag.IMPROVEMENT_STAGE_ADDED, "leo")
def _(scene: Scene) -> Told:
    scene.post("leo", _PAGE, _PAGE, name="培训")
    return {"stage": "培训"}


@event(Tag.IMPROVEMENT_STAGE_CHANGED, "leo")
def _(scene: Scene) -> Told:
    row = stage(scene)
    scene.post("leo", _PAGE, f"{_PAGE}/{row.id}/name", name="改过的环节", version="1")
    return {"stage": row.name, "new_name": "改过的环节"}


@event(Tag.IMPROVEMENT_STAGE_CHANGED, "leo")
def _(scene: Scene) -> Told:
    row = stage(scene)
    scene.post("leo", _PAGE, f"{_PAGE}/{row.id}/disable")
    return {"stage": row.name, "is_offered": False}

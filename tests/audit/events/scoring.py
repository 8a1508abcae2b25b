"""What is done with monthly sheets, their rules, and samples of replies."""

from sqlalchemy import select

from portal import clock
from portal.audit.tags import Tag
from portal.kpi.score import drafting, policies
from portal.kpi.score.months import Month
from portal.kpi.score.quality_models import QualitySample
from portal.pages.scores.policy import typed_of
from tests.audit.events.scene import Scene, Told, Where, event
from tests.factories.closing import closed_ticket
from tests.factories.scores import month_of_work

MARKS = {"address": "5", "clear": "4", "steps": "3", "tone": "5"}


def sheets_in(scene: Scene) -> Month:
    with scene.before():
        return month_of_work(scene.runtime)


def objected(scene: Scene) -> Month:
    month = sheets_in(scene)
    with scene.before():
        path = f"/account/score/{month.name}/objection"
        scene.post("alice", "/account/score", path, version="1", text="第 11 次不是我处理的")
    return month


def decided(scene: Scene, month: Month, what: str, version: int, **fields: str) -> Told:
    page = f"/scores/{month.name}/alice"
    scene.post("leo", page, f"{page}/{what}", version=str(version), **fields)
    return {"month": month.name, "username": "alice"}


@event(Tag.SCORES_DRAFTED, "system", Where.COMMAND)
def _(scene: Scene) -> Told:
    with scene.before():
        month = month_of_work(scene.runtime, is_drafted=False)
    return {"month": month.name, "sheets": drafting.make(scene.runtime, month)}


@event(Tag.SCORE_ACCEPTED, "alice")
def _(scene: Scene) -> Told:
    month = sheets_in(scene)
    scene.post("alice", "/account/score", f"/account/score/{month.name}/acceptance", version="1")
    return {"month": month.name, "username": "alice"}


@event(Tag.SCORE_OBJECTED, "alice")
def _(scene: Scene) -> Told:
    month = sheets_in(scene)
    path = f"/account/score/{month.name}/objection"
    scene.post("alice", "/account/score", path, version="1", text="第 11 次不是我处理的")
    return {"month": month.name, "username": "alice"}


@event(Tag.SCORE_ANSWERED, "leo")
def _(scene: Scene) -> Told:
    return decided(scene, objected(scene), "answer", 2, answer="已核对")


@event(Tag.SCORE_CORRECTED, "leo")
def _(scene: Scene) -> Told:
    told = decided(scene, objected(scene), "correction", 2, text="少记了一天", present="20")
    return {**told, "edition": 2}


@event(Tag.SCORE_PUBLISHED, "leo")
def _(scene: Scene) -> Told:
    month = sheets_in(scene)
    with scene.before():
        scene.post("alice", "/account/score", f"/account/score/{month.name}/acceptance", version="1")
    return decided(scene, month, "publication", 2)


@event(Tag.SCORE_WITHDRAWN, "leo")
def _(scene: Scene) -> Told:
    return decided(scene, sheets_in(scene), "withdrawal", 1, text="算错了月份")


@event(Tag.SCORE_POLICY_MADE, "leo")
def _(scene: Scene) -> Told:
    page, month = "/scores/policy", Month.of(clock.now()).next.name
    with scene.runtime.database.read() as session:
        fields = dict(typed_of(policies.of_version(session, 1)).values)
    scene.post("leo", page, page, **fields, version="1", valid_from=month, note="换一种算法")
    return {"score_policy": 2, "month": month}


def sample_in(scene: Scene, *, is_marked: bool = False) -> str:
    with scene.before():
        number = closed_ticket(scene.runtime).number
        page = drawn(scene)
        if is_marked:
            scene.post("leo", page, f"{page}/1", **MARKS)
    scene.subject = number
    return page


def drawn(scene: Scene) -> str:
    fields = {"username": "alice", "month": _month(), "size": "5"}
    answer = scene.post("leo", "/scores/quality", "/scores/quality", **fields)
    return str(answer.headers["location"])


@event(Tag.QUALITY_DRAWN, "leo")
def _(scene: Scene) -> Told:
    with scene.before():
        closed_ticket(scene.runtime)
    drawn(scene)
    with scene.runtime.database.read() as session:
        seed = session.scalars(select(QualitySample.seed)).one()
    return {"month": _month(), "username": "alice", "size": 1, "seed": seed}


@event(Tag.QUALITY_MARKED, "leo", ticket=True)
def _(scene: Scene) -> Told:
    page = sample_in(scene)
    scene.post("leo", page, f"{page}/1", **MARKS)
    return {"month": _month(), "username": "alice"}


@event(Tag.QUALITY_ANSWERED, "alice", ticket=True)
def _(scene: Scene) -> Told:
    sample = sample_in(scene, is_marked=True).rsplit("/", 1)[-1]
    scene.post("alice", "/account/quality", f"/account/quality/{sample}/1", text="谢谢")
    return {"month": _month()}


def _month() -> str:
    return Month.of(clock.now()).name

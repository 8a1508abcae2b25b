"""What is done with knowledge articles."""

from portal.audit.tags import Tag
from portal.knowledge.articles.states import RETIRE, RETURN, SAVE, SUBMIT, Step
from portal.knowledge.articles.states import ArticleState as S
from tests.audit.events.scene import Scene, Told, event
from tests.factories.articles import TEXT, Shelf

FIELDS = {
    "title": TEXT.title, "problem": TEXT.problem, "steps": TEXT.steps, "cautions": TEXT.cautions, "queue": TEXT.queue,
    "is_public": "1",
}  # fmt: skip


def shelf_in(scene: Scene, state: S) -> Shelf:
    with scene.before():
        shelf = Shelf(scene.runtime)
        shelf.bring_to(state)
    scene.subject = shelf.number
    return shelf


def take(scene: Scene, shelf: Shelf, step: Step, who: str, **fields: str) -> None:
    page = f"/knowledge/{shelf.number}"
    scene.post(who, page, f"{page}/{step.name}", version=str(shelf.row.version), **fields)


@event(Tag.ARTICLE_MADE, "agnes", ticket=True)
def _(scene: Scene) -> Told:
    answer = scene.post("agnes", "/knowledge/new", "/knowledge", **FIELDS, then="versions")
    scene.subject = answer.headers["location"].split("/")[-1].split("?")[0]
    return {}


@event(Tag.ARTICLE_MADE, "alice", ticket=True)
def _(scene: Scene) -> Told:
    page = f"/tickets/{scene.number}"
    number = scene.number
    scene.page("alice")
    with scene.before():
        scene.page("alice").get(page)
    answer = scene.post("alice", "/knowledge/new", f"{page}/article")
    scene.subject = answer.headers["location"].split("/")[-1].split("?")[0]
    return {"from_number": number}


@event(Tag.ARTICLE_CHANGED, "alice", ticket=True)
def _(scene: Scene) -> Told:
    take(scene, shelf_in(scene, S.DRAFT), SAVE, "alice", **{**FIELDS, "cautions": "无"})
    return {"text_version": 2}


@event(Tag.ARTICLE_SUBMITTED, "alice", ticket=True)
def _(scene: Scene) -> Told:
    take(scene, shelf_in(scene, S.DRAFT), SUBMIT, "alice")
    return {"text_version": 1}


@event(Tag.ARTICLE_APPROVED, "leo", ticket=True)
def _(scene: Scene) -> Told:
    shelf = shelf_in(scene, S.IN_REVIEW)
    scene.post("leo", f"/knowledge/{shelf.number}", f"/knowledge/{shelf.number}/approval", version=str(2))
    return {"text_version": 1, "is_own_approval": False, "is_public": True}


@event(Tag.ARTICLE_RETURNED, "leo", ticket=True, reason="请写清楚第二步")
def _(scene: Scene) -> Told:
    take(scene, shelf_in(scene, S.IN_REVIEW), RETURN, "leo", note="请写清楚第二步")
    return {"text_version": 1}


@event(Tag.ARTICLE_RETIRED, "leo", ticket=True, reason="已有新办法")
def _(scene: Scene) -> Told:
    take(scene, shelf_in(scene, S.PUBLISHED), RETIRE, "leo", note="已有新办法")
    return {}


@event(Tag.ARTICLE_RULE_CHANGED, "leo")
def _(scene: Scene) -> Told:
    scene.post("leo", "/knowledge", "/knowledge/own-approval", is_on="1")
    return {"allows_own_approval": True}

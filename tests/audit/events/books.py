"""Reports of weeks and months, and the pack for a review."""

from portal import clock
from portal.audit.actor import SYSTEM
from portal.audit.tags import Tag
from portal.kpi.books import freezing
from portal.kpi.figures import periods
from tests.api.calls import V1
from tests.audit.events.scene import Scene, Told, event
from tests.factories.moments import last_week

QUEUES = ["general", "his"]


def frozen(scene: Scene) -> str:
    with scene.before():
        freezing.freeze(scene.runtime.database, SYSTEM, last_week(), freezing.ALL)
    return f"{V1}/insights/weekly/{last_week().name}"


@event(Tag.BOOK_FROZEN, "leo", reason="补录了三条评价")
def _(scene: Scene) -> Told:
    assert scene.api("leo").post(frozen(scene), json={"reason": "补录了三条评价"}).is_success
    return {"period": last_week().label, "queues": QUEUES, "edition": 2}


@event(Tag.BOOK_NOTED, "leo")
def _(scene: Scene) -> Told:
    assert scene.api("leo").post(frozen(scene), json={"note": "放假三天", "version": 1}).is_success
    return {"period": last_week().label, "queues": QUEUES, "edition": 1}


@event(Tag.REVIEW_PACK_MADE, "leo", reason="月度复盘会用")
def _(scene: Scene) -> Told:
    month = periods.month_of(clock.china_today())
    body = {"period": month.name, "reason": "月度复盘会用"}
    assert scene.api("leo").post(f"{V1}/insights/review-pack", json=body).is_success
    return {"period": month.label, "queues": QUEUES}

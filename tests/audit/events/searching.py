"""Searches for one exact value, and what makes values searchable."""

import uuid

from sqlalchemy import update

from portal.audit.tags import Tag
from portal.reports import index_filling
from portal.vault.models import SealedValue, VaultState
from tests.api.calls import V1
from tests.audit.events.scene import TYPED_NUMBER, Scene, Told, Where, event
from tests.factories.reports import general_fields

MASK = f"{TYPED_NUMBER[:3]}***********{TYPED_NUMBER[-4:]}"


def told(scene: Scene, kind: str, value: str, tickets: int, mask: str = "") -> Told:
    indexes = scene.runtime.vault.blind_indexes(value)
    return {"value_kind": kind, "tickets": tickets, "indexes": indexes} | ({"value_mask": mask} if mask else {})


@event(Tag.VALUE_SEARCHED, "alice")
def _(scene: Scene) -> Told:
    params = {"queue": "general", "id_number": TYPED_NUMBER}
    assert scene.api("alice").get(f"{V1}/tickets", params=params).status_code == 200
    return told(scene, "id_number", TYPED_NUMBER, 0, MASK)


@event(Tag.VALUE_SEARCHED, "alice")
def _(scene: Scene) -> Told:
    account = general_fields()["login_account"]
    assert scene.number
    assert scene.api("alice").post(f"{V1}/tickets/search", json={"login_account": account}).json()["items"]
    return told(scene, "login_account", account, 1)


@event(Tag.VALUE_SEARCHED, "alice")
def _(scene: Scene) -> Told:
    scene.post("alice", "/queues/general", "/queues/general/search", expected=200, q=f" {TYPED_NUMBER} ")
    return told(scene, "id_number", TYPED_NUMBER, 0, MASK)


@event(Tag.AUDIT_SEARCHED, "leo")
def _(scene: Scene) -> Told:
    assert scene.api("leo").post(f"{V1}/audit/search", json={"id_number": TYPED_NUMBER}).status_code == 200
    return told(scene, "id_number", TYPED_NUMBER, 0, MASK)


@event(Tag.AUDIT_SEARCHED, "leo")
def _(scene: Scene) -> Told:
    scene.post("leo", "/review", "/review/values", value=TYPED_NUMBER)
    return told(scene, "id_number", TYPED_NUMBER, 0, MASK)


def searched(scene: Scene) -> str:
    """The page of a search that has been made."""
    with scene.before():
        return scene.post("leo", "/review", "/review/values", value=TYPED_NUMBER).headers["location"]


@event(Tag.AUDIT_VIEWED, "leo")
def _(scene: Scene) -> Told:
    page = searched(scene)
    assert scene.page("leo").get(page).status_code == 200
    return {"view": "value", "row": int(page.rpartition("/")[2])}


@event(Tag.AUDIT_EXPORTED, "leo", reason="患者投诉，核查谁看过")
def _(scene: Scene) -> Told:
    page = searched(scene)
    scene.post("leo", page, f"{page}/sheet", expected=200, reason="患者投诉，核查谁看过")
    return {"format": "print", "row": int(page.rpartition("/")[2])}


@event(Tag.AUDIT_EXPORTED, "leo", reason="患者投诉，核查谁看过")
def _(scene: Scene) -> Told:
    page = searched(scene)
    scene.post("leo", page, f"{page}/export", expected=200, reason="患者投诉，核查谁看过", format="jsonl")
    return {"format": "jsonl", "rows": 1, "row": int(page.rpartition("/")[2])}


@event(Tag.AUDIT_EXPORTED, "leo", reason="年度检查")
def _(scene: Scene) -> Told:
    scene.page("leo")
    fields = {"action": "session:sign-in", "reason": "年度检查", "format": "csv"}
    scene.post("leo", "/account", "/review/exports", expected=200, **fields)
    return {"format": "csv", "rows": 1, "action": "session:sign-in"}


@event(Tag.TABLE_EXPORTED, "leo", reason="月度例会汇报")
def _(scene: Scene) -> Told:
    body = {
        "from": "2026-01-01",
        "to": "2099-12-31",
        "queue": "general",
        "reason": "月度例会汇报",
        "state": "in_progress",
    }
    assert scene.number and scene.api("leo").post("/api/v1/exports/tickets.csv", json=body).status_code == 200
    return {
        "table": "问题列表", "format": "csv", "rows": 1, "queue": "general", "first_day": "2026-01-01",
        "last_day": "2099-12-31", "listed": ["state:in_progress"],
    }  # fmt: skip


@event(Tag.VALUES_INDEXED, "system", Where.COMMAND)
def _(scene: Scene) -> Told:
    assert scene.number
    with scene.runtime.database.transaction() as session:
        session.execute(update(SealedValue).values(value_index=None))
        session.execute(update(VaultState).values(unindexed_from=uuid.UUID(int=0)))
    return {"values": index_filling.run(scene.runtime)}

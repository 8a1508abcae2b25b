"""The calls on articles: described as they answer, and refused as the rooms refuse."""

from dataclasses import asdict

import pytest

from portal.api import article_models as models
from portal.knowledge.articles.states import ArticleState as S
from tests.api.calls import V1
from tests.api.test_described_answers import strict
from tests.factories.articles import TEXT, Shelf
from tests.factories.reports import file_report

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
LIST = f"{V1}/articles"
BODY = asdict(TEXT)


def test_from_a_draft_to_a_published_one(portal):
    alice, leo, bob = portal.api("alice"), portal.api("leo"), portal.api("bob")
    made = alice.post(LIST, json={**BODY, "cautions": ""})
    assert made.status_code == 201, made.text
    one = strict(models.Article, made.json()) or made.json()
    number, address = one["number"], f"{LIST}/{one['number']}"
    assert (number[:2], one["state"], one["can"]) == ("ZS", "draft", ["versions", "submission", "retirement"])
    assert bob.get(address).status_code == 404

    bare = alice.post(f"{address}/submission", json={"version": one["version"]})
    assert [(fault["field"], fault["code"]) for fault in bare.json()["errors"]] == [("cautions", "required")]
    handed_in = alice.post(f"{address}/submission", json={"version": 1, "cautions": "无"}).json()
    assert (handed_in["state"], handed_in["text_version"]) == ("in_review", 2)
    denied = alice.post(f"{address}/approval", json={"version": handed_in["version"]})
    assert denied.status_code == 403
    stale = leo.post(f"{address}/approval", json={"version": 1})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    strict(models.ArticleConflict, stale.json())
    shown = leo.post(f"{address}/approval", json={"version": handed_in["version"]}).json()
    assert (shown["state"], shown["approver"], shown["is_public"]) == ("published", "孙主管", True)
    again = leo.post(f"{address}/approval", json={"version": shown["version"]})
    assert (again.status_code, again.json()["code"]) == (409, "state")
    assert bob.get(address).json()["steps"] == TEXT.steps
    strict(models.ArticlePage, bob.get(LIST).json())
    assert [row["number"] for row in bob.get(LIST, params={"q": "参数 缓存"}).json()["items"]] == [number]
    assert portal.api("hanna").get(address).status_code == 404


def test_the_writer_does_not_approve(portal):
    leo = portal.api("leo")
    one = leo.post(LIST, json=BODY).json()
    one = leo.post(f"{LIST}/{one['number']}/submission", json={"version": one["version"]}).json()
    refused = leo.post(f"{LIST}/{one['number']}/approval", json={"version": one["version"]})
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "same_person")
    assert "approval" not in one["can"]


def test_a_change_is_its_writers_until_it_is_approved(portal):
    shelf = Shelf(portal.runtime)
    address = f"{LIST}/{shelf.publish()}"
    bob, alice = portal.api("bob"), portal.api("alice")
    changed = bob.post(f"{address}/submission", json={"version": shelf.row.version, "steps": "一、先同步字典再保存"})
    assert changed.json()["steps"] == "一、先同步字典再保存"
    seen = alice.get(address).json()
    assert (seen["steps"], seen["state"], seen["is_published"]) == (TEXT.steps, "in_review", True)
    assert len(seen["versions"]) == 1
    assert alice.get(LIST, params={"q": "同步字典"}).json()["items"] == []
    assert alice.post(f"{address}/versions", json={"version": shelf.row.version, "steps": "别的"}).status_code == 403
    assert portal.api("leo").get(address).json()["published"]["steps"] == TEXT.steps


def test_pages_of_a_list_and_its_filters(portal):
    shelf = Shelf(portal.runtime)
    numbers = [shelf.bring_to(state) for state in (S.PUBLISHED, S.DRAFT, S.RETIRED)]
    leo, found, cursor = portal.api("leo"), [], ""
    for _ in range(3):
        page = leo.get(LIST, params={"limit": 1, "cursor": cursor}).json()
        found += [row["number"] for row in page["items"]]
        cursor = page["next_cursor"]
    assert (sorted(found), cursor) == (sorted(numbers), None)
    assert [row["state"] for row in leo.get(LIST, params={"state": "draft"}).json()["items"]] == ["draft"]
    wrong = leo.get(LIST, params={"state": "x", "queue": "y", "visibility": "z"}).json()
    assert [fault["field"] for fault in wrong["errors"]] == ["state", "queue", "visibility"]
    assert leo.get(LIST, params={"cursor": "x"}).status_code == 422


def test_from_a_ticket_without_what_is_sealed(portal):
    secret = "Kw7-Mond-42"
    receipt = file_report(
        portal.runtime, description=f"保存随访表时报错，账号 weisheng01 密码 {secret}，电话 13900000017"
    )
    made = portal.api("alice").post(f"{V1}/tickets/{receipt.number}/article", json={"version": 1})
    assert made.status_code == 201, made.text
    one = made.json()
    assert (one["state"], one["from_ticket"]) == ("draft", receipt.number)
    assert "保存随访表时报错" in one["problem"]
    for trace in (secret, "weisheng01", "13900000017", "1390000", "0017", "*"):
        assert trace not in made.text
    assert portal.api("hanna").post(f"{V1}/tickets/{receipt.number}/article", json={}).status_code == 404

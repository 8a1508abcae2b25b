"""不满意分析 on its pages and over the API: who sees it, what comes back after a refusal, and the list of stages."""

import pytest

from portal.follow_up.models import Dissatisfaction
from tests.api.calls import V1
from tests.factories.portals import post
from tests.factories.rated import Rated


@pytest.fixture
def low(portal):
    rated = Rated(portal.runtime)
    rated.rate(2, "slow", "等了三天")
    return rated


def test_a_refused_form_keeps_what_was_typed_and_a_conflict_too(portal, low):
    leo, [row] = portal.signed_in("leo"), low.of(Dissatisfaction)
    page = f"/dissatisfactions/{row.id}"
    assert low.number in leo.get("/dissatisfactions").text and "等了三天" in leo.get(page).text
    refused = post(leo, page, page, version="1", reason="slow", measure="增加人手", done_on="2020-01-01")
    assert refused.status_code == 422 and "增加人手" in refused.text and "不能早于" in refused.text
    secret = {"version": "1", "reason": "slow", "digest": "身份证 110101199003074514 填错"}
    stopped = post(leo, page, page, **secret)
    assert stopped.status_code == 422 and "隐藏后保存" in stopped.text
    assert post(leo, page, page, **secret, seal_found="1").status_code == 303
    assert "110101199003074514" not in leo.get(page).text
    stale = post(leo, page, page, version="1", reason="slow", measure="另一种做法")
    assert stale.status_code == 409 and "另一种做法" in stale.text
    assert leo.get("/dissatisfactions?state=nothing").status_code == 200
    assert leo.get("/dissatisfactions/00000000-0000-0000-0000-000000000000").status_code == 404


def test_the_api_completes_a_row(portal, low):
    api, [row] = portal.api("leo"), low.of(Dissatisfaction)
    [item] = api.get(f"{V1}/dissatisfactions?state=draft").json()["items"]
    assert (item["number"], item["state"], item["reason"], item["digest"]) == (low.number, "draft", "slow", "")
    assert item["rating"]["score"] == 2 and "等了三天" not in str(item)
    address = f"{V1}/dissatisfactions/{row.id}"
    wrong = api.post(address, json={"version": 1, "stage": "x", "person": "y", "done_on": "z"})
    assert {fault["field"] for fault in wrong.json()["errors"]} == {"stage", "person", "done_on"}
    given = {
        "reason": "解决方案不清晰",
        "stage": "沟通话术",
        "measure": "统一话术",
        "person": "leo",
        "done_on": "2099-12-31",
    }
    assert api.post(address, json={"version": 1, **given}).json()["errors"][0]["code"] == "too_far"
    given["done_on"] = item["date"]
    done = api.post(address, json={"version": 1, **given})
    assert done.status_code == 200, done.text
    assert (done.json()["state"], done.json()["reason"], done.json()["lacks"]) == ("complete", "unclear", [])
    stale = api.post(address, json={"version": 1, **given})
    assert stale.status_code == 409 and stale.json()["dissatisfaction"]["version"] == 2
    assert api.get(f"{V1}/dissatisfactions?state=other").status_code == 422
    for who in ("alice", "agnes"):
        assert portal.api(who).get(f"{V1}/dissatisfactions").status_code == 403
        assert portal.signed_in(who).get("/dissatisfactions").status_code == 403


def test_leads_keep_the_stages(portal):
    leo = portal.signed_in("leo")
    page = "/dissatisfactions/stages"
    assert "工单分配" in leo.get(page).text
    assert post(leo, page, page, name="培训").status_code == 303
    again = post(leo, page, page, name="培训")
    assert again.status_code == 422 and "名单里已有" in again.text

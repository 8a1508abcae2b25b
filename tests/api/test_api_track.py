"""/api/v1/track: what number and code open, and what they do not."""

from typing import Any

import pytest
from sqlalchemy import select

from portal.reports.models import Supplement
from portal.tracking import access
from portal.vault.models import SealedValue
from tests.api.calls import V1, act, claimed, codes, filed, picture, post_report
from tests.factories import people
from tests.factories.pictures import crop_of_screen, photo_of_screen, whole_screen
from tests.factories.portals import Portal


def track(portal: Portal, opens: dict[str, str], address: str = "127.0.0.1") -> Any:
    return portal.browser(address).post(f"{V1}/track", json=opens)


def asked(portal: Portal, *fields: str, kind: str = "general", **changes: Any) -> dict[str, str]:
    """A ticket whose clinic has to supply these fields."""
    opens = filed(portal, kind, **changes)
    engineer = portal.api("alice" if kind == "general" else "hanna")
    version = claimed(engineer, opens["number"])
    answer = act(engineer, opens["number"], "information-request", version=version, fields=list(fields), message="")
    assert answer.status_code == 200, answer.text
    return opens


def resolved(portal: Portal) -> dict[str, str]:
    """A ticket that waits for its clinic's word."""
    opens = filed(portal)
    alice = portal.api("alice")
    version = claimed(alice, opens["number"])
    assert act(alice, opens["number"], "resolution", version=version, text="已恢复随访表").status_code == 200
    return opens


def supply(portal: Portal, opens: dict[str, str], files: Any = (), **fields: Any) -> Any:
    files = list(files) or [("unknown_file", ("x.txt", b"x", "text/plain"))]
    return portal.browser().post(f"{V1}/track/supplement", data={**opens, **fields}, files=files)


def test_it_shows_state_and_masks_as_the_contract_says(portal: Portal) -> None:
    answer = track(portal, filed(portal))
    assert answer.status_code == 200
    body = answer.json()
    assert {
        "number", "queue", "state", "state_label", "institution", "submitted_at", "reply_due_at", "masked", "missing",
        "timeline", "resolution",
    } <= set(body)  # fmt: skip
    assert (body["state"], body["state_label"], body["missing"]) == ("submitted", "已提交", [])
    assert set(body["timeline"][0]) == {"at", "action", "title", "actor", "text"}
    for secret in ("Invented#Pass77", "zsttest01", people.id_number(seed=11)):
        assert secret not in answer.text


def test_number_and_code_may_be_typed_loosely(portal: Portal) -> None:
    opens = filed(portal)
    loose = {"number": f" {opens['number'].lower()} ", "query_code": opens["query_code"].lower().replace("-", " ")}
    assert track(portal, loose).status_code == 200


def test_a_wrong_number_and_a_wrong_code_look_the_same(portal: Portal) -> None:
    opens, other = filed(portal), filed(portal)
    neighbour = opens["number"][:-1] + "9"
    answers = [
        track(portal, {"number": opens["number"], "query_code": "AAAA-BBBB-CC"}),
        track(portal, {"number": neighbour, "query_code": opens["query_code"]}),
        track(portal, {"number": opens["number"], "query_code": other["query_code"]}),
        track(portal, {"number": "", "query_code": ""}),
        track(portal, {"number": opens["number"], "query_code": ""}),
        track(portal, {"number": "x" * 900, "query_code": "'; --"}),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert {answer.json()["title"] for answer in answers} == {access.WRONG}


def test_many_wrong_codes_lock_and_say_until_when(portal: Portal) -> None:
    opens = filed(portal)
    wrong = {**opens, "query_code": "AAAA-BBBB-CC"}
    statuses = [track(portal, wrong).status_code for _ in range(access.PLACE_LIMIT.most)]
    assert set(statuses) == {404}
    for given in (wrong, opens):  # the right code is no way around the lock
        answer = track(portal, given)
        assert answer.status_code == 429
        assert int(answer.headers["retry-after"]) > 0
    assert track(portal, opens, "192.0.2.9").status_code == 200


def test_the_clinic_never_sees_an_internal_note(portal: Portal) -> None:
    opens = filed(portal)
    alice = portal.api("alice")
    version = claimed(alice, opens["number"])
    version = act(alice, opens["number"], "notes", version=version, text="内部才看的话").json()["version"]
    act(alice, opens["number"], "replies", version=version, text="请稍等，正在核对")
    seen = track(portal, opens)
    assert "内部才看的话" not in seen.text
    assert "请稍等，正在核对" in seen.text
    assert all("is_public" not in entry for entry in seen.json()["timeline"])


def test_solved_closes_and_unsolved_goes_back_to_work(portal: Portal) -> None:
    opens = resolved(portal)
    url = f"{V1}/track/confirmation"
    assert track(portal, opens).json()["resolution"] == "已恢复随访表"
    assert codes(portal.browser().post(url, json={**opens, "solved": False})) == [("comment", "required")]
    again = portal.browser().post(url, json={**opens, "solved": False, "comment": "还是打不开"})
    assert (again.status_code, again.json()["state"]) == (200, "in_progress")
    alice = portal.api("alice")
    version = alice.get(f"{V1}/tickets/{opens['number']}").json()["version"]
    act(alice, opens["number"], "resolution", version=version, text="再次处理")
    closed = portal.browser().post(url, json={**opens, "solved": True, "comment": ""})
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")


def test_a_confirmation_out_of_turn_is_a_conflict_with_the_ticket(portal: Portal) -> None:
    opens = filed(portal)
    answer = portal.browser().post(f"{V1}/track/confirmation", json={**opens, "solved": True})
    assert answer.status_code == 409
    assert answer.json()["ticket"]["state"] == "submitted"
    for odd in ("true", 1, None, []):
        answer = portal.browser().post(f"{V1}/track/confirmation", json={**opens, "solved": odd})
        assert codes(answer) == [("solved", "invalid")]


def test_a_confirmation_needs_the_code(portal: Portal) -> None:
    opens = {**resolved(portal), "query_code": "AAAA-BBBB-CC"}
    answer = portal.browser().post(f"{V1}/track/confirmation", json={**opens, "solved": True})
    assert answer.status_code == 404


def test_it_lists_what_is_missing_with_the_words_of_each_field(portal: Portal) -> None:
    opens = asked(portal, "screenshots", "login_account")
    missing = track(portal, opens).json()["missing"]
    assert {item["field"]: item["message"] for item in missing} == {
        "screenshots": "请添加整屏截图", "login_account": "请填写出现问题的系统账号",
    }  # fmt: skip
    assert all(item["label"] for item in missing)


def test_a_supplement_takes_what_was_asked_and_nothing_else(portal: Portal) -> None:
    opens = asked(portal, "id_number")
    other = people.id_number(81)
    answer = supply(
        portal, opens, [picture()], id_number=other, login_password="Sneaked-In-1", description="换一个问题描述试试看",
        state="closed", kind="his",
    )  # fmt: skip
    assert (answer.status_code, answer.json()["state"], answer.json()["missing"]) == (200, "in_progress", [])
    with portal.runtime.database.read() as session:
        fields = session.scalars(select(SealedValue.field).order_by(SealedValue.field)).all()
        assert session.scalars(select(Supplement)).all() == []
    assert fields == ["id_number", "id_number", "login_account", "login_password"]
    seen = portal.api("alice").get(f"{V1}/tickets/{opens['number']}")
    assert len(seen.json()["pictures"]) == 1
    assert "换一个问题" not in seen.text
    assert other not in seen.text


def test_a_supplement_may_come_in_parts(portal: Portal) -> None:
    opens = asked(portal, "screenshots", "operation_steps")
    first = supply(portal, opens, operation_steps="先打开随访表，再点保存")
    assert (first.json()["state"], [m["field"] for m in first.json()["missing"]]) == (
        "awaiting_information", ["screenshots"],
    )  # fmt: skip
    second = supply(portal, opens, [picture(whole_screen(seed=7))])
    assert (second.json()["state"], second.json()["missing"]) == ("in_progress", [])


FAULTS: list[tuple[tuple[str, ...], dict[str, Any], list[Any], list[tuple[str, str]]]] = [
    (("id_number",), {"id_number": "*" * 18}, [], [("id_number", "masked_value")]),
    (("id_number",), {"id_number": people.phone(3)}, [], [("id_number", "looks_like_phone")]),
    (("id_number",), {"id_number": "\u3000"}, [], [("id_number", "required")]),
    (("login_password",), {"login_password": "****"}, [], [("login_password", "masked_value")]),
    (("description",), {"description": "坏了"}, [], [("description", "too_short")]),
    (("screenshots",), {}, [], [("screenshots", "image_missing")]),
    (("screenshots",), {}, [picture(crop_of_screen())], [("screenshots", "image_too_small")]),
    (("screenshots",), {}, [picture(photo_of_screen())], [("screenshots", "image_confirm")]),
    (("screenshots",), {}, [picture(b"x")] * 7, [("screenshots", "image_type")] * 6),
    (
        ("screenshots", "id_number"), {"id_number": "1"}, [picture(crop_of_screen())],
        [("id_number", "id_length"), ("screenshots", "image_too_small")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "given", "files", "expected"), FAULTS)
def test_a_supplement_obeys_the_rules_of_the_form(
    portal: Portal, fields: tuple[str, ...], given: dict[str, Any], files: list[Any], expected: list[tuple[str, str]]
) -> None:
    opens = asked(portal, *fields)
    found = codes(supply(portal, opens, files, **given))
    assert [fault for fault in found if fault[1] != "image_too_many"] == expected
    assert found.count(("screenshots", "image_too_many")) == (len(files) > 6)
    assert [m["field"] for m in track(portal, opens).json()["missing"]] == [
        m for m in ("screenshots", "id_number", "login_password", "description") if m in fields
    ]  # fmt: skip


def test_a_photo_is_taken_as_a_supplement_with_the_flag(portal: Portal) -> None:
    opens = asked(portal, "screenshots")
    assert supply(portal, opens, [picture(photo_of_screen())], confirm_full_screen="1").status_code == 200


def test_nobody_can_supplement_what_was_not_asked(portal: Portal) -> None:
    answer = supply(portal, filed(portal), description="现在没有人要求补充这一项内容")
    assert answer.status_code == 409
    assert answer.json()["ticket"]["state"] == "submitted"


def test_nobody_can_supplement_without_the_code(portal: Portal) -> None:
    opens = asked(portal, "id_number")
    assert supply(portal, {**opens, "query_code": "AAAA-BBBB-CC"}, id_number=people.id_number(5)).status_code == 404
    assert supply(portal, {"number": opens["number"]}, id_number=people.id_number(5)).status_code == 404


def test_a_supplemented_text_has_its_secrets_sealed(portal: Portal) -> None:
    opens = asked(portal, "operation_steps")
    number = people.id_number(57)
    supply(portal, opens, operation_steps=f"先查 {number} 再点保存，密码:Fake-77-word")
    for text in (track(portal, opens).text, portal.api("alice").get(f"{V1}/tickets/{opens['number']}").text):
        assert number not in text
        assert "Fake-77-word" not in text


def test_a_phone_report_is_completed_by_its_picture(portal: Portal) -> None:
    answer = post_report(portal.api("agnes"), "his", channel="phone", files=[])
    opens = {name: answer.json()[name] for name in ("number", "query_code")}
    done = supply(portal, opens, [picture()])
    assert (done.status_code, done.json()["state"]) == (200, "submitted")


def test_a_receipt_stays_good_after_the_ticket_moved(portal: Portal) -> None:
    opens = filed(portal)
    moved = act(portal.api("leo"), opens["number"], "transfer", version=1, queue="his", text="")
    assert moved.status_code == 200, moved.text
    answer = track(portal, opens)
    assert answer.status_code == 200
    assert answer.json()["number"].startswith("HIS")

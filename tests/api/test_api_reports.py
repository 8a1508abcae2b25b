"""POST /api/v1/reports against the contract: every rule of the kinds table, every code, every channel."""

import json
import threading
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.kinds.fields import Need
from portal.kinds.names import Channel
from portal.kinds.table import KINDS
from portal.reports.models import Report
from portal.tickets.models import Ticket
from portal.vault.models import SealedValue
from tests.api.calls import COMPLETE, V1, codes, filed, picture, post_report
from tests.factories import people
from tests.factories.pictures import crop_of_screen, draw_screen, encode, photo_of_screen, scaled_screen, whole_screen
from tests.factories.portals import Portal
from tests.factories.reports import general_fields

REQUIRED = [
    (kind.name.value, spec.name)
    for kind in KINDS.values()
    for spec in kind.fields
    if spec.need(Channel.YXT) is Need.REQUIRED and not spec.is_picture
]
OPEN_CHANNELS = ("qq", "email", "wechat", "other")
SECRETS = {
    "general": ("id_number", "login_account", "login_password"),
    "his": ("login_account", "login_password", "patient_id_number", "inpatient_number"),
}
BLANKS = {"absent": None, "empty": "", "ideographic": "\u3000", "zero-width": "\u200b\u200d\ufeff"}


def reports_in(portal: Portal) -> int:
    with portal.runtime.database.read() as session:
        return session.scalar(select(func.count()).select_from(Report))


@pytest.mark.parametrize("kind", ["general", "his"])
def test_it_takes_a_complete_report_and_answers_as_the_contract_says(portal: Portal, kind: str) -> None:
    answer = post_report(portal.browser(), kind)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert set(body) == {"number", "query_code", "queue", "state", "reply_due_at", "masked", "ignored", "warnings"}
    assert body["number"].startswith({"general": "RC", "his": "HIS"}[kind])
    assert (body["queue"], body["state"]) == (kind, "submitted")
    assert set(body["masked"]) == set(SECRETS[kind])


@pytest.mark.parametrize("kind", ["general", "his"])
def test_it_answers_with_masks_and_no_secret(portal: Portal, kind: str) -> None:
    fields = COMPLETE[kind]()
    answer = post_report(portal.browser(), kind)
    for name in SECRETS[kind]:
        assert fields[name] not in answer.text, name
    assert answer.json()["masked"]["login_password"] == "•" * 8


@pytest.mark.parametrize(("kind", "name"), REQUIRED)
def test_it_refuses_each_required_field_left_blank_in_any_way(portal: Portal, kind: str, name: str) -> None:
    for blank in BLANKS.values():
        assert codes(post_report(portal.browser(), kind, **{name: blank})) == [(name, "required")]
    assert reports_in(portal) == 0


@pytest.mark.parametrize(("kind", "name"), REQUIRED)
def test_it_refuses_each_required_field_of_100_kb(portal: Portal, kind: str, name: str) -> None:
    [(field, code)] = codes(post_report(portal.browser(), kind, **{name: "长9" * 50_000}))
    assert field == name
    assert code in ("too_long", "id_length")
    assert reports_in(portal) == 0


@pytest.mark.parametrize("kind", ["general", "his"])
def test_it_names_every_fault_at_once_in_the_order_of_the_form(portal: Portal, kind: str) -> None:
    answer = portal.browser().post(f"{V1}/reports", data={"kind": kind})
    wanted = [spec for spec in KINDS[kind].fields if spec.need(Channel.YXT) is Need.REQUIRED]
    assert codes(answer) == [(s.name, "image_missing" if s.is_picture else "required") for s in wanted]


CASES: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
    ("general", {"description": "坏了"}, [("description", "too_short")]),
    ("general", {"description": "坏坏坏坏坏坏坏坏坏坏坏坏"}, [("description", "too_short")]),
    ("general", {"institution": "高唐县"}, [("institution", "too_short")]),
    ("general", {"id_number": "*" * 13}, [("id_number", "masked_value")]),
    ("general", {"id_number": people.id_number(3)[:14] + "****"}, [("id_number", "masked_value")]),
    ("general", {"login_account": "zst***01"}, [("login_account", "masked_value")]),
    ("general", {"login_password": "********"}, [("login_password", "masked_value")]),
    ("general", {"id_number": people.id_number(3)[:17]}, [("id_number", "id_length")]),
    ("general", {"id_number": people.with_check_character("37252619990231001")}, [("id_number", "id_date")]),
    ("general", {"id_number": people.with_check_character("99252619650314001")}, [("id_number", "id_region")]),
    ("general", {"id_number": people.wrong_check_character(people.id_number(3))}, [("id_number", "id_checksum")]),
    ("general", {"id_number": people.phone(4)}, [("id_number", "looks_like_phone")]),
    ("general", {"id_number": [people.id_number(n) for n in range(20, 31)]}, [("id_number", "too_long")]),
    ("general", {"scope": "batch", "id_number": None}, [("id_number", "required")]),
    ("general", {"symptom": "form_lost"}, [("form_name", "required")]),
    ("general", {"symptom": "form_blank"}, [("form_name", "required"), ("blank_items", "required")]),
    ("general", {"symptom": "error"}, [("operation_steps", "required"), ("error_detail_screenshots", "image_missing")]),
    ("general", {"symptom": "nonsense"}, [("symptom", "invalid")]),
    ("general", {"description": "打开随访表\x00点保存，没有存上"}, [("description", "invalid")]),
    ("his", {"inpatient_number": "ZY***417"}, [("inpatient_number", "masked_value")]),
    ("his", {"inpatient_number": "住院 12 号"}, [("inpatient_number", "invalid")]),
    ("his", {"inpatient_number": "1" * 33}, [("inpatient_number", "too_long")]),
    ("his", {"patient_id_number": people.phone(5)}, [("patient_id_number", "looks_like_phone")]),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "changes", "expected"), CASES)
def test_it_gives_the_code_of_each_fault_and_none_beside_it(
    portal: Portal, kind: str, changes: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert codes(post_report(portal.browser(), kind, **changes)) == expected
    assert reports_in(portal) == 0


def test_it_gives_the_code_of_each_picture_fault(portal: Portal) -> None:
    broken = whole_screen()[:5000]
    cases = {
        "image_missing": [],
        "image_too_small": [picture(crop_of_screen())],
        "image_type": [picture(b"%PDF-1.7 not a picture", name="a.png")],
        "image_broken": [picture(broken)],
        "image_too_large": [picture(whole_screen() + b"\x00" * (10 * 1024 * 1024))],
        "image_partial": [picture(crop_of_screen(1130, 701))],
        "image_blank": [picture(encode(draw_screen().point(lambda _: 0)))],
        "image_confirm": [picture(photo_of_screen())],
        "image_too_many": [picture(encode(draw_screen(1024, 768)))] * 7,
    }
    for code, files in cases.items():
        assert codes(post_report(portal.browser(), files=files)) == [("screenshots", code)], code
    assert codes(post_report(portal.browser(), files=[picture(b"x", name="x.png")] * 20)).count(
        ("screenshots", "image_too_many")
    ) == 1  # fmt: skip
    assert reports_in(portal) == 0


def test_it_keeps_an_asked_about_picture_only_with_the_flag(portal: Portal) -> None:
    for refusal in (None, "", "0", "false"):
        answer = post_report(portal.browser(), files=[picture(scaled_screen())], confirm_full_screen=refusal)
        assert codes(answer) == [("screenshots", "image_confirm")]
    answer = post_report(portal.browser(), files=[picture(scaled_screen())], confirm_full_screen="1")
    assert answer.status_code == 201
    shown = portal.api("alice").get(f"{V1}/tickets/{answer.json()['number']}").json()
    assert [(p["check"], p["confirmed"]) for p in shown["pictures"]] == [("warn:scaled", True)]


def test_the_flag_does_not_save_a_crop_nor_does_a_hint(portal: Portal) -> None:
    hint = json.dumps({"width": 420, "height": 180, "dpr": 1, "innerWidth": 420, "outerWidth": 420})
    for given in (hint, "not json", "[]", '{"width": 1e999}'):
        answer = post_report(
            portal.browser(), files=[picture(crop_of_screen())], confirm_full_screen="1", screen_hint=given
        )
        assert codes(answer) == [("screenshots", "image_too_small")]


def test_it_judges_every_picture_in_every_slot(portal: Portal) -> None:
    files = [picture(), picture(crop_of_screen()), picture(crop_of_screen(), slot="error_detail_screenshots")]
    assert codes(post_report(portal.browser(), files=files)) == [
        ("screenshots", "image_too_small"), ("error_detail_screenshots", "image_too_small"),
    ]  # fmt: skip


def test_it_takes_an_error_report_with_steps_and_the_second_picture(portal: Portal) -> None:
    files = [picture(), picture(whole_screen(seed=2), "error_detail_screenshots")]
    answer = post_report(portal.browser(), files=files, symptom="error", operation_steps="1. 打开随访表\n2. 点保存")
    assert answer.status_code == 201


@pytest.mark.parametrize("channel", ["qq", "phone", "visit", "email", "wechat"])
def test_other_channels_are_not_for_the_public(portal: Portal, channel: str) -> None:
    answer = post_report(portal.browser(), channel=channel, description="坏了")
    assert codes(answer) == [("channel", "channel_not_allowed"), ("description", "too_short")]
    assert post_report(portal.api("ada"), channel=channel).status_code == 403
    assert reports_in(portal) == 0


@pytest.mark.parametrize("kind", ["consultation", "suggestion", "complaint", "after_sales", "求助", "x"])
def test_a_forged_request_type_gains_nothing(portal: Portal, kind: str) -> None:
    answer = post_report(portal.browser(), request_type=kind, description="坏了")
    assert codes(answer) == [("request_type", "request_type_not_allowed"), ("description", "too_short")]
    assert post_report(portal.browser(), request_type="help").status_code == 201
    assert reports_in(portal) == 1


def test_a_staff_session_cookie_is_no_token(portal: Portal) -> None:
    assert codes(post_report(portal.signed_in("agnes"), channel="qq")) == [("channel", "channel_not_allowed")]
    assert portal.signed_in("alice").get(f"{V1}/tickets?queue=general").status_code == 401


@pytest.mark.parametrize("kind", ["general", "his"])
@pytest.mark.parametrize("channel", [channel.value for channel in Channel])
def test_only_open_channels_may_leave_out_secrets(portal: Portal, kind: str, channel: str) -> None:
    without = dict.fromkeys(SECRETS[kind]) | {"channel_note": "在线聊天" if channel == "other" else None}
    answer = post_report(portal.api("agnes"), kind, channel=channel, **without)
    if channel in OPEN_CHANNELS:
        assert answer.status_code == 201
        assert answer.json()["masked"] == {}
    else:
        assert {name for name, _ in codes(answer)} == set(SECRETS[kind])


def test_an_open_channel_still_needs_its_picture(portal: Portal) -> None:
    assert codes(post_report(portal.api("agnes"), channel="qq", files=[])) == [("screenshots", "image_missing")]


@pytest.mark.parametrize("channel", ["phone", "visit"])
def test_a_picture_may_come_later_by_phone_and_visit(portal: Portal, channel: str) -> None:
    answer = post_report(portal.api("agnes"), channel=channel, files=[])
    assert answer.status_code == 201
    assert answer.json()["state"] == "awaiting_information"
    opens = {name: answer.json()[name] for name in ("number", "query_code")}
    seen = portal.browser().post(f"{V1}/track", json=opens).json()
    assert [item["field"] for item in seen["missing"]] == ["screenshots"]


def test_one_key_again_answers_alike_when_a_picture_is_to_come(portal: Portal) -> None:
    first, second = (post_report(portal.api("agnes"), channel="phone", files=[], key="k-later") for _ in range(2))
    assert second.json() == first.json()


def test_an_unknown_kind_is_a_fault_of_kind(portal: Portal) -> None:
    answer = portal.browser().post(f"{V1}/reports", data={"kind": "printer", "channel": "qq"})
    common = [(name, "required") for name in ("description", "login_account", "login_password")]
    missing = [*common, ("screenshots", "image_missing")]
    assert codes(answer) == [("kind", "invalid"), ("channel", "channel_not_allowed"), *missing]
    assert codes(portal.browser().post(f"{V1}/reports", data={"channel": "yxt"})) == [("kind", "required"), *missing]
    whole = {name: value for name, value in general_fields().items() if name != "kind"}
    files = {"screenshots": ("s.png", whole_screen())}
    assert codes(portal.browser().post(f"{V1}/reports", data=whole, files=files)) == [("kind", "required")]


def test_fields_of_the_other_kind_are_ignored(portal: Portal) -> None:
    secret = people.id_number(91)
    assert post_report(portal.browser(), "his", previous_system="浪潮系统", id_number=secret).status_code == 201
    assert post_report(portal.browser(), "general", inpatient_number="*", patient_id_number="1").status_code == 201
    with portal.runtime.database.read() as session:
        reports = session.scalars(select(Report)).all()
        sealed = set(session.scalars(select(SealedValue.field)))
        indexes = set(session.scalars(select(SealedValue.value_index)))
    assert [set(report.answers) & {"previous_system"} for report in reports if report.kind == "his"] == [set()]
    assert sealed == set(SECRETS["general"]) | set(SECRETS["his"])
    assert portal.runtime.vault.blind_index(secret) not in indexes


def test_nothing_but_the_named_fields_can_be_set(portal: Portal) -> None:
    forged = {
        "state": "closed", "number": "RC1", "queue": "his", "urgency": "0", "assignee_id": "1", "filed_by": "leo",
        "query_code": "AAAA", "id": "1", "version": "9", "is_open": "", "__class__": "x", "notice_version": "0",
    }  # fmt: skip
    answer = post_report(portal.browser(), **forged)
    assert answer.status_code == 201
    with portal.runtime.database.read() as session:
        ticket, report = session.scalars(select(Ticket)).one(), session.scalars(select(Report)).one()
    assert (ticket.state, ticket.queue, ticket.version, ticket.urgency) == ("submitted", "general", 1, 2)
    assert (report.filed_by, ticket.assignee_id) == ("clinic", None)


def test_one_key_gives_one_report_to_twenty_threads(portal: Portal) -> None:
    answers: list[Any] = []
    threads = [
        threading.Thread(target=lambda: answers.append(post_report(portal.browser(), key="same-key-1")))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.status_code for answer in answers] == [201] * 20
    assert len({answer.text for answer in answers}) == 1
    assert reports_in(portal) == 1


def test_one_key_again_answers_alike_when_a_text_held_a_secret(portal: Portal) -> None:
    description = f"打开随访表后点保存，举例 {people.id_number(77)} 没有存上"
    first = post_report(portal.browser(), key="k-secret", description=description)
    assert post_report(portal.browser(), key="k-secret", description=description).json() == first.json()


def test_one_key_with_other_content_is_a_conflict(portal: Portal) -> None:
    assert post_report(portal.browser(), key="same-key-2").status_code == 201
    answer = post_report(portal.browser(), key="same-key-2", description="另一个问题：随访表打不开，一直转圈")
    assert answer.status_code == 409
    assert "Idempotency-Key" in answer.json()["title"]
    assert reports_in(portal) == 1


def test_it_refuses_an_unprintable_or_endless_key(portal: Portal) -> None:
    for key in ("x" * 201, "a\tb"):
        assert codes(post_report(portal.browser(), key=key)) == [("Idempotency-Key", "invalid")]
    assert post_report(portal.browser(), key="x" * 200).status_code == 201


def test_without_a_key_each_report_is_its_own(portal: Portal) -> None:
    first, second = post_report(portal.browser()).json(), post_report(portal.browser()).json()
    assert first["number"] != second["number"]
    assert first["query_code"] != second["query_code"]


def test_secrets_in_free_text_are_sealed_and_masked(portal: Portal) -> None:
    number, phone = people.id_number(55), people.phone(9)
    description = (
        f"批量居民都这样，举例身份证号{number}，电话{phone}，账号:sfdg密码:Fake-55-word，打开随访表保存时没有反应"
    )
    answer = post_report(portal.browser(), description=description)
    assert answer.status_code == 201
    seen = portal.api("alice").get(f"{V1}/tickets/{answer.json()['number']}")
    for secret in (number, phone, "Fake-55-word", "sfdg"):
        assert secret not in seen.text
        assert secret not in portal.api("alice").get(f"{V1}/tickets?queue=general").text
    found = seen.json()["found"]
    assert {value["label"].split("中的")[-1] for value in found} == {"身份证号", "电话", "账号", "密码"}
    with portal.runtime.database.read() as session:
        report = session.scalars(select(Report)).one()
        ticket = session.scalars(select(Ticket)).one()
    for secret in (number, phone, "Fake-55-word", "sfdg"):
        assert secret not in str(report.answers)
        assert secret not in ticket.search_text + ticket.excerpt


def test_text_arrives_unchanged(portal: Portal) -> None:
    description = "打开\U00020bb7与㙓的档案 \U0001f600 后看到：\r\n第一行 \"<>&'\r\n第二行"
    answer = post_report(portal.browser(), description=description)
    assert answer.status_code == 201
    fields = portal.api("alice").get(f"{V1}/tickets/{answer.json()['number']}").json()["fields"]
    assert [f["texts"] for f in fields if f["name"] == "description"] == [[description.replace("\r\n", "\n")]]


def test_repeated_fields_and_several_id_numbers(portal: Portal) -> None:
    numbers = [people.id_number(61), people.id_number(62)]
    answer = post_report(
        portal.browser(), id_number=numbers, description=["打开高血压随访表后点保存没有反应", "第二个值没有人看"]
    )
    assert answer.status_code == 201
    assert len(answer.json()["masked"]["id_number"]) == 2
    seen = portal.api("alice").get(f"{V1}/tickets/{answer.json()['number']}").text
    assert "第二个值" not in seen


def test_a_refusal_leaves_codes_in_the_trail_and_no_value(portal: Portal) -> None:
    wrong = people.wrong_check_character(people.id_number(71))
    post_report(portal.browser(), id_number=wrong, login_password="********")
    with portal.runtime.database.read() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.REPORT_REFUSED.value)).one()
    assert event.particulars == {"faults": ["id_number:id_checksum", "login_password:masked_value"]}
    assert not event.is_success


def test_too_many_reports_of_one_address_wait(portal: Portal) -> None:
    object.__setattr__(portal.settings, "reports_per_hour", 2)
    assert [post_report(portal.browser()).status_code for _ in range(2)] == [201, 201]
    answer = post_report(portal.browser())
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 3600
    assert post_report(portal.browser("192.0.2.7")).status_code == 201


@pytest.mark.both_databases
def test_too_many_reports_of_one_institution_wait_whatever_their_address(portal: Portal) -> None:
    portal.change_settings(reports_per_institution=2)
    made = [post_report(portal.browser(f"192.0.2.{number}")).status_code for number in range(2)]
    answer = post_report(portal.browser("192.0.2.9"))

    assert (made, answer.status_code) == ([201, 201], 429)
    assert 1 <= int(answer.headers["retry-after"]) <= 3600
    assert "这家机构" in answer.json()["title"] + answer.text
    assert post_report(portal.browser("192.0.2.9"), institution="高唐县梁村镇北街村卫生室").status_code == 201


def test_a_public_report_is_the_clinics_and_a_staff_one_names_who_typed_it(portal: Portal) -> None:
    post_report(portal.browser())
    post_report(portal.api("agnes"), channel="visit")
    with portal.runtime.database.read() as session:
        assert set(session.scalars(select(Report.filed_by))) == {"clinic", "agnes"}


def test_reports_filed_by_the_service_and_the_api_look_alike(portal: Portal) -> None:
    by_service = filed(portal)
    by_api = post_report(portal.browser()).json()
    seen = [
        portal.browser().post(f"{V1}/track", json={n: given[n] for n in ("number", "query_code")}).json()
        for given in (by_service, by_api)
    ]
    assert seen[0]["masked"] == seen[1]["masked"]


@pytest.mark.parametrize(
    "header",
    ["Bearer invented", "Bearer ", "bearer x y", "Token invented", "invented", "Bearer:invented", "apikey a=b"],
)
@pytest.mark.parametrize("path", ["reports", "track", "track/confirmation", "track/supplement", "openapi.json"])
def test_a_bad_token_is_refused_on_open_calls_too(portal: Portal, path: str, header: str) -> None:
    client = portal.browser()
    client.headers["authorization"] = header
    if path == "openapi.json":
        answer = client.get(f"{V1}/{path}")
    else:
        answer = post_report(client) if path == "reports" else client.post(f"{V1}/{path}", json={})
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert reports_in(portal) == 0


def test_a_token_without_the_right_is_no_clinic(portal: Portal) -> None:
    assert post_report(portal.api("ada")).status_code == 403
    assert reports_in(portal) == 0


def test_other_pictures_under_the_same_key_are_a_conflict(portal: Portal) -> None:
    client = portal.browser()
    first = post_report(client, key="one", files=[picture(whole_screen(seed=1))])
    assert first.status_code == 201
    again = post_report(client, key="one", files=[picture(whole_screen(seed=1))])
    assert (again.status_code, again.json()["number"]) == (201, first.json()["number"])
    for files in ([picture(whole_screen(seed=2))], [picture(whole_screen(seed=1)), picture(whole_screen(seed=1))]):
        other = post_report(client, key="one", files=files)
        assert (other.status_code, other.json()["code"]) == (409, "used_key")
    assert reports_in(portal) == 1


def test_names_that_no_field_has_are_told(portal: Portal) -> None:
    answer = post_report(
        portal.browser(), kinds="general", patient_id_number="1", files=[picture(), picture(slot="pic")]
    )
    assert answer.json()["ignored"] == ["kinds", "patient_id_number", "pic"]

"""粘贴提报 through the pages, without script: filled in for review, never shown again (REQUIREMENTS A14)."""

import logging
import re
import shutil

import pytest
from sqlalchemy import select

from portal.app import create_app
from portal.kinds.names import TicketKind
from portal.kinds.table import KINDS
from portal.reports import draft_answers, drafts
from portal.reports.draft_models import Draft
from portal.reports.models import Report
from portal.vault.models import SealedValue
from tests.conftest import settings_in
from tests.factories import people
from tests.factories.clinic import Clinic, error_of, typed_in
from tests.factories.closing import found_in
from tests.factories.pictures import crop_of_screen, whole_screen
from tests.factories.portals import Portal, csrf_of
from tests.pages.clinic.test_two_windows import Window
from tests.pages.clinic.test_typed import at_once

NUMBER, ACCOUNT, PASSWORD = people.id_number(seed=71), "planted.account77", "Planted-Pass-7719"
# The spec's own sample, with values in the place of its stars (REQUIREMENTS A11).
PLACE, WHAT = "高唐县杨屯乡样例七村卫生室", "在脑卒中随访表单点击新增按钮后,系统报错(批量居民都这样,举例身份证号"
STEPS = "在脑卒中随访表单点击新增按钮"
CHAT = f"""1、机构名称:{PLACE}
2、问题描述:{WHAT}:{NUMBER})
3、之前使用系统名称:浪潮系统
4、身份证号:{NUMBER}
5、账号:{ACCOUNT}密码:{PASSWORD}"""


def pasted(clinic, text, **fields):
    """Press 填到各栏 and open the page that follows."""
    answer = clinic.post(clinic.start, f"{clinic.start}/paste", pasted=text, **fields)
    assert answer.status_code == 303, answer.text
    return clinic.open(answer.headers["location"]).text


def typed_on(page):
    """What a browser would post of step 1."""
    return {name: typed_in(page, name) for name in ("institution", "previous_system", "description", "operation_steps")}


def draft_of(clinic):
    token = clinic.browser.cookies[f"portal_draft_{clinic.kind}"]
    return drafts.unfinished(clinic.portal.runtime, KINDS[TicketKind(clinic.kind)], token)


def notice_of(page):
    return re.sub(r"<[^>]*>|\s", "", page.split('<div class="paste__told"')[1].split("<label")[0])


def was_read(page):
    """The line that says what was read, and the fields that 去掉 empties; nothing while it is hidden."""
    line = re.search(r'<p class="was-read"[^>]*data-was-read>(.*?)</p>', page, re.S)
    return (
        (re.search(r"data-was-read-line>(.*?)<", line[1])[1], re.search(r'value="([^"]*)"', line[1])[1])
        if line
        else ("", "")
    )


@pytest.mark.parametrize("kind", ["general", "his"])
def test_it_offers_the_box_folded_on_the_first_step(portal, kind):
    page = Clinic(portal, kind).open(f"/report/{kind}").text
    assert '<details class="paste" data-paste-box>' in page and "已经写好了？" in page
    assert page.index("继续</button>") < page.index("填到各栏</button>"), "what the Enter key presses"


def test_it_fills_the_fields_for_review_and_files_them(portal):
    clinic = Clinic(portal)
    page = pasted(clinic, CHAT)
    assert typed_in(page, "institution") == PLACE and typed_in(page, "previous_system") == "浪潮系统"
    assert typed_in(page, "description").startswith(WHAT)
    told = notice_of(page)
    assert "已填好：机构名称、之前使用系统名称、问题详细描述、身份证号（举例子）、账号、密码。请核对" in told
    assert "还要填：出问题时的整个屏幕、点击“详细信息”后的整个屏幕（第2步）" in told
    line, names = was_read(page)
    assert line == "从描述看出：问题现象选了“报错类”，影响范围选了“批量居民都这样”，操作步骤照描述填好了"
    assert names == "symptom,scope,operation_steps" and typed_in(page, "operation_steps") == STEPS
    answer = clinic.post(clinic.start, asked="1", **typed_on(page))
    clinic.draft = str(draft_of(clinic).id)
    assert answer.headers["location"] == clinic.page("screenshots")
    assert clinic.add_pictures(whole_screen(), action="upload").status_code == 303
    clinic.add_pictures(whole_screen(seed=2), slot="error_detail_screenshots")
    identity = clinic.open(clinic.page("identity")).text
    assert identity.count("已填写（已加密保存）") == 3
    assert clinic.post(clinic.page("identity")).headers["location"] == clinic.page("check")
    assert clinic.submit().headers["location"] == clinic.page("receipt")
    clinic.open(clinic.page("receipt"))
    with portal.runtime.database.read() as session:
        report = session.scalars(select(Report)).one()
        fields = sorted(session.scalars(select(SealedValue.field)))
    assert fields == ["description", "id_number", "login_account", "login_password"]
    assert NUMBER not in report.answers["description"]
    assert not [page for page in clinic.shown for secret in (NUMBER, ACCOUNT, PASSWORD) if secret in page]


def test_the_address_and_the_log_hold_names_of_fields_only(portal, caplog):
    clinic = Clinic(portal)
    with caplog.at_level(logging.DEBUG):
        answer = clinic.post(clinic.start, "/report/general/paste", pasted=CHAT)
    assert answer.headers["location"].split("&draft=")[0] == (
        "/report/general/paste?found=institution,previous_system,description,id_number,login_account,login_password"
        "&read=symptom,scope,operation_steps"
    )
    spoken = caplog.text + str(dict(answer.headers)) + answer.text
    assert "/report/general/paste" in caplog.text
    assert not [secret for secret in (NUMBER, ACCOUNT, PASSWORD, PLACE, WHAT) if secret in spoken]


def test_what_was_pasted_is_sealed_before_it_touches_the_disk(sqlite_template, tmp_path):
    folder = tmp_path / "var"
    shutil.copytree(sqlite_template, folder)
    settings = settings_in(folder)
    portal = Portal(create_app(settings), settings)
    clinic = Clinic(portal)
    assert PLACE in pasted(clinic, CHAT + "\n另外 " + people.phone(7))
    planted = [NUMBER, ACCOUNT, PASSWORD, people.phone(7), PLACE, WHAT]
    escaped = [text.encode("unicode_escape") for text in planted]
    with portal.runtime.database.read() as session:
        sealed = session.scalars(select(Draft.answers_sealed)).one()
    assert found_in(folder, [sealed]), "the search itself finds what is there"
    written = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert not [value for value in [text.encode() for text in planted] + escaped for c in written if value in c]
    portal.close()


def test_an_error_page_never_shows_what_was_pasted(portal):
    clinic = Clinic(portal)
    for answer in (
        clinic.browser.post("/report/general/paste", data={"csrf": "old", "pasted": CHAT}),
        clinic.browser.post("/report/general", data={"csrf": "old", "pasted": CHAT}),
        clinic.post("/report/general", "/report/nothing/paste", pasted=CHAT),
    ):
        assert answer.status_code in (403, 404)
        assert not [secret for secret in (NUMBER, ACCOUNT, PASSWORD) if secret in answer.text]


def test_starred_values_are_asked_for_in_full(portal):
    page = pasted(Clinic(portal), f"机构：{PLACE}\n身份证号：*************\n账号：abc77\n密码：******")
    told = notice_of(page)
    assert "已填好：机构名称、账号。请核对" in told
    assert "身份证号（举例子）、密码是*号，没有填入，请填写完整号码（第3步）" in told
    assert "还要填：之前使用系统名称、问题详细描述（本页）出问题时的整个屏幕（第2步）" in told


def test_text_that_names_no_field_fills_nothing_and_stays_in_its_box(portal):
    clinic = Clinic(portal)
    text = "系统打不开了，点保存没有反应\n麻烦尽快看一下"
    page = pasted(clinic, text)
    assert (
        "没有认出各栏的名称，什么都没有填" in notice_of(page) and '<details class="paste" data-paste-box open>' in page
    )
    assert typed_in(page, "description") == "" and typed_in(page, "pasted").splitlines() == text.splitlines()
    secret = f"这是我的 {NUMBER}"
    assert "什么都没有填" in notice_of(page := pasted(clinic, secret)) and NUMBER not in page


@pytest.mark.parametrize("kind", ["general", "his"])
def test_a_table_that_is_not_understood_fills_nothing(portal, kind):
    """Rather than the password into the description, under a notice that says 加密保存."""
    clinic = Clinic(portal, kind)
    page = pasted(clinic, f"机构名称\t问题描述\t账号\t密码\n{PLACE}\t打不开\t{ACCOUNT}\t{PASSWORD}\t多一格")
    assert "什么都没有填" in notice_of(page) and PASSWORD not in page and ACCOUNT not in page
    assert not draft_of(clinic).values.get("description")


def test_what_is_left_over_holds_no_readable_secret(portal):
    clinic = Clinic(portal)
    page = pasted(clinic, f"机构：{PLACE}\n账号：{ACCOUNT}\n{PASSWORD} {PASSWORD}x\n打不开，密碼：Qz8812!x，请看")
    assert "看不出是哪一栏的，没有填入" in notice_of(page)
    assert PASSWORD not in page and "Qz8812!x" not in page and "请看" in page


def test_one_press_takes_back_what_was_read(portal):
    clinic = Clinic(portal)
    page = pasted(clinic, CHAT)
    answer = clinic.post(clinic.start, asked="1", read=was_read(page)[1], undo="1", symptom="error", **typed_on(page))
    assert answer.status_code == 200 and was_read(answer.text) == ("", "")
    values = draft_of(clinic).values
    assert not any("".join(values[name]) for name in ("symptom", "scope", "operation_steps"))
    assert typed_in(answer.text, "description").startswith(WHAT) and 'name="asked"' in answer.text
    answer = clinic.post(clinic.start, **typed_on(answer.text))
    assert answer.headers["location"].endswith("/screenshots"), "it is asked once, and no answer is an answer"
    assert not "".join(draft_of(clinic).values["symptom"])


def test_a_typed_text_that_speaks_of_an_error_is_asked_about_once(portal):
    clinic = Clinic(portal)
    answer = clinic.fill_situation(description=f"{WHAT})")
    assert answer.status_code == 422 and was_read(answer.text)[0].startswith("从描述看出：问题现象选了“报错类”")
    assert typed_in(answer.text, "operation_steps") == STEPS and 'value="error" checked' in answer.text
    assert "symptom" not in draft_of(clinic).values, "what nobody has said is not stored"
    answer = clinic.fill_situation(description=f"{WHAT})", symptom="other", asked="1")
    assert answer.headers["location"].endswith("/screenshots")
    assert draft_of(clinic).values["symptom"] == ["other"]


def test_an_error_without_steps_in_its_text_asks_for_them_at_the_same_time(portal):
    answer = Clinic(portal).fill_situation(description="高血压随访表系统报错，什么都做不了")
    assert answer.status_code == 422 and "报错类问题请写明操作步骤" in error_of(answer.text, "operation_steps")


def test_a_text_that_speaks_of_no_error_is_not_asked_about(portal):
    assert Clinic(portal).fill_situation().status_code == 303


def test_the_script_gets_the_next_page_or_nothing(portal):
    clinic = Clinic(portal)
    token = csrf_of(clinic.open(clinic.start).text)
    for path, text, kind in (
        ("/report/general/paste", CHAT, "general"),
        ("/paste", CHAT, "general"),
        ("/paste", f"1、问题描述：{WHAT})\n4、患者身份证号、住院号：{NUMBER} ZY2026-7", "his"),
        ("/report/general/paste", "系统打不开了", ""),
        ("/paste", f"机构：{PLACE}\n账号：{ACCOUNT} 密码：{PASSWORD}", ""),
    ):
        answer = clinic.browser.post(path, data={"csrf": token, "pasted": text}, headers={"accept": "application/json"})
        assert answer.status_code == 200
        assert answer.json()["address"].startswith(f"/report/{kind}/paste?found=" if kind else ""), text
        assert bool(answer.json()["address"]) == bool(kind)


def test_the_script_is_told_what_a_typed_description_says(portal):
    clinic = Clinic(portal)
    token = csrf_of(clinic.open(clinic.start).text)
    read = clinic.browser.post("/report/general/reading", data={"csrf": token, "description": f"{WHAT})"}).json()
    assert read["values"] == {"symptom": "error", "scope": "batch", "operation_steps": STEPS}
    chosen = {"csrf": token, "description": f"{WHAT})", "symptom": "other", "scope": "single"}
    assert clinic.browser.post("/report/general/reading", data=chosen).json() == {"values": {}, "line": ""}


def test_an_early_picture_waits_in_its_slot(portal):
    clinic = Clinic(portal)
    pasted(clinic, CHAT)
    page = clinic.open(clinic.start).text
    marks = {
        name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in ("draft", "proposed", "page", "seen")
    }
    data = {"csrf": csrf_of(page), "symptom": "error", **typed_on(page), **marks}
    seen = []
    for seed in (1, 2):
        files = {"picture": ("a.png", whole_screen(seed=seed), "image/png")}
        answer = clinic.browser.post("/report/general/pictures", data=data, files=files)
        assert answer.status_code == 201, answer.text
        seen.append((answer.json()["slot"], answer.json()["is_last"]))
    assert seen == [("screenshots", False), ("error_detail_screenshots", True)]
    assert [picture.slot for picture in draft_of(clinic).pictures] == ["error_detail_screenshots", "screenshots"]
    page = clinic.open(clinic.start).text
    assert page.count("附图 1") == 1 and "已收到的附图" in page
    refused = clinic.browser.post(
        "/report/general/pictures",
        data=data,
        files={"picture": ("a.png", crop_of_screen(), "image/png")},
        headers={"accept": "application/json"},
    )
    assert refused.status_code == 422 and "只截了一部分" in refused.text


def test_the_last_page_shows_one_line_a_value_and_a_box_only_to_change_it(portal):
    clinic = Clinic(portal)
    pasted(clinic, f"机构：{PLACE}\n身份证号：{NUMBER}\n账号：{ACCOUNT}")
    clinic.draft = str(draft_of(clinic).id)
    page = clinic.open(clinic.page("identity")).text
    kept = re.findall(r'<details class="kept-value" id="kept-(\w+)">', page)
    assert kept == ["id_number", "login_account"]
    assert page.count(">修改</span></summary>") == 2 and 'name="login_password"' in page


def test_the_check_page_opens_pictures_and_says_blanks_in_one_line(portal):
    clinic = Clinic(portal)
    clinic.fill()
    page = clinic.open(clinic.page("check")).text
    [picture] = draft_of(clinic).pictures
    assert f'<a class="thumbs__open" href="{clinic.page("pictures")}/{picture.id}" target="_blank"' in page
    blank = page.split("<dt>没有填写</dt>")[1].split("</dd>")[0]
    assert "问题现象" in blank and "影响范围" in blank and "未填写" not in page


def test_secrets_in_text_without_names_are_moved_and_hidden(portal):
    clinic = Clinic(portal)
    page = pasted(clinic, f"打不开，举例 {NUMBER}，账号：{ACCOUNT}，密码：{PASSWORD}，电话 {people.phone(7)}")
    shown = typed_in(page, "description")
    assert shown.startswith("打不开，举例 ") and NUMBER not in page and people.phone(7) not in page
    assert ACCOUNT not in page and PASSWORD not in page
    values = draft_of(clinic).values
    assert values["id_number"] == [NUMBER] and values["login_password"] == [PASSWORD]
    assert values["contact_phone"] == [people.phone(7)]


def test_what_was_typed_before_is_not_lost(portal):
    clinic = Clinic(portal)
    page = pasted(
        clinic, f"账号：{ACCOUNT}\n再补充一句", institution=PLACE, description="先写的一句话", scope=("batch")
    )
    assert typed_in(page, "institution") == PLACE
    assert typed_in(page, "description").splitlines() == ["先写的一句话", "再补充一句"]
    assert draft_of(clinic).values["scope"] == ["batch"]


@pytest.mark.parametrize("is_begun", [True, False], ids=["begun", "new"])
def test_the_boxes_of_the_page_that_was_pasted_into_overwrite_nothing(portal, is_begun):
    """They are saved once more while the browser leaves the page, and may arrive after the text."""
    clinic = Clinic(portal)
    if is_begun:
        Window(clinic, clinic.start).type(description="先写的一句话")
    window = Window(clinic, clinic.start)
    data = window.data(institution="高唐", pasted=CHAT)
    first = clinic.browser.post(f"{clinic.start}/paste", data=data)
    late = window.type(institution="高唐")
    assert (first.status_code, late.status_code) == (303, 409)
    again = clinic.browser.post(f"{clinic.start}/paste", data=data)  # as its answer was lost
    assert again.headers["location"].partition("&draft=")[2] == first.headers["location"].partition("&draft=")[2] != ""
    assert draft_of(clinic).values["institution"] == [PLACE]


def test_a_text_and_the_boxes_of_its_page_sent_at_once_lose_nothing(portal):
    for _ in range(5):
        clinic = Clinic(portal)
        data = Window(clinic, clinic.start).data(institution="高唐", pasted=CHAT)
        states = at_once(clinic, (f"{clinic.start}/paste", data), (f"{clinic.start}/typed", data))
        assert set(states) <= {200, 409}
        clinic.open(clinic.start)
        with portal.runtime.database.read() as session:
            draft = session.scalars(select(Draft).order_by(Draft.created_at.desc())).first()
            assert draft_answers.read(session, portal.runtime.vault, draft)["institution"] == [PLACE]


def test_pasting_twice_doubles_nothing(portal):
    clinic = Clinic(portal)
    first = pasted(clinic, CHAT)
    answer = clinic.post(
        clinic.start, "/report/general/paste", pasted=CHAT, description=typed_in(first, ("description"))
    )
    assert typed_in(clinic.open(answer.headers["location"]).text, "description") == typed_in(first, "description")
    assert draft_of(clinic).values["description"] == [f"{WHAT}:{NUMBER})"]


def test_going_on_with_a_full_box_pastes_instead_of_losing_it(portal):
    clinic = Clinic(portal)
    answer = clinic.post(clinic.start, pasted=CHAT, institution="高唐县")
    assert answer.headers["location"].startswith("/report/general/paste?found=")
    assert draft_of(clinic).values["institution"] == [PLACE]


def test_an_empty_box_says_so(portal):
    page = pasted(Clinic(portal), " \n　", institution=PLACE)
    assert "没有可以填的内容" in notice_of(page) and '<details class="paste" data-paste-box open>' in page
    assert typed_in(page, "institution") == PLACE


def test_the_page_claims_only_what_the_draft_holds(portal):
    clinic = Clinic(portal)
    assert clinic.open("/report/general/paste?found=login_password").headers["location"] == "/report/general"
    pasted(clinic, f"机构：{PLACE}")
    page = clinic.open("/report/general/paste?found=login_password,institution,nonsense&starred=%3Cb%3E").text
    assert "已填好：机构名称。请核对" in notice_of(page)


def test_of_a_very_long_chat_a_sensible_part_is_kept_and_told_at_its_step(portal):
    clinic = Clinic(portal)
    page = pasted(clinic, f"机构：{PLACE}\n问题描述：" + "打不开" * 8000)
    assert "超过20000个字，后面的没有读取" in notice_of(page)
    assert len(draft_of(clinic).values["description"][0]) == 12_000
    answer = clinic.post(clinic.start, institution=PLACE, previous_system="浪潮系统")
    assert answer.status_code == 422 and "最多 10000 个字" in answer.text


def test_his_fills_its_own_fields(portal):
    clinic = Clinic(portal, "his")
    page = pasted(
        clinic,
        f"1、问题描述：{WHAT}\n2、附图\n3、账号：{ACCOUNT} 密码：{PASSWORD}\n"
        f"4、患者身份证号：{NUMBER}、住院号：ZY2026-7",
    )
    assert "已填好：问题描述、患者身份证号、住院号、账号、密码。请核对" in notice_of(page)
    assert draft_of(clinic).values["inpatient_number"] == ["ZY2026-7"]

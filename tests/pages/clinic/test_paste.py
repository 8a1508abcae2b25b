"""粘贴提报 through the pages, without script: filled in for review, never shown again (REQUIREMENTS A14)."""

import logging
import shutil

import pytest
from sqlalchemy import select

from portal.app import create_app
from portal.kinds.names import TicketKind
from portal.kinds.table import KINDS
from portal.reports import drafts
from portal.reports.draft_models import Draft
from portal.reports.models import Report
from portal.vault.models import SealedValue
from tests.conftest import settings_in
from tests.factories import people
from tests.factories.clinic import Clinic, typed_in
from tests.factories.closing import found_in
from tests.factories.pictures import whole_screen
from tests.factories.portals import Portal

NUMBER, ACCOUNT, PASSWORD = people.id_number(seed=71), "planted.account77", "Planted-Pass-7719"
PLACE, WHAT = "高唐县杨屯乡样例七村卫生室", "居民健康档案打不开，提示参数错误，批量居民都这样"
CHAT = f"""1、机构名称：{PLACE}
2、问题描述：{WHAT}，举例身份证号：{NUMBER}
3、之前使用系统名称：浪潮系统
4、身份证号(举例子)：{NUMBER}
5、账号：{ACCOUNT}密码：{PASSWORD}
6、附图"""


def pasted(clinic, text, **fields):
    """Press 填到各栏 and open the page that follows."""
    answer = clinic.post(clinic.start, f"{clinic.start}/paste", pasted=text, **fields)
    assert answer.status_code == 303, answer.text
    return clinic.open(answer.headers["location"]).text


def draft_of(clinic):
    token = clinic.browser.cookies[f"portal_draft_{clinic.kind}"]
    return drafts.unfinished(clinic.portal.runtime, KINDS[TicketKind(clinic.kind)], token)


def notice_of(page):
    return page.split('<div class="paste__told"')[1].split("<label")[0]


@pytest.mark.parametrize("kind", ["general", "his"])
def test_it_offers_the_box_folded_on_the_first_step(portal, kind):
    page = Clinic(portal, kind).open(f"/report/{kind}").text
    assert '<details class="paste" data-paste-box>' in page and "已经在聊天里写好了？" in page
    assert page.index("继续</button>") < page.index("填到各栏</button>"), "what the Enter key presses"


def test_it_fills_the_fields_for_review_and_files_them(portal):
    clinic = Clinic(portal)
    page = pasted(clinic, CHAT)
    assert typed_in(page, "institution") == PLACE and typed_in(page, "previous_system") == "浪潮系统"
    assert typed_in(page, "description").startswith(WHAT)
    told = notice_of(page)
    assert "已填好：机构名称、之前使用系统名称、问题详细描述、身份证号（举例子）、账号、密码。请核对" in told
    assert "还要填：操作步骤（本页）、出问题时的整个屏幕、点击“详细信息”后的整个屏幕（第 2 步）" in told
    assert "从描述看出：问题现象选了“报错类”，影响范围选了“批量居民都这样”" in page
    answer = clinic.post(
        clinic.start, institution=PLACE, previous_system="浪潮系统", description=typed_in(page, "description")
    )
    clinic.draft = str(draft_of(clinic).id)
    assert answer.headers["location"] == clinic.page("screenshots")
    clinic.add_pictures(whole_screen())
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
    assert "身份证号（举例子）、密码是 * 号，没有填入，请填写完整号码（第 3 步）" in told
    assert "还要填：之前使用系统名称、问题详细描述（本页）、出问题时的整个屏幕（第 2 步）" in told


def test_text_that_names_no_field_becomes_the_description(portal):
    page = pasted(Clinic(portal), "系统打不开了，点保存没有反应\n麻烦尽快看一下")
    assert "没有认出各栏的名称，文字都放进了“问题详细描述”，没有丢掉" in notice_of(page)
    assert typed_in(page, "description").splitlines() == ["系统打不开了，点保存没有反应", "麻烦尽快看一下"]


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


def test_pasting_twice_doubles_nothing(portal):
    clinic = Clinic(portal)
    first = pasted(clinic, CHAT)
    answer = clinic.post(
        clinic.start, "/report/general/paste", pasted=CHAT, description=typed_in(first, ("description"))
    )
    assert typed_in(clinic.open(answer.headers["location"]).text, "description") == typed_in(first, "description")
    assert draft_of(clinic).values["description"] == [f"{WHAT}，举例身份证号：{NUMBER}"]


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
    assert "超过 20000 个字，后面的没有读取" in notice_of(page)
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

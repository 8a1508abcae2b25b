"""Every rule of the 一线通 spec through the pages, without script, on both databases."""

import re

import pytest
from sqlalchemy import func, select

from portal.kinds.fields import Need, Step
from portal.kinds.names import Channel, TicketKind
from portal.kinds.table import KINDS, PRIVACY_NOTICE
from portal.reports.models import Report
from portal.screenshots.models import Screenshot
from portal.tickets.models import Ticket
from portal.vault.models import SealedValue
from tests.factories import people
from tests.factories.clinic import Clinic, code_of, error_of, number_of, question_of, read_at, stored_files, typed_in
from tests.factories.pictures import crop_of_screen, photo_of_screen, scaled_screen, whole_screen
from tests.factories.portals import post

STEP_OF = {
    "institution": "situation",
    "description": "situation",
    "previous_system": "situation",
    "screenshots": "screenshots",
    "id_number": "identity",
    "login_account": "identity",
    "login_password": "identity",
    "patient_id_number": "identity",
    "inpatient_number": "identity",
}
_BOTH = ["description", "login_account", "login_password", "screenshots"]
MUST = {
    "general": [*_BOTH, "institution", "previous_system", "id_number"],
    "his": [*_BOTH, "patient_id_number", "inpatient_number"],
}


def report_of(portal):
    with portal.runtime.database.read() as session:
        return session.scalars(select(Report)).one()


def reports_in(portal):
    with portal.runtime.database.read() as session:
        return session.scalar(select(func.count()).select_from(Report))


@pytest.mark.parametrize("kind", ["general", "his"])
def test_it_files_a_report_page_by_page(portal, kind):
    receipt = Clinic(portal, kind).file()
    assert number_of(receipt).startswith("RC" if kind == "general" else "HIS")
    assert len(code_of(receipt)) == 12
    report = report_of(portal)
    assert (report.kind, report.channel) == (kind, "yxt")


@pytest.mark.parametrize(("kind", "field"), [(kind, field) for kind in MUST for field in MUST[kind]])
def test_it_demands_every_required_field_at_its_step_and_at_the_end(portal, kind, field):
    """REQUIREMENTS A1, A4 to A10, B1, B2: refused by the step, and by the full check when the step is skipped."""
    clinic = Clinic(portal, kind, **({} if field == "screenshots" else {field: "　"}))
    steps = {
        "situation": clinic.fill_situation(),
        "screenshots": clinic.add_pictures(*([] if field == "screenshots" else [whole_screen()])),
        "identity": clinic.fill_identity(),
    }
    refused = [step for step, answer in steps.items() if answer.status_code == 422]
    assert refused == [STEP_OF[field]]
    page = steps[STEP_OF[field]].text
    assert error_of(page, field).startswith("请")
    # A line about pictures leads to its message, as their input stands below them.
    told = f"field-{field}-error" if field == "screenshots" else f"field-{field}"
    assert f'<a href="#{told}">' in page and page.count(f' id="{told}"') == 1 and "<title>有错误：" in page
    answer = clinic.submit()
    assert answer.status_code == 422
    assert f'{clinic.page(STEP_OF[field])}?back=check#field-{field}"' in answer.text
    assert error_of(clinic.open(clinic.page(STEP_OF[field]) + "?back=check").text, field)
    assert reports_in(portal) == 0


def test_it_tells_every_fault_of_a_step_at_once_and_keeps_what_was_typed(portal):
    clinic = Clinic(portal, institution="高唐县", description="坏了", previous_system="", symptom="form_blank")
    page = clinic.fill_situation(form_name="").text
    wrong = ["institution", "previous_system", "description", "form_name", "blank_items"]
    assert [field for field in wrong if error_of(page, field)] == wrong
    assert "有 5 处需要修改" in page
    assert (typed_in(page, "institution"), typed_in(page, "description")) == ("高唐县", "坏了")
    assert re.search(r'value="form_blank" checked', page)
    again = clinic.open(clinic.start).text
    assert (typed_in(again, "institution"), typed_in(again, "description")) == ("高唐县", "坏了")


def test_it_tells_every_fault_of_the_whole_report_on_the_check_page(portal):
    clinic = Clinic(portal)
    clinic.fill_situation(institution="", description="", previous_system="")
    page = clinic.submit().text
    assert "有 7 处需要修改" in page
    positions = [page.index(f"#field-{field}") for field in ["institution", "previous_system", "description"]]
    assert positions == sorted(positions)


def test_it_goes_straight_back_to_the_check_page_after_a_change(portal):
    clinic = Clinic(portal)
    clinic.fill()
    page = clinic.page("situation") + "?back=check"
    assert clinic.post(page, page, institution="高唐县杨屯乡样例村卫生室").headers["location"] == clinic.page("check")
    assert "高唐县杨屯乡样例村卫生室" in clinic.open(clinic.page("check")).text


@pytest.mark.parametrize("name", ["高唐县杨屯乡张四屯卫生室", "高唐县杨屯镇张四屯村", "海拉尔区建设街道社区卫生服务站"])
def test_it_takes_institutions_as_the_spec_writes_them(portal, name):
    """REQUIREMENTS A2, A3: the source's own sample has neither 镇 nor 村."""
    assert Clinic(portal, institution=name).fill_situation().status_code == 303


@pytest.mark.parametrize(
    ("symptom", "demanded"),
    [("form_lost", ["form_name"]), ("form_blank", ["form_name", "blank_items"]), ("error", ["operation_steps"])],
)
def test_it_demands_what_a_symptom_needs(portal, symptom, demanded):
    """REQUIREMENTS A5, C3, C4."""
    page = Clinic(portal, symptom=symptom).fill_situation().text
    asked = [name for name in ("operation_steps", "form_name", "blank_items") if error_of(page, name)]
    assert sorted(asked) == sorted(demanded)


def test_it_demands_the_error_detail_picture_for_errors_only(portal):
    """C3."""
    clinic = Clinic(portal, symptom="error")
    assert clinic.fill_situation(operation_steps="1. 打开随访表\n2. 点保存").status_code == 303
    answer = clinic.add_pictures(whole_screen())
    assert answer.status_code == 422
    assert "详细信息" in error_of(answer.text, "error_detail_screenshots")
    assert not error_of(answer.text, "screenshots") and "1366 × 768 像素" in answer.text
    answer = clinic.add_pictures(whole_screen(seed=2), slot="error_detail_screenshots")
    assert answer.headers["location"] == clinic.page("identity")
    plain = Clinic(portal)
    plain.fill_situation()
    assert "error_detail_screenshots" not in plain.open(plain.page("screenshots")).text


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("371526********1234", "不要用 * 代替"),
        ("*************", "不要用 * 代替"),
        (people.id_number(seed=11)[:-1], "17 位"),
        (people.wrong_check_character(people.id_number(seed=11)), "最后一位"),
        (people.phone(3), "手机号"),
    ],
)
def test_it_refuses_an_id_number_that_is_none(portal, value, words):
    """REQUIREMENTS A7, A13."""
    clinic = Clinic(portal)
    clinic.fill_situation()
    answer = clinic.fill_identity(id_number=value)
    assert answer.status_code == 422
    assert words in error_of(answer.text, "id_number")


def test_it_refuses_stars_in_account_and_password(portal):
    """REQUIREMENTS A13: in a password only when it is all stars."""
    clinic = Clinic(portal)
    clinic.fill_situation()
    page = clinic.fill_identity(login_account="zst***01", login_password="********").text
    assert "*" in error_of(page, "login_account") and "*" in error_of(page, "login_password")
    assert clinic.fill_identity(login_password="Fake**Pass*7").status_code == 303


def test_it_keeps_several_example_id_numbers(portal):
    """REQUIREMENTS A7: 1 to 10, one per line."""
    numbers = [people.id_number(seed=seed) for seed in range(1, 4)]
    clinic = Clinic(portal, id_number="\r\n".join(numbers), scope="batch")
    clinic.file()
    with portal.runtime.database.read() as session:
        masks = session.scalars(select(SealedValue.value_masked).where(SealedValue.field == "id_number")).all()
    assert len(masks) == 3
    too_many = Clinic(portal)
    too_many.fill_situation()
    page = too_many.fill_identity(id_number="\n".join(people.id_number(seed=n * 7) for n in range(11))).text
    assert "最多填写 10 个" in error_of(page, "id_number")


def test_it_keeps_every_blank_of_a_password(portal):
    """A9."""
    clinic = Clinic(portal, login_password="  Fake  Pass 7 ")
    clinic.file()
    with portal.runtime.database.read() as session:
        row = session.scalars(select(SealedValue).where(SealedValue.field == "login_password")).one()
        assert portal.runtime.vault.open_value(session, row) == "  Fake  Pass 7 "


def test_it_shows_points_and_example_before_anything_is_typed(portal):
    """REQUIREMENTS A11, A15."""
    page = Clinic(portal).open("/report/general").text
    for words in ("提交前请知晓", "做了哪种操作、出现了哪种问题", "查看示范", "高唐县杨屯乡张四屯卫生室", "浪潮系统"):
        assert words in page
    assert "sfdg" not in page and "123456" not in page


@pytest.mark.parametrize(("kind", "named"), [("general", "哪个表单"), ("his", "哪张单据")])
def test_the_points_are_in_the_words_of_the_kind(portal, kind, named):
    points = Clinic(portal).open(f"/report/{kind}").text.split('id="points"')[1].split("</ul>")[0]
    assert named in points
    assert ("表单" in points) is (kind == "general")


def test_a_clinic_reads_no_version_of_the_notice(portal):
    clinic = Clinic(portal)
    clinic.fill()
    page = clinic.open(clinic.page("identity")).text
    assert "关于这些信息" in page
    assert PRIVACY_NOTICE not in page and "版本" not in page


def test_it_masks_secrets_inside_texts_on_the_check_page_and_in_the_report(portal):
    """A12."""
    number = people.id_number(seed=31)
    text = f"批量居民都这样，举例身份证号{number}，账号：fake.user01 密码：Not-Real-77"
    clinic = Clinic(portal, description=text)
    clinic.fill()
    page = clinic.open(clinic.page("check")).text
    assert "已帮您加密隐藏" in page
    for secret in (number, "fake.user01", "Not-Real-77"):
        assert secret not in page
    clinic.submit()
    saved = report_of(portal).answers["description"]
    assert number not in saved and "Not-Real-77" not in saved and "批量居民都这样" in saved
    assert "密码：••••••••" in page and "账号：f" in page and "********，" not in page


SECRET_TEXT = "打开随访表点保存，内容没有了，\r\n账号：fake.user01 密码:Invented#77"


@pytest.mark.parametrize("institution", ["", "高唐县杨屯乡张四屯卫生室"])
def test_a_secret_inside_a_text_is_not_sent_back_and_not_lost(portal, institution):
    """SECURITY A-6: masked on every later page; the page posted unchanged keeps what was typed."""
    clinic = Clinic(portal, description=SECRET_TEXT)
    clinic.fill_situation()
    for path in (clinic.start, clinic.page("situation"), clinic.page("situation") + "?back=check"):
        page = clinic.open(path).text
        assert "Invented#77" not in page and "fake.user01" not in page
        assert "密码:••••••••" in typed_in(page, "description")
    masked = typed_in(page, "description")
    answer = clinic.fill_situation(description=masked, institution=institution)
    assert "Invented#77" not in answer.text
    if not institution:
        assert answer.status_code == 422 and typed_in(answer.text, "description") == masked
        clinic.fill_situation(description=masked)
    clinic.add_pictures(whole_screen())
    clinic.fill_identity()
    clinic.submit()
    with portal.runtime.database.read() as session:
        rows = session.scalars(select(SealedValue).where(SealedValue.field == "description")).all()
        assert {portal.runtime.vault.open_value(session, row) for row in rows} == {"fake.user01", "Invented#77"}
    assert "Invented#77" not in report_of(portal).answers["description"]


def test_a_masked_text_that_was_edited_counts_as_it_was_posted(portal):
    clinic = Clinic(portal, description=SECRET_TEXT)
    clinic.fill_situation()
    edited = typed_in(clinic.open(clinic.start).text, "description").replace("随访表", "体检表")
    clinic.fill_situation(description=edited)
    assert typed_in(clinic.open(clinic.start).text, "description") == edited
    clinic.add_pictures(whole_screen())
    clinic.fill_identity()
    assert clinic.submit().headers["location"] == clinic.page("receipt")
    assert "体检表" in report_of(portal).answers["description"]


def test_a_password_given_in_its_field_is_masked_in_the_text_too(portal):
    clinic = Clinic(portal, description="打开随访表点保存，填好 mingmingtian 后内容没有了")
    clinic.fill_situation()
    assert "mingmingtian" in clinic.open(clinic.page("situation")).text, "nothing says yet that this is a secret"
    clinic.add_pictures(whole_screen())
    clinic.fill_identity(login_password="mingmingtian")
    for name in ("situation", "check"):
        page = clinic.open(clinic.page(name)).text
        assert "mingmingtian" not in page and "填好 •••••••• 后" in page


def test_a_kept_secret_with_a_fault_is_not_called_filled_in(portal):
    clinic = Clinic(portal)
    clinic.fill_situation()
    answer = clinic.fill_identity(id_number="371526********1234")
    assert "不要用 * 代替" in error_of(answer.text, "id_number")
    for page in (answer.text, clinic.open(clinic.page("identity")).text):
        assert 'id="field-id_number-kept"' not in page and "371526" not in page
        assert 'id="field-login_password-kept"' in page
    assert 'class="field__error"' not in page, "what was never given is not a fault of the page as it opens"
    clinic.fill_identity()
    page = clinic.open(clinic.page("identity")).text
    assert 'id="field-id_number-kept"' in page and not error_of(page, "id_number")


@pytest.mark.parametrize(("kind", "numbers"), [("general", "身份证号"), ("his", "身份证号、住院号")])
def test_the_notice_beside_the_secrets_says_how_long_and_whom_to_ask(portal, kind, numbers):
    portal.change_settings(support_phone="0635-5550100")
    clinic = Clinic(portal, kind)
    clinic.fill_situation()
    notice = clinic.open(clinic.page("identity")).text.split('id="points"')[1].split("</aside>")[0]
    assert "问题关闭后销毁账号和密码" in notice and "0635-5550100" in notice
    assert f"；{numbers}随问题记录保存，管理员可按规定期限销毁" in notice


@pytest.mark.parametrize("kind", KINDS)
def test_the_notice_names_every_number_that_is_kept(portal, kind):
    """Contacts are no secret of the problem, and are not named there."""
    clinic = Clinic(portal, kind)
    clinic.fill_situation()
    notice = clinic.open(clinic.page("identity")).text.split('id="points"')[1].split("</aside>")[0]
    kept = [
        re.sub("患者|（.*）", "", spec.label)
        for spec in KINDS[kind].on(Step.IDENTITY)
        if spec.is_sensitive and not spec.is_credential and not spec.name.startswith("contact_")
    ]
    assert kept and [label for label in kept if label not in notice] == []


def test_his_does_not_ask_what_its_spec_does_not_list(portal):
    """REQUIREMENTS B3: no 之前使用系统, no example resident; the institution is asked and never blocks."""
    clinic = Clinic(portal, "his")
    page = clinic.open(clinic.start).text
    assert 'name="previous_system"' not in page and "机构名称<span" in page
    clinic.file()


def test_general_does_not_keep_fields_of_his(portal):
    """SECURITY A-3."""
    clinic = Clinic(portal, inpatient_number="ZY20261111", patient_id_number=people.id_number(seed=41))
    clinic.file()
    with portal.runtime.database.read() as session:
        fields = set(session.scalars(select(SealedValue.field)))
    assert fields == {"id_number", "login_account", "login_password"}


def test_nobody_can_open_another_channel_or_kind_with_forged_fields(portal):
    """REQUIREMENTS A8, B4: the public form is always 一线通."""
    clinic = Clinic(portal)
    forged = {"channel": "qq", "kind": "his", "state": "closed", "number": "RC1", "admin": "1", "report_id": "x"}
    clinic.fill_situation(**forged)
    clinic.add_pictures(whole_screen(), **forged)
    answer = clinic.fill_identity(id_number="", login_account="", login_password="", **forged)
    assert [bool(error_of(answer.text, name)) for name in ("id_number", "login_account", "login_password")] == [
        True
    ] * 3
    answer = post(clinic.browser, clinic.page("check"), clinic.page("check"), **forged)
    assert answer.status_code == 422 and reports_in(portal) == 0
    clinic.fill_identity()
    post(clinic.browser, clinic.page("check"), clinic.page("check"), **forged)
    report = report_of(portal)
    assert (report.kind, report.channel, sorted(report.answers)) == (
        "general", "yxt", ["description", "institution", "previous_system"],
    )  # fmt: skip


def test_it_refuses_a_crop_with_its_size_the_reason_and_the_way_and_keeps_the_good_one(portal):
    """REQUIREMENTS C1, C2, C5, UX 0.7."""
    clinic = Clinic(portal)
    clinic.fill_situation()
    answer = clinic.add_pictures(whole_screen(), crop_of_screen())
    assert answer.status_code == 422
    words = error_of(answer.text, "screenshots")
    for part in ("第 2 张", "420 × 180 像素", "1000 × 560 像素", "PrtSc"):
        assert part in words
    assert "影响工程师查找问题原因" not in words and "影响工程师查找问题原因" in answer.text
    assert "1366 × 768 像素，整屏，已收到" in answer.text
    assert clinic.add_pictures().headers["location"] == clinic.page("identity")
    with portal.runtime.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Screenshot)) == 1


def test_it_shows_good_and_bad_pictures_beside_the_slot(portal):
    """C5; the reason is given once, whatever else the page says."""
    clinic = Clinic(portal)
    clinic.fill_situation()
    page = clinic.open(clinic.page("screenshots")).text
    assert "whole-screen.svg" in page and "partial-screen.svg" in page
    assert re.sub(r"<[^>]*>", "", page).count("影响工程师查找问题原因") == 1


def test_it_asks_once_about_a_photo_and_keeps_the_answer(portal):
    clinic = Clinic(portal)
    clinic.fill_situation()
    answer = clinic.add_pictures(photo_of_screen())
    assert answer.status_code == 422 and "像是手机拍摄" in question_of(answer.text)
    shown = read_at(answer.text, "pc")
    assert shown.count("像是手机拍摄") == read_at(answer.text, "phone").count("像是手机拍摄") == 1
    assert "像素，已收到" not in shown and "请先回答" in shown
    assert "有错误" not in answer.text and "需要修改" not in shown and not error_of(answer.text, "screenshots")
    picture = re.search(r'name="confirm_full_screen" value="([^"]+)"', answer.text)[1]
    assert clinic.add_pictures(confirm_full_screen=picture).headers["location"] == clinic.page("identity")
    clinic.fill_identity()
    assert clinic.submit().headers["location"] == clinic.page("receipt")
    with portal.runtime.database.read() as session:
        assert session.scalars(select(Ticket)).one().picture_flags == "photo,confirmed"


def test_the_last_refusal_stays_until_a_good_picture_comes(portal):
    """Whatever is opened meanwhile; an empty slot says why, and equal reasons are one line."""
    clinic = Clinic(portal)
    clinic.fill_situation()
    answer = clinic.add_pictures(crop_of_screen(), crop_of_screen(), action="upload")
    assert "第 1、2 张" in error_of(answer.text, "screenshots")
    listed = answer.text.partition('class="error-summary"')[2].partition("</section>")[0]
    for place in ("pc", "phone"):
        assert read_at(answer.text, place).count("只截了一部分") == 2  # list, slot
        assert "第 1、2 张：" in read_at(listed, place) and ("PrtSc" in read_at(listed, place)) == (place == "pc")
    assert "data-picture=" not in answer.text
    for _ in range(2):
        answer = clinic.add_pictures()
        assert answer.status_code == 422 and "420 × 180 像素" in error_of(answer.text, "screenshots")
        assert "请添加整屏截图" not in answer.text
    assert "420 × 180 像素" in error_of(clinic.open(clinic.page("screenshots")).text, "screenshots")
    clinic.add_pictures(crop_of_screen(1366, 200), action="upload")
    words = error_of(clinic.open(clinic.page("screenshots")).text, "screenshots")
    assert "1366 × 200 像素" in words and "420 × 180" not in words
    clinic.add_pictures(whole_screen(), action="upload")
    page = clinic.open(clinic.page("screenshots")).text
    assert not error_of(page, "screenshots") and "已经齐了" in page


def test_what_the_script_held_back_is_said_again_from_its_measurements(portal):
    clinic = Clinic(portal)
    clinic.fill_situation()

    def held_back(**told):
        clinic.post(clinic.page("screenshots"), clinic.page("pictures/refusals"), slot="screenshots", **told)
        return error_of(clinic.open(clinic.page("screenshots")).text, "screenshots")

    assert "900 × 500 像素" in held_back(reason="image_too_small", width="900", height="500", bytes="1")
    assert "1366 × 200 像素" in held_back(reason="image_partial", width="1366", height="200", bytes="1")
    assert "11 MB" in held_back(reason="image_too_large", width="1", height="1", bytes=str(11 * 1024**2))
    assert "空文件" in held_back(reason="image_broken", width="<b>", height="-1", bytes="9" * 99)


def test_the_page_says_how_many_pictures_it_needs_and_which_are_missing(portal):
    clinic = Clinic(portal, symptom="error")
    clinic.fill_situation(operation_steps="1. 打开随访表\n2. 点保存")

    def needed():
        found = re.search(r"data-needed>(.*?)</p>", clinic.open(clinic.page("screenshots")).text, re.S)
        return found[1].strip()

    assert needed() == "需要 2 张，还差 2 张：出问题时的整个屏幕、点击“详细信息”后的整个屏幕"
    clinic.add_pictures(whole_screen(), action="upload")
    assert needed() == "需要 2 张，还差 1 张：点击“详细信息”后的整个屏幕"
    clinic.add_pictures(photo_of_screen(), slot="error_detail_screenshots", action="upload")
    assert needed() == "需要 2 张，都有了，还有 1 张请您回答"
    picture = re.search(r'name="confirm_full_screen" value="([^"]+)"', clinic.shown[-1])[1]
    clinic.add_pictures(action="", confirm_full_screen=picture)
    assert needed() == "需要 2 张，已经齐了"


def test_an_unconfirmed_photo_cannot_be_submitted(portal):
    clinic = Clinic(portal)
    clinic.fill_situation()
    clinic.add_pictures(photo_of_screen(), action="upload")
    clinic.fill_identity()
    assert clinic.submit().status_code == 422 and reports_in(portal) == 0


def test_it_removes_a_picture_without_script_and_keeps_a_new_one_of_the_same_post(portal):
    clinic = Clinic(portal)
    clinic.fill_situation()
    clinic.add_pictures(whole_screen(), action="upload")
    page = clinic.open(clinic.page("screenshots")).text
    first = re.search(r'name="remove" value="([^"]+)"', page)[1]
    answer = clinic.add_pictures(whole_screen(1920, 1080), action="", remove=first)
    assert answer.headers["location"] == clinic.page("screenshots")
    page = clinic.open(clinic.page("screenshots")).text
    assert "1920 × 1080 像素" in page and "1366 × 768 像素" not in page and first not in page
    assert len(stored_files(portal)) == 1


def test_it_says_so_when_upload_is_pressed_without_a_picture(portal):
    clinic = Clinic(portal, symptom="error")
    clinic.fill_situation(operation_steps="1. 打开随访表\n2. 点保存")
    answer = clinic.add_pictures(action="upload")
    assert answer.status_code == 422
    assert (error_of(answer.text, "screenshots"), error_of(answer.text, "error_detail_screenshots")) == (
        "请先选择图片",
        "",
    )
    answer = clinic.add_pictures(whole_screen(), action="upload")
    assert answer.headers["location"] == clinic.page("screenshots") + "#slot-error_detail_screenshots"
    answer = clinic.add_pictures(action="upload")
    assert error_of(answer.text, "error_detail_screenshots") == "请先选择图片"
    assert "请先选择图片" not in clinic.add_pictures(crop_of_screen(), action="upload").text


def test_it_takes_six_pictures_and_no_more(portal):
    clinic = Clinic(portal)
    clinic.fill_situation()
    answer = clinic.add_pictures(*[whole_screen()] * 7)
    assert answer.status_code == 422 and "每处最多 6 张" in error_of(answer.text, "screenshots")
    assert answer.text.count('data-picture="') == 6 and 'type="file"' not in answer.text
    assert len(stored_files(portal)) == 6


def test_it_names_the_reporters_own_screen_when_the_browser_told_it(portal):
    clinic = Clinic(portal)
    clinic.fill_situation()
    hint = '{"width":1920,"height":1080,"dpr":1,"innerWidth":1920,"outerWidth":1920}'
    answer = clinic.add_pictures(scaled_screen(), screen_hint=hint)
    assert "您的屏幕是 1920 × 1080 像素" in question_of(answer.text)


@pytest.mark.parametrize(
    "text",
    [
        "<b>打开\"随访\"</b> & 'x' &lt;script&gt;alert(1)&lt;/script&gt;，保存后没有了",
        "一行\r\n\r\n  两行，前面有空格\r\n三行\t制表符，保存后内容丢失",
        "𠮷家村㙓🏥保存后内容丢失，刷新也没有",
        "字" * 1600 + "很长的描述，保存后内容丢失，末尾",
    ],
)
def test_it_gives_typed_text_back_unchanged(portal, text):
    """SECURITY A-6, A-10."""
    clinic = Clinic(portal, description=text)
    page = clinic.fill_situation(institution="").text
    assert typed_in(page, "description") == text
    assert typed_in(clinic.open(clinic.page("situation")).text, "description") == text
    clinic.fill_situation()
    clinic.add_pictures(whole_screen())
    clinic.fill_identity()
    clinic.submit()
    assert report_of(portal).answers["description"] == text.replace("\r\n", "\n").strip()


def test_it_refuses_nul_on_every_database(portal):
    clinic = Clinic(portal, description="打开随访表点保存\x00后内容没有了")
    answer = clinic.fill_situation()
    assert answer.status_code == 422 and "看不见的控制字符" in error_of(answer.text, "description")


def test_every_field_of_the_kinds_table_stands_on_its_page(portal):
    for name in TicketKind:
        clinic = Clinic(portal, name.value, symptom="error")
        clinic.fill_situation(operation_steps="1. 打开 2. 保存")
        for spec in (spec for spec in KINDS[name].fields if spec.need(Channel.YXT) is not Need.NOT_ASKED):
            page = clinic.open(clinic.page(spec.step.value)).text
            assert f'name="{spec.name}"' in page and spec.label in page
            assert spec.help.split("：")[0] in page


def test_an_unknown_kind_is_an_absent_page(portal):
    assert Clinic(portal).open("/report/vip").status_code == 404

"""Drafts belong to one browser, hold nothing in the clear, and end after a day."""

import base64
import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, text, update

from portal import clock
from portal.reports import drafts
from portal.reports.draft_models import Draft
from portal.screenshots.models import Screenshot
from portal.vault.models import DataKey
from tests.factories import people
from tests.factories.clinic import Clinic, stored_files, typed_in
from tests.factories.pictures import crop_of_screen, photo_of_screen, whole_screen
from tests.factories.portals import csrf_of

PAGES = ("situation", "screenshots", "identity", "check", "receipt")


def age(portal, hours):
    """Move every draft into the past."""
    with portal.runtime.database.transaction() as session:
        session.execute(update(Draft).values(changed_at=clock.now() - timedelta(hours=hours)))


def rows(portal, model):
    with portal.runtime.database.read() as session:
        return session.scalar(select(func.count()).select_from(model))


def picture_path(clinic):
    page = clinic.open(clinic.page("screenshots")).text
    return re.search(r'src="(/report/drafts/[^"]+/pictures/[^"]+)/thumbnail"', page)[1]


def upload(clinic, picture, slot="screenshots", browser=None, **headers):
    """As the script does it."""
    browser = browser or clinic.browser
    token = csrf_of(browser.get("/report/general").text)
    return browser.post(
        clinic.page("pictures"),
        data={"slot": slot, "screen_hint": ""},
        files={slot: ("x", picture, "image/png")},
        headers={"X-CSRF-Token": token, "Accept": "application/json"} | headers,
    )


@pytest.mark.parametrize("name", PAGES)
def test_another_browser_cannot_open_a_draft(portal, name):
    """SECURITY B-9."""
    clinic = Clinic(portal)
    clinic.fill()
    other = portal.browser()
    for browser in (other, Clinic(portal).browser):
        answer = browser.get(clinic.page(name))
        assert answer.status_code == 404
        assert "保留 24 小时" in answer.text and 'href="/"' in answer.text
        assert "高唐县" not in answer.text


def test_another_browser_cannot_write_a_draft_or_touch_its_pictures(portal):
    clinic, other = Clinic(portal), Clinic(portal)
    clinic.fill()
    other.fill()
    picture = picture_path(clinic)
    token = csrf_of(other.browser.get(other.start).text)
    assert other.browser.get(picture).status_code == 404
    for path in (*map(clinic.page, PAGES), f"{picture}/removal", f"{picture}/confirmation", clinic.page("pictures")):
        assert other.browser.post(path, data={"csrf": token, "institution": "别处"}).status_code == 404, path
    # Not through an address of one's own draft either.
    own = picture.replace(clinic.draft, other.draft)
    assert other.browser.get(own).status_code == 404
    assert other.browser.post(f"{own}/removal", data={"csrf": token}).status_code == 204
    assert clinic.browser.get(picture).status_code == 200
    assert "高唐县" in clinic.open(clinic.page("check")).text


def test_a_post_without_the_form_token_changes_nothing(portal):
    clinic = Clinic(portal)
    clinic.fill()
    for path in (clinic.start, *map(clinic.page, PAGES), clinic.page("pictures"), f"{picture_path(clinic)}/removal"):
        answer = clinic.browser.post(path, data={"csrf": "0" * 64, "institution": "别处"})
        assert answer.status_code == 403, path
    assert rows(portal, Draft) == 1 and "别处" not in clinic.open(clinic.page("check")).text


def test_the_cookie_is_unguessable_httponly_and_lasts_a_day(portal):
    clinic = Clinic(portal)
    header = clinic.fill_situation().headers["set-cookie"]
    value = re.search(r"portal_draft_general=([\w-]{43});", header)
    assert value and "HttpOnly" in header and "Max-Age=86400" in header and "SameSite=lax" in header
    with portal.runtime.database.read() as session:
        assert value[1] not in session.scalars(select(Draft.token_hash)).one()


def test_each_kind_has_a_draft_of_its_own(portal):
    clinic = Clinic(portal)
    clinic.fill_situation()
    assert "高唐县杨屯乡张四屯卫生室" not in clinic.open("/report/his").text.split("<aside")[0].replace(
        "例如：高唐县杨屯乡张四屯卫生室", ""
    )
    assert "上次填的内容还在" in clinic.open("/report/general").text


def test_a_draft_ends_after_a_day(portal):
    clinic = Clinic(portal)
    clinic.fill()
    age(portal, 24.1)
    for name in PAGES:
        assert clinic.open(clinic.page(name)).status_code == 404
    assert "上次填的内容还在" not in clinic.open(clinic.start).text


def test_the_sweep_removes_what_is_older_than_a_day_with_pictures_and_keys(portal):
    clinic = Clinic(portal)
    clinic.fill()
    assert drafts.sweep_drafts(portal.runtime) == 0
    assert len(stored_files(portal)) == 1
    age(portal, 24.1)
    assert drafts.sweep_drafts(portal.runtime) == 1
    assert [rows(portal, model) for model in (Draft, Screenshot, DataKey)] == [0, 0, 0]
    assert stored_files(portal) == []


def test_the_sweep_leaves_the_report_of_a_submitted_draft_whole(portal):
    clinic = Clinic(portal)
    clinic.file()
    age(portal, 24.1)
    assert drafts.sweep_drafts(portal.runtime) == 1
    assert rows(portal, Draft) == 0 and rows(portal, Screenshot) == 1 and len(stored_files(portal)) == 1
    with portal.runtime.database.read() as session:
        assert sorted(session.scalars(select(DataKey.purpose))) == ["credentials", "report"]


def test_the_sweep_knows_a_report_whose_draft_was_never_closed(portal):
    """A crash right after filing: the report counts, not the mark on the draft."""
    clinic = Clinic(portal)
    clinic.file()
    with portal.runtime.database.transaction() as session:
        session.execute(update(Draft).values(submitted_at=None, ticket_id=None))
    assert clinic.open(clinic.page("check")).headers["location"] == clinic.page("receipt")
    age(portal, 24.1)
    drafts.sweep_drafts(portal.runtime)
    assert rows(portal, Screenshot) == 1 and len(stored_files(portal)) == 1


def test_starting_afresh_destroys_the_draft(portal):
    clinic = Clinic(portal)
    clinic.fill()
    answer = clinic.post(clinic.start, f"{clinic.start}/removal")
    assert answer.headers["location"] == f"{clinic.start}?new=1"
    assert [rows(portal, model) for model in (Draft, Screenshot, DataKey)] == [0, 0, 0]
    assert stored_files(portal) == [] and "高唐县杨屯乡张四屯卫生室" not in typed(clinic.open(clinic.start).text)


def typed(page):
    return re.findall(r'name="institution" value="([^"]*)"', page)


@pytest.mark.parametrize("kind", ["general", "his"])
def test_no_page_ever_shows_a_secret_that_was_given(portal, kind):
    """SECURITY A-6; also after a refusal, on resuming, and on the receipt."""
    clinic = Clinic(portal, kind, contact_name="欧阳试一", contact_phone=people.phone(5))
    clinic.fill_situation()
    clinic.fill_identity(login_account="", login_password=clinic.fields["login_password"])
    clinic.add_pictures(whole_screen())
    clinic.fill_identity(contact_phone="电话号码不对啊")
    clinic.fill_identity()
    for name in ("situation", "screenshots", "identity", "check"):
        clinic.open(clinic.page(name))
    clinic.submit()
    clinic.open(clinic.page("receipt"))
    names = (
        "id_number",
        "patient_id_number",
        "login_account",
        "login_password",
        "inpatient_number",
        "contact_name",
        "contact_phone",
    )
    secrets = [clinic.fields[name] for name in names if name in clinic.fields]
    assert len(secrets) >= 5
    for page in clinic.shown:
        assert not [secret for secret in secrets if secret in page]
    assert any("已填写（已加密保存）" in page for page in clinic.shown)


def test_an_empty_secret_keeps_what_was_given_and_a_new_one_replaces_it(portal):
    clinic = Clinic(portal)
    clinic.fill()
    blank = {"id_number": "", "login_account": "", "login_password": "", "contact_phone": people.phone(9)}
    assert clinic.post(clinic.page("identity"), **blank).headers["location"] == clinic.page("check")
    clinic.post(
        clinic.page("identity"), **blank | {"login_account": "newfake99", "contact_phone": "", "clear": "contact_phone"}
    )
    clinic.submit()
    with portal.runtime.database.read() as session:
        found = dict(session.execute(text("SELECT field, value_masked FROM sealed_values")).all())
    assert found["login_account"].startswith("n") and found["login_account"].endswith("9")
    assert "login_password" in found and "contact_phone" not in found


def test_nothing_typed_lies_in_the_clear_before_or_after_submission(portal, backend):
    """SECURITY C-1."""
    marker = whole_screen()[2000:2040]
    clinic = Clinic(portal, description="打开随访表点保存，独一无二的描述标记甲乙丙丁，密码是 Not-Real-4711")
    clinic.fill()
    description = "独一无二的描述标记甲乙丙丁"
    secrets = [clinic.fields[name] for name in ("id_number", "login_account", "login_password")] + ["Not-Real-4711"]
    before = raw_bytes(portal)
    assert_absent([*secrets, description], before)
    clinic.submit()
    after = raw_bytes(portal)
    assert_absent(secrets, after)
    assert all(marker not in content for content in (*before, *after))


def raw_bytes(portal):
    """Every file of the data folder, and on PostgreSQL every row of every table."""
    contents = [path.read_bytes() for path in Path(portal.settings.data_dir).rglob("*") if path.is_file()]
    if not portal.runtime.database.is_sqlite:
        with portal.runtime.database.read() as session:
            tables = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
            for table in tables:
                contents += [row[0].encode() for row in session.execute(text(f'SELECT t::text FROM "{table}" t'))]
    return contents


def assert_absent(values, contents):
    for value in values:
        forms = [value.encode(), value.encode("utf-16-le"), value.encode("gbk"), value.encode().hex().encode()]
        forms += [base64.b64encode(value.encode()), ascii(value)[1:-1].encode()]
        assert not [form for form in forms for content in contents if form in content]


def test_the_script_adds_confirms_and_removes_pictures(portal):
    clinic = Clinic(portal)
    clinic.fill_situation()
    answer = upload(clinic, photo_of_screen())
    assert answer.status_code == 201
    photo = answer.json()
    assert photo["verdict"] == "ask" and "像是手机拍摄" in photo["message"] and photo["slot"] == "screenshots"
    assert (photo["width"], photo["height"]) == (2048, 1536)
    token = csrf_of(clinic.open(clinic.page("screenshots")).text)
    confirm = f"{clinic.page('pictures')}/{photo['id']}/confirmation"
    assert (
        clinic.browser.post(confirm, data={"confirm_full_screen": "1"}, headers={"X-CSRF-Token": token}).status_code
        == 200
    )
    page = clinic.open(clinic.page("screenshots")).text
    assert "已确认是整屏" in page and 'name="confirm_full_screen" value="' + photo["id"] not in page
    remove = f"{clinic.page('pictures')}/{photo['id']}/removal"
    for _ in range(2):
        assert clinic.browser.post(remove, data={"csrf": token}).status_code == 204
    assert rows(portal, Screenshot) == 0 and stored_files(portal) == []


def test_the_script_is_told_why_a_picture_is_refused(portal):
    clinic = Clinic(portal)
    clinic.fill_situation()
    answer = upload(clinic, crop_of_screen())
    assert answer.status_code == 422 and answer.headers["content-type"] == "application/problem+json"
    fault = answer.json()["errors"][0]
    assert (fault["field"], fault["code"]) == ("screenshots", "image_too_small") and "420 × 180 像素" in fault[
        "message"
    ]
    assert upload(clinic, b"no picture").json()["errors"][0]["code"] == "image_type"
    assert upload(clinic, whole_screen(), slot="login_password").status_code == 404
    assert rows(portal, Screenshot) == 0 and stored_files(portal) == []


def test_the_seventh_picture_is_refused_and_leaves_no_file(portal):
    clinic = Clinic(portal)
    clinic.fill_situation()
    answers = [upload(clinic, whole_screen()) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [201] * 6 + [422]
    assert answers[6].json()["errors"][0]["code"] == "image_too_many"
    assert len(stored_files(portal)) == 6


def test_its_author_sees_a_picture_until_it_is_submitted(portal):
    clinic = Clinic(portal)
    clinic.fill()
    path = picture_path(clinic)
    answer = clinic.browser.get(path)
    assert answer.content.startswith(b"\x89PNG") and answer.headers["content-type"] == "image/png"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox; frame-ancestors 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff" and "no-store" in answer.headers["cache-control"]
    clinic.submit()
    assert clinic.browser.get(path).status_code == 404


def test_a_picture_whose_file_is_gone_leaves_the_page_whole(portal):
    clinic = Clinic(portal)
    clinic.fill()
    path = picture_path(clinic)
    stored_files(portal)[0].unlink()
    assert clinic.browser.get(path).status_code == 404
    assert clinic.open(clinic.page("check")).status_code == 200


@pytest.mark.parametrize("name", ["0", "not-a-uuid", "00000000-0000-0000-0000-000000000000"])
def test_a_wrong_draft_id_is_an_absent_page(portal, name):
    browser = portal.browser()
    for page in (*PAGES, "elsewhere"):
        assert browser.get(f"/report/drafts/{name}/{page}").status_code == 404


def test_a_first_page_that_stayed_open_for_days_loses_nothing(portal):
    """The draft behind it has expired: what is typed becomes a new one."""
    clinic = Clinic(portal)
    clinic.fill_situation()
    page = clinic.open(clinic.start).text
    assert f'action="{clinic.start}"' in page
    age(portal, 24.1)
    answer = clinic.browser.post(clinic.start, data={"csrf": csrf_of(page), "description": "放了两天才继续填写的描述"})
    assert answer.status_code == 422 and "放了两天才继续填写的描述" in answer.text


def test_a_page_that_was_too_old_gives_back_the_texts_and_leads_on(portal):
    clinic = Clinic(portal)
    clinic.fill_situation()
    page = clinic.page("situation")
    data = {
        "csrf": "old",
        "institution": "高唐县杨屯乡张四屯卫生室",
        "description": "新写的描述",
        "login_password": "Fake#77",
    }
    answer = clinic.browser.post(page, data=data)
    assert answer.status_code == 403
    assert "高唐县杨屯乡张四屯卫生室" in answer.text and "新写的描述" in answer.text and "Fake#77" not in answer.text
    assert typed_in(answer.text, "description") == "新写的描述" and f'action="{page}"' in answer.text
    assert clinic.fields["description"] in clinic.open(page).text

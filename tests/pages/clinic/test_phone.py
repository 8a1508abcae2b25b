"""换用手机传图: one link, one phone, a quarter of an hour, and nothing but adding pictures."""

import logging
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select, text, update

from portal.reports import phone_upload
from portal.reports.draft_models import Draft, HandOver
from portal.screenshots.models import Screenshot
from tests.factories.clinic import Clinic, error_of, stored_files
from tests.factories.moments import move_clock
from tests.factories.pictures import crop_of_screen, jpeg_screen, photo_of_screen, scaled_screen, whole_screen
from tests.factories.portals import csrf_of

PHONE = "/report/phone"


def begun(portal, **changes):
    """A clinic on step 2 that has pressed the button; gives it and the link's path."""
    clinic = Clinic(portal, **changes)
    clinic.fill_situation()
    return clinic, link_of(clinic)


def link_of(clinic):
    answer = clinic.post(clinic.page("screenshots"), clinic.page("hand-over"))
    assert answer.status_code == 201 and answer.json()["qr"].startswith("data:image/svg+xml")
    return answer.json()["address"].removeprefix("http://portal.test")


def take(phone, link):
    """Press 开始传图."""
    return phone.post(link, data={"csrf": csrf_of(phone.get(link).text)})


def add(phone, picture, slot="screenshots"):
    token = csrf_of(phone.get(PHONE).text)
    headers = {"X-CSRF-Token": token, "Accept": "application/json"}
    return phone.post(
        f"{PHONE}/pictures", data={"slot": slot}, files={slot: ("x", picture, "image/jpeg")}, headers=headers
    )


def taken(portal):
    clinic, link = begun(portal)
    phone = portal.browser("10.0.0.9")
    assert take(phone, link).headers["location"] == PHONE
    return SimpleNamespace(clinic=clinic, link=link, phone=phone)


def pictures(portal):
    with portal.runtime.database.read() as session:
        return session.scalars(select(Screenshot).order_by(Screenshot.position)).all()


def change_rows(portal, model, **values):
    with portal.runtime.database.transaction() as session:
        session.execute(update(model).values(**values))


def test_a_phone_adds_pictures_to_the_draft(portal):
    pair = taken(portal)
    answer = add(pair.phone, photo_of_screen())
    assert answer.status_code == 201
    facts = answer.json()
    assert (facts["verdict"], facts["is_photo"], facts["preview_url"]) == ("ask", True, "")
    assert add(pair.phone, whole_screen()).json()["verdict"] == "accept"
    page = pair.clinic.open(pair.clinic.page("screenshots")).text
    assert page.count("data-picture=") == 2 and "手机拍摄" in page and "手机已连接" in page
    found = pair.clinic.open(pair.clinic.page("hand-over")).json()
    assert found["state"] == "taken" and [p["width"] for p in found["pictures"]] == [2048, 1366]
    assert found["qr"] == found["address"] == ""
    assert "已传 2 张" in pair.phone.get(PHONE).text


def test_a_phone_adds_pictures_without_script(portal):
    pair = taken(portal)
    token = csrf_of(pair.phone.get(PHONE).text)
    files = [
        ("screenshots", ("a.png", whole_screen(), "image/png")),
        ("screenshots", ("b.png", crop_of_screen(), "image/png")),
    ]
    answer = pair.phone.post(PHONE, data={"csrf": token}, files=files)
    assert answer.status_code == 422
    assert "第 2 张：只截了一部分。这张图是 420 × 180 像素" in error_of(answer.text, "screenshots")
    assert "已传 1 张" in answer.text
    assert pair.phone.post(PHONE, data={"csrf": token}).status_code == 422
    good = pair.phone.post(PHONE, data={"csrf": token}, files=files[:1])
    assert good.headers["location"] == PHONE
    assert len(pictures(portal)) == 2


def test_opening_the_link_uses_nothing_up(portal):
    """Chat programs fetch a link for its preview, browsers fetch ahead."""
    _, link = begun(portal)
    for _ in range(3):
        answer = portal.browser("10.0.0.7").get(link)
        assert answer.status_code == 200 and "开始传图" in answer.text
        assert "portal_phone" not in answer.headers.get("set-cookie", "")
        portal.browser("10.0.0.7").head(link)
    assert take(portal.browser("10.0.0.9"), link).status_code == 303


def test_the_second_device_is_told_that_the_link_is_used(portal):
    pair = taken(portal)
    other = portal.browser("10.0.0.8")
    answer = take(other, pair.link)
    assert answer.status_code == 410 and "链接已使用" in answer.text
    assert other.get(PHONE).status_code == 404
    assert take(pair.phone, pair.link).headers["location"] == PHONE, "the same phone may scan again"
    assert add(pair.phone, whole_screen()).status_code == 201


def test_only_one_of_many_devices_that_press_at_once_gets_it(portal):
    _, link = begun(portal)
    token = link.rsplit("/", 1)[1]
    gate = threading.Barrier(6)

    def press(number):
        gate.wait(10)
        try:
            return phone_upload.take(portal.runtime, token, "", f"10.0.0.{number}")
        except phone_upload.LinkUsedError:
            return ""

    with ThreadPoolExecutor(6) as devices:
        won = [device for device in devices.map(press, range(6)) if device]
    assert len(won) == 1
    assert phone_upload.of_device(portal.runtime, won[0]).picture_ids == frozenset()


def test_a_link_ends_after_a_quarter_of_an_hour(portal, monkeypatch):
    clinic, link = begun(portal)
    phone = portal.browser("10.0.0.9")
    move_clock(monkeypatch, minutes=14, seconds=30)
    assert take(phone, link).status_code == 303
    move_clock(monkeypatch, seconds=31)
    assert phone.get(PHONE).status_code == 404
    answer = take(portal.browser("10.0.0.8"), link)
    assert answer.status_code == 404 and "链接已失效" in answer.text
    assert clinic.open(clinic.page("hand-over")).json() == {"state": "over", "pictures": []}
    assert "用手机扫这个码" not in visible(clinic.open(clinic.page("screenshots")).text)


def visible(page):
    """The page without what is hidden."""
    return re.sub(r'<div class="phone-upload__open"[^>]* hidden>.*?</div>\s*</div>', "", page, flags=re.DOTALL)


def test_a_link_lasts_a_quarter_of_an_hour_from_the_press(portal):
    begun(portal)
    with portal.runtime.database.read() as session:
        row = session.scalars(select(HandOver)).one()
    assert row.expires_at - row.created_at == timedelta(minutes=15)


def test_nothing_can_be_added_once_the_time_is_over(portal, monkeypatch):
    pair = taken(portal)
    token = csrf_of(pair.phone.get(PHONE).text)
    move_clock(monkeypatch, minutes=15, seconds=1)
    answer = pair.phone.post(
        f"{PHONE}/pictures",
        data={"slot": "screenshots"},
        files={"screenshots": ("x", whole_screen(), "image/png")},
        headers={"X-CSRF-Token": token},
    )
    assert answer.status_code == 404 and pictures(portal) == []


@pytest.mark.parametrize("altered", ["draft_id", "expires_at", "token_hash", "device_hash"])
def test_a_row_that_was_altered_or_exchanged_opens_nothing(portal, altered):
    pair, (_, link) = taken(portal), begun(portal)
    with portal.runtime.database.transaction() as session:
        mine, other = session.scalars(select(HandOver).order_by(HandOver.device_hash.is_(None)))
        if altered == "expires_at":
            mine.expires_at += timedelta(minutes=10)
        elif altered == "draft_id":
            mine.draft_id = other.draft_id
        else:
            value = getattr(mine, altered)
            setattr(mine, altered, "")
            session.flush()
            setattr(other, altered, value)
    if altered == "token_hash":
        assert take(portal.browser("10.0.0.8"), pair.link).status_code == 404
        assert take(portal.browser("10.0.0.8"), link).status_code == 404
    else:
        assert pair.phone.get(PHONE).status_code == 404


def test_a_new_link_shuts_out_the_phone_of_the_old_one(portal):
    pair = taken(portal)
    new = link_of(pair.clinic)
    assert new != pair.link
    assert pair.phone.get(PHONE).status_code == 404
    assert take(portal.browser("10.0.0.8"), pair.link).status_code == 404
    assert take(portal.browser("10.0.0.8"), new).status_code == 303


def test_the_pc_can_end_it(portal):
    pair = taken(portal)
    add(pair.phone, whole_screen())
    ended = pair.clinic.post(pair.clinic.page("screenshots"), pair.clinic.page("hand-over/removal"))
    assert ended.status_code == 204
    assert pair.phone.get(PHONE).status_code == 404
    assert len(pictures(portal)) == 1


def test_the_pc_shows_the_code_without_script(portal):
    clinic = Clinic(portal)
    clinic.fill_situation()
    answer = clinic.add_pictures(action="phone")
    assert answer.headers["location"] == clinic.page("screenshots")
    for _ in range(2):
        page = clinic.open(clinic.page("screenshots")).text
        assert re.search(r'src="data:image/svg\+xml[^"]+" alt="给手机扫的二维码"', page) and ">刷新<" in page
    clinic.add_pictures(action="phone-end")
    assert clinic.open(clinic.page("hand-over")).json()["state"] == "over"


def test_a_phone_cannot_do_anything_but_add(portal):
    """Not read what was typed, not look at pictures from before, not remove, confirm or submit."""
    clinic = Clinic(portal)
    clinic.fill()
    link = link_of(clinic)
    phone = portal.browser("10.0.0.9")
    take(phone, link)
    before = pictures(portal)[0]
    page = phone.get(PHONE).text
    assert "高唐县" not in page and "1366" not in page and str(before.id) not in page and clinic.draft not in page
    added = add(phone, photo_of_screen()).json()["id"]
    token = csrf_of(phone.get(PHONE).text)
    base = f"/report/drafts/{clinic.draft}"
    for name in (
        "situation",
        "screenshots",
        "identity",
        "check",
        "receipt",
        "hand-over",
        f"pictures/{before.id}",
        f"pictures/{added}",
        f"pictures/{before.id}/thumbnail",
    ):
        assert phone.get(f"{base}/{name}").status_code == 404, name
    for name in ("situation", "screenshots", "check", "pictures", "hand-over", "hand-over/removal"):
        assert phone.post(f"{base}/{name}", data={"csrf": token}).status_code == 404, name
    for name in (before.id, added):
        for act in ("removal", "confirmation"):
            answer = phone.post(f"{base}/pictures/{name}/{act}", data={"csrf": token, "confirm_full_screen": "1"})
            assert answer.status_code == 404
    assert len(pictures(portal)) == 2 and not any(p.is_confirmed for p in pictures(portal))


def test_a_phone_cannot_replace_a_picture(portal):
    clinic = Clinic(portal)
    clinic.fill()
    link = link_of(clinic)
    phone = portal.browser("10.0.0.9")
    take(phone, link)
    old = pictures(portal)[0]
    token = csrf_of(phone.get(PHONE).text)
    phone.post(
        f"{PHONE}/pictures",
        data={"slot": "screenshots", "replaces": str(old.id)},
        files={"screenshots": ("x", whole_screen(seed=2), "image/png")},
        headers={"X-CSRF-Token": token},
    )
    assert old.id in [p.id for p in pictures(portal)] and len(pictures(portal)) == 2


def test_another_clinic_cannot_make_or_see_a_link(portal):
    clinic, link = begun(portal)
    other = Clinic(portal)
    other.fill_situation()
    token = csrf_of(other.open(other.start).text)
    for path in (clinic.page("hand-over"), clinic.page("hand-over/removal")):
        assert other.browser.post(path, data={"csrf": token}).status_code == 404
    assert other.browser.get(clinic.page("hand-over")).status_code == 404
    phone = portal.browser("10.0.0.9")
    take(phone, link)
    add(phone, whole_screen())
    with portal.runtime.database.read() as session:
        assert {str(owner) for owner in session.scalars(select(Screenshot.owner_id))} == {clinic.draft}


def test_nothing_can_be_added_after_the_report_is_filed(portal):
    clinic = Clinic(portal)
    clinic.fill()
    link = link_of(clinic)
    phone = portal.browser("10.0.0.9")
    take(phone, link)
    token = csrf_of(phone.get(PHONE).text)
    clinic.submit()
    answer = phone.post(
        f"{PHONE}/pictures",
        data={"slot": "screenshots"},
        files={"screenshots": ("x", whole_screen(), "image/png")},
        headers={"X-CSRF-Token": token},
    )
    assert answer.status_code == 404 and phone.get(PHONE).status_code == 404
    assert len(pictures(portal)) == 1 and len(stored_files(portal)) == 1
    assert take(portal.browser("10.0.0.8"), link).status_code == 404


def test_wrong_links_are_limited(portal):
    _, link = begun(portal)
    phone = portal.browser("10.0.0.66")
    token = csrf_of(phone.get(link).text)
    for number in range(30):
        assert phone.post(f"{PHONE}/{number:040x}", data={"csrf": token}).status_code == 404
    answer = phone.post(link, data={"csrf": token})
    assert answer.status_code == 429 and int(answer.headers["retry-after"]) > 0
    assert take(portal.browser("10.0.0.9"), link).status_code == 303, "others are not held up"


def test_a_link_is_long_and_stands_in_no_table_and_no_log(portal, caplog):
    with caplog.at_level(logging.INFO):
        _, link = begun(portal)
        phone = portal.browser("10.0.0.9")
        take(phone, link)
    token = link.rsplit("/", 1)[1]
    device = phone.cookies["portal_phone"]
    assert re.fullmatch("[0-9a-f]{72}", token) and len(device) == 75
    with portal.runtime.database.read() as session:
        rows = str(session.execute(text("SELECT token_hash, device_hash FROM hand_overs")).all())
    assert token not in rows and device not in rows
    assert "/report/phone/…" in caplog.text
    own = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("portal"))
    assert token not in own and device not in own


def test_the_phones_cookie_is_its_own_and_httponly(portal):
    _, link = begun(portal)
    header = take(portal.browser("10.0.0.9"), link).headers["set-cookie"]
    assert re.search(r"portal_phone=[\w-]{75};", header) and "HttpOnly" in header and "Max-Age=900" in header
    assert "portal_draft" not in header


def test_the_link_goes_with_its_draft(portal):
    clinic, _ = begun(portal)
    clinic.post(clinic.start, f"{clinic.start}/removal")
    with portal.runtime.database.read() as session:
        assert session.scalars(select(HandOver)).all() == [] and session.scalars(select(Draft)).all() == []


def test_the_seventh_picture_is_refused_with_a_clear_sentence(portal):
    pair = taken(portal)
    answers = [add(pair.phone, whole_screen()) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [201] * 6 + [422]
    assert answers[6].json()["errors"][0]["message"] == "每处最多 6 张，请先删除一张"
    assert "不能再加" in pair.phone.get(PHONE).text


HERE = (
    "http://127.0.0.1:8000", "http://127.9.9.9", "http://localhost", "http://LOCALHOST.:80", "http://portal.localhost",
    "http://[::1]:8000", "http://[::ffff:127.0.0.1]", "http://0.0.0.0:8000", "http://169.254.7.7", "http://[fe80::1]",
)  # fmt: skip
THERE = (
    "http://192.168.1.20:8000",
    "http://10.0.0.5",
    "https://portal.test",
    "http://localhost.clinic.cn",
    "http://[fd00::5]",
)


@pytest.mark.parametrize("address", HERE)
def test_an_address_that_no_phone_can_open_gets_no_code(portal, address):
    clinic = Clinic(portal)
    clinic.fill_situation()
    portal.change_settings(base_url=address)
    page = clinic.open(clinic.page("screenshots")).text
    assert "data-phone-qr" not in page and "data-phone-begin" not in page and "只有这台电脑能打开" in visible(page)
    answer = clinic.post(clinic.page("screenshots"), clinic.page("hand-over"))
    assert answer.status_code == 409
    clinic.add_pictures(action="phone")
    with portal.runtime.database.read() as session:
        assert session.scalars(select(HandOver)).all() == []


def test_every_other_address_gets_one():
    assert [address for address in THERE if not phone_upload.is_reachable(address)] == []


# 标注 and 涂黑: the copy takes the place of the original (UX 0.8).


def replace(clinic, old, picture, slot="screenshots"):
    token = csrf_of(clinic.open(clinic.page("screenshots")).text)
    return clinic.browser.post(
        clinic.page("pictures"),
        data={"slot": slot, "replaces": str(old)},
        files={slot: ("x", picture, "image/png")},
        headers={"X-CSRF-Token": token, "Accept": "application/json"},
    )


def test_the_original_of_an_edited_picture_leaves_the_server(portal):
    clinic = Clinic(portal)
    clinic.fill_situation()
    clinic.add_pictures(whole_screen(seed=1), whole_screen(seed=2), action="upload")
    first, second = pictures(portal)
    answer = replace(clinic, first.id, whole_screen(seed=3))
    assert answer.status_code == 201
    left = pictures(portal)
    assert [str(p.id) for p in left] == [answer.json()["id"], str(second.id)]
    assert left[0].position == first.position
    assert {path.name for path in stored_files(portal)} == {p.blob_key for p in left}
    assert clinic.open(f"{clinic.page('pictures')}/{first.id}").status_code == 404


def test_an_edited_photo_stays_a_photo_and_keeps_its_confirmation(portal):
    clinic = Clinic(portal)
    clinic.fill_situation()
    clinic.add_pictures(photo_of_screen(), action="upload")
    (photo,) = pictures(portal)
    clinic.add_pictures(action="next", confirm_full_screen=str(photo.id))
    sharp = jpeg_screen(2048, 1536)  # no EXIF, every letter sharp
    facts = replace(clinic, photo.id, sharp).json()
    assert (facts["verdict"], facts["is_photo"], facts["is_confirmed"]) == ("ask", True, True)
    (copy,) = pictures(portal)
    assert copy.check == "warn:photo" and copy.is_confirmed


def test_an_edited_picture_that_was_never_confirmed_is_still_asked_about(portal):
    clinic = Clinic(portal)
    clinic.fill_situation()
    clinic.add_pictures(scaled_screen(), action="upload")
    (scaled,) = pictures(portal)
    facts = replace(clinic, scaled.id, scaled_screen(seed=2)).json()
    assert (facts["verdict"], facts["is_confirmed"]) == ("ask", False)


def test_a_copy_of_another_size_is_refused_and_the_original_stands(portal):
    clinic = Clinic(portal)
    clinic.fill_situation()
    clinic.add_pictures(photo_of_screen(), action="upload")
    (photo,) = pictures(portal)
    answer = replace(clinic, photo.id, whole_screen())
    assert answer.status_code == 422 and "大小和原图不一样" in answer.json()["errors"][0]["message"]
    assert [p.id for p in pictures(portal)] == [photo.id] and len(stored_files(portal)) == 1


def test_another_draft_s_picture_cannot_be_replaced(portal):
    clinic, other = Clinic(portal), Clinic(portal)
    clinic.fill()
    other.fill_situation()
    (theirs,) = pictures(portal)
    assert replace(other, theirs.id, whole_screen(seed=2)).status_code == 201
    assert clinic.open(f"{clinic.page('pictures')}/{theirs.id}").status_code == 200

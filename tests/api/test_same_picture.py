"""Two places hold two pictures: by what they show, not by bytes, and asked about once (REQUIREMENTS C3)."""

import io

import pytest
from PIL import Image
from sqlalchemy import select

from portal.acts.table import ASK, CLAIM
from portal.screenshots.models import Screenshot
from tests.acts.desk import Desk
from tests.api.calls import V1, codes, picture, post_report
from tests.factories.clinic import Clinic
from tests.factories.pictures import draw_screen, encode, png_with, whole_screen
from tests.factories.portals import Portal

_ERROR = {"symptom": "error", "operation_steps": "1、打开随访表\n2、点保存"}
_DETAIL = "error_detail_screenshots"

# The same screen as `whole_screen()`, in other bytes.
SAME = {
    "the same file": whole_screen,
    "with a comment": lambda: png_with((b"tEXt", b"Comment\0again")),
    "packed harder": lambda: encode(draw_screen(), compress_level=9),
    "as BMP": lambda: encode(draw_screen(), "BMP"),
    "as lossless WebP": lambda: encode(draw_screen(), "WEBP", lossless=True, method=0),
    "as JPEG": lambda: encode(draw_screen(), "JPEG", quality=70),
    "with a transparency that hides nothing": lambda: encode(draw_screen().convert("RGBA")),
}


def post(portal: Portal, detail: bytes, **fields: str):
    return post_report(portal.browser(), files=[picture(), picture(detail, _DETAIL)], **_ERROR, **fields)


@pytest.mark.parametrize("make", SAME.values(), ids=SAME)
def test_the_same_screen_in_both_places_are_asked_about_once(portal: Portal, make) -> None:
    asked = post(portal, make())
    assert codes(asked) == [(_DETAIL, "image_confirm")]
    assert "两处是同一张图" in asked.json()["errors"][0]["message"]

    taken = post(portal, make(), confirm_full_screen="true")
    assert taken.status_code == 201
    with portal.runtime.database.read() as session:
        rows = {row.slot: row for row in session.scalars(select(Screenshot))}
    assert (rows["screenshots"].verdict, rows[_DETAIL].check) == ("accept", "warn:same")
    assert rows[_DETAIL].question == "两处是同一张图"
    page = portal.signed_in("alice").get(f"/tickets/{taken.json()['number']}").text
    assert "问过：两处是同一张图" in page and "已确认整屏" not in page


def test_another_picture_is_not_asked_about(portal: Portal) -> None:
    other = draw_screen()
    other.paste("#b22222", (500, 300, 800, 420))

    assert post(portal, encode(other)).status_code == 201


def test_two_equal_pictures_in_one_place_are_not_asked_about(portal: Portal) -> None:
    assert post_report(portal.browser(), files=[picture(), picture()]).status_code == 201


def test_a_picture_that_the_ticket_has_already_is_asked_about_when_it_is_supplied(portal: Portal) -> None:
    filed = post_report(portal.browser()).json()
    desk = Desk(portal.runtime, filed["number"])
    desk.act(CLAIM)
    desk.act(ASK, fields=[_DETAIL])
    opens = {"number": filed["number"], "query_code": filed["query_code"]}
    files = [picture(encode(draw_screen(), "JPEG", quality=70), _DETAIL)]

    asked = portal.browser().post(f"{V1}/track/supplement", data=opens, files=files)
    assert codes(asked) == [(_DETAIL, "image_confirm")]
    taken = portal.browser().post(f"{V1}/track/supplement", data={**opens, "confirm_full_screen": "1"}, files=files)
    assert taken.status_code == 200, taken.text


def test_the_form_asks_too_and_no_longer_when_the_other_one_goes(portal: Portal) -> None:
    clinic = Clinic(portal)
    clinic.fill_situation(**_ERROR)
    clinic.add_pictures(whole_screen())
    clinic.add_pictures(encode(draw_screen(), "JPEG", quality=70), slot=_DETAIL)

    def stored() -> dict[str, Screenshot]:
        with portal.runtime.database.read() as session:
            return {row.slot: row for row in session.scalars(select(Screenshot))}

    assert (stored()[_DETAIL].verdict, stored()[_DETAIL].reason) == ("ask", "same")
    first = stored()["screenshots"]
    clinic.post(clinic.page("screenshots"), remove=str(first.id))
    assert (stored()[_DETAIL].verdict, stored()[_DETAIL].reason, stored()[_DETAIL].message) == ("accept", "whole", "")


def test_equal_pictures_of_two_reports_cannot_be_linked(portal: Portal) -> None:
    for _ in range(2):
        assert post_report(portal.browser()).status_code == 201
    with portal.runtime.database.read() as session:
        found = session.scalars(select(Screenshot.fingerprint)).all()
    assert len(found) == len(set(found)) == 2 and None not in found


def test_the_kept_picture_is_the_sent_one() -> None:
    """Every way of writing it in this file, but one, shows the same pixels."""
    screen = draw_screen().tobytes()
    for make in [make for name, make in SAME.items() if name != "as JPEG"]:
        with Image.open(io.BytesIO(make())) as shown:
            assert shown.convert("RGB").tobytes() == screen

"""A clinic's own pictures on its pages: little JPEGs made by the server, for the browser that gave them (UX 8)."""

import io
import re
from pathlib import Path

from PIL import Image

from tests.factories.clinic import Clinic
from tests.factories.pictures import whole_screen
from tests.factories.portals import Portal


def thumbnails(clinic: Clinic, page: str) -> list[str]:
    return re.findall(r'src="(/report/drafts/[^"]+/thumbnail)"', clinic.open(clinic.page(page)).text)


def test_a_page_shows_thumbnails_of_at_most_20_kb(portal: Portal) -> None:
    clinic = Clinic(portal)
    clinic.fill()
    files = sorted(path.name for path in Path(portal.settings.uploads).rglob("*"))
    for page in ("screenshots", "check"):
        [address] = thumbnails(clinic, page)
        answer = clinic.browser.get(address)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/jpeg"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store, private"
        assert len(answer.content) <= 20_000 < len(whole_screen())
        assert Image.open(io.BytesIO(answer.content)).size == (480, 270)
    assert sorted(path.name for path in Path(portal.settings.uploads).rglob("*")) == files  # nothing is kept


def test_another_browser_cannot_see_a_thumbnail(portal: Portal) -> None:
    clinic = Clinic(portal)
    clinic.fill()
    [address] = thumbnails(clinic, "check")
    for other in (portal.browser(), Clinic(portal).browser, portal.signed_in("alice")):
        assert other.get(address).status_code == 404
        assert other.head(address).status_code == 404


def test_a_submitted_picture_has_no_thumbnail_any_more(portal: Portal) -> None:
    clinic = Clinic(portal)
    clinic.fill()
    [address] = thumbnails(clinic, "check")
    assert clinic.post(clinic.page("check")).status_code == 303
    assert clinic.browser.get(address).status_code == 404

"""Static files: a year for the address of this very version, nothing for any other."""

import re

from portal.web.middleware import YEAR
from portal.web.templating import static_url, static_version
from tests.factories.portals import Portal


def test_pages_name_the_version_and_it_is_kept_for_a_year(portal: Portal) -> None:
    browser = portal.browser()
    names = re.findall(r'(?:src|href)="(/static/[^"]+)"', browser.get("/report/general").text)

    assert static_url("js/clinic.js") in names
    for name in names:
        answer = browser.get(name)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, YEAR), name


def test_another_version_gets_todays_file_and_must_ask_again(portal: Portal) -> None:
    """A page that was open during an update: what it loads late must not be kept under the old address."""
    old = static_url("js/picture-editor.js").replace(static_version(), "0" * 12)
    for name in (old, "/static/js/picture-editor.js"):
        answer = portal.browser().get(name)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache"), name


def test_nothing_beside_the_folder_is_served(portal: Portal) -> None:
    for name in ("js/none.js", f"{static_version()}/none.js", f"{static_version()}/../portal/app.py", static_version()):
        assert portal.browser().get(f"/static/{name}").status_code == 404, name


def test_the_icon_answers_at_its_old_name(portal: Portal) -> None:
    """Some browsers ask for it whatever the page says."""
    answer = portal.browser().get("/favicon.ico")

    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/x-icon")
    assert answer.content.startswith(b"\x00\x00\x01\x00") and "max-age" in answer.headers["cache-control"]


def test_scripts_import_by_relative_addresses(portal: Portal) -> None:
    """An absolute one would lose the version."""
    text = portal.browser().get(static_url("js/pictures.js")).text
    imported = re.findall(r"(?:from |import\()'([^']+)'", text)

    assert len(imported) > 3
    assert [name for name in imported if not name.startswith("./")] == []

"""Somebody at a clinic, filling the form page by page as a browser without script does."""

import html
import re
from pathlib import Path
from typing import Any

from portal.kinds.names import TicketKind
from portal.kinds.table import KINDS
from portal.reports import drafts
from portal.storage.local import MARK
from tests.factories import reports
from tests.factories.browsers import PlainBrowser
from tests.factories.pictures import whole_screen
from tests.factories.portals import Portal, csrf_of

SITUATION = (
    "institution", "description", "previous_system", "symptom", "operation_steps", "form_name", "blank_items", "scope",
)  # fmt: skip
IDENTITY = (
    "id_number", "login_account", "login_password", "patient_id_number", "inpatient_number", "contact_name",
    "contact_phone",
)  # fmt: skip


class Clinic:
    """One browser at a clinic, and the report it is filling. Keeps every page it was shown."""

    def __init__(self, portal: Portal, kind: str = "general", address: str = "127.0.0.1", **changes: Any) -> None:
        self.portal = portal
        self.kind = kind
        self.browser: PlainBrowser = portal.browser(address)
        make = reports.his_fields if kind == "his" else reports.general_fields
        self.fields = make(**changes)
        self.shown: list[str] = []
        self.draft = ""

    @property
    def start(self) -> str:
        return f"/report/{self.kind}"

    def page(self, name: str) -> str:
        return f"/report/drafts/{self.draft}/{name}"

    def open(self, path: str) -> Any:
        answer = self.browser.get(path)
        self.shown.append(answer.text)
        return answer

    def post(self, page: str, path: str | None = None, files: Any = None, **fields: Any) -> Any:
        """Open `page`, post to it (or `path`), and keep what comes back."""
        shown = self.open(page).text
        data = {"csrf": csrf_of(shown), **marks_of(shown), **fields}
        answer = self.browser.post(path or page, data=data, files=files)
        self.shown.append(answer.text)
        return answer

    def fill_situation(self, **changes: Any) -> Any:
        answer = self.post(self.start, **(self._of(SITUATION) | changes))
        location = answer.headers.get("location", "")
        self.draft = self.draft or location.removeprefix("/report/drafts/").split("/")[0]
        if not self.draft:
            token = self.browser.cookies[f"portal_draft_{self.kind}"]
            draft = drafts.unfinished(self.portal.runtime, KINDS[TicketKind(self.kind)], token)
            assert draft is not None
            self.draft = str(draft.id)
        return answer

    def add_pictures(self, *pictures: bytes, slot: str = "screenshots", **fields: Any) -> Any:
        files = [(slot, (f"{n}.png", picture, "image/png")) for n, picture in enumerate(pictures)]
        return self.post(self.page("screenshots"), files=files or None, **({"action": "next"} | fields))

    def fill_identity(self, **changes: Any) -> Any:
        return self.post(self.page("identity"), **(self._of(IDENTITY) | changes))

    def submit(self) -> Any:
        return self.post(self.page("check"))

    def fill(self) -> None:
        """Everything up to the check page."""
        assert self.fill_situation().headers["location"] == self.page("screenshots")
        assert self.add_pictures(whole_screen()).headers["location"] == self.page("identity")
        assert self.fill_identity().headers["location"] == self.page("check")

    def file(self) -> str:
        """The whole way; gives the receipt page."""
        self.fill()
        answer = self.submit()
        assert answer.headers["location"] == self.page("receipt"), answer.text
        return self.open(self.page("receipt")).text

    def close_browser(self) -> None:
        """Session cookies end, the others stay."""
        self.browser.cookies.jar.clear_session_cookies()

    def _of(self, names: tuple[str, ...]) -> dict[str, Any]:
        return {name: value for name, value in self.fields.items() if name in names}


def marks_of(page: str) -> dict[str, str]:
    """What a page of the form says of itself: its draft, and the page that wrote its step before."""
    form = page.partition("data-step")[2].partition("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="(draft|proposed|page|seen|step)" value="([^"]*)"', form))


def number_of(receipt: str) -> str:
    """受理编号 on a receipt page."""
    found = re.search(r'id="receipt-number">([A-Z0-9]+)<', receipt)
    assert found, receipt
    return found[1]


def code_of(receipt: str) -> str:
    """查询码 on a receipt page."""
    found = re.search(r'id="receipt-code">([0-9A-Z-]+)<', receipt)
    assert found, receipt
    return found[1]


def read_at(page: str, place: str) -> str:
    """The words of a page without tags, and without what each of its sentences says at the other: `pc` or `phone`."""
    other = {"pc": "phone", "phone": "pc"}[place]
    own = re.sub(rf'<span class="at-{other}">.*?</span>', "", page, flags=re.S)
    return html.unescape(re.sub(r"<[^>]*>", "", own)).strip()


def error_of(page: str, field: str) -> str:
    """The sentence beside a field, or nothing."""
    found = re.search(rf'id="field-{field}-error"><span class="visually-hidden">错误：</span>(.*?)</p>', page, re.S)
    return read_at(found[1], "pc") if found else ""


def question_of(page: str) -> str:
    """The sentence of the first picture that is asked about, or nothing."""
    found = re.search(
        r'data-asking id="[^"]+">这张图是整个屏幕吗？</p>\s*<p class="asking__why" data-why>(.*?)</p>', page
    )
    return read_at(found[1], "pc") if found else ""


def typed_in(page: str, field: str) -> str:
    """What a text field shows, as a browser would read it."""
    area = re.search(rf'<textarea[^>]* name="{field}"[^>]*>\n?(.*?)</textarea>', page, re.S)
    line = re.search(rf'<input[^>]* name="{field}" value="(.*?)"', page, re.S)
    found = area or line
    assert found, f"no field {field}"
    return html.unescape(found[1])


def stored_files(portal: Portal) -> list[Path]:
    """The blobs below uploads, without the mark that names the store."""
    files = (path for path in Path(portal.settings.uploads).rglob("*") if path.is_file())
    return [path for path in files if path.name != MARK]

"""Filing for others as a browser does it: open the page, post to the draft it proposes."""

import re
from typing import Any

from tests.factories.browsers import PlainBrowser
from tests.factories.portals import csrf_of
from tests.factories.reports import general_fields, his_fields

_DRAFT = re.compile(r'action="(/desk/reports/drafts/[0-9a-f-]{36})"')


def open_form(browser: PlainBrowser) -> tuple[str, str]:
    """The address of a new draft and the page's token."""
    page = browser.get("/desk/reports/new").text
    return _DRAFT.search(page)[1], csrf_of(page)


def desk_fields(channel: str = "phone", kind: str = "general", **changes: Any) -> dict[str, Any]:
    """A complete report of that channel, as form fields."""
    fields = his_fields() if kind == "his" else general_fields()
    fields |= {"channel": channel, "kind": kind, "identity_method": "contact", "action": "file", **changes}
    return {name: value for name, value in fields.items() if value is not None}


def without_secrets(channel: str = "qq", kind: str = "general", **changes: Any) -> dict[str, Any]:
    """What comes over QQ: nothing that is sealed."""
    bare = dict.fromkeys(("id_number", "login_account", "login_password", "patient_id_number", "inpatient_number"))
    return desk_fields(channel, kind, **bare, **changes)


def pictures(*contents: bytes, slot: str = "screenshots") -> list[tuple[str, tuple[str, bytes, str]]]:
    """Files of a slot."""
    return [(slot, (f"{n}.png", content, "image/png")) for n, content in enumerate(contents)]


def send(browser: PlainBrowser, address: str, token: str, files: Any = None, **fields: Any) -> Any:
    """Post to a draft, always as multipart."""
    return browser.post(address, data={"csrf": token, **fields}, files=files or {"none": ("", b"")})

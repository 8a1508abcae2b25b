"""Markup in any field is text on every page of the engineers (SECURITY 2, stored XSS)."""

from html.parser import HTMLParser

from sqlalchemy import update

from portal.tickets.models import Ticket
from tests.factories.portals import Portal
from tests.factories.reports import file_report
from tests.factories.ticket_pages import act, done, token_of

EVIL = '"><svg onload=alert(1)><img src=x onerror=alert(2)></textarea></title><script>alert(3)</script>'


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.evil: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        own_script = tag == "script" and (given.get("src") or "").startswith("/static/")
        if any(name.startswith("on") or name == "style" for name in given):
            self.evil.append(tag)
        if (tag in ("script", "iframe", "object") and not own_script) or given.get("src") == "x":
            self.evil.append(tag)


def evil_tags(page: str) -> list[str]:
    parser = _Tags()
    parser.feed(page)
    return parser.evil


def test_markup_in_every_field_is_shown_as_text(portal: Portal) -> None:
    kept = file_report(portal.runtime).number
    number = file_report(
        portal.runtime,
        description=f"打开随访表保存后空白 {EVIL}",
        previous_system=EVIL,
        symptom="form_blank",
        form_name=EVIL,
        blank_items=EVIL,
        operation_steps=EVIL,
        contact_name='"><svg onload=a()>',
        login_account='"><svg onload=a()>',
    ).number
    with portal.runtime.database.transaction() as session:
        session.execute(
            update(Ticket).where(Ticket.number == number).values(institution=EVIL, excerpt=EVIL, changed_by=EVIL[:60])
        )
    his = file_report(portal.runtime, kind="his", institution=EVIL).number
    alice, leo = portal.signed_in("alice"), portal.signed_in("leo")
    done(alice, number, "assignment")
    pages = [
        done(alice, number, "replies", text=EVIL),
        done(alice, number, "notes", text=EVIL),
        done(alice, number, "urgency", urgency="urgent", reason=EVIL),
        act(alice, number, "information-request", fields=EVIL, message=EVIL).text,
        done(alice, number, "information-request", fields="form_name", message=EVIL),
        act(alice, number, "transfer", assignee=EVIL, text=EVIL).text,
        act(alice, number, "transfer", queue=EVIL, text=EVIL).text,
        act(alice, number, "merge", into=EVIL).text,
        act(alice, number, "reveals", field=EVIL, reason=EVIL, reason_text=EVIL).text,
        act(alice, number, "reveals", field="login_account", reason="其他").text,
        alice.post(f"/tickets/{number}/replies", data={"csrf": token_of(alice), "version": "1", "text": EVIL}).text,
        alice.get("/queues/general").text,
        alice.get("/queues/general", params={"q": EVIL, "state": EVIL, "assignee": EVIL, "channel": EVIL}).text,
        alice.post("/queues/general/search", data={"csrf": token_of(alice), "q": "13800138000" + EVIL}).text,
        alice.get(f"/tickets/{number}/pictures/1", params={"size": EVIL}).text,
        alice.get(f"/tickets/{number}", params={"done": EVIL}).text,
        alice.get(f"/tickets/{kept}").text,
        leo.get(f"/tickets/{number}").text,
        leo.get(f"/tickets/{his}").text,
        leo.get("/queues/his").text,
        done(leo, number, "transfer", queue="his", text=EVIL),  # what only the former track asks is still shown
    ]
    assert evil_tags(EVIL) == ["svg", "img", "img", "script"]  # the check itself sees them
    for position, page in enumerate(pages):
        assert "<main" in page, position
        assert evil_tags(page) == [], position
    assert sum("&lt;svg onload" in page for page in pages) > 10

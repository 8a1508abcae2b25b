"""Characters that turn a text around are marked on every page, and kept where the text is edited or stored."""

import re

import pytest
from markupsafe import Markup

from portal.reports import current
from portal.web.templating import environment
from tests.api.calls import V1, codes, post_report
from tests.factories.clinic import Clinic, error_of
from tests.factories.portals import Portal, post
from tests.factories.reports import file_report
from tests.factories.ticket_pages import act, done, ticket_of

TURNED = "打开随访表点保存\u202e后\u202c就没有了\u2067abc\u2069\u200f"
DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_BOXES = re.compile(r"""<textarea\b.*?</textarea>|\svalue="[^"]*\"""", re.DOTALL)


def rendered(source: str, **values: object) -> str:
    return environment().from_string(source).render(**values)


@pytest.mark.parametrize("sign", ["\u061c", "\u200f", "\u202b", "\u202e", "\u2067", "\u2068"], ids=ascii)
def test_every_sign_that_turns_the_text_is_marked(sign: str) -> None:
    assert rendered('<p title="{{ x }}">{{ x }}</p>', x=f"甲{sign}乙") == '<p title="甲〔反向符〕乙">甲〔反向符〕乙</p>'


@pytest.mark.parametrize("sign", ["\u200e", "\u202a", "\u202c", "\u202d", "\u2066", "\u2069"], ids=ascii)
def test_the_signs_that_phones_put_around_numbers_are_left_out(sign: str) -> None:
    assert rendered("<p>{{ x }}</p>", x=f"{sign}138{sign}") == "<p>138</p>"


def test_a_box_holds_what_was_typed() -> None:
    source = '<input value="{{ x or y }}"><textarea rows="{{ n }}">{{ x }}</textarea><p>{{ x }}{{ n }}{{ m }}</p>'
    shown = rendered(source, x="甲\u202e<乙", y="", n=3, m=Markup("<b>\u202e</b>"))
    assert shown == (
        '<input value="甲\u202e&lt;乙"><textarea rows="3">甲\u202e&lt;乙</textarea>'
        "<p>甲〔反向符〕&lt;乙3<b>\u202e</b></p>"
    )


def test_control_characters_are_nowhere_on_a_page() -> None:
    shown = rendered('<p>{{ x }}</p><input value="{{ x }}"><textarea>{{ x }}</textarea>', x="甲\x08\x1b\x7f乙\t丙\n丁")
    assert shown == '<p>甲乙\t丙\n丁</p><input value="甲乙\t丙\n丁"><textarea>甲乙\t丙\n丁</textarea>'


def test_no_page_is_turned_by_what_people_typed(portal: Portal) -> None:
    receipt = file_report(
        portal.runtime, symptom="form_blank", description=TURNED, operation_steps=TURNED, form_name=TURNED,
        blank_items=TURNED, contact_name="王\u202e一",
    )  # fmt: skip
    alice = portal.signed_in("alice")
    tracking = {"number": receipt.number, "query_code": receipt.query_code}
    done(alice, receipt.number, "assignment")
    pages = [
        done(alice, receipt.number, "replies", text=f"请看{TURNED}"),
        done(alice, receipt.number, "notes", text=f"备注{TURNED}"),
        done(alice, receipt.number, "urgency", urgency="urgent", reason=TURNED),
        act(alice, receipt.number, "offers", assignee="nobody", text=TURNED).text,
        alice.get("/queues/general").text,
        alice.get("/queues/general", params={"q": "随访\u202e表"}).text,
        post(portal.browser(), "/track", "/track", **tracking).text,
    ]
    for position, page in enumerate(pages):
        assert not DIRECTIONS.search(_BOXES.sub("", page)), position
    assert sum("〔反向符〕" in page for page in pages) > 4
    with portal.runtime.database.read() as session:
        stored = current.answers_of(session, ticket_of(portal, receipt.number).report_id)
    assert stored["description"].startswith("打开随访表点保存\u202e后\u202c就没有了"), "what was typed stays"


def test_a_control_character_is_said_and_gone_from_the_box(portal: Portal) -> None:
    clinic = Clinic(portal, description="打开随访表点保存\x08后内容没有了")
    answer = clinic.fill_situation()
    assert answer.status_code == 422 and "看不见的控制字符，已经去掉" in error_of(answer.text, "description")
    assert "打开随访表点保存后内容没有了</textarea>" in answer.text


@pytest.mark.both_databases
@pytest.mark.parametrize("sign", ["\x00", "\x08", "\x1b", "\x7f", "\x9f"])
def test_every_door_refuses_control_characters(portal: Portal, sign: str) -> None:
    answer = post_report(portal.browser(), description=f"打开随访表，点保存{sign}后要等很久")
    assert codes(answer) == [("description", "invalid")]
    number = file_report(portal.runtime).number
    alice = portal.api("alice")
    version = alice.post(f"{V1}/tickets/{number}/assignment", json={"version": 1}).json()["version"]
    reply = alice.post(f"{V1}/tickets/{number}/replies", json={"text": f"请{sign}重试", "version": version})
    assert codes(reply) == [("text", "invalid")]

"""The queue page: what it lists, filters and pages, how few statements it needs, what no address ever holds."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import event, select, update

from portal.acts.table import URGENCY
from portal.db import Database
from portal.pages.queue_filters import Filters
from portal.reports.models import Report
from portal.tickets.models import Ticket
from tests.factories import people
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.closing import voided_ticket
from tests.factories.portals import Portal, csrf_of
from tests.factories.reports import file_report
from tests.factories.ticket_pages import done

LIST = "/queues/general"


def many(portal: Portal, count: int, month: str = "209901") -> list[str]:
    """That many tickets: copies of one, which is all that a list needs."""
    first = file_report(portal.runtime).number
    numbers = [f"RC{month}{step:04d}" for step in range(1, count)]
    with portal.runtime.database.transaction() as session:
        sample = session.scalars(select(Ticket).where(Ticket.number == first)).one()
        report = session.get_one(Report, sample.report_id)
        for number in numbers:
            other = Report(**_columns(report, "id"))
            session.add(other)
            session.flush()
            session.add(Ticket(number=number, report_id=other.id, **_columns(sample, "id", "number", "report_id")))
    return [first, *numbers]


def _columns(row: Any, *but: str) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in row.__table__.columns if column.key not in but}


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Every SQL statement of the block."""
    seen: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def numbers_on(page: str, known: list[str]) -> list[str]:
    """Which of the known numbers a page lists, in its order."""
    shown = [n for n in known if re.search(f'href="/tickets/{n}["?]', page)]
    return sorted(shown, key=page.index)


def search(browser: Any, text: str, **filters: str) -> Any:
    return browser.post(f"{LIST}/search", data={"csrf": csrf_of(browser.get(LIST).text), "q": text, **filters})


def test_it_lists_the_queue_with_flags_and_counts(portal: Portal) -> None:
    plain = file_report(portal.runtime).number
    flagged = file_report(
        portal.runtime, channel="qq", symptom="form_lost", form_name="高血压随访表", scope="batch"
    ).number
    file_report(portal.runtime, kind="his")
    with portal.runtime.database.transaction() as session:
        session.execute(update(Ticket).where(Ticket.number == flagged).values(picture_flags="photo,confirmed"))
    page = portal.signed_in("leo").get(LIST).text
    assert numbers_on(page, [plain, flagged]) == [plain, flagged]
    for words in ("表单丢失", "批量", "手机拍摄", "已确认整屏", "高唐县杨屯乡张四屯卫生室", "未领取"):
        assert words in page
    assert re.search("剩 2[0-9] 小时", page)  # of the clock that ends first, which depends on the day
    assert '2</span><span class="visually-hidden"> 条待处理</span>' in page  # 日常
    assert '1</span><span class="visually-hidden"> 条待处理</span>' in page  # HIS


def test_its_statements_do_not_grow_with_its_rows(portal: Portal) -> None:
    alice = portal.signed_in("alice")
    many(portal, 3)
    with statements(portal.runtime.database) as few:
        assert alice.get(LIST).text.count("data-row-link") == 3
    many(portal, 57, "209902")
    with statements(portal.runtime.database) as more:
        assert alice.get(LIST).text.count("data-row-link") == 50
    assert len(few) == len(more) <= 15


def test_its_list_reads_nothing_that_is_sealed(portal: Portal) -> None:
    alice, number = portal.signed_in("alice"), file_report(portal.runtime).number
    with statements(portal.runtime.database) as seen:
        assert number in alice.get(LIST).text
    assert seen
    assert not [statement for statement in seen if "sealed_values" in statement or "data_keys" in statement]


def test_it_says_when_there_is_nothing(portal: Portal) -> None:
    alice = portal.signed_in("alice")
    assert "没有待处理的问题" in alice.get(LIST).text
    file_report(portal.runtime)
    filtered = alice.get(f"{LIST}?channel=email").text
    assert "没有符合条件的问题" in filtered
    assert "清除条件" in filtered


def test_its_filters_live_in_the_address(portal: Portal) -> None:
    alice = portal.signed_in("alice")
    mine, free = file_report(portal.runtime).number, file_report(portal.runtime, channel="qq").number
    his = file_report(portal.runtime, symptom="form_lost", form_name="体检表").number
    done(alice, mine, "assignment")
    done(portal.signed_in("bob"), his, "assignment")
    known = [mine, free, his]
    bob = actor(portal.runtime, "bob").user_id
    for query, expected in (
        ("assignee=me", [mine]),
        ("assignee=none", [free]),
        (f"assignee={bob}", [his]),
        ("state=submitted", [free]),
        ("channel=qq", [free]),
        ("symptom=form_lost", [his]),
        ("q=体检表", [his]),
        (f"q={mine}", [mine]),
        ("state=all", known),
        ("state=nonsense&channel=nonsense&symptom=nonsense", known),
        ("assignee=nonsense", []),
        ("q=%25", []),
        ("q=_", []),
        ("q='", []),
        ("q=%5C", []),
        ("q=%00", known),
    ):
        page = alice.get(f"{LIST}?{query}")
        assert page.status_code == 200, query
        assert numbers_on(page.text, known) == expected, query


def test_closed_tickets_stand_only_in_all(portal: Portal) -> None:
    alice, number = portal.signed_in("alice"), file_report(portal.runtime).number
    done(alice, number, "assignment")
    voided_ticket(portal.runtime, number)
    assert numbers_on(alice.get(LIST).text, [number]) == []
    assert numbers_on(alice.get(f"{LIST}?state=all").text, [number]) == [number]


def test_what_is_my_turn_has_its_view_and_its_count(portal: Portal) -> None:
    alice, bob = portal.signed_in("alice"), portal.signed_in("bob")
    numbers = [file_report(portal.runtime).number for _ in range(5)]
    first, asked, urgent, others, free = numbers
    for number in (first, asked, urgent):
        done(alice, number, "assignment")
    done(bob, others, "assignment")
    done(alice, asked, "information-request", fields="form_name")
    done(alice, urgent, "urgency", urgency="critical", reason="停诊")
    page = alice.get(f"{LIST}?turn=me").text
    assert numbers_on(page, numbers) == [first, urgent]  # by turn, not by urgency
    assert '轮到我<span class="views__count">2</span>' in page
    assert "轮到您最久的在前" in page
    assert free not in page
    assert "轮到我<span" not in portal.signed_in("leo").get(LIST).text
    done(alice, first, "release")
    done(alice, urgent, "release")
    assert "没有轮到您的问题" in alice.get(f"{LIST}?turn=me").text


def test_the_view_pages_without_loss(portal: Portal) -> None:
    alice, numbers = portal.signed_in("alice"), many(portal, 60)
    with portal.runtime.database.transaction() as session:
        session.execute(update(Ticket).values(assignee_id=actor(portal.runtime, "alice").user_id, assignee_name="张工"))
    page = alice.get(f"{LIST}?turn=me").text
    rest = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert sorted(numbers_on(page, numbers) + numbers_on(alice.get(rest).text, numbers)) == sorted(numbers)
    mixed = rest.replace("turn=me", "state=all")
    assert alice.get(mixed).status_code == 400  # a place in one order is none in the other


def test_urgent_tickets_come_first(portal: Portal) -> None:
    alice, lead = portal.signed_in("alice"), actor(portal.runtime, "leo")
    numbers = [file_report(portal.runtime).number for _ in range(3)]
    with portal.runtime.database.transaction() as session:
        perform(session, portal.runtime, lead, URGENCY, numbers[2], 1, urgency="critical", reason="停诊")
    assert numbers_on(alice.get(LIST).text, numbers) == [numbers[2], numbers[0], numbers[1]]


def test_words_become_an_address_and_an_id_number_never_does(portal: Portal) -> None:
    alice = portal.signed_in("alice")
    wanted = people.id_number(seed=71)
    found = file_report(portal.runtime, id_number=wanted).number
    other = file_report(portal.runtime).number
    words = search(alice, "随访表", state="all")
    assert words.status_code == 303
    assert parse_qs(urlsplit(words.headers["location"]).query) == {"q": ["随访表"], "state": ["all"]}
    for typed in (wanted, f" {wanted[:6]} {wanted[6:14]}-{wanted[14:]} ", wanted.translate({ord("1"): "１"})):
        answer = search(alice, typed)
        assert answer.status_code == 200
        assert "location" not in answer.headers
        assert numbers_on(answer.text, [found, other]) == [found]
        assert typed not in answer.text
        assert wanted not in answer.text


def test_any_long_number_stays_out_of_the_address(portal: Portal) -> None:
    alice, number = portal.signed_in("alice"), file_report(portal.runtime).number
    phone = people.phone(3)
    for typed in (phone, f"张四屯 {phone}", people.id_number(seed=5)[:17], people.id_number(seed=5)[:15]):
        answer = search(alice, typed)
        assert answer.status_code == 200
        assert typed not in answer.text
    assert search(alice, number).headers["location"] == f"/tickets/{number}"


def test_an_id_number_put_into_the_address_by_hand_is_dropped(portal: Portal) -> None:
    alice, typed = portal.signed_in("alice"), people.id_number(seed=8)
    number = file_report(portal.runtime, id_number=typed).number
    page = alice.get(f"{LIST}?q={typed}&state=all")
    assert typed not in page.text
    assert "号码不能放在网址里" in page.text
    assert number in page.text


def test_its_pages_miss_nothing_and_repeat_nothing_while_tickets_arrive(portal: Portal) -> None:
    alice, numbers = portal.signed_in("alice"), many(portal, 120)
    seen: list[str] = []
    address: str | None = LIST
    while address:
        page = alice.get(address).text
        seen += numbers_on(page, numbers)
        file_report(portal.runtime)
        address = None
        if 'rel="next" href="' in page:
            address = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert sorted(seen) == sorted(numbers)


def test_a_broken_page_address_is_told(portal: Portal) -> None:
    answer = portal.signed_in("alice").get(f"{LIST}?cursor=broken")
    assert answer.status_code == 400
    assert "请回到队列第一页" in answer.text


def test_a_foreign_or_unknown_queue_is_not_found(portal: Portal) -> None:
    alice = portal.signed_in("alice")
    for path in ("/queues/his", "/queues/nothing"):
        assert alice.get(path).status_code == 404
        token = csrf_of(alice.get(LIST).text)
        assert alice.post(f"{path}/search", data={"csrf": token, "q": "x"}).status_code == 404


def test_its_name_has_a_blank_between_latin_and_chinese(portal: Portal) -> None:
    assert "<h1>HIS 队列</h1>" in portal.signed_in("hanna").get("/queues/his").text
    assert "<h1>日常队列</h1>" in portal.signed_in("bob").get("/queues/general").text


def test_a_search_carries_every_other_filter_along(portal: Portal) -> None:
    chosen = {
        "state": "all", "assignee": "none", "channel": "qq", "symptom": "error", "turn": "me", "urgency": "urgent",
        "clock": "overdue", "previous_system": "浪潮系统", "since": "2026-11-01", "until": "2026-11-30",
        "module": "居民档案", "request_type": "consultation", "archived": "no", "level": "town", "root_cause": "misuse",
    }  # fmt: skip
    assert {*chosen, "q"} == set(Filters.__dataclass_fields__)
    page = portal.signed_in("alice").get(LIST, params=chosen).text
    search = page.split('role="search"')[1].split("</form>")[0]

    assert [name for name, value in chosen.items() if f'name="{name}" value="{value}"' not in search] == []

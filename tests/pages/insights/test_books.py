"""周报 and 月报 as leads read them: each figure with n, meaning and tickets, each chart with its table."""

import html
import io
import re
import zipfile
from datetime import UTC, datetime, timedelta
from random import Random

import pypdf
import pytest
from sqlalchemy import update

from portal import clock
from portal.accounts.models import User
from portal.audit.actor import SYSTEM
from portal.kpi.books import freezing, pdf
from portal.kpi.figures import periods
from portal.pages.insights import shelves
from tests.api.calls import V1
from tests.factories.cast import add_administrators
from tests.factories.portals import post
from tests.kpi.figures.histories import History

WEEK = periods.read("2026-W40")
PAGE = f"/insights/weekly/{WEEK.name}"


@pytest.fixture
def shelf(portal, monkeypatch):
    """Two frozen weeks and a month of a random history."""
    History(Random(3), datetime(2026, 9, 1, tzinfo=UTC), 40, 80).keep(portal.runtime)
    moment = WEEK.until + timedelta(minutes=10)
    monkeypatch.setattr(clock, "now", lambda: moment)
    for queue in ("", "general"):
        for period in (WEEK.before, WEEK, periods.read("2026-09")):
            freezing.freeze(portal.runtime.database, SYSTEM, period, queue)
    return portal


def test_the_page_says_each_figure_with_its_meaning_and_each_chart_beside_its_table(shelf):
    leo = shelf.signed_in("leo")
    page = leo.get(PAGE).text

    assert "第 1 版" in page and "2026 年第 40 周" in page and "国庆" in page
    assert page.count('class="measure__meaning"') >= page.count('class="measure__number"') > 15
    assert page.count('<svg class="bars"') <= page.count('<table class="table')
    contents = page.partition('aria-label="目录"')[2].partition("</nav>")[0]
    jumps = re.findall(r'href="#([^"]+)">([^<]+)<', contents)
    assert jumps == re.findall(r'<h2 id="(tops-title|section-\d|course-title)">([^<]+)<', page) and len(jumps) == 7
    assert (
        page.count("<details") - page.count('class="fold') == page.count('<details class="sheet breakdown" open>') > 9
    )
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/insights/tickets[^"]+)"', page)]
    assert len(links) > 30
    for link in dict.fromkeys(re.sub("&key=.*", "", link) for link in links):
        assert leo.get(link).status_code == 200, link
    rows = re.findall(r'<th scope="row"><a href="([^"]+key=[^"]+)">([^<]+)</a>', page)
    kinds = {re.sub("&amp;key=([a-z_]+)[^&]*", r"\1", link): (link, word) for link, word in rows}
    assert len(kinds) > 12
    for link, word in kinds.values():  # one line of each breakdown: its list says which it is
        head = leo.get(link.replace("&amp;", "&")).text.partition("</h1>")[2].partition("</div>")[0]
        assert html.unescape(word).split(" ")[0] in html.unescape(head), (link, word)
    listed = leo.get(next(link for link in links if "figure=received&" in link and "key=" not in link)).text
    received = re.search(r'class="measure__number"><a href="[^"]+figure=received[^"]*">(\d+)', page)[1]
    assert min(50, int(received)) == listed.count('<th scope="row" class="number">')


def test_the_whole_shelf_is_on_the_page_of_statistics(shelf):
    page = shelf.signed_in("leo").get("/insights").text

    assert PAGE in page and "/insights/monthly/2026-09" in page and "/insights/review-pack" in page
    assert "提报表单好不好填" in page
    add_administrators(shelf.runtime)
    assert PAGE not in shelf.signed_in("audrey").get("/insights").text


def test_a_lead_writes_a_note_and_makes_an_edition_and_typed_texts_survive_a_refusal(shelf):
    leo = shelf.signed_in("leo")

    refused = post(leo, PAGE, PAGE, note="密码是 Abc#12345", queue="")
    assert refused.status_code == 422 and "密码是 Abc#12345" in refused.text
    assert post(leo, PAGE, PAGE, note="国庆放假，来电少", queue="", version="1").status_code == 303
    assert "国庆放假，来电少" in leo.get(PAGE).text
    stale = post(leo, PAGE, PAGE, note="晚了一步", queue="", version="1")
    assert stale.status_code == 409 and "晚了一步" in stale.text
    assert post(leo, PAGE, PAGE, again="1", queue="", reason="").status_code == 422
    assert post(leo, PAGE, PAGE, again="1", queue="", reason="补录了评价").status_code == 303
    page = leo.get(PAGE).text
    assert "第 2 版" in page and "补录了评价" in page
    assert "这是以前的一版" in leo.get(f"{PAGE}?edition=1").text


def month(received, part, n, satisfaction, rated):
    share = None if n < 5 else 100 * part / n
    of = {"received": ("count", received, None, None), "reply_in_time": ("percent", share, part, n),
          "satisfaction_s3": ("score", satisfaction, None, rated)}  # fmt: skip
    figures = [
        {"name": name, "unit": unit, "value": value, "part": part, "n": n, "link": None}
        for name, (unit, value, part, n) in of.items()
    ]
    return {"figures": figures}


@pytest.mark.parametrize(
    ("months", "expected"),
    [
        ([month(8, 3, 4, 4.0, 10), month(5, 5, 6, 5.0, 30)], ("13", "80.0 %", "4.75 分")),
        ([month(8, 1, 2, None, 0), month(5, 1, 2, 5.0, 6)], ("13", "不足 5 条，不算", "5.00 分")),
        ([month(8, 0, 0, None, 3), month(5, 0, 0, 5.0, 6)], ("13", "无数据", "—")),
    ],
)
def test_a_year_is_its_frozen_months_together(months, expected):
    """A share is all parts of all cases, no mean of shares; a mean of which a part is unknown is not said."""
    whole = [text for text, _ in shelves._whole(months)]
    assert (whole[0], whole[2], whole[5]) == expected and whole[1] == "—"
    assert shelves._whole(months[:1]) is None


ADDRESSES = (
    ("/insights/weekly/2026-W54", 404), ("/insights/weekly/2026-10", 404), ("/insights/monthly/2026-13", 404),
    ("/insights/weekly/2026-W42", 404), (f"{PAGE}?queue=lab", 404), (f"{PAGE}?edition=9", 404),
    ("/insights/weekly/2026-W41", 200), ("/insights/weekly/2001-W01", 200), ("/insights/monthly/2026-10", 200),
    ("/insights/tickets?figure=received", 404), ("/insights/tickets?figure=x&from=2026-10-01&to=2026-10-02", 404),
    ("/insights?queue=lab", 404), ("/insights?year=1", 200), ("/insights?year=2025", 200),
)  # fmt: skip


def test_any_address_is_a_report_or_is_not_found(shelf):
    leo = shelf.signed_in("leo")

    assert {path: leo.get(path).status_code for path, _ in ADDRESSES} == dict(ADDRESSES)


def test_a_lead_of_one_queue_reads_that_one_only(shelf):
    leo = shelf.signed_in("leo")
    with shelf.runtime.database.transaction() as session:
        session.execute(update(User).where(User.username == "leo").values(queues=["general"]))

    assert "日常" in leo.get(PAGE).text and leo.get(f"{PAGE}?queue=general").status_code == 200
    days = f"from={WEEK.first}&to={WEEK.last}"
    for path in (f"{PAGE}?queue=his", f"{PAGE}/pdf?queue=his", f"/insights/tickets?figure=open&{days}&queue=his"):
        assert leo.get(path).status_code == 404, path
    assert post(leo, PAGE, PAGE, queue="", again="1", reason="看看别的队列").status_code == 404
    pack = "/insights/review-pack"
    assert post(leo, pack, pack, period="2026-09", queue="his", reason="看看别的队列").status_code == 404
    api = shelf.api("leo")
    assert api.get(f"{V1}{PAGE}?queue=his").status_code == 404


def test_the_pdf_has_the_words_in_chinese(shelf):
    answer = shelf.signed_in("leo").get(f"{PAGE}/pdf?queue=")

    assert answer.headers["content-type"] == "application/pdf"
    document = pypdf.PdfReader(io.BytesIO(answer.content))
    words = "".join(re.sub(r"\s", "", page.extract_text()) for page in document.pages)
    assert "客服周度分析报告" in words and "按时回复率" in words and "全部队列" in words
    assert [round(float(side)) for side in document.pages[0].mediabox[2:]] == [595, 842]


def without_library():
    raise pdf.NoPdfError


def test_without_the_library_one_plain_sentence(shelf, monkeypatch):
    monkeypatch.setattr(pdf, "_loaded", without_library)
    answer = shelf.signed_in("leo").get(f"{PAGE}/pdf")
    assert answer.status_code == 503 and "另存为 PDF" in answer.text
    assert "另存为 PDF" in shelf.signed_in("leo").get(PAGE).text


def test_the_pack_holds_tables_reports_and_the_slowest_stages_and_no_complaints(shelf):
    leo, place = shelf.signed_in("leo"), "/insights/review-pack"

    assert post(leo, place, place, period="2026-09", queue="", reason="").status_code == 422
    answer = post(leo, place, place, period="2026-09", queue="", reason="九月复盘会")
    assert answer.status_code == 200, answer.text
    pack = zipfile.ZipFile(io.BytesIO(answer.content))
    names = pack.namelist()
    assert {"表格/客户来电记录表.xlsx", "表格/客户问题记录表.xlsx", "最慢环节.xlsx", "说明.txt"} <= set(names)
    assert {"报告/客服月度分析报告 2026-09.pdf", "报告/客服周度分析报告 2026-W40.pdf"} <= set(names)
    assert not [name for name in names if "投诉" in name]
    assert "九月复盘会" in pack.read("说明.txt").decode()
    assert pack.read("报告/客服月度分析报告 2026-09.pdf").startswith(b"%PDF")


def test_the_same_by_api_and_a_pack_without_the_library(shelf, monkeypatch):
    monkeypatch.setattr(pdf, "_loaded", without_library)
    leo, monthly = shelf.api("leo"), f"{V1}/insights/monthly/2026-09"

    said = leo.get(f"{V1}{PAGE}?queue=all").json()
    assert (said["edition"], said["from"], said["made_by"]) == (1, "2026-09-28", "系统")
    assert all(one["definition"] for one in said["figures"]) and said["course"]
    assert leo.get(f"{V1}/insights/weekly/2026-W41").json()["edition"] is None
    assert leo.get(f"{V1}/insights/weekly/2026-11").status_code == 404
    assert leo.post(monthly, json={"note": "九月", "version": 1}).json()["note"] == "九月"
    for body, status in (
        ({}, 422), ({"note": "x"}, 422), ({"note": "x", "version": 1}, 409), ({"reason": ""}, 422),
        ({"reason": "补录", "queue": "lab"}, 404), ({"reason": "补录"}, 200),
    ):  # fmt: skip
        assert leo.post(monthly, json=body).status_code == status, body
    assert leo.get(monthly).json()["editions"] == [2, 1]
    assert leo.post(f"{V1}/insights/weekly/2026-W41", json={"reason": "太早"}).status_code == 409
    body = {"period": "2026-Q3", "queue": "all", "reason": "季度复盘会"}
    answer = leo.post(f"{V1}/insights/review-pack", json=body)
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert answer.status_code == 200 and "报告/客服月度分析报告 2026-09.html" in names
    assert leo.post(f"{V1}/insights/review-pack", json={**body, "period": "2026"}).status_code == 422
    assert shelf.api("alice").get(f"{V1}{PAGE}").status_code == 403

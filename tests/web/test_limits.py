"""Limits of what is posted: the rule's own sentence at every size, and nothing huge is kept, stored or shown."""

import tracemalloc

import pytest
from starlette.requests import Request

from portal.kinds.table import DESCRIPTION, GENERAL, MOST_PICTURES
from portal.reports import drafts
from portal.web import body
from tests.api.calls import V1, codes, picture, post_report
from tests.factories import loops, people
from tests.factories.clinic import Clinic

NEVER = "提交的内容不完整"


@pytest.mark.parametrize("signs", [10_001, 12_001, 100_000, 1_000_000, 10_000_000])
def test_a_long_text_of_the_api_gets_its_own_sentence(portal, signs):
    answer = post_report(portal.browser(), description="打不开表单，" * (signs // 6 + 1))
    assert codes(answer) == [("description", "too_long")]
    assert "最多 10000 个字" in answer.text
    assert len(answer.content) < 2000


@pytest.mark.parametrize("count", [7, 13, 25, 60, 400])
def test_too_many_pictures_get_their_own_sentence(portal, count):
    answer = post_report(portal.browser(), files=[picture(b"x" if n else None) for n in range(count)])
    assert set(codes(answer)) >= {("screenshots", "image_too_many")}


@pytest.mark.parametrize("count", [21, 101, 900])
def test_too_many_numbers_get_their_own_sentence(portal, count):
    answer = post_report(portal.browser(), scope="batch", id_number=[people.id_number(seed=n) for n in range(count)])
    assert [code for field, code in codes(answer) if field == "id_number"] == ["too_long"]


@pytest.mark.parametrize("names", [201, 1001, 5000])
@pytest.mark.parametrize("is_multipart", [True, False])
def test_more_parts_than_any_form_has_are_413(portal, names, is_multipart):
    fields = {f"a{n}": "x" for n in range(names)}
    files = {"f": ("a.png", b"x", "image/png")} if is_multipart else None
    answer = portal.browser().post(f"{V1}/reports", data=fields, files=files)
    assert answer.status_code == 413
    assert NEVER not in answer.text


def test_a_json_body_over_its_limit_is_413_and_a_long_text_in_it_422(portal):
    client = portal.browser()
    huge = client.post(f"{V1}/track", json={"number": "a" * body.MAX_TEXT_BODY, "query_code": "b"})
    assert huge.status_code == 413
    assert codes(client.post(f"{V1}/track", json={"number": "a" * 2000, "query_code": "b"})) == [("number", "too_long")]


def test_a_draft_keeps_a_sensible_part_and_says_the_limit(portal):
    clinic = Clinic(portal)
    page = clinic.fill_situation(description="打不开表单，" * 9000)
    assert page.status_code == 422
    assert "最多 10000 个字，现在超过 12000 个，后面的没有保留" in page.text
    assert len(page.content) < 200_000
    draft = drafts.unfinished(portal.runtime, GENERAL, clinic.browser.cookies["portal_draft_general"])
    assert len(draft.values["description"][0]) == DESCRIPTION.kept_length == 12_000


def test_a_page_with_too_many_pictures_says_so(portal):
    clinic = Clinic(portal)
    clinic.fill_situation()
    answer = clinic.add_pictures(*[b"x"] * 30)
    assert answer.status_code == 422
    assert f"每处最多 {MOST_PICTURES} 张图片" in answer.text and NEVER not in answer.text


def test_a_paste_that_is_too_long_says_what_was_read(portal):
    clinic = Clinic(portal)
    answer = clinic.post(clinic.start, "/report/general/paste", pasted="问题描述：" + "打不开表单，" * 9000)
    page = clinic.open(answer.headers["location"])
    assert "粘贴的内容超过 20000 个字，后面的没有读取" in page.text


@pytest.mark.parametrize("content", [b"x" * 1024, b"x", b"\xe6\x89\x93"])
def test_memory_is_bounded_at_every_size(portal, content):
    """30 MB in one text part, in one surplus file, in many parts."""
    head = b'--b\r\nContent-Disposition: form-data; name="description"\r\n\r\n'

    async def chunks():
        yield {"type": "http.request", "body": head, "more_body": True}
        for _ in range(480):
            yield {"type": "http.request", "body": content * (65536 // len(content)), "more_body": True}
        yield {"type": "http.request", "body": b"\r\n--b--\r\n", "more_body": False}

    sent = chunks()
    headers = [(b"content-type", b"multipart/form-data; boundary=b")]
    request = Request(
        {"type": "http", "method": "POST", "headers": headers, "path": "/", "app": portal.app}, sent.__anext__
    )
    tracemalloc.start()
    form = loops.run(body.read_form(request, body.MAX_UPLOAD_BODY))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert 0 < len(form.get("description")) <= body.MAX_CHARACTERS
    assert peak < 4 * 1024 * 1024

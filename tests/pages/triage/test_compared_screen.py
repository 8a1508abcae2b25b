"""What a picture was compared with, and which question was answered, stand beside it on the ticket page."""

import json
import re
from html import unescape

import pytest

from tests.api.calls import picture, post_report
from tests.factories.pictures import draw_screen, encode, phone_screen, photo_of_screen, scaled_screen, whole_screen
from tests.factories.portals import Portal


def hint(width: int, height: int, dpr: float = 1) -> str:
    return json.dumps({"width": width, "height": height, "dpr": dpr, "innerWidth": width, "outerWidth": width})


def words(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def ticket_page(portal: Portal, content: bytes, **fields: str) -> tuple[str, str]:
    """The words of the ticket page and of the queue."""
    filed = post_report(portal.browser(), files=[picture(content)], **fields)
    assert filed.status_code == 201, filed.text
    alice = portal.signed_in("alice")
    return words(alice.get(f"/tickets/{filed.json()['number']}").text), words(alice.get("/queues/general").text)


def test_a_screen_of_another_computer_is_told_with_both_sizes(portal: Portal) -> None:
    page, queue = ticket_page(portal, whole_screen(1024, 768), screen_hint=hint(1366, 768))

    assert "整屏 非本机截图 图 1024 × 768，提报人的屏幕 1366 × 768" in page
    assert "非本机截图" in queue


@pytest.mark.parametrize(
    ("content", "screen"),
    [
        (whole_screen, hint(1366, 768)),
        (lambda: whole_screen(1364, 767), hint(1366, 768)),
        (whole_screen, ""),
        (whole_screen, "junk"),
        (lambda: phone_screen(1080, 2340), hint(412, 892, 2.625)),
        (lambda: whole_screen(2388, 1668), hint(834, 1194, 2)),
        (lambda: whole_screen(3286, 1080), hint(1366, 768)),
    ],
    ids=["own", "outlined", "unknown", "junk", "phone", "turned tablet", "beside another"],
)
def test_the_own_screen_is_not_called_another(portal: Portal, content, screen: str) -> None:
    page, queue = ticket_page(portal, content(), screen_hint=screen)

    assert "整屏" in page and "非本机截图" not in page + queue


@pytest.mark.parametrize(
    ("content", "question"),
    [
        (photo_of_screen, "像是手机拍摄或不清晰"),
        (scaled_screen, "可能被聊天软件压缩过"),
        (lambda: encode(draw_screen(1366, 768).crop((0, 0, 1366, 728))), "可能缺少任务栏或地址栏"),
        (lambda: phone_screen(1080, 3000), "比屏幕长"),
    ],
    ids=["photo", "scaled", "nearly", "long"],
)
def test_a_confirmed_picture_names_the_question(portal: Portal, content, question: str) -> None:
    page, queue = ticket_page(portal, content(), confirm_full_screen="1")

    assert f"已确认整屏 问过：{question}" in page
    assert "已确认整屏" in queue

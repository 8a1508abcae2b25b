"""Number and code, however people give them: the same pair from every door."""

from itertools import product

import pytest

from portal.tickets.numbering import normal_code, normal_number
from portal.tracking import receipt_reader
from tests.factories.portals import Portal, post
from tests.factories.reports import file_report

NUMBER, CODE = "RC2026110001", "K7PM-4XRD-92"
PAIR = (NUMBER, "K7PM4XRD92")


def wide(text: str) -> str:
    """In the full-width letters of a Chinese input method."""
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else "　" if char == " " else char for char in text)


WAYS_OF_A_NUMBER = [
    NUMBER, "rc2026110001", "  RC2026110001 ", "RC 2026110001", "RC-2026110001", wide(NUMBER), wide("rc2026110001"),
    "受理编号：RC2026110001", "编号RC2026110001。", "RC\u200b2026110001", "\u202dRC2026110001\u202c",
]  # fmt: skip
WAYS_OF_A_CODE = [
    CODE, "k7pm4xrd92", "K7PM 4XRD 92", " k7pm-4xrd-92\n", wide(CODE), wide("k7pm4xrd92"), "K7PM–4XRD–92",
    "K7PM－4XRD－92", "K7PM—4XRD—92", "查询码：K7PM-4XRD-92", "查询码 K7PM-4XRD-92，请保存", "K7PM\u00ad-4XRD-92",
    "\ufeffK7PM-4XRD-92",
]  # fmt: skip


@pytest.mark.parametrize(("number", "code"), list(product(WAYS_OF_A_NUMBER, WAYS_OF_A_CODE)))
def test_two_boxes(number: str, code: str) -> None:
    assert receipt_reader.number_and_code(number, code) == PAIR
    assert receipt_reader.number_and_code(code, number) == PAIR


def test_a_number_in_groups() -> None:
    assert receipt_reader.number_and_code("RC 2026 1100 01", CODE) == PAIR


@pytest.mark.parametrize(
    "text",
    [
        f"{NUMBER} {CODE}",
        f"{CODE} {NUMBER}",
        f"{NUMBER}，{CODE}",
        f"{NUMBER}\t{CODE}",
        f"受理编号：{NUMBER}\n查询码：{CODE}",
        f"受理编号：{NUMBER}\r\n查询码：{CODE}\r\n查询地址：http://portal2026.test:8000/track?number={NUMBER}",
        f"http://192.168.1.10/track?number={NUMBER} 编号 {NUMBER} 查询码 {CODE}",
        f"机构：高唐县人民医院ABCD123456\n受理编号 {NUMBER}\n2026-11-28 14:30 提交\n查询码 {CODE}",
        wide(f"受理编号 {NUMBER} 查询码 {CODE}"),
        f"【一线通】您的受理编号是{NUMBER.lower()}，查询码是{CODE.lower()}，请保存",
    ],
)
def test_one_box(text: str) -> None:
    assert receipt_reader.number_and_code(text, "") == PAIR
    assert receipt_reader.number_and_code("", text) == PAIR
    assert receipt_reader.number_and_code(text, text) == PAIR


@pytest.mark.parametrize(
    ("number", "code", "read"),
    [
        ("", "", ("", "")),
        (NUMBER, "", (NUMBER, "")),
        ("", NUMBER, (NUMBER, "")),
        ("", CODE, ("", "K7PM4XRD92")),
        (CODE, "", ("", "K7PM4XRD92")),
        (NUMBER, "K7PM", (NUMBER, "K7PM")),
        ("不知道", CODE, ("", "K7PM4XRD92")),
        ("RC2026", CODE, ("RC2026", "K7PM4XRD92")),
    ],
)
def test_what_is_missing_stays_missing(number: str, code: str, read: tuple[str, str]) -> None:
    assert receipt_reader.number_and_code(number, code) == read


def test_a_page_never_shows_a_code_again() -> None:
    for way in (*WAYS_OF_A_CODE, f"{NUMBER} {CODE}", f"{CODE} {NUMBER}"):
        assert "K7PM" not in receipt_reader.echoed(way)


@pytest.mark.parametrize("door", ["page", "api"])
def test_every_door_reads_alike(portal: Portal, door: str) -> None:
    receipt = file_report(portal.runtime)
    for number, code in (
        (wide(receipt.number), wide(receipt.query_code.lower())),
        (f"受理编号：{receipt.number}", f"查询码：{receipt.query_code}"),
        (f"受理编号：{receipt.number}\n查询码：{receipt.query_code}", ""),
    ):
        sent = {"number": number, "query_code": code}
        browser = portal.browser()
        if door == "api":
            answer = browser.post("/api/v1/track", json=sent)
        else:
            answer = post(browser, "/track", "/track", **sent)
        assert answer.status_code == 200, (door, number, code)


@pytest.mark.parametrize("way", [NUMBER, wide(NUMBER), "rc2026110001", "ＲＣ２０２６１１０００１"])
def test_staffs_doors_and_commands_fold_a_number_too(way: str) -> None:
    assert normal_number(way) == NUMBER


def test_a_stored_code_has_one_form() -> None:
    assert {normal_code(way) for way in (CODE, wide(CODE), "k7pm4xrd92", "K7PM–4XRD–92")} == {"K7PM4XRD92"}

"""A contact's phone: kept as typed in any grouping, refused only when it can be no number, never a reason to stop."""

from datetime import date

import pytest

from portal.kinds import checks, doubts, kept_forms
from portal.kinds.fields import CheckContext
from portal.vault.masks import MASKS
from tests.api.calls import V1, post_report

RULES = CheckContext(date(2026, 11, 23))
ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
GOOD = (
    """
13800001234|+8613800001234|86 13800001234|0086-138-0000-1234|138-0000-1234|138 0000 1234|1380000 1234|138.0000.1234
138_0000_1234|(138)00001234|０１３８００００１２３４|１３８００００１２３４|138–0000–1234|138−0000−1234|138\u00a00000\u00a01234
\u202d13800001234\u202c|138\u200b00001234|\ufeff13800001234|138\u00ad00001234|138·0000·1234|138（0000）1234
0635-2134521|06352134521|0635 2134521|(0635)2134521|（0635）2134521|0635—2134521|2134521|0635-2134521-12
0635-2134521转8012|0635-2134521 转 8012|0635-2134521分机8012|0635-2134521 ext.12|0635-2134521#12|400-000-1234
4000001234|95598-12|13800001234/0635-2134521|13800001234、13900001234|13800001234 或 13900001234|13800001234 13900001234
张医生 13800001234|13800001234（微信同号）|电话：13800001234|+852 9123 4567|+1 (202) 555-0143
""".replace("\n", "|")
    .strip("|")
    .split("|")
)


@pytest.mark.parametrize("typed", GOOD)
def test_it_takes_a_number_in_any_grouping(typed):
    kept = kept_forms.phone(typed)
    assert checks.phone(kept, RULES) is None
    assert doubts.phone(kept) is None
    shown = [char for char in MASKS["phone"](kept) if char.isdigit()]
    assert len(shown) <= 8, "an area code or the first three, and the last four"


@pytest.mark.parametrize(
    "typed", ["12", "12345", "138****1234", "138＊＊＊＊1234", "wechat01", "没电话号码吧", "372527196503141287"]
)
def test_it_refuses_what_is_no_number_and_says_what_to_do(typed):
    code, message = checks.phone(kept_forms.phone(typed), RULES)
    assert code == ("masked_value" if "*" in kept_forms.phone(typed) else "invalid")
    assert "请" in message or "例如" in message


@pytest.mark.parametrize("typed", ["无", "没有", "暂无", "不知道", "-", "。", "无电话"])
@ON_SQLITE
def test_no_phone_is_no_answer(portal, typed):
    assert post_report(portal.browser(), contact_phone=typed).status_code == 201


@pytest.mark.parametrize(("typed", "mark"), [("138000012345", "12 位"), ("1380000123", "10 位")])
@ON_SQLITE
def test_a_digit_too_many_is_asked_about_and_marked(portal, typed, mark):
    assert mark in doubts.phone(typed).question
    number = post_report(portal.browser(), contact_phone=typed).json()["number"]
    fields = portal.api("alice").get(f"{V1}/tickets/{number}").json()["fields"]
    (value,) = next(field["values"] for field in fields if field["name"] == "contact_phone")
    assert mark in value["label"]

"""Accounts, passwords, 住院号, names and texts: what is meant is taken, and a fault says what to do."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kinds import checks, doubts, kept_forms
from portal.kinds.fields import CheckContext
from portal.kinds.table import KINDS
from portal.kinds.validation import normalised
from portal.sensitive_text import lines
from tests.api.calls import V1, codes, post_report

RULES = CheckContext(date(2026, 11, 23))
ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
MARKS = "\u202d\u202c\u200b\u200e\u200f\u2060\u2066\u2069\ufeff\u00ad\u061c\u180e"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("zsttest01", "zsttest01"),
        ("ｚｓｔｔｅｓｔ０１", "zsttest01"),
        (" zsttest01\u3000", "zsttest01"),
        ("\u202dzsttest01\u202c", "zsttest01"),
        ("zst\u200btest01", "zsttest01"),
        ("zst–01", "zst-01"),
        ("账号：zsttest01", "zsttest01"),
        ("用户名:zsttest01", "zsttest01"),
        ("古丽•买买提01", "古丽•买买提01"),
        ("阿不都·热合曼", "阿不都·热合曼"),
        ("a.b_c@x.cn", "a.b_c@x.cn"),
    ],
)
def test_an_account_is_folded_and_a_dot_of_a_name_is_no_mask(typed, kept):
    assert kept_forms.account(typed) == kept
    assert checks.account(kept, RULES) is None


@pytest.mark.parametrize("typed", ["s**g", "s＊＊g", "****", "s•••g", "●●●●", "s*g", "zst···01"])
def test_an_account_with_a_mask_is_refused(typed):
    assert checks.account(kept_forms.account(typed), RULES)[0] == "masked_value"


@pytest.mark.parametrize(
    ("typed", "account", "password"),
    [
        ("sfdg密码:123456", "sfdg", "123456"),
        ("账号：sfdg 密码：123456", "sfdg", "123456"),
        ("sfdg，密码是Ab 12 ", "sfdg", "Ab 12 "),
        ("sfdg/密碼：Ｑｚ8812", "sfdg", "Ｑｚ8812"),
        ("sfdg password=x1", "sfdg", "x1"),
        ("sfdg口令x1", "sfdg", "x1"),
    ],
)
def test_a_password_behind_its_account_goes_into_its_own_field(typed, account, password):
    clean = normalised(KINDS["general"], {"login_account": [typed], "login_password": [""]})
    assert (clean["login_account"], clean["login_password"]) == ([account], [password])


@ON_SQLITE
def test_beside_another_password_it_is_refused_in_words(portal):
    answer = post_report(portal.browser(), login_account="sfdg密码:123456")
    assert codes(answer) == [("login_account", "invalid")]
    assert "密码填在密码一栏" in answer.json()["errors"][0]["message"] and "123456" not in answer.text


@given(st.text(alphabet="aZ9 #！ａ忘\t" + MARKS, min_size=1, max_size=20))
def test_a_password_loses_marks_of_format_and_nothing_else(typed):
    assert kept_forms.password(typed) == "".join(char for char in typed if char not in MARKS)


@pytest.mark.parametrize("typed", ["****", "＊＊＊", "••••••••", "......", "----", "●", "? ?", "。。。"])
def test_marks_of_one_kind_are_no_password(typed):
    code, message = checks.password(kept_forms.password(typed), RULES)
    assert code == "masked_value" and "真实密码" in message


@pytest.mark.parametrize("typed", ["Qz8812!x", "p*ss*w", "**12**", "*#*#", "1", "aaaa", "!@#$%^", "a b c"])
def test_an_ordinary_password_is_neither_refused_nor_asked_about(typed):
    assert checks.password(typed, RULES) is None and doubts.password(typed) is None


@pytest.mark.parametrize(
    ("typed", "mark"),
    [
        (" Qz8812", "首尾有空格"),
        ("Qz8812\u3000", "首尾有空格"),
        ("Ｑz8812", "有全角字符"),
        ("Qz8812！", "有全角字符"),
        ("忘了", "有汉字"),
        ("密码：Qz8812", "有全角字符、有汉字"),
        ("和账号一样 ", "首尾有空格、有汉字"),
    ],
)
@ON_SQLITE
def test_an_unusual_password_is_kept_as_typed_with_a_mark_and_a_warning(portal, typed, mark):
    assert doubts.password(typed).mark == mark and typed.strip() not in doubts.password(typed).question
    answer = post_report(portal.browser(), login_password=typed)
    assert answer.status_code == 201
    (warning,) = answer.json()["warnings"]
    assert warning["field"] == "login_password" and mark in warning["message"]
    ticket = f"{V1}/tickets/{answer.json()['number']}"
    engineer = portal.api("alice")
    assert engineer.post(f"{ticket}/assignment", json={"version": 1}).status_code == 200
    shown = engineer.get(ticket).json()
    (value,) = next(field["values"] for field in shown["fields"] if field["name"] == "login_password")
    assert value["label"] == f"密码（{mark}）"
    assert f"密码（{mark}）" in portal.signed_in("alice").get(f"/tickets/{answer.json()['number']}").text
    opened = engineer.post(f"{ticket}/reveals", json={"field": value["key"], "reason": "核对数据"})
    assert opened.json()["value"] == typed


@ON_SQLITE
def test_an_ordinary_report_has_no_warning(portal):
    assert post_report(portal.browser()).json()["warnings"] == []


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ZY20260001", "ZY20260001"),
        ("ZY–2026–001", "ZY-2026-001"),
        ("ZY—2026−001", "ZY-2026-001"),
        ("ＺＹ２０２６", "ZY2026"),
        ("ZY 2026 0001", "ZY20260001"),
        ("\u202dZY2026\u202c0001", "ZY20260001"),
        ("住院号：ZY20260001", "ZY20260001"),
        ("12", "12"),
        ("0000123", "0000123"),
    ],
)
def test_an_inpatient_number_is_folded(typed, kept):
    assert kept_forms.number(typed) == kept
    assert checks.inpatient_number(kept, RULES) is None


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("无", "没有住院号的"),
        ("没有", "没有住院号的"),
        ("没有住院号", "没有住院号的"),
        ("门诊", "没有住院号的"),
        ("不知道", "没有住院号的"),
        ("暂无", "没有住院号的"),
        ("-", "没有住院号的"),
        ("000", "同一个字"),
        ("11111111", "同一个字"),
        ("0-0-0", "同一个字"),
        ("ZY", "应当有数字"),
        ("ZY/2026", "短横线"),
        ("张三2026", "短横线"),
        ("ZY**01", "*"),
    ],
)
def test_junk_is_no_inpatient_number(typed, words):
    _, message = checks.inpatient_number(kept_forms.number(typed), RULES)
    assert words in message and "请" in message


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("⾼唐县\u202e杨屯乡", "高唐县杨屯乡"),
        ("高唐县\r\n杨屯乡", "高唐县 杨屯乡"),
        ("高唐县\u3000\u00a0杨屯乡\u200b", "高唐县 杨屯乡"),
        ("无（首次使用）", "无（首次使用）"),
        ("\x0b高唐县\u2028", "高唐县"),
    ],
)
def test_a_name_is_one_plain_line(typed, kept):
    assert lines.one_line(typed) == kept


@pytest.mark.parametrize("end", ["\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029", "\x1e"])
def test_every_line_end_is_one(end):
    assert lines.lines(f"第一步{end}第二步{end}") == "第一步\n第二步"


@pytest.mark.parametrize(
    "typed", ["1234567890", "12345 67890 1234", "123-456-789-012", "，。，。！？；：、……", "啊" * 30, "①②③④⑤⑥⑦⑧⑨⑩⑪"]
)
def test_a_description_needs_words(typed):
    assert checks.description(typed, RULES)[0] == "too_short"


@pytest.mark.parametrize("typed", ["打开随访表点保存报错", "ORA-12541: TNS no listener", "提示错误代码 500123456"])
def test_a_description_with_words_is_taken(typed):
    assert checks.description(typed, RULES) is None


@ON_SQLITE
@pytest.mark.parametrize("typed", ["。", "1", "无", "-", "同上", "不知道", "1.", "……"])
def test_steps_that_say_nothing_are_no_answer(portal, typed):
    answer = post_report(portal.browser(), symptom="error", operation_steps=typed)
    assert ("operation_steps", "required") in codes(answer)
    assert post_report(portal.browser(), operation_steps=typed).status_code == 201, "optional never stops"

"""Free text: what is found, what is left alone, and that hostile text costs no more than plain text."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.sensitive_text.finder import Span, SpanKind, find_spans, mask_text
from tests.factories.people import id_number, landline, phone, wrong_check_character

NUMBER = id_number(1)
OTHER = id_number(2)
ENDS_IN_X = id_number(1, ending="X")
FULL_WIDTH = {ord(char): ord(char) + 0xFEE0 for char in "0123456789X"}


def found(text, known=()):
    return [(span.kind.value, span.value) for span in find_spans(text, known)]


def masked(text, known=()):
    return mask_text(text, find_spans(text, known), lambda span: f"[{span.kind}]")


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (f"批量居民都这样，举例身份证号：{NUMBER}）", [NUMBER]),
        (f"居民{NUMBER}的随访表", [NUMBER]),
        (f"{NUMBER},{OTHER}", [NUMBER, OTHER]),
        (f"{NUMBER} {OTHER}", [NUMBER, OTHER]),
        (f"{NUMBER}\n{OTHER}", [NUMBER, OTHER]),
        (f"{NUMBER}{OTHER}", [NUMBER, OTHER]),
        (f"1 {NUMBER}", [NUMBER]),
        (f"{NUMBER[:6]} {NUMBER[6:14]} {NUMBER[14:]}", [f"{NUMBER[:6]} {NUMBER[6:14]} {NUMBER[14:]}"]),
        (f"{NUMBER[:6]}-{NUMBER[6:14]}-{NUMBER[14:]}", [f"{NUMBER[:6]}-{NUMBER[6:14]}-{NUMBER[14:]}"]),
        (f"{NUMBER[:9]}\u200b{NUMBER[9:]}", [f"{NUMBER[:9]}\u200b{NUMBER[9:]}"]),
        (f"{NUMBER[:9]}\u3000{NUMBER[9:]}", [f"{NUMBER[:9]}\u3000{NUMBER[9:]}"]),
        (" ".join(NUMBER), [" ".join(NUMBER)]),
        (NUMBER.translate(FULL_WIDTH), [NUMBER.translate(FULL_WIDTH)]),
        (f"号{ENDS_IN_X.lower()}。", [ENDS_IN_X.lower()]),
        (f"号{ENDS_IN_X}xx", [ENDS_IN_X]),
    ],
)
def test_it_finds_id_numbers_however_they_are_written(text, values):
    assert found(text) == [("id_number", value) for value in values]


@pytest.mark.parametrize(
    "text",
    [
        f"单号{wrong_check_character(NUMBER)}",
        "订单号 202607220000000042",
        "流水 9" + "0" * 17,
        f"{NUMBER[:3]}***********{NUMBER[-4:]}",
        NUMBER[:17],
        f"12{NUMBER[:6]} {NUMBER[6:]}34",
    ],
)
def test_it_leaves_eighteen_digits_alone_that_are_no_id_number(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("digit", "letter"),
    [("0", "O"), ("0", "o"), ("0", "〇"), ("1", "l"), ("1", "I"), ("1", "|"), ("0", "О"), ("0", "ο"), ("1", "І")],
)
def test_it_finds_a_number_with_letters_in_the_place_of_digits(digit, letter):
    written = NUMBER[:6] + NUMBER[6:].replace(digit, letter)
    assert written != NUMBER
    assert found(f"居民{written}的随访表") == [("id_number", written)]
    assert found(f"错误码{written}A") == []
    in_groups = f"{written[:6]} {written[6:14]}-{written[14:]}"
    assert found(f"居民{in_groups}的随访表") == [("id_number", in_groups)]


@pytest.mark.parametrize(
    "written",
    [
        phone(1),
        "138 0013 8000",
        "138-0013-8000",
        "138-00138000",
        "1380 013 8000",
        "+86 13800138000",
        "+86-138-0013-8000",
        "8613800138000",
        "００８６１３８００１３８０００",
        "１３８００１３８０００",
        landline(1),
        "0635 2123456",
        "(0635)2123456",
        "010-21234567",
    ],
)
def test_it_finds_phones_however_they_are_written(written):
    assert found(f"请回电{written}，谢谢") == [("phone", written)]


def test_it_finds_two_phones_side_by_side():
    assert found(f"{phone(1)} {phone(2)}") == [("phone", phone(1)), ("phone", phone(2))]


@pytest.mark.parametrize(
    "text", ["流水号20260722138001380001", "0.13800138000", "12345678901", "2026-07-22 10:30", "138****8000"]
)
def test_it_takes_no_part_of_a_longer_number_for_a_phone(text):
    assert found(text) == []


ACCOUNT, PASSWORD = "login_account", "login_password"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("账号:sfdg密码:123456", [(ACCOUNT, "sfdg"), (PASSWORD, "123456")]),
        ("账号 sfdg 密码 123456", [(ACCOUNT, "sfdg"), (PASSWORD, "123456")]),
        ("账号sfdg密码123456", [(ACCOUNT, "sfdg"), (PASSWORD, "123456")]),
        ("5、账号、密码：账号：sfdg 密码：123456", [(ACCOUNT, "sfdg"), (PASSWORD, "123456")]),
        ("账号密码：sfdg/123456", [(ACCOUNT, "sfdg"), (PASSWORD, "123456")]),
        ("账号、密码：sfdg、123456", [(ACCOUNT, "sfdg"), (PASSWORD, "123456")]),
        ("账号密码 sfdg 123456", [(ACCOUNT, "sfdg"), (PASSWORD, "123456")]),
        ("账号密码都是123456", [(PASSWORD, "123456")]),
        ("用户名admin01，密码Fake888。", [(ACCOUNT, "admin01"), (PASSWORD, "Fake888")]),
        ("帐户＝sfdg；口令＝１２３４５６；", [(ACCOUNT, "sfdg"), (PASSWORD, "１２３４５６")]),
        ("登录名是 sfdg，密码是“Fake@123”", [(ACCOUNT, "sfdg"), (PASSWORD, "Fake@123")]),
        ("工号 ab 密码 cd12", [(ACCOUNT, "ab"), (PASSWORD, "cd12")]),
        ("账号：张三01 打不开", [(ACCOUNT, "张三01")]),
        ("账号:user01,密码:pass,1234;请处理", [(ACCOUNT, "user01"), (PASSWORD, "pass,1234")]),
        ("user=abc&password=fake-1", [(ACCOUNT, "abc"), (PASSWORD, "fake-1")]),
        ('{"username":"abc","password":"fake,1"}', [(ACCOUNT, "abc"), (PASSWORD, "fake,1")]),
        ("User ID: abc PWD: x1", [(ACCOUNT, "abc"), (PASSWORD, "x1")]),
        ("pwd123456", [(PASSWORD, "123456")]),
        ("密码（初始）：fake1", [(PASSWORD, "fake1")]),
        ("密码：\nfake123\n请处理", [(PASSWORD, "fake123")]),
        ("密码改成了 fake123 还是不行", [(PASSWORD, "fake123")]),
        ("密码:pass1234", [(PASSWORD, "pass1234")]),
        ("密码:password", [(PASSWORD, "password")]),
        ("登录密码：初始密码123456", [(PASSWORD, "123456")]),
        ("(账号:sfdg)", [(ACCOUNT, "sfdg")]),
        (f"密码:{NUMBER[:6]} {NUMBER[6:]}", [(PASSWORD, f"{NUMBER[:6]} {NUMBER[6:]}")]),
        (f"账号：{NUMBER}", [(ACCOUNT, NUMBER)]),
        (f"ID：{NUMBER}", [("id_number", NUMBER)]),
    ],
)
def test_it_finds_what_a_label_announces(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "密码错误",
        "账号无法登录",
        "忘记密码了",
        "密码输入框",
        "账号密码都对",
        "修改密码后提示失败",
        "用户名或密码错误",
        "密码:忘了?",
        "密码：忘了",
        "密码是对的",
        "账号为什么登录不了HIS",
        "账号是HIS系统的",
        "账号APP登录不了",
        "账号登录HIS后白屏",
        "密码 8 位以上",
        "密码输入3次错误",
        "密码连续输错5次被锁定",
        "密码过期90天",
        "工号 2024 年入职",
        "账号1、账号2都不能登录",
        "5、账号、密码：\n6、附图",
        "user not found, login failed",
        "密码错误，错误代码：500",
        "账号：共需要2个",
        "输入账号密码 error 500",
        "账号：****** 密码：******",
        "密码:••••••••",
    ],
)
def test_it_leaves_sentences_about_passwords_alone(text):
    assert found(text) == []


def test_it_finds_known_secrets_anywhere():
    text = "输入123456后提示１２３４５６不对，用sfdg也不行，xZY20260001y"
    values = ["123456", "１２３４５６", "sfdg", "ZY20260001"]
    assert found(text, ["123456", "sfdg", " ZY20260001 "]) == [("known", value) for value in values]


def test_it_ignores_known_values_too_short_to_be_told_apart():
    assert found("2026年，ab1，共 12345 条", ["2026", "ab1", "12345", "", "  "]) == []


def test_a_known_secret_within_another_find_is_not_told_twice():
    assert found("密码:123456", ["123456"]) == [("login_password", "123456")]
    assert found(f"号{NUMBER}", [NUMBER[4:12]]) == [("id_number", NUMBER)]


def test_a_known_secret_that_reaches_beyond_another_find_is_covered_whole():
    assert found(f"{phone(1)}-abc", [f"{phone(1)[5:]}-abc"]) == [("known", f"{phone(1)}-abc")]

    assert found("密码:fake1 23456", ["fake1 23456"]) == [("login_password", "fake1 23456")]


def test_it_masks_in_place_and_leaves_the_rest():
    text = f"1、高唐县\n2、居民{NUMBER}，电话{phone(1)}；账号:sfdg密码:123456，密码错误"
    assert masked(text) == (
        "1、高唐县\n2、居民[id_number]，电话[phone]；账号:[login_account]密码:[login_password]，密码错误"
    )


def test_a_span_does_not_show_its_value_when_printed():
    assert "123456" not in repr(Span(0, 6, SpanKind.KNOWN, "123456"))


PIECES = [
    *(NUMBER, NUMBER[:6], NUMBER[6:], phone(1), landline(1), "账号", "密码", "user", "pwd", "id", "是", "为"),
    *(
        ":",
        "：",
        " ",
        "\u3000",
        "-",
        "，",
        ",",
        "/",
        "、",
        "(",
        "”",
        "\n",
        "123456",
        "sfdg",
        "１２３",
        "对",
        "X",
    ),
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join), st.sampled_from([[], ["123456", "sfdg"]]))
def test_spans_are_in_order_apart_and_true_to_the_text(text, known):
    end = 0
    for span in find_spans(text, known):
        assert end <= span.start < span.end
        assert span.value == text[span.start : span.end]
        end = span.end
    for secret in known:
        assert secret not in masked(text, known)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_it_never_raises(text):
    spans = find_spans(text, [text[:5]])
    assert mask_text(text, spans, lambda span: span.value) == text


HOSTILE = [
    *(
        "1",
        "账号",
        " ",
        "账号密码",
        "密码：",
        "user:",
        "密码:a,",
        "密码(",
        "密 ",
        "138 ",
        "1 ",
        "X",
        "-",
        "86",
    ),
    *(
        "11010119000101",
        "账号:,;,;",
        "user=&",
        "账号是是是",
        "/密码",
        "密码:+,",
        "(",
        "0635-",
        "\u3000",
        "是",
    ),
]


HOSTILE += [
    *("ab12 ", "wang ", "lihua_sq,", "住院号 12345 ", "验证码 123456，", "医保卡 ", "ab12/ab12@1 ", "帮wang登"),
]
HOSTILE += [
    *("号a1密", "住院号：ZY01、", "ZY01住院号", "密码没变，还是", "账号\t密码\na1\tb2\n", "身份证号\t姓名\n"),
    *("372526196503141299\n", "用a1/b1c2登", "密码:a1b、", "账号：李四 密码", "登录信息：a1 b2", "密码【a】"),
    *("账号\nabc12\n", "身份证少一位：", "zh1mm2", "1 3 8 "),
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_costs_no_more_than_its_length(piece):
    """Four times the text costs about four times as much, never sixteen times; of three tries the best counts."""
    short, long = ((piece * (most // len(piece)))[:most] for most in (20_000, 80_000))
    ratios = []
    for _ in range(3):
        ratios.append(_cost(long) / max(_cost(short), 0.01))
        if ratios[-1] < 9:
            break
    assert min(ratios) < 9, ratios


def _cost(text: str) -> float:
    started = time.process_time()
    find_spans(text, ["aaaa", "111111", "密码密码"])
    find_spans("密码:" + text + "!", [])
    return time.process_time() - started


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("电话幺三八零零幺三八零零零，打我", ["幺三八零零幺三八零零零"]),
        ("密码 8 8 6 6 8 8", ["8 8 6 6 8 8"]),
        ("住院号 2024 0318 结算不了", ["2024 0318"]),
        ("手机138_0013_8000", ["138_0013_8000"]),
        ("试过zds1975不对，密码忘了", ["zds1975"]),
        ("二〇二四年的随访一二三次都没存上", []),
        ("微信扫码登录二维码刷不出来", []),
    ],
)
def test_it_reads_numbers_as_they_are_spoken_or_spread(text, hidden):
    assert [span.value for span in find_spans(text)] == hidden


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("医保卡号3715261958040199读不出来", [("3715261958040199", SpanKind.CARD_NUMBER)]),
        ("他的卡 6217 0022 3000 1234 567 没到账", [("6217 0022 3000 1234 567", SpanKind.CARD_NUMBER)]),
        ("结算单号 6217002230001234567 打不开", []),
        ("医保编码 H37152600123 对不上", []),
        ("住院号重复了，250078123", [("250078123", SpanKind.INPATIENT_NUMBER)]),
        ("住院号重复，报错代码 250078", []),
        ("你发我的码 339217 不管用", [("339217", SpanKind.LOGIN_PASSWORD)]),
        ("条码 339217 扫不上", []),
        ("dl01能登，换台电脑也行", [("dl01", SpanKind.LOGIN_ACCOUNT)]),
        ("第一个框gwys7第二个框gwys77#", [("gwys7", SpanKind.LOGIN_PASSWORD), ("gwys77#", SpanKind.LOGIN_PASSWORD)]),
        ("上次改的是jd2025jd，今天又不对了", [("jd2025jd", SpanKind.LOGIN_PASSWORD)]),
        ("登录用的 chrome109，提示 error1045", []),
        ("字段 id_card_no 为空，参数 page_size 传 20", []),
        ("输入 hba1c 搜不到项目", []),
    ],
)
def test_it_finds_what_only_its_shape_or_its_sentence_tells(text, hidden):
    assert [(span.value, span.kind) for span in find_spans(text)] == hidden

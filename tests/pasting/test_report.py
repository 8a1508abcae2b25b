"""粘贴提报: the spec's sample, untidy variants of it, and what no text may do to the reader (REQUIREMENTS A14)."""

import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.kinds.names import TicketKind
from portal.kinds.table import KINDS
from portal.pasting import layout
from portal.pasting import report as report_module
from portal.pasting.labels import LABEL, NOISE, REST
from tests.factories import people

GENERAL, HIS = KINDS[TicketKind.GENERAL], KINDS[TicketKind.HIS]
PLACE = "高唐县杨屯乡张四屯卫生室"
WHAT = "居民健康档案打不开，提示参数错误，批量居民都这样"
NUMBER, OTHER, ENDS_IN_X = people.id_number(seed=31), people.id_number(seed=32), people.id_number(seed=33, ending="X")
WIDE = {char: char + 0xFEE0 for char in range(0x21, 0x7F)}

# REQUIREMENTS A11: the spec's own words, stars included.
SAMPLE = f"""1、机构名称:{PLACE}
2、问题描述:{WHAT}，举例身份证号：*************
3、之前使用系统名称:浪潮系统
4、身份证号(举例子):*************
5、账号:sfdg密码:123456
6、附图"""

COMPLETE = {
    "institution": PLACE,
    "description": WHAT,
    "previous_system": "浪潮系统",
    "id_number": [NUMBER],
    "login_account": "sfdg",
    "login_password": "123456",
}

# Each says the same as COMPLETE, the way people write in chats.
UNTIDY = {
    "the numbers of the spec": (
        f"1、机构名称:{PLACE}\n2、问题描述:{WHAT}\n3、之前使用系统名称:浪潮系统\n4、身份证号(举例子):{NUMBER}\n"
        "5、账号:sfdg密码:123456\n6、附图"
    ),
    "dots after the numbers, full-width colons": (
        f"1. 机构名称：{PLACE}\n2. 问题详细描述：{WHAT}\n3. 之前使用系统名称：浪潮系统\n4. 身份证号：{NUMBER}\n"
        "5. 账号：sfdg 密码：123456\n6. 附图：见附件"
    ),
    "half brackets": (
        f"1)机构:{PLACE}\n2)问题:{WHAT}\n3)原系统:浪潮系统\n4)身份证:{NUMBER}\n5)用户名:sfdg 口令:123456\n6)截图"
    ),
    "full brackets, full-width digits": (
        f"（１）机构名称：{PLACE}\n（２）问题描述：{WHAT}\n（３）以前用的系统：浪潮系统\n"
        f"（４）身份证号（举例子）：{NUMBER.translate(WIDE)}\n（５）账号：ｓｆｄｇ，密码：１２３４５６\n（６）附图"
    ),
    "circled numbers, no colons": (
        f"①单位 {PLACE}\n②问题现象 {WHAT}\n③之前系统 浪潮系统\n④身份证号 {NUMBER}\n⑤账号 sfdg 密码 123456\n⑥附图"
    ),
    "no numbers": (
        f"机构名称：{PLACE}\n问题描述：{WHAT}\n之前系统：浪潮系统\n身份证号：{NUMBER}\n账号：sfdg\n密码：123456"
    ),
    "another order": (
        f"5、密码：123456\n4、账号：sfdg\n1、问题：{WHAT}\n2、举例身份证号：{NUMBER}\n"
        f"3、机构：{PLACE}\n6、旧系统：浪潮系统"
    ),
    "missing numbers": (
        f"1、机构名称:{PLACE}\n问题描述:{WHAT}\n\n3、之前使用系统名称:浪潮系统\n身份证号:{NUMBER}\n\n"
        "5、账号:sfdg\n密码:123456"
    ),
    "one line, items glued": (
        f"1、机构名称:{PLACE}2、问题描述:{WHAT}3、之前使用系统名称:浪潮系统4、身份证号(举例子):{NUMBER}"
        "5、账号:sfdg密码:1234566、附图"
    ),
    "one line, blanks between": (
        f"机构：{PLACE} 问题：{WHAT} 原系统：浪潮系统 身份证：{NUMBER} 账号：sfdg 密码：123456"
    ),
    "a pair behind one colon": (
        f"1、机构名称：{PLACE}\n2、问题描述：{WHAT}\n3、之前使用系统：浪潮系统\n"
        f"4、身份证号：{NUMBER}\n5、账号、密码：sfdg、123456"
    ),
    "a pair with a slash": (
        f"单位名称：{PLACE}\n问题描述：{WHAT}\n原来的系统：浪潮系统\n身份证号码：{NUMBER}\n账号/密码：sfdg/123456"
    ),
    "no colon at all before the account": (
        f"1、机构名称{PLACE}\n2、问题描述 {WHAT}\n3、之前使用系统名称浪潮系统\n4、身份证号{NUMBER}\n"
        "5、账号sfdg密码123456\n6、附图"
    ),
    "values on lines of their own": (
        f"1、机构名称：\n{PLACE}\n2、问题描述：\n{WHAT}\n3、之前使用系统名称：\n浪潮系统\n4、身份证号：\n{NUMBER}\n"
        "5、账号：\nsfdg\n密码：\n123456\n6、附图："
    ),
    "chat headers, mentions and pictures": (
        f"张试一 2026-11-20 10:12:33\n@王工 @李工\n1、机构名称：{PLACE}\n2、问题描述：{WHAT}\n"
        "张试一(10000) 2026/11/20 10:13\n"
        f"3、之前使用系统名称：浪潮系统\n4、身份证号：{NUMBER}\n5、账号：sfdg密码：123456\n[图片]\n[图片]"
    ),
    "a quoted message": (
        f"「张试一：1、机构名称：{PLACE}\n2、问题描述：{WHAT}\n3、之前使用系统名称：浪潮系统\n4、身份证号：{NUMBER}\n"
        "5、账号：sfdg密码：123456」\n- - - - - - - - - - - - - - -\n"
    ),
    "stops behind every value": (
        f"1、机构名称：{PLACE}。\n2、问题描述：{WHAT}\n3、之前使用系统名称：浪潮系统，\n4、身份证号：{NUMBER}。\n"
        "5、账号：sfdg，密码：123456。\n6、附图。"
    ),
    "square brackets around the names": (
        f"【机构名称】{PLACE}\n【问题描述】{WHAT}\n【之前使用系统名称】浪潮系统\n"
        f"【身份证号】{NUMBER}\n【账号】sfdg【密码】123456"
    ),
    "invisible characters and ideographic blanks": (
        f"\ufeff1、机构\u200b名称\u200b：　{PLACE}\u200b\n2、问题描述：\u2060{WHAT}\n"
        "3、之前使用系统名称：　浪潮系统\n"
        f"4、身份证号：{NUMBER[:6]}\u200b{NUMBER[6:]}\n5、账号：\u200dsfdg\u200b密码：123456\u200b"
    ),
    "Windows line ends and tabs": (
        f"1、\t机构名称：\t{PLACE}\r\n2、\t问题描述：\t{WHAT}\r\n3、\t以前使用的系统：\t浪潮系统\r\n"
        f"4、\t身份证号：\t{NUMBER}\r\n"
        "5、\t账号：\tsfdg\t密码：\t123456\r\n"
    ),
    "是 in place of colons": (
        f"机构是：{PLACE}\n问题描述：{WHAT}\n之前系统是：浪潮系统\n身份证号是：{NUMBER}\n账号是：sfdg，密码是：123456"
    ),
    "Chinese numbers, equal signs, job number": (
        f"一、所在机构＝{PLACE}\n二、问题说明＝{WHAT}\n三、原使用系统名称＝浪潮系统\n"
        f"四、居民身份证号＝{NUMBER}\n五、工号＝sfdg 密码＝123456"
    ),
    "bullets and stars": (
        f"- **机构名称**：{PLACE}\n- **问题描述**：{WHAT}\n- **原系统**：浪潮系统\n"
        f"- **身份证号**：{NUMBER}\n- **账号**：sfdg\n- **密码**：123456"
    ),
}


# The numbers of the spec alone, without its words.
BARE = {
    "the numbers of the spec": (f"1、{PLACE}\n2、{WHAT}\n3、浪潮系统\n4、{NUMBER}\n5、sfdg 123456\n6、附图"),
    "no pictures, dots, a slash": f"1. {PLACE}\n2. {WHAT}\n3. 浪潮系统\n4. {NUMBER}\n5. sfdg/123456",
    "full brackets and full-width digits": (
        f"（１）{PLACE}\n（２）{WHAT}\n（３）浪潮系统\n（４）{NUMBER.translate(WIDE)}\n"
        "（５）ｓｆｄｇ　１２３４５６\n（６）见附件"
    ),
    "circled": f"①{PLACE}\n②{WHAT}\n③浪潮系统\n④{NUMBER}\n⑤sfdg，123456\n⑥[图片]",
    "Chinese numbers": f"一、{PLACE}\n二、{WHAT}\n三、浪潮系统\n四、{NUMBER}\n五、sfdg 123456\n六、附图",
    "some with their words": (
        f"1、{PLACE}\n2、问题描述：{WHAT}\n3、浪潮系统\n4、{NUMBER}\n5、账号:sfdg密码:123456\n6、附图"
    ),
    "the password named": f"1、{PLACE}\n2、{WHAT}\n3、浪潮系统\n4、{NUMBER}\n5、sfdg密码123456\n6、附图",
    "account and password on two lines": f"1、{PLACE}\n2、{WHAT}\n3、浪潮系统\n4、{NUMBER}\n5、sfdg\n123456\n\n6、附图",
    "a chat around it": (
        f"@王工\n张试一 2026-11-20 10:12:33\n1）{PLACE}\n2）{WHAT}\n\n3）浪潮系统\n4）{NUMBER}\n"
        "5）sfdg 123456\n6）附图\n[图片]"
    ),
}


def values_of(text, kind=GENERAL):
    values = report_module.read(text, kind).values
    return {name: given if kind.field(name).most > 1 else given[0] for name, given in values.items()}


def test_it_reads_the_sample_of_the_spec():
    report = report_module.read(SAMPLE, GENERAL)
    assert report.values == {
        "institution": [PLACE],
        "description": [f"{WHAT}，举例身份证号：*************"],
        "previous_system": ["浪潮系统"],
        "login_account": ["sfdg"],
        "login_password": ["123456"],
    }
    assert report.found == ("institution", "previous_system", "description", "login_account", "login_password")
    assert report.starred == ("id_number",) and not report.has_rest


@pytest.mark.parametrize("way", UNTIDY)
def test_it_reads_untidy_variants_of_the_sample(way):
    values = values_of(UNTIDY[way])
    values["id_number"] = [GENERAL.field("id_number").normalise(number) for number in values["id_number"]]
    assert values == COMPLETE


@pytest.mark.parametrize("way", BARE)
def test_it_reads_numbered_lines_without_words_by_the_order_of_the_spec(way):
    values = values_of(BARE[way])
    values["id_number"] = [GENERAL.field("id_number").normalise(number) for number in values["id_number"]]
    assert values == COMPLETE


def test_a_description_without_words_may_have_several_lines():
    text = f"1、{PLACE}\n2、档案打不开\n点保存没有反应\n3、浪潮系统\n4、{NUMBER}\n5、sfdg 123456\n6、附图\n麻烦尽快"
    values = values_of(text)
    assert values["description"] == "档案打不开\n点保存没有反应\n麻烦尽快"
    assert values["previous_system"] == "浪潮系统" and values["login_password"] == "123456"


def test_numbered_lines_without_words_hide_stars_and_keep_what_is_no_value():
    stars = report_module.read(
        f"1、{PLACE}\n2、{WHAT}\n3、浪潮系统\n4、*************\n5、sfdg 123456\n6、附图", GENERAL
    )
    assert stars.starred == ("id_number",) and "id_number" not in stars.values
    none = values_of(f"1、{PLACE}\n2、{WHAT}\n3、无\n4、没有\n5、sfdg 123456\n6、附图")
    assert none["previous_system"] == "无" and none["description"] == f"{WHAT}\n没有"


def test_a_name_in_characters_is_an_account_too():
    values = values_of(f"1、{PLACE}\n2、{WHAT}\n3、浪潮系统\n4、{NUMBER}\n5、张试一 123456\n6、附图")
    assert (values["login_account"], values["login_password"]) == ("张试一", "123456")
    assert values["description"] == WHAT


def test_it_reads_numbered_lines_of_his_without_words():
    text = f"1、出院结算点确认没有反应\n2、附图\n3、his01 Fake#12\n4、{NUMBER} ZY2026-01"
    assert values_of(text, HIS) == {
        "description": "出院结算点确认没有反应",
        "login_account": "his01",
        "login_password": "Fake#12",
        "patient_id_number": NUMBER,
        "inpatient_number": "ZY2026-01",
    }
    assert values_of(text.replace(" ZY", "\n住院号 ZY"), HIS)["login_password"] == "Fake#12"
    assert values_of(text.replace(" ZY", "，住院号：ZY"), HIS)["inpatient_number"] == "ZY2026-01"
    assert values_of(text.replace(" ZY2026-01", ""), HIS)["patient_id_number"] == NUMBER


@pytest.mark.parametrize(
    "text",
    [
        "1、打开健康档案\n2、点新建\n3、填姓名\n4、填地址\n5、点保存\n6、报错",
        "1、登录\n2、打开居民档案\n3、点新建\n4、保存 20261120\n5、F12 F5\n6、截图",
        f"1、{PLACE}\n2、{WHAT}\n3、浪潮系统\n5、sfdg 123456",
        f"1、{PLACE}\n2、{WHAT}\n2、还有别的\n3、浪潮系统\n4、没有\n5、sfdg 123456",
    ],
)
def test_other_numbered_lines_stay_the_description(text):
    report = report_module.read(text, GENERAL)
    assert set(report.values) <= {"description", "id_number"} and "institution" not in report.values


def test_there_are_at_least_twenty_variants():
    assert len(set(UNTIDY.values())) >= 20


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        (f"身份证号：{NUMBER}、{OTHER}", [NUMBER, OTHER]),
        (f"身份证号：{NUMBER}，{OTHER}，{ENDS_IN_X}", [NUMBER, OTHER, ENDS_IN_X]),
        (f"身份证号：{NUMBER} {OTHER}", [NUMBER, OTHER]),
        (f"身份证号：{NUMBER}和{OTHER}。", [NUMBER, OTHER]),
        (f"身份证号：\n{NUMBER}\n{OTHER}\n麻烦尽快", [NUMBER, OTHER]),
        (f"身份证号：{NUMBER[:6]} {NUMBER[6:14]} {NUMBER[14:]}", [NUMBER]),
        (f"身份证号：{NUMBER}（举例）", [NUMBER]),
        (f"身份证号：{NUMBER} 张试一", [NUMBER]),
        *((f"身份证号：{ENDS_IN_X[:-1]}{x}", [ENDS_IN_X]) for x in "xｘ×Хх✕"),
    ],
)
def test_it_reads_one_id_number_or_several(written, numbers):
    read = values_of(f"机构：{PLACE}\n{written}")["id_number"]
    assert [GENERAL.field("id_number").normalise(number) for number in read] == numbers


def test_a_value_is_not_judged_when_it_is_pasted():
    values = values_of(f"机构：高唐县\n身份证号：{NUMBER[:17]}\n电话：12345")
    assert values == {"institution": "高唐县", "id_number": [NUMBER[:17]], "contact_phone": "12345"}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("身份证号：3725**********0123", "id_number"),
        ("身份证号：＊＊＊＊＊＊＊＊＊＊＊＊＊", "id_number"),
        ("账号：s**g", "login_account"),
        ("密码：******", "login_password"),
        ("电话：199****0001", "contact_phone"),
    ],
)
def test_starred_values_are_left_empty_and_named(written, name):
    report = report_module.read(f"机构：{PLACE}\n{written}", GENERAL)
    assert report.values == {"institution": [PLACE]} and report.starred == (name,)


def test_a_password_may_hold_stars_stops_and_blanks():
    assert values_of("账号：a.b@c 密码：Fake*12 ,x!")["login_password"] == "Fake*12 ,x!"


def test_it_reads_what_his_asks():
    text = (
        "1、问题描述：出院结算点确认没有反应\n2、附图\n3、账号：his01 密码：Fake#12\n"
        f"4、患者身份证号：{NUMBER}，住院号：ZY2026-01"
    )
    assert values_of(text, HIS) == {
        "description": "出院结算点确认没有反应",
        "login_account": "his01",
        "login_password": "Fake#12",
        "patient_id_number": NUMBER,
        "inpatient_number": "ZY2026-01",
    }
    assert values_of(f"病人身份证：{NUMBER}\n住院号码 12345\n身份证号：{OTHER}", HIS)["inpatient_number"] == "12345"
    assert values_of(f"身份证号（举例子）：{NUMBER}", HIS) == {"patient_id_number": NUMBER}


def test_what_a_kind_does_not_ask_is_kept_in_the_description():
    report = report_module.read("1、问题描述：不能结算\n2、之前使用系统名称：浪潮系统", HIS)
    assert report.values["description"] == ["不能结算\n2、之前使用系统名称：浪潮系统"]
    assert values_of("问题：打不开\n住院号：ZY1")["description"] == "打不开\n住院号：ZY1"


def test_it_reads_contact_and_phone_behind_either_name():
    phone = people.phone(3)
    both = {"contact_name": "张试一", "contact_phone": phone}
    assert values_of(f"联系人：张试一\n手机号：{phone}") == both
    assert values_of(f"联系人：张试一 {phone}") == both
    assert values_of(f"联系电话：{phone}（张试一）") == both


def test_a_description_goes_on_until_the_next_name():
    text = (
        "2、问题描述：打不开\n\n1、打开随访表\n2、点保存\n提示密码错误，账号无法登录\n"
        f"3、之前系统：浪潮系统\n机构：{PLACE}"
    )
    values = values_of(text)
    assert values["description"] == "打不开\n\n1、打开随访表\n2、点保存\n提示密码错误，账号无法登录"
    assert values["previous_system"] == "浪潮系统" and values["institution"] == PLACE


@pytest.mark.parametrize(
    "sentence",
    [
        "系统打不开了，怎么办",
        "密码错误，登录不了",
        "2、密码错误，账号无法登录",
        "提示密码：不能为空",
        "问题很严重，请尽快处理",
        "单位无法登录系统",
        "点图片没有反应",
        "截图里显示参数错误",
        "工号登录不上，账号密码都对",
        "1、打开档案\n2、点保存\n3、报错",
        "保存时间 2026-11-20 10:12:33",
    ],
)
def test_a_sentence_without_names_is_no_result(sentence):
    """All of it would go into one box: nothing is filled in, and the page says so."""
    report = report_module.read(sentence, GENERAL)
    assert report.values == {} and not report.is_result and not report.has_rest
    beside = report_module.read(f"机构：{PLACE}\n{sentence}", GENERAL)
    assert beside.values == {"institution": [PLACE], "description": [sentence]} and beside.has_rest


def test_secrets_without_names_of_their_own_fill_their_fields():
    text = f"系统打不开，麻烦看下，用的是 {NUMBER}，账号：sfdg，密码：123456，谢谢"
    report = report_module.read(text, GENERAL)
    assert report.values["id_number"] == [NUMBER] and NUMBER in report.values["description"][0]
    assert report.values["login_account"] == ["sfdg"] and report.values["login_password"] == ["123456"]
    assert "123456" not in report.values["description"][0] and "谢谢" in report.values["description"][0]
    assert set(report.found) == {"id_number", "login_account", "login_password"}


def test_an_id_number_within_the_description_stays_there_and_fills_its_field():
    report = report_module.read(f"问题描述：批量居民都这样，举例身份证号：{NUMBER}\n账号：sfdg", GENERAL)
    assert report.values["description"] == [f"批量居民都这样，举例身份证号：{NUMBER}"]
    assert report.values["id_number"] == [NUMBER]


def test_it_reads_choices_and_the_fields_of_symptoms():
    text = "影响范围：批量居民\n影响人数：300\n操作步骤：1、打开\n2、保存\n表单名称：高血压随访表\n空缺项：血压"
    assert values_of(text) == {
        "scope": "batch",
        "resident_count": "300",
        "operation_steps": "1、打开\n2、保存",
        "form_name": "高血压随访表",
        "blank_items": "血压",
    }
    assert values_of(f"机构：{PLACE}\n影响范围：不知道") == {"institution": PLACE, "description": "不知道"}


def test_it_reads_the_optional_fields_by_their_labels():
    """Terminal and 称呼 are choices, and chosen by hand."""
    read = report_module.read(
        f"{SAMPLE}\n发生时间：2026-11-27 上午\n涉及模块：随访\n错误提示原文：ORA-00942\n诉求：月底前恢复\n"
        "方便接电话的时间：下午",
        GENERAL,
    )
    assert {name: read.values[name] for name in ("module", "error_text", "wish", "call_back_time")} == {
        "module": ["随访"], "error_text": ["ORA-00942"], "wish": ["月底前恢复"], "call_back_time": ["下午"],
    }  # fmt: skip
    assert read.values["occurred_at"] == ["2026-11-27 上午"]
    plain = "居民诉求很多，模块里发生时间长了就报错，提示原文看不清"
    assert report_module.read(f"1、机构名称:{PLACE}\n2、问题描述:{plain}", GENERAL).values["description"] == [plain]


def test_a_chat_that_is_too_long_is_read_up_to_the_limit():
    text = f"机构：{PLACE}\n" + "打不开" * report_module.LONGEST
    report = report_module.read(text, GENERAL)
    assert report.values["institution"] == [PLACE]
    assert len(PLACE) + len(report.values["description"][0]) == report_module.LONGEST - 4
    assert report.is_cut
    assert not report_module.read(text[: report_module.LONGEST], GENERAL).is_cut


def test_the_repr_shows_no_value():
    report = report_module.read(UNTIDY["no numbers"], GENERAL)
    assert "123456" not in repr(report) and NUMBER not in repr(report)


_NAMES = [
    "机构名称",
    "问题描述",
    "之前使用系统名称",
    "身份证号",
    "账号",
    "密码",
    "账号、密码",
    "附图",
    "联系人",
    "住院号",
]
_SIGNS = [*"：:=、 \n\t，。「」【】@()", "1、", "（2）", "③", "\r\n", "*", "***", "[图片]", "\u200b", "\x00", "\ud800"]
_WORDS = st.sampled_from(
    [*_NAMES, *_SIGNS, "电话", "卫生室", "打不开", "是", "sfdg", "123456", NUMBER, "张试一 2026-11-20 10:12:33"]
)
_CHATS = st.lists(_WORDS | st.text(max_size=8), max_size=60).map("".join)


@given(text=_CHATS | st.text(), name=st.sampled_from(TicketKind))
@settings(max_examples=400, deadline=None)
def test_it_never_raises_and_every_character_has_its_piece(text, name):
    kind = KINDS[name]
    clean = layout.laid_out(text)
    pieces = report_module.pieces(clean, kind)
    assert "".join(clean[piece.start : piece.end] for piece in pieces) == clean
    assert [piece.start for piece in pieces[1:]] == [piece.end for piece in pieces[:-1]]
    report = report_module.read(text, kind)
    assert set(report.values) <= {spec.name for spec in kind.fields}
    assert all(value for given_values in report.values.values() for value in given_values)


@given(text=_CHATS)
@settings(max_examples=300, deadline=None)
def test_no_character_of_unrecognised_text_is_lost(text):
    clean = layout.laid_out(text)
    unread = "".join(
        clean[piece.start : piece.end]
        for piece in report_module.pieces(clean, GENERAL)
        if piece.name in (REST, "description")
    )
    report = report_module.read(text, GENERAL)
    if not report.is_result or report.is_short:
        return  # nothing was filled in, or something was left out on purpose; the page says so
    described = report.values.get("description", [""])[0]
    lost = Counter(unread) - Counter(described)
    assert not [char for char in lost if not char.isspace() and char not in ",，;；、"]


@given(text=_CHATS)
@settings(max_examples=200, deadline=None)
def test_noise_is_chat_furniture_only(text):
    clean = layout.laid_out(text)
    for piece in report_module.pieces(clean, GENERAL):
        written = clean[piece.start : piece.end]
        assert piece.name != NOISE or "打不开" not in written
        if piece.name == LABEL:
            assert "sfdg" not in written and "打不开" not in written


@pytest.mark.parametrize(
    "unit",
    [
        "打不开，",
        "账号",
        "密码：",
        "1、",
        "机构名称：",
        "「",
        " ",
        "*",
        "0",
        "身份证号：1",
        "@a ",
        "(",
        "账号：a 密码：b ",
        "-\n",
        "a: ",
        "【",
        "机构名称【",
        "身份证号（QQ可不附加",
        "患者身份证号、住院号：1 ",
        "|",
        "\t",
        "账号\t",
        "账号\n",
        "账号|密码|机构\n",
        '"\t',
        '"\n',
        ",，",
        "账号密码:,",
        "\r\n",
        "⒈",
    ],
)
def test_the_work_grows_with_the_length_only(unit):
    report_module.read(unit * 10, GENERAL)
    small, large = _cpu_of(unit, 5_000), _cpu_of(unit, 20_000)
    if large >= max(8 * small, 0.3):  # other work on the machine only makes one longer
        small, large = (min(_cpu_of(unit, signs) for _ in range(4)) for signs in (5_000, 20_000))
    assert large < max(8 * small, 0.3), (small, large)


def _cpu_of(unit, signs):
    began = time.process_time()
    report_module.read((unit * signs)[:signs], GENERAL)
    return time.process_time() - began

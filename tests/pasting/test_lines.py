"""Each line of both lists of the spec, as it is printed and as people write it, read as a report of either kind.

A list is written in many hands: its numbers, brackets, notes, line ends, script and the marks of programs. Whatever
the hand, every value is in its own field, none is in another, and none that is secret is in the description.
"""

import itertools

import pytest

from portal.kinds.names import TicketKind
from portal.kinds.table import KINDS
from portal.pasting import labels
from portal.pasting import report as report_module
from tests.factories import people

GENERAL, HIS = KINDS[TicketKind.GENERAL], KINDS[TicketKind.HIS]
PLACE, WHAT, SYSTEM = "高唐县杨屯乡张四屯卫生室", "打开随访表单点保存，没有反应", "浪潮系统"
NUMBER, ACCOUNT, PASSWORD, INPATIENT = people.id_number(seed=41), "sfdg", "Fake#123456", "ZY00012345"
QQ = "QQ可不附加，一线通务必附加"

# Heading, printed note, value; the fields that a report of each kind takes from the line.
GENERAL_LIST = (
    ("机构名称", "XX县XX镇XX村", PLACE),
    ("问题详细描述", "进行了哪种操作，出现了哪种问题，具体什么表单，空缺什么项", WHAT),
    ("之前使用系统名称", "", SYSTEM),
    ("身份证号（举例子）", QQ, NUMBER),
    ("账号、密码", QQ, f"{ACCOUNT} {PASSWORD}"),
    ("附图", "", ""),
)
HIS_LIST = (
    ("问题描述", "", WHAT),
    ("附图", "", ""),
    ("账号、密码", QQ, f"账号：{ACCOUNT} 密码：{PASSWORD}"),
    ("患者身份证号、住院号", QQ, f"{NUMBER} {INPATIENT}"),
)
LISTS = {"general": GENERAL_LIST, "his": HIS_LIST}
BOTH = {"login_account": ACCOUNT, "login_password": PASSWORD, "description": WHAT}
EXPECTED = {
    ("general", "general"): BOTH | {"institution": PLACE, "previous_system": SYSTEM, "id_number": NUMBER},
    ("general", "his"): BOTH | {"institution": PLACE, "patient_id_number": NUMBER},
    ("his", "his"): BOTH | {"patient_id_number": NUMBER, "inpatient_number": INPATIENT},
    ("his", "general"): BOTH | {"id_number": NUMBER},
}

LINES = {
    "plain": "{n}{head}：{value}",
    "half-width colon": "{n}{head}:{value}",
    "with the printed note": "{n}{head}（{note}）：{value}",
    "note in square brackets": "{n}{head}【{note}】：{value}",
    "note without colon": "{n}{head}【{note}】{value}",
    "note behind the colon": "{n}{head}：（{note}）{value}",
    "note without brackets": "{n}{head}{bare}：{value}",
    "head in square brackets": "{n}【{head}】{value}",
    "head in square brackets, colon": "{n}【{head}】：{value}",
    "head and note in brackets": "{n}【{head}】（{note}）：{value}",
    "head and note in two brackets": "{n}【{head}】【{note}】{value}",
    "number inside the brackets": "【{n}{head}】{value}",
    "all of it in brackets": "【{n}{head}（{note}）】{value}",
    "value in brackets": "{n}{head}：【{value}】",
    "blanks": "{n} {head}  {value}",
    "blank before the colon": "{n}{head} ：  {value}",
    "value on its own line": "{n}{head}（{note}）：\n{value}",
    "value on its own line, no colon": "{n}{head}\n{value}",
    "arrow": "{n}{head} → {value}",
}
NUMBERS = {
    "、": lambda n: f"{n}、",
    ".": lambda n: f"{n}. ",
    ")": lambda n: f"{n})",
    "full dot": lambda n: f"{chr(0xFF10 + n)}．",
    "()": lambda n: f"({n})",
    "full ()": lambda n: f"（{n}）",
    "circled": lambda n: "①②③④⑤⑥"[n - 1],
    "black circled": lambda n: "❶❷❸❹❺❻"[n - 1],
    "parenthesized": lambda n: "⑴⑵⑶⑷⑸⑹"[n - 1],
    "dotted": lambda n: "⒈⒉⒊⒋⒌⒍"[n - 1],
    "key": lambda n: f"{n}\ufe0f\u20e3",
    "Chinese": lambda n: f"{'一二三四五六'[n - 1]}、",
    "Chinese ()": lambda n: f"（{'一二三四五六'[n - 1]}）",
    "ideograph": lambda n: "㈠㈡㈢㈣㈤㈥"[n - 1],
    "none": lambda n: "",
}
LINE_ENDS = ("\n", "\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029", "\n\n", " \r\n", "\v\v")
BRACKETED = ("note", "head")


def written(name, line="plain", number="、", end="\n"):
    rows = []
    for n, (head, note, value) in enumerate(LISTS[name], 1):
        text = LINES[line].format(
            n=NUMBERS[number](n), head=head, note=note or "必填", bare=f"，{note}" if note == QQ else "", value=value
        )
        rows.append(text.rstrip("：: →"))
    return end.join(row.replace("\n", end) for row in rows)


def read(text, kind):
    report = report_module.read(text, kind)
    return {
        name: kind.field(name).normalise(given[0]) for name, given in report.values.items() if name in kind_names(kind)
    }


def kind_names(kind):
    return {spec.name for spec in kind.fields}


def assert_read(text, name, kind):
    values = read(text, kind)
    described = values.get("description", "")
    if (name, kind.name) == ("general", TicketKind.HIS):
        # HIS does not ask for the former system: the line stays, readable, behind the description.
        assert SYSTEM in described, text
        values["description"] = described.split("\n")[0].rstrip()
    assert values == EXPECTED[name, kind.name], text
    assert not [secret for secret in (NUMBER, ACCOUNT, PASSWORD, INPATIENT) if secret in described], text


ALL = [(name, kind) for name in LISTS for kind in (GENERAL, HIS)]
IDS = [f"{name} list, {kind.name} form" for name, kind in ALL]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize(("name", "kind"), ALL, ids=IDS)
def test_it_reads_both_lists_as_printed_and_as_written(name, kind, line):
    assert_read(written(name, line), name, kind)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(("name", "kind"), ALL, ids=IDS)
def test_it_reads_numbers_of_every_style(name, kind, number):
    for line in ("plain", "head in square brackets", "with the printed note", "value on its own line"):
        assert_read(written(name, line, number), name, kind)


@pytest.mark.parametrize("end", LINE_ENDS, ids=ascii)
@pytest.mark.parametrize(("name", "kind"), ALL, ids=IDS)
def test_every_line_end_ends_a_line(name, kind, end):
    for line in ("plain", "note in square brackets", "value on its own line"):
        assert_read(written(name, line, end=end), name, kind)


@pytest.mark.parametrize(("name", "kind"), ALL, ids=IDS)
def test_each_line_alone_is_read_or_nothing_is_filled_in(name, kind):
    wanted = EXPECTED[name, kind.name]
    for line, (n, row) in itertools.product(LINES, enumerate(LISTS[name], 1)):
        text = LINES[line].format(n=f"{n}、", head=row[0], note=row[1] or "必填", bare="", value=row[2])
        values = read(text, kind)
        mine = {name: value for name, value in wanted.items() if value in row[2]}
        assert values == mine, text


@pytest.mark.parametrize("mark", ["\u200b", "\u202d", "\u00ad", "\u2060", "\ufeff", "\ufe0f"], ids=ascii)
@pytest.mark.parametrize(("name", "kind"), ALL, ids=IDS)
def test_marks_that_nobody_sees_split_no_label_and_no_value(name, kind, mark):
    text = written(name)
    assert_read(mark + mark.join(text) + mark, name, kind)


@pytest.mark.parametrize(("name", "kind"), ALL, ids=IDS)
def test_full_width_text_is_read(name, kind):
    wide = {
        ord(char): ord(char) + 0xFEE0 for char in "0123456789:()ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    }
    report = report_module.read(written(name).translate(wide), kind)
    assert report.values["login_account"] == [ACCOUNT]
    assert labels.half_width(report.values["login_password"][0]) == PASSWORD


TRADITIONAL = {
    "general": (
        "1、機構名稱：{PLACE}\n2、問題詳細描述：{WHAT}\n3、之前使用系統名稱：{SYSTEM}\n4、身份證號（舉例子）：{NUMBER}\n"
        "5、帳號：{ACCOUNT} 密碼：{PASSWORD}\n6、附圖"
    ),
    "his": (
        "1、問題描述：{WHAT}\n2、附圖\n3、賬號、密碼：{ACCOUNT}/{PASSWORD}\n"
        "4、患者身份證號、住院號：{NUMBER}、{INPATIENT}"
    ),
}


@pytest.mark.parametrize(("name", "kind"), ALL, ids=IDS)
def test_labels_in_traditional_script_are_read(name, kind):
    assert_read(TRADITIONAL[name].format_map(globals()), name, kind)


PATIENTS = (
    f"{NUMBER} {INPATIENT}",
    f"{NUMBER}、{INPATIENT}",
    f"{NUMBER}，{INPATIENT}",
    f"{NUMBER}/{INPATIENT}",
    f"{NUMBER}；{INPATIENT}。",
    f"{NUMBER}（{INPATIENT}）",
    f"{NUMBER}\t{INPATIENT}",
    f"{INPATIENT} {NUMBER}",
    f"{INPATIENT}、{NUMBER}",
    f"{NUMBER[:6]} {NUMBER[6:14]} {NUMBER[14:]} {INPATIENT}",
    f"身份证号：{NUMBER} 住院号：{INPATIENT}",
    f"{NUMBER}，住院号：{INPATIENT}",
    f"\n{NUMBER} {INPATIENT}",
)


@pytest.mark.parametrize("value", PATIENTS)
@pytest.mark.parametrize(
    "head", ["患者身份证号、住院号", "患者身份证号和住院号", "身份证号 住院号", "患者身份证、患者住院号码"]
)
def test_the_two_numbers_of_one_line_are_told_apart(head, value):
    values = read(f"1、问题描述：{WHAT}\n4、{head}：{value}", HIS)
    assert values == {"description": WHAT, "patient_id_number": NUMBER, "inpatient_number": INPATIENT}


@pytest.mark.parametrize(
    "value", [f"{NUMBER}ZY00012345", f"ZY1 ZY2 {NUMBER}", "张试一 无", f"{NUMBER} 张试一 {INPATIENT}", f"{INPATIENT}"]
)
def test_a_doubtful_pair_is_asked_for(value):
    """Two numbers run into one, or more than two: neither field gets a guess, and nothing of it is in the open."""
    report = report_module.read(f"1、问题描述：{WHAT}\n3、账号：a1 密码：b22\n4、患者身份证号、住院号：{value}", HIS)
    assert "inpatient_number" not in report.values and "patient_id_number" not in report.values
    assert report.values["description"] == [WHAT] and report.is_short

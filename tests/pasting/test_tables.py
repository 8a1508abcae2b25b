"""A table that was pasted as text: upright or lying, parted by tabs, bars, blanks or commas, or one cell a line."""

import pytest

from portal.kinds.names import TicketKind
from portal.kinds.table import KINDS
from portal.pasting import report as report_module
from tests.factories import people

GENERAL, HIS = KINDS[TicketKind.GENERAL], KINDS[TicketKind.HIS]
PLACE, WHAT, SYSTEM = "高唐县杨屯乡张四屯卫生室", "打开随访表单点保存没有反应", "浪潮系统"
NUMBER, ACCOUNT, PASSWORD, INPATIENT = people.id_number(seed=51), "sfdg", "Qz8812!x", "ZY00012345"
HEADS = ("机构名称", "问题描述", "之前使用系统名称", "身份证号", "账号", "密码")
VALUES = (PLACE, WHAT, SYSTEM, NUMBER, ACCOUNT, PASSWORD)
HIS_HEADS = ("问题描述", "账号", "密码", "患者身份证号", "住院号")
HIS_VALUES = (WHAT, ACCOUNT, PASSWORD, NUMBER, INPATIENT)


def bars(cells, outer=True):
    return "| " + " | ".join(cells) + " |" if outer else "|".join(cells)


def lying(heads, values):
    return {
        "tabs": "\t".join(heads) + "\n" + "\t".join(values),
        "tabs and line ends of Windows": "\t".join(heads) + "\r\n" + "\t".join(values) + "\r\n",
        "bars": f"{bars(heads)}\n{bars(values)}",
        "bars with a rule": f"{bars(heads)}\n{bars(['---'] * len(heads))}\n{bars(values)}",
        "bars without outer ones": f"{bars(heads, False)}\n{bars(values, False)}",
        "full-width bars": f"{bars(heads)}\n{bars(values)}".replace("|", "｜"),
        "drawn bars": f"{bars(heads)}\n{bars(values)}".replace("|", "│"),
        "blanks": "    ".join(heads) + "\n" + "    ".join(values),
        "ideographic blanks": "　　".join(heads) + "\n" + "　　".join(values),
        "commas": ",".join(heads) + "\n" + ",".join(values),
        "numbered heads": "\t".join(f"{n}、{head}" for n, head in enumerate(heads, 1)) + "\n" + "\t".join(values),
        "heads with notes": "\t".join(f"{head}（必填）" for head in heads) + "\n" + "\t".join(values),
        "an ordinal column": "\t".join(("序号", *heads)) + "\n" + "\t".join(("1", *values)),
        "a blank line between": "\t".join(heads) + "\n\n" + "\t".join(values),
        "each cell a line": "\n".join((*heads, *values)),
        "traditional heads": "\t".join(heads).translate(TRADITIONAL) + "\n" + "\t".join(values),
    }


def upright(heads, values):
    pairs = list(zip(heads, values, strict=True))
    return {
        "tabs": "\n".join(f"{head}\t{value}" for head, value in pairs),
        "colons and tabs": "\n".join(f"{head}：\t{value}" for head, value in pairs),
        "bars": "\n".join(bars(pair) for pair in pairs),
        "bars without outer ones": "\n".join(bars(pair, False) for pair in pairs),
        "ordinals": "\n".join(f"{n}\t{head}\t{value}" for n, (head, value) in enumerate(pairs, 1)),
        "bars and ordinals": "\n".join(bars((str(n), *pair)) for n, pair in enumerate(pairs, 1)),
        "a head row of its own": "项目\t内容\n" + "\n".join(f"{head}\t{value}" for head, value in pairs),
        "two pairs a row": "\n".join(
            "\t".join(cell for pair in pairs[n : n + 2] for cell in pair) for n in range(0, len(pairs), 2)
        ),
        "vertical tabs between the rows": "\v".join(f"{head}\t{value}" for head, value in pairs),
        "cells on lines of their own": "\n".join(f"{head}\n{value}" for head, value in pairs),
    }


TRADITIONAL = str.maketrans("机构问题统称证号账码", "機構問題統稱證號帳碼")
TABLES = [
    (f"{shape}: {way}", text, kind)
    for kind, heads, values in ((GENERAL, HEADS, VALUES), (HIS, HIS_HEADS, HIS_VALUES))
    for shape, made in (("lying", lying(heads, values)), ("upright", upright(heads, values)))
    for way, text in made.items()
]


@pytest.mark.parametrize(("text", "kind"), [t[1:] for t in TABLES], ids=[f"{t[0]}, {t[2].name}" for t in TABLES])
def test_it_reads_tables_of_every_shape(text, kind):
    names = {
        "general": ("institution", "description", "previous_system", "id_number", "login_account", "login_password"),
        "his": ("description", "login_account", "login_password", "patient_id_number", "inpatient_number"),
    }[kind.name]
    report = report_module.read(text, kind)
    values = VALUES if kind is GENERAL else HIS_VALUES
    assert {name: given[0] for name, given in report.values.items()} == dict(zip(names, values, strict=True))
    assert report.found and not report.has_rest and not report.is_short


def test_a_cell_may_have_several_lines():
    text = f'机构名称\t问题描述\t账号\t密码\n{PLACE}\t"点保存没有反应\n提示""超时"""\t{ACCOUNT}\t{PASSWORD}'
    values = report_module.read(text, GENERAL).values
    assert values["description"] == ['点保存没有反应 提示"超时"'] and values["login_password"] == [PASSWORD]


def test_an_empty_cell_moves_no_value():
    text = "\t".join(HEADS) + "\n" + "\t".join((PLACE, WHAT, "", NUMBER, "", PASSWORD))
    report = report_module.read(text, GENERAL)
    assert report.values == {
        "institution": [PLACE], "description": [WHAT], "id_number": [NUMBER], "login_password": [PASSWORD],
    }  # fmt: skip


NOT_UNDERSTOOD = {
    "more values than heads": "\t".join(HEADS) + "\n" + "\t".join((*VALUES, "x")),
    "fewer values between bars": bars(HEADS) + "\n" + bars(VALUES[:4]),
    "heads alone": "\t".join(HEADS),
    "values of another separator": "\t".join(HEADS) + "\n" + ";".join(VALUES),
    "a separator that nothing reads": "##".join(f"{head}~{value}" for head, value in zip(HEADS, VALUES, strict=True)),
    "all in one cell": f"机构名称：{PLACE}&&问题描述{WHAT}&&账号{ACCOUNT}&&密码{PASSWORD}",
    "all of it behind one label": f"问题描述：打不开##机构名称~{PLACE}##账号~{ACCOUNT}##密码~{PASSWORD}",
    "values alone": "\n".join(VALUES),
}


@pytest.mark.parametrize("way", NOT_UNDERSTOOD)
@pytest.mark.parametrize("kind", [GENERAL, HIS], ids=["general", "his"])
def test_what_is_not_understood_fills_nothing(way, kind):
    """Rather than all of it, passwords too, into the first box that takes it."""
    report = report_module.read(NOT_UNDERSTOOD[way], kind)
    assert report.values == {} and not report.is_result


@pytest.mark.parametrize("line", ["sfdg Qz8812!x", "Qz8812!x", "ZY00012345", "user01/abc123", "13800138000 abc"])
def test_a_left_over_line_that_may_be_a_secret_is_left_out(line):
    report = report_module.read(f"机构名称：{PLACE}\n账号：a1 密码：b22\n{line}", GENERAL)
    assert report.is_short and "description" not in report.values
    assert not [value for given in report.values.values() for value in given if line in value]


@pytest.mark.parametrize(
    "line", ["ORA-00942: table or view does not exist", "HTTP 500", "java.lang.NullPointerException"]
)
def test_what_a_program_says_is_kept(line):
    report = report_module.read(f"机构名称：{PLACE}\n账号：a1 密码：b22\n{line}", GENERAL)
    assert report.values["description"] == [line] and not report.is_short

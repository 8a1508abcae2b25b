"""问题现象, 影响范围 and 操作步骤 as a description tells them (REQUIREMENTS T23)."""

import time
from pathlib import Path

import pytest

from portal.kinds.names import TicketKind
from portal.kinds.table import KINDS
from portal.pasting import situation

GENERAL, HIS = KINDS[TicketKind.GENERAL], KINDS[TicketKind.HIS]
# One description a line, behind the symptom that a reader gave it; "-" for none of them.
LABELLED = [line.split("\t") for line in Path(__file__).with_name("descriptions.txt").read_text().splitlines()]
SAMPLE = "在脑卒中随访表单点击新增按钮后,系统报错(批量居民都这样,举例身份证号:*************)"


def test_on_a_labelled_set_errors_are_seen_and_others_are_left_alone(capsys):
    errors = [text for label, text in LABELLED if label == "error"]
    others = [text for label, text in LABELLED if label == "-"]
    forms = [(label, text) for label, text in LABELLED if label.startswith("form")]
    seen = sum(situation.symptom_of(text) == "error" for text in errors) / len(errors)
    asked = sum(situation.symptom_of(text) != "" for text in others) / len(others)
    named = sum(situation.symptom_of(text) == label for label, text in forms) / len(forms)
    with capsys.disabled():
        print(f"\nsymptoms: {seen:.1%} of {len(errors)} errors, {named:.1%} of {len(forms)} forms, "
              f"{asked:.1%} of {len(others)} others asked")  # fmt: skip
    assert len(LABELLED) >= 200
    assert seen >= 0.95 and named >= 0.9 and asked <= 0.1


def test_the_sample_of_the_spec_is_an_error_of_a_batch_with_its_steps():
    assert situation.read_from(GENERAL, {"description": [SAMPLE]}) == {
        "symptom": ["error"],
        "scope": ["batch"],
        "operation_steps": ["在脑卒中随访表单点击新增按钮"],
    }
    assert "scope" not in situation.read_from(HIS, {"description": [SAMPLE]}), "HIS does not ask it"


@pytest.mark.parametrize(
    ("text", "symptom", "scope"),
    [
        ("點擊保存系統報錯，批量居民都這樣", "error", "batch"),
        ("点击保存，系统报\u200b错", "error", ""),
        ("高血压随访表单丢失，全院都这样", "form_lost", "institution"),
        ("体检表空漏项，所有居民都是这样", "form_blank", "batch"),
        ("没有报错，点了没反应", "", ""),
        ("怎么批量导入居民", "", ""),
        ("", "", ""),
    ],
)
def test_it_reads_words_of_every_hand(text, symptom, scope):
    assert (situation.symptom_of(text), situation.scope_of(text)) == (symptom, scope)


@pytest.mark.parametrize("symptom", ["error", "form_lost", "form_blank", "other"])
def test_an_answer_that_was_given_counts(symptom):
    read = situation.read_from(GENERAL, {"description": [SAMPLE], "symptom": [symptom], "scope": ["single"]})
    assert "symptom" not in read and "scope" not in read
    assert ("operation_steps" in read) == (symptom == "error")


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("1、打开随访表\n2、点保存\n3、系统报错", "1、打开随访表\n2、点保存"),
        ("打开居民档案，点击新增，提示失败", "打开居民档案，点击新增"),
        ("系统报错，点击什么都没用", ""),
        ("高血压随访表报错", ""),
        ("报错", ""),
        ("点保存报错", ""),
    ],
)
def test_steps_are_taken_only_where_the_text_tells_them(text, steps):
    assert situation.steps_of(text) == steps


@pytest.mark.parametrize(
    "unit", ["提示", "，", "点", "失败", "没有", "表", "弹出", "3、", "错误提示", "为", "ORA-", "e", " "]
)
def test_the_work_grows_with_the_length_only(unit):
    def seconds(signs):
        text = (unit * signs)[:signs]
        began = time.process_time()
        situation.read_from(GENERAL, {"description": [text], "symptom": []})
        situation.steps_of(text)
        return time.process_time() - began

    assert seconds(20_000) < max(8 * seconds(5_000), 0.3)

"""Phrases: their variables hold nothing sealed and break out of nothing; lists, days, and words kept by leads."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from portal.errors import InvalidError, NotFoundError, StaleRowError
from portal.knowledge import phrase_values, phrases, word_hints
from portal.knowledge.models import Phrase, WordHint
from portal.knowledge.phrase_variables import VARIABLES, rendered, unknown_in
from portal.knowledge.phrases import PhraseDetails, PhrasePlace
from portal.knowledge.word_hints import HintKind, HintPlace, WordDetails
from portal.vault.models import SealedValue
from tests.acts.desk import Desk
from tests.factories.cast import actor
from tests.factories.portals import Portal
from tests.factories.reports import file_report

EVERY = "".join(f"{{{name}}}" for name in VARIABLES)


def run(portal: Portal, work, *args):
    return portal.runtime.database.run(lambda session: work(session, actor(portal.runtime, "leo"), *args))


def faults(work) -> dict[str, str]:
    with pytest.raises(InvalidError) as refused:
        work()
    return {fault.field: fault.code for fault in refused.value.faults}


@given(
    st.dictionaries(
        st.sampled_from(VARIABLES), st.text(st.sampled_from("{}机构编号工期限称呼<>\"'&\n甲 "), max_size=20)
    )
)
def test_a_value_is_put_in_once_and_on_one_line(values):
    made = rendered(EVERY, values)
    kept = {name: " ".join(text.split()) for name, text in values.items()}
    assert made.text == "".join(kept.get(name) or f"{{{name}}}" for name in VARIABLES)
    assert set(made.missing) == {name for name in VARIABLES if not kept.get(name)}


def test_a_clinics_name_breaks_out_of_nothing():
    made = rendered("{机构}您好，工号 {工号}", {"机构": "{工号}{密码}<script>\n卫生室", "工号": "1021"})
    assert made.text == "{工号}{密码}<script> 卫生室您好，工号 1021"
    assert len(rendered("{机构}", {"机构": "长" * 999}).text) == 120
    assert [unknown_in(text) for text in ("{机构}好", "{密码}", "{", "好}", "{{机构}}")] == [
        False,
        True,
        True,
        True,
        True,
    ]


def test_no_phrase_renders_a_sealed_value(portal: Portal):
    desk = Desk(portal.runtime)
    with portal.runtime.database.read() as session:
        sealed = session.scalars(select(SealedValue)).all()
        secrets = [portal.runtime.vault.open_value(session, row) for row in sealed if row.value_sealed]
        masks = [row.value_masked for row in sealed]
        alice = actor(portal.runtime, "alice").user_id
        values = phrase_values.of_ticket(session, desk.ticket, portal.settings, alice)
        shown = [each.text for each in phrase_values.all_rendered(phrases.every(session), values)]
    assert len(secrets) >= 3 and set(values) == set(VARIABLES)
    said = "\n".join([*values.values(), *shown, rendered(EVERY, values).text])
    assert not [secret for secret in secrets if secret in said]
    assert not [mask for mask in masks if mask in said]
    assert values["编号"] == desk.ticket.number and values["单位名称"] == "一线通客服中心" and values["称呼"] == "老师"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_clinic_is_addressed_as_it_wished(portal: Portal):
    for title, said in (({"title": "ms"}, "女士"), ({"title": "mr"}, "先生"), ({}, "老师")):
        number = file_report(portal.runtime, **title).number
        with portal.runtime.database.read() as session:
            values = phrase_values.of_ticket(session, Desk(portal.runtime, number).ticket, portal.settings, None)
        assert rendered("{称呼}您好", values).text == f"{said}您好"


def test_a_time_is_named_only_while_it_runs(portal: Portal):
    ticket = Desk(portal.runtime).ticket
    ticket.next_due_at = None
    with portal.runtime.database.read() as session:
        values = phrase_values.of_ticket(session, ticket, portal.settings, None)
        assert (values["期限"], values["工号"]) == ("", "")
        shown = phrase_values.all_rendered(phrases.offered(session, {PhrasePlace.ACCEPTANCE}), values)
    assert {each.missing for each in shown} == {("期限",)}


def test_leads_keep_the_list(portal: Portal):
    greeting = PhraseDetails("call", "元旦", "新年好！{单位名称}", date(2026, 12, 30), date(2027, 1, 3))
    added = run(portal, phrases.add, greeting)
    with portal.runtime.database.read() as session:
        days = {day: added.id in {row.id for row in phrases.offered(session, {PhrasePlace.CALL}, day)}
                for day in (date(2026, 12, 29), date(2026, 12, 30), date(2027, 1, 3), date(2027, 1, 4))}  # fmt: skip
        holidays = [row for row in phrases.every(session) if row.title.endswith("开场") and row.title != "开场"]
    assert list(days.values()) == [False, True, True, False]
    assert len(holidays) == 4 and not any(row.is_active for row in holidays)  # until a lead gives them their days
    changed = run(portal, phrases.change, added.id, PhraseDetails("call", "元旦", "新年好！"), 1)
    assert (changed.version, changed.valid_from) == (2, None)
    with pytest.raises(StaleRowError):
        run(portal, phrases.change, added.id, greeting, 1)
    above = run(portal, phrases.move_up, added.id).position
    assert above == added.position - 1
    run(portal, phrases.set_active, added.id, False)
    with portal.runtime.database.read() as session:
        assert added.id not in {row.id for row in phrases.offered(session, {PhrasePlace.CALL})}
    with pytest.raises(NotFoundError):
        run(portal, phrases.set_active, portal.runtime.vault.new_data_key(added.id, "x")[1].id, True)


def test_every_fault_of_a_phrase_at_once(portal: Portal):
    bad = PhraseDetails("note", "", "账号 abc123 密码 Abc-123456", date(2027, 1, 3), date(2027, 1, 1))
    assert faults(lambda: run(portal, phrases.add, bad)) == {
        "title": "required", "text": "sensitive_text", "valid_until": "invalid", "place": "required",
    }  # fmt: skip
    assert faults(lambda: run(portal, phrases.add, PhraseDetails("reply", "甲", "{密码}"))) == {"text": "invalid"}
    assert faults(lambda: run(portal, phrases.add, PhraseDetails("reply", "已收到", "好\x00"))) == {
        "text": "invalid", "title": "invalid",
    }  # fmt: skip


def hinted(portal: Portal, text: str, place: HintPlace = HintPlace.REPLY) -> list[str]:
    with portal.runtime.database.read() as session:
        return [text[hint.start : hint.end] for hint in word_hints.hints(session, place, text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("这个不行，我不知道", ["不行", "不知道"]), ("不可以这样", ["不可以"]), ("行不行", []),
        ("我晕，天啊，怎么这样，真是的", ["我晕", "天啊", "怎么这样", "真是的"]),
        ("其实您自己没操作好", ["其实您自己没操作好"]), ("这不是我的错", ["这不是我的错"]),
        ("请清理系统缓存", ["系统缓存"]), ("请您稍等 2 分钟", []), ("请稍等", ["稍等"]), ("你好，你们好", ["你"]),
        ("啊，好的。那，请看", ["啊", "那"]),
    ],
)  # fmt: skip
def test_the_words_of_the_sources_are_there(portal: Portal, text: str, found: list[str]):
    assert hinted(portal, text) == found


def test_notes_and_calls_have_their_own_rules(portal: Portal):
    assert hinted(portal, "嗯，不行", HintPlace.NOTE) == []
    assert hinted(portal, "嗯，不行", HintPlace.CALL) == ["不行"]


def test_leads_keep_the_words(portal: Portal):
    word = WordDetails("走流程", "请说明下一步是什么", HintKind.PLAIN.value, ("走流程图",))
    added = run(portal, word_hints.add, word)
    assert hinted(portal, "先走流程，再看走流程图") == ["走流程"]
    with pytest.raises(StaleRowError):
        run(portal, word_hints.change, added.id, word, 7)
    changed = run(portal, word_hints.change, added.id, WordDetails("走流程", "请写明", "plain", (), True), 1)
    assert (changed.version, changed.exceptions) == (2, [])
    run(portal, word_hints.set_active, added.id, False)
    assert hinted(portal, "走流程，") == []
    assert faults(lambda: run(portal, word_hints.add, WordDetails("", "", "rude", ("甲" * 41,)))) == {
        "pattern": "required", "advice": "required", "kind": "required", "exceptions": "invalid",
    }  # fmt: skip
    again = WordDetails("不行", "好", "plain", ("没有它的词",))
    assert faults(lambda: run(portal, word_hints.add, again)) == {"pattern": "invalid", "exceptions": "invalid"}


def test_nothing_is_written_by_asking(portal: Portal):
    with portal.runtime.database.read() as session:
        before = [session.query(model).count() for model in (Phrase, WordHint)]
    hinted(portal, "不行" * 2000)
    with portal.runtime.database.read() as session:
        assert [session.query(model).count() for model in (Phrase, WordHint)] == before

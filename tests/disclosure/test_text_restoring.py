"""Hiding a passage is no way to delete it: for seven days a lead brings it back, wherever it was."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from portal import clock
from portal.acts import performing
from portal.acts.table import ASK, NOTE
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.disclosure import break_glass, reveals, text_restoring, ticket_texts
from portal.disclosure.models import TextRedaction
from portal.errors import ConflictError, ForbiddenError, NotFoundError
from portal.retention import destruction, expiry
from portal.runtime import Runtime
from portal.upkeep import rotation
from portal.vault.models import SealedValue
from tests.disclosure.test_text_redaction import claimed, do, rows_with, seal, texts_of
from tests.factories.cast import actor
from tests.factories.closing import closed_ticket, ticket_named
from tests.factories.moments import move_clock
from tests.factories.portals import Portal, csrf_of
from tests.factories.reports import file_report

DESCRIPTION = "打开高血压随访表，填好后点保存，参数没有存上，刷新后内容没有了，已经连续三天不能用，请尽快处理。"


def restore(runtime: Runtime, number: str, key: str, who: str = "leo") -> str:
    """The timeline's sentence."""
    given, version = {"key": key}, ticket_named(runtime, number).version
    performing.carry_out(runtime, actor(runtime, who), text_restoring.RESTORE, number, version, given)
    with runtime.database.read() as session:
        query = text("SELECT text FROM timeline_entries WHERE action = 'unseal' ORDER BY at DESC LIMIT 1")
        return str(session.scalar(query))


def all_texts(runtime: Runtime, number: str) -> list[str]:
    """Every text, its copies too, without the sentences about hiding and restoring themselves."""
    with runtime.database.read() as session:
        texts = ticket_texts.texts_of(session, ticket_named(runtime, number))
        return [stored.text for stored in texts if not stored.text.startswith(("隐藏 ", "恢复隐藏"))]


def test_a_whole_description_hidden_as_a_password_comes_back_after_closing(portal: Portal) -> None:
    runtime = portal.runtime
    number = claimed(runtime, description=DESCRIPTION)
    before = all_texts(runtime, number)
    hidden = seal(runtime, number, DESCRIPTION, "password")
    assert rows_with(runtime, DESCRIPTION) == []
    with runtime.database.read() as session:
        row = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.TEXT_SEALED)).one()
    assert row.particulars["signs"] == len(DESCRIPTION)
    do(runtime, number, NOTE, text="已转给机房")
    with runtime.database.transaction() as session:
        ticket = session.merge(ticket_named(runtime, number))
        ticket.state, ticket.is_open = "closed", False
        assert destruction.destroy_credentials(session, ticket) == 2  # the reported account and password

    said = restore(runtime, number, hidden.key)

    assert said == "恢复隐藏的问题详细描述中的密码，1 处"
    assert DESCRIPTION in before and sorted(all_texts(runtime, number)) == sorted([*before, "已转给机房"])
    assert DESCRIPTION[:20] in ticket_named(runtime, number).excerpt
    with runtime.database.read() as session:
        assert reveals.find_value(session, ticket_named(runtime, number), hidden.key) is None
        row = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.TEXT_RESTORED)).one()
        assert session.scalars(select(TextRedaction)).all() == []
    assert (row.field, row.particulars) == (hidden.key, {"places": 1, "signs": len(DESCRIPTION)})
    assert rotation.verify(runtime).broken == []


@pytest.mark.parametrize("seed", range(6))
def test_hidings_are_undone_in_any_order(portal: Portal, seed: int) -> None:
    """Overlapping passages are refused until what lies over them is undone; all others come back exactly."""
    runtime, chance = portal.runtime, random.Random(seed)
    description = "赵甲一来电，钱乙二也来电，赵甲一说孙丙三与李丁四的档案  错了，钱乙二核对，周戊五在场，赵甲一等候"
    number = claimed(runtime, description=description, institution="高唐县杨屯乡赵甲一诊所")
    do(runtime, number, ASK, fields=["form_name"], message="请问赵甲一用的是哪张表，钱乙二用的呢")
    do(runtime, number, NOTE, text="赵甲一 与 钱乙二 都来过")
    before = all_texts(runtime, number)
    passages = ["赵甲一", "钱乙二", "孙丙三与李丁四的档案 错了", "周戊五在场，", "也来电"]
    chance.shuffle(passages)
    keys = {passage: seal(runtime, number, passage, chance.choice(["name", "other"])).key for passage in passages}
    chance.shuffle(passages)

    for passage in passages:
        restore(runtime, number, keys[passage])

    assert all_texts(runtime, number)[: len(before)] == before


def test_what_lies_over_it_must_come_back_first(portal: Portal) -> None:
    runtime = portal.runtime
    number = claimed(runtime, description="请联系李试样的家属张样本，电话在档案里，谢谢")
    inner = seal(runtime, number, "李试样", "name")
    outer = seal(runtime, number, "联系李**的家属", "other")

    with pytest.raises(ConflictError, match="先恢复后来隐藏的"):
        restore(runtime, number, inner.key)
    restore(runtime, number, outer.key)
    restore(runtime, number, inner.key)

    assert "请联系李试样的家属张样本，电话在档案里，谢谢" in all_texts(runtime, number)


def test_only_a_lead_restores_and_only_for_seven_days(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = portal.runtime
    number = claimed(runtime, description="村民李试样的随访表保存不了，提示参数错误")
    key = seal(runtime, number, "李试样", "name").key
    with pytest.raises(ForbiddenError):
        restore(runtime, number, key, who="alice")
    with pytest.raises(NotFoundError):
        restore(runtime, number, "description.9")

    move_clock(monkeypatch, seconds=timedelta(days=7, minutes=1).total_seconds())

    with pytest.raises(NotFoundError, match="超过 7 天"):
        restore(runtime, number, key)
    assert expiry.sweep(runtime)["text_redactions"] == 1
    assert rows_with(runtime, "李试样") == []


def test_a_hidden_password_is_still_destroyed_at_closing_with_all_that_could_restore_it(portal: Portal) -> None:
    runtime = portal.runtime
    number = file_report(runtime, description="屏幕上还留着Zhqk-Plant-7731-Vale，保存时提示参数错误").number
    key = seal(runtime, number, "Zhqk-Plant-7731-Vale", "password").key
    with runtime.database.transaction() as session:
        destruction.destroy_credentials(session, session.merge(ticket_named(runtime, number)))
    with runtime.database.read() as session:
        row = session.scalars(select(TextRedaction)).one()
        value = session.get_one(SealedValue, row.value_id)
    assert (row.passages_sealed, value.value_sealed) == (None, None)
    with pytest.raises(ConflictError, match="已随账号和密码销毁"):
        restore(runtime, number, key)


def test_of_a_closed_ticket_only_a_lead_hides(portal: Portal) -> None:
    runtime = portal.runtime
    number = closed_ticket(runtime, description="村民李试样的随访表保存不了，提示参数错误").number
    with pytest.raises(ForbiddenError, match="主管"):
        seal(runtime, number, "李试样", "name")
    assert seal(runtime, number, "李试样", "name", who="leo").places == 1
    assert "李试样" not in "".join(texts_of(runtime, number))


def test_a_lead_restores_on_the_page(portal: Portal) -> None:
    runtime = portal.runtime
    number = claimed(runtime, description="村民李试样的随访表保存不了，提示参数错误")
    seal(runtime, number, "李试样", "name")
    lead, engineer = portal.signed_in("leo"), portal.signed_in("alice")
    assert "恢复隐藏的文字" not in engineer.get(f"/tickets/{number}").text.replace("恢复隐藏的文字。", "")
    page = lead.get(f"/tickets/{number}").text
    assert "恢复隐藏的文字（1）" in page

    version = ticket_named(runtime, number).version
    done = lead.post(
        f"/tickets/{number}/unsealings", data={"csrf": csrf_of(page), "version": version, "key": "description.1"}
    )
    assert done.status_code == 303, done.text
    assert "李试样的随访表" in lead.get(done.headers["location"]).text


def test_every_labelled_text_is_offered_as_a_place(portal: Portal) -> None:
    runtime = portal.runtime
    number = claimed(runtime)
    break_glass.ask(runtime, actor(runtime, "bob"), number, "login_account", "李试样催得急，负责人不在")
    page = portal.signed_in("alice").get(f"/tickets/{number}").text
    assert '<option value="break_glass_reason"' in page
    assert seal(runtime, number, "李试样", "name", field="break_glass_reason").places == 1


def test_the_moments_of_a_hiding_are_kept(portal: Portal) -> None:
    number = claimed(portal.runtime, description="村民李试样的随访表保存不了，提示参数错误")
    seal(portal.runtime, number, "李试样", "name")
    with portal.runtime.database.read() as session:
        found = text_restoring.restorable(session, ticket_named(portal.runtime, number))
    assert [(one.key, one.label) for one in found] == [("description.1", "问题详细描述中的姓名")]
    assert clock.now() - found[0].made_at < timedelta(minutes=1)

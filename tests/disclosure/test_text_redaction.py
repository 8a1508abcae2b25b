"""A passage sealed by hand leaves every text and file; texts of staff are asked about before anything is hidden."""

import json
import shutil
from types import SimpleNamespace

import pytest
from sqlalchemy import delete, inspect, select, text
from sqlalchemy.exc import DBAPIError

from portal.acts import performing
from portal.acts.performing import StaleTicketError
from portal.acts.staff_texts import SensitiveTextError
from portal.acts.table import ASK, CLAIM, NOTE, OFFER, REPLY, RESOLVE, TRANSFER, URGENCY
from portal.acts.voiding import ASK_VOID
from portal.assembly import make_runtime
from portal.audit.actor import clinic as at_clinic
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.disclosure import break_glass, reveals, text_redaction
from portal.disclosure.models import MaskingPermit
from portal.errors import ConflictError, InvalidError, NotFoundError
from portal.reports.call_records import CallRecord
from portal.reports.models import Report
from portal.retention import schedule
from portal.retention.schedule import Schedule
from portal.supplements import receiving
from portal.tickets import lookup
from portal.tickets.models import InformationRequest, TimelineEntry
from portal.tracking import confirmation
from portal.vault.models import DataKey, SealedValue
from tests.conftest import settings_in
from tests.factories import people
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.closing import closed_ticket, found_in, ticket_named
from tests.factories.reports import file_report

LONG_NAME = "上官试验样例村民名字一二号"
SECRET = "Zhqk-Plant-7731-Vale"


def seal(runtime, number, passage, kind="other", who="alice", version=None, field=""):
    """Seal on the latest version unless told otherwise; gives its key and how many places."""
    with runtime.database.read() as session:
        version = version or lookup.by_number(session, number).version
    given = {"passage": passage, "kind": kind, "field": field}
    done = performing.carry_out(runtime, actor(runtime, who), text_redaction.SEAL, number, version, given)
    return SimpleNamespace(**done.answer["sealed"], ticket=done.ticket)


def do(runtime, number, act, who="alice", **given):
    """One act of staff on the latest version."""
    with runtime.database.transaction() as session:
        version = lookup.by_number(session, number).version
        return perform(session, runtime, actor(runtime, who), act, number, version, **given)


def claimed(runtime, **changes):
    number = file_report(runtime, **changes).number
    with runtime.database.transaction() as session:
        perform(session, runtime, actor(runtime, "alice"), CLAIM, number, 1)
    return number


def texts_of(runtime, number):
    """Every text that a ticket's rows hold."""
    ticket = ticket_named(runtime, number)
    with runtime.database.read() as session:
        report = session.get_one(Report, ticket.report_id)
        entries = session.scalars(select(TimelineEntry.text).where(TimelineEntry.ticket_id == ticket.id)).all()
        asked = session.scalars(
            select(InformationRequest.message).where(InformationRequest.ticket_id == ticket.id)
        ).all()
    lists = [ticket.excerpt, ticket.search_text, ticket.resolution or "", ticket.institution]
    return [*report.answers.values(), *entries, *asked, *lists]


def rows_with(runtime, value):
    """`table.column` of every row of the whole database in which the value can be read."""
    hits = []
    with runtime.database.read() as session:
        for table in inspect(runtime.database.engine).get_table_names():
            for row in session.execute(text(f'SELECT * FROM "{table}"')).mappings():
                for column, cell in row.items():
                    shown = json.dumps(cell, ensure_ascii=False, default=str) + str(cell)
                    if value in shown or json.dumps(value)[1:-1] in shown or value.encode().hex() in shown:
                        hits.append(f"{table}.{column}")
    return hits


def test_it_masks_a_name_everywhere_in_the_ticket_and_tells_how_often(portal):
    number = claimed(
        portal.runtime,
        description="村民李试样的随访表保存不了，李试样换了电脑也一样",
        institution="高唐县杨屯乡李试样诊所",
    )
    do(portal.runtime, number, NOTE, text="李试样已经来过电话")
    do(portal.runtime, number, ASK, fields=["form_name"], message="请问李试样用的是哪张表")
    other = file_report(portal.runtime, description="村民李试样在另一条里，不该被动到").number

    sealed = seal(portal.runtime, number, "李试样", "name")

    assert (sealed.key, sealed.places) == ("institution.1", 5)
    texts = texts_of(portal.runtime, number)
    assert not [shown for shown in texts if "李试样" in shown]
    assert "村民李**的随访表保存不了，李**换了电脑也一样" in texts
    assert "高唐县杨屯乡李**诊所" in texts and "李**已经来过电话" in texts
    assert any("李试样" in shown for shown in texts_of(portal.runtime, other))
    assert rows_with(portal.runtime, "李试样") != [] and seal(portal.runtime, other, "李试样", "name").places == 1
    assert rows_with(portal.runtime, "李试样") == []


def test_it_masks_what_staff_wrote_beside_the_ticket_too(portal):
    number = claimed(portal.runtime, description="随访表保存不了，提示参数错误，换电脑也一样")
    ticket = ticket_named(portal.runtime, number)
    break_glass.ask(portal.runtime, actor(portal.runtime, "bob"), number, "login_account", "李试样等着办出院")
    with portal.runtime.database.transaction() as session:
        session.add(
            CallRecord(
                ticket_id=ticket.id, taken_by_id=actor(portal.runtime, "agnes").user_id, taken_by_name="赵坐席",
                channel="phone", is_filing=True,
                identity_method="callback", ended_at=ticket.submitted_at, is_late=True, late_reason="李试样说断网",
                incomplete_note="李试样没带身份证", may_call_back=True, created_at=ticket.submitted_at,
            )
        )  # fmt: skip
    assert seal(portal.runtime, number, "李试样", "name").places == 3
    # The rows of the trail never change: a reason that was given there stays (docs/security.md, not protected).
    assert set(rows_with(portal.runtime, "李试样")) == {"audit_events.reason"}


def test_the_assignee_can_reveal_it_and_nobody_else(portal):
    number = claimed(portal.runtime, description="村民李试样的随访表保存不了，提示参数错误")
    key = seal(portal.runtime, number, "李试样", "name", who="agnes").key

    assert reveals_value(portal.runtime, "alice", number, key) == "李试样"
    with pytest.raises(PermissionError):
        reveals_value(portal.runtime, "bob", number, key)


def reveals_value(runtime, who, number, key):
    from portal.errors import ForbiddenError

    try:
        return reveals.reveal_field(runtime, actor(runtime, who), number, key, "核对数据").value
    except ForbiddenError as error:
        raise PermissionError from error


@pytest.mark.parametrize(
    ("kind", "passage", "mask"),
    [
        ("name", "李试样", "李**"),
        ("phone", "13800138000", "138****8000"),
        ("account", "qhtester", "q******r"),
        ("password", "Qx-Fake-881", "••••••••"),
        ("other", "病历夹第七格", "****"),
        ("id_number", "H0991234567", "********"),
    ],
)
def test_each_kind_has_the_mask_of_the_table(portal, kind, passage, mask):
    number = claimed(portal.runtime, description="打开随访表，填好后点保存，提示参数错误")
    do(portal.runtime, number, NOTE, text=f"前{passage}后")
    seal(portal.runtime, number, passage, kind)
    assert f"前{mask}后" in texts_of(portal.runtime, number)


def test_it_stays_in_the_trail_and_the_timeline_without_the_passage(portal):
    number = claimed(portal.runtime, description="村民李试样的随访表保存不了，提示参数错误")
    before = ticket_named(portal.runtime, number).version
    key = seal(portal.runtime, number, "李试样", "name").key
    with portal.runtime.database.read() as session:
        row = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.TEXT_SEALED)).one()
        entry = session.scalars(select(TimelineEntry).where(TimelineEntry.action == "seal")).one()
    assert (row.field, row.particulars, row.ticket_number) == (
        key,
        {"text_kind": "name", "places": 1, "signs": 3},
        number,
    )
    assert (entry.is_public, entry.text) == (False, "隐藏 1 处姓名（问题详细描述）")
    assert ticket_named(portal.runtime, number).version == before + 1


def test_a_line_break_and_blanks_match_as_the_page_shows_them(portal):
    number = claimed(portal.runtime, description="第一行写着李试样\r\n二号楼三单元，保存不了")
    assert seal(portal.runtime, number, "李试样\n二号楼").places == 1
    assert ticket_named(portal.runtime, number).excerpt.startswith("第一行写着****三单元")


def test_a_mask_that_the_passage_cuts_is_taken_whole(portal):
    number = claimed(portal.runtime, description="登录不上，密码：Qwer-7731 请看一下是什么原因")
    seal(portal.runtime, number, "密码：•••", kind="password")
    assert texts_of(portal.runtime, number)[2] == "登录不上，•••••••• 请看一下是什么原因"


def test_an_excerpt_that_cuts_the_passage_keeps_no_half_of_it(portal):
    number = claimed(portal.runtime, description="字" * 76 + LONG_NAME + "在这里，保存不了")
    assert LONG_NAME[:3] in ticket_named(portal.runtime, number).excerpt
    seal(portal.runtime, number, LONG_NAME)
    assert LONG_NAME[:2] not in ticket_named(portal.runtime, number).excerpt


def test_a_choice_is_never_taken_for_a_passage(portal):
    number = claimed(portal.runtime, description="点保存时提示 single error，其他都正常", scope="single")
    assert seal(portal.runtime, number, "single").places == 1
    assert ticket_named(portal.runtime, number).scope == "single"
    with portal.runtime.database.read() as session:
        report = session.get_one(Report, ticket_named(portal.runtime, number).report_id)
    assert report.answers["scope"] == "single"


@pytest.mark.parametrize(
    ("passage", "kind", "code"),
    [
        ("", "name", "required"),
        ("李", "name", "too_short"),
        ("字" * 501, "name", "too_long"),
        ("没有这段", "name", "not_found"),
        ("****", "other", "masked_value"),
        ("• **", "password", "masked_value"),
        ("138****8000", "phone", "masked_value"),
        ("有\x00字", "name", "invalid"),
        ("随访表", "whatever", "required"),
    ],
)
def test_it_refuses_what_cannot_be_sealed_and_changes_nothing(portal, passage, kind, code):
    number = claimed(portal.runtime, description="打开随访表，填好后点保存，提示参数错误，电话 138****8000")
    before = texts_of(portal.runtime, number)
    with pytest.raises(InvalidError) as refused:
        seal(portal.runtime, number, passage, kind)
    assert [fault.code for fault in refused.value.faults] == [code]
    assert texts_of(portal.runtime, number) == before


def test_it_must_stand_in_the_text_that_is_named(portal):
    number = claimed(portal.runtime, description="村民李试样的随访表保存不了，提示参数错误")
    with pytest.raises(InvalidError):
        seal(portal.runtime, number, "李试样", "name", field="note")
    assert seal(portal.runtime, number, "李试样", "name", field="description").key == "description.1"


def test_a_stranger_to_the_queue_cannot_seal(portal):
    number = claimed(portal.runtime)
    with pytest.raises(NotFoundError):
        seal(portal.runtime, number, "随访表", who="hanna")


def test_a_stale_version_is_refused(portal):
    number = claimed(portal.runtime)
    with pytest.raises(StaleTicketError):
        seal(portal.runtime, number, "随访表", version=1)


@pytest.mark.parametrize("kind", ["account", "password"])
def test_an_account_or_password_dies_when_the_ticket_closes(portal, kind):
    number = claimed(portal.runtime)
    do(portal.runtime, number, NOTE, text=f"墙上贴着 {SECRET} 这几个字")
    seal(portal.runtime, number, SECRET, kind)
    seal(portal.runtime, number, "墙上贴着", "other")
    do(portal.runtime, number, RESOLVE, text="已修复，请重新保存一次")
    confirmation.confirm(
        portal.runtime, at_clinic(), ticket_named(portal.runtime, number).id, is_solved=True, comment=""
    )  # fmt: skip
    with portal.runtime.database.read() as session:
        kept = dict(session.execute(select(SealedValue.label, SealedValue.value_sealed.is_not(None))).all())
    assert kept[f"备注中的{text_redaction.KIND_LABELS[kind]}"] is False
    assert kept["备注中的其他"] is True


def test_a_password_sealed_after_closing_is_destroyed_at_once(portal):
    number = closed_ticket(portal.runtime).number
    do(portal.runtime, number, NOTE, text=f"原来这里写着 {SECRET}")
    seal(portal.runtime, number, SECRET, "password", who="leo")
    with portal.runtime.database.read() as session:
        row = session.scalars(select(SealedValue).where(SealedValue.field == "note")).one()
        assert set(session.scalars(select(DataKey.purpose))) == {"report"}
    assert row.value_sealed is None and row.destroyed_at is not None


def test_an_id_number_that_no_rule_sees_is_found_by_its_number_afterwards(portal):
    number, wanted = claimed(portal.runtime), people.id_number(seed=83)
    spread = "・".join(wanted[at : at + 3] for at in range(0, 18, 3))  # read out over the phone
    do(portal.runtime, number, NOTE, text=f"号码 {spread}")
    assert seal(portal.runtime, number, spread, "id_number").places == 1
    assert f"号码 {wanted[:3]}{'*' * 11}{wanted[-4:]}" in texts_of(portal.runtime, number)
    with portal.runtime.database.read() as session:
        by_number = SealedValue.value_index.in_(portal.runtime.vault.blind_indexes(wanted))
        assert session.scalars(select(SealedValue.field).where(by_number)).all() == ["note"]


def planted(runtime, value):
    """A ticket with the value in every text that a ticket has."""
    number = claimed(
        runtime, description=f"保存时提示 {value} 参数错误，刷新后没有了", institution=f"高唐县杨屯乡{value}卫生室"
    )
    do(runtime, number, NOTE, text=f"备注 {value}")
    do(runtime, number, URGENCY, urgency="urgent", reason=f"因为 {value}")
    do(runtime, number, ASK, fields=["form_name", "operation_steps"], message=f"请补充 {value} 的表")
    receiving.supplement(
        runtime, at_clinic(), ticket_named(runtime, number).id,
        {"form_name": [f"表 {value}"], "operation_steps": [f"点开 {value}，再点保存，出现提示"]}, [],
    )  # fmt: skip
    do(runtime, number, REPLY, text=f"您好 {value}")
    do(runtime, number, RESOLVE, text=f"处理好了 {value}")
    confirmation.confirm(
        runtime, at_clinic(), ticket_named(runtime, number).id, is_solved=False, comment=f"还是不行 {value}"
    )
    return number


@pytest.mark.parametrize("value", [LONG_NAME, SECRET], ids=["chinese", "ascii"])
def test_nothing_of_it_is_left_in_any_row(portal, value):
    number = planted(portal.runtime, value)
    assert set(rows_with(portal.runtime, value)) >= {
        "reports.answers", "timeline_entries.text", "supplements.text", "information_requests.message",
        "tickets.resolution", "tickets.institution", "tickets.excerpt",
    }  # fmt: skip
    assert "tickets.search_text" in rows_with(portal.runtime, value.lower())
    assert seal(portal.runtime, number, value).places == 10
    assert rows_with(portal.runtime, value) == []
    assert rows_with(portal.runtime, value.lower()) == []


@pytest.mark.parametrize("value", [LONG_NAME, SECRET], ids=["chinese", "ascii"])
def test_nothing_of_it_is_left_in_any_file(sqlite_template, tmp_path, value):
    folder = tmp_path / "var"
    shutil.copytree(sqlite_template, folder)
    runtime = make_runtime(settings_in(folder))
    number = planted(runtime, value)
    shapes = [value.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be", "gbk")]
    shapes += [value.lower().encode(), json.dumps(value)[1:-1].encode()]
    assert found_in(folder, shapes) != []
    seal(runtime, number, value)
    assert found_in(folder, shapes) == []
    runtime.database.dispose()
    assert found_in(folder, shapes) == []


def test_no_permit_outlives_its_transaction_and_without_one_nothing_is_masked(portal):
    number = claimed(portal.runtime, description="村民李试样的随访表保存不了，提示参数错误")
    seal(portal.runtime, number, "李试样", "name")
    database, ticket = portal.runtime.database, ticket_named(portal.runtime, number)
    with database.read() as session:
        assert session.scalars(select(MaskingPermit)).all() == []
    value = ticket.report_id.hex if database.is_sqlite else str(ticket.report_id)
    for permit in (None, ticket.id):
        with pytest.raises(DBAPIError, match="insert-only"), database.transaction() as session:
            if permit:  # another report's
                session.add(MaskingPermit(report_id=permit))
                session.flush()
            session.execute(text(f"UPDATE reports SET answers = '{{\"a\": \"b\"}}' WHERE id = '{value}'"))
    for column, new in (("filed_by", "'x'"), ("answers", "'{}'")):
        with pytest.raises(DBAPIError, match="insert-only"), database.transaction() as session:
            session.add(MaskingPermit(report_id=ticket.report_id))
            session.flush()
            session.execute(text(f"UPDATE reports SET {column} = {new} WHERE id = '{value}'"))
    with pytest.raises(DBAPIError, match="insert-only"), database.transaction() as session:
        session.add(MaskingPermit(report_id=ticket.report_id))
        session.flush()
        session.execute(delete(Report))


def test_a_destroyed_report_has_nothing_left_to_seal(portal):
    from datetime import timedelta

    ticket = closed_ticket(portal.runtime, days_ago=31)
    schedule.run(portal.runtime, Schedule(timedelta(0), None, timedelta(days=30), None))
    with pytest.raises(InvalidError):
        seal(portal.runtime, ticket.number, "随访表", who="leo")


ID_TEXT = f"请核对 {people.id_number(seed=91)} 的档案"
ACTS = [
    (REPLY, {}, "回复里像是有身份证号，发送前请确认"),
    (NOTE, {}, "备注里像是有身份证号，保存前请确认"),
    (RESOLVE, {}, "处理结果里像是有身份证号，发送前请确认"),
    (ASK_VOID, {}, "原因里像是有身份证号，发送前请确认"),
    (ASK, {"fields": ["form_name"]}, "说明里像是有身份证号，发送前请确认"),
    (URGENCY, {"urgency": "urgent"}, "原因里像是有身份证号，保存前请确认"),
    (OFFER, {"assignee": "bob"}, "交接说明里像是有身份证号，保存前请确认"),
    (TRANSFER, {"queue": "his"}, "说明里像是有身份证号，保存前请确认"),
]


@pytest.mark.parametrize(("act", "given", "sentence"), ACTS, ids=[act.name for act, _, _ in ACTS])
def test_a_text_with_an_id_number_is_stopped_and_leaves_no_trace(portal, act, given, sentence):
    number = claimed(portal.runtime)
    before = texts_of(portal.runtime, number)
    with pytest.raises(SensitiveTextError) as stopped:
        do(portal.runtime, number, act, **given, **{act.texts()[0].name: ID_TEXT})
    assert stopped.value.message == sentence
    assert stopped.value.faults[0].code == "sensitive_text"
    assert texts_of(portal.runtime, number) == before
    assert rows_with(portal.runtime, people.id_number(seed=91)) == []


@pytest.mark.parametrize(("act", "given", "sentence"), ACTS, ids=[act.name for act, _, _ in ACTS])
def test_an_agreed_text_is_kept_with_the_number_sealed(portal, act, given, sentence):
    number = claimed(portal.runtime)
    ticket = do(portal.runtime, number, act, **given, **{act.texts()[0].name: ID_TEXT}, seal_found=True)
    masked = f"{people.id_number(seed=91)[:3]}{'*' * 11}{people.id_number(seed=91)[-4:]}"
    assert any(f"请核对 {masked} 的档案" in shown for shown in texts_of(portal.runtime, ticket.number)), sentence
    with portal.runtime.database.read() as session:
        assert lookup.by_number(session, ticket.number) is not None
        found = session.scalars(select(SealedValue).where(SealedValue.field.in_(["reply", "note", "resolution"]))).one()
        assert portal.runtime.vault.open_value(session, found) == people.id_number(seed=91)


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("账号：zsfake77", "账号"),
        ("密码改成 Fake#5512 了", "密码"),
        (f"账号：zsfake77 密码：Fake#5512，{people.id_number(seed=92)}", "账号、密码、身份证号"),
    ],
)
def test_the_words_follow_what_was_found(portal, written, found):
    number = claimed(portal.runtime)
    with pytest.raises(SensitiveTextError) as stopped:
        do(portal.runtime, number, REPLY, text=written)
    assert stopped.value.message == f"回复里像是有{found}，发送前请确认"


def test_a_phone_stops_nothing_and_stays_as_written(portal):
    number, words = claimed(portal.runtime), f"有问题请打 {people.landline(3)} 或 {people.phone(3)}"
    do(portal.runtime, number, REPLY, text=words)
    assert words in texts_of(portal.runtime, number)
    both = f"{words}，{people.id_number(seed=93)}"
    do(portal.runtime, number, REPLY, text=both, seal_found=True)
    assert any(words in shown and "*" * 11 in shown for shown in texts_of(portal.runtime, number))


def test_what_the_state_forbids_is_told_before_the_text_is_judged(portal):
    number = closed_ticket(portal.runtime).number
    with pytest.raises(ConflictError):
        do(portal.runtime, number, REPLY, text=ID_TEXT)

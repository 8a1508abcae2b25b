"""The directory is sealed nowhere: ID numbers stay out of it, also out of what waits to be confirmed."""

import json

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEvent
from portal.institutions import importing
from portal.institutions.models import DirectoryEntry, DirectoryImport
from tests.factories import people
from tests.factories.cast import actor
from tests.factories.directories import csv_of
from tests.factories.portals import csrf_of, post

NUMBER = people.id_number(seed=4711)
GOOD = ("高唐县", "杨屯乡", "张四屯卫生室", "", "村级", "王维护", "")


@pytest.mark.parametrize("column", range(6))
def test_a_line_with_an_id_number_is_refused_and_staged_masked(portal, column):
    bad = [cell + NUMBER if at == column else cell for at, cell in enumerate(GOOD)]
    content = csv_of(bad, ("高唐县", "杨屯乡", "卫生院", "", "乡镇级", "", ""))
    with portal.runtime.database.transaction() as session:
        staged = importing.stage(
            session, actor(portal.runtime, "leo"), f"{NUMBER}.csv", importing.rows_of(content)
        )  # fmt: skip
        plan = importing.plan_of(session, importing.staged_lines(staged))
    assert [line.verdict.value for line in plan.lines] == ["refused", "new"]
    assert "有一格里像是身份证号，名录里不能写，请删去" in plan.lines[0].notes
    with portal.runtime.database.read() as session:
        kept = session.scalars(select(DirectoryImport)).one()
    assert NUMBER not in json.dumps(kept.rows) + kept.file_name + repr(plan)
    assert kept.file_name == f"{NUMBER[:3]}***********{NUMBER[-4:]}.csv"


def test_the_command_line_keeps_no_id_number_of_a_file_name(portal):
    rows = importing.rows_of(csv_of(GOOD))
    importing.import_now(
        portal.runtime.database, actor(portal.runtime, "leo"), f"{NUMBER}.csv", rows, is_dry_run=False
    )  # fmt: skip
    with portal.runtime.database.read() as session:
        details = session.scalars(
            select(AuditEvent.particulars).where(AuditEvent.tag == "institution:import").order_by(AuditEvent.seq)
        ).all()
    assert len(details) == 1 and details[0] and NUMBER not in str(details[0])


@pytest.mark.parametrize("name", [f"浪潮系统{NUMBER}", "账号：zsttest01 密码：Invented#Pass77", "浪潮 13900000017"])
def test_nobody_can_type_a_secret_into_the_list_of_former_systems(portal, name):
    leo = portal.signed_in("leo")
    refused = post(leo, "/previous-systems", "/previous-systems", name=name)
    assert refused.status_code == 422 and "请只写系统名称" in refused.text
    assert name not in portal.browser().get("/report/general").text


def test_nobody_can_type_an_id_number_into_the_directory(portal):
    leo = portal.signed_in("leo")
    assert csrf_of(leo.get("/institutions/new").text)
    answer = post(
        leo, "/institutions/new", "/institutions", county="高唐县", town="杨屯乡", village="张四屯卫生室",
        aliases=f"四屯{NUMBER}", keeper=f"王维护{NUMBER}",
    )  # fmt: skip
    assert answer.status_code == 422
    assert answer.text.count("这里像是有身份证号，名录里不能写，请删去") >= 2
    with portal.runtime.database.read() as session:
        assert session.scalars(select(DirectoryEntry)).all() == []

"""协作部门: the list, and the people of a department."""

import pytest
from sqlalchemy import select

from portal.accounts import departments
from portal.accounts.models import Department, User
from tests.factories.cast import DEPARTMENT, add_department, add_partners
from tests.factories.portals import post

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
LIST = "/admin/departments"


def rows(portal):
    with portal.runtime.database.read() as session:
        return {row.name: row for row in departments.every(session)}


def test_departments_are_added_renamed_and_switched_off(portal):
    ada = portal.signed_in("ada")
    assert post(ada, LIST, LIST, name=" 信息科 ").status_code == 303
    row = rows(portal)["信息科"]
    assert post(ada, LIST, LIST, name="信息　科").status_code == 422  # the same to the eye
    assert post(ada, LIST, f"{LIST}/{row.id}/name", name="信息中心", version="1").status_code == 303
    assert post(ada, LIST, f"{LIST}/{row.id}/name", name="网络科", version="1").status_code == 409
    assert post(ada, LIST, f"{LIST}/{row.id}/disable").status_code == 303
    assert not rows(portal)["信息中心"].is_active
    assert "已停用" in ada.get(LIST).text


@pytest.mark.parametrize("name", ["", "   ", "长" * 61, "张三 13812345678"])
def test_a_bad_name_is_refused(portal, name):
    assert post(portal.signed_in("ada"), LIST, LIST, name=name).status_code == 422


def test_a_partner_needs_a_department_and_has_no_queue(portal):
    add_department(portal.runtime, DEPARTMENT)
    ada, new = portal.signed_in("ada"), "/admin/people/new"
    fields = {"username": "petra", "display_name": "小周", "role": "partner", "queues": ["general"]}
    refused = post(ada, new, "/admin/people", **fields)
    assert refused.status_code == 422 and "选择部门" in refused.text
    assert post(ada, new, "/admin/people", **fields, department=DEPARTMENT).status_code == 200  # made password
    with portal.runtime.database.read() as session:
        user = session.scalars(select(User).where(User.username == "petra")).one()
        assert (user.queues, session.get_one(Department, user.department_id).name) == ([], DEPARTMENT)


def test_somebody_else_belongs_to_none(portal):
    add_department(portal.runtime, DEPARTMENT)
    fields = {"username": "chen", "display_name": "陈工", "role": "engineer", "queues": ["his"]}
    post(portal.signed_in("ada"), "/admin/people/new", "/admin/people", **fields, department=DEPARTMENT)
    with portal.runtime.database.read() as session:
        assert session.scalars(select(User.department_id).where(User.username == "chen")).one() is None


def test_a_partner_who_changes_department_is_signed_out_of_the_old_one(portal):
    add_partners(portal.runtime)
    add_department(portal.runtime, "检验科")
    petra, ada = portal.signed_in("petra"), portal.signed_in("ada")
    with portal.runtime.database.read() as session:
        user = session.scalars(select(User).where(User.username == "petra")).one()
    page = f"/admin/people/{user.id}"
    fields = {"display_name": user.display_name, "role": "partner", "department": "检验科"}
    assert post(ada, page, page, version=str(user.version), **fields).status_code == 303
    assert petra.get("/collaborations").status_code == 303

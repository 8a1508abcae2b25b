"""/modules: one list per queue, kept by its leads; forms offer it in its order (REQUIREMENTS F3)."""

import pytest
from sqlalchemy import select

from portal.accounts import users
from portal.audit.actor import SYSTEM
from portal.institutions.models import Module
from tests.factories.cast import password_of
from tests.factories.portals import Portal, post

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def rows(portal: Portal, queue: str) -> list[Module]:
    with portal.runtime.database.read() as session:
        return list(session.scalars(select(Module).where(Module.queue == queue).order_by(Module.position)))


def test_a_list_is_kept_and_offered_in_its_order(portal: Portal) -> None:
    lead = portal.signed_in("leo")
    assert post(lead, "/modules", "/modules", queue="his", name=" 检验 ").status_code == 303
    last = rows(portal, "his")[-1]
    post(lead, "/modules", f"/modules/{last.id}/rise")
    post(lead, "/modules", f"/modules/{rows(portal, 'his')[0].id}/disable")
    post(lead, "/modules", f"/modules/{last.id}/name", name="检验科", version="1")
    names = [row.name for row in rows(portal, "his")]
    assert names == ["挂号", "收费", "开方", "发药", "住院", "检验科", "结算"]
    page = portal.browser().get("/report/his").text
    offered = page[page.index('id="field-module-list"') if 'id="field-module-list"' in page else 0 :]
    assert "检验科" in offered and "挂号</option>" not in offered and 'value="挂号"' not in offered
    assert "检验科" not in portal.browser().get("/report/general").text
    for name in ("检验科", "", "长" * 101, "13800135791 找我"):
        refused = post(lead, "/modules", "/modules", queue="his", name=name)
        assert refused.status_code == 422 and "field--refused" in refused.text
    assert post(lead, "/modules", "/modules", queue="general", name="检验科").status_code == 303
    stale = post(lead, "/modules", f"/modules/{last.id}/name", name="化验", version="1")
    assert stale.status_code == 409 and "现在保存的：检验科" in stale.text


def test_the_list_of_a_foreign_queue_is_not_there(portal: Portal) -> None:
    with portal.runtime.database.transaction() as session:
        told = {"username": "lars", "role": "lead", "queues": ["general"], "display_name": "吴主管"}
        users.add_user(session, SYSTEM, password=password_of("lars"), **told)
    lead = portal.signed_in("lars")
    page = lead.get("/modules").text
    assert "居民档案" in page and "挂号" not in page
    row = rows(portal, "his")[0]
    assert post(lead, "/modules", "/modules", queue="his", name="检验").status_code == 404
    for what in ("name", "rise", "disable", "enable"):
        assert post(lead, "/modules", f"/modules/{row.id}/{what}", name="检验", version="1").status_code == 404
    admin = portal.signed_in("ada").get("/modules")
    assert admin.status_code == 200 and "挂号" in admin.text and "居民档案" in admin.text
    assert portal.signed_in("alice").get("/modules").status_code == 403

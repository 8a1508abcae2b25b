"""定性: leads add causes and switch them off; tickets keep what they have (REQUIREMENTS F5)."""

import pytest

from portal.acts import root_causes
from portal.acts.table import CLAIM, CLASSIFY
from tests.acts.desk import Desk
from tests.factories.portals import Portal, csrf_of

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def test_a_lead_adds_a_cause_and_switches_it_off(portal: Portal) -> None:
    leo, desk = portal.signed_in("leo"), Desk(portal.runtime)
    csrf = csrf_of(leo.get("/root-causes").text)
    assert leo.post("/root-causes", data={"csrf": csrf, "name": " 网络 中断 "}).status_code == 303
    for wrong in ("", "网络 中断", "产品故障", "长" * 31, "电话 13800138000"):
        refused = leo.post("/root-causes", data={"csrf": csrf, "name": wrong})
        assert refused.status_code == 422 and 'aria-invalid="true"' in refused.text, wrong
    desk.act(CLAIM)
    desk.act(CLASSIFY, root_cause="网络 中断")
    with portal.runtime.database.read() as session:
        [row] = root_causes.every(session)
    assert leo.post(f"/root-causes/{row.id}/disable", data={"csrf": csrf}).status_code == 303
    with portal.runtime.database.read() as session:
        assert "网络 中断" in dict(root_causes.options(session, desk.ticket))  # it has it
        assert "网络 中断" not in dict(root_causes.options(session, Desk(portal.runtime).ticket))
    assert portal.signed_in("alice").get("/root-causes").status_code == 403

"""The 系统 page: what a system administrator has to see without looking into the database."""

from portal.notify.channel import RefusedError
from portal.notify.delivery import Dispatcher
from tests.factories.portals import Portal
from tests.factories.reports import file_report
from tests.notify.channels import Recorder, raising


def test_it_tells_what_waits_to_be_sent_and_what_was_given_up(portal: Portal) -> None:
    ada = portal.signed_in("ada")
    assert "没有等待发送的" in ada.get("/admin/system").text
    file_report(portal.runtime)
    assert Dispatcher(portal.runtime.database, [Recorder(before=raising(RefusedError()))]).run() == 0
    assert "没有等待发送的；1 条未能送达" in ada.get("/admin/system").text
    file_report(portal.runtime)
    page = ada.get("/admin/system").text
    assert "1 条等待发送，最早的在 20" in page and "1 条未能送达" in page

"""/admin/notifications: matrix, quiet hours, trials with their result, the log without content, try again."""

from threading import Barrier

from sqlalchemy import select

from portal.audit.models import AuditEvent
from portal.notification_settings import Bot, NotificationSettings
from portal.notify import matrix, outbox
from portal.notify.channel import permanent
from portal.notify.channels.active import active_channels
from portal.notify.delivery import Dispatcher
from portal.notify.events import Event
from portal.notify.models import Delivery, QuietHours
from portal.notify.recipients import RecipientKind
from tests.factories.portals import Portal, csrf_of
from tests.factories.reports import file_report
from tests.notify.channels import Recorder
from tests.notify.servers import dead_port, http_server, smtp_server
from tests.pages.admin.test_stale_forms import version_of

PAGE = "/admin/notifications"


def on(portal: Portal) -> list[str]:
    with portal.runtime.database.read() as session:
        every = [cell for _, row in matrix.cells(matrix.load(session)) for cell in row if cell]
    return [f"{cell.event}:{cell.way}" for cell in every if cell.is_on]


def ticks(cells: list[str]) -> dict[str, list[str]]:
    """As the form sends them: a field for each event, its ways the values."""
    sent: dict[str, list[str]] = {}
    for event, _, way in (cell.partition(":") for cell in cells):
        sent.setdefault(event, []).append(way)
    return sent


def submit(portal: Portal, path: str, name: str = "ada", **fields):
    """With the version that the page's form for this path carries, if there is one."""
    browser = portal.signed_in(name)
    page = browser.get(PAGE if path.startswith(PAGE) else "/account").text
    return browser.post(path, data={"csrf": csrf_of(page), "version": version_of(page, path), **fields})


def test_the_matrix_is_saved_as_ticked_and_recorded(portal: Portal) -> None:
    cells = [cell for cell in on(portal) if cell != "report-filed:wecom"] + ["supplemented:mail"]
    answer = submit(portal, PAGE, **ticks(cells))
    assert answer.headers["location"] == f"{PAGE}?done=saved"
    assert set(on(portal)) == set(cells)
    with portal.runtime.database.read() as session:
        row = session.scalars(select(AuditEvent).where(AuditEvent.tag == "notifications:change")).one()
    assert row.particulars == {"cells": ["report-filed:wecom:off", "supplemented:mail:on"]}
    assert row.actor_name == "ada"


def test_what_must_be_told_cannot_be_switched_off(portal: Portal) -> None:
    answer = submit(portal, PAGE, **ticks(["report-filed:wecom"]))
    assert answer.status_code == 422 and "标有“必须”的通知不能关闭" in answer.text
    assert "reveal-alarm:mail" in on(portal)


def test_quiet_hours_of_clinics_are_kept(portal: Portal) -> None:
    assert submit(portal, f"{PAGE}/quiet", quiet_begins="20:30", quiet_ends="07:30").status_code == 303
    with portal.runtime.database.read() as session:
        kept = session.get(QuietHours, "clinics")
        assert kept is not None and (kept.begins, kept.ends) == ("20:30", "07:30")
    assert submit(portal, f"{PAGE}/quiet", quiet_begins="25:00", quiet_ends="07:30").status_code == 422


def test_who_saves_what_another_has_changed_meanwhile_is_told_and_keeps_the_ticks(portal: Portal) -> None:
    ada = portal.signed_in("ada")
    old = ada.get(PAGE).text
    carried = {"csrf": csrf_of(old), "version": version_of(old, PAGE)}
    hours = {"csrf": csrf_of(old), "version": version_of(old, f"{PAGE}/quiet")}
    cells = on(portal)
    assert submit(portal, PAGE, **ticks([*cells, "supplemented:mail"])).status_code == 303
    assert submit(portal, f"{PAGE}/quiet", quiet_begins="20:30", quiet_ends="07:30").status_code == 303

    mine = [cell for cell in cells if cell != "report-filed:wecom"]
    stale = ada.post(PAGE, data={**carried, **ticks(mine)})
    late = ada.post(f"{PAGE}/quiet", data={**hours, "quiet_begins": "22:00", "quiet_ends": "06:00"})

    assert (stale.status_code, late.status_code) == (409, 409)
    assert set(on(portal)) == {*cells, "supplemented:mail"}
    assert stale.text.count('<details class="fold" open>') == 2
    assert stale.text.count("现在保存的：开") == 2, "the mail of theirs, the group message of mine"
    assert "现在保存的：20:30 到 07:30" in late.text and 'value="22:00"' in late.text


def test_a_trial_says_what_came_of_it(portal: Portal) -> None:
    with http_server(body=b'{"errcode": 0}') as good, smtp_server() as mails:
        notifications = NotificationSettings(
            smtp_url=mails.url, mail_from="portal@clinic.example",
            wecom={"": Bot(good.url), "his": Bot(f"http://127.0.0.1:{dead_port()}/geheim")},
        )  # fmt: skip
        portal.change_settings(notifications=notifications)
        answer = submit(portal, f"{PAGE}/test", channel="wecom")
        mail = submit(portal, f"{PAGE}/test", channel="mail")
        assert "这是一条测试通知" in good.received[0].body.decode()
        assert len(mails.mails) == 1
    assert "企业微信（各队列共用）：已送达" in answer.text and "企业微信（HIS）：没有送达，连接不上" in answer.text
    assert "geheim" not in answer.text
    assert "邮件：已送达" in mail.text


def test_a_trial_asks_all_places_at_once_and_tells_the_services_own_code(portal: Portal) -> None:
    together = Barrier(3)
    with http_server(body=b'{"errcode": 300001}', before=lambda: together.wait(20)) as refusing:
        bots = {queue: Bot(refusing.url) for queue in ("", "general", "his")}
        portal.change_settings(notifications=NotificationSettings(dingtalk=bots))
        answer = submit(portal, f"{PAGE}/test", channel="dingtalk")
    assert answer.text.count("没有送达，对方拒绝接收（代码 300001）") == 3
    assert 'data-busy-text="正在发送…"' in answer.text


def test_a_trial_without_settings_or_phone_is_refused(portal: Portal) -> None:
    answer = submit(portal, f"{PAGE}/test", channel="dingtalk")
    assert answer.status_code == 409 and "渠道“钉钉”还没有设置" in answer.text
    portal.change_settings(notifications=NotificationSettings(sms_url="https://sms.invalid/send"))
    assert submit(portal, f"{PAGE}/test", channel="sms").status_code == 422


def test_a_lost_message_is_listed_without_content_and_sent_again(portal: Portal) -> None:
    number = file_report(portal.runtime).number
    hook = Recorder(name="webhook", reaches=RecipientKind.WEBHOOK, before=lambda _: permanent(410))
    Dispatcher(portal.runtime.database, [hook, *active_channels(portal.runtime)]).run()
    page = portal.signed_in("ada").get(f"{PAGE}?trouble=1").text
    assert number in page and "对方拒收 · 对方拒绝接收（代码 410）" in page
    assert "高唐县杨屯乡张四屯卫生室" not in page
    with portal.runtime.database.read() as session:
        lost = session.scalars(select(Delivery).where(Delivery.status == "failed")).one()
    assert submit(portal, f"{PAGE}/deliveries/{lost.id}/again").status_code == 303
    assert submit(portal, f"{PAGE}/deliveries/{lost.id}/again").status_code == 409
    well = Recorder(name="webhook", reaches=RecipientKind.WEBHOOK)
    assert Dispatcher(portal.runtime.database, [well]).run() == 1
    assert well.told[0].id == lost.id


def test_only_administrators_of_the_system_come_here(portal: Portal) -> None:
    for name in ("alice", "leo", "agnes"):
        assert portal.signed_in(name).get(PAGE).status_code == 403


def test_the_log_pages_through_everything_once(portal: Portal) -> None:
    for _ in range(60):
        with portal.runtime.database.transaction() as session:
            outbox.add(session, Event.REPLIED, "RC2026110001")
    Dispatcher(portal.runtime.database, active_channels(portal.runtime)).run()
    browser, path, seen = portal.signed_in("ada"), PAGE, 0
    while path:
        page = browser.get(path).text
        seen += page.count('<td class="number">RC2026110001</td>')
        _, _, after = page.partition('rel="next" href="')
        path = after.partition('"')[0].replace("&amp;", "&").partition("#")[0]
    assert seen == 60

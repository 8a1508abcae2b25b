"""What is destroyed, held, saved and brought back, and the keys."""

import re
import shutil
import uuid
from datetime import timedelta

from sqlalchemy import update

from portal import clock
from portal.audit.tags import Tag
from portal.cli.commands import ADMINISTRATOR
from portal.db import Database
from portal.disclosure import own_copy
from portal.notify.channel import Outgoing
from portal.notify.contact_phones import PhoneBook
from portal.notify.message import Message
from portal.tickets.models import Ticket
from portal.vault.models import SealedValue, VaultState
from portal.worker import sweep_uploads
from tests.audit.events.scene import Scene, Told, Where, event
from tests.factories.closing import closed_ticket
from tests.factories.people import id_number
from tests.factories.portals import post
from tests.factories.reports import file_report
from tests.progress.test_recalculation import day_ahead

DELIVERY = uuid.UUID("12345678-1234-4234-8234-1234567890ab")


def closed(scene: Scene, days_ago: int) -> None:
    with scene.before():
        scene.subject = closed_ticket(scene.runtime, days_ago=days_ago).number


@event(
    Tag.CREDENTIALS_DESTROYED, "system", Where.COMMAND, ticket=True, rows=(Tag.CREDENTIALS_DESTROYED, Tag.TICKET_CLOSED)
)  # fmt: skip
def _(scene: Scene) -> Told:
    scene.resolved()
    scene.act("closure", way="phone", text="电话确认")
    return {"values": 2}


@event(
    Tag.PICTURES_DESTROYED, "system", Where.COMMAND, ticket=True, rows=(Tag.PICTURES_DESTROYED, Tag.RETENTION_RUN)
)  # fmt: skip
def _(scene: Scene) -> Told:
    closed(scene, days_ago=10)
    scene.command("retention", "run", PORTAL_KEEP_PICTURES_DAYS="7")
    return {"pictures": 1}


@event(Tag.REPORT_DESTROYED, "system", Where.COMMAND, ticket=True, rows=(Tag.REPORT_DESTROYED, Tag.RETENTION_RUN))
def _(scene: Scene) -> Told:
    closed(scene, days_ago=40)
    scene.command("retention", "run", PORTAL_KEEP_REPORTS_DAYS="30")
    return {"pictures": 1}


@event(Tag.RETENTION_RUN, "command line", Where.COMMAND)
def _(scene: Scene) -> Told:
    scene.command("retention", "run")
    return {"credentials": 0, "pictures": 0, "reports": 0}


@event(Tag.RETENTION_RUN, "command line", Where.COMMAND, rows=(Tag.REPORT_DESTROYED, Tag.RETENTION_RUN))
def _(scene: Scene) -> Told:
    closed(scene, days_ago=40)
    scene.command("retention", "run", PORTAL_KEEP_REPORTS_DAYS="30")
    return {"credentials": 0, "pictures": 0, "reports": 1}


@event(
    Tag.REPORT_ERASED, "command line", Where.COMMAND, ticket=True, reason="本人请求",
    rows=(Tag.REPORT_DESTROYED, Tag.REPORT_ERASED),
)  # fmt: skip
def _(scene: Scene) -> None:
    closed(scene, days_ago=1)
    scene.command("retention", "erase", scene.subject, "--reason", "本人请求")


@event(
    Tag.OWN_COPY_MADE, "command line", Where.COMMAND, ticket=True, field="id_number", reason="本人请求",
)  # fmt: skip
def _(scene: Scene) -> None:
    with scene.before():
        scene.subject = file_report(scene.runtime, id_number=id_number(seed=61)).number
    own_copy.make(scene.runtime, ADMINISTRATOR, id_number(seed=61), "本人请求")


@event(Tag.HOLD_SET, "command line", Where.COMMAND, ticket=True, reason="主管部门调查")
def _(scene: Scene) -> None:
    scene.command("retention", "hold", scene.number, "--reason", "主管部门调查")


@event(Tag.HOLD_RELEASED, "command line", Where.COMMAND, ticket=True)
def _(scene: Scene) -> None:
    with scene.before():
        scene.command("retention", "hold", scene.number, "--reason", "主管部门调查")
    scene.command("retention", "release", scene.number)


@event(Tag.UPLOADS_SWEPT, "system", Where.COMMAND)
def _(scene: Scene) -> Told:
    scene.runtime.blobs.put("0" * 32, b"nobody's")
    scene.runtime.blobs.put("1" * 32, b"nobody's")
    sweep_uploads(scene.runtime, grace=timedelta(0))
    return {"files": 2}


@event(Tag.BACKUP_MADE, "command line", Where.COMMAND)
def _(scene: Scene) -> Told:
    with scene.before():
        file_report(scene.runtime)
    scene.command("backup", f"{scene.settings.data_dir}.backup")
    return {"reports": 1, "pictures": 1}


@event(Tag.BACKUP_RESTORED, "command line", Where.COMMAND)
def _(scene: Scene) -> Told:
    saved, elsewhere = f"{scene.settings.data_dir}.backup", scene.settings.data_dir.with_name("elsewhere")
    after = scene.last()
    with scene.before():
        scene.command("backup", saved)
    elsewhere.mkdir()
    shutil.copy(scene.settings.keyring, elsewhere / "keyring.json")
    scene.command("restore", saved, PORTAL_DATA_DIR=str(elsewhere), PORTAL_UPLOADS=str(elsewhere / "uploads"))
    scene.look_into(Database(f"sqlite:///{elsewhere}/portal.db"), after)
    return {"made_at": scene.rows()[0].particulars["made_at"]}


@event(
    Tag.DESTRUCTIONS_REAPPLIED, "system", Where.COMMAND, rows=(Tag.DESTRUCTIONS_REAPPLIED, Tag.BACKUP_RESTORED)
)  # fmt: skip
def _(scene: Scene) -> Told:
    saved, elsewhere = f"{scene.settings.data_dir}.backup", scene.settings.data_dir.with_name("elsewhere")
    scene.resolved()
    after = scene.last()
    with scene.before():
        scene.command("backup", saved)
        scene.act("closure", way="phone", text="电话确认")
    elsewhere.mkdir()
    for name in ("keyring.json", "destroyed.jsonl"):
        shutil.copy(scene.settings.data_dir / name, elsewhere / name)
    scene.command("restore", saved, PORTAL_DATA_DIR=str(elsewhere), PORTAL_UPLOADS=str(elsewhere / "uploads"))
    scene.look_into(Database(f"sqlite:///{elsewhere}/portal.db"), after)
    return {"destructions": 1}


@event(Tag.KEY_ROTATED, "command line", Where.COMMAND, rows=(Tag.KEY_ROTATED, Tag.KEY_ROTATED))
def _(scene: Scene) -> list[Told]:
    with scene.before():
        file_report(scene.runtime)
    scene.command("keys", "rotate")
    key = scene.runtime.vault.keyring.active_key_id
    return [{"active_key": key}, {"active_key": key, "rewrapped": 2, "unopened": 0}]


@event(
    Tag.KEY_ROTATED, "command line", Where.COMMAND, rows=(Tag.KEY_ROTATED, Tag.KEY_ROTATED, Tag.KEY_ROTATED)
)  # fmt: skip
def _(scene: Scene) -> list[Told]:
    with scene.before():
        file_report(scene.runtime)
    scene.command("keys", "rotate", "--suite", "aes-256-gcm")
    key = scene.runtime.vault.keyring.active_key_id
    rotated = [{"active_key": key}, {"active_key": key, "rewrapped": 2, "unopened": 0}]
    return [*rotated, {"suite": "aes-256-gcm", "converted": 0, "unopened": 0}]


@event(Tag.SEALS_BOUND, "system", Where.COMMAND)
def _(scene: Scene) -> Told:
    with scene.before():
        file_report(scene.runtime)
        with scene.runtime.database.transaction() as session:
            session.get_one(VaultState, 1).bound_at = None
            session.execute(update(SealedValue).values(proof=None))
    scene.command("keys", "bind")
    return {"bound": 3, "unopened": 0, "keys_listed": 0}


@event(Tag.KEY_RETIRED, "command line", Where.COMMAND)
def _(scene: Scene) -> Told:
    old = scene.runtime.vault.keyring.active_key_id
    with scene.before():
        scene.command("keys", "rotate")
    scene.command("keys", "retire", old)
    return {"key": old}


@event(Tag.CALENDAR_CHANGED, "command line", Where.COMMAND)
def _(scene: Scene) -> Told:
    table = scene.settings.data_dir / "2027.csv"
    table.write_text("day,is_working,name\n2027-01-01,0,元旦\n2027-01-03,0,元旦\n", encoding="utf-8")
    scene.command("calendar", "import", str(table))
    return {"year": 2027, "calendar_days": 1, "source": "manual"}


@event(Tag.CALENDAR_DAY_EDITED, "leo", reason="机房停电")
def _(scene: Scene) -> Told:
    fields = {"day": "2027-02-09", "is_working": "0", "name": "停电", "note": "机房停电"}
    scene.post("leo", "/admin/time", "/admin/time/days", **fields)
    return {"day": "2027-02-09", "is_working": False}


@event(Tag.CLOCKS_RECALCULATED, "leo")
def _(scene: Scene) -> Told:
    page = "/admin/time/recalculation"
    with scene.before():
        file_report(scene.runtime)
        day = day_ahead(scene.portal, is_working=True)
        scene.post("leo", "/admin/time", "/admin/time/days", day=day, is_working="0", name="停电", note="检修")
    state = re.search(r'name="state" value="(\d+)"', scene.page("leo").get(page).text)
    scene.post("leo", page, page, state=state[1] if state else "")
    return {"clocks": 1}


@event(Tag.NOTIFICATIONS_CHANGED, "ada", Where.STAFF)
def _(scene: Scene) -> Told:
    fields = {"quiet_begins": "20:00", "quiet_ends": "08:00"}
    post(scene.page("ada"), "/admin/notifications", "/admin/notifications/quiet", **fields)
    return {"quiet_hours": "20:00-08:00"}


@event(Tag.TEXTS_STOPPED, "agnes", ticket=True, reason="机构来电要求")
def _(scene: Scene) -> None:
    number = scene.number
    with scene.runtime.database.transaction() as session:
        session.execute(update(Ticket).where(Ticket.number == number).values(sms_notice="1"))
    scene.act("sms-withdrawal", "agnes", reason="机构来电要求")


@event(Tag.CONTACT_NOTIFIED, "system", Where.COMMAND, ticket=True)
def _(scene: Scene) -> Told:
    with scene.before():
        scene.subject = file_report(scene.runtime, contact_phone="13800135791").number
        with scene.runtime.database.transaction() as session:
            session.execute(update(Ticket).values(sms_notice="2026-11-28"))
    said = Message("report-filed", scene.subject, "您的问题已收到", clock.now())
    PhoneBook(scene.runtime).open_for(Outgoing(DELIVERY, 1, "", said))
    return {"event": "report-filed", "delivery": str(DELIVERY)}

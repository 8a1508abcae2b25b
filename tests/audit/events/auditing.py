"""The trail about itself: who read, checked, exported, purged and sampled it."""

from datetime import timedelta

from sqlalchemy import select, update

from portal import clock
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.retention import schedule
from portal.retention.schedule import Schedule
from portal.sampling.models import Sample, SampledRow
from tests.api.calls import V1, act
from tests.audit.events.scene import Scene, Told, Where, event
from tests.audit.tampering import forget_all, lift_the_guard


def look(scene: Scene, address: str) -> None:
    answer = scene.page("leo").get(address)
    assert answer.status_code == 200, answer.text


@event(Tag.AUDIT_VIEWED, "leo")
def _(scene: Scene) -> Told:
    assert scene.api("leo").get(f"{V1}/audit").status_code == 200
    return {"view": "api"}


@event(Tag.AUDIT_VIEWED, "leo")
def _(scene: Scene) -> Told:
    look(scene, "/review?who=alice&action=field:reveal&field=login_password&from=2026-01-01&to=2026-01-31")
    days = {"since": "2026-01-01", "until": "2026-01-31"}
    return {"person": "alice", "action": "field:reveal", "field": "login_password", **days}


@event(Tag.AUDIT_VIEWED, "leo")
def _(scene: Scene) -> Told:
    look(scene, f"/review?ticket={scene.number}&action=refused&who=clinic")
    return {"ticket": scene.number, "action": "refused", "person": "clinic"}


@event(Tag.AUDIT_VIEWED, "leo", ticket=True)
def _(scene: Scene) -> Told:
    look(scene, f"/review/tickets/{scene.number}?show=looks")
    return {"view": "accesses"}


@event(Tag.AUDIT_VIEWED, "leo")
def _(scene: Scene) -> Told:
    look(scene, "/review/people/alice")
    return {"view": "accesses", "person": "alice"}


@event(Tag.AUDIT_VIEWED, "leo")
def _(scene: Scene) -> Told:
    look(scene, "/review/approvals")
    return {"view": "break-glass"}


@event(Tag.AUDIT_VERIFIED, "leo")
def _(scene: Scene) -> Told:
    scene.page("leo")
    count = scene.last()
    scene.post("leo", "/account", "/review/verification", expected=200)
    return {"rows": count, "checkpoints": 1}


@event(Tag.AUDIT_VERIFIED, "leo", fails=True)
def _(scene: Scene) -> Told:
    scene.page("leo")
    lift_the_guard(scene.database)
    with scene.database.transaction() as session:
        session.execute(update(AuditEvent).where(AuditEvent.seq == 3).values(reason="x"))
    scene.post("leo", "/account", "/review/verification", expected=200)
    return {"broken_row": 3, "problem": "the row was changed"}


@event(Tag.AUDIT_VERIFIED, "command line", Where.COMMAND)
def _(scene: Scene) -> Told:
    count = scene.last()
    scene.command("audit", "verify")
    return {"rows": count, "checkpoints": 1}


@event(Tag.AUDIT_VERIFIED, "command line", Where.COMMAND)
def _(scene: Scene) -> Told:
    scene.command("audit", "restart")
    return {"is_new_file": True}


@event(Tag.AUDIT_EXPORTED, "command line", Where.COMMAND)
def _(scene: Scene) -> Told:
    count, yesterday = scene.last(), clock.china_today() - timedelta(days=1)  # the first row may be older than midnight
    scene.command("audit", "export", "--from", yesterday.isoformat(), f"{scene.settings.data_dir}/export.jsonl")
    since = scene.rows()[0].particulars["since"]
    assert since.startswith("20") and "T" in since
    return {"first_row": 1, "last_row": count, "since": since}


def old(scene: Scene) -> None:
    """A trail of one row, of 200 days ago."""
    forget_all(scene.database)
    scene.runtime.checkpoints.path.unlink(missing_ok=True)
    with scene.later(days=-200):
        scene.command("tokens", "add", "desk", "--user", "bob", "--days", "730")
    scene.offset = timedelta(0)
    scene.look_into(scene.database, after=1)


@event(Tag.TRAIL_PURGED, "command line", Where.COMMAND, rows=(Tag.RETENTION_RUN, Tag.TRAIL_PURGED))
def _(scene: Scene) -> Told:
    old(scene)
    scene.command("retention", "run", PORTAL_KEEP_TRAIL_DAYS="180")
    return {"first_row": 1, "last_row": 1, "base": 1}


@event(Tag.TRAIL_PURGED, "system", Where.COMMAND, fails=True)
def _(scene: Scene) -> Told:
    old(scene)
    scene.runtime.checkpoints.make()
    scene.runtime.checkpoints.path.unlink()
    scene.portal.change_settings(keep_trail_days=180)
    schedule.run(scene.runtime, Schedule.of(scene.portal.settings), is_quiet=True)
    return {"problem": "checkpoints are missing"}


def drawn(scene: Scene, name: str = "alice") -> tuple[Sample, SampledRow]:
    """A sample of one look at a password."""
    with scene.before():
        number, today = scene.number, clock.china_today().isoformat()
        act(scene.api(name), number, "reveals", field="login_password", reason="核对数据")
    days = {"from": today, "to": today, "size": "10", "seed": "seed-2026"}
    scene.post("leo", "/review/samples", "/review/samples", **days)
    with scene.runtime.database.read() as session:
        return session.scalars(select(Sample)).one(), session.scalars(select(SampledRow)).one()


def marked(scene: Scene, mark: str, note: str = "") -> SampledRow:
    with scene.before():
        sample, row = drawn(scene)
    page = f"/review/samples/{sample.id}"
    scene.post("leo", page, f"{page}/rows/{row.place}", mark=mark, note=note)
    return row


@event(Tag.SAMPLE_DRAWN, "leo")
def _(scene: Scene) -> Told:
    drawn(scene)
    return {"seed": "seed-2026", "sampled": 1, "population": 1}


@event(Tag.AUDIT_VIEWED, "leo")
def _(scene: Scene) -> Told:
    with scene.before():
        sample, _ = drawn(scene)
    look(scene, f"/review/samples/{sample.id}")
    return {"view": "sample"}


@event(Tag.SAMPLE_TICKED_OFF, "leo", ticket=True)
def _(scene: Scene) -> Told:
    return {"row": marked(scene, "fine").seq}


@event(Tag.SAMPLE_QUESTIONED, "leo", ticket=True, reason="为什么当时要看？")
def _(scene: Scene) -> Told:
    return {"row": marked(scene, "explain", "为什么当时要看？").seq}


@event(Tag.SAMPLE_ANSWERED, "alice", ticket=True, reason="机构来电，要核对")
def _(scene: Scene) -> Told:
    with scene.before():
        row = marked(scene, "explain", "为什么当时要看？")
    scene.post("alice", "/account/questions", f"/account/questions/{row.id}", text="机构来电，要核对")
    return {"row": row.seq}

"""What the portal notices of itself: its clock, alarms, and settings."""

from dataclasses import replace

from portal import clock, worker
from portal.app import create_app
from portal.audit.tags import Tag
from portal.watch.models import ClockMark
from tests.audit.events.scene import Scene, Told, Where, event


@event(Tag.CLOCK_CONFIRMED, "command line", Where.COMMAND)
def _(scene: Scene) -> Told:
    with scene.runtime.database.read() as session:
        trusted = session.get_one(ClockMark, 1).trusted_at.isoformat(timespec="seconds")
    now = clock.now().isoformat(timespec="seconds")
    scene.command("clock", "confirm")
    with scene.runtime.database.read() as session:
        confirmed = session.get_one(ClockMark, 1).trusted_at.isoformat(timespec="seconds")
    assert now <= confirmed
    return {"trusted": trusted, "now": confirmed}


def _lose_the_checkpoints(scene: Scene) -> bytes:
    scene.runtime.checkpoints.make()
    kept = scene.settings.audit_checkpoints.read_bytes()
    scene.settings.audit_checkpoints.unlink()
    return kept


@event(Tag.ALARM_BEGAN, "system", Where.COMMAND)
def _(scene: Scene) -> Told:
    _lose_the_checkpoints(scene)
    worker.watch(scene.runtime)
    return {"alarm": "checkpoints"}


@event(Tag.ALARM_ENDED, "system", Where.COMMAND)
def _(scene: Scene) -> Told:
    with scene.before():
        kept = _lose_the_checkpoints(scene)
        worker.watch(scene.runtime)
    scene.settings.audit_checkpoints.write_bytes(kept)
    worker.watch(scene.runtime)
    return {"alarm": "checkpoints"}


@event(Tag.SETTING_CHANGED, "system", Where.COMMAND)
def _(scene: Scene) -> Told:
    create_app(replace(scene.settings, min_description=3)).state.runtime.database.dispose()
    return {"setting": "PORTAL_MIN_DESCRIPTION", "old": "10", "new": "3"}

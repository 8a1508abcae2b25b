"""The commands that import, retain, destroy, back up and restore data: `institutions …`, `retention …`, `backup` …"""

import argparse
import sys
from pathlib import Path

from portal.assembly import make_runtime
from portal.audit.purge import PurgeRefusedError
from portal.cli.commands import ADMINISTRATOR, CommandError, Commands, Needs, command, group
from portal.disclosure import own_copy
from portal.institutions import importing
from portal.institutions.spreadsheet import MOST_BYTES
from portal.retention import erasure, holds, schedule
from portal.retention.schedule import Due, Schedule
from portal.sentences import said
from portal.settings import Settings
from portal.upkeep import backup, restore
from portal.upkeep.backup import BackupError
from portal.upkeep.dumps import DumpError
from portal.upkeep.room import NoRoomError
from portal.worker import bind_seals, sweep_uploads

ERRORS = (BackupError, DumpError, NoRoomError, PurgeRefusedError)


def add_to(commands: Commands) -> None:
    keeping = group(commands, "retention", "how long data are kept")
    run = command(keeping, "run", "destroy what was kept long enough", _run)
    run.add_argument("--dry-run", action="store_true", help="only say what would go")
    hold = command(keeping, "hold", "stop every destruction of a ticket", _hold)
    hold.add_argument("number", help="a ticket number")
    hold.add_argument("--reason", required=True, help="why; it stays in the trail")
    command(keeping, "release", "end a hold", _release).add_argument("number", help="a ticket number")
    erase = command(keeping, "erase", "destroy a closed ticket's report at a person's request", _erase)
    erase.add_argument("number", help="a ticket number")
    erase.add_argument("--reason", required=True, help="why; it stays in the trail")
    copy = command(keeping, "copy", "print what is kept of one person, at their request", _copy)
    copy.add_argument(
        "--id-number-stdin", action="store_true", required=True, help="the ID number is a line on standard input"
    )
    copy.add_argument("--reason", required=True, help="why; it stays in the trail")
    directory = group(commands, "institutions", "the directory of institutions")
    table = command(directory, "import", "add and change institutions from a CSV or XLSX table", _import_institutions)
    table.add_argument("file", type=Path, help="a CSV or XLSX file")
    table.add_argument("--dry-run", action="store_true", help="only say what would be written")
    uploads = group(commands, "uploads", "stored pictures")
    command(uploads, "sweep", "remove pictures that belong to no report", _sweep_uploads)
    command(commands, "backup", "write one encrypted backup file while the portal serves", _backup).add_argument(
        "file", type=Path, help="a new file"
    )
    back = command(commands, "restore", "bring a backup back, with the portal stopped", _restore, Needs.ALONE)
    back.set_defaults(replaces_data=True)
    back.add_argument("file", type=Path, help="a backup file")
    back.add_argument("--replace", action="store_true", help="put it in the place of data that are there")


def before_serving(settings: Settings) -> None:
    """Repeat destructions that a restored database has undone (SECURITY J-3); remove leftovers of a killed restore.

    What an older version sealed is bound to its owners before anybody is served.
    """
    restore.clear_leftovers(settings)
    runtime = make_runtime(settings)
    repeated = schedule.reapply(runtime, schedule.tombstone_file(settings))
    bind_seals(runtime)
    schedule.forget_log(runtime)  # a kill may have left older pages there
    runtime.database.dispose()
    if repeated:
        print(said("reapplied", count=repeated), flush=True)


def _run(options: argparse.Namespace, settings: Settings) -> None:
    runtime, rules = make_runtime(settings), Schedule.of(settings)
    if options.dry_run:
        _show(("将销毁", "would destroy"), schedule.due(runtime, rules), settings)
        return
    done = schedule.run(runtime, rules, ADMINISTRATOR)
    schedule.sync_file(runtime.database, schedule.tombstone_file(settings))
    _show(("已销毁", "destroyed"), done, settings)


def _show(verbs: tuple[str, str], due: Due, settings: Settings) -> None:
    doing = dict(zip(("verb", "twin"), verbs, strict=True))
    print(said("credentials_due", **doing, count=due.credentials, days=settings.credentials_grace_days))
    print(said("pictures_due", **doing, count=due.pictures, **_retention(settings.keep_pictures_days)))
    print(said("reports_due", **doing, count=due.reports, **_retention(settings.keep_reports_days)))
    print(said("held", count=due.held))
    print(said("trail_due", **doing, count=due.old_trail, **_retention(settings.keep_trail_days)))
    for table, count in due.over.items():
        print(said("rows_due", **doing, count=count, table=table))


def _retention(days: int) -> dict[str, str]:
    if not days:
        return {"keep": "永久保存", "keep_twin": "kept for ever"}
    return {"keep": f"{days} 天", "keep_twin": f"{days} days"}


def _hold(options: argparse.Namespace, settings: Settings) -> None:
    holds.hold(make_runtime(settings), ADMINISTRATOR, options.number, options.reason)
    print(said("on_hold", number=options.number))


def _release(options: argparse.Namespace, settings: Settings) -> None:
    holds.release(make_runtime(settings), ADMINISTRATOR, options.number)
    print(said("off_hold", number=options.number))


def _erase(options: argparse.Namespace, settings: Settings) -> None:
    runtime = make_runtime(settings)
    erasure.erase(runtime, ADMINISTRATOR, options.number, options.reason)
    schedule.sync_file(runtime.database, schedule.tombstone_file(settings))
    schedule.forget_log(runtime)
    print(said("erased", number=options.number))


def _copy(options: argparse.Namespace, settings: Settings) -> None:
    """The number is read from standard input, so that no history of commands holds it."""
    number = sys.stdin.readline()
    print(own_copy.make(make_runtime(settings), ADMINISTRATOR, number, options.reason))


def _import_institutions(options: argparse.Namespace, settings: Settings) -> None:
    with options.file.open("rb") as file:
        rows = importing.rows_of(file.read(MOST_BYTES + 1))
    runtime = make_runtime(settings)
    plan = importing.import_now(runtime.database, ADMINISTRATOR, options.file.name, rows, is_dry_run=options.dry_run)
    for line in plan.of("changed"):
        print(said("line_changes", line=line.number, name=line.name, notes="；".join(line.notes)))
    print(said("would_import" if options.dry_run else "imported", **plan.counts))
    for line in plan.of("refused"):
        print(said("line_refused", line=line.number, name=line.name, notes="；".join(line.notes)))
    if plan.counts["refused"]:
        raise CommandError(said("lines_refused", count=plan.counts["refused"]))


def _backup(options: argparse.Namespace, settings: Settings) -> None:
    runtime = make_runtime(settings)
    schedule.sync_file(runtime.database, schedule.tombstone_file(settings))
    made = backup.make(runtime, settings.data_dir, options.file, ADMINISTRATOR)
    print(said("backed_up", path=options.file, reports=made.counts["reports"], pictures=len(made.blobs)))
    if made.missing:
        print(said("pictures_gone", count=len(made.missing)))


def _restore(options: argparse.Namespace, settings: Settings) -> None:
    done = restore.restore(settings, options.file, ADMINISTRATOR, may_replace=options.replace)
    print(said("restored", reports=done.manifest.counts["reports"], made_at=done.manifest.made_at))
    print(said("destroyed_again", count=done.destroyed_again))
    if done.has_new_checkpoints:
        print(said("checkpoints_restarted"))


def _sweep_uploads(options: argparse.Namespace, settings: Settings) -> None:
    print(said("swept", count=sweep_uploads(make_runtime(settings))))

"""The commands that import, retain, destroy, back up and restore data: `institutions …`, `retention …`, `backup` …"""

import argparse
from pathlib import Path

from portal.app import make_runtime
from portal.audit.purge import PurgeRefusedError
from portal.cli.commands import ADMINISTRATOR, Commands, command, group
from portal.errors import PortalError
from portal.institutions import importing
from portal.institutions.spreadsheet import MOST_BYTES
from portal.retention import holds, schedule
from portal.retention.schedule import Due, Schedule
from portal.settings import Settings
from portal.upkeep import backup, restore
from portal.upkeep.backup import BackupError
from portal.upkeep.dumps import DumpError
from portal.worker import bind_seals, sweep_uploads

ERRORS = (BackupError, DumpError, PurgeRefusedError)


def add_to(commands: Commands) -> None:
    keeping = group(commands, "retention", "how long data are kept")
    run = command(keeping, "run", "destroy what was kept long enough", _run)
    run.add_argument("--dry-run", action="store_true", help="only say what would go")
    hold = command(keeping, "hold", "stop every destruction of a ticket", _hold)
    hold.add_argument("number")
    hold.add_argument("--reason", required=True)
    command(keeping, "release", "end a hold", _release).add_argument("number")
    directory = group(commands, "institutions", "the directory of institutions")
    table = command(directory, "import", "add and change institutions from a CSV or XLSX table", _import_institutions)
    table.add_argument("file", type=Path)
    table.add_argument("--dry-run", action="store_true", help="only say what would be written")
    uploads = group(commands, "uploads", "stored pictures")
    command(uploads, "sweep", "remove pictures that belong to no report", _sweep_uploads)
    command(commands, "backup", "write one encrypted backup file while the portal serves", _backup).add_argument(
        "file", type=Path, help="a new file"
    )
    back = command(commands, "restore", "bring a backup back, with the portal stopped", _restore)
    back.add_argument("file", type=Path)
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
        print(f"{repeated} destructions were done again", flush=True)


def _run(options: argparse.Namespace, settings: Settings) -> None:
    runtime, rules = make_runtime(settings), Schedule.of(settings)
    if options.dry_run:
        _show("would destroy", schedule.due(runtime, rules), settings)
        return
    done = schedule.run(runtime, rules, ADMINISTRATOR)
    schedule.sync_file(runtime.database, schedule.tombstone_file(settings))
    _show("destroyed", done, settings)


def _show(verb: str, due: Due, settings: Settings) -> None:
    print(f"{verb}: credentials of {due.credentials} tickets ({settings.credentials_grace_days} days after closing)")
    print(f"{verb}: pictures of {due.pictures} tickets ({_retention(settings.keep_pictures_days)})")
    print(f"{verb}: {due.reports} whole reports ({_retention(settings.keep_reports_days)})")
    print(f"on hold: {due.held} tickets")
    print(f"{verb}: {due.old_trail} rows of the trail, from its old end ({_retention(settings.keep_trail_days)})")
    for table, count in due.over.items():
        print(f"{verb}: {count} rows of {table} whose time has run out")


def _retention(days: int) -> str:
    return f"{days} days" if days else "kept for ever"


def _hold(options: argparse.Namespace, settings: Settings) -> None:
    holds.hold(make_runtime(settings), ADMINISTRATOR, options.number, options.reason)
    print(f"{options.number} is on hold")


def _release(options: argparse.Namespace, settings: Settings) -> None:
    holds.release(make_runtime(settings), ADMINISTRATOR, options.number)
    print(f"{options.number} is no longer on hold")


def _import_institutions(options: argparse.Namespace, settings: Settings) -> None:
    with options.file.open("rb") as file:
        rows = importing.rows_of(file.read(MOST_BYTES + 1))
    runtime = make_runtime(settings)
    plan = importing.import_now(runtime.database, ADMINISTRATOR, options.file.name, rows, is_dry_run=options.dry_run)
    for line in plan.of("changed"):
        print(f"line {line.number} changes {line.name}: {'；'.join(line.notes)}")
    counts = plan.counts
    verb = "would be" if options.dry_run else "are"
    print(f"{counts['new']} {verb} added, {counts['changed']} {verb} changed, {counts['unchanged']} stay as they were")
    for line in plan.of("refused"):
        print(f"line {line.number} is refused, {line.name}: {'；'.join(line.notes)}")
    if counts["refused"]:
        raise PortalError(f"{counts['refused']} lines are refused")


def _backup(options: argparse.Namespace, settings: Settings) -> None:
    runtime = make_runtime(settings)
    schedule.sync_file(runtime.database, schedule.tombstone_file(settings))
    made = backup.make(runtime, settings.data_dir, options.file, ADMINISTRATOR)
    print(f"{options.file}: {made.counts['reports']} reports, {len(made.blobs)} pictures; the keyring is not in it")
    if made.missing:
        print(f"{len(made.missing)} pictures were gone before")


def _restore(options: argparse.Namespace, settings: Settings) -> None:
    done = restore.restore(settings, options.file, ADMINISTRATOR, may_replace=options.replace)
    print(f"restored: {done.manifest.counts['reports']} reports as of {done.manifest.made_at}")
    print(f"{done.destroyed_again} destructions made after the backup were done again")
    if done.has_new_checkpoints:
        print("the checkpoints of the trail were begun anew; the old file, if there was one, lies beside them")


def _sweep_uploads(options: argparse.Namespace, settings: Settings) -> None:
    print(f"{sweep_uploads(make_runtime(settings))} orphan files removed")

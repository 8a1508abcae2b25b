"""`calendar import` and `calendar show`: the days on which the service works."""

import argparse
import sys
from pathlib import Path

from portal.assembly import make_runtime
from portal.audit import trail
from portal.audit.tags import Tag
from portal.calendar import keeping
from portal.cli.commands import ADMINISTRATOR, Commands, command, group
from portal.sentences import said
from portal.settings import Settings


def add_to(commands: Commands) -> None:
    calendar = group(commands, "calendar", "working days")
    taken = command(calendar, "import", "replace a year by a table day,is_working,name", _import)
    taken.add_argument("file", metavar="FILE", help="a CSV file, or - for standard input")
    taken.add_argument("--year", type=int, metavar="Y", help="of the table; without it that of its first day")
    taken.add_argument("--dry-run", action="store_true", help="only tell what would be kept")
    shown = command(calendar, "show", "the days of a year that differ from Monday to Friday", _show)
    shown.add_argument("year", type=int, metavar="YEAR")


def _import(options: argparse.Namespace, settings: Settings) -> None:
    text = sys.stdin.read() if options.file == "-" else Path(options.file).read_text(encoding="utf-8-sig")
    days = keeping.read(text.splitlines())
    year = options.year or (days[0].day.year if days else 0)
    kept = keeping.exceptions_of(year, days)
    if not options.dry_run:
        with make_runtime(settings).database.transaction() as session:
            keeping.put_year(session, year, kept)
            facts: trail.Particulars = {"year": year, "calendar_days": len(kept)}
            trail.record(session, Tag.CALENDAR_CHANGED, ADMINISTRATOR, particulars=facts)
    print(said("calendar_would_keep" if options.dry_run else "calendar_kept", year=year, count=len(kept)))


def _show(options: argparse.Namespace, settings: Settings) -> None:
    with make_runtime(settings).database.read() as session:
        is_known = keeping.is_known(session, options.year)
        days = keeping.days_of(session, options.year)
    print(said("calendar_known" if is_known else "calendar_estimate", year=options.year))
    for day in days:
        print(f"{day.day},{int(day.is_working)},{day.name}")

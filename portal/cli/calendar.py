"""`calendar import` and `calendar show`: the days on which the service works."""

import argparse
import sys
from pathlib import Path

from portal.assembly import make_runtime
from portal.calendar import content, imports, years
from portal.calendar.planning import YearPlan
from portal.cli.commands import ADMINISTRATOR, Commands, command, group
from portal.sentences import said
from portal.settings import Settings


def add_to(commands: Commands) -> None:
    calendar = group(commands, "calendar", "working days")
    taken = command(
        calendar, "import", "take over a notice of the State Council, or a table day,is_working,name", _import
    )
    taken.add_argument("file", metavar="FILE", help="a text or CSV file, or - for standard input")
    taken.add_argument(
        "--year", type=_year, metavar="Y", help="of the notice or table; without it the one that it names"
    )
    taken.add_argument("--dry-run", action="store_true", help="only tell what would change")
    shown = command(calendar, "show", "the days of a year that differ from Monday to Friday", _show)
    shown.add_argument("year", type=_year, metavar="YEAR", help="e.g. 2026")


def _year(text: str) -> int:
    years = content.YEARS
    if not text.isdecimal() or int(text) not in years:
        raise argparse.ArgumentTypeError(said("not_a_year", lowest=years[0], highest=years[-1]))
    return int(text)


def _import(options: argparse.Namespace, settings: Settings) -> None:
    """The call is the confirmation."""
    raw = sys.stdin.buffer.read() if options.file == "-" else Path(options.file).read_bytes()
    read = content.read(raw.decode("utf-8-sig", errors="replace"), options.year)
    database = make_runtime(settings).database
    if options.dry_run:
        with database.read() as session:
            plan = imports.plan_of(session, read)
    else:
        plan = database.run(lambda session: imports.apply(session, ADMINISTRATOR, read))
    _print_changes(plan)
    sentence = "calendar_would_keep" if options.dry_run else "calendar_kept"
    print(said(sentence, year=plan.year, count=len(plan.seen)))
    for year in plan.years:
        if year != plan.year:
            print(said("calendar_neighbour", year=year))


def _print_changes(plan: YearPlan) -> None:
    for change in plan.changes:
        if change.is_by_hand:
            print(said("calendar_by_hand", change=change.words, day=change.day))
    for change in plan.seen:
        print(said("calendar_change", change=change.words, day=change.day))


def _show(options: argparse.Namespace, settings: Settings) -> None:
    with make_runtime(settings).database.read() as session:
        is_known = years.is_confirmed(session, options.year)
        days = years.days_of(session, options.year)
    print(said("calendar_known" if is_known else "calendar_estimate", year=options.year))
    for day in days:
        print(f"{day.day},{int(day.is_working)},{day.name}")

"""`reports make`: the frozen report of a week or month, where the worker has not made it, or once more."""

import argparse

from portal.assembly import make_runtime
from portal.cli.commands import ADMINISTRATOR, CommandError, Commands, command, group
from portal.cli.help_words import helped
from portal.errors import NotFoundError
from portal.kpi.books import freezing
from portal.kpi.books.addresses import address_of
from portal.kpi.books.freezing import MadeAlreadyError, NotOverError
from portal.kpi.figures import periods
from portal.kpi.figures.periods import Grain, Period
from portal.sentences import said
from portal.settings import Settings

_AGAIN = "用命令行重做"


def add_to(commands: Commands) -> None:
    reports = group(commands, "reports", "weekly and monthly reports")
    made = command(reports, "make", "freeze the report of a week or month", _make)
    which = made.add_mutually_exclusive_group(required=True)
    which.add_argument("--week", metavar="2026-W48", help=helped("an ISO week"))
    which.add_argument("--month", metavar="2026-11", help=helped("a month"))
    made.add_argument("--queue", metavar="Q", help="of one queue; without it of each, and of all together")
    made.add_argument(
        "--again", nargs="?", const=_AGAIN, metavar="REASON", help="make a further edition; the earlier ones stay"
    )


def _make(options: argparse.Namespace, settings: Settings) -> None:
    """Prints the address of each report that was made."""
    period = _period(options)
    queues = [options.queue] if options.queue else freezing.every_queue()
    database = make_runtime(settings).database
    made = []
    for queue in queues:
        try:
            made.append(freezing.freeze(database, ADMINISTRATOR, period, queue, options.again))
        except MadeAlreadyError:
            continue
        except NotOverError:
            raise CommandError(said("report_not_over", period=period.name)) from None
        except NotFoundError:
            raise CommandError(said("report_no_queue", queue=queue)) from None
    if not made:
        raise CommandError(said("report_made", period=period.name))
    for row in made:
        print(f"{settings.base_url.rstrip('/')}{address_of(period, row.queue)}")


def _period(options: argparse.Namespace) -> Period:
    grain, text = (Grain.WEEK, options.week) if options.week else (Grain.MONTH, options.month)
    period = periods.read(text)
    if period is None or period.grain is not grain:
        raise CommandError(said("report_no_period", period=text))
    return period

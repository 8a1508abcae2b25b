"""The commands of the server's clock: `clock …`."""

import argparse

from portal import clock
from portal.assembly import make_runtime
from portal.cli.commands import ADMINISTRATOR, CommandError, Commands, command, group
from portal.sentences import said
from portal.settings import Settings
from portal.watch import clock_doubt


def add_to(commands: Commands) -> None:
    time = group(commands, "clock", "whether the server's clock is trusted")
    command(time, "status", "whether the clock is trusted", _status)
    command(time, "confirm", "say that the clock is right: what waits for it goes on", _confirm)


def _status(options: argparse.Namespace, settings: Settings) -> None:
    with make_runtime(settings).database.read() as session:
        doubt = clock_doubt.doubted(session)
    if doubt:
        raise CommandError(doubt.sentence)
    print(said("clock_trusted", now=_now()))


def _confirm(options: argparse.Namespace, settings: Settings) -> None:
    with make_runtime(settings).database.transaction() as session:
        clock_doubt.confirm(session, ADMINISTRATOR)
    print(said("clock_confirmed", now=_now()))


def _now() -> str:
    return clock.staff_time(clock.now())

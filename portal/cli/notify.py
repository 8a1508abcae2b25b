"""`notify test`: whether a channel works, from the command line."""

import argparse

from portal.assembly import make_runtime
from portal.cli.commands import CommandError, Commands, command, group
from portal.errors import PortalError
from portal.notify import trials
from portal.notify.matrix import Way
from portal.sentences import said
from portal.settings import Settings


def add_to(commands: Commands) -> None:
    notify = group(commands, "notify", "notifications")
    tried = command(notify, "test", "send a trial message through one channel", _test)
    tried.add_argument("channel", metavar="CHANNEL", choices=[way.value for way in Way], help="a channel")
    tried.add_argument("--to", default="", metavar="TO", help="a mail address, or the phone of a text message")


def _test(options: argparse.Namespace, settings: Settings) -> None:
    try:
        tried = trials.send(make_runtime(settings), Way(options.channel), address=options.to)
    except PortalError as error:
        raise CommandError(said("trial_refused", why=error.message)) from error
    for trial in tried:
        print(trial.sentence)
    if not all(trial.result.is_ok for trial in tried):
        raise CommandError(said("trial_failed"))

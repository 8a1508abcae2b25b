"""How commands of the command line are declared, what they need, and their actor in the trail."""

import argparse
from collections.abc import Callable
from enum import Enum

from portal.audit.actor import Actor
from portal.sentences import helped
from portal.settings import Settings
from portal.upkeep.owners import Use

ADMINISTRATOR = Actor("command line", "system", display_name="命令行")
Commands = argparse._SubParsersAction
Run = Callable[[argparse.Namespace, Settings], None]


class CommandError(Exception):
    """One clear sentence for stderr; exit code 1."""


class Needs(Enum):
    """What a command needs of the data folder; only some may make a new installation.

    The value is how the folder is claimed; None: it is not used.
    """

    NOTHING = None
    INSTALLATION = (Use.SHARED, False)
    ANY_FOLDER = (Use.SHARED, True)
    SERVE = (Use.SERVE, True)
    ALONE = (Use.ALONE, True)

    @property
    def may_make(self) -> bool:
        return self.value is None or self.value[1]

    @property
    def use(self) -> Use | None:
        return self.value[0] if self.value else None


def group(commands: Commands, name: str, text: str) -> Commands:
    """A word with commands below it, like `keys`."""
    parser = commands.add_parser(name, help=helped(text))
    made: Commands = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    return made


def command(
    commands: Commands, name: str, text: str, run: Run, needs: Needs = Needs.INSTALLATION
) -> argparse.ArgumentParser:
    """One command; `run` receives the parsed options and the settings, with the data folder as it needs it."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=helped(text), description=helped(text))
    parser.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    parser.set_defaults(run=run, needs=needs)
    return parser

"""How commands of the command line are declared, what they need, and their actor in the trail."""

import argparse
import sys
from collections.abc import Callable
from enum import Enum
from typing import Any, NoReturn

from portal.audit.actor import Actor
from portal.cli.help_words import helped
from portal.sentences import said
from portal.settings import Settings
from portal.upkeep.owners import Use

ADMINISTRATOR = Actor("command line", "system", display_name="命令行")
Commands = argparse._SubParsersAction
Run = Callable[[argparse.Namespace, Settings], None]


class CommandError(Exception):
    """One clear sentence for stderr; exit code 1."""


class Parser(argparse.ArgumentParser):
    """Tells in both languages what an option is, and what is wrong with a call."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._positionals.title, self._optionals.title = helped("arguments"), helped("options")

    def add_argument(self, *names: Any, **options: Any) -> argparse.Action:
        """Every option has a line of `HELP`, or is suppressed."""
        if options.get("help") != argparse.SUPPRESS:
            options["help"] = helped(options["help"])
        return super().add_argument(*names, **options)

    def error(self, message: str) -> NoReturn:
        """Exit 2."""
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: {said('usage', problem=message)}\n")


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
    parser.set_defaults(run=run, needs=needs, replaces_data=False)
    return parser

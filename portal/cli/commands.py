"""How commands of the command line are declared, and their actor in the trail."""

import argparse
from collections.abc import Callable

from portal.audit.actor import Actor
from portal.settings import Settings

ADMINISTRATOR = Actor("command line", "system", display_name="命令行")
Commands = argparse._SubParsersAction
Run = Callable[[argparse.Namespace, Settings], None]


class CommandError(Exception):
    """One clear sentence for stderr; exit code 1."""


def group(commands: Commands, name: str, text: str) -> Commands:
    """A word with commands below it, like `keys`."""
    parser = commands.add_parser(name, help=text)
    made: Commands = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    return made


def command(commands: Commands, name: str, text: str, run: Run) -> argparse.ArgumentParser:
    """One command; `run` receives the parsed options and the settings."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.set_defaults(run=run)
    return parser

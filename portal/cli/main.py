"""The command line: `portal …` or `python -m portal …` (CONTRACT 1)."""

import argparse
import os
import sys
from collections.abc import Callable

from portal.cli import audit, calendar, data, keys, serving, users
from portal.cli.commands import CommandError
from portal.errors import InvalidError, PortalError
from portal.settings import Settings, SettingsError, load_settings

# The order in `--help`.
_GROUPS = (serving, users, keys, data, calendar, audit)
_ERRORS = (CommandError, *serving.ERRORS, *keys.ERRORS, *data.ERRORS, *audit.ERRORS)


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit: 0 done, 1 failed, 2 wrong usage."""
    options = _parser().parse_args(arguments)
    os.umask(0o077)  # database, log, checkpoints and backups are readable by the portal's own user only
    run: Callable[[argparse.Namespace, Settings], None] = options.run
    try:
        run(options, load_settings())
    except SettingsError as error:
        sys.exit("settings: " + "\nsettings: ".join(error.faults))
    except InvalidError as error:
        sys.exit("; ".join(fault.message for fault in error.faults))
    except _ERRORS as error:
        sys.exit(str(error))
    except PortalError as error:
        sys.exit(error.message)
    except OSError as error:
        sys.exit(f"{error.filename or 'error'}: {error.strerror or error}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="portal", description="一线通")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for part in _GROUPS:
        part.add_to(commands)
    return parser

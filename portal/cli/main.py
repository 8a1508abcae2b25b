"""The command line: `portal …` or `python -m portal …` (CONTRACT 1)."""

import argparse
import contextlib
import os
import sys
import traceback
from collections.abc import Callable, Iterator

from portal.cli import audit, books, calendar, clocks, data, failures, keys, notify, serving, users
from portal.cli.commands import CommandError, Needs, Parser
from portal.cli.listening import listen
from portal.sentences import said
from portal.settings import Settings, load_settings
from portal.upkeep import installation, owners
from portal.upkeep.installation import NoInstallationError
from portal.upkeep.owners import FolderInUseError

# The order in `--help`.
_GROUPS = (serving, users, keys, data, calendar, audit, clocks, books, notify)
# Their text is the sentence.
_ERRORS = (
    CommandError, FolderInUseError, NoInstallationError, *serving.ERRORS, *keys.ERRORS, *data.ERRORS, *audit.ERRORS,
)  # fmt: skip
_INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit: 0 done, 1 failed, 2 wrong usage."""
    options = _parser().parse_args(arguments)
    os.umask(0o077)  # database, log, checkpoints and backups are readable by the portal's own user only
    run: Callable[[argparse.Namespace, Settings], None] = options.run
    settings: Settings | None = None
    try:
        settings = load_settings()
        with _folder(options, settings):
            run(options, settings)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print(said("interrupted"), file=sys.stderr)
        sys.exit(_INTERRUPTED)
    except BrokenPipeError:
        # Nobody reads: Python's own flush at the end would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        sys.exit(_told(error, settings, is_debug=options.debug))


def _told(error: Exception, settings: Settings | None, *, is_debug: bool) -> str:
    """The sentence for stderr; with `--debug` the traceback before it, without the secrets of the settings."""
    if is_debug:
        details = traceback.format_exc()
        print(failures.redacted(details, settings) if settings else details, file=sys.stderr)
    sentence = failures.sentence_of(error, settings)
    if not sentence and isinstance(error, _ERRORS):
        sentence = str(error)
    return sentence or said("unexpected", kind=type(error).__name__)


@contextlib.contextmanager
def _folder(options: argparse.Namespace, settings: Settings) -> Iterator[None]:
    """The data folder as the command needs it: an installation that is there, and held against others."""
    needs: Needs = options.needs
    if not needs.may_make:
        installation.require(settings)
    elif needs.use is not None and not options.replaces_data:
        installation.ensure_not_lost(settings)
    if needs.use is None:
        yield
        return
    if needs is Needs.SERVE and getattr(options, "serve", True):
        options.listeners = listen(settings)  # a taken port is told before anything is made or claimed
    words = [options.command, getattr(options, "action", None)]
    with owners.claimed(settings.data_dir, needs.use, "portal " + " ".join(word for word in words if word)):
        yield


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="portal", description="一线通")
    parser.add_argument("--debug", action="store_true", help="show the details of an error")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for part in _GROUPS:
        part.add_to(commands)
    return parser

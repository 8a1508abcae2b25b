"""The commands of the trail: `audit …`."""

import argparse
import itertools
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import BinaryIO

from portal import clock
from portal.assembly import make_runtime
from portal.audit import export, extract, trail
from portal.audit.checkpoints import CheckpointError
from portal.audit.export import ExportBrokenError
from portal.audit.tags import Tag
from portal.cli.commands import ADMINISTRATOR, Commands, Needs, command, group
from portal.cli.failures import trail_sentence
from portal.sentences import said
from portal.settings import Settings
from portal.upkeep import installation
from portal.vault.signing import Verifier

ERRORS = (CheckpointError, ExportBrokenError)


def add_to(commands: Commands) -> None:
    audit = group(commands, "audit", "the trail")
    verify = command(audit, "verify", "prove the trail and its checkpoints whole", _verify)
    verify.add_argument("--checkpoints", type=Path, metavar="FILE", help="a copy of the checkpoints kept elsewhere")
    command(audit, "restart", "begin a new file of checkpoints after the old one was lost", _restart)
    write = command(audit, "export", "write the trail as JSON Lines with its proof", _export)
    write.add_argument("--from", dest="since", type=_day, metavar="DAY", help="first day, e.g. 2026-11-01, China time")
    write.add_argument("--to", dest="until", type=_day, metavar="DAY", help="last day")
    write.add_argument("file", help="a new file, or - for standard output")
    check = command(
        audit, "check-export", "prove an exported file whole, without the database", _check_export, Needs.NOTHING
    )
    check.add_argument("--key", type=_public_key, help="the public key in hex; without it, this keyring's")
    check.add_argument("file", type=Path, help="an exported file")
    command(audit, "key", "print the public key that checkpoints and exports are signed with", _show_key)


def _verify(options: argparse.Namespace, settings: Settings) -> None:
    runtime = make_runtime(settings)
    if options.checkpoints and not options.checkpoints.is_file():
        raise CheckpointError(said("not_there", place=options.checkpoints))
    proof = runtime.checkpoints.verify(options.checkpoints)
    if proof.first_break:
        raise CheckpointError(trail_sentence(proof.first_break.problem, proof.first_break.seq))
    if proof.problem:
        raise CheckpointError(trail_sentence(proof.problem))
    with runtime.database.transaction() as session:
        trail.record(session, Tag.AUDIT_VERIFIED, ADMINISTRATOR, particulars=proof.particulars)
    runtime.checkpoints.make()
    print(said("trail_whole", count=proof.count, proof=proof.summary))


def _restart(options: argparse.Namespace, settings: Settings) -> None:
    runtime = make_runtime(settings)
    with runtime.database.transaction() as session:
        trail.record(session, Tag.AUDIT_VERIFIED, ADMINISTRATOR, particulars={"is_new_file": True})
    aside = runtime.checkpoints.start_over()
    print(said("checkpoints_new", path=runtime.checkpoints.path))
    if aside:
        print(said("checkpoints_aside", path=aside))


def _export(options: argparse.Namespace, settings: Settings) -> None:
    runtime = make_runtime(settings)
    wanted = export.Range(options.since, options.until + timedelta(days=1) if options.until else None)
    with ExitStack() as stack:
        to = sys.stdout.buffer if options.file == "-" else stack.enter_context(_new_file(Path(options.file)))
        count = export.export(runtime.database, runtime.checkpoints.signer, ADMINISTRATOR, wanted, to.write)
    print(said("exported", count=count), file=sys.stderr)


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """A new file: durable at the end, removed if anything fails."""
    with path.open("xb") as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            path.unlink()
            raise


def _check_export(options: argparse.Namespace, settings: Settings) -> None:
    if options.key is None:
        installation.require(settings)
    with options.file.open("rb") as file:
        verifier = Verifier(options.key or _own_key(settings))
        lines = itertools.chain([first_line := file.readline()], file)
        if extract.is_extract(first_line):
            print(said("extract_whole", count=extract.check(lines, verifier)))
        else:
            first, last = export.check(lines, verifier)
            print(said("export_whole", first=first, last=last))


def _show_key(options: argparse.Namespace, settings: Settings) -> None:
    print(_own_key(settings).hex())


def _own_key(settings: Settings) -> bytes:
    return make_runtime(settings).checkpoints.signer.public_key


def _day(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time(), clock.CHINA).astimezone(UTC)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(said("not_a_day")) from None


def _public_key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise argparse.ArgumentTypeError(said("export_key", text=text))
    return key

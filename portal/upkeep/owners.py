"""Who works on a data folder: every process claims it, and the operating system ends the claim with the process.

A claim is a locked file of its own below `<data folder>/.owners`; whoever finds it unlocked knows that its process has
ended, however it ended. A short lock on the folder itself makes looking and claiming one step.
"""

import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import IO

from portal import clock
from portal.sentences import said
from portal.vault.keyring import locked_folder

FOLDER = ".owners"
PATIENCE_SECONDS = 5.0
_PAUSE_SECONDS = 0.05


class Use(StrEnum):
    """What a process needs of the folder."""

    SHARED = "shared"
    SERVE = "serve"  # one `serve` a folder; others may work beside it
    ALONE = "alone"  # nobody else


class FolderInUseError(Exception):
    """Another process holds the folder; names it, and since when."""


@dataclass(frozen=True)
class Owner:
    """One process that works on the folder."""

    pid: int
    command: str
    use: str
    since: str

    def tolerates(self, use: Use) -> bool:
        if Use.ALONE in (self.use, use):
            return False
        return not self.use == use == Use.SERVE


@contextmanager
def claimed(data_dir: Path, use: Use, command: str, patience: float | None = None) -> Iterator[None]:
    """Hold the folder for the block.

    Args:
        patience: how long to wait for others to end. Whoever needs the folder alone waits for `PATIENCE_SECONDS`, and
            nobody new comes in meanwhile: a supervisor may restart `serve` as often as it likes.

    Raises:
        FolderInUseError: another process holds it, with a use that excludes this one.
    """
    folder = data_dir / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = _claim(folder, Owner(os.getpid(), command, use, clock.now().isoformat(timespec="seconds")), data_dir)
    try:
        if use is Use.ALONE:
            _await_alone(folder, Path(file.name), data_dir, PATIENCE_SECONDS if patience is None else patience)
        yield
    finally:
        with suppress(OSError):
            os.unlink(file.name)
        file.close()


def _claim(folder: Path, owner: Owner, data_dir: Path) -> IO[str]:
    with locked_folder(folder):
        for other in _living(folder):
            # Those who are there already are waited for by whoever needs the folder alone.
            is_awaited = owner.use == Use.ALONE and other.use != Use.ALONE
            if not is_awaited and not other.tolerates(Use(owner.use)):
                raise FolderInUseError(_sentence(data_dir, other))
        file = (folder / f"{owner.pid}.{secrets.token_hex(4)}").open("x", encoding="utf-8")
        fcntl.flock(file, fcntl.LOCK_EX)
        json.dump(asdict(owner), file)
        file.flush()
        return file


def _await_alone(folder: Path, own: Path, data_dir: Path, patience: float) -> None:
    deadline = time.monotonic() + patience
    while True:
        with locked_folder(folder):
            others = [owner for owner in _living(folder, but=own)]
        if not others:
            return
        if time.monotonic() >= deadline:
            raise FolderInUseError(_sentence(data_dir, others[0]))
        time.sleep(_PAUSE_SECONDS)


def _living(folder: Path, but: Path | None = None) -> list[Owner]:
    """Everyone whose lock still holds, those first who exclude most; files of ended processes are removed."""
    found = []
    for path in folder.iterdir():
        if path == but:
            continue
        with path.open("r+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                with suppress(ValueError, TypeError):
                    found.append(Owner(**json.load(file)))
            else:
                path.unlink()
    order = [Use.ALONE, Use.SERVE, Use.SHARED]
    return sorted(found, key=lambda owner: (order.index(Use(owner.use)), owner.since))


def _sentence(data_dir: Path, owner: Owner) -> str:
    since = clock.in_china(datetime.fromisoformat(owner.since))
    return said(
        "folder_in_use", folder=data_dir, command=owner.command, pid=owner.pid, since=f"{since:%Y-%m-%d %H:%M:%S}"
    )

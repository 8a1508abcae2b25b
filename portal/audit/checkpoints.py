"""Signed checkpoints in a file outside the database: a rewritten or truncated trail contradicts them.

The head row counts the checkpoints, the file holds and signs them: rewriting only one of the two is detected by the
other.
"""

import hashlib
import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import bases, trail
from portal.audit.chain import GENESIS, encoded
from portal.audit.models import AuditHead
from portal.audit.signatures import TrailSigner, is_genuine, signed
from portal.audit.trail import CHECKPOINT_DUE, HEAD_ID, Break, Particulars
from portal.db import Database

_TAIL_BYTES = 8192
_FIELDS = {"number": int, "seq": int, "row_hash": str, "at": str, "previous": str, "key": str, "signature": str}
_logger = logging.getLogger("portal.audit")


class CheckpointError(Exception):
    """No checkpoint was made, because trail and file contradict each other. Says what is wrong."""

    @property
    def particulars(self) -> Particulars:
        """The error as particulars of a trail row."""
        return {"problem": str(self)}


@dataclass(frozen=True)
class Checkpoint:
    """One line of the file: the trail reached `seq` with `row_hash`; the next line names `line_hash`.

    `base` is the signature of the base that was written with it, when rows were purged.
    """

    number: int
    seq: int
    row_hash: str
    previous: str
    line_hash: str
    base: str = ""


@dataclass(frozen=True)
class Proof:
    """The result of a full check. `problem` is about the file of checkpoints, `first_break` about the rows."""

    count: int
    first_break: Break | None
    checkpoints: int
    problem: str | None
    purged: int = 0

    @property
    def is_whole(self) -> bool:
        return self.first_break is None and self.problem is None

    @property
    def summary(self) -> str:
        """One line for the trail and the command line; holds only row numbers."""
        if self.first_break:
            return f"row {self.first_break.seq}: {self.first_break.problem}"
        purged = f", {self.purged} older rows were purged" if self.purged else ""
        return self.problem or f"{self.count} rows, {self.checkpoints} checkpoints{purged}"

    @property
    def particulars(self) -> Particulars:
        """The result as particulars of a trail row."""
        if self.first_break:
            return {"broken_row": self.first_break.seq, "problem": self.first_break.problem}
        if self.problem:
            return {"problem": self.problem}
        return {"rows": self.count, "checkpoints": self.checkpoints, "purged": self.purged or None}


class Checkpoints:
    """The file of one portal. All replicas that share the database share the file."""

    def __init__(self, database: Database, signer: TrailSigner, path: Path) -> None:
        self.database = database
        self.signer = signer
        self.path = path

    def make(self) -> Checkpoint | None:
        """Sign the trail's current end; None if nothing was added since the last time.

        Raises:
            CheckpointError: the file lacks checkpoints, or the trail is not the one that was signed before.
            OSError: the file cannot be written.
        """
        with self.database.transaction() as session:
            head = session.get_one(AuditHead, HEAD_ID, with_for_update=True)
            last = self.last_of(session, head)
            if head.seq == (last.seq if last else 0):
                return None
            line = self._append(
                head.seq, head.row_hash, last, head.checkpoints + 1 if last is None else last.number + 1
            )
            session.execute(update(AuditHead).values(checkpoints=line.number))
        return line

    def last_of(self, session: Session, head: AuditHead) -> Checkpoint | None:
        """The last checkpoint in the file, verified against the trail; None if there never was one.

        Raises:
            CheckpointError: as `make`.
        """
        last = self._last()
        if (last.number if last else 0) < head.checkpoints:
            raise CheckpointError("checkpoints are missing")
        if last is not None and (head.seq < last.seq or bases.hash_at(session, last.seq) != last.row_hash):
            raise CheckpointError("the trail is not the one that was signed before")
        return last

    def add_base(self, session: Session, seq: int, row_hash: str, last: Checkpoint | None) -> None:
        """Write the latest base into the file, signed again together with the trail's end (`seq`)."""
        number = last.number + 1 if last else 1
        self._append(seq, row_hash, last, number, bases.as_signed(session))
        session.execute(update(AuditHead).values(checkpoints=number))

    def make_quietly(self) -> None:
        """As `make`, for callers with other work to do: an error is an alarm in the log, not a failed request."""
        try:
            self.make()
        except Exception as error:
            reason = str(error) if isinstance(error, CheckpointError) else type(error).__name__
            _logger.error("no checkpoint of the trail: %s", reason)

    def problem(self) -> str | None:
        """Why the file does not go on from where the trail was signed last; None if it does. Changes nothing."""
        problem = self._problem()
        return problem and self._problem()  # another process may have signed in between

    def start_over(self) -> Path | None:
        """Set a lost or invalid file aside and start a new one; returns the old one's path."""
        aside = None
        if self.path.exists():
            aside = self.path.with_name(f"{self.path.name}.{clock.now():%Y%m%dT%H%M%S}")
            self.path.rename(aside)
        with self.database.transaction() as session:
            head = session.get_one(AuditHead, HEAD_ID, with_for_update=True)
            line = self._append(head.seq, head.row_hash, None, head.checkpoints + 1, bases.as_signed(session))
            session.execute(update(AuditHead).values(checkpoints=line.number))
        return aside

    def verify(self, copy: Path | None = None) -> Proof:
        """Check every row and every checkpoint, in constant memory.

        Args:
            copy: a copy of the file kept elsewhere. It may be older, so its count is not checked.
        """
        # In this order: the file then holds all that the head counts, and the rows read last all that the file names.
        with self.database.read() as session:
            counted = session.scalar(select(AuditHead.checkpoints).where(AuditHead.id == HEAD_ID)) or 0
            start = bases.start_of(session, self.signer)
        pins = _Reader(copy or self.path, self.signer, start.signature)
        with self.database.read() as session:
            rows = trail.verify(session, pins=pins, verifier=self.signer)
        problem = pins.problem
        if problem is None and rows.first_break is None and copy is None:
            if pins.last_number < counted:
                problem = "checkpoints are missing"
            elif start.signature and not pins.has_base:
                problem = "the last base is not among the checkpoints"
        return Proof(rows.count, rows.first_break, pins.read, problem, rows.purged)

    def _problem(self) -> str | None:
        try:
            with self.database.read() as session:
                self.last_of(session, session.get_one(AuditHead, HEAD_ID))
        except CheckpointError as error:
            return str(error)
        except OSError:
            return "a checkpoint cannot be read"
        return None

    def _last(self) -> Checkpoint | None:
        lines = _tail(self.path)
        if not lines:
            return None
        parsed = _parsed(lines[-1], self.signer)
        if isinstance(parsed, str):
            raise CheckpointError(parsed)
        return parsed

    def _append(
        self, seq: int, row_hash: str, last: Checkpoint | None, number: int, base: dict[str, Any] | None = None
    ) -> Checkpoint:
        previous = last.line_hash if last else GENESIS
        content: dict[str, Any] = {
            "number": number,
            "seq": seq,
            "row_hash": row_hash,
            "at": clock.now().isoformat(timespec="seconds"),
            "previous": previous,
        }
        if base:
            content["base"] = base
        line = encoded(signed(content, self.signer)).encode()
        _append_durably(self.path, line)
        return Checkpoint(number, seq, row_hash, previous, hashlib.sha256(line).hexdigest())


class CheckedDatabase(Database):
    """A database that requests a checkpoint after the transaction that wrote every 200th row of the trail."""

    checkpoints: Checkpoints | None = None

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """As `Database.transaction`."""
        with super().transaction() as session:
            yield session
        if session.info.get(CHECKPOINT_DUE) and self.checkpoints is not None:
            self.checkpoints.make_quietly()


class _Reader:
    """Reads the file's checkpoints one by one; `problem` says where the chain breaks."""

    def __init__(self, path: Path, signer: TrailSigner, wanted_base: str) -> None:
        self.problem: str | None = None
        self.read = 0
        self.last_number = 0
        self.has_base = False
        self._path, self._signer, self._wanted_base = path, signer, wanted_base
        self._size = path.stat().st_size if path.exists() else 0

    def __iter__(self) -> Iterator[Checkpoint]:
        expected, last_seq = GENESIS, 0
        for line in _lines(self._path, self._size):
            found = _parsed(line, self._signer)
            if isinstance(found, str):
                self.problem = f"checkpoint line {self.read + 1}: {found}"
                return
            # A base is written at the trail's end, which may have been signed before.
            lowest = last_seq if found.base else last_seq + 1
            if found.previous != expected or (found.seq < lowest and self.read):
                self.problem = f"checkpoint line {self.read + 1}: a checkpoint is missing before it"
                return
            is_further = found.seq > last_seq
            expected, last_seq = found.line_hash, found.seq
            self.read, self.last_number = self.read + 1, found.number
            self.has_base = self.has_base or found.base == self._wanted_base
            if is_further:
                yield found


def _parsed(line: bytes, signer: TrailSigner) -> Checkpoint | str:
    """The checkpoint, or what is wrong with the line."""
    try:
        content: dict[str, Any] = json.loads(line)
        base = content.get("base", {"signature": ""})
        is_shaped = {name: type(value) for name, value in content.items() if name != "base"} == _FIELDS
        is_shaped = is_shaped and isinstance(base["signature"], str)
    except (ValueError, AttributeError, TypeError, KeyError):
        is_shaped = False
    if not is_shaped:
        return "a checkpoint was changed"
    if content["key"] != signer.fingerprint:
        return "a checkpoint was signed with another key"
    if not is_genuine(content, signer):
        return "a checkpoint was changed"
    line_hash = hashlib.sha256(line).hexdigest()
    facts = content["number"], content["seq"], content["row_hash"], content["previous"]
    return Checkpoint(*facts, line_hash, base["signature"])


def _lines(path: Path, size: int) -> Iterator[bytes]:
    """Complete lines within the first `size` bytes; a line cut off by a crash was never counted."""
    if not size:
        return
    with path.open("rb") as file:
        while file.tell() < size and (line := file.readline()).endswith(b"\n"):
            yield line[:-1]


def _tail(path: Path) -> list[bytes]:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
            return file.read().split(b"\n")[:-1]
    except FileNotFoundError:
        return []


def _append_durably(path: Path, line: bytes) -> None:
    is_new = not path.exists()
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+b") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - _TAIL_BYTES))
        torn = file.read().rpartition(b"\n")[2]
        file.seek(end - len(torn))
        file.write(line + b"\n")
        file.truncate()
        file.flush()
        os.fsync(file.fileno())
    if is_new:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

"""The trail as JSON Lines with its own proof: checked offline, by anyone with the public key (SECURITY D-14).

First line: what this is and which hash the first row follows. Then one line per row: exactly what was hashed, and its
`row_hash`. Last line: count, last hash, SHA-256 of everything before it, and the signature over the line itself.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from portal import __version__, clock
from portal.audit import bases, trail
from portal.audit.actor import Actor
from portal.audit.chain import GENESIS, HASHES, canonical, encoded
from portal.audit.models import AuditEvent
from portal.audit.signatures import TrailSigner, TrailVerifier, is_genuine, signed
from portal.audit.tags import Tag
from portal.db import Database
from portal.errors import PortalError

FORMAT = "yxt-trail/1"
_BATCH = 2000
_NOT_NEXT = "the row does not follow the one before"


class ExportBrokenError(Exception):
    """The file differs from what was exported. Names the line."""


@dataclass(frozen=True)
class Range:
    """Rows from the first at or after `since` to the last before `until`, without gaps; None is open."""

    since: datetime | None = None
    until: datetime | None = None


def export(
    database: Database, signer: TrailSigner, actor: Actor, wanted: Range, write: Callable[[bytes], object]
) -> int:
    """Write the rows of a range and return their count. The export is itself recorded before the first byte is written.

    Rows are read page by page, each in a short transaction of its own: a reader that stands still holds nothing open.

    Raises:
        TrailUnavailableError: the trail cannot be written; nothing was exported.
        PortalError: no row lies in the range.
        ExportBrokenError: a row does not follow the one before, e.g. because older rows were purged meanwhile.
    """
    with database.read() as session:
        span = _span(session, wanted)
    if span is None:
        raise PortalError("这段时间没有审计记录", 404)
    asked = {name: moment.isoformat() for name, moment in vars(wanted).items() if moment}
    with database.transaction() as session:
        rows = {"first_row": span[0], "last_row": span[1], **asked}
        trail.record(session, Tag.AUDIT_EXPORTED, actor, particulars=rows)
    return _written(database, signer, wanted, span, write)


def check(lines: Iterable[bytes], verifier: TrailVerifier) -> tuple[int, int]:
    """Verify a whole exported file without the database; returns first and last row.

    Args:
        lines: the file's lines, each with its line end.

    Raises:
        ExportBrokenError: with the number of the first invalid line.
    """
    walk = _Walk()
    proof: dict[str, Any] | None = None
    for number, line in enumerate(lines, 1):
        content = _object(number, line)
        if proof is not None:
            raise ExportBrokenError(f"line {number}: something follows the proof")
        if number == 1:
            walk.begin(content, verifier)
        elif "proof" in content:
            proof = content
            continue
        else:
            walk.step(number, content)
        walk.digest.update(line)
    if proof is None:
        raise ExportBrokenError("the proof at the end is missing")
    if not is_genuine(proof, verifier):
        raise ExportBrokenError("the signature is not by this key")
    if proof["proof"] != walk.facts():
        raise ExportBrokenError("the proof belongs to other rows")
    return walk.first_seq, walk.last_seq


class _Walk:
    """The chain of an exported file up to the current line."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self.first_seq = self.last_seq = 0
        self.last_hash = GENESIS

    def begin(self, header: dict[str, Any], verifier: TrailVerifier) -> None:
        """Check the header and start from its hash."""
        try:
            if header["format"] != FORMAT:
                raise ValueError
            self.first_seq, self.last_hash = int(header["first_seq"]), str(header["previous_hash"])
        except (KeyError, ValueError, TypeError) as error:
            raise ExportBrokenError("line 1: not an export of this form") from error
        self.last_seq = self.first_seq - 1
        base = header.get("base")
        if base is not None and (not isinstance(base, dict) or not is_genuine(base, verifier)):
            raise ExportBrokenError("line 1: the base is not by this key")
        if base and base["seq"] == self.last_seq and base["row_hash"] != self.last_hash:
            raise ExportBrokenError("line 1: the first row does not follow the base")

    def step(self, number: int, row: dict[str, Any]) -> None:
        row_hash = row.pop("row_hash", None)
        algorithm = HASHES.get(row.get("hash_name", "sha256"))
        if algorithm is None or algorithm(encoded(row).encode()).hexdigest() != row_hash:
            raise ExportBrokenError(f"line {number}: the row was changed")
        if (row.get("seq"), row.get("previous_hash")) != (self.last_seq + 1, self.last_hash):
            raise ExportBrokenError(f"line {number}: {_NOT_NEXT}")
        self.last_seq, self.last_hash = row["seq"], row_hash

    def facts(self) -> dict[str, Any]:
        """The expected values of the proof line."""
        return {
            "count": self.last_seq - self.first_seq + 1,
            "last_hash": self.last_hash,
            "lines_sha256": self.digest.hexdigest(),
        }


def _object(number: int, line: bytes) -> dict[str, Any]:
    try:
        content = json.loads(line)
    except ValueError as error:
        raise ExportBrokenError(f"line {number}: not JSON") from error
    if not isinstance(content, dict) or not line.endswith(b"\n"):
        raise ExportBrokenError(f"line {number}: the line is not whole")
    return content


def _span(session: Session, wanted: Range) -> tuple[int, int] | None:
    query = select(AuditEvent.seq)
    if wanted.since:
        query = query.where(AuditEvent.at >= wanted.since)
    if wanted.until:
        query = query.where(AuditEvent.at < wanted.until)
    first = session.scalar(_end(query, wanted, is_first=True))
    last = session.scalar(_end(query, wanted, is_first=False))
    return None if first is None or last is None else (min(first, last), max(first, last))  # clocks jump


def _end(query: Select[int], wanted: Range, *, is_first: bool) -> Select[int]:
    """The outermost row of a range: by time where a time bounds it, else by number. Each is one index lookup."""
    by_time = wanted.since if is_first else wanted.until
    order = (AuditEvent.at, AuditEvent.seq) if by_time else (AuditEvent.seq,)
    return query.order_by(*(column if is_first else column.desc() for column in order)).limit(1)


def _written(
    database: Database, signer: TrailSigner, wanted: Range, span: tuple[int, int], write: Callable[[bytes], object]
) -> int:
    first, last = span
    with database.read() as session:
        before, base = bases.hash_at(session, first - 1), bases.as_signed(session)
    header = {
        "format": FORMAT,
        "version": __version__,
        "exported_at": clock.now().isoformat(timespec="seconds"),
        "since": wanted.since.isoformat() if wanted.since else None,
        "until": wanted.until.isoformat() if wanted.until else None,
        "hashes": sorted(HASHES),
        "first_seq": first,
        "previous_hash": before,
        "base": base,
    }
    digest, last_hash = hashlib.sha256(), before

    def put(line: bytes) -> None:
        write(line)
        digest.update(line)

    put(encoded(header).encode() + b"\n")
    for row in _rows(database, first, last):
        if row.previous_hash != last_hash:
            raise ExportBrokenError(f"row {row.seq}: {_NOT_NEXT}")
        put(f'{canonical(row._asdict())[:-1]},"row_hash":"{row.row_hash}"}}\n'.encode())
        last_hash = row.row_hash
    facts = {"count": last - first + 1, "last_hash": last_hash, "lines_sha256": digest.hexdigest()}
    write(encoded(signed({"proof": facts, "public_key": signer.public_key.hex()}, signer)).encode() + b"\n")
    return last - first + 1


def _rows(database: Database, first: int, last: int) -> Iterator[Row[Any]]:
    """Each row in order, in constant memory; no transaction is open while one is written."""
    for start in range(first, last + 1, _BATCH):
        end = min(last, start + _BATCH - 1)
        query = select(*trail.COLUMNS).where(AuditEvent.seq.between(start, end)).order_by(AuditEvent.seq)
        with database.read() as session:
            rows = session.execute(query).all()
        if len(rows) != end - start + 1:
            raise ExportBrokenError(f"row {start}: {_NOT_NEXT}")
        yield from rows

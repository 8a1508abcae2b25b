"""Some rows of the trail as a file with its own proof: JSON Lines for machines, CSV for people.

Rows of an extract have gaps, so the chain cannot be followed in it. Each line of JSON Lines is exactly what was hashed,
with its `row_hash`; each line of CSV names `row_hash`. The last line is signed: how many rows, SHA-256 of all that is
before it, and the end of the chain at that time. `audit verify` proves that the portal's chain still has these rows.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from portal import __version__, clock
from portal.audit import trail
from portal.audit.chain import HASHES, canonical, encoded
from portal.audit.export import ExportBrokenError
from portal.audit.models import AuditEvent, AuditHead
from portal.audit.signatures import TrailSigner, TrailVerifier, is_genuine, signed

FORMAT = "yxt-trail-extract/1"
CSV_MARK = b"\xef\xbb\xbf"  # Excel reads UTF-8 only with it
PROOF_CELL = "校验"
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Head:
    """The end of the chain when the extract was made."""

    seq: int
    row_hash: str


def head_of(session: Session) -> Head:
    found = session.get_one(AuditHead, trail.HEAD_ID)
    return Head(found.seq, found.row_hash)


def as_json_lines(events: Iterable[AuditEvent], head: Head, signer: TrailSigner) -> Iterator[bytes]:
    """Header, one line per row, and the proof."""
    header = {"format": FORMAT, "version": __version__, "exported_at": clock.now().isoformat(timespec="seconds")}
    lines = (f'{canonical(_columns(event))[:-1]},"row_hash":"{event.row_hash}"}}\n'.encode() for event in events)
    yield from _proven(encoded(header).encode() + b"\n", lines, head, signer, lambda proof: encoded(proof) + "\n")


def as_csv(headings: Sequence[str], rows: Iterable[Sequence[str]], head: Head, signer: TrailSigner) -> Iterator[bytes]:
    """UTF-8 for Excel; no spreadsheet reads a cell as a formula."""
    first = CSV_MARK + _csv_line(headings)
    yield from _proven(
        first, map(_csv_line, rows), head, signer, lambda proof: _csv_line([PROOF_CELL, encoded(proof)]).decode()
    )


def check(lines: Iterable[bytes], verifier: TrailVerifier) -> int:
    """Verify a whole extract without the database; returns how many rows it has.

    Raises:
        ExportBrokenError: with the first invalid line.
    """
    digest, count, last = hashlib.sha256(), -1, b""  # the header is no row
    is_csv = False
    for line in lines:
        if count < 0:
            is_csv = line.startswith(CSV_MARK)
        elif last:
            digest.update(last)
        if count > 0 and not is_csv:
            _check_row(count + 1, last)
        last, count = line, count + 1
    proof = _proof_in(last, is_csv)
    facts = proof.get("proof", {})
    if not is_genuine(proof, verifier):
        raise ExportBrokenError("the signature is not by this key")
    if (facts.get("count"), facts.get("lines_sha256")) != (count - 1, digest.hexdigest()):
        raise ExportBrokenError("the proof belongs to other rows")
    return count - 1


def is_extract(first_line: bytes) -> bool:
    """Whether a file begins as an extract, not as an export of the whole trail."""
    return first_line.startswith(CSV_MARK) or FORMAT.encode() in first_line


def _proven(first: bytes, lines: Iterable[bytes], head: Head, signer: TrailSigner, put: Any) -> Iterator[bytes]:
    digest, count = hashlib.sha256(first), 0
    yield first
    for line in lines:
        digest.update(line)
        count += 1
        yield line
    facts = {
        "count": count, "lines_sha256": digest.hexdigest(), "chain_seq": head.seq, "chain_hash": head.row_hash,
    }  # fmt: skip
    yield put(signed({"proof": facts, "public_key": signer.public_key.hex()}, signer)).encode()


def _columns(event: AuditEvent) -> dict[str, Any]:
    return {column.name: getattr(event, column.name) for column in trail.COLUMNS}


def _csv_line(cells: Sequence[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow([_safe(cell) for cell in cells])
    return line.getvalue().encode()


def _safe(cell: str) -> str:
    """Spreadsheets calculate what begins with these signs; an apostrophe makes it a text."""
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA_SIGNS) else cell


def _check_row(number: int, line: bytes) -> None:
    try:
        row = json.loads(line)
        row_hash = row.pop("row_hash")
        algorithm = HASHES[row.get("hash_name", "sha256")]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ExportBrokenError(f"line {number}: not a row") from error
    if algorithm(encoded(row).encode()).hexdigest() != row_hash:
        raise ExportBrokenError(f"line {number}: the row was changed")


def _proof_in(line: bytes, is_csv: bool) -> dict[str, Any]:
    try:
        text = line.decode()
        found = json.loads(next(csv.reader([text]))[1] if is_csv else text)
        if isinstance(found.get("proof"), dict):
            return dict(found)
    except (ValueError, IndexError, StopIteration, AttributeError) as error:
        raise ExportBrokenError("the proof at the end is missing") from error
    raise ExportBrokenError("the proof at the end is missing")

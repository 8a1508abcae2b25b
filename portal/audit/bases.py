"""Where the chain begins after a purge: signed bases, each naming the last removed row and its hash."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from portal import clock
from portal.audit.chain import GENESIS
from portal.audit.models import AuditBase, AuditEvent
from portal.audit.signatures import TrailSigner, TrailVerifier, is_genuine, signed

_COLUMNS = tuple(AuditBase.__table__.columns)


@dataclass(frozen=True)
class Start:
    """The chain continues after row `seq` with `row_hash`; `problem` says why that cannot be trusted."""

    seq: int = 0
    row_hash: str = GENESIS
    number: int = 0
    signature: str = ""
    problem: str | None = None


def start_of(session: Session, verifier: TrailVerifier | None) -> Start:
    """Where the rows must begin, with every base verified: consecutive numbers, right counts, valid signatures."""
    try:
        rows = [dict(row._mapping) for row in session.execute(select(*_COLUMNS).order_by(AuditBase.number))]
    except (ValueError, TypeError, OperationalError):  # SQLite accepts any text as a time
        return Start(problem="a base cannot be read")
    start = Start()
    for row in rows:
        problem = _problem(row, start, verifier)
        if problem:
            return Start(start.seq, start.row_hash, start.number, start.signature, f"base {row['number']}: {problem}")
        start = Start(row["seq"], row["row_hash"], row["number"], row["signature"])
    return start


def latest(session: Session) -> Start:
    """Where the chain begins according to the database; nothing is verified."""
    row = session.execute(select(*_COLUMNS).order_by(AuditBase.number.desc()).limit(1)).first()
    return Start(row.seq, row.row_hash, row.number, row.signature) if row else Start()


def hash_at(session: Session, seq: int) -> str | None:
    """The hash of an existing row, of the last purged one, or of the beginning; else None."""
    start = latest(session)
    if seq == start.seq:
        return start.row_hash
    return session.scalar(select(AuditEvent.row_hash).where(AuditEvent.seq == seq))


def new_base(before: Start, seq: int, row_hash: str, signer: TrailSigner) -> AuditBase:
    """The base after `before`: rows up to `seq` are removed."""
    base = AuditBase(
        number=before.number + 1, seq=seq, row_hash=row_hash, removed=seq - before.seq,
        at=clock.now().replace(microsecond=0), key=signer.fingerprint,
    )  # fmt: skip
    base.signature = signed(_content({name.key: getattr(base, name.key) for name in _COLUMNS}, before), signer)[
        "signature"
    ]
    return base


def as_signed(session: Session) -> dict[str, Any] | None:
    """The latest base with everything that its signature covers, for files outside the database."""
    rows = [
        dict(row._mapping)
        for row in session.execute(select(*_COLUMNS).order_by(AuditBase.number.desc()).limit(2))
    ]  # fmt: skip
    if not rows:
        return None
    before = Start(signature=rows[1]["signature"]) if len(rows) > 1 else Start()
    return {**_content(rows[0], before), "key": rows[0]["key"], "signature": rows[0]["signature"]}


def _content(row: Mapping[str, Any], before: Start) -> dict[str, Any]:
    return {
        "base": row["number"],
        "seq": row["seq"],
        "row_hash": row["row_hash"],
        "removed": row["removed"],
        "at": row["at"].isoformat(timespec="seconds"),
        "previous": before.signature,
    }


def _problem(row: Mapping[str, Any], before: Start, verifier: TrailVerifier | None) -> str | None:
    if row["number"] != before.number + 1:
        return "a base is missing before it"
    if verifier is None:
        return "there is no key to check it with"
    if row["key"] != verifier.fingerprint:
        return "it was signed with another key"
    content = {**_content(row, before), "key": row["key"], "signature": row["signature"]}
    if row["removed"] != row["seq"] - before.seq or row["removed"] < 1 or not is_genuine(content, verifier):
        return "it was forged or changed"
    return None

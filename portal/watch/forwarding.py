"""Forwards the trail to a syslog or SIEM, row by row, after it was committed (SECURITY D-14).

Each row becomes one RFC 5424 message whose text is the canonical line that its hash covers, with the hash. What was
sent is noted afterwards, so that a row may arrive twice but none is left out. Rows written before the first start are
not sent.
"""

import os
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import trail
from portal.audit.chain import canonical
from portal.audit.models import AuditEvent, AuditHead
from portal.db import Database
from portal.watch.models import ForwardMark

_ID = 1
_BATCH = 500
_TIMEOUT_SECONDS = 5.0
_LATE = timedelta(minutes=5)
_MOST_DATAGRAM = 8192
_LOG_AUDIT, _INFO, _WARNING = 13, 6, 4  # facility and severities of RFC 5424
Rows = Sequence[Row[Any]]


def forward(database: Database, address: str) -> int:
    """Send what is new and return how many rows; each batch is noted once it is sent.

    Raises:
        OSError: the receiver cannot be reached; the next call begins with the same row.
    """
    total = 0
    while rows := _waiting(database):
        _send(address, [message(row) for row in rows])
        with database.transaction() as session:
            session.get_one(ForwardMark, _ID).seq = rows[-1].seq
        total += len(rows)
    return total


def is_late(session: Session) -> bool:
    """Whether a row has waited for more than five minutes."""
    mark = session.get(ForwardMark, _ID)
    if mark is None:
        return False
    oldest = select(AuditEvent.at).where(AuditEvent.seq > mark.seq).order_by(AuditEvent.seq).limit(1)
    at = session.scalar(oldest)
    return at is not None and clock.now() - at > _LATE


def message(row: Row[Any]) -> bytes:
    """One row as RFC 5424; failures are warnings."""
    priority = _LOG_AUDIT * 8 + (_INFO if row.is_success else _WARNING)
    head = f"<{priority}>1 {row.at.isoformat()} {socket.gethostname()} yixiantong {os.getpid()} {row.tag} -"
    return f'{head} {canonical(row._asdict())[:-1]},"row_hash":"{row.row_hash}"}}'.encode()


def _waiting(database: Database) -> Rows:
    with database.read() as session:
        mark = session.get(ForwardMark, _ID)
        if mark is not None:
            query = select(*trail.COLUMNS).where(AuditEvent.seq > mark.seq).order_by(AuditEvent.seq).limit(_BATCH)
            return session.execute(query).all()
    with database.transaction() as session:
        head = session.get_one(AuditHead, trail.HEAD_ID, with_for_update=True)
        if session.get(ForwardMark, _ID) is None:
            session.add(ForwardMark(id=_ID, seq=head.seq))
    return []


def _send(address: str, messages: Sequence[bytes]) -> None:
    parts = urlsplit(address)
    with _connected(parts.scheme, parts.hostname or "", parts.port or (6514 if parts.scheme == "tls" else 514)) as link:
        for content in messages:
            if parts.scheme == "udp":
                link.send(content[:_MOST_DATAGRAM])
            else:
                link.sendall(b"%d %s" % (len(content), content))  # octet counting, RFC 6587


@contextmanager
def _connected(scheme: str, host: str, port: int) -> Iterator[socket.socket]:
    if scheme == "udp":
        family, kind, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as link:
            link.settimeout(_TIMEOUT_SECONDS)
            link.connect(place)
            yield link
        return
    with socket.create_connection((host, port), timeout=_TIMEOUT_SECONDS) as plain:
        if scheme == "tcp":
            yield plain
            plain.shutdown(socket.SHUT_WR)
            return
        with ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secure:
            yield secure

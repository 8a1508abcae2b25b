"""A grant replaces number and query code in one browser for half an hour; changing the code ends it."""

import hmac
import uuid
from datetime import timedelta
from typing import Protocol

from portal import clock
from portal.vault.vault import Vault

LIFE = timedelta(minutes=30)


class Granted(Protocol):
    """What a browser may open again without its query code."""

    @property
    def id(self) -> uuid.UUID: ...

    @property
    def query_code_hash(self) -> str: ...


def make(vault: Vault, opened: Granted) -> str:
    """A grant for what was opened with its query code."""
    ends = int((clock.now() + LIFE).timestamp())
    return f"{ends}.{_signature(vault, opened, ends)}"


def is_good(vault: Vault, grant: str, asked: Granted) -> bool:
    """Whether the grant, as a cookie holds it, opens this now."""
    ends, _, signature = grant.partition(".")
    if not (ends.isascii() and ends.isdigit() and len(ends) <= 12 and signature.isascii()):
        return False
    is_genuine = hmac.compare_digest(signature, _signature(vault, asked, int(ends)))
    return is_genuine and int(ends) > clock.now().timestamp()


def _signature(vault: Vault, opened: Granted, ends: int) -> str:
    return vault.signer("track grant")(f"{opened.id}|{ends}|{opened.query_code_hash}")

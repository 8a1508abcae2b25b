"""Browsers in which a person has signed in, or a ticket was opened, before: strangers who guess do not lock them out.

The cookie holds a random mark and a keyed hash that ties it to the person or ticket. It opens nothing: it only gives
the browser attempts of its own.
"""

import hmac
import secrets
import uuid
from dataclasses import dataclass

from portal.accounts.models import User
from portal.vault.vault import Vault

COOKIE = "portal_known"
DAYS = 180
_MOST = 4  # people who share one PC, or tickets that it follows
_SIGNED_IN = "known browser"
_BETWEEN = "~"


@dataclass(frozen=True)
class Browser:
    """The browser of an attempt: its address and the cookie it sent. `purpose`: what the cookie remembers."""

    address: str
    cookie: str = ""
    vault: Vault | None = None
    purpose: str = _SIGNED_IN

    def mark_of(self, subject: uuid.UUID | str) -> str:
        """The random mark of a browser that this person or ticket knows, or "" for an unknown one."""
        for entry in self.cookie.split(_BETWEEN)[:_MOST]:
            mark, _, mac = entry.partition(".")
            if (
                self.vault is not None
                and mark
                and hmac.compare_digest(mac.encode(), _mac(self.vault, self.purpose, subject, mark))
            ):
                return mark
        return ""

    def place(self, subject: uuid.UUID | str) -> str:
        """Where this attempt comes from: a browser that was there before, else the address."""
        mark = self.mark_of(subject)
        return f"browser-{mark}" if mark else self.address

    def place_of(self, user: User | None) -> str:
        """The place of a sign-in."""
        return self.place(user.id) if user is not None else self.address


def remembering(vault: Vault, cookie: str, subject: uuid.UUID | str, purpose: str = _SIGNED_IN) -> str:
    """The cookie's new value after this person has signed in, or this ticket was opened."""
    if Browser("", cookie, vault, purpose).mark_of(subject):
        return cookie
    mark = secrets.token_hex(8)
    entry = f"{mark}.{_mac(vault, purpose, subject, mark).decode()}"
    return _BETWEEN.join([entry, *filter(None, cookie.split(_BETWEEN)[: _MOST - 1])])[:400]


def _mac(vault: Vault, purpose: str, subject: uuid.UUID | str, mark: str) -> bytes:
    return vault.keyed_hash(purpose, f"{subject}|{mark}").encode()[:64]

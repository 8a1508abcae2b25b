"""Browsers in which a person has signed in before: strangers who guess at their name do not lock them out.

The cookie holds a random mark and a keyed hash that ties it to the person. It opens nothing: it only gives the browser
attempts of its own.
"""

import hmac
import secrets
import uuid
from dataclasses import dataclass

from portal.accounts.models import User
from portal.vault.vault import Vault

COOKIE = "portal_known"
DAYS = 180
_MOST_PEOPLE = 4  # who share one PC
_BETWEEN = "~"


@dataclass(frozen=True)
class Browser:
    """The browser of a sign-in: its address and the cookie it sent."""

    address: str
    cookie: str = ""
    vault: Vault | None = None

    def mark_of(self, user_id: uuid.UUID) -> str:
        """The random mark of this person's browser, or "" for an unknown one."""
        for entry in self.cookie.split(_BETWEEN)[:_MOST_PEOPLE]:
            mark, _, mac = entry.partition(".")
            if self.vault is not None and mark and hmac.compare_digest(mac.encode(), _mac(self.vault, user_id, mark)):
                return mark
        return ""

    def place_of(self, user: User | None) -> str:
        """Where this attempt comes from: a browser that the person uses, else the address."""
        mark = self.mark_of(user.id) if user is not None else ""
        return f"browser-{mark}" if mark else self.address


def remembering(vault: Vault, cookie: str, user_id: uuid.UUID) -> str:
    """The cookie's new value after this person has signed in."""
    if Browser("", cookie, vault).mark_of(user_id):
        return cookie
    mark = secrets.token_hex(8)
    entry = f"{mark}.{_mac(vault, user_id, mark).decode()}"
    return _BETWEEN.join([entry, *filter(None, cookie.split(_BETWEEN)[: _MOST_PEOPLE - 1])])[:400]


def _mac(vault: Vault, user_id: uuid.UUID, mark: str) -> bytes:
    return vault.keyed_hash("known browser", f"{user_id}|{mark}").encode()[:64]

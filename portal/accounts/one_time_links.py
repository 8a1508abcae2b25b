"""One-time links: a token of 160 bits, stored as a keyed hash, with a lifetime; wrong attempts are limited per address.

The domain that issues a link decides what it opens, when it is used up and where its row is stored.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal import clock
from portal.accounts import limiter
from portal.accounts.limiter import RateLimit
from portal.db import Database
from portal.vault.vault import Vault

_TOKEN_BYTES = 20
_TOKEN_HEX_DIGITS = 40


@dataclass(frozen=True)
class OneTimeLink:
    """One kind of link; a token of one kind opens no other.

    Args:
        purpose: of the keyed hash.
        wrong_tries: links cannot be guessed; this limit stops scripts from querying the database all day.
        too_many: the sentence for an address over the limit, with `{at}`.
    """

    purpose: str
    life: timedelta
    wrong_tries: RateLimit
    too_many: str

    def token_hash(self, vault: Vault, token: str) -> str:
        return vault.keyed_hash(self.purpose, token)

    def binding(self, vault: Vault, token: str, *opened: object) -> str:
        """Ties a token to what its row says that it opens, so that no other row can take its place."""
        return vault.keyed_hash(f"{self.purpose} binding", "|".join(map(str, (token, *opened))))

    def expires_at(self, made_at: datetime) -> datetime:
        return made_at + self.life

    def is_valid(self, expires_at: datetime) -> bool:
        """Whether a link that ends then works now; one that would outlast its life was made by a wrong clock."""
        return clock.is_before(expires_at, self.life)

    def ensure_room(self, database: Database, address: str, or_call: str = "") -> None:
        """Raises TooManyRequestsError for an address with too many wrong attempts."""
        limiter.ensure_room(database, self.wrong_tries, address, self.too_many, or_call)

    def count_wrong_try(self, database: Database, address: str) -> None:
        """The address has used a link that never existed, or no longer does."""
        with database.transaction() as session:
            limiter.count(session, self.wrong_tries, address)


def new_token() -> str:
    """For a link that is shown once."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def derived_token(vault: Vault, purpose: str, seed: str) -> str:
    """For a link whose page can be shown again to anyone with the seed."""
    return vault.keyed_hash(purpose, seed)[:_TOKEN_HEX_DIGITS]

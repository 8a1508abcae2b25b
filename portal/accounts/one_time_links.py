"""One-time links: a token of 160 bits, kept as a keyed hash, good for a while; wrong tries are limited per address.

What a link opens, when it is used up and where its row lies is the business of the domain that hands it out.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.accounts import limiter
from portal.accounts.limiter import RateLimit
from portal.db import Database
from portal.vault.vault import Vault

_TOKEN_BYTES = 20
_TOKEN_HEX_DIGITS = 40


@dataclass(frozen=True)
class OneTimeLink:
    """One sort of link; a token of one sort opens none of another.

    Args:
        purpose: of the keyed hash.
        wrong_tries: nobody can guess a link; this keeps a script from asking the database all day.
        too_many: the sentence for an address that has used them up, with `{at}`.
    """

    purpose: str
    life: timedelta
    wrong_tries: RateLimit
    too_many: str

    def token_hash(self, vault: Vault, token: str) -> str:
        """What is kept of a token."""
        return vault.keyed_hash(self.purpose, token)

    def expires_at(self, made_at: datetime) -> datetime:
        """The end of a link."""
        return made_at + self.life

    def ensure_room(self, database: Database, address: str) -> None:
        """Stop an address with too many wrong tries.

        Raises:
            TooManyRequestsError: it has to wait.
        """
        limiter.ensure_room(database, self.wrong_tries, address, self.too_many)

    def count_wrong_try(self, database: Database, address: str) -> None:
        """The address has asked for a link that is none, or none any more."""
        with database.transaction() as session:
            limiter.count(session, self.wrong_tries, address)


def new_token() -> str:
    """A random token for a link that is shown once."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def derived_token(vault: Vault, purpose: str, seed: str) -> str:
    """A token for a link whose page can be shown again to whoever holds the seed."""
    return vault.keyed_hash(purpose, seed)[:_TOKEN_HEX_DIGITS]

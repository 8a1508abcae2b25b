"""Ticket numbers (guessable, public) and query codes (the secret) (REQUIREMENTS T7, CONTRACT 12)."""

import hmac
import secrets

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal import clock
from portal.sensitive_text.folding import folded
from portal.vault.vault import Vault
from portal.watch import clock_doubt

# Without 0 O 1 I L, as codes are read out on the phone. Ten of 31 characters: 49 bits.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_CODE_LENGTH = 10
_LONGEST = 2000  # signs that are read, such as a pasted receipt
ARCHIVE_PREFIX = "GD"

_NEXT = text(
    "INSERT INTO ticket_counters (series, last) VALUES (:series, 1) "
    "ON CONFLICT (series) DO UPDATE SET last = ticket_counters.last + 1 RETURNING last"
)


def next_number(session: Session, prefix: str) -> str:
    """The next number in the series of the prefix and the month in China, e.g. RC2026110001."""
    series = f"{prefix}{clock.in_china(clock_doubt.moment_for_numbers(session)):%Y%m}"
    return f"{series}{session.execute(_NEXT, {'series': series}).scalar_one():04d}"


def next_daily_number(session: Session, prefix: str) -> str:
    """The next number in the series of the prefix and the day in China, e.g. LD20261127001."""
    series = f"{prefix}{clock.in_china(clock_doubt.moment_for_numbers(session)):%Y%m%d}"
    return f"{series}{session.execute(_NEXT, {'series': series}).scalar_one():03d}"


def next_archive_number(session: Session, prefix: str) -> str:
    """The next number in the series of the prefix and the day in China, e.g. GD-RC-20261128-001.

    The counter is a row of the caller's transaction: what rolls back leaves no gap, and of two at once one waits.
    """
    series = f"{ARCHIVE_PREFIX}-{prefix}-{clock.in_china(clock_doubt.moment_for_numbers(session)):%Y%m%d}"
    return f"{series}-{session.execute(_NEXT, {'series': series}).scalar_one():03d}"


def query_code(vault: Vault, submission_key: str | None) -> str:
    """A code like K7PM-4XRD-92.

    Derived from the submission key, so that the same key gives the same receipt although only hashes are stored. It
    cannot be computed without the server's secret and the key.
    """
    seed = vault.keyed_hash("query code", submission_key or secrets.token_hex(32))
    number = int(seed, 16)
    letters = []
    for _ in range(_CODE_LENGTH):
        number, place = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[place])
    code = "".join(letters)
    return f"{code[:4]}-{code[4:8]}-{code[8:]}"


def hash_code(vault: Vault, code: str) -> str:
    """The stored hash; ignores dashes, blanks and case."""
    return vault.keyed_hash("query code hash", normal_code(code))


def is_code(vault: Vault, code: str, code_hash: str) -> bool:
    """Compares in constant time."""
    return hmac.compare_digest(hash_code(vault, code), code_hash)


def normal_code(code: str) -> str:
    """Upper case and half width, without dashes and blanks."""
    return compact(plain(code))[:20]


def normal_number(number: str) -> str:
    """Upper case and half width, letters and digits only."""
    return compact(plain(number))[:24]


def plain(text: str) -> str:
    """Half width and capitals, nothing invisible."""
    return folded(text[:_LONGEST]).text.upper()


def compact(text: str) -> str:
    """Letters and digits only."""
    return "".join(char for char in text if char.isascii() and char.isalnum())

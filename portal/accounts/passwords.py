"""Argon2id hashes, limited to two at a time, and the password policy: OWASP's by default, 等保三级 optional."""

import threading
import unicodedata
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from portal import clock
from portal.accounts.common_passwords import is_common

MIN_LENGTH = 8
MAX_LENGTH = 256
OWASP = "owasp"
# 等保三级 (SECURITY 3): character classes, a change every 90 days, none of the last five passwords.
DENGBAO3 = "dengbao3"
FEWEST_CLASSES = 3
LONGEST_AGE = timedelta(days=90)
BARRED = 5
# OWASP's first recommendation: 19 MiB, two passes, one lane (SECURITY C-10).
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Of a password that nobody knows, as dear to compare with as a real one.
_DUMMY = "$argon2id$v=19$m=19456,t=2,p=1$3uI4H6B9ARhRodk4XFLEjA$mFRMEN3F8pANvJaNjLf29ycGjl62X+N+gcYwchRHAfE"
_slots = threading.BoundedSemaphore(2)  # each hash takes 19 MiB


def password_fault(password: str, username: str, policy: str = OWASP) -> str | None:
    """Why the password is refused, as a Chinese sentence; None if it is acceptable (SECURITY E-10)."""
    if len(password) < MIN_LENGTH:
        return f"密码至少 {MIN_LENGTH} 个字符，可以用一句话"
    if len(password) > MAX_LENGTH:
        return f"密码不能超过 {MAX_LENGTH} 个字符"
    if is_common(password, username):
        return "这个密码太常见，请换一个"
    if policy == DENGBAO3 and _classes(password) < FEWEST_CLASSES:
        return f"密码要包含大写字母、小写字母、数字、其他字符中的至少 {FEWEST_CLASSES} 种"
    return None


def is_too_old(changed_at: datetime | None, policy: str) -> bool:
    """Whether the policy requires a new password; OWASP's never does."""
    if policy != DENGBAO3 or changed_at is None:
        return False
    return clock.now() - changed_at > LONGEST_AGE or not clock.has_been(changed_at)


def password_help(policy: str) -> str:
    """The policy as a Chinese sentence, shown beside the field."""
    if policy == DENGBAO3:
        return (
            f"至少 {MIN_LENGTH} 个字符，包含大写字母、小写字母、数字、其他字符中的至少 {FEWEST_CLASSES} 种，"
            f"不能与最近 {BARRED} 次的密码相同"
        )
    return f"至少 {MIN_LENGTH} 个字符，可以用一句话"


def hash_password(password: str) -> str:
    """Argon2id, over the NFC form."""
    with _slots:
        return _hasher.hash(_normal(password))


def is_password(password_hash: str | None, password: str) -> bool:
    """Whether the password matches. Without a hash it takes the same time and returns False (SECURITY E-7)."""
    with _slots:
        try:
            return _hasher.verify(password_hash or _DUMMY, _normal(password)) and password_hash is not None
        except (Argon2Error, InvalidHashError):
            return False


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash was made with older parameters."""
    return _hasher.check_needs_rehash(password_hash)


def _classes(password: str) -> int:
    kinds = {
        "upper" if char.isascii() and char.isupper()
        else "lower" if char.isascii() and char.islower()
        else "digit" if char.isascii() and char.isdigit()
        else "other"
        for char in password
    }  # fmt: skip
    return len(kinds)


def _normal(password: str) -> str:
    return unicodedata.normalize("NFC", password[:MAX_LENGTH])

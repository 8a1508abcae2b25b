"""Argon2id hashes, a few at a time, and the password policy."""

import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

MIN_LENGTH = 8
MAX_LENGTH = 256
# OWASP's first recommendation: 19 MiB, two passes, one lane (SECURITY C-10).
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_slots = threading.BoundedSemaphore(2)  # each hash takes 19 MiB
_COMMON = frozenset(
    """
    password 12345678 123456789 1234567890 qwertyuiop 11111111 00000000 88888888 66666666 password1 passw0rd
    iloveyou abc12345 abcd1234 a1234567 qwerty123 1q2w3e4r 1qaz2wsx admin123 admin888 administrator
    87654321 asdfghjkl 123123123 12341234 zxcvbnm123 woaini1314 5201314520 1234qwer qwer1234 aa123456
    123456abc 123456aa p@ssw0rd welcome1 changeme letmein123 yixiantong 一线通一线通
    """.split()  # noqa: SIM905
)


def password_fault(password: str, username: str) -> str | None:
    """Why the password is not good enough, as a Chinese sentence; None when it is."""
    if len(password) < MIN_LENGTH:
        return f"密码至少 {MIN_LENGTH} 个字符，可以用一句话"
    if len(password) > MAX_LENGTH:
        return f"密码不能超过 {MAX_LENGTH} 个字符"
    folded = password.casefold()
    if folded in _COMMON or len(set(folded)) < 4 or folded == username.casefold():
        return "这个密码太常见，请换一个"
    return None


def hash_password(password: str) -> str:
    """The Argon2id hash of the NFC form."""
    with _slots:
        return _hasher.hash(_normal(password))


def is_password(password_hash: str | None, password: str) -> bool:
    """Whether the password fits. Without a hash the same work is done and the answer is no (SECURITY E-7)."""
    with _slots:
        try:
            return _hasher.verify(password_hash or _DUMMY, _normal(password)) and password_hash is not None
        except (Argon2Error, InvalidHashError):
            return False


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash was made with older parameters."""
    return _hasher.check_needs_rehash(password_hash)


def _normal(password: str) -> str:
    return unicodedata.normalize("NFC", password[:MAX_LENGTH])


_DUMMY = _hasher.hash("nobody's password")

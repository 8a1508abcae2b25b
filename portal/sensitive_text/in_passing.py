"""Finds credentials that no label introduces: 用lisi_zts登的, sfdg01/Abc#123, gt09 gt09888 这个账号密码.

Only words that look like nothing else count: an account has a digit or an underscore, a password is unmistakable.
"""

import re
from collections.abc import Iterator

from portal.sensitive_text.labels import BLANK, HAN
from portal.sensitive_text.spans import Hit, SpanKind
from portal.sensitive_text.values import is_count, is_ordinary, is_secret_like, is_unmistakable

_B = rf"{BLANK}{{0,2}}"
_NO_ASCII_BEFORE = r"(?<![!-9;-~])"
_LONG_NUMBER = re.compile("[0-9]{11}")  # another finder's
_NAME = r"[A-Za-z0-9][A-Za-z0-9_.@\-]{3,30}(?![A-Za-z0-9_.@\-])"
# 用lisi_zts登的, 拿gt_nurse5进系统; 号yt_wsy_07 at the beginning of a clause; hs0092账号.
_USED = re.compile(rf"[用拿以登]{_B}(?P<account>{_NAME}){_B}(?:来|去)?(?:登|进|這個|这个)")
_NUMBER = re.compile(rf"(?<![{HAN}A-Za-z0-9])号(?:是|为)?{_B}(?P<account>{_NAME})")
_NAMED = re.compile(rf"[{HAN}，。；、,; \t](?P<account>[A-Za-z][A-Za-z0-9_.@\-]{{3,30}})[账帐賬帳][号户號戶]")
# ys0021 / ys0021!: a name with a digit, one slash, and a password with a sign.
_SLASHED = re.compile(
    rf"{_NO_ASCII_BEFORE}(?P<account>[A-Za-z0-9_]{{3,20}}){_B}/{_B}"
    r"(?P<password>(?=[A-Za-z0-9_]{0,20}[!@#$%^&*+=])[A-Za-z0-9_!@#$%^&*+=]{5,40})(?![!-~])"
)
# gt09 gt09888 这个账号密码; zst/Zst@2025，这是我们的账号密码.
_BEFORE_LABELS = re.compile(
    rf"{_NO_ASCII_BEFORE}(?P<account>[A-Za-z0-9_.@\-]{{3,30}})(?:{_B}[/、，,]{_B}|{BLANK}{{1,4}})"
    rf"(?P<password>[!-+\-.0-~]{{4,40}})(?![!-~])[，,。 \t]{{0,3}}(?:这|這|是|就是|为)[{HAN}]{{0,10}}?"
    r"[账帐賬帳用工](?:[号户號戶]|户名|密)[和与、/及跟]?(?:密码|密碼|口令)"
)

# 重置成Reset#05; 我输的是GTyd2024.
_SET = re.compile(
    rf"(?:(?:重置|恢复|[改换換设設])[成为為到回]|我(?:[输輸填用试試]|输入)(?:的|了|过|過)?(?:是)?){_B}(?P<password>[!-~]{{5,40}})"
)


def find_in_passing(text: str) -> Iterator[Hit]:
    for pattern in (_USED, _NUMBER, _NAMED):
        for told in pattern.finditer(text):
            if _is_account(told["account"]) and not is_count(text, told.start("account")):
                yield _hit(told, "account", SpanKind.LOGIN_ACCOUNT)
    for told in _SET.finditer(text):
        if is_unmistakable(told["password"]):
            yield _hit(told, "password", SpanKind.LOGIN_PASSWORD)
    for pattern in (_SLASHED, _BEFORE_LABELS):
        for told in pattern.finditer(text):
            if is_unmistakable(told["password"]) and not is_ordinary(told["account"]):
                yield _hit(told, "account", SpanKind.LOGIN_ACCOUNT)
                yield _hit(told, "password", SpanKind.LOGIN_PASSWORD)


def _is_account(name: str) -> bool:
    has_mark = re.search("[0-9_@]", name) is not None and re.search("[A-Za-z]", name) is not None
    return (has_mark or is_secret_like(name)) and not is_ordinary(name) and not _LONG_NUMBER.match(name)


def _hit(told: re.Match[str], group: str, kind: SpanKind) -> Hit:
    return Hit(told.start(group), told.end(group), kind)

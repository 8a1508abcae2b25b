"""The form in which a typed value is kept, and what in it is no value at all."""

import re
import unicodedata

from portal.sensitive_text.folding import folded
from portal.sensitive_text.lines import lines

_NO_ANSWER = re.compile(
    r"[无没][有]?(?:住院号|门诊号|号码|号|密码|账号|电话|手机号?|联系方式)?|不(?:知道|清楚|详|明|记得了?|用|需要)|未知|略|同上|暂无|"
    r"(?:门诊|急诊|药房|门诊病人|门诊患者|未住院|没住院|不住院)|n/?a|none|null|no|-+|/+|\.+|。+|、+",
    re.IGNORECASE,
)
_ACCOUNT_LABEL = re.compile(r"(?:系统)?(?:登录)?(?:账号|帐号|账户|用户名|登录名|工号)\s{0,4}[:=是为]\s{0,4}")
_PASSWORD_LABEL = re.compile(
    r"(?:登录)?(?:密码|密碼|口令|\b(?:password|passwd|pwd))\s{0,4}(?:[:=]|是|为)?\s{0,4}", re.IGNORECASE
)
_BETWEEN = " \n\t,，;；、/|"
_INPATIENT_LABEL = re.compile(r"(?:住院|病案|门诊)号:?")


def steps(text: str) -> str:
    """As `lines`; what says nothing is no answer: 无, 1., a single sign."""
    kept = lines(text)
    return "" if is_no_answer(kept) or sum(char.isalnum() for char in folded(kept).text) < 2 else kept


def account(text: str) -> str:
    """Folded, without the label that people copy along."""
    kept = folded(text).text.strip()
    label = _ACCOUNT_LABEL.match(kept)
    return kept[label.end() :] if label and label.end() < len(kept) else kept


def password(text: str) -> str:
    """A password keeps every blank (REQUIREMENTS A9); only marks of format, which nobody types, are taken out."""
    return "".join(char for char in text if unicodedata.category(char) != "Cf")


def number(text: str) -> str:
    """Without blanks and label: for copied numbers."""
    return _INPATIENT_LABEL.sub("", "".join(folded(text).text.split()), count=1)


def phone(text: str) -> str:
    """As typed, folded; 无 and the like are no answer."""
    kept = " ".join(folded(text).text.split())
    return "" if is_no_answer(kept) else kept


def is_no_answer(text: str) -> bool:
    """Whether the whole text says that there is nothing to say."""
    return bool(_NO_ANSWER.fullmatch(folded(text).text.strip()))


def holds_password(account_text: str) -> bool:
    return bool(_PASSWORD_LABEL.search(account_text))


def split_account(text: str) -> tuple[str, str]:
    """`sfdg密码:123456` as account and password; the password is "" if there is none."""
    kept = folded(text)
    label = _PASSWORD_LABEL.search(kept.text)
    name = kept.text[: label.start()].rstrip(_BETWEEN) if label else ""
    if not label or not name or label.end() == len(kept.text):
        return text, ""
    # The password is cut from the typed text: folding would change it.
    return name, kept.typed[kept.place(label.end()) :]


def tick(text: str) -> str:
    """A flag: `1` however it is sent; empty when it is not set. Anything else stays, and is refused."""
    word = text.strip().lower()
    if word in ("0", "false", "off", "no"):
        return ""
    return "1" if word in ("1", "true", "on", "yes") else text.strip()

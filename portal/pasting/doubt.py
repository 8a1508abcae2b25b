"""What was read but is doubtful: it is asked for, not guessed; and what is left over and may be a secret. Pure."""

import re

from portal.pasting.labels import CREDENTIALS, simplified
from portal.sensitive_text.id_numbers import X_SIGNS
from portal.sensitive_text.labels import HAN

_HAN = f"[{HAN}]"
_OTHER_LABEL = re.compile(
    r"密\s?码|口令|[账帐]\s?[号户]|身份证|住院号|问题(?:详细)?描述|机构名称|使用系统|联系(?:人|电话|方式)"
)
_LONG_NUMBER = re.compile(r"[0-9]{6}")
_ID_NUMBER = re.compile(r"[0-9*]{6,40}[*" + X_SIGNS + "]?")
_INPATIENT_NUMBER = re.compile(rf"[0-9A-Za-z*\-]{{1,32}}|{_HAN}{{1,12}}")
_ID_SHAPE = re.compile(rf"[0-9]{{17}}[0-9{X_SIGNS}]")
_ACCOUNT = re.compile(rf"(?:(?!{_HAN}{{6}}).){{1,60}}")
_LONGEST = {"institution": 60, "previous_system": 40, "contact_name": 20, "form_name": 60}

# A line without a Chinese word may be an account or a password that lost its label, unless it is what a program says.
_NAMED_NOTHING = re.compile(r"[0-9A-Za-z]{3}")
_PROGRAM_WORDS = re.compile(
    r"ORA-|0x[0-9A-Fa-f]|\bHTTP|https?:|Exception|Error|[Ff]ail|\bat [a-z]+\.|\.(?:dll|exe|jsp|aspx?|html?|java)\b"
    r"|not |null\b|timeout",
    re.IGNORECASE,
)
_DATE_OR_TIME = re.compile(
    r"[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}(?:[ T][0-9:]{4,8})?|[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?"
)


def is_doubtful(name: str, value: str) -> bool:
    """Whether the value is hardly that of this field: another label inside it, words in a number, far too long."""
    text = simplified(value).strip()
    if name in ("id_number", "patient_id_number"):
        return _ID_NUMBER.fullmatch(re.sub(r"[\s\-•●×]", lambda m: "" if m[0] in " \t\n-" else "*", text)) is None
    if name == "inpatient_number":
        return _INPATIENT_NUMBER.fullmatch(text) is None or _ID_SHAPE.fullmatch(text) is not None
    if name in CREDENTIALS:
        is_whole = _ACCOUNT.fullmatch(text) if name == "login_account" else not re.search(_HAN, text)
        return not is_whole or holds_labels(text)
    if name == "contact_phone":
        return not re.search(r"[0-9]", text)
    if name in _LONGEST:
        return len(text) > _LONGEST[name] or holds_labels(text) or _LONG_NUMBER.search(text) is not None
    return False


def holds_labels(value: str) -> bool:
    """Whether the label of another field stands in a value that should hold none."""
    return _OTHER_LABEL.search(simplified(value)) is not None


def names_of_labels(value: str) -> set[str]:
    """The labels of other fields that stand in a text."""
    return set(_OTHER_LABEL.findall(simplified(value)))


def may_be_secret(line: str) -> bool:
    """Whether a line that belongs to no field may be an account, a password or a number without its label."""
    text = simplified(line).strip()
    if re.search(_HAN, text) or not _NAMED_NOTHING.search(text):
        return False
    return not (_PROGRAM_WORDS.search(text) or _DATE_OR_TIME.fullmatch(text))

"""How each kind of sensitive value is displayed without a reveal (SECURITY 4).

Every mask is idempotent and shows at most four consecutive characters of the hidden value. The number of stars is
bounded, so that it does not give the length away.
"""

import re
from collections.abc import Callable

from portal.sensitive_text.folding import folded
from portal.sensitive_text.id_numbers import has_id_number_shape, looks_like_phone, normalise_id_number

HIDDEN = "*" * 8
_MOST_STARS = 8
_PASSWORD_DOTS = "•" * 8

_MASKED_ID_NUMBER = re.compile(r"[0-9]{3}\*{11}[0-9]{3}[0-9X]")
_MASKED_PHONE = re.compile(r"[0-9]{3}\*{4}[0-9]{4}|(?:0[0-9]{2,3}-)?\*{3}[0-9]{4}")
_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9][0-9]{9})")
_LANDLINE = re.compile(r"(010|02[0-9]|0[3-9][0-9]{2})([0-9]{7,8})")
_SOME_PHONE = re.compile(r"\+?[0-9]{7,20}")


def mask_id_number(value: str) -> str:
    """First 3, eleven stars, last 4; eight stars for anything that is not shaped like an ID number."""
    number = normalise_id_number(value)
    if not number or _MASKED_ID_NUMBER.fullmatch(number):
        return number
    if not has_id_number_shape(number):
        return HIDDEN
    return number[:3] + "*" * 11 + number[-4:]


def mask_name(value: str) -> str:
    """The first character, then one star for a name of two characters and two stars for a longer one."""
    name = _trimmed(value)
    if len(name) <= 1:
        return "*" * len(name)
    return name[0] + ("*" if len(name) == 2 else "**")


def mask_phone(value: str) -> str:
    """`138****8000`, `0635-***4521`, `***4521` for other numbers; eight stars for fewer than 7 digits or for words."""
    text = _trimmed(value)
    if not text or _MASKED_PHONE.fullmatch(text):
        return text
    number = normalise_id_number(value).replace("(", "").replace(")", "")
    if mobile := _MOBILE.fullmatch(number):
        return f"{mobile[1][:3]}****{mobile[1][-4:]}"
    if landline := _LANDLINE.fullmatch(number):
        return f"{landline[1]}-***{landline[2][-4:]}"
    if _SOME_PHONE.fullmatch(number):
        return f"***{number[-4:]}"
    return HIDDEN


def mask_inpatient_number(value: str) -> str:
    """Stars and the last 3 characters; eight stars for 4 characters or fewer."""
    number = _trimmed(value)
    if not number:
        return ""
    if len(number) <= 4:
        return HIDDEN
    return _stars(len(number) - 3) + number[-3:]


def mask_account(value: str) -> str:
    """First and last character around at least 2 stars; ID numbers and phones get their own mask."""
    account = _trimmed(value)
    if not account or _MASKED_ID_NUMBER.fullmatch(account) or _MASKED_PHONE.fullmatch(account):
        return account
    if has_id_number_shape(normalise_id_number(account)):
        return mask_id_number(account)
    if looks_like_phone(account):
        return mask_phone(account)
    if len(account) <= 3:
        return HIDDEN
    return account[0] + _stars(len(account) - 2) + account[-1]


def mask_password(value: str) -> str:
    """Eight dots, whatever the length (REQUIREMENTS A9)."""
    return _PASSWORD_DOTS


def mask_other(value: str) -> str:
    """Four stars, whatever the value: no rule says which part may be shown."""
    return "*" * 4


MASKS: dict[str, Callable[[str], str]] = {
    "id_number": mask_id_number,
    "name": mask_name,
    "phone": mask_phone,
    "inpatient_number": mask_inpatient_number,
    "account": mask_account,
    "password": mask_password,
    "other": mask_other,
}


def _stars(hidden: int) -> str:
    return "*" * min(hidden, _MOST_STARS)


def _trimmed(value: str) -> str:
    return folded(value).text.strip()

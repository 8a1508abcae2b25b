"""Checks of single values: one rule, one message each (wording: UX section 4)."""

import re

from portal.institutions.parsing import institution_fault, missing_level
from portal.kinds.fields import Check, CheckContext
from portal.sensitive_text.folding import nfkc
from portal.sensitive_text.free_text import INVISIBLE
from portal.sensitive_text.id_numbers import id_number_fault, id_number_message

_STARS = re.compile(r"[*＊•●∗⁎※]")
MASKED_MESSAGE = "请填写完整号码，不要用 * 代替，系统会自动加密和隐藏"


def folded(text: str) -> str:
    """Half-width, without blanks and invisible characters: for copied numbers."""
    half = nfkc(text)
    return "".join(char for char in half if not char.isspace() and char not in INVISIBLE)


def lines(text: str) -> str:
    """Surrounding blanks removed, line ends unified; the inside stays as typed."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def as_typed(text: str) -> str:
    """A password keeps every blank (REQUIREMENTS A9)."""
    return text


def institution(value: str, context: CheckContext) -> tuple[str, str] | None:
    """County level and a place below it (REQUIREMENTS A3, UX 0.4)."""
    if institution_fault(value) == "too_short":
        return "too_short", f"{_LEVEL_WANTED[missing_level(value)]}，例如：高唐县杨屯乡张四屯卫生室"
    return None


_LEVEL_WANTED = {
    "county": "请在机构名称前面写上县（市、区）",
    "county and town": "请在机构名称前面写上县（市、区）和乡镇",
    "below county": "请在县（市、区）后面写上乡镇和村或卫生室",
    "below town": "请在乡镇后面写上村或卫生室，乡镇卫生院请写全称",
}


def description(value: str, context: CheckContext) -> tuple[str, str] | None:
    """Long enough to be useful, and not one word repeated (REQUIREMENTS A4)."""
    seen = [char for char in value if not char.isspace() and char not in INVISIBLE]
    if len(seen) < context.min_description or len(set(seen)) < min(5, context.min_description):
        return (
            "too_short",
            f"请再写清楚一些：做了哪种操作，出现了哪种问题（至少 {context.min_description} 个字）",
        )
    return None


def id_number(value: str, context: CheckContext) -> tuple[str, str] | None:
    """GB 11643, with a message for each fault (REQUIREMENTS A7, A13)."""
    code = id_number_fault(value, context.today)
    return (code, id_number_message(code, value)) if code else None


def account(value: str, context: CheckContext) -> tuple[str, str] | None:
    """An account with stars is refused (REQUIREMENTS A13)."""
    return ("masked_value", "请填写完整账号，不要用 * 代替，系统会自动加密和隐藏") if _STARS.search(value) else None


def password(value: str, context: CheckContext) -> tuple[str, str] | None:
    """A password may contain stars, but not only stars (CONTRACT 13)."""
    is_mask = not _STARS.sub("", value).strip()
    return ("masked_value", "请填写真实密码，不要用 * 代替，系统会自动加密和隐藏") if is_mask else None


def inpatient_number(value: str, context: CheckContext) -> tuple[str, str] | None:
    """Letters, digits and hyphens, 1 to 32 (REQUIREMENTS B2)."""
    if _STARS.search(value):
        return "masked_value", MASKED_MESSAGE
    if len(value) > 32:
        return "too_long", "住院号最多 32 位，请核对"
    if not re.fullmatch(r"[0-9A-Za-z-]+", value):
        return "invalid", "住院号只含字母、数字和短横线，请核对"
    return None


_MOBILE = r"(\+?86-?)?1[3-9][0-9]{9}"
_LANDLINE = r"(\(?0[0-9]{2,3}\)?-?)?[1-9][0-9]{6,7}(-[0-9]{1,6})?"
_SERVICE = r"[48]00-?[0-9]{3}-?[0-9]{4}"
_PHONE = re.compile(f"{_MOBILE}|{_LANDLINE}|{_SERVICE}")


def phone(value: str, context: CheckContext) -> tuple[str, str] | None:
    """A mobile number, or a landline with or without its area code and extension; it is optional."""
    if _STARS.search(value):
        return "masked_value", MASKED_MESSAGE
    return None if _PHONE.fullmatch(value) else ("invalid", "手机号应为 11 位数字，座机请带上区号，请核对")


_MOST_RESIDENTS = 999_999
_ABOUT = re.compile(r"大约|大概|约|近|左右|多|个|位|名|人|户|居民|[,，]")


def count(text: str) -> str:
    """约 300 人 as 300: removes words around a number; anything else stays, to be reported as a fault."""
    number = _ABOUT.sub("", folded(text))
    return (number.lstrip("0") or "0") if number.isascii() and number.isdigit() else text.strip()


def resident_count(value: str, context: CheckContext) -> tuple[str, str] | None:
    """A whole number from 1 to 999999; leading zeros have been stripped."""
    is_number = value.isascii() and value.isdigit() and len(value) <= 6 and value != "0"
    return None if is_number else ("invalid", f"影响居民人数请填写 1 到 {_MOST_RESIDENTS} 的整数，例如：300")


def one_of(*choices: str) -> Check:
    def check(value: str, context: CheckContext) -> tuple[str, str] | None:
        return None if value in choices else ("invalid", "请从列出的选项中选择")

    return check

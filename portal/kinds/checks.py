"""Checks of single values: one rule, one message each (wording: UX section 4)."""

import re
from collections.abc import Callable
from datetime import timedelta

from portal import clock
from portal.institutions.parsing import institution_fault, missing_level
from portal.kinds import kept_forms, moments, phones
from portal.kinds.fields import Check, CheckContext
from portal.sensitive_text.folding import folded
from portal.sensitive_text.id_numbers import id_number_fault, id_number_message

MASKED_MESSAGE = "请填写完整号码，不要用 * 代替，系统会自动加密和隐藏"
_MASK = re.compile(r"\*|([^\w\s])\1\1")  # a star, or three of one mark: a dot belongs to many names
_FEWEST_LETTERS = 3


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
    """Long enough to be useful, with words, and not one word repeated (REQUIREMENTS A4)."""
    seen = [char for char in folded(value).text if not char.isspace()]
    letters = sum(char.isalpha() for char in seen)
    is_short = len(seen) < context.min_description or len(set(seen)) < min(5, context.min_description)
    if is_short or letters < min(_FEWEST_LETTERS, context.min_description):
        return (
            "too_short",
            f"请再写清楚一些：{context.wanted}（至少 {context.min_description} 个字，不能只有数字）",
        )
    return None


def id_number(value: str, context: CheckContext) -> tuple[str, str] | None:
    """GB 11643, with a message for each fault (REQUIREMENTS A7, A13)."""
    code = id_number_fault(value, context.today)
    return (code, id_number_message(code, value)) if code else None


def account(value: str, context: CheckContext) -> tuple[str, str] | None:
    """An account with a mask in it is refused (REQUIREMENTS A13), and one that holds a password as well."""
    if _MASK.search(value):
        return "masked_value", "请填写完整账号，不要用 * 代替，系统会自动加密和隐藏"
    if kept_forms.holds_password(value):
        return "invalid", "账号里像是还写了密码：请在这里只填账号，密码填在密码一栏"
    return None


def password(value: str, context: CheckContext) -> tuple[str, str] | None:
    """A password may contain stars, but marks of one kind alone are none (CONTRACT 13)."""
    marks = {char for char in folded(value).text if not char.isspace()}
    is_mask = len(marks) == 1 and not next(iter(marks)).isalnum()
    return ("masked_value", "请填写真实密码，不要用 * 代替，系统会自动加密和隐藏") if is_mask else None


def inpatient_number(value: str, context: CheckContext) -> tuple[str, str] | None:
    """Letters, digits and hyphens, 1 to 32, with a digit and more than one sign (REQUIREMENTS B2)."""
    if _MASK.search(value):
        return "masked_value", MASKED_MESSAGE
    if len(value) > _LONGEST_INPATIENT_NUMBER:
        return "too_long", f"住院号最多 {_LONGEST_INPATIENT_NUMBER} 位，请核对"
    message = next((message for is_so, message in _INPATIENT_RULES if is_so(value)), "")
    return ("invalid", message) if message else None


_LONGEST_INPATIENT_NUMBER = 32
_INPATIENT_RULES: tuple[tuple[Callable[[str], bool], str], ...] = (
    (kept_forms.is_no_answer, "请填写住院号本身。没有住院号的，请看这一栏的说明"),
    (lambda value: not re.fullmatch(r"[0-9A-Za-z-]+", value), "住院号只含字母、数字和短横线，请核对"),
    (lambda value: not re.search(r"[0-9]", value), "住院号里应当有数字，请核对"),
    (lambda value: len(set(value) - {"-"}) < 2, "住院号不会只是同一个字重复，请核对"),
)


def phone(value: str, context: CheckContext) -> tuple[str, str] | None:
    """Whatever can be dialled, in any grouping; it is optional."""
    if "*" in value:
        return "masked_value", MASKED_MESSAGE
    message = phones.fault(value)
    return ("invalid", message) if message else None


def occurred_at(value: str, context: CheckContext) -> tuple[str, str] | None:
    """A day or a moment that has been (REQUIREMENTS F3)."""
    moment = moments.of(value)
    if moment is None or moment.year < _OLDEST_YEAR:
        return "invalid", "请写成 2026-11-27 或 2026-11-27 09:30 这样的时间"
    is_to_come = moment.date() > context.today if moments.is_day(value) else moment > clock.now() + _SLACK
    return ("invalid", "发生时间还没有到，请核对") if is_to_come else None


_OLDEST_YEAR = 1990
_SLACK = timedelta(minutes=5)  # clocks of two computers differ


def one_of(*choices: str) -> Check:
    def check(value: str, context: CheckContext) -> tuple[str, str] | None:
        return None if value in choices else ("invalid", "请从列出的选项中选择")

    return check

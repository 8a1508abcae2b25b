"""What counts as a reason for seeing something: a listed one, or words of one's own; one rule for pages and API."""

from portal.errors import Fault, InvalidError
from portal.sensitive_text.free_text import checked_text
from portal.vault.span_masks import masked_text

OTHER_REASON = "其他"
REASONS = ("排查登录", "复现问题", "核对数据", OTHER_REASON)
FEWEST_SIGNS = 4
MOST_REASON = 200
_MISSING = "请选择查看原因"
_TOO_SHORT = f"请用自己的话写明原因，至少 {FEWEST_SIGNS} 个字，不能只重复一个字"


def kept_reason(text: str, *, missing: str = _MISSING, most: int = MOST_REASON, field: str = "reason") -> str:
    """A reason in the form that is stored, its secrets masked.

    A listed reason may be followed by a colon and more words; 其他 must be.

    Raises:
        InvalidError: it is empty, or neither a listed reason nor words of one's own.
    """
    reason = checked_text(text, field=field, missing=missing, most=most)
    if not is_reason(reason):
        raise InvalidError([Fault(field, "too_short", _TOO_SHORT)])
    return masked_text(reason)[:most]


def chosen_reason(listed: str, words: str) -> str:
    """The reason of a form that offers the list, with the words added to it.

    Raises:
        InvalidError: none of the listed ones was chosen, or 其他 without words of one's own.
    """
    words = words.strip()
    if listed not in REASONS:
        raise InvalidError([Fault("reason", "required", _MISSING)])
    if listed == OTHER_REASON and not words:
        raise InvalidError([Fault("reason_text", "required", "选择“其他”时，请写明查看原因")])
    if listed == OTHER_REASON and not _is_own_words(words):
        raise InvalidError([Fault("reason_text", "too_short", _TOO_SHORT)])
    return f"{listed}：{words}" if words else listed


def is_reason(text: str) -> bool:
    """Whether this says why."""
    listed, _, words = text.partition("：")
    if listed == OTHER_REASON:
        return _is_own_words(words)
    return listed in REASONS or _is_own_words(text)


def _is_own_words(text: str) -> bool:
    """Enough letters or digits, letters among them, and not the same ones again and again."""
    signs = "".join(sign for sign in text if sign.isalnum())
    is_repeated = signs in (signs + signs)[1:-1]
    return len(signs) >= FEWEST_SIGNS and len({sign for sign in signs if sign.isalpha()}) > 1 and not is_repeated

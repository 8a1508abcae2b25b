"""The only check of free texts: present, not too long, and storable (DESK 0.6, rule 4)."""

from portal.errors import Fault, InvalidError

MOST_CHARACTERS = 5000
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"


def is_blank(text: str) -> bool:
    """Only blanks, ideographic spaces and invisible characters (SECURITY A-1)."""
    return not text.translate(dict.fromkeys(map(ord, INVISIBLE))).strip()


def unstorable(text: str) -> bool:
    """NUL and lone surrogates: some databases cannot store them, so all refuse them (SECURITY A-10)."""
    return "\x00" in text or any(0xD800 <= ord(char) <= 0xDFFF for char in text)


def text_fault(text: str, *, field: str, missing: str = "", most: int = MOST_CHARACTERS) -> Fault | None:
    """`missing` is the message for a blank text; "" if the text may be blank."""
    if is_blank(text):
        return Fault(field, "required", missing) if missing else None
    if len(text.strip()) > most:
        return Fault(field, "too_long", f"最多 {most} 个字，现在是 {len(text.strip())} 个")
    if unstorable(text):
        return Fault(field, "invalid", "文字里有无法保存的字符，请删去后重新填写")
    return None


def checked_text(text: str, *, field: str = "text", missing: str = "", most: int = MOST_CHARACTERS) -> str:
    """The text without outer blanks.

    Raises:
        InvalidError: see `text_fault`.
    """
    fault = text_fault(text, field=field, missing=missing, most=most)
    if fault:
        raise InvalidError([fault])
    return "" if is_blank(text) else text.strip()

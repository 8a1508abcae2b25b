"""The form in which an exact value is compared, however it is written: the keyed index is made of it."""

import re

from portal.sensitive_text.id_numbers import normalise_id_number

_MOBILE = re.compile(r"(?:\+?86|0086)(1[3-9][0-9]{9})")
_BRACKETS = str.maketrans("", "", "()")


def exact_form(value: str) -> str:
    """Half-width capitals without blanks, hyphens or invisible characters; a phone without 86 and brackets.

    An ID number gets its stored form, and has the same form as an account or inside a text.
    """
    form = normalise_id_number(value).upper()
    digits = form.translate(_BRACKETS)
    if mobile := _MOBILE.fullmatch(digits):
        return mobile[1]
    return digits if digits.isdecimal() else form

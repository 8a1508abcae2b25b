"""Invented people: every number follows the rules of its kind and belongs to nobody.

A seed gives the same value each time; different seeds give different values.
"""

from datetime import date
from random import Random

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"
_SURNAMES = "赵钱孙李周吴郑王欧阳"
_GIVEN = ("试一", "样二", "测三", "例四", "范五")
_BORN = date(1965, 3, 14)


def with_check_character(first_17_digits: str) -> str:
    """The 18-character number for 17 digits, worked out apart from the code under test."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first_17_digits, strict=True))
    return first_17_digits + _CHECK_CHARACTERS[total % 11]


def id_number(seed: int = 1, region: str = "372526", born: date = _BORN, *, ending: str | None = None) -> str:
    """A sound ID number; `ending="X"` looks for a sequence number with that check character."""
    stem = f"{region}{born.year:04d}{born:%m%d}"
    for step in range(1000):
        number = with_check_character(f"{stem}{(seed + step) % 1000:03d}")
        if ending is None or number[-1] == ending:
            return number
    raise ValueError(f"no number ends in {ending}")


def wrong_check_character(number: str) -> str:
    """The same number with another last character."""
    return number[:-1] + ("0" if number[-1] != "0" else "1")


def phone(seed: int = 1) -> str:
    """A mobile number."""
    return f"199{Random(seed).randrange(10**8):08d}"


def landline(seed: int = 1) -> str:
    """A landline number of an area code, with a hyphen."""
    return f"0635-{2_000_000 + Random(seed).randrange(10**6)}"


def name(seed: int = 1) -> str:
    """A name of three characters."""
    return _SURNAMES[seed % len(_SURNAMES)] + _GIVEN[seed % len(_GIVEN)]


def account(seed: int = 1) -> str:
    """A sign-in name of the kind clinics use."""
    return f"fake.user{Random(seed).randrange(10**4):04d}"


def password(seed: int = 1) -> str:
    """A password that is plainly no real one."""
    return f"Not-Real-{Random(seed).randrange(10**6):06d}!"


def inpatient_number(seed: int = 1) -> str:
    """A 住院号."""
    return f"ZY{Random(seed).randrange(10**8):08d}"


def institution(seed: int = 1) -> str:
    """An institution name down to its clinic."""
    return f"高唐县杨屯乡样例{seed}村卫生室"

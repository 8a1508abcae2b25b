"""A contact's phone: anything that can be dialled, nothing that cannot."""

from datetime import date

import pytest

from portal.kinds import checks
from portal.kinds.fields import CheckContext

RULES = CheckContext(date(2026, 11, 23))


@pytest.mark.parametrize(
    "number",
    ["13800001234", "+8613800001234", "0635-2134521", "06352134521", "2134521", "0635-2134521-12", "400-000-1234"],
)
def test_it_takes_a_number_that_can_be_dialled(number: str) -> None:
    assert checks.phone(number, RULES) is None


@pytest.mark.parametrize("number", ["12345", "138001380001", "1380000123", "138****1234", "wechat01"])
def test_it_refuses_what_cannot_be_dialled(number: str) -> None:
    assert checks.phone(number, RULES) is not None

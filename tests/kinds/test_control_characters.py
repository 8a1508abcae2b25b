"""A control character is refused in every field alike, and said; several ID numbers may stand on one line."""

from datetime import date

import pytest

from portal.kinds.fields import CheckContext, Need
from portal.kinds.names import Channel
from portal.kinds.table import GENERAL, HIS
from portal.kinds.validation import normalised, text_faults
from tests.factories import people
from tests.factories.reports import general_fields, his_fields

CONTEXT = CheckContext(date(2026, 7, 22))
COMPLETE = {GENERAL.name: general_fields, HIS.name: his_fields}
FIELDS = [
    (kind, spec)
    for kind in (GENERAL, HIS)
    for spec in kind.fields
    if not spec.is_picture and spec.need(Channel.YXT, CONTEXT.channels) is not Need.NOT_ASKED
]


def faults(kind, **changes):
    values = {name: [value] for name, value in COMPLETE[kind.name](**changes).items()}
    return {
        fault.field: fault for fault in text_faults(kind, Channel.YXT, normalised(kind, values), kind.fields, CONTEXT)
    }


@pytest.mark.parametrize("sign", ["\x00", "\x08", "\x7f"], ids=ascii)
@pytest.mark.parametrize(("kind", "spec"), FIELDS, ids=lambda part: part.name)
def test_every_field_refuses_it(kind, spec, sign):
    good = COMPLETE[kind.name]().get(spec.name, "1234567")
    fault = faults(kind, **{spec.name: f"{good[:3]}{sign}{good[3:]}"})[spec.name]
    assert fault.code == "invalid" and "看不见的控制字符" in fault.message
    assert ("已经去掉" in fault.message) is not spec.is_sensitive


@pytest.mark.parametrize("between", [" ", "\u3000", "\n", "、", ""])
def test_two_numbers_on_a_line_are_two(between):
    one, other = people.id_number(seed=5), people.id_number(seed=6)
    values = {"scope": ["batch"], "id_number": [one + between + other]}
    assert normalised(GENERAL, values)["id_number"] == [one, other]

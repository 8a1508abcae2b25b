"""The check page asks about what is unusual, and about a report that nobody could call back about; it never stops."""

import pytest

from tests.factories.clinic import Clinic

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
TITLE = "提交前请核对"


@pytest.mark.parametrize(
    ("kind", "typed", "question"),
    [
        ("general", {"login_password": " Invented#Pass77"}, "密码首尾有空格，是密码的一部分吗？"),
        ("general", {"login_password": "忘了"}, "密码有汉字，是密码的一部分吗？"),
        ("general", {"contact_phone": "138000012345"}, "手机号一般是 11 位，这里是 12 位，对吗？"),
        ("his", {"institution": "", "contact_phone": ""}, "机构名称和手机号都没有填"),
    ],
)
def test_it_asks_and_files_all_the_same(portal, kind, typed, question):
    clinic = Clinic(portal, kind, **typed)
    clinic.fill()
    page = clinic.open(clinic.page("check")).text
    assert TITLE in page and question in page and "back=check#field-" in page
    assert clinic.submit().headers["location"] == clinic.page("receipt")


@pytest.mark.parametrize(
    ("kind", "typed"),
    [("general", {}), ("his", {"contact_phone": "13800001234"}), ("his", {"institution": "高唐县人民医院"})],
)
def test_it_asks_nothing_of_an_ordinary_report(portal, kind, typed):
    clinic = Clinic(portal, kind, **typed)
    clinic.fill()
    assert TITLE not in clinic.open(clinic.page("check")).text

"""An institution without its first levels: the sentence names what is missing, and what the directory has."""

import pytest

from portal.audit.actor import SYSTEM
from portal.institutions import directory
from tests.factories.clinic import Clinic, error_of
from tests.factories.directories import add_entry

CLINIC = "高唐县杨屯乡张四屯卫生室"


def refused(portal, typed):
    return error_of(Clinic(portal).fill_situation(institution=typed).text, "institution")


@pytest.mark.parametrize("typed", ["张四屯卫生室", " 杨屯乡\u200b张四屯卫生室", "乡张四屯卫生室"])
def test_it_offers_names_that_end_so(portal, typed):
    add_entry(portal.runtime)
    add_entry(portal.runtime, county="莘县", town="燕店镇", village="李庄卫生室")
    message = refused(portal, typed)
    assert message.startswith("请在机构名称前面写上县（市、区）") and f"名录里有：{CLINIC}，" in message
    assert "莘县" not in message


@pytest.mark.parametrize("typed", ["卫生室", "王家洼卫生室", "%张四屯", "高唐县"])
def test_it_offers_nothing_where_nothing_fits(portal, typed):
    add_entry(portal.runtime)
    assert "名录里有" not in refused(portal, typed)


def test_it_offers_none_that_is_switched_off(portal):
    entry = add_entry(portal.runtime)
    with portal.runtime.database.transaction() as session:
        directory.set_active(session, SYSTEM, entry.id, False)
    assert "名录里有" not in refused(portal, "张四屯卫生室")

"""The first word of a person to the clinic stops the reply clock."""

import pytest

from portal.acts.table import ASK, CLAIM, NOTE, REPLY, RESOLVE, URGENCY
from tests.acts.desk import Desk

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("act", "given"), [(REPLY, {"text": "在看"}), (ASK, {"fields": ["form_name"]}), (RESOLVE, {"text": "好了"})]
)
def test_it_counts_once(portal, act, given):
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    desk.act(NOTE, text="老问题")
    desk.act(URGENCY, urgency="urgent", reason="全院")
    assert desk.ticket.first_replied_at is None
    desk.act(act, **given)
    first = desk.ticket.first_replied_at
    assert first is not None
    desk.act(NOTE, text="再看看")
    assert desk.ticket.first_replied_at == first


def test_an_urgency_is_kept_with_its_reason(portal):
    desk = Desk(portal.runtime)
    desk.act(URGENCY, "leo", urgency="critical", reason="全县停诊")
    assert desk.ticket.urgency == 0
    assert desk.rows()[-1].particulars == {"former_urgency": "normal", "urgency": "critical"}
    assert (desk.entries()[-1].text, desk.entries()[-1].is_public) == ("全县停诊", False)

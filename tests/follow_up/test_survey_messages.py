"""The link goes to the clinic's own phone only, is worked out at sending, and asks nothing that is answered (REQUIREMENTS G14)."""

from datetime import timedelta

from sqlalchemy import select

from portal import clock
from portal.acts.table import CLAIM, RESOLVE
from portal.follow_up import surveys
from portal.notify.models import OutboxMessage
from tests.acts.desk import Desk
from tests.factories.rated import Rated
from tests.factories.reports import file_report
from tests.notify.test_sms import PHONE, gateway, send, states, texting

__all__ = ["gateway", "texting"]  # fixtures


class Texted(Rated):
    """Its clinic agreed to text messages."""

    def __post_init__(self):
        self.number = file_report(self.runtime, contact_phone=PHONE, sms_consent="1").number
        super().__post_init__()


def asked(gateway):
    return [
        request.fields["parameters"]["where"] for request in gateway.received if request.fields["template"] == "survey"
    ]


def test_the_message_leads_to_the_page_of_five_choices(texting, gateway):
    texted = Texted(texting.runtime)
    send(texting)
    [where] = asked(gateway)
    assert where.startswith("https://portal.example.cn/survey/")
    token = where.rpartition("/")[2]
    assert surveys.opened(texting.runtime, token, "127.0.0.1").number == texted.number
    with texting.runtime.database.read() as session:
        message = session.scalars(select(OutboxMessage).where(OutboxMessage.event == "survey")).one()
        assert clock.now() - message.created_at < timedelta(minutes=5) and token not in str(vars(message))


def test_an_answered_survey_asks_nobody(texting, gateway):
    texted = Texted(texting.runtime)
    texted.rate(5)
    send(texting)
    assert asked(gateway) == [] and "dropped" in states(texting)


def test_without_consent_nothing_is_sent_and_without_an_address_the_page_is_named(texting, gateway):
    silent = Desk(texting.runtime, file_report(texting.runtime, contact_phone=PHONE).number)
    silent.act(CLAIM)
    silent.act(RESOLVE, text="已恢复")
    send(texting)
    assert asked(gateway) == []
    texting.change_settings(base_url="")
    Texted(texting.runtime)
    send(texting)
    assert asked(gateway) == ["一线通“查询进度”"]

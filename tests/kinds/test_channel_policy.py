"""Which channels may leave out sensitive values: the deployment's choice, and never 一线通."""

import pytest

from portal.kinds.channel_policy import ChannelPolicy
from portal.kinds.fields import NOT_ON_OPEN_CHANNELS, CheckContext, Need
from portal.kinds.names import Channel
from portal.kinds.table import KINDS
from portal.kinds.validation import normalised, text_faults
from portal.settings import load_settings
from tests.factories.reports import general_fields, his_fields

SECRETS = {
    "general": ("id_number", "login_account", "login_password"),
    "his": ("patient_id_number", "inpatient_number", "login_account", "login_password"),
}


@pytest.mark.parametrize("kind", list(KINDS.values()), ids=lambda kind: kind.name.value)
@pytest.mark.parametrize("given", ["none", "qq", "qq,email", "qq,phone,visit,email,wechat,other"])
def test_every_channel_asks_as_the_setting_says(kind, given) -> None:
    context = CheckContext.of(load_settings({"PORTAL_OMITTING_CHANNELS": given}))
    fields = (general_fields if kind.name.value == "general" else his_fields)()
    values = {name: [value] for name, value in fields.items() if name not in SECRETS[kind.name.value]}
    values["channel_note"] = ["在线聊天"]

    for channel in Channel:
        faults = text_faults(kind, channel, normalised(kind, values), kind.fields, context)
        missing = {fault.field for fault in faults if fault.code == "required"}
        is_open = channel.value in given.split(",")
        assert missing == (set() if is_open else set(SECRETS[kind.name.value])), channel


def test_the_table_and_the_default_say_the_same() -> None:
    for kind in KINDS.values():
        for spec in (spec for spec in kind.fields if spec.needs is NOT_ON_OPEN_CHANNELS):
            assert {channel: spec.need(channel) for channel in Channel} == spec.needs
    assert ChannelPolicy.of_settings(load_settings({})) == ChannelPolicy()


def test_no_setting_opens_our_own_channel() -> None:
    policy = ChannelPolicy(frozenset(Channel) - {Channel.YXT})

    assert {spec.need(Channel.YXT, policy) for kind in KINDS.values() for spec in kind.fields} <= {
        Need.REQUIRED,
        Need.OPTIONAL,
        Need.NOT_ASKED,  # the reason for no 住院号, which a setting of its own asks for
    }

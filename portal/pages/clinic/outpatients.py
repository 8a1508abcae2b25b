"""What the form says about patients without 住院号: why there is none, or whom to call."""

from collections.abc import Iterable
from dataclasses import replace

from portal.kinds.channel_policy import ChannelPolicy
from portal.kinds.fields import Need
from portal.kinds.names import Channel
from portal.kinds.questions import Question
from portal.kinds.table import FIELDS, INPATIENT_NUMBER
from portal.settings import Settings


def adapted(questions: Iterable[Question], settings: Settings) -> list[Question]:
    """The questions of a step as this deployment asks them."""
    policy = ChannelPolicy.of_settings(settings)
    asked = [one for one in questions if FIELDS[one.name].need(Channel.YXT, policy) is not Need.NOT_ASKED]
    return [
        replace(one, help=f"{one.help}。{_without_number(settings)}") if one.name == INPATIENT_NUMBER.name else one
        for one in asked
    ]


def _without_number(settings: Settings) -> str:
    if ChannelPolicy.of_settings(settings).takes_outpatients:
        return "门诊、药房没有住院号的，请在下一栏写明原因"
    if settings.support_phone:
        return f"门诊、药房没有住院号的，请拨打 {settings.support_phone}，由工作人员登记"
    return "门诊、药房没有住院号的，请联系服务人员登记"

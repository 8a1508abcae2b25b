"""Sample calls for the demonstration: one answered at the desk, one written down later, one classified."""

import secrets

from portal.acts import performing
from portal.acts.act import Act
from portal.acts.calls import CALL
from portal.acts.classification import CLASSIFY
from portal.audit.actor import Actor
from portal.follow_up.desk_answers import DESK_ANSWER
from portal.kinds.fields import CheckContext
from portal.kinds.names import Channel, RequestType
from portal.kinds.table import GENERAL
from portal.kinds.validation import checked_report
from portal.reports import filing
from portal.runtime import Runtime
from portal.tickets import lookup

_INSTITUTION = "高唐县梁村镇北街村卫生室"


def add(runtime: Runtime, agent: Actor, engineer: Actor, number: str) -> None:
    """`number`: of a ticket that the engineer has."""
    values = {
        "institution": [_INSTITUTION], "description": ["签约居民换了手机号，在哪里改？"], "contact_name": ["演示"],
    }  # fmt: skip
    context = CheckContext.of(runtime.settings)
    draft = checked_report(GENERAL, Channel.PHONE, values, (), context, RequestType.CONSULTATION)
    taken = filing.file_report(runtime, draft, agent, submission_key=secrets.token_hex(16)).number
    answer = {
        "text": "在“居民档案—联系方式”里修改，保存后签约信息会一起更新", "outcome": "told", "rating.scale": "s0",
        "rating.label": "满意",
    }  # fmt: skip
    _do(runtime, agent, DESK_ANSWER, taken, answer)
    _do(runtime, agent, CALL, number, {"channel": "phone", "text": "机构来电问进展，希望本周内能上报"})
    noted = {"summary": "随访表保存后变成空白", "first_opinion": "先核对接口日志", "needs_soothing": "true"}
    _do(runtime, engineer, CLASSIFY, number, noted)


def _do(runtime: Runtime, person: Actor, act: Act, number: str, given: dict[str, str]) -> None:
    with runtime.database.read() as session:
        version = lookup.find(session, person, number).version
    performing.carry_out(runtime, person, act, number, version, given)

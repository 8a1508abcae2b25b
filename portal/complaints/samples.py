"""A few invented complaints for the demo, through the same acts as real ones."""

from datetime import timedelta
from typing import Any

from portal import clock
from portal.audit.actor import Actor
from portal.complaints import access, filing, performing
from portal.complaints.acts import BY_NAME
from portal.complaints.filing import Complained
from portal.complaints.handling import OWN_DEPARTMENT
from portal.runtime import Runtime

_FIRST = Complained(
    "上周三打了三次电话都说有人处理，到周五还没有人回电，随访做不了", "刘女士", "请有人按时回电，并说明为什么拖了两天",
    "0635-2123456", "timeliness", "高唐县杨屯乡张四屯卫生室", "phone",
)  # fmt: skip
_SECOND = Complained(
    "填表的页面一天掉线好几次，每次都要重新录入，希望有人负责", "赵先生", "", "", "system", "高唐县卫生院", "visit"
)


def add(runtime: Runtime, agent: Actor, manager: Actor, second: Actor) -> None:
    """One that is being carried out, and one that waits for its handler."""
    number = filing.file_for_caller(runtime, agent, "", _FIRST, "demo-complaint-1").number
    day = f"{clock.in_china(clock.now() + timedelta(days=1)):%Y-%m-%d}"
    steps: tuple[tuple[Actor, str, dict[str, Any]], ...] = (
        (manager, "handler", {}),
        (
            manager,
            "judgement",
            {
                "verdict": "upheld", "grounds": "通话记录里有三次来电，没有回电", "department": OWN_DEPARTMENT,
                "investigate_due_at": day, "summary": "来电后没有按时回电", "first_opinion": "先回电致歉，再查原因",
            },
        ),
        (manager, "investigation", {"cause": "交接班时没有把待回电转给下一班", "cause_class": "assignment"}),
        (manager, "proposals", {"proposals": ["当天回电并致歉，交接班加一张待回电清单", "由主管上门说明"]}),
        (second, "choice", {"proposal": "1", "note": "同意，清单从今天开始用"}),
    )  # fmt: skip
    for person, name, given in steps:
        with runtime.database.read() as session:
            complaint = access.by_number(session, number)
        assert complaint is not None  # noqa: S101
        performing.carry_out(runtime, person, BY_NAME[name], number, complaint.version, given)
    filing.file_for_caller(runtime, agent, "", _SECOND, "demo-complaint-2")

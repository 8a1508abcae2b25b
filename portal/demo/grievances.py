"""The complaints of the demo's history, from the first word to the archive."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from portal import clock
from portal.complaints import access, filing, performing
from portal.complaints.acts import BY_NAME
from portal.complaints.filing import Complained
from portal.complaints.handling import OWN_DEPARTMENT
from portal.demo.people import AGENTS
from portal.demo.stage import Office, Stage, Told

HANDLER, SECOND = "zhuguan", "jingli"
_DAYS = (6, 23, 41, 62, 79)


@dataclass(frozen=True)
class Grievance:
    """What is complained of, and what comes of it; not upheld without a cause."""

    said: Complained
    grounds: str
    reply: str
    cause: str = ""
    cause_class: str = "timeliness"
    proposals: tuple[str, ...] = ("当天回电并致歉，每天告知进度", "由主管上门说明")


_ALL = (
    Grievance(
        Complained(
            "报了两天没有人回电，随访做不了",
            "刘女士",
            "请有人按时回电",
            "0635-2123401",
            "timeliness",
            "高唐县杨屯乡张四屯卫生室",
            "phone",
        ),
        "通话记录里有两次来电，没有回电",
        "已查明，是交接班漏了，向您致歉，以后当天回电",
        "交接班时没有把待回电转给下一班",
        "assignment",
    ),
    Grievance(
        Complained(
            "打电话来说话很不耐烦，问一句顶一句",
            "王医生",
            "希望态度好一点",
            "0635-2123402",
            "attitude",
            "高唐县固河镇卫生院",
            "phone",
        ),
        "听了录音，语气确实生硬",
        "已和当事人谈话，并在全组培训，向您致歉",
        "连续接听三小时，没有轮换",
        "words",
    ),
    Grievance(
        Complained(
            "同一个问题说修好了三次，第二天又出现",
            "李主任",
            "请彻底解决",
            "0635-2123403",
            "quality",
            "高唐县清平镇卫生院",
            "visit",
        ),
        "三条工单的原因相同，都只重启了接口",
        "已定位到程序，今晚更新，更新后我们主动回电",
        "只重启接口，没有查原因",
        "ability",
    ),
    Grievance(
        Complained(
            "希望电话里直接告诉我别的卫生室的账号",
            "陈先生",
            "",
            "0635-2123404",
            "quality",
            "高唐县姜店镇卫生院",
            "phone",
        ),
        "账号不能告诉他人，答复是对的",
        "账号只能由本机构的人重置，这是为了保护居民的信息，请您理解。我们可以马上帮您重置自己的账号",
    ),
    Grievance(
        Complained(
            "系统一天掉线好几次，每次都要重新录入",
            "赵先生",
            "希望有人负责",
            "0635-2123405",
            "system",
            "高唐县梁村镇卫生院",
            "phone",
        ),
        "日志里有五次掉线",
        "网关已更换，这两天没有再掉线，以后掉线会先通知",
        "机房网关老化",
        "system",
    ),
)


def prepare(stage: Stage, first: date) -> None:
    for passed, grievance in zip(_DAYS, _ALL, strict=True):
        begins = datetime.combine(first + timedelta(days=passed), time(9, 20), clock.CHINA)
        stage.tell(begins, life(stage, grievance, f"demo-history-{passed}"))


def life(stage: Stage, grievance: Grievance, key: str) -> Told:
    """Registered by a 坐席, handled by one 客服经理, followed up by another."""
    number = filing.file_for_caller(stage.runtime, stage.actors[AGENTS[0]], "", grievance.said, key).number

    def do(person: str, name: str, **given: Any) -> None:
        with stage.runtime.database.read() as session:
            complaint = access.by_number(session, number)
        assert complaint is not None  # noqa: S101
        performing.carry_out(stage.runtime, stage.actors[person], BY_NAME[name], number, complaint.version, given)

    yield Office(0.3)
    do(HANDLER, "handler")
    yield Office(2)
    words = {"summary": grievance.said.content[:40], "first_opinion": "先回电致歉，再查原因"}
    if grievance.cause:
        day = f"{clock.in_china(stage.in_office(clock.now(), 9)):%Y-%m-%d}"
        do(
            HANDLER, "judgement", verdict="upheld", grounds=grievance.grounds, department=OWN_DEPARTMENT,
            investigate_due_at=day, **words,
        )  # fmt: skip
        yield Office(3)
        do(HANDLER, "investigation", cause=grievance.cause, cause_class=grievance.cause_class)
        yield Office(1)
        do(HANDLER, "proposals", proposals=list(grievance.proposals))
        yield Office(2)
        do(SECOND, "choice", proposal="1", note="同意，今天就做")
        yield Office(5)
        do(HANDLER, "answer", text=grievance.reply)
    else:
        do(HANDLER, "judgement", verdict="not_upheld", grounds=grievance.grounds, reply=grievance.reply, **words)
        yield Office(1)
        do(HANDLER, "answer", text="")
    yield Office(9)
    do(SECOND, "follow-up", reached="true", level="satisfied", text="说处理得还可以")
    yield Office(3)
    improvement = "交接班加一张待回电清单" if grievance.cause else ""
    do(HANDLER, "report", cause=grievance.cause or grievance.grounds, solution=grievance.reply, improvement=improvement)
    yield Office(1)
    do(SECOND, "archive")

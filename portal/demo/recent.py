"""The demo's last days: a ticket in every state that the desk works on, the newest half an hour old."""

import secrets
from datetime import timedelta
from functools import partial
from typing import Any

from portal import clock
from portal.acts.act import Act
from portal.acts.table import ASK, ASK_DRAFT, CLAIM, MERGE, OFFER, PROMISE, RELEASE, REPLY, RESOLVE, URGENCY
from portal.acts.voiding import ASK_VOID, DECIDE_VOID
from portal.collaboration.dispatching import DISPATCH_TO
from portal.complaints import samples as complaint_samples
from portal.demo import year_ahead
from portal.demo.people import DEPARTMENT
from portal.demo.stage import Stage
from portal.demo.values import invented_id_number
from portal.disclosure import reveals
from portal.follow_up import call_samples, ratings
from portal.follow_up.campaigns import making as campaigns
from portal.follow_up.campaigns.selecting import Selection
from portal.kinds.names import Channel, TicketKind
from portal.knowledge import known_issues
from portal.knowledge.articles import samples as article_samples
from portal.reports import samples as report_samples
from portal.reports.receipts import Receipt
from portal.tracking import confirmation

_GENERAL = (
    ("高唐县杨屯乡张四屯卫生室", "打开高血压随访表填好后点保存，提示参数错误，刷新后内容没有了", "error"),
    ("高唐县梁村镇北街村卫生室", "新建居民档案时婚姻状况一栏点不开，批量居民都这样", "form_blank"),
    ("高唐县清平镇卫生院", "老年人体检表从列表里不见了，昨天还能看到", "form_lost"),
    ("高唐县三十里铺镇李庄村卫生室", "糖尿病随访日期改成今天后保存，列表里还是旧的日期", "other"),
    ("高唐县固河镇王营村卫生室", "打印健康教育记录时预览是空白的，换了浏览器也一样", "other"),
    ("高唐县姜店镇卫生院", "儿童预防接种记录查询一直转圈，等了十分钟没有结果", "other"),
    ("高唐县尹集镇前刘村卫生室", "家医签约续签时提示已签约，但列表里找不到这位居民", "other"),
    ("高唐县赵寨子镇东史村卫生室", "重复提交了一次随访，请工程师看一下能否合并", "other"),
)
_HIS = (
    ("高唐县清平镇卫生院", "住院病人出院结算点确认，提示费用明细不一致，不能结算", "error"),
    ("高唐县姜店镇卫生院", "门诊开处方后药房看不到，库存也没有扣减", "other"),
    ("高唐县梁村镇卫生院", "医保结算返回超时，点了两次后重复扣费一次", "other"),
    ("", "护士站执行医嘱时页面空白，其他电脑正常", "other"),
    ("高唐县固河镇卫生院", "病案首页保存后主要诊断变成空白，再次录入还是一样", "form_blank"),
)

# How many hours ago each report was filed: the first reply is due within two days at most, so the first is overdue.
_AGES = (76.0, 52.0, 28.0, 26.0, 25.0, 7.0, 5.0, 2.5)


class Recent:
    """Files the last reports and moves them into every state."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.receipts: dict[tuple[TicketKind, int], Receipt] = {}

    @property
    def shown(self) -> Receipt:
        """One whose ticket has an answer."""
        return self.receipts[TicketKind.GENERAL, 1]

    def prepare(self) -> None:
        """Put everything on the stage."""
        stage, actors, runtime = self.stage, self.stage.actors, self.stage.runtime
        for kind, rows, engineer in ((TicketKind.GENERAL, _GENERAL, "zhanggong"), (TicketKind.HIS, _HIS, "wanggong")):
            for number, row in enumerate(rows):
                stage.ago(_AGES[number], partial(self._filed, kind, number, row))
            self._walk(kind, engineer)
        stage.ago(1, self._warn)
        stage.ago(70, lambda: stage.run(lambda session: year_ahead.enter(session, actors["zhuguan"])))
        stage.ago(4.5, partial(report_samples.add_calls, runtime, actors["zuoxi"]))
        stage.ago(0.8, self._call)
        people = (actors["zuoxi"], actors["zhuguan"], actors["jingli"])
        stage.ago(0.8, partial(complaint_samples.add, runtime, *people))
        stage.ago(0.9, partial(article_samples.add, runtime, actors["ligong"], actors["zhuguan"]))
        calls = (actors["zuoxi"], actors["zhanggong"])
        stage.ago(0.6, lambda: call_samples.add(runtime, *calls, self.shown.number))

    def _filed(self, kind: TicketKind, number: int, row: tuple[str, str, str]) -> None:
        self.receipts[kind, number] = self._file(kind, number, row)

    def _warn(self) -> None:
        known = known_issues.KnownIssueDetails(
            title="家医签约续签时提示已签约",
            queues=(TicketKind.GENERAL.value,),
            cause="上级平台正在更新签约数据，更新完成前会提示重复，已签的不会丢失",
            recovers_at=clock.now() + timedelta(hours=20),
            workaround="先不要重复点提交，恢复后再续签",
            keywords=("签约", "续签"),
        )
        self.stage.run(lambda session: known_issues.add(session, self.stage.actors["zhuguan"], known))

    def _file(self, kind: TicketKind, number: int, row: tuple[str, str, str]) -> Receipt:
        institution, description, symptom = row
        channel = Channel.QQ if number == 3 else Channel.YXT
        values = {
            "institution": [institution],
            "description": [description],
            "symptom": [symptom],
            "previous_system": ["浪潮系统"],
            "operation_steps": ["1. 登录系统\n2. 打开上面说的页面\n3. 点保存后出现提示"],
            "form_name": ["随访表"],
            "blank_items": ["随访日期"],
            "scope": ["batch" if "批量" in description else "single"],
            **{name: [invented_id_number(number)] for name in ("id_number", "patient_id_number")},
            "inpatient_number": [f"ZY2026{number:04d}"],
            "login_account": [f"yanshi{number:02d}"],
            "login_password": [secrets.token_urlsafe(6)],
            "contact_name": ["演示"],
            "contact_phone": [f"1990000{number:04d}"],
        }
        slots = ["screenshots", "error_detail_screenshots"] if symptom == "error" else ["screenshots"]
        return self.stage.file(kind, channel, values, "zuoxi" if channel is Channel.QQ else "", slots=slots)

    def _walk(self, kind: TicketKind, engineer: str) -> None:
        """The first ticket stays unclaimed and becomes overdue; the others are worked, looked at, solved."""

        def do(ago: float, act: Act, at: int, person: str = engineer, **given: Any) -> None:
            self.stage.ago(ago, lambda: self.stage.do(person, act, self.receipts[kind, at].number, **given))

        do(40, URGENCY, 0, urgency="urgent", reason="全院不能结算")
        for at in range(1, len(_GENERAL if kind is TicketKind.GENERAL else _HIS)):
            do(_AGES[at] - 0.4, CLAIM, at)
        secret = "id_number" if kind is TicketKind.GENERAL else "patient_id_number"
        for at, field, reason in (
            (1, secret, "在系统里查找这条记录"),
            (1, "login_account", "登录核对问题"),
            (3, secret, "查找记录"),
        ):
            self.stage.ago(_AGES[at] - 0.6, partial(self._look, engineer, kind, at, field, reason))
        do(_AGES[1] - 1, REPLY, 1, text="已收到，正在为您排查，今天内回复您")
        asked = {"department": DEPARTMENT, "kind": "help", "ask": "请核对随访接口昨晚的日志，看保存时有没有超时"}
        do(_AGES[1] - 2, DISPATCH_TO, 1, **asked)
        soon = {"kind": "promise", "text": "告诉您核对的结果", "due_at": (clock.now() + timedelta(hours=5)).isoformat()}
        do(_AGES[1] - 3, PROMISE, 1, **soon)
        do(_AGES[2] - 1, ASK, 2, fields=["operation_steps"], message="请写明每一步点了哪里")
        solved = "已修复保存时的校验问题。请刷新页面后重新保存一次，如仍有提示请告诉我们"
        for at in (3, 4):
            cause = "product_fault" if at == 3 else "misuse"
            do(_AGES[at] - 2, RESOLVE, at, text=solved, root_cause=cause, improvement="在保存前提示哪一项不符")
        self.stage.ago(_AGES[4] - 3, partial(self._confirm, kind))
        self.stage.ago(_AGES[4] - 3.1, partial(self._rate, kind))
        if kind is TicketKind.GENERAL:
            do(0.4, ASK_DRAFT, 1, text="接口日志已核对，今晚更换网关后请您再试一次")
            do(0.3, OFFER, 2, assignee="ligong", text="机构补充步骤后核对随访表即可")
            do(3, ASK_VOID, 6, kind="invalid", text="与本系统无关，已电话说明")
            do(2.8, DECIDE_VOID, 6, "zhuguan", approved="true")
            self.stage.ago(
                2, lambda: self.stage.do(engineer, MERGE, self.receipts[kind, 7].number, into=self.shown.number)
            )
            do(1.5, RELEASE, 5)

    def _call(self) -> None:
        """A campaign that goes on; the unhappy rating has made a call-back by itself."""
        today = clock.china_today()
        days = (today, today + timedelta(days=6))
        wanted = campaigns.Wanted("年底回访", Selection(), 3, *days, ["zuoxi"], ["新系统用着顺手吗"])
        campaigns.make(self.stage.runtime, self.stage.actors["zhuguan"], wanted)

    def _look(self, person: str, kind: TicketKind, at: int, field: str, reason: str) -> None:
        reveals.reveal_field(
            self.stage.runtime, self.stage.actors[person], self.receipts[kind, at].number, field, reason
        )

    def _confirm(self, kind: TicketKind) -> None:
        ticket = self.stage.ticket(self.receipts[kind, 4].number)
        confirmation.confirm(self.stage.runtime, self.stage.clinic, ticket.id, is_solved=True, comment="好了，谢谢")

    def _rate(self, kind: TicketKind) -> None:
        words = ("5", "", "") if kind is TicketKind.GENERAL else ("2", "slow", "来回等了大半天，才有人看")
        ticket = self.stage.ticket(self.receipts[kind, 4].number)
        ratings.give(
            self.stage.runtime, self.stage.clinic, ticket.id, None, ratings.read_score(*words), ratings.Way.PAGE
        )

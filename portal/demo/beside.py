"""What happens beside the tickets of the demo's history: rota, articles, calls, analyses, samples, known issues."""

import uuid
from datetime import date, datetime, time, timedelta
from functools import partial
from itertools import count
from random import Random

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.audit.actor import Actor
from portal.demo import articles, books, troubles
from portal.demo.people import AGENTS, ENGINEERS, LEADS
from portal.demo.stage import Office, Stage, Told
from portal.escalation import duty
from portal.follow_up import dissatisfactions
from portal.follow_up.call_backs import records
from portal.follow_up.call_backs.models import CallBack
from portal.follow_up.call_backs.names import CallBackState, Level, Solved
from portal.follow_up.call_backs.records import Said
from portal.follow_up.campaigns import making as campaigns
from portal.follow_up.campaigns.selecting import Selection
from portal.follow_up.dissatisfactions import AnalysisState, Given
from portal.follow_up.models import Dissatisfaction
from portal.kinds.table import QUEUES
from portal.knowledge import known_issues, phrases
from portal.knowledge.articles import steps, writing
from portal.knowledge.articles.states import APPROVE, SUBMIT
from portal.knowledge.articles.texts import ArticleText
from portal.knowledge.known_issues import KnownIssueDetails
from portal.knowledge.phrases import PhraseDetails
from portal.sampling import samples
from portal.sampling.models import SampledRow, SampleMark

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
QUEUES_SEEN = tuple(QUEUES)
_STAGES = ("处理时效", "沟通话术", "解决能力", "系统质量", "协作部门")
_MEASURES = (
    "晨会里逐条过一遍超时的问题",
    "把步骤写成图文发给机构",
    "修复后先在测试库重试三次",
    "请协作部门给出固定联系人",
)
_PHRASES = (
    PhraseDetails("reply", "给您添麻烦了", "{称呼}您好，给您添麻烦了，我们马上核对"),
    PhraseDetails("reply", "正在核对", "正在和上级平台核对，{期限}前回复您"),
    PhraseDetails("question", "请写步骤", "请写明每一步点了哪里，方便我们重现"),
    PhraseDetails("call", "回访问好", "您好，{单位名称}回访，请问上次反映的问题解决了吗"),
)


def prepare(stage: Stage, first: date) -> None:
    """Everything that goes on beside the tickets from the first day on."""
    morning = datetime.combine(first, time(8, 40), clock.CHINA)
    stage.at(morning, lambda: stage.run(lambda session: _lists(stage, session)))
    stage.tell(morning + timedelta(minutes=1), rota(stage))
    stage.tell(morning + timedelta(minutes=2), knowledge(stage))
    stage.tell(morning + timedelta(minutes=5), calls(stage))
    stage.tell(morning + timedelta(hours=7), analyses(stage))
    stage.tell(morning + 12 * _DAY, samples_of(stage))
    stage.tell(morning, books.reading(stage))
    stage.tell(morning + timedelta(hours=2), books.notes(stage))
    stage.tell(morning, books.sheets(stage))
    for days, told in ((20, _ISSUES[0]), (48, _ISSUES[1])):
        stage.tell(morning + days * _DAY, issue(stage, told))
    stage.tell(morning + 35 * _DAY, campaign(stage))


def _lists(stage: Stage, session: Session) -> None:
    lead = stage.actors[LEADS[0]]
    for phrase in _PHRASES:
        phrases.add(session, lead, phrase)


def rota(stage: Stage) -> Told:
    """The leads take turns, a week each; a shift begins where the last one ends, and is planned two weeks ahead."""
    begins = clock.now()
    for number in count():
        ends = begins + _WEEK
        lead = LEADS[number % len(LEADS)]
        _shift(stage, lead, begins, ends)
        if ends > clock.now() + 2 * _WEEK:
            yield _WEEK
        begins = ends


def _shift(stage: Stage, lead: str, begins: datetime, ends: datetime) -> None:
    stage.run(
        lambda session: duty.add_shift(
            session, stage.actors[lead], QUEUES_SEEN, username=lead, queue=None, starts_at=begins, ends_at=ends
        )
    )


def knowledge(stage: Stage) -> Told:
    """An article every few days: written by an engineer, approved by a lead."""
    runtime, lead = stage.runtime, stage.actors[LEADS[1]]
    luck = stage.luck("articles")
    for text in articles.WRITTEN:
        author = luck.choice([name for name, queues in ENGINEERS if text.queue in queues])
        made = stage.run(partial(_written, stage=stage, author=author, text=text))
        yield Office(1)
        version = steps.take(runtime, stage.actors[author], SUBMIT, made[0], made[1], steps.Given()).version
        yield Office(4)
        steps.take(runtime, lead, APPROVE, made[0], version, steps.Given())
        yield Office(luck.uniform(25, 60))


def _written(session: Session, stage: Stage, author: str, text: ArticleText) -> tuple[str, int]:
    article = writing.make(session, stage.actors[author], text)
    return article.number, article.version


def calls(stage: Stage) -> Told:
    """Twice a day everybody makes the calls that are due; those of the last day are still to be made."""
    luck = stage.luck("calls")
    while True:
        yield Office(4)
        for agent in (*AGENTS, *(name for name, _ in ENGINEERS)):  # keepers of institutions call theirs
            for call in _due_calls(stage, agent)[: luck.randint(1, 3)]:
                records.write(stage.runtime, stage.actors[agent], call.id, call.version, _said(luck))


def _due_calls(stage: Stage, agent: str) -> list[CallBack]:
    wanted = (
        CallBack.owner_id == stage.actors[agent].user_id,
        CallBack.status == CallBackState.OPEN.value,
        CallBack.complaint_id.is_(None),
        CallBack.made_at < clock.now() - timedelta(hours=20),
    )
    with stage.runtime.database.read() as session:
        return list(session.scalars(select(CallBack).where(*wanted).order_by(CallBack.due_at, CallBack.number)))


def _said(luck: Random) -> Said:
    chance = luck.random()
    if chance < 0.2:
        return Said(False, note="没有人接")
    if chance < 0.3:
        aspect = luck.choice(troubles.UNHAPPY)[1]
        return Said(True, Level.UNSATISFIED, aspect=aspect, wish="请早一点说处理到哪一步", solved=Solved.YES)
    if chance < 0.45:
        return Said(True, Level.FAIR, aspect="等的时间有点长", wish="希望当天有答复", solved=Solved.YES)
    return Said(True, Level.SATISFIED, suggestion=luck.choice(("", "", "步骤最好配图")), solved=Solved.YES)


def analyses(stage: Stage) -> Told:
    """Every other day a lead completes what is older than two days, and ticks off what was carried out."""
    luck = stage.luck("analyses")
    while True:
        yield Office(16)
        for row in _rows(stage, Dissatisfaction.status == AnalysisState.DRAFT.value):
            given = Given(
                reason=row.reason or "slow",
                digest="等待时间长，希望早一点告知进度",
                stage=luck.choice(_STAGES),
                measure=luck.choice(_MEASURES),
                person=luck.choice(ENGINEERS)[0],
                done_on=f"{clock.china_today() + timedelta(days=luck.randint(3, 12)):%Y-%m-%d}",
            )
            _change(stage, row, given)
        done = (Dissatisfaction.done_on <= clock.china_today(), Dissatisfaction.carried_out_at.is_(None))
        for row in _rows(stage, *done):
            if luck.random() < 0.8:
                _change(stage, row, Given(carried_out=True))


def _rows(stage: Stage, *wanted: ColumnElement[bool]) -> list[Dissatisfaction]:
    old = Dissatisfaction.on_day < clock.china_today() - 2 * _DAY
    query = select(Dissatisfaction).where(old, *wanted).order_by(Dissatisfaction.on_day, Dissatisfaction.ticket_id)
    with stage.runtime.database.read() as session:
        return list(session.scalars(query))


def _change(stage: Stage, row: Dissatisfaction, given: Given) -> None:
    lead = stage.actors[LEADS[0]]
    stage.run(lambda session: dissatisfactions.change(session, stage.runtime, lead, row.id, row.version, given))


def samples_of(stage: Stage) -> Told:
    """Every three weeks a lead looks through a sample of who saw what, and asks about one of it."""
    while True:
        sample_id = stage.run(partial(_drawn, lead=stage.actors[LEADS[0]]))
        yield timedelta(minutes=10)
        with stage.runtime.database.read() as session:
            rows = samples.rows_of(session, samples.get(session, QUEUES_SEEN, sample_id))
        for row in rows:
            stage.run(partial(_marked, lead=stage.actors[LEADS[0]], row=row, is_asked=row is rows[0]))
        yield Office(5)
        for row in rows[:1]:
            stage.run(partial(_explained, stage=stage, row=row))
        yield 3 * _WEEK


def _drawn(session: Session, lead: Actor) -> uuid.UUID:
    now = clock.now()
    return samples.draw(session, lead, QUEUES_SEEN, now - 3 * _WEEK, now, 6).id


def _marked(session: Session, lead: Actor, row: SampledRow, *, is_asked: bool) -> None:
    found = (SampleMark.EXPLAIN, "为什么在处理前查看？") if is_asked else (SampleMark.FINE, "")
    samples.mark(session, lead, QUEUES_SEEN, row.sample_id, row.place, *found)


def _explained(session: Session, stage: Stage, row: SampledRow) -> None:
    person = session.get_one(User, row.person_id).username
    samples.answer(session, stage.actors[person], row.id, "要先查到这条记录，才能重现问题")


_ISSUES = (
    (KnownIssueDetails(
        title="随访保存慢", queues=("general",), cause="上级平台夜间同步没有完成", workaround="中午以后再保存",
        keywords=("随访", "保存"),
    ), "同步已完成，保存恢复正常"),
    (KnownIssueDetails(
        title="医保结算返回超时", queues=("his",), cause="医保中心网络调整", workaround="先登记，恢复后再结算",
        keywords=("医保", "结算"),
    ), "网络已恢复，可以结算"),
)  # fmt: skip


def issue(stage: Stage, told: tuple[KnownIssueDetails, str]) -> Told:
    lead = stage.actors[LEADS[1]]
    row = stage.run(lambda session: known_issues.add(session, lead, told[0]))
    issue_id, version = row.id, row.version
    yield Office(7)
    stage.run(lambda session: known_issues.settle(session, lead, issue_id, version, told[1]))


def campaign(stage: Stage) -> Told:
    today = clock.china_today()
    wanted = campaigns.Wanted("秋季回访", Selection(), 6, today, today + 10 * _DAY, AGENTS, ["新系统用着顺手吗"])
    campaigns.make(stage.runtime, stage.actors[LEADS[0]], wanted)
    yield _DAY

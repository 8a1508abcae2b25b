"""The lives of the demo's tickets: from the report to what its clinic says of the result."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from random import Random

from portal.acts.table import CLAIM, REPLY, RESOLVE
from portal.collaboration import steps
from portal.collaboration.dispatching import DISPATCH_TO
from portal.collaboration.states import ANSWER, FILE, JUDGE, START, VERIFY
from portal.collaboration.steps import Given
from portal.demo import finding, troubles
from portal.demo.people import AGENTS, DEPARTMENT, ENGINEERS, PARTNER, institution_names
from portal.demo.stage import Office, Stage, Told
from portal.demo.troubles import Question, Trouble
from portal.demo.unusual import UNUSUAL
from portal.demo.values import invented_id_number
from portal.disclosure import reveals
from portal.follow_up import ratings
from portal.follow_up.desk_answers import DESK_ANSWER
from portal.kinds.names import Channel, RequestType, TicketKind
from portal.kinds.table import KINDS
from portal.metrics import filing_sessions
from portal.reports import urgency_at_filing
from portal.tracking import confirmation

# How well each rates what it got, from 5 to 1.
_SCORES = (5,) * 42 + (4,) * 34 + (3,) * 11 + (2,) * 8 + (1,) * 5
_CHANNELS = (Channel.YXT,) * 11 + (Channel.PHONE,) * 5 + (Channel.QQ,) * 3 + (Channel.WECHAT, Channel.VISIT)
_WITH_PICTURES = (Channel.YXT, Channel.QQ, Channel.WECHAT)


@dataclass
class Lives:
    """Tells the life of one ticket on a stage, by its own chance."""

    stage: Stage
    chance: Random

    def any(self) -> Told:
        """Whatever comes: a 咨询, a 建议, mostly a 求助."""
        kind = self.chance.choices(list(KINDS), [3, 2])[0]
        told = self.chance.random()
        if told < 0.16:
            return self.consultation(kind)
        return self.suggestion(kind) if told < 0.21 else self.trouble(kind)

    def trouble(self, kind: TicketKind) -> Told:
        """A 求助: taken, answered, solved, confirmed and rated; one in three has something unusual."""
        chance, stage = self.chance, self.stage
        what, channel = chance.choice(troubles.of(kind)), chance.choice(_CHANNELS)
        owner = self.engineer(kind)
        number = self._file(kind, channel, what)
        unusual = chance.choices(("", *UNUSUAL), (26, *(weight for weight, _ in UNUSUAL.values())))[0]
        yield Office(self.spread(0.35, most=9))
        stage.do(owner, CLAIM, number)
        yield timedelta(minutes=chance.randint(3, 25))
        if chance.random() < 0.3:
            self._look(owner, kind, number)
        if finding.is_incomplete(stage, number):  # what was not asked on the phone
            yield Office(self.spread(2, most=15))
            if chance.random() < 0.06:
                return
            finding.supply(stage, number)
        if chance.random() < 0.6:
            yield Office(self.spread(0.5, most=6))
            stage.do(owner, REPLY, number, text=chance.choice(troubles.REPLIES))
        if unusual:
            ends = yield from UNUSUAL[unusual][1](self, kind, owner, number)
            if ends:
                return
            owner = self._owner(number, owner)
        yield Office(self.spread(3, most=30))
        if stage.ticket(number).assignee_id is None:
            return
        self.resolve(owner, number, what)
        yield from self._after(owner, number, what)

    def consultation(self, kind: TicketKind) -> Told:
        """A 咨询 on the phone, answered at once by whoever took it, or later by an engineer."""
        chance, stage, agent = self.chance, self.stage, self.chance.choice(AGENTS)
        question = chance.choice(troubles.CONSULTATIONS)
        number = self._ask(kind, Channel.PHONE, question, agent, RequestType.CONSULTATION)
        yield timedelta(minutes=chance.randint(3, 12))
        if chance.random() < 0.75:
            said = chance.choices(("满意", "基本满意", ""), (6, 1, 3))[0]
            rated = {"rating__scale": "s0", "rating__label": said} if said else {}
            stage.do(agent, DESK_ANSWER, number, text=question.answer, outcome="told", **rated)
            return
        owner = self.engineer(kind)
        yield Office(self.spread(0.7, most=8))
        stage.do(owner, CLAIM, number)
        yield Office(self.spread(0.5, most=8))
        stage.do(owner, DESK_ANSWER, number, text=question.answer, outcome="await")
        yield from self._confirmed(number)

    def suggestion(self, kind: TicketKind) -> Told:
        """A 建议, passed on to the department, which says what it does with it."""
        chance, agent = self.chance, self.chance.choice(AGENTS)
        question = chance.choice(troubles.SUGGESTIONS)
        number = self._ask(kind, Channel.WECHAT, question, agent, RequestType.SUGGESTION)
        owner = self.engineer(kind)
        yield Office(self.spread(2, most=10))
        self.stage.do(owner, CLAIM, number)
        asked = {"department": DEPARTMENT, "kind": "suggestion", "ask": f"机构建议：{question.asked}，请评估"}
        self.stage.do(owner, DISPATCH_TO, number, **asked)
        outcome = chance.choice(("adopted", "scheduled", "not_adopted"))
        yield from self.department(owner, number, text=question.answer, outcome=outcome)
        yield Office(1)
        self.stage.do(owner, DESK_ANSWER, number, text=question.answer, outcome="await")
        yield from self._confirmed(number)

    # the ends

    def _after(self, owner: str, number: str, what: Trouble) -> Told:
        """Confirmed, left unanswered, or not solved and done again."""
        said = self.chance.random()
        if said < 0.12:
            yield Office(self.spread(3, most=20))
            if not finding.awaits_confirmation(self.stage, number):
                return
            words = "还是不行，点保存又出现同样的提示"
            ticket = self.stage.ticket(number)
            confirmation.confirm(self.stage.runtime, self.stage.clinic, ticket.id, is_solved=False, comment=words)
            yield Office(self.spread(3, most=12))
            self.resolve(self._owner(number, owner), number, what, again=True)
        elif said > 0.88:
            return  # the clinic says nothing: the worker asks once and closes it
        yield from self._confirmed(number)

    def _confirmed(self, number: str) -> Told:
        stage, chance = self.stage, self.chance
        yield Office(self.spread(4, most=25))
        if not finding.awaits_confirmation(stage, number):
            return
        ticket = stage.ticket(number)
        confirmation.confirm(stage.runtime, stage.clinic, ticket.id, is_solved=True, comment="可以用了，谢谢")
        if chance.random() > 0.72:
            return
        yield timedelta(minutes=chance.randint(1, 240))
        score = chance.choice(_SCORES)
        reason, comment = chance.choice(troubles.UNHAPPY) if score <= 2 else ("", "")
        answer = ratings.read_score(str(score), reason, comment)
        way = chance.choice((ratings.Way.PAGE, ratings.Way.LINK))
        ratings.give(stage.runtime, stage.clinic, ticket.id, None, answer, way)

    def department(self, owner: str, number: str, text: str, outcome: str = "") -> Told:
        take, runtime = steps.take, self.stage.runtime
        partner, support = self.stage.actors[PARTNER], self.stage.actors[owner]
        row = finding.collaboration_of(self.stage, number)
        yield Office(self.spread(1, most=6))
        version = take(runtime, partner, START, row.number, row.version, Given()).version
        yield Office(self.spread(4, most=20))
        version = take(runtime, partner, ANSWER, row.number, version, Given(text=text, outcome=outcome)).version
        yield Office(self.spread(1, most=5))
        version = take(runtime, support, VERIFY, row.number, version, Given()).version
        version = take(runtime, support, JUDGE, row.number, version, Given(passed=True)).version
        yield Office(0.5)
        version = take(runtime, support, FILE, row.number, version, Given(text="核对过，数据一致")).version
        take(runtime, partner, FILE, row.number, version, Given(text="已备案"))

    def resolve(self, owner: str, number: str, what: Trouble, *, again: bool = False) -> None:
        text = f"又查了一遍，{what.answer}" if again else what.answer
        noted = {"root_cause": what.cause, "improvement": what.note, "steps": "核对日志；修复；请机构重试"}
        cited = finding.citable(self.stage, number)[:1] if self.chance.random() < 0.4 else []
        self.stage.do(owner, RESOLVE, number, text=text, articles=cited, **noted)

    # filing

    def _file(self, kind: TicketKind, channel: Channel, what: Trouble) -> str:
        serial, is_own = next(self.stage.serial), channel is Channel.YXT
        has_pictures = channel in _WITH_PICTURES
        symptom = what.symptom if has_pictures else "other"  # what else it asks for can be shown only
        institution = self.chance.choice(institution_names()[2:])
        values = {
            "institution": [institution],
            "description": [f"{what.told}，{self.chance.choice(_ENDS)}"],
            "symptom": [symptom],
            "previous_system": [self.chance.choice(("浪潮系统", "东软系统", "众阳系统"))],
            "operation_steps": ["1. 登录系统\n2. 打开上面说的页面\n3. 点保存后出现提示"],
            "form_name": [what.module],
            "blank_items": ["日期"],
            "scope": ["batch" if "批量" in what.told else "single"],
            **{name: [invented_id_number(serial)] for name in ("id_number", "patient_id_number")},
            "inpatient_number": [f"ZY{serial:08d}"],
            "login_account": [f"yanshi{serial:04d}"],
            "login_password": [secrets.token_urlsafe(6)],
            "contact_name": ["演示"],
            "contact_phone": [f"199{serial:08d}"],
            "module": [what.module],
            "terminal": ["pc"],
        }
        slots = ["screenshots", "error_detail_screenshots"] if symptom == "error" else ["screenshots"]
        taker = "" if is_own else self.chance.choice(AGENTS)
        urgency = self.chance.choices((("", ""), ("urgent", "今天要上报"), ("critical", "全院不能结算")), (40, 5, 1))[0]
        chosen = urgency_at_filing.chosen(*(urgency if taker else ("", "")))[0]
        receipt = self.stage.file(kind, channel, values, taker, slots=slots if has_pictures else (), urgency=chosen)
        if is_own:
            self._count_form(receipt.number)
        return receipt.number

    def _count_form(self, number: str) -> None:
        """What the clinic's own form would have counted (UX 14)."""
        finding.count_form(
            self.stage,
            number,
            device=self.chance.choices((filing_sessions.PC, filing_sessions.PHONE), (3, 1))[0],
            minutes=self.chance.choice((2, 3, 3, 4, 4, 5, 6, 8, 12)),
            refused=self.chance.choices(("", *_REFUSALS), (12, *(1 for _ in _REFUSALS)))[0],
        )

    def _ask(self, kind: TicketKind, channel: Channel, question: Question, taker: str, asked: RequestType) -> str:
        values = {
            "institution": [self.chance.choice(institution_names()[2:])],
            "description": [question.asked],
            "module": [question.module],
            "contact_name": ["演示"],
            "contact_phone": [f"199{next(self.stage.serial):08d}"],
            "title": [self.chance.choice(("ms", "mr"))],
        }
        return self.stage.file(kind, channel, values, taker, asked).number

    def _look(self, owner: str, kind: TicketKind, number: str) -> None:
        names = {spec.name for spec in KINDS[kind].fields}
        field = next(name for name in ("id_number", "patient_id_number") if name in names)
        reason = self.chance.choice(("在系统里查找这条记录", "登录核对问题", "查找记录"))
        reveals.reveal_field(self.stage.runtime, self.stage.actors[owner], number, field, reason)

    def engineer(self, kind: TicketKind, but: str = "") -> str:
        return self.chance.choice([name for name, queues in ENGINEERS if kind.value in queues and name != but])

    def _owner(self, number: str, otherwise: str) -> str:
        owner_id = self.stage.ticket(number).assignee_id
        found = (name for name, _ in ENGINEERS if self.stage.actors[name].user_id == owner_id)
        return next(found, otherwise)

    def spread(self, mean: float, most: float) -> float:
        """Hours: mostly short, sometimes long."""
        return min(most, self.chance.expovariate(1 / mean) + 0.05)


_ENDS = ("请帮忙看一下", "今天要用", "重新登录也一样", "换了电脑也一样", "昨天还是好的")
_REFUSALS = ("description:too_short", "screenshots:required", "id_number:invalid", "contact_phone:invalid")

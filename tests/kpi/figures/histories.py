"""Random histories as raw rows: tickets with rounds, clocks, timelines, ratings and what follows them."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import insert, select

from portal.accounts.models import User
from portal.acts.models import OrderBreak
from portal.clocks.models import TicketClock
from portal.db import Base, new_id
from portal.follow_up.call_backs.models import CallBack
from portal.follow_up.call_backs.names import CallBackState, Cause
from portal.follow_up.models import Dissatisfaction, ImprovementStage, Rating
from portal.follow_up.scales import LABELS, Reason, Scale
from portal.institutions.models import DirectoryEntry
from portal.kinds.names import Channel, RequestType
from portal.knowledge.articles.models import Article, ArticleUse
from portal.metrics.models import DailyCount, FilingRefusal
from portal.models import metadata
from portal.reports.models import Report
from portal.runtime import Runtime
from portal.tickets.models import Ticket, TimelineEntry
from portal.tickets.states import OPEN_STATES, ClosedHow, TicketState

REFUSED = ("id_number:id_length", "description:too_short")
_OUTCOMES = ("met", "missed", "uncounted", None)
_STATES = list(TicketState)


class History:
    """Rows of so many tickets, spread over some weeks after `begin`."""

    def __init__(self, luck: Random, begin: datetime, days: int, tickets: int) -> None:
        self.luck, self.begin, self.days = luck, begin, days
        self.rows: dict[type[Base], list[dict[str, Any]]] = {}
        self.people = [new_id() for _ in range(3)]
        self.entries = [self._entry(number) for number in range(4)]
        self.stages = [self._stage(number) for number in range(2)]
        self.articles = [self._article(number) for number in range(3)]
        for number in range(tickets):
            self._ticket(number)
        for _ in range(30):
            self._daily()

    def keep(self, runtime: Runtime) -> None:
        with runtime.database.transaction() as session:
            author = session.scalars(select(User.id)).first()
            for row in self.rows[Article]:
                row["author_id"] = author
            tables = {model.__table__: rows for model, rows in self.rows.items()}
            for table in metadata.sorted_tables:
                if table in tables:
                    session.execute(insert(table), tables[table])

    def _add(self, model: type[Base], **values: Any) -> Any:
        row = {"id": new_id(), **values}
        self.rows.setdefault(model, []).append(row)
        return row["id"]

    def _moment(self, after: datetime | None = None) -> datetime:
        if after is None:
            return self.begin + timedelta(seconds=self.luck.randrange(self.days * 86400))
        return after + timedelta(seconds=self.luck.randrange(1, 6 * 86400))

    def _entry(self, number: int) -> Any:
        return self._add(
            DirectoryEntry, county=self.luck.choice(("高唐县", "茌平区")), town="", village="", name=f"卫生室{number}",
            level="village", aliases=[], pinyin=f"w{number}", initials="w", search_text="", created_at=self.begin,
            changed_at=self.begin, version=1,
        )  # fmt: skip

    def _stage(self, number: int) -> Any:
        return self._add(ImprovementStage, name=f"环节{number}", position=90 + number, is_active=True, version=1)

    def _article(self, number: int) -> Any:
        return self._add(
            Article, number=f"ZS9{number:03d}", status="published", title=f"条目{number}", is_public=False,
            author_id=None, author_name="甲", created_at=self.begin, changed_at=self.begin, changed_by="甲",
        )  # fmt: skip

    def _daily(self) -> None:
        name, key = "refused", self.luck.choice(REFUSED)
        day = self.begin.date() + timedelta(days=self.luck.randrange(self.days))
        known = {(row["day"], row["name"], row["key"]) for row in self.rows.get(DailyCount, ())}
        if (day, name, key) not in known:
            self.rows.setdefault(DailyCount, []).append(
                {"day": day, "name": name, "key": key, "count": self.luck.randint(1, 9)}
            )

    def _ticket(self, number: int) -> None:
        luck, submitted = self.luck, self._moment()
        form = luck.choice((None, "高血压随访表", "只有一条"))
        report = self._add(
            Report, kind="general", channel="yxt", answers={} if form is None else {"form_name": form},
            notice_version="1", filed_by="x", created_at=submitted,
        )  # fmt: skip
        ticket_id, state = new_id(), luck.choice(_STATES)
        lines, rounds = self._course(ticket_id, submitted, state)
        last = lines[-1]
        is_open = state in OPEN_STATES
        self._add(
            Ticket, id=ticket_id, number=f"T{number:05d}{luck.randrange(10**6)}", former_numbers=[], report_id=report,
            query_code_hash="x", queue=luck.choice(("general", "his")), state=state.value, is_open=is_open, urgency=2,
            version=1, channel=luck.choice(list(Channel)).value, request_type=luck.choice(list(RequestType)).value,
            filed_as="help", symptom=luck.choice(("", "error", "form_lost")), scope="", institution="某卫生室",
            institution_id=luck.choice((None, *self.entries)), excerpt="", search_text="",
            previous_system=luck.choice(("", "浪潮系统", "只有一次的系统")), module=luck.choice(("", "随访")),
            submitted_at=submitted, reply_due_at=submitted, round=rounds, hand_over_count=luck.choice((0, 0, 2, 3, 4)),
            root_cause=luck.choice((None, "misuse", "自定原因")), closed_at=None if is_open else last,
            closed_how=luck.choice(list(ClosedHow)).value if state is TicketState.CLOSED else None,
            reopened_count=rounds - 1, turn="us", turn_since=submitted, changed_at=last,
        )  # fmt: skip
        self._afterwards(ticket_id, rounds, last)
        if luck.random() < 0.2:
            reason = luck.choice(("urged", "unsaid"))
            self._add(OrderBreak, ticket_id=ticket_id, at=self._moment(submitted), reason=reason, passed=2)
        if luck.random() < 0.3:
            self.rows.setdefault(FilingRefusal, []).append(
                {"draft_id": report, "reason": luck.choice(REFUSED), "on_day": submitted.date()}
            )

    def _course(self, ticket_id: Any, submitted: datetime, state: TicketState) -> tuple[list[datetime], int]:
        """Timeline and clocks; the moments of its lines, and how many rounds there were."""
        luck, at, lines = self.luck, submitted, [submitted]
        rounds = luck.choice((1, 1, 1, 2, 3))
        self._line(ticket_id, at, None, TicketState.SUBMITTED)
        for round in range(1, rounds + 1):
            self._clocks(ticket_id, round, at)
            is_last = round == rounds
            for after in luck.choices(_STATES[:4], k=luck.randint(0, 2)):
                at = self._moment(at)
                self._line(ticket_id, at, TicketState.SUBMITTED, after)
            end = state if is_last else TicketState.CLOSED
            at = self._moment(at)
            self._line(ticket_id, at, TicketState.IN_PROGRESS, end)
            lines.append(at)
            if not is_last:
                at = self._moment(at)
                self._line(ticket_id, at, end, TicketState.IN_PROGRESS)
        return lines, rounds

    def _line(self, ticket_id: Any, at: datetime, before: TicketState | None, after: TicketState) -> None:
        self._add(
            TimelineEntry, ticket_id=ticket_id, at=at, action="x", actor_label="甲", actor_role="engineer",
            is_public=True, from_state=before.value if before else None, to_state=after.value, text="",
        )  # fmt: skip

    def _clocks(self, ticket_id: Any, round: int, began: datetime) -> None:
        for name in ("touched", "replied", "solved"):
            outcome = self.luck.choice(_OUTCOMES)
            self._add(
                TicketClock, ticket_id=ticket_id, clock=name, round=round, amount=60, unit="minutes", started_at=began,
                due_at=self._moment(began), is_estimate=False, pauses=[],
                paused_at=began if outcome is None and self.luck.random() < 0.3 else None,
                ended_at=None if outcome is None else self._moment(began), outcome=outcome, alert_step=0,
            )  # fmt: skip

    def _afterwards(self, ticket_id: Any, rounds: int, at: datetime) -> None:
        luck = self.luck
        for round in range(1, rounds + 1):
            if luck.random() < 0.6:
                scale = luck.choice(list(Scale))
                label, score = luck.choice(list(LABELS[scale].items()))
                self._add(
                    Rating, ticket_id=ticket_id, round=round, scale=scale.value, label=label, score=score, reason="",
                    comment="", way="page", rated_at=self._moment(at),
                )  # fmt: skip
            if luck.random() < 0.3:
                self._add(
                    Dissatisfaction, on_day=self._moment(at).date(), ticket_id=ticket_id, round=round,
                    reason=luck.choice(("", *Reason)), stage_id=luck.choice((None, *self.stages)), status="draft",
                    digest="", measure="", changed_by="", version=1,
                )  # fmt: skip
        for article in luck.sample(self.articles, luck.choice((0, 0, 1, 2))):
            self._add(ArticleUse, article_id=article, version=1, ticket_id=ticket_id, at=self._moment(at))
        if luck.random() < 0.4:
            cause = luck.choice((Cause.UNHAPPY, Cause.SAMPLED, Cause.COMPLAINT))
            due = self._moment(at)
            self._add(
                CallBack, number=f"HF{new_id().hex[:16]}", cause=cause.value, subject_id=ticket_id, round=1,
                ticket_id=ticket_id, queue="general", made_at=at, due_at=due, first_due_at=due, not_for=[],
                status=luck.choice(list(CallBackState)).value,
            )  # fmt: skip

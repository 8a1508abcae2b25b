"""Facts of every ended round, worked out for those of before from their timelines; versions of the score; sheets."""

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from alembic import op

revision = "0064"
down_revision = "0063"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)
_CHINA = timezone(timedelta(hours=8))
_DAY = timedelta(days=1)
_BATCH = 1000
_WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday")
# The moves that count as a person's first act, and those that are a word to the clinic; the second are both.
_TOUCHES = {"claim", "assign", "accept_offer", "hand_over"}
_REPLIES = {
    "accept", "answer_escalation", "ask", "call_shown", "desk_answer", "desk_answer_asking", "partial", "postpone",
    "reply", "resolve", "send_draft", "suggestion_outcome",
}  # fmt: skip
_RESULTS = {"resolve", "desk_answer", "desk_answer_asking"}
_HOW = {
    "confirm": "confirmed", "close": "staff", "desk_answer": "desk", "lapse": "lapsed_information",
    "lapse_confirmation": "lapsed_confirmation",
}  # fmt: skip
_METRICS = {
    "response": {"weight": 20, "bands": [[1800, 20], [3600, 15]], "rest": 0, "request_type": "",
                 "channels": ["yxt", "qq", "email", "wechat", "other"]},
    "resolution": {"weight": 30, "bands": [[95, 30], [90, 25], [85, 20]], "rest": 0, "request_type": ""},
    "satisfaction": {"weight": 30, "bands": [[4.5, 30], [4.0, 25], [3.5, 20]], "rest": 0, "request_type": "",
                     "scale": "s3"},
    "volume": {"weight": 10, "bands": [[20, 10], [50, 7]], "rest": 5, "request_type": ""},
    "knowledge": {"weight": 10, "bands": [[10, 10], [5, 7]], "rest": 5, "request_type": ""},
}  # fmt: skip
_GRADES = [[90, "优秀"], [80, "良好"], [60, "合格"], [0, "待改进"]]
_TERMS = {
    "least_cases": 5, "least_people": 5, "few_people": 7, "least_days_present": 5, "least_days_in_team": 10,
    "objection_days": 5, "least_out_of": 60,
}  # fmt: skip
_FACTS = sa.table(
    "work_facts",
    sa.column("id", sa.Uuid()), sa.column("ticket_id", sa.Uuid()), sa.column("round", sa.Integer()),
    sa.column("queue", sa.String()), sa.column("channel", sa.String()), sa.column("request_type", sa.String()),
    sa.column("urgency", sa.Integer()), sa.column("symptom", sa.String()), sa.column("first_claimer_id", sa.Uuid()),
    sa.column("touch_seconds", sa.Double()), sa.column("touch_working_seconds", sa.Float()),
    sa.column("reply_working_seconds", sa.Double()), sa.column("resolver_id", sa.Uuid()),
    sa.column("ended_on", sa.Date()), sa.column("ended_how", sa.String()), sa.column("is_confirmed", sa.String()),
    sa.column("incident_id", sa.Uuid()),
)  # fmt: skip
_TICKETS = sa.table(
    "tickets",
    sa.column("id", sa.Uuid()), sa.column("queue", sa.String()), sa.column("channel", sa.String()),
    sa.column("request_type", sa.String()), sa.column("urgency", sa.Integer()), sa.column("symptom", sa.String()),
    sa.column("submitted_at", _MOMENT), sa.column("policy_version", sa.Integer()),
)  # fmt: skip
_LINES = sa.table(
    "timeline_entries",
    sa.column("id", sa.Uuid()), sa.column("ticket_id", sa.Uuid()), sa.column("at", _MOMENT),
    sa.column("action", sa.String()), sa.column("actor_id", sa.Uuid()), sa.column("actor_role", sa.String()),
    sa.column("from_state", sa.String()), sa.column("to_state", sa.String()),
)  # fmt: skip


def upgrade() -> None:
    _create_facts()
    _create_scores()
    _carry(op.get_bind())
    _guard_facts()


def downgrade() -> None:
    for table in ("score_cases", "score_runs", "monthly_scores", "score_policies", "work_facts"):
        op.drop_table(table)


def _create_facts() -> None:
    op.create_table(
        "work_facts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("ticket_id", sa.Uuid(), sa.ForeignKey("tickets.id"), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("queue", sa.String(20), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("request_type", sa.String(20), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("symptom", sa.String(20), nullable=False),
        sa.Column("first_claimer_id", sa.Uuid()),
        sa.Column("touch_seconds", sa.Double()),
        sa.Column("touch_working_seconds", sa.Double()),
        sa.Column("reply_working_seconds", sa.Double()),
        sa.Column("resolver_id", sa.Uuid()),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("ended_how", sa.String(24), nullable=False),
        sa.Column("is_confirmed", sa.String(4), nullable=False),
        sa.Column("incident_id", sa.Uuid()),
        sa.UniqueConstraint("ticket_id", "round", name="uq_work_facts_ticket_id_round"),
    )
    op.create_index("ix_work_facts_ended_on", "work_facts", ["ended_on", "queue"])
    op.create_index("ix_work_facts_resolver_id", "work_facts", ["resolver_id", "ended_on"])
    op.create_index("ix_work_facts_first_claimer_id", "work_facts", ["first_claimer_id", "ended_on"])


def _guard_facts() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER work_facts_no_update BEFORE UPDATE ON work_facts "
            "BEGIN SELECT RAISE(ABORT, 'work_facts is written once'); END"
        )
    else:
        op.execute(
            "CREATE TRIGGER work_facts_written_once BEFORE UPDATE ON work_facts "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()"
        )


def _create_scores() -> None:
    policies = op.create_table(
        "score_policies",
        sa.Column("version", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("metrics", sa.JSON(), nullable=False),
        sa.Column("grades", sa.JSON(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("made_by_id", sa.Uuid()),
        sa.Column("made_by_name", sa.String(60), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
    )
    first = {"version": 1, "valid_from": date(2000, 1, 1), "metrics": _METRICS, "grades": _GRADES, "terms": _TERMS}
    op.bulk_insert(
        policies, [{**first, "made_by_id": None, "made_by_name": "", "made_at": datetime.now(UTC), "note": ""}]
    )
    op.create_table(
        "monthly_scores",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("month", sa.String(7), nullable=False),
        sa.Column("user_id", sa.Uuid(), sa.ForeignKey("users.id"), nullable=False),
        sa.Column("queues", sa.JSON(), nullable=False),
        sa.Column("policy_version", sa.Integer(), sa.ForeignKey("score_policies.version"), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("points", sa.Double()),
        sa.Column("out_of", sa.Double()),
        sa.Column("grade", sa.String(12), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("seen_at", _MOMENT),
        sa.Column("objection_ends_at", _MOMENT, nullable=False),
        sa.Column("objection", sa.Text(), nullable=False),
        sa.Column("objected_at", _MOMENT),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by_id", sa.Uuid()),
        sa.Column("answered_at", _MOMENT),
        sa.Column("published_by_id", sa.Uuid()),
        sa.Column("published_at", _MOMENT),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.UniqueConstraint("month", "user_id", name="uq_monthly_scores_month_user_id"),
    )
    op.create_index("ix_monthly_scores_user_id", "monthly_scores", ["user_id", "month"])
    op.create_table(
        "score_runs",
        sa.Column("month", sa.String(7), primary_key=True),
        sa.Column("made_at", _MOMENT, nullable=False),
    )
    score = sa.ForeignKey("monthly_scores.id", ondelete="CASCADE")
    op.create_table(
        "score_cases",
        sa.Column("score_id", sa.Uuid(), score, primary_key=True),
        sa.Column("metric", sa.String(14), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("number", sa.String(24), nullable=False),
        sa.Column("ticket_id", sa.Uuid(), sa.ForeignKey("tickets.id")),
        sa.Column("round", sa.Integer()),
        sa.Column("outcome", sa.String(24), nullable=False),
        sa.Column("value", sa.Double()),
        sa.Column("is_counted", sa.Boolean(), nullable=False),
    )


def _carry(connection: sa.Connection) -> None:
    """A fact for every round that has ended, ticket by ticket in batches: few in memory whatever their number."""
    calendar, last = _Calendar(connection), None
    while True:
        batch = sa.select(_TICKETS).order_by(_TICKETS.c.id).limit(_BATCH)
        tickets = connection.execute(batch if last is None else batch.where(_TICKETS.c.id > last)).all()
        if not tickets:
            return
        last = tickets[-1].id
        mine = _LINES.c.ticket_id.in_([ticket.id for ticket in tickets])
        order = (_LINES.c.ticket_id, _LINES.c.at, _LINES.c.id)
        lines = connection.execute(sa.select(_LINES).where(mine).order_by(*order)).all()
        of_ticket = {ticket_id: list(found) for ticket_id, found in groupby(lines, key=lambda line: line.ticket_id)}
        facts = [fact for ticket in tickets for fact in _facts(ticket, of_ticket.get(ticket.id, []), calendar)]
        if facts:
            connection.execute(sa.insert(_FACTS), facts)


def _facts(ticket: Any, lines: list[Any], calendar: "_Calendar") -> Iterator[dict[str, Any]]:
    began, number, found, done = _aware(ticket.submitted_at), 1, None, []
    for line in lines:
        if line.action == "reopen":
            if line.from_state == "awaiting_confirmation":
                is_refused = line.actor_role == "clinic"
                how, said = ("not_solved", "no") if is_refused else ("reopened", "none")
                found = _fact(ticket, number, began, done, (how, said, line.at), calendar)
            if found:
                yield found
            began, number, found, done = _aware(line.at), number + 1, None, []
            continue
        done.append(line)
        if line.action == "unmerge":
            found = None
        elif line.to_state in ("closed", "merged", "void") and line.from_state not in (None, line.to_state):
            how = _HOW.get(line.action, "staff") if line.to_state == "closed" else line.to_state
            said = "yes" if how == "confirmed" else "none"
            found = _fact(ticket, number, began, done, (how, said, line.at), calendar)
    if found:
        yield found


def _fact(
    ticket: Any, number: int, began: datetime, done: list[Any], end: tuple[str, str, datetime], calendar: "_Calendar"
) -> dict[str, Any]:
    how, said, ended = end
    by_people = [line for line in done if line.actor_id is not None]
    acts = [line for line in by_people if line.action in _TOUCHES | _REPLIES]
    claims = [line for line in by_people if line.action == "claim"]
    words = [line for line in by_people if line.action in _REPLIES]
    results = [line.actor_id for line in by_people if line.action in _RESULTS]
    touched = _aware(acts[0].at) if acts else None
    replied = _aware(words[0].at) if words else None
    version = ticket.policy_version
    return {
        "id": uuid.uuid4(), "ticket_id": ticket.id, "round": number, "queue": ticket.queue, "channel": ticket.channel,
        "request_type": ticket.request_type, "urgency": ticket.urgency, "symptom": ticket.symptom,
        "first_claimer_id": (claims or acts)[0].actor_id if claims or acts else None,
        "touch_seconds": max((touched - began).total_seconds(), 0.0) if touched else None,
        "touch_working_seconds": calendar.seconds(began, touched, version) if touched else None,
        "reply_working_seconds": calendar.seconds(touched, replied, version) if touched and replied else None,
        "resolver_id": results[-1] if results else None,
        "ended_on": _aware(ended).astimezone(_CHINA).date(), "ended_how": how, "is_confirmed": said,
        "incident_id": None,
    }  # fmt: skip


class _Calendar:
    """Working time by the calendar of now and the hours of each policy."""

    def __init__(self, connection: sa.Connection) -> None:
        days = sa.table("calendar_days", sa.column("day", sa.Date()), sa.column("is_working", sa.Boolean()))
        known = connection.execute(sa.text("SELECT year FROM calendar_years WHERE state = 'confirmed'"))
        self.years = {row.year for row in known}
        self.days = {row.day: row.is_working for row in connection.execute(sa.select(days))}
        policies = sa.table("service_policies", sa.column("version", sa.Integer()), sa.column("hours", sa.JSON()))
        self.hours = {
            row.version: [_spans(row.hours[name]) for name in _WEEK] for row in connection.execute(sa.select(policies))
        }

    def seconds(self, begin: datetime, end: datetime, version: int) -> float:
        day, passed, week = begin.astimezone(_CHINA).date(), timedelta(0), self.hours[version]
        while day <= end.astimezone(_CHINA).date():
            if self._is_working(day):
                midnight = datetime.combine(day, datetime.min.time(), _CHINA)
                for first, last in week[day.weekday() if day.weekday() <= 4 else 0]:
                    opening, closing = midnight + timedelta(minutes=first), midnight + timedelta(minutes=last)
                    passed += max(min(closing, end) - max(opening, begin), timedelta(0))
            day += _DAY
        return passed.total_seconds()

    def _is_working(self, day: date) -> bool:
        fixed = {(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)}
        off = day.weekday() > 4 or (day.year not in self.years and (day.month, day.day) in fixed)
        return bool(self.days.get(day, not off))


def _spans(text: str) -> list[tuple[int, int]]:
    def minute(word: str) -> int:
        hour, rest = word.split(":")
        return int(hour) * 60 + int(rest)

    pairs = (span.split("-") for span in text.split())
    return [(minute(begin), minute(end)) for begin, end in pairs]


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

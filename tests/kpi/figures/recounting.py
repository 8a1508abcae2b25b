"""The figures counted again from the raw rows, slowly and by other ways: nothing of `portal/kpi` is asked."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models import metadata
from portal.tickets.states import OPEN_STATES

CHINA = timedelta(hours=8)
PHONE = {"phone", "visit"}


class Recount:
    """Every row of the tables, as dictionaries, and the days that count."""

    def __init__(self, session: Session, first: date, last: date, queues: Sequence[str], now: datetime) -> None:
        self.first, self.last, self.now = first, last, now
        names = (
            "tickets", "ticket_clocks", "timeline_entries", "ratings", "dissatisfactions", "article_uses", "call_backs",
            "daily_counts", "reports", "institutions", "order_breaks", "filing_refusals",
        )  # fmt: skip
        self.rows = {name: [dict(row) for row in self._all(session, name)] for name in names}
        self.tickets = {row["id"]: row for row in self.rows["tickets"] if row["queue"] in queues}

    @staticmethod
    def _all(session: Session, name: str) -> Any:
        return session.execute(select(metadata.tables[name])).mappings()

    def is_in(self, moment: datetime | None) -> bool:
        return moment is not None and self.first <= (moment + CHINA).date() <= self.last

    def of(self, name: str) -> list[dict[str, Any]]:
        return [row for row in self.rows[name] if row["ticket_id"] in self.tickets]

    def received(self) -> list[dict[str, Any]]:
        return [row for row in self.tickets.values() if self.is_in(row["submitted_at"])]

    def results(self) -> list[dict[str, Any]]:
        found = []
        for row in self.of("ticket_clocks"):
            if row["clock"] == "solved" and row["outcome"] in ("met", "missed") and self.is_in(row["ended_at"]):
                found.append(row)
        return found

    def due(self, clock: str) -> list[dict[str, Any]]:
        found = []
        for row in self.of("ticket_clocks"):
            if row["clock"] != clock or not self.is_in(row["due_at"]) or row["due_at"] >= self.now:
                continue
            if row["outcome"] in ("met", "missed") or (row["ended_at"] is None and row["paused_at"] is None):
                found.append(row)
        return found

    def open_at_end(self) -> int:
        many = 0
        for ticket_id in self.tickets:
            lines = [row for row in self.rows["timeline_entries"] if row["ticket_id"] == ticket_id]
            before = [row for row in lines if (row["at"] + CHINA).date() <= self.last]
            if before:
                many += max(before, key=lambda row: row["at"])["to_state"] in OPEN_STATES
        return many

    def ended(self) -> list[dict[str, Any]]:
        return [row for row in self.tickets.values() if self.is_in(row["closed_at"])]

    def seconds(self, is_phone: bool) -> list[float]:
        found = []
        for row in self.results():
            if (self.tickets[row["ticket_id"]]["channel"] in PHONE) is is_phone:
                found.append((row["ended_at"] - row["started_at"]).total_seconds())
        return found

    def figures(self) -> dict[str, tuple[float | None, int | None]]:
        """By name: value and n."""
        replies, solving, results = self.due("replied"), self.due("solved"), self.results()
        with_result = {row["ticket_id"] for row in results}
        again = [
            row for row in self.of("ticket_clocks")
            if row["clock"] == "solved" and row["round"] != 1 and self.is_in(row["started_at"])
        ]  # fmt: skip
        calls = [
            row for row in self.of("call_backs")
            if row["status"] != "withdrawn" and row["cause"] != "complaint" and self.is_in(row["due_at"])
            and row["due_at"] < self.now
        ]  # fmt: skip
        found: dict[str, tuple[float | None, int | None]] = {
            "received": (len(self.received()), None),
            "results": (len(results), None),
            "ended": (len(self.ended()), None),
            "open": (self.open_at_end(), None),
            "reply_rate": part(sum(row["outcome"] is not None for row in replies), len(replies)),
            "unanswered": (sum(row["outcome"] is None for row in replies), None),
            "reply_in_time": part(sum(row["outcome"] == "met" for row in replies), len(replies)),
            "solved_in_time": part(sum(row["outcome"] == "met" for row in solving), len(solving)),
            "reopened": part(len(again), len(results)),
            "hand_overs": part(
                sum(self.tickets[ticket]["hand_over_count"] > 2 for ticket in with_result), len(with_result)
            ),
            "knowledge_used": (
                len({row["ticket_id"] for row in self.of("article_uses") if self.is_in(row["at"])}), None,
            ),
            "call_backs_done": part(sum(row["status"] == "done" for row in calls), len(calls)),
            "passed_over": (len(self.order_breaks()), None),
        }  # fmt: skip
        for group, is_phone in (("phone", True), ("web", False)):
            seconds = self.seconds(is_phone)
            enough = len(seconds) >= 5
            found[f"handling_natural_{group}"] = (sum(seconds) / len(seconds) if enough else None, len(seconds))
            found[f"median_{group}"] = (median(seconds) if enough else None, len(seconds))
        for scale in ("s3", "s0", "s1"):
            scores = [row["score"] for row in self.rated() if row["scale"] == scale]
            found[f"satisfaction_{scale}"] = (sum(scores) / len(scores) if len(scores) > 4 else None, len(scores))
        return found

    def rated(self) -> list[dict[str, Any]]:
        return [row for row in self.of("ratings") if self.is_in(row["rated_at"])]

    def order_breaks(self) -> list[dict[str, Any]]:
        return [row for row in self.of("order_breaks") if self.is_in(row["at"])]

    def refused(self, reason: str) -> set[Any]:
        """Tickets whose form was refused for this reason on a day of the period."""
        days = (row for row in self.rows["filing_refusals"] if self.first <= row["on_day"] <= self.last)
        reports = {row["draft_id"] for row in days if row["reason"] == reason}
        return {ticket for ticket, row in self.tickets.items() if row["report_id"] in reports}

    def daily(self, name: str) -> Counter[str]:
        found = Counter[str]()
        for row in self.rows["daily_counts"]:
            if row["name"] == name and self.first <= row["day"] <= self.last:
                found[row["key"]] += row["count"]
        return found

    def breakdowns(self) -> dict[str, dict[str, int]]:
        """By name: how often each key occurs; rare words that people typed are one."""
        entries = {row["id"]: row for row in self.rows["institutions"]}
        answers = {row["id"]: row["answers"] for row in self.rows["reports"]}
        of = self.received()
        found = {
            "received_by_type": Counter(row["request_type"] for row in of),
            "received_by_symptom": Counter(row["symptom"] or "none" for row in of),
            "received_by_queue": Counter(row["queue"] for row in of),
            "received_by_channel": Counter(row["channel"] for row in of),
            "received_by_county": Counter(
                entries[row["institution_id"]]["county"] if row["institution_id"] else "none" for row in of
            ),
            "received_by_previous_system": rare(row["previous_system"] or "none" for row in of),
            "received_by_module": rare(row["module"] or "none" for row in of),
            "received_by_form": rare(answers[row["report_id"]].get("form_name") or "none" for row in of),
            "ended_by_way": Counter(row["closed_how"] or row["state"] for row in self.ended()),
            "results_by_cause": Counter(
                self.tickets[row["ticket_id"]]["root_cause"] or "none" for row in self.results()
            ),
            "dissatisfied": most_of(Counter(
                f"{row['stage_id'] or ''}|{row['reason']}" for row in self.of("dissatisfactions")
                if self.first <= row["on_day"] <= self.last
            )),
            "refusals": most_of(self.daily("refused")),
            "passed_over_by_reason": Counter(row["reason"] for row in self.order_breaks()),
        }  # fmt: skip
        return {name: dict(counts) for name, counts in found.items()}


def part(count: int, n: int) -> tuple[float | None, int]:
    return (None if n < 5 else 100 * count / n), n


def most_of(counts: Counter[str]) -> Counter[str]:
    """The twelve most frequent, and what is left under one word."""
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    rest = sum(many for _, many in ordered[12:])
    return Counter(dict(ordered[:12]) | ({"rest": rest} if rest else {}))


def rare(words: Any) -> Counter[str]:
    found = Counter[str]()
    for word, many in Counter(words).items():
        found[word if many > 2 or word == "none" else "rest"] += many
    return found

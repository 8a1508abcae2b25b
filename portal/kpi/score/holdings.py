"""What is stored of people's work. A class of its own: figures and ids, and no text of a clinic (DESK 0.8)."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, false, select

from portal import clock
from portal.holdings import Expiry, Held, Keep
from portal.kpi.score.models import MonthlyScore, ScoreCase, ScoreCorrection, ScorePolicy, ScoreRun, WorkFact
from portal.kpi.score.quality_models import QualityMark, QualitySample
from portal.retention import holds
from portal.tickets.models import Ticket


def _never(_: datetime) -> ColumnElement[bool]:
    """`is_set` is asked in its place."""
    return false()


def _old_facts(settings: Any, now: datetime) -> ColumnElement[bool]:
    if not settings.keep_scores_days:
        return false()
    before = clock.in_china(now - timedelta(days=settings.keep_scores_days)).date()
    held = select(Ticket.id).where(holds.is_held())
    return (WorkFact.ended_on < before) & WorkFact.ticket_id.not_in(held)


def _old_sheets(settings: Any, now: datetime) -> ColumnElement[bool]:
    if not settings.keep_scores_days:
        return false()
    return MonthlyScore.made_at < now - timedelta(days=settings.keep_scores_days)


def _old_samples(settings: Any, now: datetime) -> ColumnElement[bool]:
    if not settings.keep_scores_days:
        return false()
    return QualitySample.drawn_at < now - timedelta(days=settings.keep_scores_days)


HOLDINGS = (
    Held(
        WorkFact,
        what="一次处理的事实：谁先领取、多久、谁给的结果、怎样结束",
        about="工作人员的编号",
        keep=Keep.SCORES,
        codes=("queue", "channel", "request_type", "symptom", "ended_how", "is_confirmed"),
        expiry=Expiry(_never, is_set=_old_facts),
    ),
    Held(
        ScorePolicy,
        what="考核办法的每一版：权重、档次、等级",
        about="制定的主管",
        keep=Keep.LASTING,
        plain=("note", "made_by_name"),
        codes=("metrics", "grades", "terms"),
    ),
    Held(
        MonthlyScore,
        what="月度考核表：各项数值、得分、等级、异议和答复",
        about="工作人员",
        keep=Keep.SCORES,
        plain=("remark", "objection", "answer"),
        codes=("month", "queues", "inputs", "grade", "status"),
        expiry=Expiry(_never, is_set=_old_sheets),
    ),
    Held(ScoreRun, what="已出考核表草稿的月份", about="—", keep=Keep.LASTING, codes=("month",)),
    Held(
        ScoreCase,
        what="考核表每个数值背后的工单和条目的编号",
        about="工作人员的编号",
        keep=Keep.PARENT,
        codes=("metric", "number", "outcome"),
    ),
    Held(
        ScoreCorrection,
        what="更正以前的考核表：当时的数值、得分、异议和每一件，更正的原因和人",
        about="工作人员和更正的主管",
        keep=Keep.PARENT,
        plain=("remark", "objection", "answer", "reason", "by_name"),
        codes=("inputs", "grade", "status", "cases", "left_out", "added"),
    ),
    Held(
        QualitySample,
        what="回复质量检查：抽了谁的几条公开回复，种子",
        about="工作人员",
        keep=Keep.SCORES,
        plain=("drawn_by_name",),
        codes=("month", "seed"),
        expiry=Expiry(_never, is_set=_old_samples),
    ),
    Held(
        QualityMark,
        what="一条回复的评分、说明和本人的答复；回复本身留在工单里",
        about="工作人员的编号",
        keep=Keep.PARENT,
        plain=("note", "answer"),
        codes=("number",),
    ),
)

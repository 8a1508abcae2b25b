"""The closed vocabularies of the API, each from the table that the portal itself reads (CONTRACT 3)."""

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import WithJsonSchema

from portal.acts.links import LinkKind
from portal.acts.presence import Mode
from portal.acts.reply_drafts import DraftState
from portal.audit.tags import Tag
from portal.calendar.models import DayOrigin, YearState
from portal.casefile.value_search import ValueKind
from portal.clocks.names import PROMISE, ClockName, ClockState, Coordination, OtherTerm, Unit
from portal.collaboration.states import CollaborationKind, CollaborationState, SuggestionOutcome
from portal.complaints.acts import ACTS
from portal.complaints.names import (
    CauseClass,
    ComplaintKind,
    ComplaintState,
    FollowLevel,
    Part,
    ProposalState,
    Verdict,
)
from portal.complaints.own_alarms import AlarmCause
from portal.escalation.causes import Cause
from portal.escalation.reporting import Decision
from portal.escalation.undecided import EscalatedBy
from portal.follow_up.call_backs.names import CallBackState, Level, Solved
from portal.follow_up.call_backs.names import Cause as CallBackCause
from portal.follow_up.dissatisfactions import AnalysisState
from portal.follow_up.ratings import Way as RatingWay
from portal.follow_up.scales import WORDS, Reason, Scale
from portal.institutions.models import Level as InstitutionLevel
from portal.kinds.names import Channel, RequestType, TicketKind
from portal.kinds.table import FIELDS, KINDS
from portal.knowledge.articles.states import ArticleState
from portal.knowledge.phrases import PhrasePlace
from portal.kpi.archive.complete import GAPS
from portal.kpi.archive.complete import Part as RecordPart
from portal.kpi.figures.shapes import Unit as FigureUnit
from portal.kpi.score.bands import Metric as ScoreMetricName
from portal.kpi.score.names import SheetState
from portal.kpi.tables.names import Table
from portal.notify.matrix import Way
from portal.notify.models import DeliveryError, DeliveryState
from portal.notify.recipients import RecipientKind
from portal.queues.queries import KEY, UNANSWERED
from portal.tickets.states import (
    ClosedHow,
    Origin,
    PromiseKind,
    PromiseState,
    TicketState,
    Turn,
    TurnCause,
    Urgency,
)
from portal.today.section import Counts

_NAME = "x-vocabulary"
FAULT_CODES = (
    "required", "too_short", "too_long", "masked_value", "id_length", "id_date", "id_region", "id_checksum",
    "looks_like_phone", "image_missing", "image_too_small", "image_type", "image_broken", "image_too_large",
    "image_too_many", "image_partial", "image_blank", "image_confirm", "channel_not_allowed", "invalid", "not_found",
    "sensitive_text", "request_type_not_allowed", "not_asked", "in_past", "too_far", "not_verified", "same_person",
    "too_many", "not_counted", "unchanged",
)  # fmt: skip
CONFLICT_CODES = (
    "stale", "taken", "state", "objection", "already_rated", "already_decided", "expired", "used_key",
)  # fmt: skip
_WORDS: dict[str, Iterable[str]] = {
    "TicketState": TicketState,
    "StateFilter": ("all", *TicketState),
    "Queue": TicketKind,
    "QueueChoice": ("all", *TicketKind),
    "ClockFilter": ("due_soon", "overdue", "paused"),
    "YesNo": ("true", "false"),
    "Table": Table,
    "FigureUnit": FigureUnit,
    "TicketOrder": ("urgency", "turn", "due"),
    "Channel": Channel,
    "Symptom": (value for value, _ in FIELDS["symptom"].choices),
    "Scope": (value for value, _ in FIELDS["scope"].choices),
    "InstitutionFilter": (KEY, *InstitutionLevel),
    "SymptomFilter": (UNANSWERED, *(value for value, _ in FIELDS["symptom"].choices)),
    "ScopeFilter": (UNANSWERED, *(value for value, _ in FIELDS["scope"].choices)),
    "Urgency": (level.name.lower() for level in Urgency),
    "Turn": Turn,
    "TurnCause": TurnCause,
    "ClockKind": ("in_time", "due_today", "overdue", "paused", "waiting", "met", "missed", "ended"),
    "ClockName": ClockName,
    "PolicyClock": (*ClockName, *OtherTerm),
    "DueClock": (*ClockName, PROMISE),
    "ClockState": ClockState,
    "Coordination": Coordination,
    "Origin": Origin,
    "TermUnit": Unit,
    "ReportField": dict.fromkeys(spec.name for kind in KINDS.values() for spec in kind.fields),
    "PictureSlot": dict.fromkeys(spec.name for kind in KINDS.values() for spec in kind.fields if spec.is_picture),
    "PromiseKind": PromiseKind,
    "RatingScale": Scale,
    "RatingWord": WORDS,
    "RatingWay": RatingWay,
    "DissatisfactionReason": Reason,
    "AnalysisState": AnalysisState,
    "RecordGap": (gap.code for gap in GAPS),
    "RecordPart": RecordPart,
    "PromiseState": PromiseState,
    "FaultCode": FAULT_CODES,
    "ConflictCode": CONFLICT_CODES,
    "ClosedHow": ClosedHow,
    "TrailAction": Tag,
    "ValueKind": ValueKind,
    "PresenceMode": Mode,
    "CallBackCause": CallBackCause,
    "CallBackState": CallBackState,
    "SatisfactionLevel": Level,
    "Solved": Solved,
    "DraftState": DraftState,
    "LinkKind": LinkKind,
    "ScoreMetricName": ScoreMetricName,
    "ScoreState": SheetState,
    "Counts": Counts,
    "EscalatedBy": EscalatedBy,
    "Decision": Decision,
    "AlertCause": (*Cause, *AlarmCause),
    "YearState": YearState,
    "DayOrigin": DayOrigin,
    "ClinicAct": ("confirmation", "supplement", "rating", "escalation", "complaint", "reopening"),
    "RequestType": RequestType,
    "Terminal": (value for value, _ in FIELDS["terminal"].choices),
    "PersonTitle": (value for value, _ in FIELDS["title"].choices),
    "ArticleState": ArticleState,
    "CollaborationState": CollaborationState,
    "CollaborationKind": CollaborationKind,
    "SuggestionOutcome": SuggestionOutcome,
    "ComplaintState": ComplaintState,
    "ComplaintFilter": ("open", *ComplaintState),
    "ComplaintKind": ComplaintKind,
    "ComplaintVerdict": Verdict,
    "ComplaintCause": CauseClass,
    "ComplaintPart": Part,
    "ProposalState": ProposalState,
    "FollowLevel": FollowLevel,
    "ComplainantAct": ("confirmation", "choice", "review"),
    "ComplaintAct": (act.name for act in ACTS),
    "DeliveryState": DeliveryState,
    "DeliveryError": DeliveryError,
    "NotificationChannel": ("console", *Way),
    "RecipientKind": RecipientKind,
    "PhrasePlace": PhrasePlace,
}
VOCABULARIES: dict[str, tuple[str, ...]] = {name: tuple(str(word) for word in words) for name, words in _WORDS.items()}


def word_schema(name: str) -> dict[str, Any]:
    """The schema of one word; `named` later makes it a reference."""
    return {"type": "string", "enum": list(VOCABULARIES[name]), _NAME: name}


def one_of(name: str) -> WithJsonSchema:
    """Annotates a text that is a word of the vocabulary."""
    return WithJsonSchema(word_schema(name))


def named(document: dict[str, Any]) -> dict[str, Any]:
    """The document with every vocabulary once, under its name."""
    used = dict.fromkeys(_used(document))
    schemas = document["components"]["schemas"]
    schemas.update({name: {"type": "string", "enum": list(VOCABULARIES[name]), "title": name} for name in used})
    return dict(_referring(document))


def _used(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if _NAME in part:
            yield part[_NAME]
        for value in part.values():
            yield from _used(value)
    elif isinstance(part, list):
        for value in part:
            yield from _used(value)


def _referring(part: Any) -> Any:
    if isinstance(part, dict):
        if _NAME not in part:
            return {key: _referring(value) for key, value in part.items()}
        beside = {key: part[key] for key in ("description",) if key in part}
        return {"$ref": f"#/components/schemas/{part[_NAME]}", **beside}
    return [_referring(value) for value in part] if isinstance(part, list) else part

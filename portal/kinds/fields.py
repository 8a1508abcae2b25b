"""A field of a report: its words, its checks, and whether a channel and a request type require it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from portal import clock
from portal.errors import Fault
from portal.kinds.channel_policy import DEFAULT, OPEN_CHANNELS, ChannelPolicy
from portal.kinds.doubts import Doubt
from portal.kinds.names import Channel, RequestType
from portal.settings import Settings
from portal.vault.vault import CREDENTIALS, REPORT


class Need(StrEnum):
    REQUIRED = "required"
    OPTIONAL = "optional"
    MAY_OMIT = "may_omit"  # the spec's 「QQ可不附加」: displayed as 该渠道可不附
    LATER = "later"  # may be missing at first; the ticket then starts as 待补充
    NOT_ASKED = "not_asked"
    NOT_TAKEN = "not_taken"  # not asked, and refused when it is sent all the same


UNASKED = (Need.NOT_ASKED, Need.NOT_TAKEN)
Needs = dict[Channel, Need]
EVERYWHERE: Needs = dict.fromkeys(Channel, Need.REQUIRED)
IF_KNOWN: Needs = dict.fromkeys(Channel, Need.OPTIONAL)
# 「QQ可不附加，一线通务必附加」: the channel policy says which channels are open.
NOT_ON_OPEN_CHANNELS: Needs = EVERYWHERE | dict.fromkeys(OPEN_CHANNELS, Need.MAY_OMIT)
# Asked only where a deployment takes reports about patients without 住院号.
WITH_OUTPATIENTS: Needs = dict.fromkeys(Channel, Need.NOT_ASKED)
# Asked only where a deployment can send text messages.
WITH_SMS: Needs = dict.fromkeys(Channel, Need.NOT_ASKED)
PICTURES: Needs = EVERYWHERE | {Channel.PHONE: Need.LATER, Channel.VISIT: Need.LATER}
ON_OTHER_CHANNELS: Needs = dict.fromkeys(Channel, Need.NOT_ASKED) | {Channel.OTHER: Need.REQUIRED}

# What 咨询 and 建议 need in place of what the channel asks of 求助 (DESK 3.1); 售后 follows 求助.
TypeNeeds = Mapping[RequestType, Need]
_BRIEF = (RequestType.CONSULTATION, RequestType.SUGGESTION)
LIKE_HELP: TypeNeeds = {}
ALWAYS: TypeNeeds = dict.fromkeys(_BRIEF, Need.REQUIRED)
IF_OFFERED: TypeNeeds = dict.fromkeys(_BRIEF, Need.OPTIONAL)
ONLY_HELP: TypeNeeds = dict.fromkeys(_BRIEF, Need.NOT_ASKED)
SECRETS_OF_HELP: TypeNeeds = dict.fromkeys(_BRIEF, Need.NOT_TAKEN)
FOR_CONSULTATION: TypeNeeds = {
    RequestType.CONSULTATION: Need.REQUIRED,
    RequestType.SUGGESTION: Need.OPTIONAL,
}


class Step(StrEnum):
    """The page of the form that holds a field."""

    SITUATION = "situation"
    SCREENSHOTS = "screenshots"
    IDENTITY = "identity"


@dataclass(frozen=True)
class CheckContext:
    """The context of checks: limits, today's date, and which channels are open.

    Attributes:
        min_brief: characters of the description of a 咨询 or 建议. wanted: what a good description says.
        excused: fields whose absence somebody has explained (客户信息未完整获取).
    """

    today: date
    min_description: int = 10
    channels: ChannelPolicy = DEFAULT
    min_brief: int = 4
    wanted: str = "做了哪种操作，出现了哪种问题"
    excused: frozenset[str] = frozenset()

    @classmethod
    def of(cls, settings: Settings) -> "CheckContext":
        """The deployment's limits, with today's date in China."""
        policy = ChannelPolicy.of_settings(settings)
        return cls(clock.china_today(), settings.min_description, policy, settings.min_brief_description)

    def of_type(self, request_type: RequestType) -> "CheckContext":
        """With the description's rule for this type."""
        wanted = _WANTED_OF.get(request_type)
        return replace(self, min_description=self.min_brief, wanted=wanted) if wanted else self


_WANTED_OF = {RequestType.CONSULTATION: "想问什么", RequestType.SUGGESTION: "希望怎么改进"}
Check = Callable[[str, CheckContext], tuple[str, str] | None]


@dataclass(frozen=True)
class Condition:
    """A field becomes required (or is asked at all) if another holds a value; `message` says why.

    The value "" means that the other one is empty.
    """

    field: str
    value: str
    message: str = ""


_KEPT_BEYOND = 2000  # signs


@dataclass(frozen=True)
class FieldSpec:
    """One field of one kind. `check` receives a non-blank value and returns (code, message) or None.

    Attributes:
        of_types: what 咨询 and 建议 need instead. excused_by: the field whose answer says why this one has none.
        only_with: another field without which this one says nothing; `only_with_message` asks for it.
        is_more: behind 「更多情况（选填）」 on the clinic's form (DESK 3.2).
    """

    name: str
    label: str
    step: Step
    needs: Needs
    missing: str
    help: str = ""
    input: str = "text"  # text | textarea | password | choice | tick | lines | files
    maxlength: int = 200
    most: int = 1
    choices: tuple[tuple[str, str], ...] = ()
    suggestions: tuple[str, ...] = ()
    mask: str | None = None  # a name in vault.masks.MASKS; such a field is sealed
    purpose: str = REPORT
    normalise: Callable[[str], str] = str.strip
    check: Check | None = None
    doubt: Callable[[str], Doubt | None] | None = None
    required_when: tuple[Condition, ...] = field(default=())
    missing_when: tuple[Condition, ...] = field(default=())
    asked_when: tuple[Condition, ...] = field(default=())
    excused_by: str = ""
    of_types: TypeNeeds = field(default_factory=dict)
    only_with: str = ""
    only_with_message: str = ""
    is_more: bool = False

    @property
    def kept_length(self) -> int:
        """Signs that are kept of a value that is too long."""
        return self.maxlength + min(self.maxlength, _KEPT_BEYOND)

    @property
    def kept_count(self) -> int:
        """Values that are kept of a field with too many."""
        return self.most + 1

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The answers for which the form asks this field; none for a field that it always asks."""
        return (*self.required_when, *self.asked_when)

    @property
    def is_sensitive(self) -> bool:
        """Sealed at once and displayed only as a mask."""
        return self.mask is not None

    @property
    def is_credential(self) -> bool:
        """Sealed with its own key, because it is deleted earlier (SECURITY C-11)."""
        return self.purpose == CREDENTIALS

    @property
    def is_text(self) -> bool:
        """Free text, and no secret."""
        return not (self.is_sensitive or self.is_picture or self.choices)

    @property
    def is_picture(self) -> bool:
        return self.input == "files"

    def need(
        self, channel: Channel, policy: ChannelPolicy = DEFAULT, request_type: RequestType = RequestType.HELP
    ) -> Need:
        """What is required is a function of kind, channel and request type (REQUIREMENTS T3)."""
        if request_type in self.of_types:
            return self.of_types[request_type]
        if self.needs is WITH_OUTPATIENTS:
            return Need.OPTIONAL if policy.takes_outpatients else Need.NOT_ASKED
        if self.needs is WITH_SMS:
            return Need.OPTIONAL if policy.sends_sms else Need.NOT_ASKED
        if self.needs is not NOT_ON_OPEN_CHANNELS:
            return self.needs[channel]
        return Need.MAY_OMIT if channel in policy.open_channels else Need.REQUIRED

    def marked_label(self, value: str) -> str:
        """The label, with what is unusual in the value."""
        doubt = self.doubt(value) if self.doubt else None
        return f"{self.label}（{doubt.mark}）" if doubt else self.label

    def label_of(self, value: str) -> str:
        """The label of a choice; other values are their own label."""
        return dict(self.choices).get(value, value)

    def fault(self, code: str, message: str) -> Fault:
        return Fault(self.name, code, message)

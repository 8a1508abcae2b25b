"""Reads the English phrases that the trail stored before it had particulars. New rows never hold one."""

import re
from typing import Any

from portal.audit.tags import Tag

_LONGEST = 500  # the phrases were no longer; some forms take the square of the length
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def particulars_of(tag: str, detail: str) -> dict[str, Any]:
    """The particulars that a phrase means; none if it is not a phrase of that tag."""
    for form in _FORMS.get(tag, ()) if len(detail) <= _LONGEST else ():
        found = re.fullmatch(form, detail)
        if found:
            return {name: _value(name, text) for name, text in found.groupdict().items() if text}
    return _filter(detail) if tag == Tag.AUDIT_VIEWED and detail else {}


def _value(name: str, text: str) -> str | bool | list[str]:
    """Numbers stay texts: they are only displayed."""
    if name.startswith("is_"):
        return True
    return re.split("[ ,]", text) if name in _LISTS else text


_LISTS = ("fields", "faults", "queues", "former_queues", "scopes")


def _filter(detail: str) -> dict[str, Any]:
    """`looks who=alice from=2026-11-01`: a view of the trail and its filter."""
    first, *_ = detail.split(" ")
    view = {} if "=" in first else {"view": {"looks": "accesses"}.get(first, first)}
    pairs = (word.partition("=") for word in detail.split(" ") if "=" in word)
    return view | {_FILTERS[name]: value for name, _, value in pairs if name in _FILTERS}


_FILTERS = {
    "who": "person", "ticket": "ticket", "action": "action", "field": "field", "from": "since", "to": "until",
}  # fmt: skip
_SCOPE = "(?:read|file|work|reveal|audit)"
_USER = (r"(?P<username>\S+)",)
_NAMED_ISSUE = (r"(?P<known_issue>\S+) (?P<title>.+)",)
_INSTITUTION = (r"(?P<institution>.+)",)
_FIELDS = (r"(?P<fields>[a-z0-9_. ]+)",)
_OPENED = (
    rf"{_UUID}(?P<is_preview> preview)?", r"(?P<is_over_quota>quota)",
)  # fmt: skip
_LOOK = (r"(?P<is_over_quota>quota)", r"(?P<decider>.+)")
_ASKED = (r"(?P<asker>.+)",)
_REFUSAL = (r"(?P<refusal>external:[a-z-]+)",)
_BOX = (rf"{_UUID} (?P<left>\d+),(?P<top>\d+) (?P<width>\d+)x(?P<height>\d+)",)
_ROW = (r"row (?P<row>\d+)",)
_PICTURES = (r"(?P<pictures>\d+) pictures",)
_COUNTS = r"(?P<rows>\d+) rows, (?P<checkpoints>\d+) checkpoints(?:, (?P<purged>\d+) older rows were purged)?"
_BROKEN = (r"row (?P<broken_row>\d+): (?P<problem>.+)", r"(?P<problem>.+)")

_FORMS: dict[str, tuple[str, ...]] = {
    Tag.SIGN_IN: (r"(?P<is_external>external)",),
    Tag.SIGN_IN_REFUSED: _REFUSAL,
    Tag.SIGN_IN_LOCKED: _REFUSAL,
    Tag.SIGN_OUT: (r"(?P<session>[0-9a-f]{16})",),
    Tag.USER_ADDED: (r"(?P<username>\S+) (?P<role>\S+)(?: (?P<queues>.+))?",),
    Tag.USER_CHANGED: (
        r"(?P<username>\S+) (?P<former_role>\S+)(?: (?P<former_queues>.+))? → \S+ (?P<role>\S+)(?: (?P<queues>.+))?",
    ),
    Tag.USER_DISABLED: _USER,
    Tag.USER_ENABLED: _USER,
    Tag.PASSWORD_CHANGED: _USER,
    Tag.TOKEN_ADDED: (rf"(?P<token>.+?) (?P<username>\S+) (?P<scopes>all|{_SCOPE}(?: {_SCOPE})*) (?P<days>\d+) days",),
    Tag.TOKEN_REVOKED: (r"(?P<token>.+) (?P<username>\S+)",),
    Tag.SECOND_FACTOR_ADDED: _USER,
    Tag.SECOND_FACTOR_REMOVED: _USER,
    Tag.SECOND_FACTOR_RESET: _USER,
    Tag.RECOVERY_CODE_USED: (r"(?P<username>\S+), (?P<codes_left>\d+) left",),
    Tag.EXTERNAL_LINKED: (r"(?P<username>\S+) (?P<account>[0-9a-f]+)",),
    Tag.EXTERNAL_UNLINKED: (r"(?P<username>\S+) (?P<account>[0-9a-f]+)",),
    Tag.INSTITUTION_ADDED: _INSTITUTION,
    Tag.INSTITUTION_CHANGED: _INSTITUTION,
    Tag.INSTITUTION_VERIFIED: _INSTITUTION,
    Tag.INSTITUTION_DISABLED: _INSTITUTION,
    Tag.INSTITUTION_ENABLED: _INSTITUTION,
    Tag.INSTITUTIONS_MERGED: (r"(?P<institution>.+) → (?P<merged_into>.+)",),
    Tag.INSTITUTIONS_IMPORTED: (r"(?P<file_name>.+)",),
    Tag.PREVIOUS_SYSTEM_ADDED: (r"(?P<previous_system>.+)",),
    Tag.PREVIOUS_SYSTEM_CHANGED: (r"(?P<previous_system>.+) → (?P<new_name>.+)", r"(?P<previous_system>.+)"),
    Tag.KNOWN_ISSUE_ADDED: _NAMED_ISSUE,
    Tag.KNOWN_ISSUE_CHANGED: _NAMED_ISSUE,
    Tag.KNOWN_ISSUE_SETTLED: _NAMED_ISSUE,
    Tag.KNOWN_ISSUE_FOLLOWED: (r"(?P<follower>\S+) to (?P<known_issue>\S+)",),
    Tag.CONTACTS_DESTROYED: (r"(?P<contacts>\d+) contacts",),
    Tag.REPORT_CREATED: (r"(?P<channel>[a-z]+)",),
    Tag.REPORT_REFUSED: (r"(?P<faults>[a-z0-9_:., ]+)",),
    Tag.REPORT_SUPPLEMENTED: _FIELDS,
    Tag.TICKET_INFORMATION_REQUESTED: _FIELDS,
    Tag.SUPPLEMENT_LINK_MADE: _FIELDS,
    Tag.PICTURE_OVERRIDDEN: (r"(?P<width>\d+)x(?P<height>\d+) \S+",),
    Tag.TICKET_CLOSED: (r"(?P<is_unanswered>unanswered)",),
    Tag.TICKET_TRANSFERRED: (r"to (?P<to>\S+)", r"now (?P<to_number>\S+)", r"was (?P<from_number>\S+)"),
    Tag.TICKET_MERGED: (r"(?P<into>\S+)",),
    Tag.URGENCY_CHANGED: (r"(?P<urgency>[a-z]+)",),
    Tag.TEXT_SEALED: (r"(?P<text_kind>[a-z_]+), (?P<places>\d+) places",),
    Tag.FIELD_REVEALED: _LOOK,
    Tag.REVEAL_REFUSED: _LOOK,
    Tag.PICTURE_OPENED: _OPENED,
    Tag.PICTURE_REFUSED: _OPENED,
    Tag.PICTURE_COVERED: _BOX,
    Tag.PICTURE_UNCOVERED: _BOX,
    Tag.REVEAL_ALARM: (r"(?P<hourly_limit>\d+) times",),
    Tag.CONFIRMATION_REFUSED: (r"(?P<is_locked>locked)",),
    Tag.BREAK_GLASS_APPROVED: _ASKED,
    Tag.BREAK_GLASS_DENIED: _ASKED,
    Tag.BREAK_GLASS_REFUSED: (r"(?P<is_over_quota>quota)", *_ASKED),
    Tag.BREAK_GLASS_USED: _LOOK,
    Tag.SAMPLE_DRAWN: (r"seed (?P<seed>\S+) sampled (?P<sampled>\d+) of (?P<population>\d+)",),
    Tag.SAMPLE_TICKED_OFF: _ROW,
    Tag.SAMPLE_QUESTIONED: _ROW,
    Tag.SAMPLE_ANSWERED: _ROW,
    Tag.CREDENTIALS_DESTROYED: (r"(?P<values>\d+) values",),
    Tag.KEY_ROTATED: (
        r"active (?P<active_key>\S+), (?P<rewrapped>\d+) data keys wrapped anew, (?P<unopened>\d+) left",
        r"active (?P<active_key>\S+)",
        r"suite (?P<suite>\S+), (?P<converted>\d+) data keys, (?P<unopened>\d+) left",
    ),
    Tag.KEY_RETIRED: (r"(?P<key>\S+)",),
    Tag.SEAL_BROKEN: (r"(?P<field>second_factor) (?P<username>\S+)",),
    Tag.ACCESS_DENIED: (r"(?P<permission>[a-z-]+:[a-z-]+)", r"(?P<act>[a-z_]+)"),
    Tag.AUDIT_VERIFIED: (r"(?P<is_new_file>checkpoints begun anew)", _COUNTS, *_BROKEN),
    Tag.AUDIT_EXPORTED: (
        r"rows (?P<first_row>\d+) to (?P<last_row>\d+)(?: since=(?P<since>\S+))?(?: until=(?P<until>\S+))?",
    ),
    Tag.TRAIL_PURGED: (
        r"rows (?P<first_row>\d+) to (?P<last_row>\d+), base (?P<base>\d+)",
        r"nothing was purged, the trail is not whole: row (?P<broken_row>\d+): (?P<problem>.+)",
        r"(?P<problem>.+)",
    ),
    Tag.UPLOADS_SWEPT: (r"(?P<files>\d+) files",),
    Tag.PICTURES_DESTROYED: _PICTURES,
    Tag.REPORT_DESTROYED: _PICTURES,
    Tag.RETENTION_RUN: (r"(?P<credentials>\d+) credentials, (?P<pictures>\d+) pictures, (?P<reports>\d+) reports",),
    Tag.DESTRUCTIONS_REAPPLIED: (r"(?P<destructions>\d+) destructions",),
    Tag.BACKUP_MADE: (r"(?P<reports>\d+) reports, (?P<pictures>\d+) pictures",),
    Tag.BACKUP_RESTORED: (r"of (?P<made_at>\S+)",),
}

"""Every act and every other move of every room: pages and calls are made of the acts, timelines titled by the moves.

Only the case file can import all of them. A test searches the rooms and fails for one that is missing here.
"""

from portal.acts import (
    calls,
    dispatch,
    merging,
    offer_ends,
    own_reminders,
    promises,
    promises_due,
    request_type,
    table,
    transfer,
    voiding,
)
from portal.acts.act import Act
from portal.collaboration import dispatching, following, outcomes, steps, undispatched
from portal.disclosure import picture_redaction, text_redaction, text_restoring
from portal.escalation import demanding, reporting
from portal.follow_up import desk_answers, ratings, recording
from portal.follow_up.call_backs import ending, records
from portal.progress import lifecycle, ownership
from portal.progress.lifecycle import Move
from portal.reports import urgency_at_filing
from portal.supplements import links, receiving, reminders
from portal.tickets.states import PromiseKind
from portal.tracking import confirmation, unconfirmed

ACTS: tuple[Act, ...] = (
    *table.ACTS,
    dispatching.DISPATCH_TO,
    text_redaction.SEAL,
    text_restoring.RESTORE,
    reporting.ESCALATE,
    reporting.DECIDE_ESCALATION,
    desk_answers.DESK_ANSWER,
    recording.RECORD_RATING,
)
BY_NAME = {act.name: act for act in ACTS}
MOVES: tuple[Move, ...] = (
    *(act.move for act in ACTS),
    lifecycle.SUBMIT,
    calls.SHOWN,
    desk_answers.ASKING,
    urgency_at_filing.FILED,
    lifecycle.CLOCK_PAUSED,
    lifecycle.CLOCK_RESUMED,
    ownership.TAKEN_BACK,
    merging.TOOK_IN,
    merging.GAVE_BACK,
    voiding.VOIDED,
    dispatch.GIVEN,
    offer_ends.EXPIRED,
    offer_ends.RECEIVER_GONE,
    transfer.ASKING,
    request_type.ASKING,
    request_type.LETTING_OFF,
    own_reminders.DUE,
    *steps.MOVES.values(),
    following.CAME,
    undispatched.MISSING,
    ending.WITHDRAWN,
    ending.NO_CONTACT,
    records.CALLED,
    outcomes.OUTCOME,
    promises.MOVES[PromiseKind.APPOINTMENT],
    promises.SETTLED,
    promises_due.NEAR,
    promises_due.PASSED,
    picture_redaction.COVER,
    picture_redaction.UNCOVER,
    receiving.SUPPLEMENT,
    receiving.SUPPLY_ALL,
    receiving.SUPPLY_LET_OFF,
    reminders.REMIND,
    reminders.LAPSE,
    links.LINKED,
    links.LINKED_AT_ONCE,
    unconfirmed.REMIND,
    unconfirmed.LAPSE,
    confirmation.CONFIRM,
    demanding.DEMAND,
    ratings.RATE,
    reporting.ANSWERED,
)
TITLES = {move.name: move.title for move in MOVES}
TOLD = {move.name: move.told or move.title for move in MOVES}  # to the clinic


def by_path() -> dict[str, list[Act]]:
    """The acts of each resource; the first is the default if none of several can be selected."""
    found: dict[str, list[Act]] = {}
    for act in ACTS:
        found.setdefault(act.path, []).append(act)
    return found

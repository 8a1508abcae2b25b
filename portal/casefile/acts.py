"""Every act and every other move of every room: pages and calls are made of the acts, timelines titled by the moves.

Only the case file can import all of them. A test searches the rooms and fails for one that is missing here.
"""

from portal.acts import own_reminders, table, transfer
from portal.acts.act import Act
from portal.disclosure import picture_redaction, text_redaction, text_restoring
from portal.supplements import receiving, reminders
from portal.tickets import lifecycle
from portal.tickets.lifecycle import Move
from portal.tracking import confirmation

ACTS: tuple[Act, ...] = (*table.ACTS, text_redaction.SEAL, text_restoring.RESTORE)
BY_NAME = {act.name: act for act in ACTS}
MOVES: tuple[Move, ...] = (
    *(act.move for act in ACTS),
    lifecycle.SUBMIT,
    transfer.ASKING,
    own_reminders.DUE,
    picture_redaction.COVER,
    picture_redaction.UNCOVER,
    receiving.SUPPLEMENT,
    receiving.SUPPLY_ALL,
    reminders.REMIND,
    reminders.LAPSE,
    confirmation.CONFIRM,
)
TITLES = {move.name: move.title for move in MOVES}


def by_path() -> dict[str, list[Act]]:
    """The acts of each resource; the first is the default if none of several can be selected."""
    found: dict[str, list[Act]] = {}
    for act in ACTS:
        found.setdefault(act.path, []).append(act)
    return found

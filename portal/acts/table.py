"""The acts of this room, in the order in which a ticket page offers them.

Rooms above declare theirs beside what they do; `portal/casefile/acts.py` has all of them.
"""

from portal.acts.act import Act
from portal.acts.assignment import CLAIM, RELEASE
from portal.acts.closing import CLOSE, REOPEN
from portal.acts.dispatch import ASSIGN
from portal.acts.information import ASK
from portal.acts.merging import MERGE, UNMERGE
from portal.acts.notes import NOTE
from portal.acts.offers import ACCEPT, DECLINE, OFFER, WITHDRAW
from portal.acts.own_reminders import REMIND_ME
from portal.acts.query_code import REISSUE_CODE
from portal.acts.replies import REPLY
from portal.acts.resolution import RESOLVE
from portal.acts.transfer import TRANSFER
from portal.acts.urgency import URGENCY
from portal.acts.voiding import ASK_VOID, DECIDE_VOID

ACTS: tuple[Act, ...] = (
    CLAIM, RELEASE, REPLY, ASK, RESOLVE, CLOSE, REOPEN, NOTE, REMIND_ME, OFFER, ACCEPT, DECLINE, WITHDRAW, ASSIGN,
    TRANSFER, URGENCY, MERGE, UNMERGE, ASK_VOID, DECIDE_VOID, REISSUE_CODE,
)  # fmt: skip
BY_NAME = {act.name: act for act in ACTS}

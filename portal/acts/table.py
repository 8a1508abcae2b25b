"""The acts of this room, in the order in which a ticket page offers them.

Rooms above declare theirs beside what they do; `portal/casefile/acts.py` has all of them.
"""

from portal.acts.acceptance import ACCEPT
from portal.acts.act import Act
from portal.acts.archiving import ARCHIVE
from portal.acts.assignment import CLAIM, RELEASE
from portal.acts.calls import CALL
from portal.acts.classification import CLASSIFY
from portal.acts.closing import CLOSE, REOPEN
from portal.acts.coordination import COORDINATION
from portal.acts.dispatch import ASSIGN
from portal.acts.information import ASK
from portal.acts.links import LINK, UNLINK
from portal.acts.merging import MERGE, UNMERGE
from portal.acts.notes import NOTE
from portal.acts.offers import ACCEPT_OFFER, DECLINE_OFFER, OFFER, WITHDRAW_OFFER
from portal.acts.origin import ORIGIN
from portal.acts.own_reminders import REMIND_ME
from portal.acts.partial_solutions import SOLVE_IN_PART
from portal.acts.postponement import POSTPONE
from portal.acts.promises import PROMISE
from portal.acts.query_code import REISSUE_CODE
from portal.acts.replies import REPLY
from portal.acts.reply_drafts import ASK_DRAFT, DECIDE_DRAFT, SEND_DRAFT
from portal.acts.resolution import RESOLVE
from portal.acts.text_messages import STOP_TEXTS
from portal.acts.transfer import TRANSFER
from portal.acts.urgency import URGENCY
from portal.acts.voiding import ASK_VOID, DECIDE_VOID

ACTS: tuple[Act, ...] = (
    CLAIM, RELEASE, REPLY, ACCEPT, ASK, SOLVE_IN_PART, RESOLVE, CLOSE, REOPEN, ASK_DRAFT, DECIDE_DRAFT, SEND_DRAFT,
    ARCHIVE, NOTE, CALL, CLASSIFY, PROMISE, POSTPONE, REMIND_ME, OFFER, ACCEPT_OFFER, DECLINE_OFFER, WITHDRAW_OFFER,
    ASSIGN,
    TRANSFER, URGENCY, COORDINATION, ORIGIN, LINK, UNLINK, MERGE, UNMERGE,
    ASK_VOID, DECIDE_VOID, REISSUE_CODE, STOP_TEXTS,
)  # fmt: skip
BY_NAME = {act.name: act for act in ACTS}

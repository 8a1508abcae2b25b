"""The table of acts on a case: the state machine of DESK 5.2."""

from portal.complaints.act import CaseAct
from portal.complaints.alarms import ACKNOWLEDGE
from portal.complaints.answering import ANSWER, FOLLOW_UP
from portal.complaints.ending import ARCHIVE, REPORT
from portal.complaints.flagging import FLAG, NOTE, SUBJECTS
from portal.complaints.handling import JUDGE, NAME_HANDLER
from portal.complaints.investigating import INVESTIGATE, JUDGE_INQUIRY
from portal.complaints.proposing import CHOOSE, PROPOSE

ACTS: tuple[CaseAct, ...] = (
    ACKNOWLEDGE, JUDGE, INVESTIGATE, JUDGE_INQUIRY, CHOOSE, PROPOSE, ANSWER, FOLLOW_UP, REPORT, ARCHIVE, NAME_HANDLER,
    NOTE, FLAG, SUBJECTS,
)  # fmt: skip
BY_NAME = {act.name: act for act in ACTS}

"""What is stored of collaborations: facts, and threads whose texts belong to the report."""

from portal.collaboration.models import Collaboration, CollaborationEntry
from portal.holdings import Held, Keep, TicketText

TEXT_NAME = "collaboration"

HOLDINGS = (
    Held(
        CollaborationEntry,
        what="部门协作的往来，文字已遮住",
        about="工作人员姓名",
        keep=Keep.REPORT,
        ticket="ticket_id",
        texts=(TicketText("text", {TEXT_NAME: "部门协作"}),),
        plain=("actor_label",),
        codes=("action", "actor_role", "to_state"),
        order="at",
    ),
    Held(
        Collaboration,
        what="派给部门的协作：状态和期限",
        about="工作人员的编号",
        keep=Keep.LASTING,
        codes=("number", "kind", "status", "outcome"),
    ),
)

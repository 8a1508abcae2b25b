"""What is stored of call-backs: facts, and words that go with the report, the complaint, or as long after the end."""

from portal.follow_up.call_backs.keeping import EXPIRY
from portal.follow_up.call_backs.models import CallBack, CallBackCheck, CallBackRecord
from portal.holdings import Held, Keep, TicketText

_TYPED = {"aspect": "不满意的方面", "wish": "希望怎样改进", "suggestion": "建议", "note": "回访备注"}

HOLDINGS = (
    Held(
        CallBackRecord,
        what="回访记录：满意程度、意见和建议，文字已遮住；没有工单的，随回访任务清空",
        about="机构人员的意见；工作人员姓名",
        keep=Keep.REPORT,
        ticket="ticket_id",
        texts=tuple(TicketText(column, {f"call_back_{column}": label}) for column, label in _TYPED.items()),
        plain=("by_name", "answers"),
        codes=("level", "solved"),
        order="at",
    ),
    Held(
        CallBack,
        what="回访任务：原因、期限、由谁回访；没有工单的，结束后满提报的保留天数，连同记录里的文字一起清空",
        about="机构；工作人员的编号",
        keep=Keep.REPORT,
        ticket="ticket_id",
        texts=(
            TicketText("asked", {"call_back_asked": "回访要点"}),
            TicketText("end_note", {"call_back_end_note": "撤回回访的原因"}),
        ),
        plain=("institution",),
        codes=("number", "cause", "subject_number", "queue", "not_for", "status", "end_cause"),
        expiry=EXPIRY,
    ),
    Held(
        CallBackCheck,
        what="处理完一个工作日后是否回访，抽中与否",
        about="—",
        keep=Keep.LASTING,
        codes=("seed",),
    ),
)

"""The closing report, and the archive (REQUIREMENTS L7, N11)."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from portal import clock, occasions
from portal.audit.tags import Tag
from portal.complaints import anonymous, inquiries, numbers
from portal.complaints.access import Viewed
from portal.complaints.act import CaseAct, CaseObjectionError, Done, S, Taking
from portal.complaints.inputs import Words
from portal.complaints.investigating import is_owner
from portal.complaints.models import Complaint
from portal.complaints.names import Field, Verdict
from portal.occasions import ComplaintArchived
from portal.progress.hooks import Objection


def report(taking: Taking, cause: str, solution: str, improvement: str) -> Done:
    """Cause and solution, for the company; the improvement stands in the statistics."""
    complaint = taking.complaint
    taking.writer.text(Field.SOLUTION, solution, taking.by_id)
    taking.writer.text(Field.CLOSING_REPORT, f"原因：{cause}\n解决方案：{solution}", taking.by_id)
    complaint.improvement = improvement or complaint.improvement
    complaint.reported_at = clock.now()
    return Done()


def archive(taking: Taking) -> Done:
    """Raises CaseObjectionError: what is still missing."""
    complaint, session = taking.complaint, taking.session
    found = objections(session, complaint)
    if found:
        raise CaseObjectionError(found)
    complaint.archived_at, complaint.archived_by_id = clock.now(), taking.by_id
    complaint.archive_number = complaint.archive_number or numbers.next_archive_number(session)
    occasions.tell(session, ComplaintArchived(complaint.id))
    return Done(particulars={"archive_number": complaint.archive_number})


def objections(session: Session, complaint: Complaint) -> Sequence[Objection]:
    """What the archive waits for."""
    found = []
    if complaint.followed_up_at is None:
        found.append(Objection("follow_up", "还没有回访记录"))
    if complaint.reported_at is None:
        found.append(Objection("report", "还没有结案报告"))
    if any(not inquiries.is_over(row) for row in inquiries.every(session, complaint)):
        found.append(Objection("inquiry", "部门的协作还没有备案"))
    return found


def _may_report(viewed: Viewed) -> bool:
    is_refused = viewed.complaint.verdict == Verdict.NOT_UPHELD
    return is_owner(viewed) or (is_refused and (viewed.is_manager or viewed.is_handler))


REPORT = CaseAct(
    name="report",
    title="结案报告",
    button="保存报告",
    leads={S.ANSWERED: S.ANSWERED, S.FOLLOWED_UP: S.FOLLOWED_UP},
    may=_may_report,
    refusal="只有负责人可以填写结案报告",
    do=report,
    doubt=lambda taking, given: anonymous.faults(taking, given, "improvement"),
    tag=Tag.COMPLAINT_REPORTED,
    inputs=(
        Words(name="cause", label="原因", missing="请写明原因", rows=3),
        Words(name="solution", label="解决方案", missing="请写明解决方案", rows=3),
        Words(
            name="improvement", label="改进对策（统计表用）", help="最多 200 个字，不写姓名和号码", most=200, rows=2,
            is_plain=True,
        ),
    ),
)  # fmt: skip
ARCHIVE = CaseAct(
    name="archive",
    title="归档",
    button="归档",
    leads={S.FOLLOWED_UP: S.ARCHIVED},
    may=lambda viewed: viewed.is_manager,
    refusal="只有客服经理可以归档",
    do=archive,
    tag=Tag.COMPLAINT_ARCHIVED,
    is_public=True,
)

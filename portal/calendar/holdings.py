"""The calendar holds no data of clinics; of staff, who changed it."""

from portal.calendar import imports
from portal.calendar.models import CalendarChange, CalendarDay, CalendarImport, CalendarYear
from portal.holdings import Expiry, Held, Keep

HOLDINGS = (
    Held(CalendarYear, what="节假日已录入的年份", about="工作人员的编号", keep=Keep.LASTING, codes=("state", "source")),
    Held(
        CalendarDay, what="节假日和调休", about="工作人员的编号", keep=Keep.LASTING, plain=("name",), codes=("origin",)
    ),
    Held(
        CalendarChange,
        what="日历的每次变动",
        about="工作人员的编号",
        keep=Keep.LASTING,
        plain=("was_name", "now_name", "note"),
    ),
    Held(
        CalendarImport,
        what="待确认的放假安排，一天后删除",
        about="工作人员的编号",
        keep=Keep.SWEPT,
        plain=("content",),
        codes=("versions",),
        expiry=Expiry(imports.is_over),
    ),
)

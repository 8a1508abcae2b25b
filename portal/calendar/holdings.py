"""The calendar holds no data of people."""

from portal.calendar.models import CalendarDay, CalendarYear
from portal.holdings import Held, Keep

HOLDINGS = (
    Held(CalendarYear, what="节假日已录入的年份", about="—", keep=Keep.LASTING, codes=("source",)),
    Held(CalendarDay, what="节假日和调休", about="—", keep=Keep.LASTING, plain=("name",), codes=("origin",)),
)

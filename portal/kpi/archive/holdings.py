"""What is stored of the day end."""

from datetime import timedelta

from portal.holdings import Expiry, Held, Keep
from portal.kpi.archive.models import DayEndReminder

_STAY = timedelta(days=90)

HOLDINGS = (
    Held(
        DayEndReminder,
        what="哪一天提醒过日清核对",
        about="—",
        keep=Keep.SWEPT,
        expiry=Expiry(lambda now: DayEndReminder.told_at < now - _STAY),
    ),
)

"""The tables in which the portal notes its own state."""

from portal.holdings import Held, Keep
from portal.watch.models import Alarm, ClockMark, ForwardMark, StartedSetting, StoreMark

HOLDINGS = (
    Held(ClockMark, what="上次可信的时间", about="—", keep=Keep.LASTING, ends_at_restore=True),
    Held(StoreMark, what="附图存储的标记", about="—", keep=Keep.LASTING, codes=("store_id",)),
    Held(Alarm, what="正在发生的告警，从何时起", about="—", keep=Keep.LASTING, codes=("name",), ends_at_restore=True),
    Held(ForwardMark, what="审计记录转发到哪一条", about="—", keep=Keep.LASTING, ends_at_restore=True),
    Held(StartedSetting, what="放宽规则的设置，上次启动时的值", about="—", keep=Keep.LASTING, codes=("name", "value")),
)

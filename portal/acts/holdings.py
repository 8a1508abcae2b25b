"""Data held of people at work on a ticket."""

from portal.acts.models import Presence, UnsentText
from portal.acts.unsent_texts import KEPT_FOR, texts_place
from portal.holdings import Expiry, Held, Keep, ends_at, sealed_column

HOLDINGS = (
    Held(
        UnsentText,
        what="工作人员写了还没发出的文字，密封，只给本人",
        about="居民、患者（密文）；工作人员的编号",
        keep=Keep.SWEPT,
        report="report_id",
        is_removed=True,
        sealed=sealed_column("texts_sealed", texts_place),
        expiry=Expiry(lambda now: UnsentText.saved_at < now - KEPT_FOR),
        ends_at_restore=True,
    ),
    Held(
        Presence,
        what="谁正打开一条工单，45 秒",
        about="工作人员的编号",
        keep=Keep.SWEPT,
        codes=("mode",),
        expiry=ends_at(Presence.until),
        ends_at_restore=True,
    ),
)

"""What is stored of an unsubmitted report: sealed, for a day."""

from portal.holdings import Expiry, Held, Keep, ends_at, sealed_column
from portal.reports import drafts
from portal.reports.draft_answers import answers_place
from portal.reports.draft_models import Draft, HandOver, PictureRefusal

DRAFTS = (
    Held(
        Draft,
        what="机构或代客提报人员的草稿，答案密封",
        about="居民、患者（密文）",
        keep=Keep.SWEPT,
        report="id",
        codes=("token_hash", "kind"),
        is_removed=True,
        sealed=sealed_column("answers_sealed", lambda draft: answers_place(draft.id)),
        expiry=Expiry(lambda now: Draft.changed_at < now - drafts.LIFE, drafts.sweep_drafts),
    ),
    Held(
        PictureRefusal,
        what="草稿的附图没有收下的原因",
        about="—",
        keep=Keep.PARENT,
        codes=("slot", "message"),
    ),
    Held(
        HandOver,
        what="手机传图的链接和设备，只存散列",
        about="—",
        keep=Keep.SWEPT,
        codes=("token_hash", "device_hash", "picture_ids"),
        expiry=ends_at(HandOver.expires_at),
    ),
)

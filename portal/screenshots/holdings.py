"""Data held about screenshots; the image itself is a sealed file."""

from typing import Any

from sqlalchemy.orm import Session

from portal.holdings import Held, Keep, SealCare, Sealed, TicketText
from portal.screenshots import service
from portal.screenshots.models import PictureRedaction, Screenshot
from portal.screenshots.rendering import is_of_type
from portal.vault.suites import OtherKindError


def _check(session: Session, care: SealCare, row: Screenshot) -> int:
    if not is_of_type(service.open_picture(session, care.vault, care.blobs, row), row.media_type):
        raise OtherKindError
    return 1


def _reseal(session: Session, care: SealCare, key: Any, row: Screenshot) -> None:
    service.reseal(session, care.vault, care.blobs, key, row)


HOLDINGS = (
    Held(
        Screenshot,
        what="附图的尺寸、判定和密文所在；图本身是密文文件",
        about="居民、患者（密文）",
        keep=Keep.PICTURES,
        report="owner_id",
        # Also contains the staff's reason for keeping a refused screenshot.
        texts=(TicketText("message", is_copy=True),),
        codes=("slot", "media_type", "verdict", "reason", "blob_key", "fingerprint"),
        sealed=Sealed(None, _check, _reseal, field_of=lambda row: f"{row.slot}.{row.position}"),
        blob="blob_key",
    ),
    Held(PictureRedaction, what="工程师涂黑的矩形", about="工作人员姓名", keep=Keep.PARENT, plain=("made_by",)),
)

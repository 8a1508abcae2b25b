"""Data held by the vault: data keys, and every sealed value with its mask."""

from typing import Any

from sqlalchemy.orm import Session

from portal.holdings import Held, Keep, SealCare, Sealed, TicketText
from portal.vault import inventory
from portal.vault.models import DataKey, SealedValue, VaultState
from portal.vault.suites import SealTakenError
from portal.vault.vault import is_bound


def _check_key(session: Session, care: SealCare, row: DataKey) -> int:
    care.vault.check_data_key(row)
    inventory.check(session, care.vault, row)
    return 0


def _bind_key(_: Session, care: SealCare, row: DataKey) -> bool:
    if is_bound(row):
        return False
    care.vault.rewrap(row, may_be_unbound=True)
    return True


def _prove_mask(_: Session, care: SealCare, row: SealedValue) -> bool:
    if row.proof is not None:
        return False
    row.proof = care.vault.proof_of(row)
    return True


def _check_value(session: Session, care: SealCare, row: SealedValue) -> int:
    if row.value_sealed is None:
        care.vault.check_mask(row)
        if row.destroyed_at is None:
            raise SealTakenError
        return 0
    care.vault.open_value(session, row)
    return 1


def _reseal_value(session: Session, care: SealCare, key: Any, row: SealedValue) -> None:
    care.vault.reseal(session, key, row)


HOLDINGS = (
    Held(
        DataKey,
        what="数据密钥，已被主密钥包裹；它密封了哪些行",
        about="—",
        keep=Keep.REPORT,
        report="owner_id",
        codes=("purpose", "suite", "key_id", "listed", "list_proof"),
        sealed=Sealed(
            "key_wrapped",
            _check_key,
            reseal=None,
            data_key="id",
            field_of=lambda row: str(row.purpose),
            is_listed=False,
        ),
        renew=_bind_key,
    ),
    Held(
        SealedValue,
        what="密封的值、遮盖后的样子和它的凭证、带密钥的盲索引",
        about="居民、患者、机构人员（密文）",
        keep=Keep.REPORT,
        report="owner_id",
        texts=(TicketText("value_masked", is_redactable=False),),
        codes=("field", "label", "value_index", "proof"),
        sealed=Sealed(
            "value_sealed",
            _check_value,
            _reseal_value,
            destroyed=lambda at: {"value_sealed": None, "value_index": None, "data_key_id": None, "destroyed_at": at},
            field_of=lambda row: f"{row.field}.{row.position}",
        ),
        renew=_prove_mask,
        is_older=lambda: SealedValue.proof.is_(None),
    ),
    Held(VaultState, what="主密钥的指纹", about="—", keep=Keep.LASTING, codes=("fingerprint", "key_id")),
)

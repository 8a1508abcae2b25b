"""Data keys and values in the form of the first versions, which bound a ciphertext to its row and not to its owner."""

import secrets
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from portal import clock
from portal.db import UtcDateTime
from portal.vault.models import DataKey
from portal.vault.suites import NONCE_BYTES, suite_of_code
from portal.vault.vault import OpenedKey, Vault

_VALUES = sa.table(
    "sealed_values",
    *(sa.column(name, sa.Uuid()) for name in ("id", "owner_id", "data_key_id")),
    *(sa.column(name, sa.String()) for name in ("field", "label", "value_masked")),
    sa.column("position", sa.Integer()),
    sa.column("value_sealed", sa.LargeBinary()),
    sa.column("created_at", UtcDateTime()),
)
_KEY = sa.select(DataKey.id, DataKey.purpose, DataKey.key_id, DataKey.key_wrapped)  # the columns that it had
_HEADER = 20


def former_key(vault: Vault, owner_id: uuid.UUID, purpose: str) -> tuple[OpenedKey, DataKey]:
    key, row = vault.new_data_key(owner_id, purpose)
    row.key_id, row.key_wrapped = vault.keyring.wrap(key.suite_code, key.key, _key_place(row))
    return key, row


def add_former_value(session: Session, key: OpenedKey, owner_id: uuid.UUID, field: str, value: str, mask: str) -> None:
    row_id, nonce = uuid.uuid4(), secrets.token_bytes(NONCE_BYTES)
    header, place = b"YX1" + bytes([key.suite_code]) + key.id.bytes, f"sealed_values|{field}|{row_id}".encode()
    body = suite_of_code(key.suite_code).encrypt(key.key, nonce, value.encode(), header + place)
    columns = {"id": row_id, "owner_id": owner_id, "data_key_id": key.id, "field": field, "label": "", "position": 0}
    sealed = {"value_masked": mask, "value_sealed": header + nonce + body, "created_at": clock.now()}
    session.execute(_VALUES.insert().values({**columns, **sealed}))


def former_values(session: Session, vault: Vault) -> list[tuple[uuid.UUID, str]]:
    """Owner and content of every value, as the first versions open them."""
    found = []
    for row in session.execute(sa.select(_VALUES)):
        key = session.execute(_KEY.where(DataKey.id == row.data_key_id)).one()
        code = row.value_sealed[3]
        opened = vault.keyring.unwrap(key.key_id, code, key.key_wrapped, _key_place(key))
        header, nonce = row.value_sealed[:_HEADER], row.value_sealed[_HEADER : _HEADER + NONCE_BYTES]
        place = f"sealed_values|{row.field}|{row.id}".encode()
        body = row.value_sealed[_HEADER + NONCE_BYTES :]
        found.append((row.owner_id, suite_of_code(code).decrypt(opened, nonce, body, header + place).decode()))
    return found


def _key_place(row: Any) -> bytes:
    return f"data_keys|{row.purpose}|{row.id}".encode()

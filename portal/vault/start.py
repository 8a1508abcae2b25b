"""Opens the vault at start: the keyring must be the one this database was sealed with."""

from pathlib import Path

from sqlalchemy import func, select, text

from portal.db import Database
from portal.vault.keyring import FileKeyProvider, Keyring, KeyringError, load_keyring, make_keyring
from portal.vault.models import DataKey, VaultState
from portal.vault.vault import Vault


def open_vault(database: Database, keyring_path: Path, suite: str) -> Vault:
    """Load the keyring, or make one when there is neither keyring nor data.

    Raises:
        KeyringError: missing over existing data, damaged, or another installation's. Nothing is written then.
    """
    with database.read() as session:
        state = session.get(VaultState, 1)
        has_data = bool(session.scalar(select(func.count()).select_from(DataKey)))
    if not keyring_path.exists():
        if state is not None or has_data:
            expected = state.key_id if state else "unknown"
            raise KeyringError(
                "未找到加密密钥，系统不会启动，避免产生无法打开的数据 "
                f"(keyring {keyring_path} is missing, expected key {expected})"
            )
        _make_keyring(keyring_path)
    keyring = load_keyring(keyring_path)
    _check_belongs(database, keyring)
    return Vault(FileKeyProvider(keyring_path), suite)


def _make_keyring(path: Path) -> None:
    try:
        make_keyring(path)
    except OSError as error:
        raise KeyringError(f"keyring {path}: cannot be made ({error.strerror})") from error


def _check_belongs(database: Database, keyring: Keyring) -> None:
    with database.transaction() as session:
        if not database.is_sqlite:
            # Replicas that start together must agree on one keyring.
            session.execute(text("LOCK TABLE vault_state IN SHARE ROW EXCLUSIVE MODE"))
        state = session.get(VaultState, 1)
        if state is None:
            session.add(VaultState(id=1, fingerprint=keyring.fingerprint(), key_id=keyring.active_key_id))
        elif state.fingerprint != keyring.fingerprint() or state.key_id not in keyring.keys:
            raise KeyringError(f"the keyring belongs to other data: key {state.key_id} is expected")

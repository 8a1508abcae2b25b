"""Opens the vault at the start, with the keys that sealed this database."""

from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from portal import clock
from portal.db import Database
from portal.errors import StorageUnavailableError
from portal.sentences import said
from portal.settings import Settings
from portal.vault.binding import BoundMark, accepts_unbound, accepts_unlisted
from portal.vault.keyring import (
    EnvironmentKeyProvider,
    FileKeyProvider,
    KeyProvider,
    KeyringError,
    TokenAddress,
    fingerprint,
    make_keyring,
)
from portal.vault.models import DataKey, VaultState
from portal.vault.vault import Vault

# A single row may be damaged and must not stop the portal; a missing key affects more rows.
_ROWS_OF_A_REAL_KEY = 2


def vault_of(database: Database, settings: Settings) -> Vault:
    """`open_vault` with the keys from the settings."""
    token = None
    if settings.pkcs11_module:
        token = TokenAddress(settings.pkcs11_module, settings.pkcs11_token, settings.pkcs11_pin)
    mark = BoundMark(settings.data_dir)
    return open_vault(database, settings.keyring, settings.suite, text=settings.keyring_json, token=token, mark=mark)


def open_vault(
    database: Database,
    keyring_path: Path,
    suite: str,
    *,
    text: str = "",
    token: TokenAddress | None = None,
    mark: BoundMark | None = None,
) -> Vault:
    """Load the keys; create the first one if there are neither keys nor data.

    Servers that start together on an empty database make the first key one after another: the first one's is the
    database's, and another that does not find that file writes none.

    Args:
        keyring_path: the keyring file; a token's own file is beside it.
        text: a keyring from the environment, instead of the file.
        token: the hardware key store. A keyring file or text is then only read, for data that it still wraps.
        mark: where it is noted, outside the database, that all its data keys are bound.

    Raises:
        KeyringError: missing although there are data, damaged, unreachable, or of another installation; names the
            expected key id. Nothing is written then.
    """
    with database.transaction() as session:
        if not database.is_sqlite:
            session.execute(sql("LOCK TABLE vault_state IN SHARE ROW EXCLUSIVE MODE"))
        state = session.get(VaultState, 1)
        has_data = bool(session.scalar(select(func.count()).select_from(DataKey)))
        try:
            if token is not None:
                provider: KeyProvider = _hardware(token, keyring_path, text, state, has_data)
            else:
                provider = _keyring(keyring_path, text, state is not None or has_data)
            state = _belonging(session, provider, state, has_data)
        except StorageUnavailableError as error:
            raise KeyringError(_with_expected(error.message, state)) from error
        except KeyringError as error:
            raise KeyringError(_with_expected(str(error), state, has_data)) from error
    if mark is not None and state.bound_at is not None:
        mark.put(state.fingerprint, is_listed=state.listed_at is not None)
    return Vault(provider, suite, lambda: accepts_unbound(database, mark), lambda: accepts_unlisted(database, mark))


def expected_key(session: Session) -> str:
    """The id of the key that was active when the keys were last opened or rotated."""
    return session.get_one(VaultState, 1).key_id


def _with_expected(reason: str, state: VaultState | None, has_data: bool = True) -> str:
    if state is None and not has_data:
        return reason
    expected = f", expected key {state.key_id if state else 'unknown'}"
    return f"{reason[:-1]}{expected})" if reason.endswith(")") else f"{reason}{expected}"  # into the English twin


def _keyring(path: Path, text: str, has_data: bool) -> EnvironmentKeyProvider:
    if text:
        return EnvironmentKeyProvider(text)
    if not path.exists():
        if has_data:
            raise KeyringError(said("keyring_missing", path=path))
        _make_keyring(path)
    return FileKeyProvider(path)


def _make_keyring(path: Path) -> None:
    try:
        make_keyring(path)
    except OSError as error:
        raise KeyringError(said("keyring_unmade", place=path, reason=error.strerror)) from error


def _hardware(
    address: TokenAddress, keyring_path: Path, text: str, state: VaultState | None, has_data: bool
) -> KeyProvider:
    if not address.label:
        raise KeyringError("PORTAL_PKCS11_TOKEN is missing")
    if not address.pin:
        raise KeyringError("PORTAL_PKCS11_PIN is missing")
    try:
        # Needs the extra `hsm`.
        from portal.vault.hardware import HardwareKeyProvider, first_token_file  # noqa: PLC0415
        from portal.vault.token import Token  # noqa: PLC0415
    except ImportError as error:
        raise KeyringError("PORTAL_PKCS11_MODULE needs the extra hsm (pip install 'yixiantong-portal[hsm]')") from error
    token = Token(address)
    token.open()
    older = EnvironmentKeyProvider(text) if text else None
    if not text and keyring_path.exists():
        older = FileKeyProvider(keyring_path)
    own_file = keyring_path.with_name("token.json")
    if not own_file.exists():
        is_ours = older is not None and (state is None or state.fingerprint == fingerprint(older.index_secret))
        expected = (state.key_id if state else "unknown") if state or has_data else None
        if state is None and is_ours and older is not None:
            expected = older.active_key_id
        first_token_file(token, own_file, expected, older if is_ours else None)
    return HardwareKeyProvider(token, own_file, older)


def _belonging(session: Session, provider: KeyProvider, state: VaultState | None, has_data: bool) -> VaultState:
    """Refuse foreign or incomplete keys, then store the active key as the expected one."""
    known, own_fingerprint = provider.key_ids(), fingerprint(provider.index_secret)
    if state is not None and (state.fingerprint != own_fingerprint or state.key_id not in known):
        raise KeyringError(said("keyring_foreign"))
    if missing := _missing_key(session, known):
        raise KeyringError(said("keyring_lacks", key=missing))
    if provider.active_key_id not in known:
        raise KeyringError(said("keyring_inactive", key=provider.active_key_id))
    if state is None:
        since = None if has_data else clock.now()
        state = VaultState(id=1, fingerprint=own_fingerprint, bound_at=since, listed_at=since)
        session.add(state)
    state.key_id = provider.active_key_id
    return state


def _missing_key(session: Session, known: frozenset[str]) -> str | None:
    """The id of a key that wraps data but is not available."""
    query = (
        select(DataKey.key_id)
        .where(DataKey.key_id.not_in(known))
        .group_by(DataKey.key_id)
        .having(func.count() >= _ROWS_OF_A_REAL_KEY)
        .order_by(func.count().desc())
        .limit(1)
    )
    return session.scalar(query)

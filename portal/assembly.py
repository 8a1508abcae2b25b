"""Assembles what every process of the portal needs, with or without pages: the runtime. No page is imported here."""

from datetime import timedelta

from portal import migrations
from portal.accounts import standing
from portal.audit import trail
from portal.audit.checkpoints import CheckedDatabase, Checkpoints
from portal.audit.models import AuditHead
from portal.calendar import seeding
from portal.complaints import following as complaints
from portal.db import Database
from portal.follow_up.surveys import Signer
from portal.kinds.channel_policy import ChannelPolicy
from portal.retention.destruction import DestructionPolicy
from portal.retention.tombstones import FILE_NAME as DESTROYED
from portal.retention.tombstones import TombstoneFile
from portal.runtime import Runtime
from portal.settings import Settings
from portal.storage.stores import store_for
from portal.vault import inventory
from portal.vault.signing import trail_signer
from portal.vault.start import vault_of
from portal.watch import store_mark
from portal.watch.store_mark import MarkedStore
from portal.wiring import HOOKS, REGISTER

# The trail's hash in each cipher suite (GB/T 39786).
_TRAIL_HASHES = {"aes-256-gcm": "sha256", "sm4-gcm": "sm3"}


def make_runtime(settings: Settings) -> Runtime:
    """Database at the newest schema, vault opened with the right keyring, blob store ready."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    database = CheckedDatabase(settings.database_url)
    migrations.migrate(database)
    seeding.seed(database)
    policy = DestructionPolicy(timedelta(settings.credentials_grace_days), TombstoneFile(settings.data_dir / DESTROYED))
    channels = ChannelPolicy.of_settings(settings)
    for part in (policy, channels, HOOKS, REGISTER, standing):
        database.session_info.update(part.session_info())
    store = store_for(settings)
    store.prepare(may_make=store_mark.may_make(database))
    vault = vault_of(database, settings)
    for info in (Signer.of(vault).session_info(), inventory.session_info(vault)):
        database.session_info.update(info)
    store_mark.settle(database, store)
    _use_trail_hash(database, _TRAIL_HASHES[settings.suite])
    checkpoints = Checkpoints(database, trail_signer(vault.keyring.index_secret), settings.audit_checkpoints)
    database.checkpoints = checkpoints
    runtime = Runtime(
        settings=settings,
        database=database,
        vault=vault,
        checkpoints=checkpoints,
        blobs=MarkedStore(store, database),
    )
    database.session_info.update(complaints.session_info(runtime))
    return runtime


def _use_trail_hash(database: Database, name: str) -> None:
    with database.read() as session:
        head = session.get(AuditHead, trail.HEAD_ID)
    if head is not None and head.hash_name != name:
        with database.transaction() as session:
            trail.use_hash(session, name)

"""Runs migrations on the connection that `portal.migrations` hands over."""

from alembic import context
from portal.models import metadata

with_connection = context.config.attributes["connection"]
context.configure(connection=with_connection, target_metadata=metadata, render_as_batch=True, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()

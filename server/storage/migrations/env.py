"""What alembic runs for every command: the migrations, in the transaction of the connection that `migrate` gives."""

from __future__ import annotations

from alembic import context

from server.storage.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
    render_as_batch=True,
    compare_type=True,
)
context.run_migrations()

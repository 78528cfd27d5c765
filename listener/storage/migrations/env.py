"""Run by Alembic: the steps go through the connection and the transaction that `listener.storage.migrate` made."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()

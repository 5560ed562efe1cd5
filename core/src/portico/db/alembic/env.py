"""Alembic's entry point, the same for every owner of tables; see portico.db.migrations."""

from alembic import context

context.configure(**context.config.attributes["configure"])

with context.begin_transaction():
    context.run_migrations()

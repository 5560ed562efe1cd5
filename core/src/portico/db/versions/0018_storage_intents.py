"""What storage plugins may hold without a row that names it, and pictures nobody uses."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from portico.db import UTCDateTime

revision: str = "0018"
down_revision: str | Sequence[str] | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        'storage_intents',
        sa.Column('store_id', sa.Text(), nullable=False),
        sa.Column('id', sa.Text(), nullable=False),
        sa.Column('storage', sa.Text(), nullable=False),
        sa.Column('storage_key', sa.Text(), nullable=True),
        sa.Column('collecting', sa.Boolean(), nullable=False),
        sa.Column('collect_after', UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ['store_id'], ['stores.id'], name=op.f('fk_storage_intents_store_id_stores')
        ),
        sa.PrimaryKeyConstraint('store_id', 'id', name=op.f('pk_storage_intents')),
    )
    op.create_index('ix_storage_intents_due', 'storage_intents', ['collect_after'])
    op.add_column('store_images', sa.Column('unused_since', UTCDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column('store_images', 'unused_since')
    op.drop_index('ix_storage_intents_due', table_name='storage_intents')
    op.drop_table('storage_intents')

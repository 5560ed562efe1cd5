"""Pictures of stores."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from portico.db import UTCDateTime

revision: str = '0010'
down_revision: str | Sequence[str] | None = '0009'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        'store_images',
        sa.Column('store_id', sa.Text(), nullable=False),
        sa.Column('id', sa.Text(), nullable=False),
        sa.Column('content', sa.LargeBinary(), nullable=False),
        sa.Column('created_at', UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ['store_id'], ['stores.id'], name=op.f('fk_store_images_store_id_stores')
        ),
        sa.PrimaryKeyConstraint('store_id', 'id', name=op.f('pk_store_images')),
    )


def downgrade() -> None:
    op.drop_table('store_images')

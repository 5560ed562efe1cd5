"""What was found out about the domains of stores."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from portico.db import JSONType, UTCDateTime

revision: str = "0017"
down_revision: str | Sequence[str] | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        'domain_checks',
        sa.Column('store_id', sa.Text(), nullable=False),
        sa.Column('id', sa.Text(), nullable=False),
        sa.Column('domain', sa.Text(), nullable=False),
        sa.Column('result', JSONType(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column('checked_at', UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ['store_id'], ['stores.id'], name=op.f('fk_domain_checks_store_id_stores')
        ),
        sa.PrimaryKeyConstraint('store_id', 'id', name=op.f('pk_domain_checks')),
    )
    op.create_index('ix_domain_checks_domain', 'domain_checks', ['domain'])


def downgrade() -> None:
    op.drop_index('ix_domain_checks_domain', table_name='domain_checks')
    op.drop_table('domain_checks')

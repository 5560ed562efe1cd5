"""What became of each mail, the history of texts, customers' choices, and the pace of a store."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = '0008'
down_revision: str | Sequence[str] | None = '0007'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    with op.batch_alter_table('email_templates', schema=None) as batch_op:
        batch_op.add_column(sa.Column('format', sa.String(length=40), server_default='markdown', nullable=False))
        batch_op.add_column(sa.Column('saved_by', sa.Text(), nullable=True))
        batch_op.drop_constraint(batch_op.f('uq_email_templates_store_id_kind_product_id_locale'), type_='unique')
        batch_op.create_index('ix_email_templates_kind', ['store_id', 'kind'], unique=False)
    with op.batch_alter_table('emails', schema=None) as batch_op:
        batch_op.add_column(sa.Column('response', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('cause', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('next_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('history', _JSON, server_default=sa.text("'[]'"), nullable=False))
        batch_op.create_index('ix_emails_list', ['store_id', 'message_id'], unique=False)
        batch_op.create_index('ix_emails_to', ['store_id', 'to_address', 'message_id'], unique=False)
        batch_op.create_index('ix_emails_state', ['store_id', 'state', 'message_id'], unique=False)
    op.create_table('email_choices',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('customer_id', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('unsubscribed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['store_id', 'customer_id'], ['customers.store_id', 'customers.id'], name=op.f('fk_email_choices_store_id_customer_id_customers')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_email_choices_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'customer_id', 'kind', name=op.f('pk_email_choices'))
    )
    op.create_table('email_pace',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('next_ms', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_email_pace_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', name=op.f('pk_email_pace'))
    )


def downgrade() -> None:
    op.drop_table('email_pace')
    op.drop_table('email_choices')
    with op.batch_alter_table('emails', schema=None) as batch_op:
        batch_op.drop_index('ix_emails_state')
        batch_op.drop_index('ix_emails_to')
        batch_op.drop_index('ix_emails_list')
        batch_op.drop_column('history')
        batch_op.drop_column('next_at')
        batch_op.drop_column('cause')
        batch_op.drop_column('response')
    with op.batch_alter_table('email_templates', schema=None) as batch_op:
        batch_op.drop_index('ix_email_templates_kind')
        batch_op.drop_column('saved_by')
        batch_op.drop_column('format')

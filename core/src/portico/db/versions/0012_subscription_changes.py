"""Changes of subscriptions: plans, pauses, discounts."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from portico.db import UTCDateTime

revision: str = "0012"
down_revision: str | Sequence[str] | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        'subscription_changes',
        sa.Column('store_id', sa.Text(), nullable=False),
        sa.Column('id', sa.Text(), nullable=False),
        sa.Column('subscription_id', sa.Text(), nullable=False),
        sa.Column('provider', sa.Text(), nullable=False),
        sa.Column('kind', sa.String(length=40), nullable=False),
        sa.Column('state', sa.String(length=40), nullable=False),
        sa.Column('created_at', UTCDateTime(), nullable=False),
        sa.Column('updated_at', UTCDateTime(), nullable=False),
        sa.Column('price_id', sa.Text(), nullable=True),
        sa.Column('quantity', sa.Integer(), nullable=True),
        sa.Column('proration_behavior', sa.Text(), nullable=True),
        sa.Column('prorated_at', UTCDateTime(), nullable=True),
        sa.Column('due_now', sa.BigInteger(), nullable=True),
        sa.Column('credit', sa.BigInteger(), nullable=True),
        sa.Column('next_amount', sa.BigInteger(), nullable=True),
        sa.Column('next_at', UTCDateTime(), nullable=True),
        sa.Column('resumes_at', UTCDateTime(), nullable=True),
        sa.Column('percent_off', sa.Integer(), nullable=True),
        sa.Column('months', sa.Integer(), nullable=True),
        sa.Column('failure_message', sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(['store_id', 'price_id'], ['prices.store_id', 'prices.id'], name=op.f('fk_subscription_changes_store_id_price_id_prices')),
        sa.ForeignKeyConstraint(['store_id', 'subscription_id'], ['subscriptions.store_id', 'subscriptions.id'], name=op.f('fk_subscription_changes_store_id_subscription_id_subscriptions')),
        sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_subscription_changes_store_id_stores')),
        sa.PrimaryKeyConstraint('store_id', 'id', name=op.f('pk_subscription_changes')),
    )
    op.create_index('ix_subscription_changes_subscription', 'subscription_changes', ['store_id', 'subscription_id', 'created_at'])

    op.add_column('subscriptions', sa.Column('discounted_amount', sa.BigInteger(), nullable=True))
    op.add_column('subscriptions', sa.Column('discount_ends_at', UTCDateTime(), nullable=True))
    op.add_column('subscriptions', sa.Column('paused_from', UTCDateTime(), nullable=True))
    op.add_column('subscriptions', sa.Column('resumes_at', UTCDateTime(), nullable=True))
    op.add_column('subscriptions', sa.Column('managed_elsewhere', sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    op.drop_column('subscriptions', 'managed_elsewhere')
    op.drop_column('subscriptions', 'resumes_at')
    op.drop_column('subscriptions', 'paused_from')
    op.drop_column('subscriptions', 'discount_ends_at')
    op.drop_column('subscriptions', 'discounted_amount')

    op.drop_index('ix_subscription_changes_subscription', table_name='subscription_changes')

    op.drop_table('subscription_changes')

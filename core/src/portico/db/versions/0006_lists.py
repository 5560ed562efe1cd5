"""Indexes of the dashboard's lists and searches, and counters of downloads."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = '0006'
down_revision: str | Sequence[str] | None = '0005'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ADDED = (
    ('ix_orders_mode', 'orders', ['store_id', 'mode', 'created_at', 'id']),
    ('ix_orders_state', 'orders', ['store_id', 'mode', 'state', 'created_at', 'id']),
    ('ix_payments_method', 'payments', ['store_id', 'payment_method_id']),
    ('ix_payment_methods_last4', 'payment_methods', ['store_id', 'last4', 'id']),
    ('ix_subscriptions_mode', 'subscriptions', ['store_id', 'mode', 'created_at', 'id']),
    ('ix_subscriptions_status', 'subscriptions',
     ['store_id', 'mode', 'status', 'created_at', 'id']),
    ('ix_licenses_mode', 'licenses', ['store_id', 'mode', 'created_at', 'id']),
    ('ix_licenses_state', 'licenses', ['store_id', 'mode', 'state', 'created_at', 'id']),
    ('ix_licenses_product', 'licenses', ['store_id', 'product_id', 'mode', 'created_at', 'id']),
    ('ix_downloads_store', 'downloads', ['store_id', 'created_at', 'id']),
)
"""Name, table, columns."""
WIDENED = (
    ('ix_order_items_product', 'order_items', ['store_id', 'product_id'], ['order_id']),
    ('ix_subscriptions_product', 'subscriptions', ['store_id', 'product_id'],
     ['mode', 'created_at', 'id']),
    ('ix_downloads_version', 'downloads', ['store_id', 'file_version_id'],
     ['created_at', 'id']),
)
"""Name, table, columns before, further columns."""
KEY_END = sa.text('upper(substr(key, (length(key) - 3)))')


def upgrade() -> None:
    for name, table, columns in ADDED:
        op.create_index(name, table, columns, unique=False)
    for name, table, columns, more in WIDENED:
        op.drop_index(name, table)
        op.create_index(name, table, [*columns, *more], unique=False)
    op.create_index(
        'ix_customers_email_start', 'customers', ['store_id', 'email'], unique=False,
        postgresql_ops={'email': 'text_pattern_ops'},
    )
    op.create_index('ix_licenses_key_end', 'licenses', ['store_id', KEY_END], unique=False)
    op.create_table('download_counts',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('file_version_id', sa.Text(), nullable=False),
    sa.Column('count', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['store_id', 'file_version_id'], ['file_versions.store_id', 'file_versions.id'], name=op.f('fk_download_counts_store_id_file_version_id_file_versions')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_download_counts_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'file_version_id', name=op.f('pk_download_counts'))
    )
    op.execute(
        'INSERT INTO download_counts (store_id, file_version_id, count) '
        'SELECT store_id, file_version_id, count(*) FROM downloads GROUP BY store_id, file_version_id'
    )


def downgrade() -> None:
    op.drop_table('download_counts')
    op.drop_index('ix_licenses_key_end', 'licenses')
    op.drop_index('ix_customers_email_start', 'customers')
    for name, table, columns, _ in WIDENED:
        op.drop_index(name, table)
        op.create_index(name, table, columns, unique=False)
    for name, table, _ in ADDED:
        op.drop_index(name, table)

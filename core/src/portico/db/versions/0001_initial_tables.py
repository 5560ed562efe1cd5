"""The tables of version 0.1."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision: str = '0001'
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


NUMBERED = ('customers', 'licenses', 'orders', 'products', 'stores', 'subscriptions')


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in NUMBERED:
            op.execute(f"CREATE SEQUENCE {table}_number START WITH 1001")
    op.create_table('hook_health',
    sa.Column('plugin', sa.Text(), nullable=False),
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('hook', sa.Text(), nullable=False),
    sa.Column('calls', sa.BigInteger(), nullable=False),
    sa.Column('errors', sa.BigInteger(), nullable=False),
    sa.Column('timeouts', sa.BigInteger(), nullable=False),
    sa.Column('total_ms', sa.BigInteger(), nullable=False),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.Column('last_error_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('plugin', 'store_id', 'hook', name=op.f('pk_hook_health'))
    )
    op.create_table('rate_counters',
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('hits', sa.Integer(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_rate_counters'))
    )
    with op.batch_alter_table('rate_counters', schema=None) as batch_op:
        batch_op.create_index('ix_rate_counters_expires_at', ['expires_at'], unique=False)

    op.create_table('sellers',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('locale', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sellers')),
    sa.UniqueConstraint('email', name=op.f('uq_sellers_email'))
    )
    op.create_table('stores',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('slug', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('mode', sa.String(length=40), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('locale', sa.Text(), nullable=False),
    sa.Column('timezone', sa.Text(), nullable=False),
    sa.Column('support_email', sa.Text(), nullable=True),
    sa.Column('domain', sa.Text(), nullable=True),
    sa.Column('domain_verified_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('theme', sa.Text(), nullable=False),
    sa.Column('theme_settings', sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('settings', sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('plugins_version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stores')),
    sa.UniqueConstraint('domain', name=op.f('uq_stores_domain')),
    sa.UniqueConstraint('number', name=op.f('uq_stores_number')),
    sa.UniqueConstraint('slug', name=op.f('uq_stores_slug'))
    )
    op.create_table('audit_log',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('store_id', sa.Text(), nullable=True),
    sa.Column('actor_type', sa.Text(), nullable=False),
    sa.Column('actor_id', sa.Text(), nullable=False),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('subject_type', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Text(), nullable=False),
    sa.Column('data', sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_audit_log_store_id_stores')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_log'))
    )
    with op.batch_alter_table('audit_log', schema=None) as batch_op:
        batch_op.create_index('ix_audit_log_store', ['store_id', 'created_at'], unique=False)

    op.create_table('customers',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('locale', sa.Text(), nullable=True),
    sa.Column('billing', sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_customers_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'id', name=op.f('pk_customers')),
    sa.UniqueConstraint('number', name=op.f('uq_customers_number')),
    sa.UniqueConstraint('store_id', 'email', name=op.f('uq_customers_store_id_email'))
    )
    op.create_table('findings',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Text(), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('first_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('resolved_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_findings_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'id', name=op.f('pk_findings')),
    sa.UniqueConstraint('store_id', 'kind', 'subject_id', name=op.f('uq_findings_store_id_kind_subject_id'))
    )
    op.create_table('memberships',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('seller_id', sa.Text(), nullable=False),
    sa.Column('role', sa.String(length=40), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['seller_id'], ['sellers.id'], name=op.f('fk_memberships_seller_id_sellers')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_memberships_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'seller_id', name=op.f('pk_memberships'))
    )
    with op.batch_alter_table('memberships', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_memberships_seller_id'), ['seller_id'], unique=False)

    op.create_table('outbox',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('store_id', sa.Text(), nullable=True),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('lane', sa.Integer(), nullable=False),
    sa.Column('payload', sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('leased_by', sa.Text(), nullable=True),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_outbox_store_id_stores')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox')),
    sa.UniqueConstraint('key', name=op.f('uq_outbox_key'))
    )
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.create_index('ix_outbox_due', ['state', 'lane', 'next_at'], unique=False)
        batch_op.create_index('ix_outbox_lease', ['state', 'lease_until'], unique=False)

    op.create_table('products',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('slug', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('downloads_after_cancellation', sa.Boolean(), nullable=False),
    sa.Column('older_versions', sa.Boolean(), nullable=False),
    sa.Column('license_issuer', sa.Text(), nullable=True),
    sa.Column('license_settings', sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('confirmation_message', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_products_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'id', name=op.f('pk_products')),
    sa.UniqueConstraint('number', name=op.f('uq_products_number')),
    sa.UniqueConstraint('store_id', 'slug', name=op.f('uq_products_store_id_slug'))
    )
    op.create_table('sign_in_attempts',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('audience', sa.String(length=40), nullable=False),
    sa.Column('store_id', sa.Text(), nullable=True),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.Text(), nullable=True),
    sa.Column('method', sa.Text(), nullable=False),
    sa.Column('device', sa.Text(), nullable=False),
    sa.Column('next_path', sa.Text(), nullable=False),
    sa.Column('locale', sa.Text(), nullable=False),
    sa.Column('ip', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_sign_in_attempts_store_id_stores')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sign_in_attempts'))
    )
    with op.batch_alter_table('sign_in_attempts', schema=None) as batch_op:
        batch_op.create_index('ix_sign_in_attempts_device', ['device'], unique=False)
        batch_op.create_index('ix_sign_in_attempts_expires_at', ['expires_at'], unique=False)

    op.create_table('store_plugins',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('plugin', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('settings', sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('secrets', sa.Text(), nullable=True),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_store_plugins_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'plugin', name=op.f('pk_store_plugins'))
    )
    op.create_table('bundle_products',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('bundle_id', sa.Text(), nullable=False),
    sa.Column('product_id', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['store_id', 'bundle_id'], ['products.store_id', 'products.id'], name=op.f('fk_bundle_products_store_id_bundle_id_products')),
    sa.ForeignKeyConstraint(['store_id', 'product_id'], ['products.store_id', 'products.id'], name=op.f('fk_bundle_products_store_id_product_id_products')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_bundle_products_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'bundle_id', 'product_id', name=op.f('pk_bundle_products'))
    )
    with op.batch_alter_table('bundle_products', schema=None) as batch_op:
        batch_op.create_index('ix_bundle_products_product', ['store_id', 'product_id'], unique=False)

    op.create_table('email_changes',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('customer_id', sa.Text(), nullable=False),
    sa.Column('new_email', sa.Text(), nullable=False),
    sa.Column('token_hash', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['store_id', 'customer_id'], ['customers.store_id', 'customers.id'], name=op.f('fk_email_changes_store_id_customer_id_customers')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_email_changes_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'id', name=op.f('pk_email_changes')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_email_changes_token_hash'))
    )
    op.create_table('email_templates',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('product_id', sa.Text(), nullable=True),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('locale', sa.Text(), nullable=True),
    sa.Column('enabled', sa.Boolean(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['store_id', 'product_id'], ['products.store_id', 'products.id'], name=op.f('fk_email_templates_store_id_product_id_products')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_email_templates_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'id', name=op.f('pk_email_templates')),
    sa.UniqueConstraint('store_id', 'kind', 'product_id', 'locale', name=op.f('uq_email_templates_store_id_kind_product_id_locale'))
    )
    op.create_table('files',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('product_id', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['store_id', 'product_id'], ['products.store_id', 'products.id'], name=op.f('fk_files_store_id_product_id_products')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_files_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'id', name=op.f('pk_files'))
    )
    with op.batch_alter_table('files', schema=None) as batch_op:
        batch_op.create_index('ix_files_product', ['store_id', 'product_id'], unique=False)

    op.create_table('grants',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('customer_id', sa.Text(), nullable=False),
    sa.Column('product_id', sa.Text(), nullable=False),
    sa.Column('effect', sa.String(length=40), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('granted_by', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['store_id', 'customer_id'], ['customers.store_id', 'customers.id'], name=op.f('fk_grants_store_id_customer_id_customers')),
    sa.ForeignKeyConstraint(['store_id', 'product_id'], ['products.store_id', 'products.id'], name=op.f('fk_grants_store_id_product_id_products')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_grants_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'id', name=op.f('pk_grants'))
    )
    with op.batch_alter_table('grants', schema=None) as batch_op:
        batch_op.create_index('ix_grants_customer', ['store_id', 'customer_id'], unique=False)

    op.create_table('payment_methods',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('customer_id', sa.Text(), nullable=False),
    sa.Column('mode', sa.String(length=40), nullable=False),
    sa.Column('provider', sa.Text(), nullable=False),
    sa.Column('provider_ref', sa.Text(), nullable=False),
    sa.Column('type', sa.Text(), nullable=False),
    sa.Column('brand', sa.Text(), nullable=False),
    sa.Column('last4', sa.Text(), nullable=False),
    sa.Column('exp_month', sa.Integer(), nullable=True),
    sa.Column('exp_year', sa.Integer(), nullable=True),
    sa.Column('is_default', sa.Boolean(), nullable=False),
    sa.Column('detached_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['store_id', 'customer_id'], ['customers.store_id', 'customers.id'], name=op.f('fk_payment_methods_store_id_customer_id_customers')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_payment_methods_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'id', name=op.f('pk_payment_methods')),
    sa.UniqueConstraint('store_id', 'provider', 'provider_ref', name=op.f('uq_payment_methods_store_id_provider_provider_ref'))
    )
    with op.batch_alter_table('payment_methods', schema=None) as batch_op:
        batch_op.create_index('ix_payment_methods_customer', ['store_id', 'customer_id'], unique=False)

    op.create_table('prices',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('product_id', sa.Text(), nullable=False),
    sa.Column('type', sa.String(length=40), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('unit_amount', sa.BigInteger(), nullable=False),
    sa.Column('interval', sa.String(length=40), nullable=True),
    sa.Column('interval_count', sa.Integer(), nullable=False),
    sa.Column('trial_days', sa.Integer(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['store_id', 'product_id'], ['products.store_id', 'products.id'], name=op.f('fk_prices_store_id_product_id_products')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_prices_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'id', name=op.f('pk_prices'))
    )
    with op.batch_alter_table('prices', schema=None) as batch_op:
        batch_op.create_index('ix_prices_product', ['store_id', 'product_id'], unique=False)

    op.create_table('provider_customers',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('provider', sa.Text(), nullable=False),
    sa.Column('provider_ref', sa.Text(), nullable=False),
    sa.Column('customer_id', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['store_id', 'customer_id'], ['customers.store_id', 'customers.id'], name=op.f('fk_provider_customers_store_id_customer_id_customers')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_provider_customers_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'provider', 'provider_ref', name=op.f('pk_provider_customers'))
    )
    with op.batch_alter_table('provider_customers', schema=None) as batch_op:
        batch_op.create_index('ix_provider_customers_customer', ['store_id', 'customer_id'], unique=False)

    op.create_table('sessions',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('audience', sa.String(length=40), nullable=False),
    sa.Column('store_id', sa.Text(), nullable=True),
    sa.Column('customer_id', sa.Text(), nullable=True),
    sa.Column('seller_id', sa.Text(), nullable=True),
    sa.Column('user_agent', sa.Text(), nullable=False),
    sa.Column('ip', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['seller_id'], ['sellers.id'], name=op.f('fk_sessions_seller_id_sellers')),
    sa.ForeignKeyConstraint(['store_id', 'customer_id'], ['customers.store_id', 'customers.id'], name=op.f('fk_sessions_store_id_customer_id_customers')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_sessions_store_id_stores')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sessions'))
    )
    with op.batch_alter_table('sessions', schema=None) as batch_op:
        batch_op.create_index('ix_sessions_customer', ['store_id', 'customer_id'], unique=False)
        batch_op.create_index('ix_sessions_expires_at', ['expires_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_sessions_seller_id'), ['seller_id'], unique=False)

    op.create_table('file_versions',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('file_id', sa.Text(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('label', sa.Text(), nullable=False),
    sa.Column('notes', sa.Text(), nullable=False),
    sa.Column('filename', sa.Text(), nullable=False),
    sa.Column('content_type', sa.Text(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('storage', sa.Text(), nullable=False),
    sa.Column('storage_key', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['store_id', 'file_id'], ['files.store_id', 'files.id'], name=op.f('fk_file_versions_store_id_file_id_files')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_file_versions_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'id', name=op.f('pk_file_versions')),
    sa.UniqueConstraint('store_id', 'file_id', 'number', name=op.f('uq_file_versions_store_id_file_id_number'))
    )
    with op.batch_alter_table('file_versions', schema=None) as batch_op:
        batch_op.create_index('ix_file_versions_storage', ['store_id', 'storage'], unique=False)

    op.create_table('subscriptions',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('customer_id', sa.Text(), nullable=False),
    sa.Column('product_id', sa.Text(), nullable=False),
    sa.Column('price_id', sa.Text(), nullable=True),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('mode', sa.String(length=40), nullable=False),
    sa.Column('provider', sa.Text(), nullable=False),
    sa.Column('provider_ref', sa.Text(), nullable=True),
    sa.Column('status', sa.String(length=40), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('interval', sa.String(length=40), nullable=False),
    sa.Column('interval_count', sa.Integer(), nullable=False),
    sa.Column('current_period_start', sa.DateTime(timezone=True), nullable=False),
    sa.Column('current_period_end', sa.DateTime(timezone=True), nullable=False),
    sa.Column('trial_end', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cancel_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('canceled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('past_due_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('payment_method_id', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['store_id', 'customer_id'], ['customers.store_id', 'customers.id'], name=op.f('fk_subscriptions_store_id_customer_id_customers')),
    sa.ForeignKeyConstraint(['store_id', 'payment_method_id'], ['payment_methods.store_id', 'payment_methods.id'], name=op.f('fk_subscriptions_store_id_payment_method_id_payment_methods')),
    sa.ForeignKeyConstraint(['store_id', 'price_id'], ['prices.store_id', 'prices.id'], name=op.f('fk_subscriptions_store_id_price_id_prices')),
    sa.ForeignKeyConstraint(['store_id', 'product_id'], ['products.store_id', 'products.id'], name=op.f('fk_subscriptions_store_id_product_id_products')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_subscriptions_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'id', name=op.f('pk_subscriptions')),
    sa.UniqueConstraint('number', name=op.f('uq_subscriptions_number')),
    sa.UniqueConstraint('store_id', 'provider', 'provider_ref', name=op.f('uq_subscriptions_store_id_provider_provider_ref'))
    )
    with op.batch_alter_table('subscriptions', schema=None) as batch_op:
        batch_op.create_index('ix_subscriptions_customer', ['store_id', 'customer_id'], unique=False)
        batch_op.create_index('ix_subscriptions_product', ['store_id', 'product_id'], unique=False)

    op.create_table('cancellations',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('subscription_id', sa.Text(), nullable=False),
    sa.Column('provider', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('cancel_mode', sa.String(length=40), nullable=False),
    sa.Column('reason', sa.String(length=40), nullable=True),
    sa.Column('comment', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['store_id', 'subscription_id'], ['subscriptions.store_id', 'subscriptions.id'], name=op.f('fk_cancellations_store_id_subscription_id_subscriptions')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_cancellations_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'id', name=op.f('pk_cancellations'))
    )
    with op.batch_alter_table('cancellations', schema=None) as batch_op:
        batch_op.create_index('ix_cancellations_subscription', ['store_id', 'subscription_id'], unique=False)

    op.create_table('downloads',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('customer_id', sa.Text(), nullable=False),
    sa.Column('file_version_id', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['store_id', 'customer_id'], ['customers.store_id', 'customers.id'], name=op.f('fk_downloads_store_id_customer_id_customers')),
    sa.ForeignKeyConstraint(['store_id', 'file_version_id'], ['file_versions.store_id', 'file_versions.id'], name=op.f('fk_downloads_store_id_file_version_id_file_versions')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_downloads_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'id', name=op.f('pk_downloads'))
    )
    with op.batch_alter_table('downloads', schema=None) as batch_op:
        batch_op.create_index('ix_downloads_customer', ['store_id', 'customer_id', 'created_at'], unique=False)
        batch_op.create_index('ix_downloads_version', ['store_id', 'file_version_id'], unique=False)

    op.create_table('orders',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('customer_id', sa.Text(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('mode', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.Column('refunded', sa.BigInteger(), nullable=False),
    sa.Column('provider', sa.Text(), nullable=True),
    sa.Column('locale', sa.Text(), nullable=False),
    sa.Column('subscription_id', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('paid_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['store_id', 'customer_id'], ['customers.store_id', 'customers.id'], name=op.f('fk_orders_store_id_customer_id_customers')),
    sa.ForeignKeyConstraint(['store_id', 'subscription_id'], ['subscriptions.store_id', 'subscriptions.id'], name=op.f('fk_orders_store_id_subscription_id_subscriptions')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_orders_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'id', name=op.f('pk_orders')),
    sa.UniqueConstraint('number', name=op.f('uq_orders_number'))
    )
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.create_index('ix_orders_customer', ['store_id', 'customer_id', 'created_at'], unique=False)
        batch_op.create_index('ix_orders_subscription', ['store_id', 'subscription_id'], unique=False)

    op.create_table('payment_method_updates',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('customer_id', sa.Text(), nullable=False),
    sa.Column('subscription_id', sa.Text(), nullable=True),
    sa.Column('mode', sa.String(length=40), nullable=False),
    sa.Column('provider', sa.Text(), nullable=False),
    sa.Column('provider_ref', sa.Text(), nullable=True),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('payment_method_id', sa.Text(), nullable=True),
    sa.Column('failure_message', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['store_id', 'customer_id'], ['customers.store_id', 'customers.id'], name=op.f('fk_payment_method_updates_store_id_customer_id_customers')),
    sa.ForeignKeyConstraint(['store_id', 'payment_method_id'], ['payment_methods.store_id', 'payment_methods.id'], name=op.f('fk_payment_method_updates_store_id_payment_method_id_payment_methods')),
    sa.ForeignKeyConstraint(['store_id', 'subscription_id'], ['subscriptions.store_id', 'subscriptions.id'], name=op.f('fk_payment_method_updates_store_id_subscription_id_subscriptions')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_payment_method_updates_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'id', name=op.f('pk_payment_method_updates')),
    sa.UniqueConstraint('store_id', 'provider', 'provider_ref', name=op.f('uq_payment_method_updates_store_id_provider_provider_ref'))
    )
    with op.batch_alter_table('payment_method_updates', schema=None) as batch_op:
        batch_op.create_index('ix_payment_method_updates_customer', ['store_id', 'customer_id'], unique=False)

    op.create_table('emails',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('store_id', sa.Text(), nullable=True),
    sa.Column('customer_id', sa.Text(), nullable=True),
    sa.Column('order_id', sa.Text(), nullable=True),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('locale', sa.Text(), nullable=False),
    sa.Column('to_address', sa.Text(), nullable=False),
    sa.Column('message_id', sa.Text(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=True),
    sa.Column('params', sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('error', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['store_id', 'customer_id'], ['customers.store_id', 'customers.id'], name=op.f('fk_emails_store_id_customer_id_customers')),
    sa.ForeignKeyConstraint(['store_id', 'order_id'], ['orders.store_id', 'orders.id'], name=op.f('fk_emails_store_id_order_id_orders')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_emails_store_id_stores')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_emails')),
    sa.UniqueConstraint('message_id', name=op.f('uq_emails_message_id'))
    )
    with op.batch_alter_table('emails', schema=None) as batch_op:
        batch_op.create_index('ix_emails_customer', ['store_id', 'customer_id', 'created_at'], unique=False)
        batch_op.create_index('ix_emails_order', ['store_id', 'order_id'], unique=False)

    op.create_table('order_items',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('order_id', sa.Text(), nullable=False),
    sa.Column('product_id', sa.Text(), nullable=False),
    sa.Column('price_id', sa.Text(), nullable=True),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('quantity', sa.Integer(), nullable=False),
    sa.Column('unit_amount', sa.BigInteger(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['store_id', 'order_id'], ['orders.store_id', 'orders.id'], name=op.f('fk_order_items_store_id_order_id_orders')),
    sa.ForeignKeyConstraint(['store_id', 'price_id'], ['prices.store_id', 'prices.id'], name=op.f('fk_order_items_store_id_price_id_prices')),
    sa.ForeignKeyConstraint(['store_id', 'product_id'], ['products.store_id', 'products.id'], name=op.f('fk_order_items_store_id_product_id_products')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_order_items_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'id', name=op.f('pk_order_items'))
    )
    with op.batch_alter_table('order_items', schema=None) as batch_op:
        batch_op.create_index('ix_order_items_order', ['store_id', 'order_id'], unique=False)
        batch_op.create_index('ix_order_items_product', ['store_id', 'product_id'], unique=False)

    op.create_table('payments',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('order_id', sa.Text(), nullable=False),
    sa.Column('mode', sa.String(length=40), nullable=False),
    sa.Column('provider', sa.Text(), nullable=False),
    sa.Column('provider_ref', sa.Text(), nullable=True),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('idempotency_key', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('payment_method_id', sa.Text(), nullable=True),
    sa.Column('failure_message', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['store_id', 'order_id'], ['orders.store_id', 'orders.id'], name=op.f('fk_payments_store_id_order_id_orders')),
    sa.ForeignKeyConstraint(['store_id', 'payment_method_id'], ['payment_methods.store_id', 'payment_methods.id'], name=op.f('fk_payments_store_id_payment_method_id_payment_methods')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_payments_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'id', name=op.f('pk_payments')),
    sa.UniqueConstraint('store_id', 'idempotency_key', name=op.f('uq_payments_store_id_idempotency_key')),
    sa.UniqueConstraint('store_id', 'provider', 'provider_ref', name=op.f('uq_payments_store_id_provider_provider_ref'))
    )
    with op.batch_alter_table('payments', schema=None) as batch_op:
        batch_op.create_index('ix_payments_order', ['store_id', 'order_id'], unique=False)

    op.create_table('licenses',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('number', sa.BigInteger(), nullable=False),
    sa.Column('grant_key', sa.Text(), nullable=False),
    sa.Column('customer_id', sa.Text(), nullable=False),
    sa.Column('product_id', sa.Text(), nullable=False),
    sa.Column('order_id', sa.Text(), nullable=True),
    sa.Column('order_item_id', sa.Text(), nullable=True),
    sa.Column('mode', sa.String(length=40), nullable=False),
    sa.Column('issuer', sa.Text(), nullable=False),
    sa.Column('key', sa.Text(), nullable=True),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('data', sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('replaced_by', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['store_id', 'customer_id'], ['customers.store_id', 'customers.id'], name=op.f('fk_licenses_store_id_customer_id_customers')),
    sa.ForeignKeyConstraint(['store_id', 'order_id'], ['orders.store_id', 'orders.id'], name=op.f('fk_licenses_store_id_order_id_orders')),
    sa.ForeignKeyConstraint(['store_id', 'order_item_id'], ['order_items.store_id', 'order_items.id'], name=op.f('fk_licenses_store_id_order_item_id_order_items')),
    sa.ForeignKeyConstraint(['store_id', 'product_id'], ['products.store_id', 'products.id'], name=op.f('fk_licenses_store_id_product_id_products')),
    sa.ForeignKeyConstraint(['store_id', 'replaced_by'], ['licenses.store_id', 'licenses.id'], name=op.f('fk_licenses_store_id_replaced_by_licenses')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_licenses_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'id', name=op.f('pk_licenses')),
    sa.UniqueConstraint('number', name=op.f('uq_licenses_number')),
    sa.UniqueConstraint('store_id', 'grant_key', name=op.f('uq_licenses_store_id_grant_key')),
    sa.UniqueConstraint('store_id', 'key', name=op.f('uq_licenses_store_id_key'))
    )
    with op.batch_alter_table('licenses', schema=None) as batch_op:
        batch_op.create_index('ix_licenses_customer', ['store_id', 'customer_id'], unique=False)
        batch_op.create_index('ix_licenses_issuer', ['store_id', 'issuer'], unique=False)
        batch_op.create_index('ix_licenses_order', ['store_id', 'order_id'], unique=False)

    op.create_table('refunds',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('order_id', sa.Text(), nullable=False),
    sa.Column('mode', sa.String(length=40), nullable=False),
    sa.Column('provider', sa.Text(), nullable=False),
    sa.Column('provider_ref', sa.Text(), nullable=True),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('idempotency_key', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('payment_id', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['store_id', 'order_id'], ['orders.store_id', 'orders.id'], name=op.f('fk_refunds_store_id_order_id_orders')),
    sa.ForeignKeyConstraint(['store_id', 'payment_id'], ['payments.store_id', 'payments.id'], name=op.f('fk_refunds_store_id_payment_id_payments')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_refunds_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'id', name=op.f('pk_refunds')),
    sa.UniqueConstraint('store_id', 'idempotency_key', name=op.f('uq_refunds_store_id_idempotency_key')),
    sa.UniqueConstraint('store_id', 'provider', 'provider_ref', name=op.f('uq_refunds_store_id_provider_provider_ref'))
    )
    with op.batch_alter_table('refunds', schema=None) as batch_op:
        batch_op.create_index('ix_refunds_order', ['store_id', 'order_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('refunds', schema=None) as batch_op:
        batch_op.drop_index('ix_refunds_order')

    op.drop_table('refunds')
    with op.batch_alter_table('licenses', schema=None) as batch_op:
        batch_op.drop_index('ix_licenses_order')
        batch_op.drop_index('ix_licenses_issuer')
        batch_op.drop_index('ix_licenses_customer')

    op.drop_table('licenses')
    with op.batch_alter_table('payments', schema=None) as batch_op:
        batch_op.drop_index('ix_payments_order')

    op.drop_table('payments')
    with op.batch_alter_table('order_items', schema=None) as batch_op:
        batch_op.drop_index('ix_order_items_product')
        batch_op.drop_index('ix_order_items_order')

    op.drop_table('order_items')
    with op.batch_alter_table('emails', schema=None) as batch_op:
        batch_op.drop_index('ix_emails_order')
        batch_op.drop_index('ix_emails_customer')

    op.drop_table('emails')
    with op.batch_alter_table('payment_method_updates', schema=None) as batch_op:
        batch_op.drop_index('ix_payment_method_updates_customer')

    op.drop_table('payment_method_updates')
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.drop_index('ix_orders_subscription')
        batch_op.drop_index('ix_orders_customer')

    op.drop_table('orders')
    with op.batch_alter_table('downloads', schema=None) as batch_op:
        batch_op.drop_index('ix_downloads_version')
        batch_op.drop_index('ix_downloads_customer')

    op.drop_table('downloads')
    with op.batch_alter_table('cancellations', schema=None) as batch_op:
        batch_op.drop_index('ix_cancellations_subscription')

    op.drop_table('cancellations')
    with op.batch_alter_table('subscriptions', schema=None) as batch_op:
        batch_op.drop_index('ix_subscriptions_product')
        batch_op.drop_index('ix_subscriptions_customer')

    op.drop_table('subscriptions')
    with op.batch_alter_table('file_versions', schema=None) as batch_op:
        batch_op.drop_index('ix_file_versions_storage')

    op.drop_table('file_versions')
    with op.batch_alter_table('sessions', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sessions_seller_id'))
        batch_op.drop_index('ix_sessions_expires_at')
        batch_op.drop_index('ix_sessions_customer')

    op.drop_table('sessions')
    with op.batch_alter_table('provider_customers', schema=None) as batch_op:
        batch_op.drop_index('ix_provider_customers_customer')

    op.drop_table('provider_customers')
    with op.batch_alter_table('prices', schema=None) as batch_op:
        batch_op.drop_index('ix_prices_product')

    op.drop_table('prices')
    with op.batch_alter_table('payment_methods', schema=None) as batch_op:
        batch_op.drop_index('ix_payment_methods_customer')

    op.drop_table('payment_methods')
    with op.batch_alter_table('grants', schema=None) as batch_op:
        batch_op.drop_index('ix_grants_customer')

    op.drop_table('grants')
    with op.batch_alter_table('files', schema=None) as batch_op:
        batch_op.drop_index('ix_files_product')

    op.drop_table('files')
    op.drop_table('email_templates')
    op.drop_table('email_changes')
    with op.batch_alter_table('bundle_products', schema=None) as batch_op:
        batch_op.drop_index('ix_bundle_products_product')

    op.drop_table('bundle_products')
    op.drop_table('store_plugins')
    with op.batch_alter_table('sign_in_attempts', schema=None) as batch_op:
        batch_op.drop_index('ix_sign_in_attempts_expires_at')
        batch_op.drop_index('ix_sign_in_attempts_device')

    op.drop_table('sign_in_attempts')
    op.drop_table('products')
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.drop_index('ix_outbox_lease')
        batch_op.drop_index('ix_outbox_due')

    op.drop_table('outbox')
    with op.batch_alter_table('memberships', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_memberships_seller_id'))

    op.drop_table('memberships')
    op.drop_table('findings')
    op.drop_table('customers')
    with op.batch_alter_table('audit_log', schema=None) as batch_op:
        batch_op.drop_index('ix_audit_log_store')

    op.drop_table('audit_log')
    op.drop_table('stores')
    op.drop_table('sellers')
    with op.batch_alter_table('rate_counters', schema=None) as batch_op:
        batch_op.drop_index('ix_rate_counters_expires_at')

    op.drop_table('rate_counters')
    op.drop_table('hook_health')

"""Customers as sellers see them: sign-ins, merged and erased ones, and whom an audit entry is about."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = '0009'
down_revision: str | Sequence[str] | None = '0008'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table('customers', schema=None) as batch_op:
        batch_op.add_column(sa.Column('signed_in_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('merged_into', sa.Text(), nullable=True))
        batch_op.add_column(sa.Column('erased_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f('fk_customers_store_id_merged_into_customers'), 'customers',
            ['store_id', 'merged_into'], ['store_id', 'id'],
        )
    op.create_index(
        'ix_customers_name_start', 'customers',
        ['store_id', sa.func.lower(sa.column('name')).label('name_start')],
        postgresql_ops={'name_start': 'text_pattern_ops'},
    )
    with op.batch_alter_table('audit_log', schema=None) as batch_op:
        batch_op.add_column(sa.Column('customer_id', sa.Text(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f('fk_audit_log_store_id_customer_id_customers'), 'customers',
            ['store_id', 'customer_id'], ['store_id', 'id'],
        )
        batch_op.create_index('ix_audit_log_customer', ['store_id', 'customer_id', 'created_at'])


def downgrade() -> None:
    with op.batch_alter_table('audit_log', schema=None) as batch_op:
        batch_op.drop_index('ix_audit_log_customer')
        batch_op.drop_constraint(
            batch_op.f('fk_audit_log_store_id_customer_id_customers'), type_='foreignkey'
        )
        batch_op.drop_column('customer_id')
    op.drop_index('ix_customers_name_start', 'customers')
    with op.batch_alter_table('customers', schema=None) as batch_op:
        batch_op.drop_constraint(
            batch_op.f('fk_customers_store_id_merged_into_customers'), type_='foreignkey'
        )
        batch_op.drop_column('erased_at')
        batch_op.drop_column('merged_into')
        batch_op.drop_column('signed_in_at')

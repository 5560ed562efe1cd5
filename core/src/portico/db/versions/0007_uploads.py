"""Uploads in parts."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = '0007'
down_revision: str | Sequence[str] | None = '0006'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table('uploads',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('product_id', sa.Text(), nullable=False),
    sa.Column('file_id', sa.Text(), nullable=True),
    sa.Column('filename', sa.Text(), nullable=False),
    sa.Column('content_type', sa.Text(), nullable=False),
    sa.Column('label', sa.Text(), nullable=False),
    sa.Column('notes', sa.Text(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('received', sa.BigInteger(), nullable=False),
    sa.Column('busy_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['store_id', 'file_id'], ['files.store_id', 'files.id'], name=op.f('fk_uploads_store_id_file_id_files')),
    sa.ForeignKeyConstraint(['store_id', 'product_id'], ['products.store_id', 'products.id'], name=op.f('fk_uploads_store_id_product_id_products')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_uploads_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'id', name=op.f('pk_uploads'))
    )
    with op.batch_alter_table('uploads', schema=None) as batch_op:
        batch_op.create_index('ix_uploads_updated', ['updated_at'], unique=False)

    op.create_table('upload_parts',
    sa.Column('store_id', sa.Text(), nullable=False),
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('upload_id', sa.Text(), nullable=False),
    sa.Column('start', sa.BigInteger(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('storage', sa.Text(), nullable=False),
    sa.Column('storage_key', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['store_id', 'upload_id'], ['uploads.store_id', 'uploads.id'], name=op.f('fk_upload_parts_store_id_upload_id_uploads')),
    sa.ForeignKeyConstraint(['store_id'], ['stores.id'], name=op.f('fk_upload_parts_store_id_stores')),
    sa.PrimaryKeyConstraint('store_id', 'id', name=op.f('pk_upload_parts')),
    sa.UniqueConstraint('store_id', 'upload_id', 'start', name=op.f('uq_upload_parts_store_id_upload_id_start'))
    )


def downgrade() -> None:
    op.drop_table('upload_parts')
    op.drop_table('uploads')

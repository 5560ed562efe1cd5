"""Tables of uploads that are under way."""

import sqlalchemy as sa

from portico.db.columns import moment, ref, store_table

uploads = store_table(
    "uploads",
    sa.Column("product_id", sa.Text, nullable=False),
    sa.Column("file_id", sa.Text),
    sa.Column("filename", sa.Text, nullable=False),
    sa.Column("content_type", sa.Text, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("notes", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("received", sa.BigInteger, nullable=False),
    moment("busy_until", nullable=True),
    moment("created_at"),
    moment("updated_at"),
    ref("product_id", "products"),
    ref("file_id", "files"),
    sa.Index("ix_uploads_updated", "updated_at"),
)

upload_parts = store_table(
    "upload_parts",
    sa.Column("upload_id", sa.Text, nullable=False),
    sa.Column("start", sa.BigInteger, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("storage", sa.Text, nullable=False),
    sa.Column("storage_key", sa.Text, nullable=False),
    ref("upload_id", "uploads"),
    sa.UniqueConstraint("store_id", "upload_id", "start"),
)

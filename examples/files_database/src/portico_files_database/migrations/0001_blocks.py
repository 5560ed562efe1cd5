"""The table of blocks."""

import sqlalchemy as sa
from alembic import op

revision = "files_database_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "files_database_blocks",
        sa.Column("store_id", sa.Text, primary_key=True),
        sa.Column("file_key", sa.Text, primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("files_database_blocks")

"""What customers want on invoices."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from portico.api import JSONType

revision: str = "0003"
down_revision: str | Sequence[str] | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "payments_sandbox_customers",
        sa.Column("billing", JSONType(), server_default=sa.text("'{}'"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("payments_sandbox_customers", "billing")

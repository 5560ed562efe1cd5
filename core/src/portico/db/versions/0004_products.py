"""Rules of subscriptions per product."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from portico.db.types import JSONType

revision: str = '0004'
down_revision: str | Sequence[str] | None = '0003'
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    with op.batch_alter_table('products', schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                'subscription_rules', JSONType(), server_default=sa.text("'{}'"), nullable=False
            )
        )


def downgrade() -> None:
    with op.batch_alter_table('products', schema=None) as batch_op:
        batch_op.drop_column('subscription_rules')

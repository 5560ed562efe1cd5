"""How often each product was sold."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0019"
down_revision: str | Sequence[str] | None = "0018"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "product_sales",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("mode", sa.String(length=40), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_product_sales_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "product_id"], ["products.store_id", "products.id"],
            name=op.f("fk_product_sales_store_id_product_id_products"),
        ),
        sa.PrimaryKeyConstraint("store_id", "product_id", "mode", name=op.f("pk_product_sales")),
    )  # fmt: skip
    op.execute(
        "INSERT INTO product_sales (store_id, product_id, mode, count) "
        "SELECT store_id, product_id, mode, count(*) FROM product_orders "
        "WHERE kind = 'purchase' AND state IN ('paid', 'partially_refunded') "
        "GROUP BY store_id, product_id, mode"
    )


def downgrade() -> None:
    op.drop_table("product_sales")

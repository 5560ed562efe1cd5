"""What large stores need: orders by product, counters, figures of past days, indexes."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | Sequence[str] | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

BY_PRODUCT = (
    ("ix_product_orders_product", ["mode", "created_at", "order_id"]),
    ("ix_product_orders_state", ["mode", "state", "created_at", "order_id", "kind"]),
)
SIGNED_IN = (
    ("ix_customers_signed_in", "signed_in_at IS NOT NULL"),
    ("ix_customers_never_signed_in", "signed_in_at IS NULL"),
)


def upgrade() -> None:
    op.create_table(
        "product_orders",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("mode", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_product_orders_store_id_stores")
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "order_id"], ["orders.store_id", "orders.id"],
            name=op.f("fk_product_orders_store_id_order_id_orders"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id", "product_id"], ["products.store_id", "products.id"],
            name=op.f("fk_product_orders_store_id_product_id_products"),
        ),
        sa.PrimaryKeyConstraint(
            "store_id", "order_id", "product_id", name=op.f("pk_product_orders")
        ),
    )  # fmt: skip
    op.execute(
        "INSERT INTO product_orders "
        "(store_id, order_id, product_id, kind, mode, state, created_at) "
        "SELECT DISTINCT o.store_id, o.id, i.product_id, o.kind, o.mode, o.state, o.created_at "
        "FROM orders AS o JOIN order_items AS i ON i.store_id = o.store_id AND i.order_id = o.id"
    )
    for name, columns in BY_PRODUCT:
        op.create_index(name, "product_orders", ["store_id", "product_id", *columns])
    op.create_table(
        "subscription_counts",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("mode", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_subscription_counts_store_id_stores")
        ),
        sa.PrimaryKeyConstraint(
            "store_id", "mode", "status", name=op.f("pk_subscription_counts")
        ),
    )  # fmt: skip
    op.execute(
        "INSERT INTO subscription_counts (store_id, mode, status, count) "
        "SELECT store_id, mode, status, count(*) FROM subscriptions "
        "GROUP BY store_id, mode, status"
    )
    op.create_table(
        "figure_days",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("mode", sa.String(length=40), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["stores.id"], name=op.f("fk_figure_days_store_id_stores")
        ),
        sa.PrimaryKeyConstraint(
            "store_id", "mode", "timezone", "day", "what", "currency",
            name=op.f("pk_figure_days"),
        ),
    )  # fmt: skip
    for name, condition in SIGNED_IN:
        op.create_index(
            name, "customers", ["store_id", "id"],
            postgresql_where=sa.text(condition), sqlite_where=sa.text(condition),
        )  # fmt: skip
    op.create_index("ix_grants_product", "grants", ["store_id", "product_id"])


def downgrade() -> None:
    op.drop_index("ix_grants_product", "grants")
    for name, _ in SIGNED_IN:
        op.drop_index(name, "customers")
    for table in ("figure_days", "subscription_counts", "product_orders"):
        op.drop_table(table)

"""The import's own tables."""

import sqlalchemy as sa

from portico_payments_stripe.tables import moment, number, table, text

imports = table(
    "imports",
    text("id"),
    text("mode"),
    text("state"),
    text("phase"),
    text("cursor", nullable=True),
    number("looked"),
    text("problem", nullable=True),
    moment("started_at"),
    moment("updated_at"),
    moment("finished_at", nullable=True),
    sa.Index("ix_payments_stripe_imports_store", "store_id", "mode", "id"),
)
records = table(
    "records",
    text("mode"),
    text("kind"),
    text("id"),
    text("import_id"),
    text("ref", nullable=True),
    text("currency"),
    number("amount"),
    text("state"),
    text("why"),
    moment("created_at"),
    sa.Column("here", sa.Boolean, nullable=False),
    number("here_amount"),
    sa.Column("differs", sa.Boolean, nullable=False),
    sa.Index("ix_payments_stripe_records_import", "store_id", "import_id", "kind", "id"),
    key=("kind", "id"),
)

"""Tables of the catalog."""

import sqlalchemy as sa

from portico.catalog.models import FileState, Interval, PriceType, ProductState
from portico.db.columns import choice, json, moment, number, ref, store_table
from portico.db.schema import metadata

products = store_table(
    "products",
    number("products"),
    sa.Column("slug", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    choice("state", ProductState),
    sa.Column("downloads_after_cancellation", sa.Boolean, nullable=False),
    sa.Column("older_versions", sa.Boolean, nullable=False),
    sa.Column("license_issuer", sa.Text),
    json("license_settings"),
    sa.Column("confirmation_message", sa.Text, nullable=False),
    json("subscription_rules"),
    moment("created_at"),
    sa.UniqueConstraint("store_id", "slug"),
)

bundle_products = sa.Table(
    "bundle_products",
    metadata,
    sa.Column("store_id", sa.Text, sa.ForeignKey("stores.id"), primary_key=True),
    sa.Column("bundle_id", sa.Text, primary_key=True),
    sa.Column("product_id", sa.Text, primary_key=True),
    ref("bundle_id", "products"),
    ref("product_id", "products"),
    sa.Index("ix_bundle_products_product", "store_id", "product_id"),
)

prices = store_table(
    "prices",
    sa.Column("product_id", sa.Text, nullable=False),
    choice("type", PriceType),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("unit_amount", sa.BigInteger, nullable=False),
    choice("interval", Interval, nullable=True),
    sa.Column("interval_count", sa.Integer, nullable=False),
    sa.Column("trial_days", sa.Integer, nullable=False),
    sa.Column("active", sa.Boolean, nullable=False),
    moment("created_at"),
    ref("product_id", "products"),
    sa.Index("ix_prices_product", "store_id", "product_id"),
)

files = store_table(
    "files",
    sa.Column("product_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    choice("state", FileState),
    moment("created_at"),
    ref("product_id", "products"),
    sa.Index("ix_files_product", "store_id", "product_id"),
)

file_versions = store_table(
    "file_versions",
    sa.Column("file_id", sa.Text, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("notes", sa.Text, nullable=False),
    sa.Column("filename", sa.Text, nullable=False),
    sa.Column("content_type", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("storage", sa.Text, nullable=False),
    sa.Column("storage_key", sa.Text, nullable=False),
    moment("created_at"),
    ref("file_id", "files"),
    sa.UniqueConstraint("store_id", "file_id", "number"),
    sa.Index("ix_file_versions_storage", "store_id", "storage"),
)

downloads = store_table(
    "downloads",
    sa.Column("customer_id", sa.Text, nullable=False),
    sa.Column("file_version_id", sa.Text, nullable=False),
    moment("created_at"),
    ref("customer_id", "customers"),
    ref("file_version_id", "file_versions"),
    sa.Index("ix_downloads_customer", "store_id", "customer_id", "created_at"),
    sa.Index("ix_downloads_store", "store_id", "created_at", "id"),
    sa.Index("ix_downloads_version", "store_id", "file_version_id", "created_at", "id"),
)

# How often each version was fetched, kept with each download: counting a million is too slow.
download_counts = sa.Table(
    "download_counts",
    metadata,
    sa.Column("store_id", sa.Text, sa.ForeignKey("stores.id"), primary_key=True),
    sa.Column("file_version_id", sa.Text, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
    ref("file_version_id", "file_versions"),
)

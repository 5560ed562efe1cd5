"""Tables of subscriptions and payment methods."""

import sqlalchemy as sa

from portico.catalog.models import Interval
from portico.db.columns import choice, moment, number, ref, store_table
from portico.db.schema import metadata
from portico.stores.models import Mode
from portico.subscriptions.models import (
    AttemptState,
    CancellationMode,
    CancellationReason,
    ChangeKind,
    ChangeState,
    SubscriptionStatus,
)

payment_methods = store_table(
    "payment_methods",
    sa.Column("customer_id", sa.Text, nullable=False),
    choice("mode", Mode),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("provider_ref", sa.Text, nullable=False),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("brand", sa.Text, nullable=False),
    sa.Column("last4", sa.Text, nullable=False),
    sa.Column("exp_month", sa.Integer),
    sa.Column("exp_year", sa.Integer),
    sa.Column("is_default", sa.Boolean, nullable=False),
    moment("detached_at", nullable=True),
    moment("created_at"),
    ref("customer_id", "customers"),
    sa.UniqueConstraint("store_id", "provider", "provider_ref"),
    sa.Index("ix_payment_methods_customer", "store_id", "customer_id"),
    sa.Index("ix_payment_methods_last4", "store_id", "last4", "id"),
)

subscriptions = store_table(
    "subscriptions",
    number("subscriptions"),
    sa.Column("customer_id", sa.Text, nullable=False),
    sa.Column("product_id", sa.Text, nullable=False),
    sa.Column("price_id", sa.Text),
    sa.Column("description", sa.Text, nullable=False),
    choice("mode", Mode),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("provider_ref", sa.Text),
    choice("status", SubscriptionStatus),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    sa.Column("quantity", sa.Integer, nullable=False),
    choice("interval", Interval),
    sa.Column("interval_count", sa.Integer, nullable=False),
    moment("current_period_start"),
    moment("current_period_end"),
    moment("trial_end", nullable=True),
    moment("cancel_at", nullable=True),
    moment("canceled_at", nullable=True),
    moment("ended_at", nullable=True),
    moment("past_due_since", nullable=True),
    sa.Column("payment_method_id", sa.Text),
    moment("created_at"),
    moment("updated_at"),
    sa.Column("discounted_amount", sa.BigInteger),
    moment("discount_ends_at", nullable=True),
    moment("paused_from", nullable=True),
    moment("resumes_at", nullable=True),
    sa.Column("managed_elsewhere", sa.Boolean, nullable=False, server_default=sa.false()),
    ref("customer_id", "customers"),
    ref("product_id", "products"),
    ref("price_id", "prices"),
    ref("payment_method_id", "payment_methods"),
    sa.UniqueConstraint("store_id", "provider", "provider_ref"),
    sa.Index("ix_subscriptions_customer", "store_id", "customer_id"),
    sa.Index("ix_subscriptions_ended", "store_id", "mode", "ended_at"),
    sa.Index("ix_subscriptions_mode", "store_id", "mode", "created_at", "id"),
    sa.Index("ix_subscriptions_status", "store_id", "mode", "status", "created_at", "id"),
    sa.Index("ix_subscriptions_product", "store_id", "product_id", "mode", "created_at", "id"),
)

# How many there are of each status, kept with each change: counting all of a store is too slow.
subscription_counts = sa.Table(
    "subscription_counts",
    metadata,
    sa.Column("store_id", sa.Text, sa.ForeignKey("stores.id"), primary_key=True),
    sa.Column("mode", choice("mode", Mode).type, primary_key=True),
    sa.Column("status", choice("status", SubscriptionStatus).type, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
)

payment_method_updates = store_table(
    "payment_method_updates",
    sa.Column("customer_id", sa.Text, nullable=False),
    sa.Column("subscription_id", sa.Text),
    choice("mode", Mode),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("provider_ref", sa.Text),
    choice("state", AttemptState),
    sa.Column("payment_method_id", sa.Text),
    sa.Column("failure_message", sa.Text),
    moment("created_at"),
    moment("updated_at"),
    ref("customer_id", "customers"),
    ref("subscription_id", "subscriptions"),
    ref("payment_method_id", "payment_methods"),
    sa.UniqueConstraint("store_id", "provider", "provider_ref"),
    sa.Index("ix_payment_method_updates_customer", "store_id", "customer_id"),
)

cancellations = store_table(
    "cancellations",
    sa.Column("subscription_id", sa.Text, nullable=False),
    sa.Column("provider", sa.Text, nullable=False),
    choice("state", AttemptState),
    choice("cancel_mode", CancellationMode),
    choice("reason", CancellationReason, nullable=True),
    sa.Column("comment", sa.Text, nullable=False),
    moment("created_at"),
    moment("undone_at", nullable=True),
    ref("subscription_id", "subscriptions"),
    sa.Index("ix_cancellations_subscription", "store_id", "subscription_id"),
)

subscription_changes = store_table(
    "subscription_changes",
    sa.Column("subscription_id", sa.Text, nullable=False),
    sa.Column("provider", sa.Text, nullable=False),
    choice("kind", ChangeKind),
    choice("state", ChangeState),
    moment("created_at"),
    moment("updated_at"),
    sa.Column("price_id", sa.Text),
    sa.Column("quantity", sa.Integer),
    sa.Column("proration_behavior", sa.Text),
    moment("prorated_at", nullable=True),
    sa.Column("due_now", sa.BigInteger),
    sa.Column("credit", sa.BigInteger),
    sa.Column("next_amount", sa.BigInteger),
    moment("next_at", nullable=True),
    moment("resumes_at", nullable=True),
    sa.Column("percent_off", sa.Integer),
    sa.Column("months", sa.Integer),
    sa.Column("failure_message", sa.Text),
    ref("subscription_id", "subscriptions"),
    ref("price_id", "prices"),
    sa.Index("ix_subscription_changes_subscription", "store_id", "subscription_id", "created_at"),
)

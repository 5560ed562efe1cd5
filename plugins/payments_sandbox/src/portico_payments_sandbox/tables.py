"""The provider's own tables."""

from datetime import datetime

import sqlalchemy as sa
from portico.api import JSONType, UTCDateTime

metadata = sa.MetaData()


def _table(name: str, *parts: sa.schema.SchemaItem) -> sa.Table:
    return sa.Table(
        f"payments_sandbox_{name}",
        metadata,
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("store_id", sa.Text, nullable=False),
        *parts,
    )


def _text(name: str, *, nullable: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, UTCDateTime, nullable=nullable)


customers = _table(
    "customers",
    _text("customer_id"),
    _text("email"),
    _moment("created_at"),
    sa.Column("billing", JSONType, nullable=False, server_default=sa.text("'{}'")),
    sa.UniqueConstraint("store_id", "customer_id", name="uq_payments_sandbox_customers"),
)
methods = _table(
    "methods",
    _text("customer"),
    _text("brand"),
    _text("last4"),
    _number("exp_month"),
    _number("exp_year"),
    _text("behaviour"),
    sa.Column("is_default", sa.Boolean, nullable=False),
    _moment("detached_at", nullable=True),
    _moment("created_at"),
    sa.Index("ix_payments_sandbox_methods_customer", "store_id", "customer"),
)
checkouts = _table(
    "checkouts",
    _text("idempotency_key"),
    _text("purpose"),
    _text("state"),
    _text("customer"),
    _text("method", nullable=True),
    _number("amount"),
    _text("currency"),
    _text("description"),
    _text("return_url"),
    _text("cancel_url"),
    _text("interval", nullable=True),
    _number("interval_count"),
    _number("trial_days"),
    _number("period_amount"),
    _number("quantity"),
    _text("subscription", nullable=True),
    _text("failure", nullable=True),
    _moment("created_at"),
    _moment("expires_at"),
    _text("price", nullable=True),
    sa.UniqueConstraint("store_id", "idempotency_key", name="uq_payments_sandbox_checkouts"),
)
subscriptions = _table(
    "subscriptions",
    _text("customer"),
    _text("checkout"),
    _text("method"),
    _text("status"),
    _text("description"),
    _number("amount"),
    _text("currency"),
    _number("quantity"),
    _text("interval"),
    _number("interval_count"),
    _moment("anchor_at"),
    _number("periods"),
    _moment("current_period_start"),
    _moment("current_period_end"),
    _moment("trial_end", nullable=True),
    _moment("cancel_at", nullable=True),
    _moment("canceled_at", nullable=True),
    _moment("ended_at", nullable=True),
    _moment("next_attempt_at", nullable=True),
    _number("attempts"),
    _text("open_payment", nullable=True),
    sa.Column("fail_next", sa.Boolean, nullable=False),
    _moment("created_at"),
    _text("price", nullable=True),
    sa.Column("balance", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("percent_off", sa.BigInteger, nullable=False, server_default="0"),
    _moment("discount_ends_at", nullable=True),
    sa.Column("paused", sa.Boolean, nullable=False, server_default=sa.false()),
    _moment("resumes_at", nullable=True),
    sa.Column("scheduled", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("ix_payments_sandbox_subscriptions_due", "store_id", "next_attempt_at"),
    sa.Index("ix_payments_sandbox_subscriptions_customer", "store_id", "customer"),
    sa.UniqueConstraint("store_id", "checkout", name="uq_payments_sandbox_subscriptions"),
)
payments = _table(
    "payments",
    _text("customer"),
    _text("subscription", nullable=True),
    _text("method", nullable=True),
    _text("state"),
    _number("amount"),
    _text("currency"),
    _text("failure", nullable=True),
    _moment("created_at"),
    _moment("updated_at"),
    sa.Column("is_change", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("ix_payments_sandbox_payments_subscription", "store_id", "subscription"),
)
refunds = _table(
    "refunds",
    _text("payment"),
    _text("idempotency_key"),
    _number("amount"),
    _text("currency"),
    _text("reason", nullable=True),
    _moment("created_at"),
    sa.Index("ix_payments_sandbox_refunds_payment", "store_id", "payment"),
    sa.UniqueConstraint("store_id", "idempotency_key", name="uq_payments_sandbox_refunds"),
)
changes = _table(
    "changes",
    _text("subscription"),
    _moment("created_at"),
)
disputes = _table(
    "disputes",
    _text("payment"),
    _text("state"),
    _number("amount"),
    _text("currency"),
    _text("reason"),
    _moment("created_at"),
    _moment("due_by"),
    sa.Index("ix_payments_sandbox_disputes_payment", "store_id", "payment"),
)
events = _table(
    "events",
    _text("type"),
    _text("kind"),
    _text("ref"),
    _moment("created_at"),
    sa.Index("ix_payments_sandbox_events_store", "store_id", "created_at"),
)

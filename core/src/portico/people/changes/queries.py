"""Statements that move a customer's records to another, export them, or erase what is personal."""

from typing import Any

import sqlalchemy as sa

from portico.activation.tables import findings
from portico.catalog.tables import downloads
from portico.customers.models import Customer
from portico.customers.tables import customers, email_changes, provider_customers
from portico.db import Command, Query, UTCDateTime
from portico.emails.models import Email
from portico.emails.tables import email_choices, emails
from portico.entitlements.models import Grant
from portico.entitlements.tables import grants
from portico.events.models import AuditEntry
from portico.events.tables import audit_log
from portico.invoices.models import Invoice
from portico.invoices.tables import invoices
from portico.licenses.models import License
from portico.licenses.tables import licenses
from portico.orders.models import Dispute, Order, OrderItem, Payment, Refund
from portico.orders.tables import disputes, order_items, orders, payments, refunds
from portico.people.models import DownloadRow
from portico.sessions.models import Session, SignInAttempt
from portico.sessions.tables import sessions, sign_in_attempts
from portico.subscriptions.models import (
    Cancellation,
    PaymentMethod,
    Subscription,
    SubscriptionChange,
    SubscriptionStatus,
)
from portico.subscriptions.tables import (
    cancellations,
    payment_method_updates,
    payment_methods,
    subscription_changes,
    subscriptions,
)

STORE = sa.bindparam("store_id", type_=sa.Text)
CUSTOMER = sa.bindparam("customer_id", type_=sa.Text)
_INTO = sa.bindparam("into", type_=sa.Text)
_ADDRESS = sa.bindparam("address", type_=sa.Text)
_NOW = sa.bindparam("now", type_=UTCDateTime)


def own(table: sa.Table) -> sa.ColumnElement[bool]:
    """Rows of the customer."""
    return sa.and_(table.c.store_id == STORE, table.c.customer_id == CUSTOMER)


# Merging

COUNTED = {
    "orders": orders, "subscriptions": subscriptions, "licenses": licenses, "grants": grants,
    "payment_methods": payment_methods, "downloads": downloads, "emails": emails,
    "sessions": sessions,
}  # fmt: skip
"""What a preview counts, by name."""
COUNTS = {
    name: Query(int, sa.select(sa.func.count()).select_from(table).where(own(table)))
    for name, table in COUNTED.items()
}
MOVES = {
    table.name: Command(sa.update(table).values(customer_id=_INTO).where(own(table)))
    for table in (
        orders, subscriptions, invoices, licenses, grants, payment_methods, payment_method_updates,
        provider_customers, downloads, emails, audit_log,
    )
}  # fmt: skip
DROP_DEFAULTS = Command(
    sa.update(payment_methods).values(is_default=False).where(own(payment_methods))
)
"""Of two defaults at one provider the one of the customer who stays counts."""
DROP_EMAIL_CHANGES = Command(sa.delete(email_changes).where(own(email_changes)))
DROP_CHOICES = Command(sa.delete(email_choices).where(own(email_choices)))
LOCK = Query(
    Customer,
    sa.select(customers)
    .where(customers.c.store_id == STORE, customers.c.id == CUSTOMER)
    .with_for_update(key_share=True),
)
LEAVE_TOMBSTONE = Command(
    sa.update(customers)
    .values(email=_ADDRESS, name="", billing={}, merged_into=_INTO)
    .where(customers.c.store_id == STORE, customers.c.id == CUSTOMER)
)
MOVE_TOMBSTONES = Command(
    sa.update(customers)
    .values(merged_into=_INTO)
    .where(customers.c.store_id == STORE, customers.c.merged_into == CUSTOMER)
)
DROP_ATTEMPTS = Command(
    sa.delete(sign_in_attempts).where(
        sign_in_attempts.c.store_id == STORE,
        sa.or_(
            sign_in_attempts.c.subject_id == CUSTOMER,
            sign_in_attempts.c.email == sa.bindparam("email", type_=sa.Text),
        ),
    )
)

# Exporting


def _of_orders(table: sa.Table) -> sa.Select[Any]:
    mine = sa.select(orders.c.id).where(own(orders))
    return sa.select(table).where(table.c.store_id == STORE, table.c.order_id.in_(mine))


_own_subscriptions = sa.select(subscriptions.c.id).where(own(subscriptions))
EXPORTS: dict[str, Query[Any]] = {
    "customer": Query(
        Customer,
        sa.select(customers).where(customers.c.store_id == STORE, customers.c.id == CUSTOMER),
    ),
    "orders": Query(Order, sa.select(orders).where(own(orders)).order_by(orders.c.id)),
    "order_items": Query(OrderItem, _of_orders(order_items).order_by(order_items.c.id)),
    "payments": Query(Payment, _of_orders(payments).order_by(payments.c.id)),
    "refunds": Query(Refund, _of_orders(refunds).order_by(refunds.c.id)),
    "disputes": Query(Dispute, _of_orders(disputes).order_by(disputes.c.id)),
    "subscriptions": Query(Subscription, sa.select(subscriptions).where(own(subscriptions))),
    "cancellations": Query(
        Cancellation,
        sa.select(cancellations).where(
            cancellations.c.store_id == STORE,
            cancellations.c.subscription_id.in_(_own_subscriptions),
        ),
    ),
    "subscription_changes": Query(
        SubscriptionChange,
        sa.select(subscription_changes).where(
            subscription_changes.c.store_id == STORE,
            subscription_changes.c.subscription_id.in_(_own_subscriptions),
        ),
    ),
    "invoices": Query(Invoice, sa.select(invoices).where(own(invoices)).order_by(invoices.c.id)),
    "licenses": Query(License, sa.select(licenses).where(own(licenses))),
    "access_by_hand": Query(Grant, sa.select(grants).where(own(grants))),
    "payment_methods": Query(PaymentMethod, sa.select(payment_methods).where(own(payment_methods))),
    "downloads": Query(
        DownloadRow,
        sa.select(downloads.c.id, downloads.c.file_version_id, downloads.c.created_at).where(
            own(downloads)
        ),
    ),
    "mails": Query(Email, sa.select(emails).where(own(emails)).order_by(emails.c.id)),
    "sessions": Query(
        Session, sa.select(sessions).where(own(sessions), sessions.c.seller_id.is_(None))
    ),
    "sign_ins_begun": Query(
        SignInAttempt,
        sa.select(sign_in_attempts).where(
            sign_in_attempts.c.store_id == STORE, sign_in_attempts.c.subject_id == CUSTOMER
        ),
    ),
    "log": Query(AuditEntry, sa.select(audit_log).where(own(audit_log))),
}  # fmt: skip
"""Everything that is kept about a person, by the name it has in the file."""

# Erasing

RUNNING = Query(
    int,
    sa.select(sa.func.count())
    .select_from(subscriptions)
    .where(
        own(subscriptions),
        subscriptions.c.status.not_in((SubscriptionStatus.CANCELED, SubscriptionStatus.INCOMPLETE)),
    ),
)
ANONYMISE = Command(
    sa.update(customers)
    .values(
        email=_ADDRESS, name="", locale=None, billing=sa.bindparam("billing"), erased_at=_NOW,
        last_seen_at=None, signed_in_at=None,
    )
    .where(customers.c.store_id == STORE, customers.c.id == CUSTOMER)
)  # fmt: skip
_mails = sa.and_(
    emails.c.store_id == STORE,
    sa.or_(
        emails.c.customer_id == CUSTOMER,
        emails.c.to_address == sa.bindparam("email", type_=sa.Text),
    ),
)
MESSAGE_IDS = Query(str, sa.select(emails.c.message_id).where(_mails).order_by(emails.c.id))
DROP_FINDINGS = Command(
    sa.delete(findings).where(
        findings.c.store_id == STORE,
        findings.c.subject_id.in_(sa.select(emails.c.id).where(_mails)),
    )
)
EMPTY_MAILS = Command(
    sa.update(emails)
    .values(
        to_address="", subject=None, params={}, error=None, response=None, history=[],
    )
    .where(_mails)
)  # fmt: skip
"""That a mail was sent, when and of what kind stays."""
FORGET_CARDS = Command(
    sa.update(payment_methods)
    .values(
        brand="", last4="", exp_month=None, exp_year=None, is_default=False,
        detached_at=sa.func.coalesce(payment_methods.c.detached_at, _NOW, type_=UTCDateTime),
    )
    .where(own(payment_methods))
)  # fmt: skip
FORGET_PROVIDERS = Command(sa.delete(provider_customers).where(own(provider_customers)))
EMPTY_LOG = Command(sa.update(audit_log).values(data={}).where(own(audit_log)))
EMPTY_REASONS = Command(sa.update(grants).values(reason="").where(own(grants)))
EMPTY_COMMENTS = Command(
    sa.update(cancellations)
    .values(comment="")
    .where(
        cancellations.c.store_id == STORE, cancellations.c.subscription_id.in_(_own_subscriptions)
    )
)

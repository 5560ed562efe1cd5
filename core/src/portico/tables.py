"""Every core table, loaded into the metadata: what migrations and tests import."""

from portico.activation import tables as activation
from portico.catalog import tables as catalog
from portico.customers import tables as customers
from portico.db.schema import metadata
from portico.domains import tables as domains
from portico.emails import tables as emails
from portico.entitlements import tables as entitlements
from portico.events import tables as events
from portico.figures import tables as figures
from portico.invoices import tables as invoices
from portico.licenses import tables as licenses
from portico.orders import tables as orders
from portico.sellers import tables as sellers
from portico.sessions import tables as sessions
from portico.storage import tables as storage
from portico.stores import tables as stores
from portico.subscriptions import tables as subscriptions
from portico.uploads import tables as uploads

__all__ = [
    "activation", "catalog", "customers", "domains", "emails", "entitlements", "events", "figures",
    "invoices", "licenses", "metadata", "orders", "sellers", "sessions", "storage", "stores",
    "subscriptions", "uploads",
]  # fmt: skip

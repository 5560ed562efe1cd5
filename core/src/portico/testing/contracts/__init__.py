"""Contract suites: what core relies on, as tests that a plugin's author runs.

```python
class TestGreeting(EmailHooksContract):
    plugin = greeting.plugin
```

Each test runs through a whole core, on SQLite and on PostgreSQL.
"""

from portico.testing.contracts.auth import AuthHooksContract
from portico.testing.contracts.base import HooksContract, Shop
from portico.testing.contracts.changes import SubscriptionChangeHooksContract
from portico.testing.contracts.checkout import CheckoutHooksContract
from portico.testing.contracts.emails import (
    EmailHooksContract,
    EmailTextsContract,
    EmailTransportContract,
)
from portico.testing.contracts.files import FileStorageHooksContract
from portico.testing.contracts.imports import ImportHooksContract
from portico.testing.contracts.invoices import InvoiceHooksContract
from portico.testing.contracts.licenses import LicenseHooksContract
from portico.testing.contracts.payment_methods import PaymentMethodHooksContract
from portico.testing.contracts.portal import PortalHooksContract
from portico.testing.contracts.subscriptions import SubscriptionHooksContract

__all__ = [
    "AuthHooksContract",
    "CheckoutHooksContract",
    "EmailHooksContract",
    "EmailTextsContract",
    "EmailTransportContract",
    "FileStorageHooksContract",
    "HooksContract",
    "ImportHooksContract",
    "InvoiceHooksContract",
    "LicenseHooksContract",
    "PaymentMethodHooksContract",
    "PortalHooksContract",
    "Shop",
    "SubscriptionChangeHooksContract",
    "SubscriptionHooksContract",
]

"""API keys: full ones, restricted ones, wrong ones."""

from dataclasses import dataclass, field

from tests.support.stripe_server.contract import Operation
from tests.support.stripe_server.errors import Problem

SECRET_KEY = "sk_test_portico"
"""Accepted from the start, with every permission."""

RESOURCES = {
    "accounts": "account", "account": "account", "balance_transactions": "balance",
    "billing_portal": "customer_portal", "charges": "charge", "checkout": "checkout_session",
    "coupons": "coupon", "customers": "customer", "disputes": "dispute", "events": "event",
    "invoice_payments": "invoice", "invoiceitems": "invoice", "invoices": "invoice",
    "payment_intents": "payment_intent", "payment_links": "payment_links",
    "payment_methods": "payment_method", "prices": "plan",
    "products": "product", "promotion_codes": "promotion_code", "refunds": "charge",
    "setup_intents": "setup_intent", "subscription_items": "subscription",
    "subscription_schedules": "subscription", "subscriptions": "subscription",
    "tax_ids": "customer", "tax_rates": "tax_rate", "test_helpers": "billing_clock",
    "webhook_endpoints": "webhook",
}  # fmt: skip
"""The permission that a restricted key needs, by the first part of the path."""


@dataclass
class Keys:
    """The keys that exist. A restricted one maps resources to ``read`` or ``write``."""

    full: set[str] = field(default_factory=lambda: {SECRET_KEY})
    restricted: dict[str, dict[str, str]] = field(default_factory=dict)
    account: str = "acct_1Portico000000000"

    def check(self, key: str) -> None:
        """Let a known key in.

        :raises Problem: 401.
        """
        if not key:
            raise Problem(401, "You did not provide an API key. You need to provide your API key "
                          "in the Authorization header, using Bearer auth (e.g. 'Authorization: "
                          "Bearer YOUR_SECRET_KEY').")  # fmt: skip
        if key not in self.full and key not in self.restricted:
            raise Problem(401, f"Invalid API Key provided: {masked(key)}")

    def allow(self, key: str, operation: Operation) -> None:
        """Let a restricted key do what it may.

        :raises Problem: 403.
        """
        if key in self.full:
            return
        resource = RESOURCES[operation.path.split("/")[2]]
        need = "read" if operation.method == "get" else "write"
        if self.restricted[key].get(resource) in ("write", need):
            return
        raise Problem(403, f"The provided key '{masked(key)}' does not have the required "
                      f"permissions for this endpoint on account '{self.account}'. Having the "
                      f"'rak_{resource}_{need}' permission would allow this request to "
                      "continue.")  # fmt: skip


def masked(key: str) -> str:
    """A key as Stripe's messages show it."""
    return key[:8] + "*" * max(0, len(key) - 12) + key[-4:]

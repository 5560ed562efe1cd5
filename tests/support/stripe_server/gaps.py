"""What the library can ask for and this server does not do: said with 501, never passed over."""

from tests.support.stripe_server.contract import Operation
from tests.support.stripe_server.errors import Json, Problem
from tests.support.stripe_server.schema import fields_of

_CONNECT = ("application_fee_amount", "application_fee_percent", "on_behalf_of", "transfer_data",
            "transfer_group", "managed_payments", "customer_account")  # fmt: skip

GAPS: dict[str, tuple[str, ...]] = {
    "/v1/checkout/sessions": ("optional_items", "shipping_address_collection", "shipping_options"),
    "/v1/invoices": ("from_invoice", "shipping_cost", "shipping_details"),
    "/v1/invoices/create_preview": ("customer_details", "invoice_items", "schedule",
                                    "schedule_details"),
    "/v1/invoices/{invoice}/pay": ("forgive", "mandate", "source"),
    "/v1/payment_intents": ("confirmation_token", "hooks"),
    "/v1/prices": ("currency_options", "custom_unit_amount", "tiers", "transform_quantity"),
    "/v1/refunds": ("origin", "refund_application_fee", "reverse_transfer"),
    "/v1/subscription_schedules": ("pause_schedules", "phases", "start_date", "default_settings"),
    "/v1/subscription_schedules/{schedule}": ("pause_schedules", "default_settings"),
    "/v1/subscriptions": (
        "add_invoice_items", "backdate_start_date", "billing_cycle_anchor_config",
        "billing_schedules", "billing_thresholds", "pending_invoice_item_interval"),
    "/v1/subscriptions/{subscription_exposed_id}": (
        "add_invoice_items", "billing_schedules", "billing_thresholds",
        "pending_invoice_item_interval"),
}  # fmt: skip
"""Parameters of a POST that would change what happens."""


def refuse_gaps(operation: Operation, params: Json) -> None:
    """Let a request through that this server can do as Stripe would.

    :raises Problem: 501 otherwise.
    """
    if operation.method != "post":
        return
    known = fields_of(operation.params) if operation.params else {}
    listed = GAPS.get(operation.path, ())
    assert set(listed) <= known.keys(), f"{operation.path}: {set(listed) - known.keys()}"
    for name in (*listed, *_CONNECT):
        if name in params:
            raise Problem(501, f"The test server does not act on {name} of {operation.path} yet.",
                          type="api_error")  # fmt: skip
    if params.get("payment_behavior") == "pending_if_incomplete":
        raise Problem(501, "The test server has no pending updates yet.", type="api_error")

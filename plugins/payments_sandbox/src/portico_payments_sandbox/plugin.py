"""The plugin: what core asks of a payment provider, answered from the sandbox's own tables."""

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import typer
from portico.api import (
    BillingUpdate,
    CancellationMode,
    CancellationRequest,
    ChangePreview,
    ChangeRequest,
    Checkout,
    CheckoutHooks,
    Context,
    DashboardHooks,
    HealthCheck,
    HealthReport,
    Hint,
    InboundWebhook,
    Invoice,
    InvoiceDocument,
    InvoiceHooks,
    InvoicePayment,
    Job,
    LifecycleHooks,
    Mode,
    NavigationItem,
    PauseRequest,
    PaymentMethod,
    PaymentMethodHooks,
    PaymentState,
    Plugin,
    PluginPage,
    PluginSettings,
    PluginTables,
    Redirect,
    RefundReport,
    RefundRequest,
    Refused,
    Report,
    Resumption,
    RetentionOffer,
    Role,
    Route,
    Seller,
    SubscriptionChangeHooks,
    SubscriptionHooks,
    SubscriptionReport,
    SubscriptionStatus,
    UpdateOutcome,
    UpdateRequest,
    hookimpl,
    new_id,
)
from pydantic import Field, SecretStr

from portico_payments_sandbox import (
    billing,
    changes,
    commands,
    invoices,
    ledger,
    models,
    page,
    queries,
    reports,
    seller,
    visits,
    webhooks,
)
from portico_payments_sandbox.models import CheckoutState, Purpose
from portico_payments_sandbox.tables import metadata

_ENDED = "This subscription has already ended."
_IN_USE = "A subscription is paid with this. Give it another payment method first."
_BOTH = frozenset({"GET", "POST"})


class SandboxSettings(PluginSettings):
    """The sandbox works without any setting."""

    webhook_secret: SecretStr = Field(
        SecretStr(""),
        title="Webhook secret",
        description="Signs webhooks that you send yourself; without one, none are taken.",
    )


class Sandbox(
    Plugin,
    CheckoutHooks,
    PaymentMethodHooks,
    SubscriptionHooks,
    SubscriptionChangeHooks,
    InvoiceHooks,
    DashboardHooks,
    LifecycleHooks,
):
    """A complete payment provider in which no money moves."""

    name, title, Settings = "payments_sandbox", "Payments sandbox", SandboxSettings
    description = "Try everything without an account anywhere. No money moves; test mode only."
    weight = 900

    # Buying

    @hookimpl
    def checkout_modes(self) -> list[Mode]:
        return [Mode.TEST]

    @hookimpl
    def form_action_origins(self) -> list[str]:
        origin = os.environ.get(visits.ORIGIN, "")
        return [origin] if origin else []

    @hookimpl
    async def start_checkout(self, ctx: Context, checkout: Checkout) -> Redirect:
        if checkout.payment.mode is not Mode.TEST:
            raise Refused("The sandbox works in test mode only.")
        customer = await visits.customer_of(ctx, checkout.customer.id, checkout.customer.email)
        quantity = sum(item.quantity for item in checkout.items)
        opened = replace(
            visits.new_checkout(ctx, customer, Purpose.PAYMENT, checkout.payment.idempotency_key),
            amount=checkout.payment.amount,
            currency=checkout.payment.currency,
            description=", ".join(item.description for item in checkout.items),
            return_url=checkout.return_url,
            cancel_url=checkout.cancel_url,
            interval=checkout.price.interval,
            interval_count=checkout.price.interval_count,
            trial_days=checkout.price.trial_days,
            period_amount=checkout.price.unit_amount * quantity,
            quantity=quantity,
            price=checkout.price.id if checkout.price.interval else None,
        )
        return visits.redirect_to(ctx, await visits.add_checkout(ctx, opened), "pay")

    @hookimpl
    async def read_back(self, ctx: Context, hint: Hint) -> list[Report]:
        return await reports.read(ctx, hint)

    @hookimpl
    async def receive_webhook(self, ctx: Context, webhook: InboundWebhook) -> list[Hint]:
        secret = ctx.settings(SandboxSettings).webhook_secret.get_secret_value()
        return webhooks.verify(secret, webhook, ctx.now())

    @hookimpl
    async def refund_payment(self, ctx: Context, request: RefundRequest) -> RefundReport:
        refund, ref = request.refund, request.payment.provider_ref
        made = await ledger.give_back(
            ctx, ref or "", refund.amount, refund.reason, refund.idempotency_key
        )
        return reports.refund_report(made)

    # Payment methods

    @hookimpl
    async def start_payment_method_update(self, ctx: Context, request: UpdateRequest) -> Redirect:
        if request.update.mode is not Mode.TEST:
            raise Refused("The sandbox works in test mode only.")
        customer = await visits.customer_of(ctx, request.customer.id, request.customer.email)
        about = request.subscription
        opened = replace(
            visits.new_checkout(ctx, customer, Purpose.UPDATE, request.update.id),
            description=about.description if about is not None else "",
            currency=about.currency if about is not None else "",
            period_amount=about.amount if about is not None else 0,
            subscription=about.provider_ref if about is not None else None,
            return_url=request.return_url,
            cancel_url=request.cancel_url,
        )
        return visits.redirect_to(ctx, await visits.add_checkout(ctx, opened), "update")

    @hookimpl
    async def finish_payment_method_update(
        self, ctx: Context, request: UpdateRequest
    ) -> UpdateOutcome | None:
        checkout = await ledger.get_checkout(ctx, request.update.provider_ref or "")
        if checkout is None or checkout.state is CheckoutState.CANCELED:
            return UpdateOutcome(False, [])
        if checkout.state is not CheckoutState.COMPLETE or checkout.method is None:
            over = checkout.expires_at <= ctx.now()
            return UpdateOutcome(False, [], checkout.failure) if over else None
        return await _updated(ctx, checkout, checkout.method)

    @hookimpl
    async def remove_payment_method(self, ctx: Context, method: PaymentMethod) -> None:
        async with ctx.db.transaction():
            known = await ledger.get_method(ctx, method.provider_ref)
            if known is None or known.detached_at is not None:
                return
            every = await ctx.db.all(
                queries.SUBSCRIPTIONS_OF, store_id=known.store_id, customer=known.customer
            )
            if any(one.method == known.id and one.ended_at is None for one in every):
                raise Refused(_IN_USE)
            await ctx.db.run(
                queries.DETACH, store_id=known.store_id, the_id=known.id, now=ctx.now()
            )

    # Subscriptions

    @hookimpl
    async def cancel_subscription(
        self, ctx: Context, request: CancellationRequest
    ) -> SubscriptionReport:
        at_once = request.cancellation.cancel_mode is CancellationMode.IMMEDIATELY
        ref = request.subscription.provider_ref or ""
        found = await billing.cancel(ctx, ref, at_once=at_once)
        if found is None:
            raise Refused("The sandbox does not know this subscription.")
        return await reports.subscription_report(ctx, found)

    @hookimpl
    async def resume_subscription(self, ctx: Context, request: Resumption) -> SubscriptionReport:
        found = await billing.resume(ctx, request.subscription.provider_ref or "")
        if found is None:
            raise Refused(_ENDED)
        return await reports.subscription_report(ctx, found)

    @hookimpl
    async def preview_subscription_change(
        self, ctx: Context, request: ChangeRequest
    ) -> ChangePreview:
        return await changes.preview(ctx, request)

    @hookimpl
    async def change_subscription(self, ctx: Context, request: ChangeRequest) -> list[Report]:
        changed, payment = await changes.change(ctx, request)
        told: list[Report] = [await reports.subscription_report(ctx, changed)]
        return [*told, await reports.payment_report(ctx, payment)] if payment else told

    @hookimpl
    async def pause_subscription(self, ctx: Context, request: PauseRequest) -> SubscriptionReport:
        return await reports.subscription_report(ctx, await changes.pause(ctx, request))

    @hookimpl
    async def unpause_subscription(self, ctx: Context, request: PauseRequest) -> SubscriptionReport:
        return await reports.subscription_report(ctx, await changes.unpause(ctx, request))

    @hookimpl
    async def apply_retention_offer(
        self, ctx: Context, request: RetentionOffer
    ) -> SubscriptionReport:
        return await reports.subscription_report(ctx, await changes.discount(ctx, request))

    # Invoices

    @hookimpl
    async def invoice_document(self, ctx: Context, invoice: Invoice) -> InvoiceDocument:
        return await invoices.document(ctx, invoice)

    @hookimpl
    async def start_invoice_payment(self, ctx: Context, request: InvoicePayment) -> Redirect:
        payment = await ledger.get_payment(ctx, invoices.payment_of(request.invoice.provider_ref))
        about = None
        if payment is not None and payment.subscription is not None:
            about = await ledger.get_subscription(ctx, payment.subscription)
        if payment is None or about is None or about.open_payment != payment.id:
            raise Refused("There is nothing left to pay on this invoice.")
        # A new card pays what is owed at once; a card whose bank asked needs its owner's word only.
        asked = payment.state is PaymentState.REQUIRES_ACTION
        customer = await visits.customer_of(ctx, request.customer.id, request.customer.email)
        opened = replace(
            visits.new_checkout(ctx, customer, Purpose.UPDATE, new_id("key")),
            state=CheckoutState.CONFIRMING if asked else CheckoutState.OPEN,
            method=payment.method if asked else None,
            description=about.description,
            currency=about.currency,
            amount=payment.amount,
            period_amount=about.amount,
            subscription=about.id,
            return_url=request.return_url,
            cancel_url=request.return_url,
        )
        return visits.redirect_to(ctx, await visits.add_checkout(ctx, opened), "update")

    @hookimpl
    async def update_billing_details(self, ctx: Context, update: BillingUpdate) -> None:
        customer = await visits.customer_of(ctx, update.customer.id, update.customer.email)
        await invoices.update_billing(ctx, customer.id, update)

    # The seller

    @hookimpl
    def dashboard_pages(self) -> list[PluginPage]:
        return [PluginPage("subscriptions", seller.subscriptions, _BOTH, Role.MANAGER)]

    @hookimpl
    async def dashboard_navigation(self, ctx: Context, seller: Seller) -> list[NavigationItem]:
        return [NavigationItem("Sandbox", "subscriptions", icon="card")]

    # What the plugin brings

    @hookimpl
    def tables(self) -> PluginTables:
        return PluginTables(metadata, Path(__file__).parent / "migrations" / "versions")

    @hookimpl
    def routes(self) -> list[Route]:
        return [
            Route("<store>/pay/<id>", page.pay, _BOTH),
            Route("<store>/update/<id>", page.update, _BOTH),
        ]

    @hookimpl
    def jobs(self) -> list[Job]:
        return [Job("renewals", renewals, every=timedelta(minutes=1))]

    @hookimpl
    def commands(self) -> typer.Typer:
        return commands.app

    @hookimpl
    async def check_health(self, ctx: Context, check: HealthCheck) -> list[HealthReport]:
        if ctx.store is None or ctx.mode is Mode.TEST:
            return []
        return [
            HealthReport(
                "Payments sandbox", False, "It takes no payments in live mode: switch it off."
            )
        ]


async def renewals(ctx: Context, payload: Mapping[str, Any]) -> None:
    """The job: charge what is due."""
    while await billing.renew_due(ctx) >= billing.BATCH:
        pass


async def _updated(ctx: Context, checkout: models.Checkout, method_id: str) -> UpdateOutcome:
    """What is true after a new card was given."""
    method = await ledger.get_method(ctx, method_id)
    assert method is not None  # a card is never deleted, only detached
    found: list[Report] = [reports.method_report(method)]
    every = await ctx.db.all(
        queries.SUBSCRIPTIONS_OF, store_id=checkout.store_id, customer=checkout.customer
    )
    for one in every:
        if one.status is not SubscriptionStatus.CANCELED and one.method == method.id:
            found += await reports.of_subscription(ctx, one.id)
    return UpdateOutcome(True, found)

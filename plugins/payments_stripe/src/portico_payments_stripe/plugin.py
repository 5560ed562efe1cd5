"""The plugin: what core asks of a payment provider, answered by Stripe."""

from datetime import timedelta
from pathlib import Path

from portico.api import (
    N_,
    BillingUpdate,
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
    Importer,
    ImportHooks,
    InboundWebhook,
    Invoice,
    InvoiceDocument,
    InvoiceHooks,
    InvoicePayment,
    Job,
    LifecycleHooks,
    Mode,
    NavigationItem,
    Panel,
    PanelSlot,
    PauseRequest,
    PaymentMethod,
    PaymentMethodHooks,
    Plugin,
    PluginPage,
    PluginTables,
    PortalHooks,
    Redirect,
    RefundReport,
    RefundRequest,
    Report,
    Resumption,
    RetentionOffer,
    Role,
    Seller,
    SettingsChange,
    SubscriptionChangeHooks,
    SubscriptionHooks,
    SubscriptionReport,
    UpdateOutcome,
    UpdateRequest,
    hookimpl,
)

from portico_payments_stripe import (
    changes,
    connecting,
    health,
    invoices,
    methods,
    polling,
    reading,
    seller,
    subscriptions,
    syncing,
    webhooks,
)
from portico_payments_stripe import checkout as buying
from portico_payments_stripe.client import api_base
from portico_payments_stripe.importing import page as import_page
from portico_payments_stripe.importing import running, sheet
from portico_payments_stripe.settings import StripeSettings
from portico_payments_stripe.tables import metadata

_BOTH = frozenset({"GET", "POST"})


class StripePayments(
    Plugin,
    CheckoutHooks,
    PaymentMethodHooks,
    SubscriptionHooks,
    SubscriptionChangeHooks,
    InvoiceHooks,
    PortalHooks,
    DashboardHooks,
    ImportHooks,
    LifecycleHooks,
):
    """Stripe's hosted pages take the money; this plugin reads back what is true there."""

    name, title, Settings = "payments_stripe", "Stripe", StripeSettings
    description = N_("Payments, subscriptions and refunds with your own Stripe account.")
    weight = 200
    starts_on = False

    # Buying

    @hookimpl
    def checkout_modes(self) -> list[Mode]:
        return [Mode.TEST, Mode.LIVE]

    @hookimpl
    def form_action_origins(self) -> list[str]:
        base = api_base()
        ours = ["https://checkout.stripe.com", "https://billing.stripe.com"]
        ours.append("https://invoice.stripe.com")
        return [*ours, base] if base else ours

    @hookimpl
    async def start_checkout(self, ctx: Context, checkout: Checkout) -> Redirect:
        return await buying.start(ctx, checkout)

    @hookimpl
    async def read_back(self, ctx: Context, hint: Hint) -> list[Report]:
        return await reading.read(ctx, hint)

    @hookimpl
    async def receive_webhook(self, ctx: Context, webhook: InboundWebhook) -> list[Hint]:
        return await webhooks.receive(ctx, webhook)

    @hookimpl
    async def refund_payment(self, ctx: Context, request: RefundRequest) -> RefundReport:
        return await buying.refund(ctx, request)

    # Payment methods

    @hookimpl
    async def start_payment_method_update(self, ctx: Context, request: UpdateRequest) -> Redirect:
        return await methods.start(ctx, request)

    @hookimpl
    async def finish_payment_method_update(
        self, ctx: Context, request: UpdateRequest
    ) -> UpdateOutcome | None:
        return await methods.finish(ctx, request)

    @hookimpl
    async def remove_payment_method(self, ctx: Context, method: PaymentMethod) -> None:
        await methods.remove(ctx, method)

    # Subscriptions

    @hookimpl
    async def cancel_subscription(
        self, ctx: Context, request: CancellationRequest
    ) -> SubscriptionReport:
        return await subscriptions.cancel(ctx, request)

    @hookimpl
    async def resume_subscription(self, ctx: Context, request: Resumption) -> SubscriptionReport:
        return await subscriptions.resume(ctx, request)

    @hookimpl
    async def preview_subscription_change(
        self, ctx: Context, request: ChangeRequest
    ) -> ChangePreview:
        return await changes.preview(ctx, request)

    @hookimpl
    async def change_subscription(self, ctx: Context, request: ChangeRequest) -> list[Report]:
        return await changes.change(ctx, request)

    @hookimpl
    async def pause_subscription(self, ctx: Context, request: PauseRequest) -> SubscriptionReport:
        return await changes.pause(ctx, request)

    @hookimpl
    async def unpause_subscription(self, ctx: Context, request: PauseRequest) -> SubscriptionReport:
        return await changes.unpause(ctx, request)

    @hookimpl
    async def apply_retention_offer(
        self, ctx: Context, request: RetentionOffer
    ) -> SubscriptionReport:
        return await changes.discount(ctx, request)

    # Invoices

    @hookimpl
    async def invoice_document(self, ctx: Context, invoice: Invoice) -> InvoiceDocument:
        return await invoices.document(ctx, invoice)

    @hookimpl
    async def start_invoice_payment(self, ctx: Context, request: InvoicePayment) -> Redirect:
        return await invoices.start_payment(ctx, request)

    @hookimpl
    async def update_billing_details(self, ctx: Context, update: BillingUpdate) -> None:
        await invoices.update_details(ctx, update)

    # The customer

    @hookimpl
    async def portal_panels(self, ctx: Context, slot: PanelSlot) -> list[Panel]:
        return await health.portal_panels(ctx, slot)

    # The seller

    @hookimpl
    def dashboard_pages(self) -> list[PluginPage]:
        return [
            PluginPage("account", seller.account, _BOTH, Role.OWNER),
            PluginPage("import", import_page.page, _BOTH, Role.OWNER),
            PluginPage("import.csv", import_page.records, role=Role.OWNER),
        ]

    @hookimpl
    async def dashboard_navigation(self, ctx: Context, seller: Seller) -> list[NavigationItem]:
        return [NavigationItem("Stripe", "account", icon="card")]

    @hookimpl
    async def dashboard_panels(self, ctx: Context, slot: PanelSlot) -> list[Panel]:
        return await health.dashboard_panels(ctx, slot)

    @hookimpl
    def importers(self) -> list[Importer]:
        return [Importer("stripe", "Stripe", running.run, sheet.sheet)]

    # What the plugin brings

    @hookimpl
    def tables(self) -> PluginTables:
        return PluginTables(metadata, Path(__file__).parent / "migrations" / "versions")

    @hookimpl
    def jobs(self) -> list[Job]:
        return [
            Job("look", polling.look, every=timedelta(minutes=1)),
            Job("reconcile", syncing.daily, every=timedelta(days=1)),
            Job("sync", syncing.run),
            Job("connect", connecting.connect_all),
            Job("import", running.job),
        ]

    @hookimpl
    async def validate_settings(self, ctx: Context, change: SettingsChange) -> None:
        await connecting.validate(ctx, change)

    @hookimpl
    async def check_health(self, ctx: Context, check: HealthCheck) -> list[HealthReport]:
        return await health.check(ctx, check)

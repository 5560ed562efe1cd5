"""Plugins for the tests of pages: a provider that does as it is told, and panels of all kinds."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from portico.api import (
    ActionRequired,
    CancellationRequest,
    CheckoutHooks,
    Context,
    Customer,
    IssuedLicense,
    LicenseGrant,
    LicenseHooks,
    NavigationItem,
    Panel,
    PanelSlot,
    PaymentMethod,
    PaymentMethodHooks,
    PaymentMethodReport,
    Plugin,
    PortalHooks,
    Redirect,
    Refused,
    Resumption,
    RetryLater,
    SubscriptionHooks,
    SubscriptionReport,
    SubscriptionStatus,
    UpdateOutcome,
    UpdateRequest,
    hookimpl,
)


@dataclass
class Orders:
    """What the provider is to do next: ``fail`` with an error, or ``know`` nothing yet. Customers
    who ``gives`` nothing come back as they went."""

    fail: Exception | None = None
    know: bool = True
    succeed: bool = True
    gives: bool = True
    asked: list[str] = field(default_factory=list)


class Provider(Plugin, CheckoutHooks, PaymentMethodHooks, SubscriptionHooks):
    name, title = "payments_sandbox", "Sandbox"

    def __init__(self) -> None:
        self.orders = Orders()

    def _ask(self, what: str) -> None:
        self.orders.asked.append(what)
        if self.orders.fail is not None:
            raise self.orders.fail

    @hookimpl
    async def cancel_subscription(
        self, ctx: Context, request: CancellationRequest
    ) -> SubscriptionReport:
        self._ask(f"cancel {request.cancellation.reason} {request.cancellation.comment}".strip())
        at_once = request.cancellation.cancel_mode == "immediately"
        end = ctx.now() if at_once else request.subscription.current_period_end
        return self._report(
            request.subscription,
            SubscriptionStatus.CANCELED if at_once else request.subscription.status,
            cancel_at=end, canceled_at=ctx.now(), ended_at=end if at_once else None,
        )  # fmt: skip

    @hookimpl
    async def resume_subscription(self, ctx: Context, request: Resumption) -> SubscriptionReport:
        self._ask("resume")
        return self._report(request.subscription, SubscriptionStatus.ACTIVE)

    def _report(self, subscription: Any, status: Any, **values: Any) -> SubscriptionReport:
        return SubscriptionReport(
            subscription.provider_ref, status, subscription.current_period_start,
            subscription.current_period_end, **values,
        )  # fmt: skip

    @hookimpl
    async def start_payment_method_update(self, ctx: Context, request: UpdateRequest) -> Redirect:
        self._ask("start")
        return Redirect(f"https://pay.example.com/{request.update.id}", request.update.id)

    @hookimpl
    async def finish_payment_method_update(
        self, ctx: Context, request: UpdateRequest
    ) -> UpdateOutcome | None:
        self._ask("finish")
        if not self.orders.know:
            return None
        if not self.orders.gives:
            return UpdateOutcome(False, [])
        if not self.orders.succeed:
            return UpdateOutcome(False, [], "Your bank declined the card.")
        report = PaymentMethodReport("pm_new", "card", "visa", "1111", 1, 2031, is_default=True)
        return UpdateOutcome(True, [report])

    @hookimpl
    async def remove_payment_method(self, ctx: Context, method: PaymentMethod) -> None:
        self._ask("remove")


class Issuer(Plugin, LicenseHooks):
    name, title = "licenses", "Keys"

    def __init__(self) -> None:
        self.fail: Exception | None = None

    @hookimpl
    async def issue_license(self, ctx: Context, grant: LicenseGrant) -> IssuedLicense:
        if self.fail is not None:
            raise self.fail
        return IssuedLicense(f"NEW-{grant.license.number}")


class Panels(Plugin, PortalHooks):
    """Adds a panel and a menu entry, or misbehaves in the way of ``how``."""

    weight = 50
    title = "Panels"

    def __init__(self, name: str, how: str = "well") -> None:
        self.name = name  # type: ignore[misc]  # one class for several plugins
        self.how = how
        self.slots: list[PanelSlot] = []

    @hookimpl
    async def portal_panels(self, ctx: Context, slot: PanelSlot) -> list[Panel]:
        self.slots.append(slot)
        if self.how == "raises":
            raise RuntimeError("a bug")
        if self.how == "hangs":
            await asyncio.sleep(3600)
        if self.how == "wrong":
            return "not a list"  # type: ignore[return-value]  # that is the point
        template = "nowhere.html" if self.how == "lost" else f"{self.name}/panel.html"
        return [Panel(template, {"greeting": "<b>Hello</b>", "page": slot.page})]

    @hookimpl
    async def portal_navigation(self, ctx: Context, customer: Customer) -> list[NavigationItem]:
        if self.how != "well":
            raise RuntimeError("a bug")
        return [NavigationItem(f"Page of {self.name}", "page")]


REFUSED = Refused("Pay what you owe first.")
ACTION = ActionRequired("Confirm it first.", "https://pay.example.com/confirm")
LATER = RetryLater(timedelta(minutes=1))
CRASH = RuntimeError("secret stack trace")

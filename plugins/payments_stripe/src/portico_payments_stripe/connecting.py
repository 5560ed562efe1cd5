"""Connecting a store with its account: the key, what it may do, and the webhook endpoint."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from portico.api import N_, Context, InvalidSettings, Mode, SettingsChange

from portico_payments_stripe import accounts, queries
from portico_payments_stripe.client import API_VERSION, client_for, connected, load, once
from portico_payments_stripe.settings import StripeSettings
from portico_payments_stripe.webhooks import EVENTS, secret_name

if TYPE_CHECKING:
    from stripe import StripeClient
    from stripe.params import WebhookEndpointCreateParams

OLD_SECRET_COUNTS = timedelta(hours=24)
"""How long webhooks signed with the secret before count: as long as Stripe may still sign so."""
UNTIL_SAVED = timedelta(seconds=5)
"""A key is tried before it is saved: by then it is."""
_NOTHING = "portico_check"
"""An id that nothing has: asking for it shows whether one may ask, and changes nothing."""
_NO_ANSWER = N_("Stripe did not answer, so the key could not be tried. Try again in a minute.")
_UNKNOWN = N_("Stripe does not know this key. Copy it once more from Stripe's dashboard.")
_PUBLISHABLE = N_("This is a publishable key (pk_…). The secret or restricted key is needed.")
_ALLOW_WRITE = N_(
    "Allow the key in Stripe's dashboard, under Developers, API keys, to write: %(write)s."
)
_ALLOW_READ = N_(
    "Allow the key in Stripe's dashboard, under Developers, API keys, to read: %(read)s."
)
_ALLOW_BOTH = N_(
    "Allow the key in Stripe's dashboard, under Developers, API keys, to write: %(write)s, "
    "and to read: %(read)s."
)
_OTHER_KEY = {
    Mode.TEST: N_("Keys for test mode begin with sk_test_ or rk_test_. This is another one."),
    Mode.LIVE: N_("Keys for live mode begin with sk_live_ or rk_live_. This is another one."),
}


@dataclass(frozen=True, slots=True)
class Permission:
    """What a restricted key must be allowed, in the words of Stripe's dashboard.

    ``probe`` makes a call that needs it and has no effect: it lists one, or names what is not
    there.
    """

    resource: str
    write: bool
    probe: Callable[[StripeClient], Awaitable[Any]]
    optional: bool = False


PERMISSIONS = (
    Permission("Customers", True, lambda s: s.v1.customers.update_async(_NOTHING, {})),
    Permission("Payment Methods", True, lambda s: s.v1.payment_methods.detach_async(_NOTHING)),
    Permission("Products", True, lambda s: s.v1.products.update_async(_NOTHING, {})),
    Permission("Prices", True, lambda s: s.v1.prices.update_async(_NOTHING, {})),
    Permission("Coupons", True, lambda s: s.v1.coupons.update_async(_NOTHING, {})),
    Permission("Checkout Sessions", True, lambda s: s.v1.checkout.sessions.expire_async(_NOTHING)),
    Permission("Subscriptions", True, lambda s: s.v1.subscriptions.update_async(_NOTHING, {})),
    Permission("Invoices", True, lambda s: s.v1.invoices.pay_async(_NOTHING)),
    Permission("PaymentIntents", False, lambda s: s.v1.payment_intents.list_async({"limit": 1})),
    Permission("SetupIntents", False, lambda s: s.v1.setup_intents.list_async({"limit": 1})),
    Permission("Charges and Refunds", True, lambda s: s.v1.refunds.update_async(_NOTHING, {})),
    Permission("Disputes", False, lambda s: s.v1.disputes.list_async({"limit": 1})),
    Permission("Events", False, lambda s: s.v1.events.list_async({"limit": 1})),
    Permission(
        "Customer portal", True,
        lambda s: s.v1.billing_portal.sessions.create_async({"customer": _NOTHING}),
        optional=True,
    ),
    Permission(
        "Webhook Endpoints", True,
        lambda s: s.v1.webhook_endpoints.update_async(_NOTHING, {}),
        optional=True,
    ),
)  # fmt: skip
"""Without the last two it works too: by Checkout in setup mode, and by asking for events."""


async def validate(ctx: Context, change: SettingsChange) -> None:
    """Try keys before they are saved: whose they are, and what they may do."""
    old, new = cast("StripeSettings", change.old), cast("StripeSettings", change.new)
    wrong: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    for mode in Mode:
        key, field = new.key(mode), f"{mode.value}_key"
        if not key or key == old.key(mode):
            continue
        problem = _form(key, mode) or await _try(ctx, mode, key)
        if isinstance(problem, str):
            wrong[field] = problem
        elif problem:
            wrong[field], values[field] = _not_allowed(problem)
    if wrong:
        raise InvalidSettings(wrong, values)
    if any(new.key(mode) for mode in Mode):
        await ctx.events.enqueue("connect", {}, after=UNTIL_SAVED, key="connect")


def _form(key: str, mode: Mode) -> str | None:
    """What is wrong with a key at first sight."""
    if key.startswith("pk_"):
        return _PUBLISHABLE
    fits = key.startswith((f"sk_{mode.value}_", f"rk_{mode.value}_"))
    return None if fits else _OTHER_KEY[mode]


async def _try(ctx: Context, mode: Mode, key: str) -> str | list[Permission]:
    """Ask Stripe about a key. What is wrong in words, or what it must be allowed besides; where
    that is nothing, the account is remembered."""
    await load()
    import stripe  # noqa: PLC0415 - loaded by now

    client = client_for(key)
    try:
        account_id, name = await _whose(client)
        missing = await lacking(client) if key.startswith("rk_") else []
    except stripe.AuthenticationError:
        return _UNKNOWN
    except stripe.StripeError as error:
        ctx.log.warning("stripe_key_not_tried", error=type(error).__name__)
        return _NO_ANSWER
    if not missing:
        await accounts.keep(ctx, mode, account_id, name)
    return missing


def _not_allowed(missing: list[Permission]) -> tuple[str, dict[str, str]]:
    """What to allow, as Stripe's dashboard names it."""
    names = {
        how: ", ".join(one.resource for one in missing if one.write is writes)
        for how, writes in (("write", True), ("read", False))
    }
    if names["write"] and names["read"]:
        return _ALLOW_BOTH, names
    return _ALLOW_WRITE if names["write"] else _ALLOW_READ, names


async def _whose(client: StripeClient) -> tuple[str, str]:
    """Id and name of a key's account; both empty where the key may not tell."""
    import stripe  # noqa: PLC0415 - loaded by now

    try:
        account = await client.v1.accounts.retrieve_current_async()
    except stripe.PermissionError:
        return "", ""
    display = account.settings.dashboard.display_name if account.settings else None
    return account.id, display or account.email or account.id


async def lacking(client: StripeClient) -> list[Permission]:
    """What a key may not do and must."""
    needed = [one for one in PERMISSIONS if not one.optional]
    answers = await asyncio.gather(*(may(client, one) for one in needed))
    return [one for one, allowed in zip(needed, answers, strict=True) if not allowed]


async def may(client: StripeClient, permission: Permission) -> bool:
    """Whether a key has a permission. Raises what Stripe answers with otherwise."""
    import stripe  # noqa: PLC0415 - loaded by now

    try:
        await permission.probe(client)
    except stripe.PermissionError:
        return False
    except stripe.InvalidRequestError:
        return True  # it may ask, and there is no such thing
    return True


# Webhooks


def is_public(url: str) -> bool:
    """Whether Stripe can send webhooks there: HTTPS, and no address of a private network."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" or "." not in host or host.endswith((".local", ".internal")):
        return False
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return True


async def make_endpoint(ctx: Context, mode: Mode) -> bool:
    """Make the webhook endpoint, with a new secret; the secret before counts for another day.

    False where Stripe cannot reach this installation, or the key may not make one.
    """
    account, url = await accounts.get(ctx, mode), ctx.urls.webhook()
    if account is None or not is_public(url):
        return False
    params: WebhookEndpointCreateParams = {
        "url": url,
        "enabled_events": cast("Any", list(EVENTS)),
        "api_version": cast("Any", API_VERSION),
        "description": "Portico",
        "metadata": {"portico_store": account.store_id},
    }
    async with connected(ctx, mode) as stripe:
        if not await may(stripe, PERMISSIONS[-1]):
            return False
        made = await stripe.v1.webhook_endpoints.create_async(
            # A crash before this is written down finds the same endpoint, and its secret, again.
            params,
            once("webhook", account.store_id, account.webhook_id or mode.value),
        )
        if account.webhook_id is not None:
            await _drop_endpoint(stripe, account.webhook_id)
    before = await ctx.secrets.get(secret_name(mode, "new"))
    if before is not None:
        until = ctx.now() + OLD_SECRET_COUNTS
        await ctx.secrets.keep(secret_name(mode, "old"), before, until=until)
    await ctx.secrets.keep(secret_name(mode, "new"), made.secret or "")
    await ctx.db.run(
        queries.SET_WEBHOOK,
        store_id=account.store_id,
        mode=mode,
        new_webhook_id=made.id,
        new_webhook_url=url,
    )
    return True


async def _drop_endpoint(stripe: StripeClient, webhook_id: str) -> None:
    try:
        await stripe.v1.webhook_endpoints.delete_async(webhook_id)
    except Exception as error:
        import stripe as library  # noqa: PLC0415 - loaded by now

        if not isinstance(error, library.InvalidRequestError):
            raise


async def polls(ctx: Context, mode: Mode) -> bool:
    """Whether events have to be asked for, since Stripe does not send them here."""
    account = await accounts.get(ctx, mode)
    if ctx.settings(StripeSettings).webhook_secret.get_secret_value():
        return False
    return account is not None and account.webhook_url != ctx.urls.webhook()


async def connect_all(ctx: Context, payload: Mapping[str, Any]) -> None:
    """The job that follows a saved key: see that events come, one way or the other.

    Where Stripe cannot send them, the job of every minute asks for them.
    """
    for mode in Mode:
        account = await accounts.get(ctx, mode)
        if account is None or not ctx.settings(StripeSettings).key(mode):
            continue
        if account.webhook_url != ctx.urls.webhook():
            await make_endpoint(ctx, mode)

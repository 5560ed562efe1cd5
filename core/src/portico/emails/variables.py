"""What the texts of mails can say: names, what they mean, and where their values come from.

All values are text (amounts and dates already written as the reader writes them), lists of such
groups, or true/false. What a mail is not about is there too, and empty.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from portico.catalog import service as catalog
from portico.catalog.models import Product
from portico.customers.models import Customer
from portico.emails import sender
from portico.emails.models import Email
from portico.emails.rendering import TextError, render
from portico.emails.service import sender_address
from portico.emails.subjects import queries
from portico.emails.unsubscribing import unsubscribe_url
from portico.hooks.emails import EmailHooks, EmailVariable, Purchase
from portico.i18n import format_date, format_filesize, format_money
from portico.licenses.models import License
from portico.orders.models import Order, OrderKind
from portico.runtime import Runtime
from portico.stores.models import Mode, Store
from portico.stores.urls import dashboard_url, portal_url
from portico.subscriptions.models import Subscription

Values = dict[str, Any]


async def load(
    rt: Runtime, store: Store | None, email: Email, secrets: Mapping[str, str]
) -> Values:
    """Every variable's value for one mail. Plugins add theirs to mails about a purchase."""
    values = empty(rt, store, email)
    customer = await _customer(rt, email)
    if customer is not None:
        values["customer"] = {"name": customer.name, "email": customer.email}
    if store is not None:
        zone = store.timezone
        if order_id := email.order_id or email.params.get("order_id"):
            await _add_order(rt, store, email, str(order_id), customer, values)
        if subscription_id := email.params.get("subscription_id"):
            found = await rt.db.one(
                queries.SUBSCRIPTION, store_id=store.id, id=str(subscription_id)
            )
            if found is not None:
                values["subscription"] = _subscription(rt, store, found, email.locale, zone)
        await _add_keys(rt, store, email, values)
        await _add_file(rt, store, email, values)
        await _add_card(rt, store, email, values)
        values["unsubscribe"]["url"] = unsubscribe_url(rt, store, email) or ""
    for name, value in secrets.items():
        set_dotted(values, name, value)
    return values


def empty(rt: Runtime, store: Store | None, email: Email) -> Values:
    """The values that need no order: what is missing is there, and empty."""
    params = email.params
    amount = ""
    if isinstance(params.get("amount"), int) and params.get("currency"):
        amount = format_money(params["amount"], str(params["currency"]), email.locale)
    return {
        "store": {
            "name": (store.name if store else str(params.get("store_name") or "")) or "Portico",
            "support_email": (store.support_email if store else None) or "",
            "locale": store.locale if store else email.locale,
        },
        "portal": {"url": portal_url(rt.settings, store) if store else ""},
        "dashboard": {"url": dashboard_url(rt.settings)},
        "sender": {"url": sender.link(rt, params) if "sender_address" in params else ""},
        "customer": {"name": "", "email": email.to_address},
        "order": {
            "number": "", "date": "", "total": "", "refunded": "", "url": "", "invoice_url": "",
            "test": False, "change": False,
        },
        "plugin_variables": [],
        "items": [],
        "products": [],
        "downloads": [],
        "licenses": [],
        "subscription": {
            "name": "", "amount": "", "renews": "", "ends": "", "url": "", "paused": False,
            "paused_until": "", "discount_until": "", "quantity": "",
        },
        "file": {"name": "", "version": "", "notes": "", "product": "", "size": "", "url": ""},
        "card": {"brand": "", "last4": "", "expires": ""},
        "unsubscribe": {"url": ""},
        "amount": amount,
        "mail": {
            "to": email.to_address,
            "kind": email.kind,
            "sender": sender_address(rt.settings),
            "reason": _reason(rt, email),
            "confirm": bool(params.get("confirm")),
            "minutes": str(params.get("minutes") or 30),
            "new_email": str(params.get("new_email") or ""),
            "is_new": bool(params.get("is_new")),
            "by_seller": params.get("by") == "seller",
        },
    }  # fmt: skip


def _reason(rt: Runtime, email: Email) -> str:
    """Why a payment failed, in the reader's language: the words are its provider's."""
    words = str(email.params.get("failure_message") or "")
    plugin = email.params.get("provider")
    if not words or not plugin:
        return words
    return rt.themes.translations.gettext(email.locale, str(plugin))(words)


def set_dotted(values: Values, name: str, value: str) -> None:
    """Put ``value`` where the text will look for ``a.b``. What is no group there gives way."""
    *path, last = name.split(".")
    group = values
    for part in path:
        inner = group.get(part)
        if not isinstance(inner, dict):
            inner = group[part] = {}
        group = inner
    group[last] = value


async def _customer(rt: Runtime, email: Email) -> Customer | None:
    if email.customer_id is None or email.store_id is None:
        return None
    return await rt.db.one(queries.CUSTOMER, store_id=email.store_id, customer_id=email.customer_id)


async def _add_order(
    rt: Runtime, store: Store, email: Email, order_id: str, customer: Customer | None,
    values: Values,
) -> None:  # fmt: skip
    locale, zone = email.locale, store.timezone
    order = await rt.db.one(queries.ORDER, store_id=store.id, id=order_id)
    if order is None:
        return
    items = await rt.db.all(queries.ITEMS, store_id=store.id, order_id=order_id)
    products = await rt.db.all(queries.PRODUCTS, store_id=store.id, order_id=order_id)
    licenses = await rt.db.all(queries.LICENSES, store_id=store.id, order_id=order_id)
    names = {product.id: product.name for product in products}
    owned = list(dict.fromkeys([item.product_id for item in items] + list(names)))
    versions = await rt.db.all(queries.FILES, store_id=store.id, product_ids=list(names))
    values["order"] = _order(rt, store, order, locale)
    values["items"] = [
        {
            "name": item.description,
            "quantity": str(item.quantity),
            "amount": format_money(item.amount, order.currency, locale),
        }
        for item in items
    ]
    values["products"] = _products(products, owned)
    values["downloads"] = [
        _download(row, names[row.product_id], values["order"]["url"], locale) for row in versions
    ]
    values["licenses"] = [_license(one, names, locale, zone) for one in licenses]
    values["product_ids"] = owned
    if customer is not None:
        purchase = Purchase(order, items, products, customer, licenses)
        for plugin, variable in await of_plugins(rt, store, purchase, locale):
            values["plugin_variables"].append((plugin, variable))
            set_dotted(values, variable.name, variable.value)
    values["products"] = [_filled(one, values) for one in values["products"]]


def _filled(product: Values, values: Values) -> Values:
    """The product with its message filled in; one that fails stays as it was written."""
    message = product["message"]
    if message.strip():
        with suppress(TextError):
            message = render("", message, values).text.strip()
    return {**product, "message": message}


async def of_plugins(
    rt: Runtime, store: Store, purchase: Purchase, locale: str
) -> list[tuple[str, EmailVariable]]:
    """What the store's plugins add, each with its plugin's name."""
    replies = await rt.hooks.each(store, EmailHooks.email_variables, purchase, locale=locale)
    return [
        (reply.plugin, variable)
        for reply in replies
        for variable in reply.value
        # A plugin's words live under its own name; it replaces none of core's.
        if variable.name.startswith(f"{reply.plugin}.")
    ]


async def _add_keys(rt: Runtime, store: Store, email: Email, values: Values) -> None:
    """The keys that a change of a subscription has brought."""
    ids = email.params.get("license_ids")
    if not ids:
        return
    found = await rt.db.all(queries.LICENSES_BY_ID, store_id=store.id, license_ids=ids)
    of = sorted({one.product_id for one in found})
    products = await catalog.products_by_ids(rt, store.id, of)
    names = {product.id: product.name for product in products}
    values["licenses"] = [_license(one, names, email.locale, store.timezone) for one in found]


async def _add_file(rt: Runtime, store: Store, email: Email, values: Values) -> None:
    version_id = email.params.get("file_version_id")
    if not version_id:
        return
    found = await rt.db.one(queries.FILE_VERSION, store_id=store.id, id=str(version_id))
    if found is not None:
        values["product_ids"] = [found.product_id]
        values["file"] = {
            "name": found.name,
            "version": found.label or str(found.number),
            "notes": found.notes,
            "product": found.product,
            "size": format_filesize(found.size, email.locale),
            "url": portal_url(rt.settings, store, "downloads"),
        }


async def _add_card(rt: Runtime, store: Store, email: Email, values: Values) -> None:
    method_id = email.params.get("payment_method_id")
    if not method_id:
        return
    found = await rt.db.one(queries.PAYMENT_METHOD, store_id=store.id, id=str(method_id))
    if found is not None:
        expires = f"{found.exp_month:02}/{found.exp_year}" if found.exp_month else ""
        values["card"] = {
            "brand": found.brand.capitalize(), "last4": found.last4, "expires": expires,
        }  # fmt: skip


def _order(rt: Runtime, store: Store, order: Order, locale: str) -> Values:
    when = order.paid_at or order.created_at
    page = f"purchases/{order.id}"
    return {
        "number": str(order.number),
        "date": format_date(when, locale, store.timezone),
        "total": format_money(order.total, order.currency, locale),
        "refunded": format_money(order.refunded, order.currency, locale),
        "url": portal_url(rt.settings, store, page),
        "invoice_url": portal_url(rt.settings, store, f"{page}/invoice"),
        "test": order.mode is Mode.TEST,
        "change": order.kind is OrderKind.CHANGE,
    }


def _products(products: Sequence[Product], order: Sequence[str]) -> list[Values]:
    found = {product.id: product for product in products}
    return [
        {"name": found[one].name, "message": found[one].confirmation_message}
        for one in order
        if one in found
    ]


def _download(version: queries.FileOfProduct, product: str, url: str, locale: str) -> Values:
    # To the purchase, not to this version: the link in an old mail then leads to the newest one.
    return {
        "product": product,
        "name": version.name,
        "version": version.label or str(version.number),
        "size": format_filesize(version.size, locale),
        "url": url,
    }


def _license(one: License, names: Mapping[str, str], locale: str, zone: str) -> Values:
    return {
        "product": names.get(one.product_id, ""),
        "key": one.key or "",
        "expires": format_date(one.expires_at, locale, zone) if one.expires_at else "",
    }


def _subscription(
    rt: Runtime, store: Store, subscription: Subscription, locale: str, zone: str
) -> Values:
    ends = subscription.ended_at or subscription.cancel_at
    paused = subscription.paused_from is not None
    resumes, discount = subscription.resumes_at, subscription.discount_ends_at
    return {
        "name": subscription.description,
        "amount": format_money(subscription.next_amount, subscription.currency, locale),
        "renews": "" if ends or paused else format_date(subscription.charged_at, locale, zone),
        "ends": format_date(ends, locale, zone) if ends else "",
        "url": portal_url(rt.settings, store, f"subscriptions/{subscription.id}"),
        "paused": paused,
        "paused_until": format_date(resumes, locale, zone) if resumes else "",
        "discount_until": format_date(discount, locale, zone) if discount else "",
        "quantity": str(subscription.quantity) if subscription.quantity > 1 else "",
    }

"""Stores of any size on PostgreSQL, made by a few statements, and what pages they have."""

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import asyncpg
import sqlalchemy as sa
from portico import tables
from portico.figures import days
from portico.runtime import Runtime
from portico.stores import service as stores
from portico.stores.models import Mode, Store

PRODUCTS = 20
_NUMBERED = ("customers", "licenses", "orders", "products", "subscriptions")
_BLANK: tuple[tuple[type[Any], str], ...] = (
    (sa.JSON, "'{}'"), (sa.Boolean, "false"), (sa.Integer, "0"), (sa.DateTime, "now()"),
)  # fmt: skip

# What is the same in each store of the temporary table ``plan (store_id, i, n)`` with n orders.
# ``j`` counts from 1; the orders are spread over three years, the last was a minute ago.
_AT = "now() - interval '1 minute' - (plan.n - j) * (interval '1095 days' / plan.n)"
_CUSTOMERS = "greatest(plan.n / 3, 1)"
_METHODS = "CASE WHEN plan.n > 100000 THEN 10000 ELSE greatest(plan.n / 30, 1) END"


def _id(prefix: str, number: str) -> str:
    return f"'{prefix}_' || lpad(({number})::text, 26, '0')"


_CUSTOMER_OF = f"1 + (j::bigint * 7919) % {_CUSTOMERS}"
# Not in step with the states, which repeat after ten.
_PRODUCT_OF = f"1 + (j * 31 + j / 10) % {PRODUCTS}"
_KIND = "CASE WHEN j % 10 = 9 THEN 'renewal' ELSE 'purchase' END"
_STATE = (
    "coalesce((ARRAY['failed', 'refunded', 'partially_refunded', 'pending'])[j % 10 + 1], 'paid')"
)
_ONE = "generate_series(1, 1) AS j"
_PER_ORDER = "generate_series(1, plan.n) AS j"
_SUBSCRIPTIONS = "generate_series(1, plan.n / 5) AS j"
_STATUS = "(ARRAY['active', 'past_due', 'canceled', 'trialing'])[j % 4 + 1]"

ROWS: Sequence[tuple[str, str, Mapping[str, str]]] = (
    ("products", f"generate_series(1, {PRODUCTS}) AS j", {
        "id": _id("prod", "j"), "slug": "'product-' || j", "name": "'Product ' || j",
        "state": "'active'", "created_at": "now() - interval '1100 days'",
        "license_issuer": "'licenses'",
    }),
    ("prices", f"generate_series(1, {PRODUCTS}) AS j", {
        "id": _id("price", "j"), "product_id": _id("prod", "j"), "type": "'one_time'",
        "currency": "'EUR'", "unit_amount": "2000", "interval_count": "1", "active": "true",
    }),
    ("files", f"generate_series(1, {PRODUCTS}) AS j", {
        "id": _id("file", "j"), "product_id": _id("prod", "j"), "name": "'File ' || j",
        "state": "'active'",
    }),
    ("file_versions", f"generate_series(1, {PRODUCTS}) AS j", {
        "id": _id("ver", "j"), "file_id": _id("file", "j"), "number": "1", "label": "'1.0'",
        "filename": "'file.zip'", "content_type": "'application/zip'", "size": "1000",
        "sha256": "repeat('a', 64)", "storage": "'files_local'", "storage_key": _id("key", "j"),
    }),
    ("customers", f"generate_series(1, {_CUSTOMERS}) AS j", {
        "id": _id("cus", "j"), "name": "'Customer ' || j",
        "email": "substr(md5(j::text), 1, 10) || '.' || j || '@example.com'",
        "created_at": "now() - interval '1 minute' - (plan.n / 3 - j) * "
                      "(interval '1095 days' / (plan.n / 3 + 1))",
        "signed_in_at": "CASE WHEN j % 5 < 3 THEN now() - interval '9 days' END",
    }),
    ("payment_methods", f"generate_series(1, {_CUSTOMERS}) AS j", {
        "id": _id("pm", "j"), "customer_id": _id("cus", "j"), "mode": "'live'",
        "provider": "'payments_sandbox'", "provider_ref": _id("ref", "j"), "type": "'card'",
        "brand": "'visa'", "last4": f"lpad((j % ({_METHODS}))::text, 4, '0')",
        "exp_year": "2030", "exp_month": "1", "is_default": "true",
    }),
    ("subscriptions", _SUBSCRIPTIONS, {
        "id": _id("sub", "j"), "customer_id": _id("cus", _CUSTOMER_OF),
        "product_id": _id("prod", _PRODUCT_OF), "description": "'Plan'", "mode": "'live'",
        "provider": "'payments_sandbox'", "provider_ref": _id("ref", "j"), "status": _STATUS,
        "currency": "'EUR'", "amount": "900", "quantity": "1", "interval": "'month'",
        "interval_count": "1", "current_period_start": "now()",
        "current_period_end": "now() + interval '20 days'",
        "payment_method_id": _id("pm", _CUSTOMER_OF),
        "ended_at": f"CASE WHEN {_STATUS} = 'canceled' THEN now() - interval '3 days' END",
        "created_at": _AT.replace("plan.n", "(plan.n / 5)"),
    }),
    ("orders", _PER_ORDER, {
        "id": _id("ord", "j"), "customer_id": _id("cus", _CUSTOMER_OF), "mode": "'live'",
        "kind": _KIND, "state": _STATE, "currency": "'EUR'", "total": "2000",
        "refunded": "CASE WHEN j % 10 = 1 THEN 2000 WHEN j % 10 = 2 THEN 500 ELSE 0 END",
        "provider": "'payments_sandbox'", "locale": "'en'", "created_at": _AT,
        "subscription_id": f"CASE WHEN j % 10 = 9 THEN {_id('sub', 'j / 10 + 1')} END",
        "paid_at": f"CASE WHEN j % 10 IN (0, 3) THEN NULL ELSE {_AT} END",
    }),
    ("order_items", _PER_ORDER, {
        "id": _id("itm", "j"), "order_id": _id("ord", "j"),
        "product_id": _id("prod", _PRODUCT_OF), "description": "'Product'", "quantity": "1",
        "unit_amount": "2000", "amount": "2000",
    }),
    ("product_orders", _PER_ORDER, {
        "order_id": _id("ord", "j"), "product_id": _id("prod", _PRODUCT_OF), "mode": "'live'",
        "kind": _KIND, "state": _STATE, "created_at": _AT,
    }),
    ("payments", _PER_ORDER, {
        "id": _id("pay", "j"), "order_id": _id("ord", "j"), "mode": "'live'",
        "provider": "'payments_sandbox'", "provider_ref": _id("ref", "j"),
        "state": "CASE j % 10 WHEN 0 THEN 'failed' WHEN 3 THEN 'pending' ELSE 'succeeded' END",
        "amount": "2000", "currency": "'EUR'", "idempotency_key": _id("pay", "j"),
        "payment_method_id": _id("pm", _CUSTOMER_OF), "created_at": _AT, "updated_at": _AT,
    }),
    ("refunds", "generate_series(1, plan.n, 10) AS j", {
        "id": _id("ref", "j"), "order_id": _id("ord", "j"), "payment_id": _id("pay", "j"),
        "mode": "'live'", "provider": "'payments_sandbox'", "provider_ref": _id("ref", "j"),
        "state": "'succeeded'", "amount": "2000", "currency": "'EUR'",
        "idempotency_key": _id("ref", "j"),
    }),
    ("licenses", "generate_series(1, plan.n, 2) AS j", {
        "id": _id("lic", "j"), "grant_key": _id("grant", "j"), "mode": "'live'",
        "customer_id": _id("cus", _CUSTOMER_OF), "product_id": _id("prod", _PRODUCT_OF),
        "order_id": _id("ord", "j"), "order_item_id": _id("itm", "j"), "issuer": "'licenses'",
        "created_at": _AT,
        "key": "CASE WHEN j % 8 <> 5 THEN upper(md5(j::text)) END",
        "state": "(ARRAY['active', 'disabled', 'pending', 'replaced'])[j % 8 / 2 + 1]",
    }),
    ("downloads", _PER_ORDER, {
        "id": _id("dl", "j"), "customer_id": _id("cus", _CUSTOMER_OF),
        "file_version_id": _id("ver", _PRODUCT_OF), "created_at": _AT,
    }),
    ("download_counts", f"generate_series(1, {PRODUCTS}) AS j", {
        "file_version_id": _id("ver", "j"), "count": f"plan.n / {PRODUCTS}",
    }),
    ("emails", _PER_ORDER, {
        "id": "'mail_' || plan.i || '_' || lpad(j::text, 20, '0')",
        "customer_id": _id("cus", _CUSTOMER_OF), "order_id": _id("ord", "j"),
        "kind": "'confirmation'", "locale": "'en'", "to_address": "'customer@example.com'",
        "message_id": "'<' || plan.i || '.' || j || '@example.com>'", "subject": "'Thank you'",
        "state": "CASE j % 10 WHEN 0 THEN 'bounced' ELSE 'sent' END", "created_at": _AT,
    }),
    ("audit_log", _PER_ORDER, {
        "id": "'aud_' || plan.i || '_' || lpad(j::text, 20, '0')", "actor_type": "'customer'",
        "actor_id": _id("cus", _CUSTOMER_OF),
        "action": "CASE j % 3 WHEN 0 THEN 'order.refund' ELSE 'customer.sign_in' END",
        "subject_type": "'order'", "subject_id": _id("ord", "j"), "created_at": _AT,
    }),
)  # fmt: skip
"""Table, rows of a store, and what stands in each column; NOT NULL columns left out are blank."""


_COUNTS = """INSERT INTO subscription_counts (store_id, mode, status, count)
SELECT store_id, mode, status, count(*) FROM subscriptions GROUP BY store_id, mode, status"""
_SALES = """INSERT INTO product_sales (store_id, product_id, mode, count)
SELECT store_id, product_id, mode, count(*) FROM product_orders
WHERE kind = 'purchase' AND state IN ('paid', 'partially_refunded')
GROUP BY store_id, product_id, mode"""


async def fill(rt: Runtime, url: str, sizes: Sequence[int]) -> list[Store]:
    """Stores with so many orders each, live, with everything that goes with them."""
    made = []
    for i, _ in enumerate(sizes, start=1):
        store = await stores.create(
            rt, slug=f"shop-{i}", name=f"Shop {i}", by="test", mode=Mode.LIVE
        )
        made.append(store)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SET synchronous_commit = off")
        await connection.execute("SET maintenance_work_mem = '256MB'")
        if await connection.fetchval("SELECT current_setting('is_superuser')") == "on":
            await connection.execute("SET session_replication_role = replica")  # no key is checked
        await connection.execute("CREATE TEMP TABLE plan (store_id text, i int, n int)")
        await connection.executemany(
            "INSERT INTO plan VALUES ($1, $2, $3)",
            [(store.id, i, n) for i, (store, n) in enumerate(zip(made, sizes, strict=True), 1)],
        )
        indexes = await _drop_indexes(connection)
        for table, rows, columns in ROWS:
            await connection.execute(_insert(table, rows, columns))
        for definition in indexes:
            await connection.execute(definition)
        for table in _NUMBERED:
            await connection.execute(
                f"SELECT setval('{table}_number', (SELECT max(number) FROM {table}))"
            )
        await connection.execute(_COUNTS)
        await connection.execute(_SALES)
        await connection.execute("VACUUM ANALYZE")
        for store in made:
            await days.close(rt, store)  # as the worker does every hour
        await connection.execute("VACUUM ANALYZE figure_days")
    finally:
        await connection.close()
    return made


async def _drop_indexes(connection: Any) -> list[str]:
    """Take away what no constraint needs: an index is made sooner when its table is full."""
    found = await connection.fetch(
        "SELECT indexname, indexdef FROM pg_indexes JOIN pg_class ON relname = indexname "
        "WHERE schemaname = 'public' AND tablename = ANY ($1) AND NOT EXISTS "
        "(SELECT 1 FROM pg_constraint WHERE conindid = pg_class.oid)",
        [table for table, _, _ in ROWS],
    )
    for row in found:
        await connection.execute(f"DROP INDEX {row['indexname']}")
    return [row["indexdef"] for row in found]


def _insert(name: str, rows: str, given: Mapping[str, str]) -> str:
    """One INSERT for every store of the plan."""
    values = {"store_id": "plan.store_id", **given}
    table = tables.metadata.tables[name]
    if name in _NUMBERED:
        values["number"] = "1000 + row_number() OVER (ORDER BY plan.i, j)"
    for column in table.c:
        if column.name not in values and not column.nullable and column.server_default is None:
            values[column.name] = _blank(column)
    columns = ", ".join(f'"{one}"' for one in values)
    return f"INSERT INTO {name} ({columns}) SELECT {', '.join(values.values())} FROM plan, {rows}"


def _blank(column: sa.Column[Any]) -> str:
    kind = getattr(column.type, "impl", column.type)
    return next((sql for base, sql in _BLANK if isinstance(kind, base)), "''")


# The pages


def of_number(kind: str, number: int) -> str:
    """The id that ``fill`` gave."""
    return f"{kind}_{number:026d}"


def middle_of(size: int) -> int:
    """A paid purchase with a key, in the middle of a store with ``size`` orders, of somebody with
    a subscription that goes on."""
    middle = size // 2 - size // 2 % 10 + 7
    while _subscription_of(middle, size) % 4 not in (0, 3):  # _STATUS: active, trialing
        middle += 10
    return middle


def _subscription_of(middle: int, size: int) -> int:
    """The subscription of who made that purchase: customers come again in the same order."""
    return middle - size // 3


def buyer_of(size: int) -> str:
    """The id of the customer who made it."""
    return of_number("cus", 1 + (middle_of(size) * 7919) % (size // 3))


def pages(app: Any, slug: str, size: int) -> Iterator[tuple[str, bool]]:
    """(path, whether it is the portal's) of every page of a store with ``size`` orders.

    Every page that takes no id, those of records, and lists as they are narrowed and turned over.
    """
    middle = middle_of(size)
    customer = 1 + (middle * 7919) % (size // 3)
    ids = {
        "order_id": of_number("ord", middle), "license_id": of_number("lic", middle),
        "subscription_id": of_number("sub", _subscription_of(middle, size)),
        "customer_id": of_number("cus", customer), "product_id": of_number("prod", 1),
        "file_id": of_number("file", 1), "version_id": of_number("ver", 1),
    }  # fmt: skip
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: one.rule):
        for start, portal in (("/dashboard/<store>/", False), ("/p/<store>/", True)):
            if "GET" in rule.methods and rule.rule.startswith(start):
                path = rule.rule.replace("<store>", slug)
                for name, value in ids.items():
                    path = path.replace(f"<{name}>", value)
                if "<" not in path and not _leaves(path):
                    yield path, portal
    for path in _lists(size, middle, customer):
        yield f"/dashboard/{slug}/{path}", False


def _leaves(path: str) -> bool:
    return any(word in path for word in ("/export", "/qr", "sign-", "/disable", "/replace"))


def _lists(size: int, middle: int, customer: int) -> Iterator[str]:
    email = f"{_md5(customer)[:10]}.{customer}@"
    key, number = _md5(middle).upper(), 1000 + middle
    yield from (f"?period={one}" for one in ("7d", "90d", "12m"))
    yield from (f"products?{one}" for one in ("q=product-1", "state=active"))
    yield from (
        f"emails/sent?{one}"
        for one in ("state=bounced", "kind=confirmation", "q=customer@example.com", "q=customer")
    )
    yield "customers?signed_in=never"
    yield from (f"orders?state={one}" for one in ("paid", "failed", "refunded", "pending"))
    product = of_number("prod", 3)
    yield from (f"{one}?product={product}" for one in ("orders", "subscriptions", "licenses"))
    yield f"downloads?product={of_number('ver', 3)}"
    yield f"orders?product={product}&state=paid"
    yield from (f"subscriptions?state={one}" for one in ("active", "past_due", "canceled"))
    yield from (f"licenses?state={one}" for one in ("active", "pending", "disabled"))
    yield from (f"{one}?period=365d" for one in ("orders", "subscriptions", "licenses"))
    yield from (f"orders?q={one}" for one in (email, email[:6], number, "0007", key[-6:]))
    yield from (f"licenses?q={one}" for one in (email, key[-6:], key, number))
    yield from (f"subscriptions?q={one}" for one in (email, "0007"))
    yield from (f"{one}?q={email}" for one in ("downloads", "customers"))
    yield from (
        f"customers?{one}"
        for one in ("subscribed=active", "subscribed=past_due", "signed_in=ever", "q=0007")
    )
    for way in ("before", "after"):
        for path, kind in (("orders", "ord"), ("downloads", "dl"), ("licenses", "lic")):
            yield f"{path}?{way}={of_number(kind, middle)}"
        yield f"orders?product={product}&{way}={of_number('ord', middle)}"
        yield f"subscriptions?{way}={of_number('sub', math.ceil(size / 10))}"


def _md5(number: int) -> str:
    return hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()

"""The floor: the smallest Quart app that does what a signed-in page cannot do without.

Three round trips through raw asyncpg, the session's look-up among them, and a Jinja page of the
same size as the overview; on the same server with as many processes.
"""

import hashlib
import os
from typing import Any

import asyncpg
import jinja2
from quart import Quart, request

PAGE = """<!doctype html><title>{{ session.email }}</title><ul>
{% for row in rows %}<li>{{ row.number }} {{ row.total }} {{ row.created_at }}</li>{% endfor %}
{% for row in subscriptions %}<li>{{ row.description }} {{ row.amount }}</li>{% endfor %}
</ul><p>{{ filler }}</p>"""
SESSION = """SELECT s.id, c.id AS customer_id, c.store_id, c.email FROM sessions s
JOIN customers c ON c.store_id = s.store_id AND c.id = s.customer_id WHERE s.id = $1"""
ORDERS = """SELECT number, total, created_at FROM orders
WHERE store_id = $1 AND customer_id = $2 ORDER BY created_at DESC LIMIT 5"""
SUBSCRIPTIONS = """SELECT description, amount FROM subscriptions
WHERE store_id = $1 AND customer_id = $2"""


class Bare(asyncpg.Connection):
    """Uses no session state, so there is none to reset: one round trip less per release."""

    def get_reset_query(self) -> str:
        return ""


def create_app() -> Quart:
    """Granian's factory."""
    app = Quart(__name__)
    template = jinja2.Environment(autoescape=True).from_string(PAGE)
    held: dict[str, Any] = {}

    @app.before_serving
    async def connect() -> None:
        held["pool"] = await asyncpg.create_pool(
            os.environ["BENCH_DATABASE_URL"], min_size=1, max_size=5, connection_class=Bare
        )

    @app.get("/")
    async def page() -> str:
        token = request.cookies["session"]
        async with held["pool"].acquire() as connection:
            digest = hashlib.sha256(token.encode()).hexdigest()
            session = await connection.fetchrow(SESSION, digest)
            key = session["store_id"], session["customer_id"]
            rows = await connection.fetch(ORDERS, *key)
            subscriptions = await connection.fetch(SUBSCRIPTIONS, *key)
        data = {"session": session, "rows": rows, "subscriptions": subscriptions}
        if "filler" not in held:  # once: what the page lacks to the overview's size
            written = len(template.render(data).encode())
            held["filler"] = "x" * (int(os.environ["BENCH_PAGE_SIZE"]) - written)
        return template.render(data, filler=held["filler"])

    @app.get("/ready")
    async def ready() -> str:
        return "ready"

    return app

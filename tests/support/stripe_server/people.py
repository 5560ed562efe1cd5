"""Customers as other modules see them: addresses, metadata, tax ids, balance."""

from typing import Any

from tests.support.stripe_server.errors import Json, invalid
from tests.support.stripe_server.limits import check_metadata
from tests.support.stripe_server.world import World

_ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")


def address(given: Any) -> Json | None:
    """An address with all its fields."""
    return {name: given.get(name) or None for name in _ADDRESS} if given else None


def merged(old: Json | None, new: Any) -> Json:
    """Metadata after an update: an empty value removes a key, an empty string all of them."""
    if new == "":
        return {}
    check_metadata(new or {})
    together = {**(old or {}), **(new or {})}
    return {key: value for key, value in together.items() if value != ""}


def customer_of(world: World, identity: str, param: str = "customer", status: int = 400) -> Json:
    """A customer who is there."""
    return world.store.get("customer", identity, param, status)


def add_tax_id(world: World, customer: Json, kind: str, value: str) -> Json:
    """Add a tax id; one with ``INVALID`` in it is refused, as of the wrong form."""
    if "INVALID" in value:
        raise invalid(f"Invalid value for {kind}.", "value", "tax_id_invalid")
    country = value[:2] if kind == "eu_vat" else None
    made = world.new(
        "tax_id", customer["id"], country=country, customer=customer["id"], type=kind,
        value=value, owner={"account": None, "application": None, "customer": customer["id"],
                            "customer_account": None, "type": "customer"},
        verification={"status": "pending", "verified_address": None, "verified_name": None},
    )  # fmt: skip
    world.emit("customer.tax_id.created", made)
    return made


def balance_line(world: World, customer: Json, amount: int, ending: int, more: Json) -> Json:
    """A line of a customer's balance."""
    return world.new(
        "customer_balance_transaction", customer["id"], amount=amount, ending_balance=ending,
        currency=customer["currency"] or "usd", customer=customer["id"],
        **({"type": "adjustment", "metadata": {}} | more),
    )  # fmt: skip


def add_to_balance(world: World, customer: Json, amount: int, **more: Any) -> Json:
    """Change a customer's balance; below zero they have credit."""
    ending = customer["balance"] + amount
    entry = balance_line(world, customer, amount, ending, more)
    world.change(customer, "customer.updated", balance=ending)
    return entry

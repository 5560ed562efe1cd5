"""Customers and the records payment providers keep of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Customer:
    """A person, known to one store by one e-mail address (lower case).

    ``last_seen_at`` is the end of the visit before this one, ``signed_in_at`` the last sign-in.
    Of a customer that was merged into another, or erased, the row stays, with an address at which
    nobody can be reached.
    """

    store_id: str
    id: str
    number: int
    email: str
    name: str
    locale: str | None
    billing: dict[str, Any]
    created_at: datetime
    last_seen_at: datetime | None
    signed_in_at: datetime | None = None
    merged_into: str | None = None
    erased_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EmailChange:
    """A new address that waits for its proof."""

    store_id: str
    id: str
    customer_id: str
    new_email: str
    token_hash: str | None
    created_at: datetime
    expires_at: datetime
    confirmed_at: datetime | None

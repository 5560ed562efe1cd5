"""What an import keeps: how far it is, and each record of Stripe's that it has looked at."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portico.api import Mode


class ImportState(StrEnum):
    """One that failed waits for the seller to mend something, and then goes on."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Import:
    """One import: where it is (``phase`` and, in it, ``cursor``) and how many records it has
    ``looked`` at in this phase."""

    store_id: str
    id: str
    mode: Mode
    state: ImportState
    phase: str
    cursor: str | None
    looked: int
    problem: str | None
    started_at: datetime
    updated_at: datetime
    finished_at: datetime | None


class Kind(StrEnum):
    """Records of Stripe's that are compared one by one, in the order of the sheet."""

    PRODUCT = "product"
    PRICE = "price"
    CUSTOMER = "customer"
    SUBSCRIPTION = "subscription"
    CHECKOUT = "checkout"
    INVOICE = "invoice"
    CHARGE = "charge"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class Record:
    """A record of Stripe's: what it is worth there, and what core has of it.

    ``ref`` is what core knows it by; None where it was left out. ``why`` tells why that is so, or
    why the two sides may differ. ``here``, ``here_amount`` and ``differs`` are found when the two
    sides are compared. Amounts are in minor units.
    """

    store_id: str
    mode: Mode
    kind: Kind
    id: str
    import_id: str
    ref: str | None
    currency: str
    amount: int
    state: str
    why: str
    created_at: datetime
    here: bool = False
    here_amount: int = 0
    differs: bool = False


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of the sheet, as it is added up."""

    kind: Kind
    currency: str
    there: int
    there_sum: int
    here: int
    here_sum: int
    left_out: int
    left_out_sum: int
    explained_sum: int
    differs: int


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """Records of a kind with the same reason; ``first`` and ``last`` are two of them."""

    kind: Kind
    why: str
    here: bool
    currency: str
    count: int
    amount: int
    first: str
    last: str

"""What core hands to every run-time hook: the store, the settings, and what it lends."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from structlog.typing import FilteringBoundLogger

from portico.catalog.models import FileVersion, Price, Product
from portico.clock import Clock
from portico.customers.models import Customer
from portico.db import Command, Query
from portico.events.models import Lane
from portico.hooks.plugin import PluginSettings
from portico.orders.models import Order, OrderItem, Payment, Refund
from portico.past.models import (
    Held,
    PastCustomer,
    PastKind,
    PastMethod,
    PastOrder,
    PastPrice,
    PastProduct,
    PastRefund,
    PastSubscription,
    Taken,
)
from portico.sessions.models import Audience, SignInAttempt
from portico.stores.models import Mode, Store
from portico.subscriptions.models import PaymentMethod, Subscription

S = TypeVar("S", bound=PluginSettings)
T = TypeVar("T")


class Orders(Protocol):
    """Orders of the store, to read."""

    async def count(self, customer: Customer) -> int:
        """How many paid purchases the customer has made (renewals are not counted)."""
        ...

    async def get(self, order_id: str) -> Order | None: ...

    async def by_number(self, number: int) -> Order | None:
        """The order with this number, which customers know it by."""
        ...

    async def of_customer(self, customer_id: str) -> Sequence[Order]:
        """What the customer has paid for in the store's mode, renewals too; the newest first."""
        ...

    async def items(self, order_id: str) -> Sequence[OrderItem]: ...

    async def payment(self, provider_ref: str) -> Payment | None:
        """The payment that this plugin knows by its own reference."""
        ...

    async def refund(self, provider_ref: str) -> Refund | None:
        """The refund that this plugin knows by its own reference."""
        ...


class Customers(Protocol):
    """Customers of the store, and what this plugin calls them."""

    async def get(self, customer_id: str) -> Customer | None: ...

    async def by_email(self, email: str) -> Customer | None: ...

    async def link(self, customer_id: str, provider_ref: str) -> None:
        """Remember that this plugin knows the customer as ``provider_ref`` (may be several)."""
        ...

    async def refs(self, customer_id: str) -> Sequence[str]:
        """Every reference this plugin has for the customer, oldest first."""
        ...


class Subscriptions(Protocol):
    """Subscriptions and payment methods of the store that this plugin owns, to read."""

    async def get(self, subscription_id: str) -> Subscription | None: ...

    async def by_ref(self, provider_ref: str) -> Subscription | None: ...

    async def live(self, after: str = "", limit: int = 200) -> Sequence[Subscription]:
        """Subscriptions that have not ended, in the order of their ids, from behind ``after``."""
        ...

    async def payment_methods(self, customer_id: str) -> Sequence[PaymentMethod]: ...


class Catalog(Protocol):
    """The store's catalog, to read."""

    async def product(self, product_id: str) -> Product | None: ...

    async def price(self, price_id: str) -> Price | None: ...

    async def offers(self) -> Sequence[tuple[Product, Price]]:
        """What the store sells now, each of its prices with its product, by name."""
        ...

    async def newest_versions(self, product_id: str) -> Sequence[FileVersion]:
        """The newest version of each file that the product offers now."""
        ...


class Past(Protocol):
    """Takes in what was sold elsewhere before, many records at a time.

    Quietly: no mail, no event and no license key follows. (Keys for past purchases are issued
    when the seller asks for them, product by product.) What the store has under a reference of
    this plugin's stays as it is. Each call is all or nothing; inside ``ctx.db.transaction()`` it
    is committed together with the plugin's own rows.
    """

    async def add_products(self, products: Sequence[PastProduct]) -> Taken:
        """New products: the plugin has to remember which it has given, by the ids returned."""
        ...

    async def add_prices(self, prices: Sequence[PastPrice]) -> Taken:
        """New prices, which the plugin remembers as well; those that make no sense are refused."""
        ...

    async def add_customers(self, customers: Sequence[PastCustomer]) -> Taken:
        """People, found by their address or made; what is no address is refused."""
        ...

    async def customers(self, refs: Sequence[str]) -> Mapping[str, str]:
        """The ids of the people behind these customers of the provider's, as far as known."""
        ...

    async def add_methods(self, methods: Sequence[PastMethod]) -> Taken:
        """Payment methods. A person's default stays the default."""
        ...

    async def add_subscriptions(self, subscriptions: Sequence[PastSubscription]) -> Taken: ...

    async def add_orders(self, orders: Sequence[PastOrder]) -> Taken:
        """Orders with their payments; the ids are the orders'."""
        ...

    async def add_refunds(self, refunds: Sequence[PastRefund]) -> Taken:
        """Refunds of orders that were taken in. Of others they are refused: what follows from
        them is more than a record, so report them (see ``read_back``)."""
        ...

    async def held(self, kind: PastKind, refs: Sequence[str]) -> Mapping[str, Held]:
        """What the store has under these references; what it does not have is left out."""
        ...


class Mail(Protocol):
    """Sends mail through the store's transport, by way of the outbox."""

    async def queue(
        self,
        kind: str,
        to: str,
        *,
        params: Mapping[str, Any],
        locale: str | None = None,
        customer_id: str | None = None,
        lane: Lane = Lane.NORMAL,
        key: str | None = None,
    ) -> str:
        """Queue a mail; returns its id. ``params`` must hold no secret: see ``email_secrets``.

        ``key`` makes the call idempotent: a second mail with the same key is not queued.
        """
        ...


class Events(Protocol):
    """Work for later, and hints that something changed at a provider."""

    async def enqueue(
        self, job: str, payload: Mapping[str, Any], *, after: timedelta | None = None, key: str = ""
    ) -> None:
        """Run this plugin's job ``job`` in the worker, at least once."""
        ...

    async def hint(self, kind: str, provider_ref: str, *, key: str = "") -> None:
        """Say that a ``payment``, ``subscription``, ``refund``... changed at this provider.

        The worker then asks the plugin's ``read_back`` for the truth, once for all hints about
        one thing that wait. ``key`` is the hint's ``event_id``.
        """
        ...


class SignIns(Protocol):
    """Sign-in attempts of this plugin."""

    async def get(self, attempt_id: str) -> SignInAttempt | None: ...

    async def latest(self, audience: Audience, device: str) -> SignInAttempt | None:
        """The newest attempt that the browser with this device hash has begun."""
        ...

    async def count_try(self, attempt_id: str) -> int:
        """Count one wrong code; returns how many tries have been used in all."""
        ...


class Limits(Protocol):
    """Counts what somebody does, in the database: any number of nodes agree."""

    async def seconds_to_wait(self, what: str, who: str, *, most: int, per: timedelta) -> int:
        """Count one more of ``what`` by ``who`` in this store; 0, or the seconds until it is fine.

        ``most`` of them are fine within ``per``. ``who`` is kept as a hash only.
        """
        ...


class Secrets(Protocol):
    """What the plugin keeps secret in the store beside its settings, such as what a provider gave
    it. Encrypted at rest, and encrypted anew by ``portico secrets rotate``."""

    async def keep(self, name: str, value: str, *, until: datetime | None = None) -> None:
        """Keep ``value`` under ``name``, in place of what was there; for ever or ``until``."""
        ...

    async def get(self, name: str) -> str | None:
        """What is kept under ``name``; None where nothing is (any more)."""
        ...

    async def forget(self, name: str) -> None: ...


class PluginDatabase(Protocol):
    """The database, for the plugin's own tables. Statements are ``Query`` and ``Command``."""

    async def all(self, query: Query[T], /, **params: object) -> list[T]: ...

    async def one(self, query: Query[T], /, **params: object) -> T | None: ...

    async def run(self, command: Command, /, **params: object) -> int: ...

    async def run_many(self, command: Command, rows: Sequence[Mapping[str, object]]) -> None:
        """Run a command once per mapping of parameters, all or none."""
        ...

    def transaction(self) -> AbstractAsyncContextManager[None]: ...


class Urls(Protocol):
    """Absolute links, built from the configured base URL or the store's verified domain."""

    def portal(self, path: str = "") -> str:
        """A page of the store's portal."""
        ...

    def dashboard(self, path: str = "") -> str: ...

    def plugin(self, path: str = "") -> str:
        """A public route of this plugin."""
        ...

    def webhook(self) -> str:
        """Where this plugin's provider should send its webhooks for this store."""
        ...


@dataclass(frozen=True, slots=True)
class Context:
    """Handed to every run-time hook as its first argument.

    ``store`` is None only in hooks of plugins with the installation's scope; use
    ``ctx.require_store()`` elsewhere. ``locale`` is the reader's language.
    """

    plugin: str
    store: Store | None
    mode: Mode
    locale: str
    clock: Clock
    log: FilteringBoundLogger
    own_settings: PluginSettings
    data_dir: str
    orders: Orders
    customers: Customers
    subscriptions: Subscriptions
    catalog: Catalog
    past: Past
    mail: Mail
    events: Events
    sign_ins: SignIns
    limits: Limits
    secrets: Secrets
    db: PluginDatabase
    urls: Urls

    def settings(self, model: type[S]) -> S:
        """The plugin's settings for this store; ``TypeError`` if ``model`` is not its own."""
        if not isinstance(self.own_settings, model):
            raise TypeError(
                f"plugin {self.plugin} declares {type(self.own_settings).__name__} as its "
                f"Settings and asked for {model.__name__}"
            )
        return self.own_settings

    def require_store(self) -> Store:
        """The store; ``LookupError`` in a call that is about no store."""
        if self.store is None:
            raise LookupError(f"plugin {self.plugin} was called without a store")
        return self.store

    def now(self) -> datetime:
        """The current time, aware, in UTC."""
        return self.clock.now()

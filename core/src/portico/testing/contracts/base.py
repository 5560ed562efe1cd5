"""What every contract suite stands on: a store with the plugin, and nobody's shortcuts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import pytest
import pytest_asyncio
from typing_extensions import override

from portico.hooks.plugin import Plugin

if TYPE_CHECKING:
    from portico.catalog.models import Price, Product
    from portico.clock import FixedClock
    from portico.customers.models import Customer
    from portico.hooks.context import Context
    from portico.runtime import Runtime
    from portico.stores.models import Store

S = TypeVar("S")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Shop:
    """A store in test mode with the plugin on, one customer, one product and its price of 20.00."""

    rt: Runtime
    clock: FixedClock
    plugin: str
    store: Store
    customer: Customer
    product: Product
    price: Price

    async def ask(self, hook: Callable[[Any, Context, S], Awaitable[R]], subject: S) -> R:
        """Ask the plugin as core asks the owner of a record; its errors come out here."""
        return await self.rt.hooks.owner(self.store, self.plugin, hook, subject)


class HooksContract:
    """Base of the suites: subclass one and say which ``plugin`` it tests.

    The tests of a suite cannot be left out or replaced. What may be set or overridden is named
    in the suite's own documentation, and here: ``settings`` are saved for the plugin in the
    store; ``plugins_beside`` are further plugins the store has.
    """

    plugin: ClassVar[Plugin]
    settings: ClassVar[Mapping[str, Any]] = {}
    plugins_beside: ClassVar[Sequence[Plugin]] = ()

    @override
    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name, test in vars(cls).items():
            if name.startswith("test_") and iscoroutinefunction(test):
                pytest.mark.asyncio(test)  # runs whatever mode of pytest-asyncio the author has
        bases = [one for one in cls.__mro__[1:] if one.__module__.startswith(__package__ or "")]
        fixed = {name for one in bases for name in vars(one) if name.startswith("test_")}
        if replaced := sorted(fixed & vars(cls).keys()):
            raise TypeError(f"{cls.__name__} replaces {', '.join(replaced)} of the contract")

    @pytest.fixture
    def portico_plugins(self) -> Sequence[Plugin]:
        return (self.plugin, *self.plugins_beside)

    @pytest_asyncio.fixture
    async def shop(self, runtime: Runtime, clock: FixedClock) -> Shop:
        """The store that the tests work in."""
        from portico.activation import service as activation  # noqa: PLC0415 - pytest's start
        from portico.testing import factories  # noqa: PLC0415

        store = await factories.make_store(runtime)
        name = self.plugin.name
        if not self.plugin.starts_on:
            await activation.enable(runtime, store, name, by="test")
        if self.settings:
            await activation.save_settings(runtime, store, name, self.settings, by="test")
        customer = await factories.make_customer(runtime, store)
        product = await factories.make_product(runtime, store)
        price = await factories.make_price(runtime, store, product)
        return Shop(runtime, clock, name, store, customer, product, price)

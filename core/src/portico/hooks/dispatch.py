"""Asks plugins: ``owner``, ``first`` and ``each`` over what pluggy has registered."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import structlog

from portico.activation.cache import ActivationCache
from portico.clock import Clock
from portico.db import Database
from portico.hooks.answers import WrongAnswer, checker, shape
from portico.hooks.breaker import Breaker
from portico.hooks.checks import SPEC_FUNCTIONS
from portico.hooks.context import Context
from portico.hooks.errors import PluginSignal, Refused
from portico.hooks.health import Health, Key
from portico.hooks.lifecycle import LifecycleHooks, SettingsChange
from portico.hooks.loader import Registry
from portico.hooks.order import in_order
from portico.hooks.plugin import PluginSettings
from portico.hooks.watchdog import Watchdog
from portico.keys import Keys
from portico.settings import Settings
from portico.stores.models import Store

A = TypeVar("A")
S = TypeVar("S")
R = TypeVar("R")
Method = Callable[[Context, Any], Awaitable[Any]]
OWNER_SECONDS = 30.0
"""How long a plugin may take where nothing else is said: a person or a slot of the worker waits."""
SETTINGS_SECONDS = 30.0
"""How long a plugin may try out settings, such as a connection to a mail server."""
_log = structlog.get_logger("portico.plugins")


class PluginOff(LookupError):
    """The plugin is off in the store, or not installed."""


@dataclass(frozen=True, slots=True)
class Reply(Generic[R]):
    """What one plugin answered."""

    plugin: str
    value: R


class Contexts(Protocol):
    """Makes the context of a call (``portico.lending``)."""

    def make(
        self, store: Store | None, plugin: str, locale: str | None, settings: PluginSettings
    ) -> Context: ...


class Hooks:
    """The dispatcher of one application. ``attach`` hands it what contexts are made of."""

    def __init__(
        self, settings: Settings, db: Database, clock: Clock, registry: Registry, keys: Keys,
        *, monotonic: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._db = db
        self._registry = registry
        self._budget = settings.hook_budget
        self._monotonic = monotonic
        self._checks = {
            name: checker(function)
            for name, function in SPEC_FUNCTIONS.items()
            if inspect.iscoroutinefunction(function)
        }
        self.activations = ActivationCache(db, registry, keys)
        self.health = Health(db, clock)
        self.breaker = Breaker(monotonic)
        packages = {one.package: one.name for one in registry.plugins.values()}
        self.watchdog = Watchdog(packages, self.health.noticed)
        self._contexts: Contexts | None = None
        self._abandoned: set[asyncio.Task[Any]] = set()

    def attach(self, contexts: Contexts) -> None:
        """Use these contexts, which are made out of the runtime that this is a part of."""
        self._contexts = contexts

    def start(self) -> None:
        """Begin to watch the event loop and to write health; needs a connected database."""
        self.watchdog.start()
        self.health.start()

    async def stop(self) -> None:
        """The opposite of ``start``."""
        self.watchdog.stop()
        await self.health.stop()

    def context(self, store: Store | None, plugin: str, locale: str | None = None) -> Context:
        """What core lends to ``plugin`` for a call in ``store`` (or outside of any).

        For a caller that has just looked whether the plugin is on (``activation.state``); raises
        RuntimeError otherwise, since the store's settings are then not at hand.
        """
        if self._contexts is None:
            raise RuntimeError("Hooks.attach was not called")
        settings = self.activations.known(store).settings(plugin)
        return self._contexts.make(store, plugin, locale, settings)

    async def owner(
        self,
        store: Store | None,
        plugin: str,
        hook: Callable[[Any, Context, S], Awaitable[R]],
        subject: S,
        *,
        locale: str | None = None,
        timeout: float | None = OWNER_SECONDS,
    ) -> R:
        """Ask the plugin that owns the record; its error reaches the caller.

        Works while the plugin is on or retiring, else PluginOff; outside of stores, where nothing
        is switched off, for every installed plugin (sellers sign in with a store's plugin too).
        Refused when it does not answer the hook, WrongAnswer when it answers with another type,
        TimeoutError after ``timeout`` seconds (None: no limit).
        """
        name = hook.__name__
        method = self._registry.method(name, plugin)
        await self._check_answering(store, plugin, name)
        if method is None:
            raise Refused(f"{self._registry.plugins[plugin].plugin.title} does not offer this.")
        ctx = self.context(store, plugin, locale)
        value: R = await self._ask(_key(plugin, store, name), method, ctx, subject, timeout)
        return value

    async def first(
        self,
        store: Store | None,
        hook: Callable[[Any, Context, S], Awaitable[R]],
        subject: S,
        *,
        locale: str | None = None,
    ) -> Reply[R] | None:
        """The first answer that is not None, in the order of weight and name; errors reach the
        caller."""
        name = hook.__name__
        self._refuse_in_transaction(name)
        plugins = await self.activations.of(store)
        for plugin, method in self._registry.answering(name).items():
            if plugin in plugins.on:
                ctx = self.context(store, plugin, locale)
                value = await self._ask(
                    _key(plugin, store, name), method, ctx, subject, OWNER_SECONDS
                )
                if value is not None:
                    return Reply(plugin, value)
        return None

    async def each(
        self,
        store: Store | None,
        hook: Callable[[Any, Context, S], Awaitable[R]],
        subject: S,
        *,
        locale: str | None = None,
    ) -> list[Reply[R]]:
        """Everybody's answer, in the order of weight and name, or in the store's own order.

        The plugins are asked at the same time. One that fails, answers with another type or
        exceeds ``Settings.hook_budget`` is left out, logged and counted.
        """
        name = hook.__name__
        self._refuse_in_transaction(name)
        plugins = await self.activations.of(store)
        tasks: dict[asyncio.Task[Reply[R] | None], Key] = {}
        answering = self._registry.answering(name)
        for plugin in in_order(store, answering):
            method = answering[plugin]
            key = _key(plugin, store, name)
            if plugin in plugins.on and self.breaker.allows(key):
                ctx = self.context(store, plugin, locale)
                tasks[asyncio.create_task(self._contribute(key, method, ctx, subject))] = key
        if tasks:
            await self._wait(tasks)
        replies = (task.result() for task in tasks if task.done() and not task.cancelled())
        return [reply for reply in replies if reply is not None]

    async def run(
        self,
        store: Store | None,
        plugin: str,
        label: str,
        function: Callable[[Context, A], Awaitable[R]],
        argument: A,
        *,
        locale: str | None = None,
        timeout: float | None = OWNER_SECONDS,
    ) -> R:
        """Call a plugin's own function (a job, a route, a page) as ``owner`` calls a hook.

        ``label`` names it in logs and health. Raises as ``owner`` does.
        """
        await self._check_answering(store, plugin, label)
        ctx = self.context(store, plugin, locale)
        value: R = await self._ask(_key(plugin, store, label), function, ctx, argument, timeout)
        return value

    async def validate_settings(self, store: Store, plugin: str, change: SettingsChange) -> None:
        """Let a plugin try settings before they are saved, also while it is off in the store."""
        name = LifecycleHooks.validate_settings.__name__
        self._refuse_in_transaction(name)
        method = self._registry.method(name, plugin)
        if method is None or self._contexts is None:
            return
        ctx = self._contexts.make(store, plugin, None, change.new)
        await self._ask(_key(plugin, store, name), method, ctx, change, SETTINGS_SECONDS)

    async def _check_answering(self, store: Store | None, plugin: str, name: str) -> None:
        self._refuse_in_transaction(name)
        plugins = await self.activations.of(store)
        if plugin not in plugins.answering:
            where = f"in the store {store.slug!r}" if store else "outside of a store"
            raise PluginOff(f"the plugin {plugin!r} is off {where}")

    def _refuse_in_transaction(self, name: str) -> None:
        if self._db.in_transaction:
            raise RuntimeError(
                f"{name} was called inside a database transaction; commit first, since a plugin "
                "may take its time"
            )

    async def _ask(
        self, key: Key, method: Method, ctx: Context, subject: Any, timeout: float | None
    ) -> Any:
        """One call whose error the caller gets to see; it is counted all the same."""
        start = self._monotonic()
        limit = asyncio.timeout(timeout)
        try:
            async with limit:
                value = await self._step(key, method, ctx, subject)
        except PluginSignal as signal:
            signal.plugin = ctx.plugin
            self.health.answered(key, self._monotonic() - start)
            raise
        except Exception as error:
            seconds = self._monotonic() - start
            if limit.expired():
                self.health.timed_out(key, seconds, f"no answer within {timeout} s")
            else:
                self.health.failed(key, seconds, _describe(error))
            raise
        self.health.answered(key, self._monotonic() - start)
        return value

    async def _step(self, key: Key, method: Method, ctx: Context, subject: Any) -> Any:
        """Run the plugin's method where the watchdog sees it, and check what it returns."""
        task = asyncio.current_task()
        outer = self.watchdog.running.get(task)
        self.watchdog.running[task] = key
        try:
            value = await method(ctx, subject)
        except SystemExit as error:
            raise RuntimeError("it tried to end the process") from error
        finally:
            if outer is None:
                del self.watchdog.running[task]
            else:
                self.watchdog.running[task] = outer
        check = self._checks.get(key[2])
        if check is not None and not check(value):
            # Not the value itself: it may be a secret, and this is logged and kept.
            raise WrongAnswer(f"plugin {key[0]!r} answered {key[2]!r} with {shape(value)}")
        return value

    async def _contribute(
        self, key: Key, method: Method, ctx: Context, subject: Any
    ) -> Reply[Any] | None:
        """One call of ``each``, in a task of its own: None where it failed."""
        start = self._monotonic()
        timed = _Timed(self._step(key, method, ctx, subject), self._monotonic)
        try:
            value = await timed
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            self._failed(key, start, error)
            return None
        except Exception as error:
            self._failed(key, start, error)
            return None
        if timed.longest > self._budget:
            self._late(key, timed.longest, f"blocked the event loop for {timed.longest:.1f} s")
            return None
        self.breaker.answered(key)
        self.health.answered(key, self._monotonic() - start)
        return Reply(key[0], value)

    async def _wait(self, tasks: dict[asyncio.Task[Any], Key]) -> None:
        """Wait for as long as the budget allows; what is not done then is left behind."""
        start = self._monotonic()
        try:
            _, late = await asyncio.wait(tasks, timeout=self._budget)
            if late and self._monotonic() - start > self._budget * 1.25:
                # Somebody blocked the loop, so that the others had no time to answer.
                _, late = await asyncio.wait(late, timeout=self._budget)
        except asyncio.CancelledError:
            for task in tasks:
                self._abandon(task)
            raise
        for task in late:
            self._abandon(task)
            seconds = self._monotonic() - start
            self._late(tasks[task], seconds, f"no answer within {self._budget:g} s")

    def _abandon(self, task: asyncio.Task[Any]) -> None:
        """Cancel a task without waiting: it may refuse to end. A reference keeps it alive."""
        if not task.done():
            self._abandoned.add(task)
            task.add_done_callback(self._forget)
            task.cancel()

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._abandoned.discard(task)
        if not task.cancelled():
            task.exception()  # seen, so that asyncio does not report it

    def _failed(self, key: Key, start: float, error: BaseException) -> None:
        plugin, store_id, hook = key
        self.breaker.answered(key)
        self.health.failed(key, self._monotonic() - start, _describe(error))
        _log.warning(
            "plugin_failed", plugin=plugin, store_id=store_id, hook=hook, exc_info=error
        )  # fmt: skip

    def _late(self, key: Key, seconds: float, what: str) -> None:
        plugin, store_id, hook = key
        pause = self.breaker.timed_out(key)
        if pause:
            what += f"; left out for {pause:.0f} s"
        self.health.timed_out(key, seconds, what)
        _log.warning("plugin_late", plugin=plugin, store_id=store_id, hook=hook, what=what)


class _Timed:
    """Awaits a coroutine and measures the longest time it kept the event loop to itself."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any], monotonic: Callable[[], float]) -> None:
        self._coroutine = coroutine
        self._monotonic = monotonic
        self.longest = 0.0

    def __await__(self) -> Generator[Any, Any, Any]:
        resume: Callable[[], Any] = lambda: self._coroutine.send(None)  # noqa: E731 - replaced below
        while True:
            start = self._monotonic()
            try:
                wanted = resume()
            except StopIteration as stop:
                return stop.value
            finally:
                self.longest = max(self.longest, self._monotonic() - start)
            try:
                value = yield wanted
            except BaseException as error:  # a cancellation, handed on to the coroutine
                resume = _raiser(self._coroutine, error)
            else:
                resume = _sender(self._coroutine, value)


def _sender(coroutine: Coroutine[Any, Any, Any], value: Any) -> Callable[[], Any]:
    return lambda: coroutine.send(value)


def _raiser(coroutine: Coroutine[Any, Any, Any], error: BaseException) -> Callable[[], Any]:
    return lambda: coroutine.throw(error)


def _key(plugin: str, store: Store | None, hook: str) -> Key:
    return plugin, store.id if store else "", hook


def _describe(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"

"""Finds the installed plugins, refuses those that cannot work, and knows who answers what."""

import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any, TypeVar

import structlog
from typing_extensions import override

from portico.errors import ConfigurationError
from portico.hooks.answers import checker
from portico.hooks.checks import (
    SPEC_FUNCTIONS,
    check_contributions,
    check_hooks,
    check_identity,
    check_settings,
    check_together,
    hook_manager,
    marks,
    verb_of,
)
from portico.hooks.markers import Verb
from portico.hooks.plugin import Plugin, Scope

GROUP = "portico.plugins"
R = TypeVar("R")
_log = structlog.get_logger("portico.plugins")


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """A plugin and the distribution it came with. ``contributed`` is what it gave at start."""

    plugin: Plugin
    distribution: str
    version: str
    contributed: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.plugin.name

    @property
    def package(self) -> str:
        """The import name of the package the plugin is written in."""
        return type(self.plugin).__module__.partition(".")[0]

    @property
    def always_on(self) -> bool:
        """Whether it is on by being installed, in every store and outside of them."""
        return self.plugin.scope is Scope.INSTALLATION

    @override
    def __str__(self) -> str:
        return f"plugin {self.plugin.name!r} ({self.distribution})"


class Registry:
    """The plugins of one application; nothing about plugins is global."""

    def __init__(
        self, plugins: Iterable[LoadedPlugin], left_out: Mapping[str, str] | None = None
    ) -> None:
        ordered = sorted(plugins, key=lambda one: (one.plugin.weight, one.name))
        self.plugins: dict[str, LoadedPlugin] = {one.name: one for one in ordered}
        self.left_out: Mapping[str, str] = dict(left_out or {})
        manager = hook_manager()
        for one in ordered:
            manager.register(one.plugin, one.name)
        self._methods: dict[str, dict[str, Callable[..., Any]]] = {}
        for hook in SPEC_FUNCTIONS:
            caller = getattr(manager.hook, hook)
            found = {impl.plugin_name: impl.function for impl in caller.get_hookimpls()}
            self._methods[hook] = {name: found[name] for name in self.plugins if name in found}

    def get(self, name: str) -> LoadedPlugin | None:
        """The plugin of this name, or None where it is not installed."""
        return self.plugins.get(name)

    def names_answering(self, hook: Callable[..., Any] | str) -> list[str]:
        """Who answers a hook, in the order of weight, then name."""
        return list(self._methods[_hook_name(hook)])

    def method(self, hook: str, plugin: str) -> Callable[..., Any] | None:
        """A plugin's own method for a hook."""
        return self._methods[hook].get(plugin)

    def answering(self, hook: str) -> Mapping[str, Callable[..., Any]]:
        """Every plugin's method for a hook, in the order of weight, then name."""
        return self._methods[hook]

    def contributed(self, hook: Callable[[Any], R]) -> dict[str, R]:
        """What each plugin contributed to a hook at start, in the order of weight, then name."""
        name = _hook_name(hook)
        return {
            one.name: one.contributed[name]
            for one in self.plugins.values()
            if name in one.contributed
        }


def _hook_name(hook: Callable[..., Any] | str) -> str:
    return hook if isinstance(hook, str) else hook.__name__


def load_plugins(
    names: Sequence[str] | None, extra: Sequence[Plugin] = (), *, demo: bool = False
) -> Registry:
    """Load what is installed in the entry-point group ``portico.plugins``.

    ``names`` chooses among the installed (None: all of them, but those for the demo only outside
    it). ``extra`` are plugin objects of tests. Raises ConfigurationError with one line per
    mistake, each of which names the distribution.
    """
    loader = _Loader(demo)
    # To look for what is installed takes some 10 ms, and tests want none of it.
    installed = entry_points(group=GROUP) if names is None or names else ()
    for point in sorted(installed, key=lambda one: one.name):
        if names is None or point.name in names:
            loader.load(point, named=names is not None)
    for name in sorted(set(names or ()) - loader.seen):
        loader.problems.append(f"PORTICO_PLUGINS names {name!r}, which is not installed")
    for plugin in extra:
        loader.add(plugin, type(plugin).__module__, "", None)
    loader.finish()
    return Registry(loader.plugins.values(), loader.left_out)


class _Loader:
    """Collects plugins and everything that is wrong with them."""

    def __init__(self, demo: bool) -> None:
        self.demo = demo
        self.plugins: dict[str, LoadedPlugin] = {}
        self.left_out: dict[str, str] = {}
        self.problems: list[str] = []
        self.seen: set[str] = set()

    def load(self, point: EntryPoint, *, named: bool) -> None:
        """Import one entry point."""
        self.seen.add(point.name)
        distribution = point.dist.name if point.dist else "unknown distribution"
        version = point.dist.version if point.dist else ""
        try:
            plugin = point.load()
        except Exception as error:  # whatever its import raises: it is reported, not passed on
            _log.debug("plugin_import_failed", plugin=point.name, exc_info=True)
            self.problems.append(
                f"plugin {point.name!r} ({distribution}) cannot be imported: "
                f"{type(error).__name__}: {_first_line(error)}{_where(error)}"
            )
            return
        if getattr(plugin, "demo_only", False) and not self.demo and not named:
            self.left_out[point.name] = "works in the demo and in tests only"
            return
        self.add(plugin, distribution, version, point.name)

    def add(self, plugin: Plugin, distribution: str, version: str, entry: str | None) -> None:
        """Check one plugin and ask it for its contributions."""
        label = f"plugin {getattr(plugin, 'name', entry)!r} ({distribution})"
        wrong = list(check_identity(plugin, entry))
        if not wrong:
            if plugin.demo_only and not self.demo:
                wrong.append("works in the demo and in tests only; take it out of PORTICO_PLUGINS")
            wrong += check_settings(plugin.Settings)
            found = marks(plugin)
            wrong += check_hooks(plugin, found)
            if not wrong and (other := self.plugins.get(plugin.name)):
                self.problems.append(
                    f"two plugins are named {plugin.name!r}: "
                    f"{other.distribution} and {distribution}; remove one"
                )
                return
        if wrong:
            self.problems += [f"{label} {one}" for one in wrong]
            return
        loaded = LoadedPlugin(plugin, distribution, version, self._ask(plugin, found, label))
        self.problems += [f"{label} {one}" for one in check_contributions(loaded)]
        self.plugins[plugin.name] = loaded

    def _ask(
        self, plugin: Plugin, found: Mapping[str, Mapping[str, Any]], label: str
    ) -> dict[str, Any]:
        """Call the plugin's contributions, once."""
        contributed: dict[str, Any] = {}
        for method, options in found.items():
            name = options.get("specname") or method
            if verb_of(name) is not Verb.CONTRIBUTION:
                continue
            try:
                value = getattr(plugin, method)()
            except Exception as error:  # a plugin's bug must not hide behind a traceback
                self.problems.append(
                    f"{label} failed in {name!r}: {type(error).__name__}: {_first_line(error)}"
                )
                continue
            if not checker(SPEC_FUNCTIONS[name])(value):
                self.problems.append(f"{label} gave a wrong answer to {name!r}: {value!r:.80}")
                continue
            contributed[name] = value
        return contributed

    def finish(self) -> None:
        """Raise what has been found wrong."""
        self.problems += check_together(self.plugins)
        if self.problems:
            raise ConfigurationError("\n".join(self.problems))


def _where(error: Exception) -> str:
    """The line that failed, for the plugin's author; nothing where no code of it ran."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    if "importlib" in last.filename:
        return ""
    return f" ({last.filename}, line {last.lineno})"


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "no message")

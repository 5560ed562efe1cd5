"""What a plugin must not do, found at start: each function yields one message per mistake."""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from types import UnionType
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

import pluggy
from pydantic import BaseModel, SecretStr, ValidationError
from werkzeug.routing import Map, Rule

from portico.hooks.markers import PROJECT, Verb
from portico.hooks.plugin import Plugin, PluginSettings, Scope
from portico.hooks.specs import SPECS
from portico.tables import metadata

if TYPE_CHECKING:
    from portico.hooks.loader import LoadedPlugin

RESERVED_ROOTS = frozenset(
    ["p", "dashboard", "api", "hooks", "static", "x", "v1", "v2", "healthz", "readyz", "metrics"]
)  # fmt: skip
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_ROOT = re.compile(r"[a-z][a-z0-9_-]*")


def spec_functions() -> dict[str, Callable[..., Any]]:
    """Every hook's spec by its name."""
    return {
        name: function
        for spec in SPECS
        for name, function in vars(spec).items()
        if hasattr(function, "portico_verb")
    }


SPEC_FUNCTIONS: Mapping[str, Callable[..., Any]] = spec_functions()


def verb_of(name: str) -> Verb:
    """How core asks the hook of this name."""
    verb: Verb = SPEC_FUNCTIONS[name].portico_verb  # type: ignore[attr-defined]  # set by hookspec
    return verb


def hook_manager() -> pluggy.PluginManager:
    """One that knows every hook; core makes one per registry."""
    manager = pluggy.PluginManager(PROJECT)
    for spec in SPECS:
        manager.add_hookspecs(spec)
    return manager


_READER = pluggy.PluginManager(PROJECT)


def marks(plugin: Plugin) -> dict[str, Mapping[str, Any]]:
    """The options of every method that is decorated with ``@hookimpl``, by its name."""
    found: dict[str, Mapping[str, Any]] = {}
    for name in dir(type(plugin)):
        options = _READER.parse_hookimpl_opts(plugin, name)
        if options is not None:
            found[name] = dict(options)
    return found


def check_identity(plugin: object, entry_point: str | None) -> Iterator[str]:
    """Name, title, scope and root."""
    if not isinstance(plugin, Plugin):
        hint = "; it is a class: register an instance" if isinstance(plugin, type) else ""
        yield f"is no portico.api.Plugin{hint}"
        return
    name = getattr(plugin, "name", None)
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        yield f"is named {name!r}; a name is lower-case letters, digits and underscores"
    elif entry_point is not None and name != entry_point:
        yield f"is named {name!r} but its entry point is {entry_point!r}; both must be the same"
    if not isinstance(getattr(plugin, "title", None), str):
        yield "has no title"
    if not isinstance(plugin.scope, Scope):
        yield f"has the scope {plugin.scope!r}; use Scope.STORE or Scope.INSTALLATION"
    if plugin.root is not None and not _ROOT.fullmatch(plugin.root):
        yield f"claims the root {plugin.root!r}; a root is one word such as 'mailbox'"


def check_hooks(plugin: Plugin, marks: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Every hook it answers is known, plain, and fits its spec; none is forgotten."""
    for method, options in marks.items():
        name = options.get("specname") or method
        if name not in SPEC_FUNCTIONS:
            yield f"answers the hook {name!r}, which does not exist"
        elif options["wrapper"] or options["hookwrapper"]:
            yield f"wraps the hook {name!r}; hook wrappers are not allowed"
        else:
            yield from _check_signature(name, getattr(plugin, method))
    for name, spec in SPEC_FUNCTIONS.items():
        owner = next((one for one in SPECS if vars(one).get(name) is spec), None)
        if owner is None or not isinstance(plugin, owner) or name in marks:
            continue
        if inspect.getattr_static(type(plugin), name) is not spec:
            yield f"overrides {name!r} without @hookimpl, so it would never be called"


def _check_signature(name: str, method: Callable[..., Any]) -> Iterator[str]:
    spec = SPEC_FUNCTIONS[name]
    wanted, given = (inspect.iscoroutinefunction(one) for one in (spec, method))
    if wanted and not given:
        yield f"answers {name!r} with a plain function; it must be `async def`"
    elif given and not wanted:
        yield f"answers {name!r} with `async def`; it must be a plain function"
    expected = list(inspect.signature(spec).parameters)[1:]
    actual = list(inspect.signature(method).parameters)
    if expected != actual:
        yield f"{name!r} takes ({', '.join(expected)}), not ({', '.join(actual)})"


def check_settings(model: object, what: str = "Settings", secrets: bool = True) -> Iterator[str]:
    """A model whose fields all have defaults, with secrets where core can find them."""
    if not isinstance(model, type) or not issubclass(model, PluginSettings):
        yield f"has {what} that are no subclass of PluginSettings"
        return
    try:
        model()
    except ValidationError as error:
        fields = ", ".join(sorted({str(one["loc"][0]) for one in error.errors() if one["loc"]}))
        yield f"has {what} without a valid default: {fields or error.errors()[0]['msg']}"
    for name, field in model.model_fields.items():
        if not _mentions_secret(field.annotation):
            continue
        if not secrets:
            yield f"has a secret in {what}: {name}; keep secrets in Settings"
        elif name not in secret_fields(model):
            yield f"hides a secret inside {what}.{name}; a SecretStr must be a field of its own"


def secret_fields(model: type[PluginSettings]) -> frozenset[str]:
    """The fields that are encrypted at rest: SecretStr, or SecretStr | None."""
    return frozenset(
        name
        for name, field in model.model_fields.items()
        if field.annotation is SecretStr
        or (
            get_origin(field.annotation) in (Union, UnionType)
            and set(get_args(field.annotation)) == {SecretStr, type(None)}
        )
    )


def _mentions_secret(annotation: Any) -> bool:
    if annotation is SecretStr:
        return True
    inner: list[Any] = list(get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        inner += [field.annotation for field in annotation.model_fields.values()]
    return any(_mentions_secret(one) for one in inner)


def check_contributions(loaded: "LoadedPlugin") -> Iterator[str]:
    """Tables, paths and jobs of one plugin."""
    name = loaded.name
    tables = loaded.contributed.get("tables")
    for table in tables.metadata.tables if tables else ():
        if not table.startswith(f"{name}_") or table in metadata.tables:
            yield f"has the table {table!r}; its tables must be named '{name}_...'"
    if "license_settings" in loaded.contributed:
        model = loaded.contributed["license_settings"]
        yield from check_settings(model, "license settings", secrets=False)
    for hook in ("routes", "portal_pages", "dashboard_pages"):
        yield from _check_paths(hook, loaded.contributed.get(hook, ()))
    jobs = [job.name for job in loaded.contributed.get("jobs", ())]
    for job in sorted({one for one in jobs if jobs.count(one) > 1}):
        yield f"has two jobs named {job!r}"


def _check_paths(hook: str, pages: Any) -> Iterator[str]:
    """Paths must be readable, and no two answer the same request."""
    seen: set[tuple[str, str]] = set()
    for page in pages:
        path = "/" + page.path.lstrip("/")
        try:
            Map([Rule(path)])
        except (ValueError, LookupError) as error:
            yield f"has an unreadable path in {hook!r}: {page.path!r} ({error})"
        if hook != "routes" and "<store>" in path:
            yield f"has '<store>' in {hook!r}: {page.path!r}; the store is in front of it already"
        shape = re.sub(r"<[^>]*>", "<>", path)
        for method in sorted(page.methods):
            if (shape, method) in seen:
                yield f"answers {method} {path!r} twice in {hook!r}"
            seen.add((shape, method))


def check_together(plugins: Mapping[str, "LoadedPlugin"]) -> Iterator[str]:
    """What two plugins must not both have."""
    roots: dict[str, LoadedPlugin] = {}
    tables: dict[str, LoadedPlugin] = {}
    for loaded in plugins.values():
        root = loaded.plugin.root
        if root in RESERVED_ROOTS:
            yield f"{loaded} claims /{root}/, which is core's own"
        elif root is not None and root in roots:
            yield f"{loaded} and {roots[root]} both claim /{root}/"
        elif root is not None:
            roots[root] = loaded
        declared = loaded.contributed.get("tables")
        for table in declared.metadata.tables if declared else ():
            if table in tables:
                yield f"{loaded} and {tables[table]} both have the table {table!r}"
            tables[table] = loaded

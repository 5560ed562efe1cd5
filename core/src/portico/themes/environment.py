"""Jinja as every theme has it: one environment per theme, built once, nothing done per request
that could be done before."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    TemplateNotFound,
    Undefined,
    pass_context,
)
from jinja2.runtime import Context
from markupsafe import Markup
from typing_extensions import override

from portico.i18n import Translator
from portico.themes.compiled import READER_FILTERS, PageEnvironment, escaped, safe


class OwnFolderLoader(BaseLoader):
    """A plugin's templates: only those under a folder named like the plugin, so that no plugin
    replaces a page of core, a theme or another plugin."""

    def __init__(self, name: str, folder: Path) -> None:
        self._prefix = f"{name}/"
        self._files = FileSystemLoader(folder)

    @override
    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        if not template.startswith(self._prefix):
            raise TemplateNotFound(template)
        return self._files.get_source(environment, template)

    @override
    def list_templates(self) -> list[str]:
        return [name for name in self._files.list_templates() if name.startswith(self._prefix)]


def build_environment(
    layers: Sequence[tuple[str, Path]],
    plugins: frozenset[str],
    undefined: type[Undefined] = Undefined,
) -> PageEnvironment:
    """The environment that looks templates up in ``layers``, the first one first.

    Each layer is also there under its own prefix (``default:portal/base.html``), so that an
    override can extend what it overrides.
    """
    loaders: dict[str, BaseLoader] = {
        name: OwnFolderLoader(name, folder) if name in plugins else FileSystemLoader(folder)
        for name, folder in layers
    }
    environment = PageEnvironment(
        loader=ChoiceLoader([PrefixLoader(loaders, delimiter=":"), *loaders.values()]),
        autoescape=True,
        auto_reload=False,
        cache_size=-1,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=undefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    # So that the extension compiles {% trans %} for the new style; our functions are not wrapped
    # in its own, which would cost a third of the time a page takes.
    environment.install_gettext_callables(str, str, newstyle=True)  # type: ignore[attr-defined]  # added by the extension
    for name in ("_", "gettext", "ngettext"):
        del environment.globals[name]  # ``Words`` are in the context of each rendering
    environment.filters.update(FILTERS)
    return environment


# What depends on the reader is in the context of a rendering, never in the environment: so one
# environment serves every language at once.


class Words:
    """The functions that say a template's words in one language; a rendering's context has them.

    Messages are ours and may hold markup; what is put into them is escaped.
    """

    def __init__(self, translator: Translator) -> None:
        self._translator = translator
        self.message = translator.gettext
        self._plain: dict[str, Markup] = {}

    def gettext(self, message: str, /, **variables: object) -> Markup:
        """``message`` in this language, filled in."""
        if variables:
            return _filled(self._translator.gettext(message), variables)
        found = self._plain.get(message)
        if found is None:
            text = self._translator.gettext(message)
            found = self._plain[message] = safe(text % {} if "%" in text else text)
        return found

    def ngettext(self, singular: str, plural: str, number: int, /, **variables: object) -> Markup:
        """The form for ``number``, filled in."""
        variables.setdefault("num", number)
        return _filled(self._translator.ngettext(singular, plural, number), variables)


def _filled(message: str, variables: dict[str, object]) -> Markup:
    for name, value in variables.items():
        if type(value) not in (int, float):
            variables[name] = escaped(value)
    return safe(message % variables)


def _filter(function: Callable[..., str], names: tuple[str, ...]) -> Callable[..., str]:
    @pass_context
    def apply(context: Context, *values: object) -> str:
        return function(*values, *(context[name] for name in names))

    return apply


FILTERS: Mapping[str, Callable[..., str]] = {
    name: _filter(*reader) for name, reader in READER_FILTERS.items()
}

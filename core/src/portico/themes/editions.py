"""A theme in one language: what its templates call, and its pages compiled for just that."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from jinja2 import Template

from portico.themes.compiled import PageEnvironment, linked_template
from portico.themes.environment import Words
from portico.themes.linked import Constants

_log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class Edition:
    """What all pages of one theme (and plugin) have in common in one language.

    ``values`` are there in every template, whatever else a page brings. With ``known`` False, for
    a language that is not one of the installation's, nothing is compiled for it: any number of
    those may be asked for.
    """

    environment: PageEnvironment
    words: Words
    values: Mapping[str, Any]
    known: bool
    _linked: dict[str, Template | None] = field(default_factory=dict)

    def render(self, name: str, values: Mapping[str, Any]) -> str:
        """The template ``name`` with ``values``."""
        linked = self.prepare(name)
        if linked is None:
            return self._in_parts(name, values)
        environment = self.environment
        together = {**environment.globals, **values, **self.values}
        try:
            context = environment.context_class(environment, together, name, {})
            return "".join(linked.root_render_func(context))
        except Exception:
            # Only where the parts are apart can it be told which of them is wrong, and where.
            html = self._in_parts(name, values)
            _log.warning("linked_template_failed", template=name, exc_info=True)
            return html

    def prepare(self, name: str) -> Template | None:
        """The template in one piece; None where it has to stay in parts."""
        try:
            return self._linked[name]
        except KeyError:
            linked = self._linked[name] = self._compiled(name)
            return linked

    def _in_parts(self, name: str, values: Mapping[str, Any]) -> str:
        return self.environment.get_template(name).render({**values, **self.values})

    def _compiled(self, name: str) -> Template | None:
        if not self.known:
            return None
        functions = {each: self.values[each] for each in _CONSTANT}
        return linked_template(self.environment, name, Constants(functions, self.words.message))


_CONSTANT = ("_", "gettext", "icon", "icon_sprite", "static")
"""Functions that answer the same to the same constants, for one theme in one language."""

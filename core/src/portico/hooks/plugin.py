"""What a plugin is: an object with a name, a scope and, where it has any, settings."""

from enum import StrEnum
from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Scope(StrEnum):
    """Where a plugin is switched on."""

    STORE = "store"
    """Per store, by its seller."""
    INSTALLATION = "installation"
    """Once, by being installed: seller sign-in, operations. ``ctx.store`` may be None."""


class PluginSettings(BaseModel):
    """Base of a plugin's settings: shown to the seller as a form, stored per store.

    Field titles and descriptions are the form's words. A ``SecretStr`` field is encrypted at rest
    and never rendered back. Unknown keys are refused.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


class Plugin:
    """Base class of a plugin. Subclass it together with the spec classes it answers.

    ``name`` is lower-case letters, digits and underscores and equals the name of the entry point;
    it prefixes the plugin's tables, templates (``templates/<name>/``), static files
    (``static/``), translations (``locale/``), jobs and mail kinds. ``root`` claims a top-level
    path such as ``/mailbox/`` for the plugin's own routes. With ``starts_on`` False it stays off in
    new stores until a seller switches it on.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    description: ClassVar[str] = ""
    scope: ClassVar[Scope] = Scope.STORE
    weight: ClassVar[int] = 100
    Settings: ClassVar[type[PluginSettings]] = PluginSettings
    root: ClassVar[str | None] = None
    demo_only: ClassVar[bool] = False
    starts_on: ClassVar[bool] = True

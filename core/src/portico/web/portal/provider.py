"""Actions that a plugin carries out at a provider, and what is read when it fails."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import structlog
from werkzeug.exceptions import HTTPException

from portico.activation import service as activation
from portico.hooks.errors import ActionRequired, Refused
from portico.i18n import N_
from portico.runtime import Runtime
from portico.stores.models import Store
from portico.web.http import current_locale, runtime
from portico.web.portal.here import not_found

T = TypeVar("T")
_log = structlog.get_logger(__name__)

UNREACHABLE = N_(
    "The payment provider could not be reached just now. Nothing has changed. "
    "Try again in a minute."
)


class Place(Protocol):
    """Where the request is: ``Here`` of the portal, and of the dashboard."""

    @property
    def rt(self) -> Runtime: ...
    @property
    def store(self) -> Store: ...
    def say(self, message: str, /) -> str:
        """``message`` in the reader's language."""


def message_of(signal: Refused | ActionRequired) -> str:
    """What a service refuses with, or the plugin that it has asked, in the reader's language."""
    say = runtime().themes.translations.gettext(current_locale(), signal.plugin)
    return say(signal.message)


@dataclass(frozen=True, slots=True)
class Failed:
    """It was not done. ``url`` leads to what has to be done first, where the provider said so."""

    text: str
    url: str | None = None


async def attempt(at: Place, work: Awaitable[T], otherwise: str = UNREACHABLE) -> T | Failed:
    """Do ``work``, or say in words why not. A LookupError of core's own is a 404.

    ``otherwise`` is for all that the customer cannot change: a provider that does not answer, a
    plugin that is off or broken.
    """
    try:
        return await work
    except ActionRequired as error:
        return Failed(message_of(error), error.url)
    except Refused as error:
        return Failed(message_of(error))
    except HTTPException:
        raise
    except Exception as error:
        # Services say "no such thing" with a plain LookupError; a KeyError is somebody's bug.
        if type(error) is LookupError:
            not_found()
        _log.warning("provider_failed", store=at.store.slug, exc_info=True)
        return Failed(at.say(otherwise))


async def offers(at: Place, plugin: str, hook: Callable[..., Any]) -> bool:
    """Whether the plugin that owns a record can be asked for this now."""
    if plugin not in at.rt.registry.names_answering(hook):
        return False
    return plugin in await activation.enabled(at.rt, at.store, retiring=True)

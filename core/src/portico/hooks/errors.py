"""What a plugin raises for core to understand. Anything else is a bug in the plugin."""

from collections.abc import Callable, Mapping
from datetime import timedelta


class PluginSignal(Exception):
    """Base of everything a plugin raises on purpose.

    ``plugin`` is who raised it, set where core has asked: its catalog has the message.
    """

    plugin: str | None = None


class RetryLater(PluginSignal):
    """It cannot be done now. A background job is tried again after ``after``.

    ``cause`` says why in a word; of a mail ``greylisted``, ``busy``, ``full``, ``unreachable`` or
    ``settings``, which sellers then read in their language.
    """

    def __init__(self, after: timedelta, message: str = "", cause: str = "") -> None:
        super().__init__(message or f"try again in {after}")
        self.after = after
        self.cause = cause


class ActionRequired(PluginSignal):
    """The person has to do something first; ``url`` leads there. ``message`` is shown to them."""

    def __init__(self, message: str, url: str) -> None:
        super().__init__(message)
        self.message = message
        self.url = url


class Refused(PluginSignal):
    """It is not done, and trying again changes nothing. ``message`` is shown to the person."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidSettings(PluginSignal):
    """The seller's settings do not work. ``errors`` maps a field's name to what is wrong.

    ``values`` has, by the field's name, what stands for ``%(name)s`` in its message once that is
    translated.
    """

    def __init__(
        self, errors: Mapping[str, str], values: Mapping[str, Mapping[str, str]] | None = None
    ) -> None:
        self.errors = dict(errors)
        self._values = dict(values or {})
        super().__init__("; ".join(f"{field}: {self.words(field)}" for field in errors))

    def words(self, field: str, say: Callable[[str], str] = str) -> str:
        """What is wrong with a field; ``say`` translates the message."""
        message, values = say(self.errors[field]), self._values.get(field)
        return message % values if values else message


class DropMail(PluginSignal):
    """``email_secrets``: this mail must not be sent, and nothing is to tell that it was queued.

    It is how an address that nobody has gets the same answer in the same time as any other.
    """

"""Being told what happened."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portico.events.models import EventType
from portico.hooks.context import Context
from portico.hooks.markers import owner


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. ``id`` stays the same when an event is delivered again."""

    id: str
    type: EventType
    store_id: str
    subject_id: str
    data: Mapping[str, Any]
    created_at: datetime


class EventHooks:
    """Events, delivered by the worker at least once to each plugin that is on in the store."""

    @owner
    async def on_event(self, ctx: Context, event: Event) -> None:
        """Something happened. ``RetryLater`` brings the event again; so does any other error,
        a few times, before a person is asked to look."""
        raise NotImplementedError

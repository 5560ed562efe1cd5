"""A store's plugins."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Activation(StrEnum):
    """*Retiring* offers nothing new but still answers for the records it owns."""

    ON = "on"
    RETIRING = "retiring"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class HookHealth:
    """How a plugin's hook has done in a store since it was last reset. Times in milliseconds."""

    plugin: str
    store_id: str
    hook: str
    calls: int
    errors: int
    timeouts: int
    total_ms: int
    last_error: str | None
    last_error_at: datetime | None


@dataclass(frozen=True, slots=True)
class HookTimes:
    """How many calls of a plugin's hook took so long (a step of ``portico.hooks.timing``)."""

    plugin: str
    hook: str
    step: int
    calls: int


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong in a store that a person should look at, such as a missing file."""

    store_id: str
    id: str
    source: str
    kind: str
    subject_id: str
    message: str
    count: int
    first_seen_at: datetime
    last_seen_at: datetime
    resolved_at: datetime | None

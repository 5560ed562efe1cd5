"""What is known of a store's domains."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

PORTAL = "portal"
MAIL = "mail"


@dataclass(frozen=True, slots=True)
class DomainCheck:
    """A row: ``id`` says what the domain is for; ``checked_at`` is None before the first check."""

    store_id: str
    id: str
    domain: str
    result: dict[str, Any]
    checked_at: datetime | None


class OwnDomain(NamedTuple):
    """A domain at which a portal is served."""

    domain: str
    slug: str


class DomainState(StrEnum):
    """How far a domain is on its way to being used."""

    NOT_CHECKED = "not_checked"
    WAITING = "waiting"
    """The DNS does not know of it yet."""
    VERIFIED = "verified"
    FAILING = "failing"


@dataclass(frozen=True, slots=True)
class PortalDomain:
    """The domain that a seller has entered for the portal.

    ``reason`` says why it is not verified (see ``portico.domains.look``), with ``values`` for its
    words; ``addresses`` are those of this installation, for an A record. ``proven``: the DNS names
    the store. ``since``: from when on it has not been verified; None while it is.
    """

    domain: str
    state: DomainState = DomainState.NOT_CHECKED
    reason: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    addresses: tuple[str, ...] = ()
    checked_at: datetime | None = None
    proven: bool = False
    since: datetime | None = None


class RecordState(StrEnum):
    """What the DNS says about a record that mail needs."""

    FOUND = "found"
    MISSING = "missing"
    WRONG = "wrong"
    UNKNOWN = "unknown"
    """The DNS did not answer."""


@dataclass(frozen=True, slots=True)
class RecordCheck:
    """One of SPF, DKIM and DMARC.

    ``name`` is where it belongs, ``found`` what is there, ``says`` what that means (see
    ``portico.domains.records``) with ``values`` for its words, ``add`` what to put there.
    """

    record: str
    state: RecordState
    name: str
    says: str
    found: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    add: str = ""


@dataclass(frozen=True, slots=True)
class MailDomain:
    """The records of the domain that a store's mails come from. ``selector`` is what was asked
    for; empty where the usual ones were tried."""

    domain: str
    selector: str
    records: tuple[RecordCheck, ...]
    checked_at: datetime

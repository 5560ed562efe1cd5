"""What surrounds every page of the portal; part of the contract with themes."""

from dataclasses import dataclass

from portico.customers.models import Customer
from portico.stores.models import Store


@dataclass(frozen=True, slots=True)
class Language:
    """One the reader may switch to. ``name`` is in the language itself."""

    code: str
    name: str
    current: bool


@dataclass(frozen=True, slots=True)
class MenuItem:
    """An entry of the portal's menu."""

    label: str
    url: str
    icon: str
    current: bool


@dataclass(frozen=True, slots=True)
class Notice:
    """A message after an action. ``kind`` is ``good``, ``bad`` or ``plain``."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds every page. ``customer`` is None while nobody is signed in.

    ``has_subscriptions`` shows "Cancel a subscription" in the foot. ``languages`` are those the
    menu offers. ``foot`` are links that plugins add. ``base`` is the path at which the portal
    begins: ``/`` on a domain of the store's own; empty for the usual one.
    """

    store: Store
    locale: str
    direction: str
    csrf_token: str
    menu: tuple[MenuItem, ...]
    languages: tuple[Language, ...]
    customer: Customer | None = None
    notices: tuple[Notice, ...] = ()
    privacy_url: str | None = None
    terms_url: str | None = None
    imprint_url: str | None = None
    logo_url: str | None = None
    has_subscriptions: bool = False
    foot: tuple[MenuItem, ...] = ()
    base: str = ""

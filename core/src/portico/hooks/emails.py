"""E-mail: sending it, and what its texts can say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portico.catalog.models import Product
from portico.customers.models import Customer
from portico.emails.models import Email
from portico.hooks.context import Context
from portico.hooks.markers import contribution, each, owner
from portico.licenses.models import License
from portico.orders.models import Order, OrderItem


@dataclass(frozen=True, slots=True)
class OutgoingEmail:
    """A finished mail. Header values hold no line breaks. ``message_id`` includes its brackets.

    ``headers`` are further ones, such as ``List-Unsubscribe``.
    """

    message_id: str
    sender: str
    sender_name: str
    to: str
    reply_to: str | None
    subject: str
    text: str
    html: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SentEmail:
    """The server took it; ``response`` is what it said."""

    response: str


@dataclass(frozen=True, slots=True)
class SenderDomain:
    """The domain that the store's mails come from, such as ``example.com``."""

    domain: str


@dataclass(frozen=True, slots=True)
class SenderNeeds:
    """What a sender's domain has to say in the DNS for mails that a transport sends.

    ``server`` is the name of the mail server or its provider, for people; ``spf`` the mechanism
    that lets it send, such as ``include:spf.example.net``; ``selectors`` are those under which
    its DKIM keys usually are.
    """

    server: str
    spf: str
    selectors: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Purchase:
    """A paid order with all a mail may want to say about it."""

    order: Order
    items: Sequence[OrderItem]
    products: Sequence[Product]
    customer: Customer
    licenses: Sequence[License]


@dataclass(frozen=True, slots=True)
class EmailVariable:
    """A variable for mail texts: ``name`` is ``<plugin>.<word>``, ``label`` is for the menu."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class EmailText:
    """The text of a plugin's own kind of mail in one language, in Liquid and Markdown.

    ``kind`` is ``<plugin>.<name>``; English has to be among the languages. The values are what
    every mail has and what ``email_secrets`` gives, such as ``{{ <plugin>.<word> }}``.
    """

    kind: str
    locale: str
    subject: str
    body: str


class EmailHooks:
    """Transports, the texts of plugins' mails, and variables for the seller's texts."""

    @contribution
    def email_texts(self) -> list[EmailText]:
        """The texts of the mails that this plugin queues with a kind of its own."""
        return []

    @owner
    async def send_email(self, ctx: Context, message: OutgoingEmail) -> SentEmail:
        """Hand the mail to its server. ``RetryLater`` for what may pass (greylisting, no
        connection), ``Refused`` for what will not (no such address)."""
        raise NotImplementedError

    @owner
    async def sender_needs(self, ctx: Context, sender: SenderDomain) -> SenderNeeds | None:
        """What the domain needs in the DNS so that mails of this transport are believed; None
        where there is nothing to say. The seller sees it under Settings > Sender."""
        raise NotImplementedError

    @each
    async def email_variables(self, ctx: Context, purchase: Purchase) -> list[EmailVariable]:
        """Further variables for mails about a purchase."""
        return []

    @owner
    async def email_secrets(self, ctx: Context, email: Email) -> Mapping[str, str]:
        """Secrets (links, codes) for a mail that this plugin queued, made now, as it is sent.

        They go into the mail and nowhere else: not into the outbox, not into its history.
        """
        raise NotImplementedError

"""The kinds of mail: what each is for, whether it can be switched off, what its text can say."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from portico.emails.models import EmailKind
from portico.i18n import N_
from portico.stores.models import Store


class KindGroup(StrEnum):
    """How kinds are grouped in lists."""

    PURCHASES = "purchases"
    SUBSCRIPTIONS = "subscriptions"
    ACCOUNT = "account"
    SELLERS = "sellers"


GROUP_TITLES = {
    KindGroup.PURCHASES: N_("Purchases"),
    KindGroup.SUBSCRIPTIONS: N_("Subscriptions"),
    KindGroup.ACCOUNT: N_("The customer's account"),
    KindGroup.SELLERS: N_("For you and your team"),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of mail. ``title`` and ``about`` are translated where they are shown.

    ``always``: nobody can switch it off, for without it something does not work. ``variables``
    are the groups of the menu (``portico.emails.menu``) that such a mail has values for.
    ``unsubscribable``: customers may decline it. ``secret``: its words are never kept or shown.
    ``leads_to_portal``: who gets it can sign in there, so its text should have the link.
    """

    name: str
    title: str
    about: str
    group: KindGroup
    variables: frozenset[str]
    always: bool = False
    unsubscribable: bool = False
    secret: bool = False
    leads_to_portal: bool = True


_ORDER = frozenset({"customer", "order", "product", "downloads", "license", "portal", "store"})
_SUBSCRIPTION = frozenset({"customer", "subscription", "portal", "store"})
_ACCOUNT = frozenset({"customer", "portal", "store"})


def _kinds() -> tuple[Kind, ...]:
    purchases, subscriptions = KindGroup.PURCHASES, KindGroup.SUBSCRIPTIONS
    account, sellers = KindGroup.ACCOUNT, KindGroup.SELLERS
    return (
        Kind(EmailKind.CONFIRMATION, N_("Confirmation"),
             N_("When a purchase is paid: what was bought, its files and license keys."),
             purchases, _ORDER | {"subscription"}),
        Kind(EmailKind.REFUND, N_("Refund"), N_("When money was paid back."),
             purchases, _ORDER | {"amount"}),
        Kind(EmailKind.FILE_VERSION, N_("New file version"),
             N_("When you tell buyers about a new version of a file. Customers can unsubscribe."),
             purchases, frozenset({"customer", "file", "portal", "store"}), unsubscribable=True),
        Kind(EmailKind.RENEWAL_RECEIPT, N_("Renewal receipt"),
             N_("When a subscription was renewed and paid."),
             subscriptions, _ORDER | {"subscription"}),
        Kind(EmailKind.PAYMENT_FAILED, N_("Payment failed"),
             N_("When a subscription's payment did not work, with a way to put it right."),
             subscriptions, _SUBSCRIPTION | {"amount", "reason"}),
        Kind(EmailKind.CARD_EXPIRING, N_("Card expires soon"),
             N_("Two weeks before a card expires that pays for a subscription."),
             subscriptions, _SUBSCRIPTION | {"card"}),
        Kind(EmailKind.CANCELLATION, N_("Cancellation"),
             N_("When a subscription was cancelled, and until when it lasts."),
             subscriptions, _SUBSCRIPTION),
        Kind(EmailKind.CANCELLATION_UNDONE, N_("Cancellation undone"),
             N_("When a customer keeps the subscription after all."),
             subscriptions, _SUBSCRIPTION),
        Kind(EmailKind.SUBSCRIPTION_CHANGED, N_("Subscription changed"),
             N_("When the plan or the quantity is another, a pause begins or ends, or a discount "
                "begins."),
             subscriptions, _SUBSCRIPTION | {"license"}),
        Kind(EmailKind.SIGN_IN, N_("Sign-in link"),
             N_("When a customer asks for a way into the portal. It cannot be switched off."),
             account, _ACCOUNT | {"sign_in"}, always=True, secret=True),
        Kind(EmailKind.EMAIL_CHANGE, N_("Confirm a new address"),
             N_("To the new address, when a customer changes it. It cannot be switched off."),
             account, _ACCOUNT | {"email_change"}, always=True, secret=True),
        Kind(EmailKind.EMAIL_CHANGED, N_("Address changed"),
             N_("To the old address, when a customer has changed it. It cannot be switched off."),
             account, _ACCOUNT | {"new_email"}, always=True, leads_to_portal=False),
        Kind(EmailKind.DATA_ERASURE, N_("Confirm a deletion"),
             N_("When a customer wants their data deleted. It cannot be switched off."),
             account, _ACCOUNT | {"erasure"}, always=True, secret=True),
        Kind(EmailKind.SELLER_SIGN_IN, N_("Sign-in link for sellers"),
             N_("When somebody of your team signs in to this dashboard."),
             sellers, frozenset(), always=True, secret=True),
        Kind(EmailKind.SELLER_INVITATION, N_("Invitation to the team"),
             N_("When you invite somebody to your team."), sellers, frozenset(), always=True),
        Kind(EmailKind.SENDER_CHECK, N_("Confirm a sender address"),
             N_("To an address that you want to send from."),
             sellers, frozenset(), always=True, secret=True),
    )  # fmt: skip


KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _kinds()}
"""Core's kinds by name, in the order in which they are listed."""
SECRET_KINDS = frozenset(name for name, kind in KINDS.items() if kind.secret)


def editable(kind: str) -> Kind | None:
    """The kind, if sellers may write its text: mails to sellers come from the installation."""
    found = KINDS.get(kind)
    return None if found is None or found.group is KindGroup.SELLERS else found


def is_on(store: Store, kind: str) -> bool:
    """Whether the store sends mails of this kind. A plugin's kinds go with the plugin."""
    found = KINDS.get(kind)
    return (
        found is None or found.always or kind not in store.settings.get("emails", {}).get("off", ())
    )


def per_minute(store: Store) -> int:
    """How many mails the store sends in a minute at most; 0 for as many as there are."""
    return int(store.settings.get("emails", {}).get("per_minute", 0) or 0)

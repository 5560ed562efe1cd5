"""The variables of sellers' texts: what they mean, and what "+ Insert variable" puts there."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from portico.i18n import N_

GROUPS = {
    "customer": N_("Customer"),
    "order": N_("Order"),
    "product": N_("Product"),
    "downloads": N_("Downloads"),
    "license": N_("License"),
    "portal": N_("Portal"),
    "subscription": N_("Subscription"),
    "store": N_("Store"),
    "file": N_("New version"),
    "card": N_("Card"),
    "amount": N_("Amount"),
    "reason": N_("Reason"),
    "sign_in": N_("Signing in"),
    "email_change": N_("New address"),
    "new_email": N_("New address"),
    "erasure": N_("Deletion"),
}
"""Titles of the menu's groups, in its order."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable. ``label`` is translated where it is shown.

    A name with ``[]`` is inside a list: ``{% for product in products %}{{ product.name }}``.
    ``sample`` stands for it where there is no real value. ``link``: it is an address, and is
    inserted as a link with its label.
    """

    name: str
    label: str
    group: str
    sample: str
    link: bool = False

    @property
    def list_name(self) -> str:
        """The list it is in, or ''."""
        return self.name.partition("[]")[0] if "[]" in self.name else ""

    def snippet(self, label: str, *, html: bool = False) -> str:
        """What the menu inserts: Liquid in Markdown, or in HTML."""
        if one := _SINGULAR.get(self.list_name):
            inner = "{{ " + self.name.replace(f"{self.list_name}[]", one) + " }}"
            line = f"<p>{inner}</p>" if html else inner
            return f"{{% for {one} in {self.list_name} %}}{line}\n{{% endfor %}}"
        if self.link:
            value = "{{ " + self.name + " }}"
            return f'<a href="{value}">{label}</a>' if html else f"[{label}]({value})"
        return "{{ " + self.name + " }}"


_SINGULAR = {
    "items": "item",
    "products": "product",
    "downloads": "file",
    "licenses": "license",
}

VARIABLES: tuple[Variable, ...] = (
    Variable("customer.name", N_("Name of the customer"), "customer", "Ada Lovelace"),
    Variable("customer.email", N_("E-mail address of the customer"), "customer", "ada@example.com"),
    Variable("order.number", N_("Order number"), "order", "1001"),
    Variable("order.date", N_("Date of the order"), "order", "2027-05-14"),
    Variable("order.total", N_("Total of the order"), "order", "29.00"),
    Variable("order.refunded", N_("Amount that was refunded in all"), "order", "29.00"),
    Variable("order.url", N_("Link to the purchase"), "order", "https://example.com/", True),
    Variable("order.invoice_url", N_("Link to the invoice"), "order", "https://example.com/", True),
    Variable("order.test", N_("Whether it is a test purchase"), "order", ""),
    Variable("items[].name", N_("What a line of the order is for"), "order", "Sample product"),
    Variable("items[].quantity", N_("Quantity of the line"), "order", "1"),
    Variable("items[].amount", N_("Amount of the line"), "order", "29.00"),
    Variable("products[].name", N_("Name of a product"), "product", "Sample product"),
    Variable(
        "products[].message", N_("The product's own message to its buyers"), "product",
        "Thank you for buying this.",
    ),
    Variable("downloads[].name", N_("Name of the file"), "downloads", "sample.zip"),
    Variable("downloads[].url", N_("Link to the file in the portal"), "downloads",
             "https://example.com/"),
    Variable("downloads[].product", N_("Product a file belongs to"), "downloads", "Sample product"),
    Variable("downloads[].version", N_("Version of the file"), "downloads", "1.0"),
    Variable("downloads[].size", N_("Size of the file"), "downloads", "12 MB"),
    Variable("licenses[].key", N_("License key"), "license", "SAMPLE-7K3M-9Q2X-4TPB"),
    Variable("licenses[].product", N_("Product a license key is for"), "license", "Sample product"),
    Variable("licenses[].expires", N_("Date until which the key is valid"), "license",
             "2028-05-14"),
    Variable("portal.url", N_("Customer portal link"), "portal", "https://example.com/", True),
    Variable("subscription.name", N_("Name of the subscription"), "subscription", "Sample plan"),
    Variable("subscription.amount", N_("Price of a period"), "subscription", "9.00"),
    Variable("subscription.renews", N_("Date of the next charge"), "subscription", "2027-06-14"),
    Variable("subscription.ends", N_("Date on which the subscription ends"), "subscription",
             "2027-06-14"),
    Variable("subscription.paused_until", N_("Date on which a pause ends"), "subscription",
             "2027-07-14"),
    Variable("subscription.discount_until", N_("Date until which a discount lasts"), "subscription",
             "2027-07-14"),
    Variable("subscription.quantity", N_("Quantity, where it is more than one"), "subscription",
             "2"),
    Variable("subscription.url", N_("Link to the subscription"), "subscription",
             "https://example.com/", True),
    Variable("store.name", N_("Name of the store"), "store", "Sample store"),
    Variable("store.support_email", N_("Support address of the store"), "store",
             "help@example.com"),
    Variable("file.name", N_("Name of the file"), "file", "sample.zip"),
    Variable("file.version", N_("Version of the file"), "file", "2.0"),
    Variable("file.notes", N_("Your notes about the version"), "file", "Two bugs less."),
    Variable("file.product", N_("Product a file belongs to"), "file", "Sample product"),
    Variable("file.size", N_("Size of the file"), "file", "12 MB"),
    Variable("file.url", N_("Link to the file in the portal"), "file", "https://example.com/",
             True),
    Variable("unsubscribe.url", N_("Link to unsubscribe"), "file", "https://example.com/", True),
    Variable("card.brand", N_("Kind of the card"), "card", "Visa"),
    Variable("card.last4", N_("Last four digits of the card"), "card", "4242"),
    Variable("card.expires", N_("Month in which the card expires"), "card", "05/2027"),
    Variable("amount", N_("Amount the mail is about, such as a refund"), "amount", "29.00"),
    Variable("mail.reason", N_("Why the payment failed, in the provider's words"), "reason",
             "Your card was declined."),
    Variable("sign_in.url", N_("Sign-in link"), "sign_in", "https://example.com/", True),
    Variable("sign_in.code", N_("Code to type instead of the link"), "sign_in", "7K3M9Q"),
    Variable("mail.minutes", N_("Minutes for which the link works"), "sign_in", "30"),
    Variable("email_change.url", N_("Link that confirms the address"), "email_change",
             "https://example.com/", True),
    Variable("erasure.url", N_("Link that confirms the deletion"), "erasure",
             "https://example.com/", True),
    Variable("mail.new_email", N_("The new address"), "new_email", "a•••@example.com"),
)  # fmt: skip
EVERYWHERE = (
    "mail.to", "mail.kind", "mail.sender", "mail.minutes", "mail.confirm", "mail.is_new",
    "mail.by_seller", "order.change", "subscription.paused", "store.locale",
)  # fmt: skip
"""Known to every text, and of too little use for the menu."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A variable in the menu: its words, its value for the order that was chosen."""

    name: str
    label: str
    value: str
    snippet: str
    html_snippet: str
    sample: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A part of the menu: of core's, or one plugin's."""

    title: str
    entries: Sequence[Entry] = field(default_factory=tuple)

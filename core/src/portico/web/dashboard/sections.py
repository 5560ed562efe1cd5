"""The dashboard's menu and the tabs of its settings: a line for each page that exists."""

from typing import NamedTuple

from portico.i18n import N_
from portico.sellers.models import Permission
from portico.web.dashboard.here import Here


class Section(NamedTuple):
    """An entry of the side menu; ``g`` and then ``key`` leads there."""

    path: str
    label: str
    icon: str
    key: str
    permission: Permission = Permission.VIEW


class Tab(NamedTuple):
    """A page of the settings."""

    path: str
    label: str
    permission: Permission = Permission.VIEW


SECTIONS = (
    Section("", N_("Home"), "home", "h"),
    Section("products", N_("Products"), "box", "p"),
    Section("customers", N_("Customers"), "people", "c"),
    Section("orders", N_("Orders"), "bag", "o"),
    Section("subscriptions", N_("Subscriptions"), "loop", "u"),
    Section("licenses", N_("License keys"), "key", "l"),
    Section("downloads", N_("Downloads"), "download", "d"),
    Section("emails", N_("E-mails"), "mail", "e"),
    Section("plugins", N_("Plugins"), "plug", "x"),
    Section("settings", N_("Settings"), "gear", "s"),
)
"""In the menu's order: home, products, customers, orders, subscriptions, licenses, downloads,
emails, plugins, settings. What plugins add stands before the settings."""

SETTINGS = (
    Tab("settings/store", N_("Store")),
    Tab("settings/portal", N_("Customer portal")),
    Tab("settings/appearance", N_("Appearance")),
    Tab("settings/payments", N_("Payments")),
    Tab("settings/sender", N_("Sender")),
    Tab("settings/team", N_("Team")),
    Tab("settings/legal", N_("Legal")),
)  # fmt: skip
"""In the tabs' order: store, portal, appearance, payments, sender, team, legal."""


def place(at: Here, *paths: str) -> str:
    """The URL of the first of these pages that exists and the seller may open; empty for none."""
    open_to = {one.path for one in (*SECTIONS, *SETTINGS) if at.can(one.permission)}
    return next((at.path(path) for path in paths if path in open_to), "")

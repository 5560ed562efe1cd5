"""Sellers, memberships and invitations."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What a seller may do in a store. Support sees and resends; it changes nothing that costs."""

    OWNER = "owner"
    MANAGER = "manager"
    SUPPORT = "support"

    def reaches(self, least: "Role") -> bool:
        """Whether this role may do what ``least`` may."""
        order = (Role.SUPPORT, Role.MANAGER, Role.OWNER)
        return order.index(self) >= order.index(least)

    def may(self, permission: "Permission") -> bool:
        """Whether this role has the permission."""
        return permission in PERMISSIONS[self]


class Permission(StrEnum):
    """What a page or a button of the dashboard asks for; which role has it says PERMISSIONS."""

    VIEW = "view"
    """See the store's products, customers, orders, mails and settings."""
    RESEND_MAIL = "resend_mail"
    SEND_SIGN_IN_LINK = "send_sign_in_link"
    VIEW_AS_CUSTOMER = "view_as_customer"
    EXPORT = "export"
    """Take lists away as files."""
    EDIT_PRODUCTS = "edit_products"
    EDIT_CUSTOMERS = "edit_customers"
    """Correct, merge, export or erase a customer; grant and withdraw access."""
    EDIT_ORDERS = "edit_orders"
    """Refund, and change subscriptions."""
    EDIT_LICENSES = "edit_licenses"
    EDIT_EMAILS = "edit_emails"
    EDIT_PLUGINS = "edit_plugins"
    EDIT_SETTINGS = "edit_settings"
    EDIT_PAYMENTS = "edit_payments"
    """Change how the store takes money, and whether it is real."""
    EDIT_TEAM = "edit_team"
    DELETE_STORE = "delete_store"


_SUPPORT = frozenset({
    Permission.VIEW, Permission.RESEND_MAIL, Permission.SEND_SIGN_IN_LINK,
    Permission.VIEW_AS_CUSTOMER,
})  # fmt: skip
_OWNER = frozenset(Permission)
PERMISSIONS = {
    Role.SUPPORT: _SUPPORT,
    Role.MANAGER: _OWNER
    - {Permission.EDIT_PAYMENTS, Permission.EDIT_TEAM, Permission.DELETE_STORE},
    Role.OWNER: _OWNER,
}
"""What each role may do."""


@dataclass(frozen=True, slots=True)
class Seller:
    """A person who signs in to the dashboard."""

    id: str
    email: str
    name: str
    locale: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Membership:
    """A seller's role in a store."""

    store_id: str
    seller_id: str
    role: Role
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of a store's team, or (``expires_at`` is set) invited to it."""

    seller_id: str
    email: str
    name: str
    role: Role
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Invitation:
    """A store that somebody is asked to look after, by whom the invitation is for."""

    store_id: str
    store_name: str
    role: Role
    expires_at: datetime

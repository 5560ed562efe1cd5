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

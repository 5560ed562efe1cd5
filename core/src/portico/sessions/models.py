"""Sessions and the attempts to open one."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from portico.customers.models import Customer
from portico.sellers.models import Role, Seller
from portico.stores.models import Store


class Audience(StrEnum):
    """Who a session is for."""

    CUSTOMER = "customer"
    SELLER = "seller"


class AttemptState(StrEnum):
    """A sign-in attempt is used once."""

    PENDING = "pending"
    USED = "used"


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser. ``id`` is the SHA-256 of the cookie's token; the token is not kept."""

    id: str
    audience: Audience
    store_id: str | None
    customer_id: str | None
    seller_id: str | None
    user_agent: str
    ip: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignInAttempt:
    """Somebody asked to sign in as ``email``; ``subject_id`` is None where nobody has it.

    ``device`` is the hash of a cookie that binds a typed code to the browser that asked; it is
    empty where a seller has asked, and a code would be of no use.
    """

    id: str
    audience: Audience
    store_id: str | None
    email: str
    subject_id: str | None
    method: str
    device: str
    next_path: str
    locale: str
    ip: str
    state: AttemptState
    tries: int
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Visit:
    """A request to a store's portal. Nobody is signed in without ``session`` and ``customer``."""

    store: Store
    session: Session | None = None
    customer: Customer | None = None

    @property
    def viewing(self) -> bool:
        """Whether a seller looks at the portal as the customer: nothing can be changed then."""
        return self.session is not None and self.session.seller_id is not None


@dataclass(frozen=True, slots=True)
class SellerVisit:
    """A signed-in request to the dashboard.

    ``store`` and ``role`` are those of the address, None where the seller has no role there.
    """

    session: Session
    seller: Seller
    store: Store | None = None
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class OpenedSession:
    """A new session. ``token`` goes into the cookie and is kept nowhere else."""

    token: str
    session: Session
    next_path: str

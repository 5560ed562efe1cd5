"""What a page of a store starts from: the store, who is signed in, and what they may do."""

import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, NoReturn, ParamSpec
from urllib.parse import urlencode

from quart import Response, abort

from portico.events import service as events
from portico.i18n import N_
from portico.runtime import Runtime
from portico.sellers.models import Permission, Role, Seller
from portico.sessions.models import Session
from portico.stores.models import Store
from portico.web.http import current_locale, gettext, runtime, seller_visit, sellers_sign_in

P = ParamSpec("P")
View = Callable[P, Awaitable[Response]]
ROLES = {Role.OWNER: N_("Owner"), Role.MANAGER: N_("Manager"), Role.SUPPORT: N_("Support")}
"""Roles in words."""


class Here(NamedTuple):
    """The store of the address, and the seller's role in it."""

    rt: Runtime
    store: Store
    seller: Seller
    session: Session
    role: Role

    def path(self, path: str = "", **query: str | int) -> str:
        """A page of the store in the dashboard: ``at.path("orders", state="paid")``."""
        url = f"/dashboard/{self.store.slug}/{path}"
        return f"{url}?{urlencode(query)}" if query else url

    def can(self, permission: str) -> bool:
        """Whether the seller may do it; templates ask by value: ``at.can("edit_team")``."""
        return self.role.may(Permission(permission))

    @property
    def by(self) -> str:
        """The seller, as services take who does something."""
        return f"seller:{self.seller.id}"

    @property
    def locale(self) -> str:
        """The reader's language."""
        return current_locale()

    def say(self, message: str, **values: object) -> str:
        """``message`` in the reader's language."""
        text = gettext(message)
        return text % values if values else text

    def plugin_title(self, name: str) -> str:
        """A plugin's title in the reader's language; its name where it is not installed."""
        loaded = self.rt.registry.get(name)
        if loaded is None:
            return name
        return self.rt.themes.translations.gettext(self.locale, name)(loaded.plugin.title)

    async def audit(
        self, action: str, subject_type: str, subject_id: str, data: Mapping[str, Any] | None = None
    ) -> None:
        """Note in the store's audit log what no service of core's changes: an export, a form that
        a plugin takes.

        What a service changes is noted by it, with the change.
        """
        await events.audit(
            self.rt, store_id=self.store.id, actor_type="seller", actor_id=self.seller.id,
            action=action, subject_type=subject_type, subject_id=subject_id, data=data,
        )  # fmt: skip


def here() -> Here:
    """Where the request is; for views behind ``store_view``."""
    visit = seller_visit()
    if visit is None or visit.store is None or visit.role is None:
        not_found()
    return Here(runtime(), visit.store, visit.seller, visit.session, visit.role)


def not_found() -> NoReturn:
    """There is no such thing, or it is another store's: the same page for both."""
    abort(404)


def store_view(permission: Permission) -> Callable[[View[P]], View[P]]:
    """Let in who is signed in and has the permission in the store of the address.

    Others sign in first; without any role in the store there is no such page (404), and with a
    role that lacks the permission a page says so (403).
    """
    return guarded(lambda role: role.may(permission), permission)


def guarded(
    lets_in: Callable[[Role], bool], needs: Permission | Role
) -> Callable[[View[P]], View[P]]:
    """As ``store_view``, for any rule about roles; ``needs`` is what tests read back."""

    def decorate(view: View[P]) -> View[P]:
        @functools.wraps(view)
        async def wrapper(*args: P.args, **kwargs: P.kwargs) -> Response:
            visit = seller_visit()
            if visit is None:
                return sellers_sign_in()
            if visit.role is None:
                not_found()
            if not lets_in(visit.role):
                abort(403)
            return await view(*args, **kwargs)

        wrapper.portico_needs = needs  # type: ignore[attr-defined]  # read back by tests
        return wrapper

    return decorate

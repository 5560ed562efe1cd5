"""What a page of a signed-in customer starts from, and how it refers to other pages."""

from typing import NamedTuple, NoReturn
from urllib.parse import urlencode

from quart import abort

from portico.customers.models import Customer
from portico.runtime import Runtime
from portico.sessions.models import Session
from portico.stores.models import Store
from portico.web.http import current_locale, current_visit, gettext, runtime
from portico.web.paths import portal_base


class Here(NamedTuple):
    """The store, and who is signed in to it."""

    rt: Runtime
    store: Store
    customer: Customer
    session: Session

    def path(self, path: str = "", **query: str | int) -> str:
        """A page of the store's portal."""
        url = portal_base(self.store.slug) + path
        return f"{url}?{urlencode(query)}" if query else url

    @property
    def locale(self) -> str:
        """The reader's language."""
        return current_locale()

    def say(self, message: str, **values: str) -> str:
        """``message`` in the reader's language."""
        text = gettext(message)
        return text % values if values else text


def here() -> Here:
    """Where the signed-in request is; 404 where nobody is signed in (routes ask before)."""
    visit = current_visit()
    if visit.session is None or visit.customer is None:
        not_found()
    return Here(runtime(), visit.store, visit.customer, visit.session)


def not_found() -> NoReturn:
    """There is no such thing, or it is not theirs to see: the same page for both."""
    abort(404)

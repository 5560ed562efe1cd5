"""Lists: the query string as a typed filter, and the links that change one thing of it.

::

    class OrderFilter(ListFilter):
        state: OrderState | None = None

    wanted = filter_of(OrderFilter, request.args)
    start = cursor(request.args)
    found = await orders.search(at.rt, at.store.id, wanted, start.direction, start.id)
    page_of(found, start, PAGE)

A view can be bookmarked: everything is in the URL. What it does not understand is left out.
"""

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict, ValidationError
from quart import request

from portico.web.paging import Cursor, PageOf, cursor, page_of

__all__ = ["PAGE", "Cursor", "ListFilter", "PageOf", "cursor", "filter_of", "page_of", "url_with"]

PAGE = 50
"""Rows of a page. Services are asked for one more, which tells whether there is another page."""


class ListFilter(BaseModel):
    """What a list is narrowed to; ``q`` is what somebody typed into the search box."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    q: str = ""

    @property
    def active(self) -> bool:
        """Whether anything is left out of the list."""
        return bool(self.query())

    def query(self) -> dict[str, str]:
        """As a URL's query, without what is as always."""
        given = self.model_dump(mode="json", exclude_defaults=True)
        return {name: str(value) for name, value in given.items() if value not in (None, "")}


L = TypeVar("L", bound=ListFilter)


def filter_of(kind: type[L], args: Mapping[str, str]) -> L:
    """The filter of a query string."""
    given: dict[str, Any] = {
        name: args[name].strip()[:200] for name in kind.model_fields if args.get(name, "").strip()
    }
    while True:
        try:
            return kind.model_validate(given)
        except ValidationError as error:
            for one in error.errors():
                given.pop(str(one["loc"][0]), None)


def url_with(wanted: ListFilter, **changes: object) -> str:
    """This list with something changed (None: taken out), from its first page on."""
    query = wanted.query() | {name: str(value) for name, value in changes.items() if value}
    for name, value in changes.items():
        if not value:
            query.pop(name, None)
    return f"{request.path}?{urlencode(query)}" if query else request.path

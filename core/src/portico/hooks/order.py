"""In which order a page shows what plugins add to it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

from portico.stores.models import Store

T_co = TypeVar("T_co", bound="Weighted", covariant=True)
T = TypeVar("T", bound="Weighted")
SETTING = "plugin_order"
"""The names of plugins in ``Store.settings``, in the order that a seller chose."""


class Weighted(Protocol):
    """An entry of a menu, a panel."""

    @property
    def weight(self) -> int: ...


class Answered(Protocol[T_co]):
    """A ``Reply`` with several of them."""

    @property
    def plugin(self) -> str: ...
    @property
    def value(self) -> Sequence[T_co]: ...


def ranks(store: Store | None) -> Mapping[str, int]:
    """Each plugin's place in the seller's order; empty where nobody chose one."""
    chosen: Sequence[str] = store.settings.get(SETTING, ()) if store is not None else ()
    return {name: place for place, name in enumerate(chosen)}


def in_order(store: Store | None, names: Iterable[str]) -> list[str]:
    """The plugins in the seller's order; those that it does not name keep theirs, behind."""
    given = ranks(store)
    return sorted(names, key=lambda name: given.get(name, len(given))) if given else list(names)


def as_shown(store: Store | None, replies: Iterable[Answered[T]]) -> Iterator[tuple[T, str]]:
    """What plugins answered to ``each``, as a page shows it, with the plugin's name.

    The lighter first; where a seller has chosen an order, first by that.
    """
    given = ranks(store)
    found = [(item, reply.plugin) for reply in replies for item in reply.value]

    def place(one: tuple[T, str]) -> tuple[int, int]:
        return given.get(one[1], len(given)), one[0].weight

    return iter(sorted(found, key=place))


def moved(store: Store, names: Iterable[str], plugin: str, step: int) -> list[str]:
    """The store's order with one plugin a place further up (-1) or down (1). LookupError."""
    order = in_order(store, names)
    if plugin not in order:
        raise LookupError(plugin)
    at = order.index(plugin)
    other = min(max(at + step, 0), len(order) - 1)
    order[at], order[other] = order[other], order[at]
    return order

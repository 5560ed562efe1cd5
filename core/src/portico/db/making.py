"""Objects of rows, made quickly."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, cast

__all__ = ["Reader", "maker", "row_maker"]

Reader = Callable[[Any], Any]


@cache
def maker(model: Callable[..., Any]) -> Callable[..., Any]:
    """``model``, or what makes the same of a value for each field in order, but sooner."""
    twin = _twin(model)
    if twin is None:
        return model

    def make(*values: Any) -> Any:
        made = twin(*values)
        made.__class__ = model
        return made

    return make


def row_maker(
    model: Callable[..., Any],
    readers: Sequence[Reader | None],
    places: Sequence[int] | None = None,
    *,
    nulls: bool = False,
) -> Callable[[Sequence[Any]], Any]:
    """What makes one of ``model`` of a row that has a cell for each field.

    ``readers`` go with the fields: a cell that has one goes through it, but None only where
    ``nulls`` says that they take it. ``places`` tells which cell is which
    field's, where the row has another order.

    The function is written for the model, as ``dataclasses`` writes an ``__init__``: a loop over
    the cells, a thousand of a page, takes twice as long.
    """
    twin = _twin(model)
    known: dict[str, Any] = {"model": model, "twin": twin, "new": object.__new__}
    known |= {f"read{i}": read for i, read in enumerate(readers)}
    row = [""] * len(readers)
    lines = []
    for i, read in enumerate(readers):
        place = i if places is None else places[i]
        field = f"made.{dataclasses.fields(cast(Any, model))[i].name}" if twin else f"value{i}"
        row[place] = field if read is None else f"cell{i}"
        if read is not None:
            unless = "" if nulls else f"None if cell{i} is None else "
            lines.append(f"{field} = {unless}read{i}(cell{i})")
    lines.insert(0, f"{', '.join(row)}, = row")
    if twin is None:
        lines.append(f"return model({', '.join(f'value{i}' for i in range(len(readers)))})")
    else:
        lines = ["made = new(twin)", *lines, "made.__class__ = model", "return made"]
    exec("def make(row):\n " + "\n ".join(lines), known)  # noqa: S102  nothing in it was given
    return cast("Callable[[Sequence[Any]], Any]", known["make"])


@cache
def _twin(model: Callable[..., Any]) -> Any:
    """A class with the same slots as ``model`` that is not frozen; None where there is none.

    A frozen dataclass sets each field through ``object.__setattr__``, 0.2 µs each, and a page has
    a thousand fields. The twin takes a fifth of that, and what it has made then becomes one of
    ``model``.
    """
    if not _is_plain(model):
        return None
    fields: tuple[dataclasses.Field[Any], ...] = dataclasses.fields(cast(Any, model))
    names = [field.name for field in fields]
    twin: Any = dataclasses.make_dataclass(model.__name__, names, slots=True, eq=False)
    try:
        twin(*names).__class__ = model
    except TypeError:  # a slot more or less: the two are not laid out alike
        return None
    return twin


def _is_plain(model: Any) -> bool:
    """Whether making one is nothing but filling all of its slots."""
    return (
        isinstance(model, type)
        and model.__mro__ == (model, object)
        and dataclasses.is_dataclass(model)
        and "__slots__" in model.__dict__
        and not hasattr(model, "__post_init__")
        and all(field.init and not field.kw_only for field in dataclasses.fields(model))
    )

"""A form made from a pydantic model, such as a plugin's settings.

Text, numbers, yes or no, choices, lists of texts (a line each), secrets and models inside have a
field; what has none stays as it is. Inputs are named by their path: ``server.port``.
"""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from portico.web.dashboard.forms import Fields, Form, version_of

_LONG = 200
"""Texts that may be longer get several lines."""
_KEEPS = 4
"""Characters of a secret that are shown; of a short one, none."""


@dataclass(frozen=True, slots=True)
class SchemaField:
    """One input. ``kind`` is text, lines, long, number, bool, choice or secret."""

    name: str
    label: str
    help: str
    kind: str
    optional: bool
    choices: Mapping[str, str]
    last4: str = ""


@dataclass(frozen=True, slots=True)
class Schema:
    """The fields of a model, and what is kept of it now."""

    fields: Sequence[SchemaField]
    values: Mapping[str, Any]
    inside: Mapping[str, Any]
    """The models inside, whole: also what has no field."""

    @classmethod
    def of(cls, current: BaseModel, say: Callable[[str], str]) -> "Schema":
        """``say`` translates the titles and descriptions of the model's fields."""
        found = list(_fields(type(current), current, "", say))
        return cls(
            [field for field, _ in found],
            {field.name: value for field, value in found if field.kind != "secret"},
            {
                name: value.model_dump(mode="json")
                for name in type(current).model_fields
                if isinstance(value := getattr(current, name), BaseModel)
            },
        )

    def shown(self) -> Fields[Form]:
        """The form as a page shows it first."""
        return Fields(dict(self.values), version=version_of(self.values))

    def submitted(self, sent: Mapping[str, str]) -> tuple[Fields[Form], dict[str, Any]]:
        """What was sent, to show again, and the same as values for the model.

        A secret that was left empty is not among the values: it stays.
        """
        fields: Fields[Form] = Fields({}, version=sent.get("form_version", ""))
        values: dict[str, Any] = copy.deepcopy(dict(self.inside))
        for field in self.fields:
            text = sent.get(field.name, "").replace("\r\n", "\n")
            fields.values[field.name] = text if field.kind != "bool" else bool(text)
            if field.kind == "secret":
                fields.values[field.name] = ""  # never shown, not even once
                if not text:
                    continue
            _put(values, field.name.split("."), _value(field, text))
        return fields.against(self.values), values


def _value(field: SchemaField, text: str) -> Any:
    if field.kind == "bool":
        return bool(text)
    if field.kind == "lines":
        return [line.strip() for line in text.split("\n") if line.strip()]
    return None if field.optional and not text else text


def _put(values: dict[str, Any], path: Sequence[str], value: Any) -> None:
    for part in path[:-1]:
        values = values.setdefault(part, {})
    values[path[-1]] = value


def _fields(
    model: type[BaseModel], current: BaseModel, prefix: str, say: Callable[[str], str]
) -> Iterator[tuple[SchemaField, Any]]:
    for name, info in model.model_fields.items():
        value = getattr(current, name)
        annotation, optional = _plain(info.annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            if isinstance(value, BaseModel):
                yield from _fields(annotation, value, f"{prefix}{name}.", say)
            continue
        kind = _kind(annotation, info)
        if kind is None:
            continue
        label = say(_label(name, info))
        help_text = say(info.description) if info.description else ""
        last4 = ""
        if isinstance(value, SecretStr):
            secret = value.get_secret_value()
            last4 = secret[-_KEEPS:] if len(secret) >= 3 * _KEEPS else "•" * bool(secret)
        yield (
            SchemaField(
                prefix + name, label, help_text, kind, optional or annotation is str,
                _choices(annotation, optional, say), last4,
            ),
            _shown(kind, value),
        )  # fmt: skip


def _label(name: str, info: FieldInfo) -> str:
    return info.title or name.replace("_", " ").capitalize()


def form_texts(model: type[BaseModel]) -> Iterator[str]:
    """What a form of this model says, before it is translated by the plugin's own catalog."""
    for name, info in model.model_fields.items():
        annotation, _ = _plain(info.annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from form_texts(annotation)
        elif _kind(annotation, info) is not None:
            yield from filter(None, (_label(name, info), info.description))
            yield from _choices(annotation, False, str).values()


def _plain(annotation: Any) -> tuple[Any, bool]:
    """The annotation without ``| None``, and whether that was there."""
    if get_origin(annotation) in (Union, UnionType):
        inner = [one for one in get_args(annotation) if one is not type(None)]
        if len(inner) == 1:
            return inner[0], True
    return annotation, False


def _kind(annotation: Any, info: FieldInfo) -> str | None:
    origin = get_origin(annotation)
    if origin in (list, tuple, set, frozenset):
        return "lines" if all(one in (str, Ellipsis) for one in get_args(annotation)) else None
    if origin is Literal or (isinstance(annotation, type) and issubclass(annotation, Enum)):
        return "choice"
    if annotation is str:
        longest = [one.max_length for one in info.metadata if hasattr(one, "max_length")]
        return "long" if longest and longest[0] > _LONG else "text"
    kinds = {SecretStr: "secret", bool: "bool", int: "number", float: "number"}
    return kinds.get(annotation)


def _choices(annotation: Any, optional: bool, say: Callable[[str], str]) -> dict[str, str]:
    if get_origin(annotation) is Literal:
        words = {str(one): str(one).replace("_", " ") for one in get_args(annotation)}
    elif isinstance(annotation, type) and issubclass(annotation, Enum):
        words = {
            str(one.value): getattr(one, "label", str(one.value).replace("_", " "))
            for one in annotation
        }
    else:
        return {}
    none = {"": "–"} if optional else {}
    return none | {value: say(text) for value, text in words.items()}


def _shown(kind: str, value: Any) -> Any:
    if kind == "bool":
        return bool(value)
    if kind == "lines":
        return "\n".join(value)
    value = value.value if isinstance(value, Enum) else value
    return "" if value is None else str(value)

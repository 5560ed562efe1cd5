"""Forms: what was sent, checked field by field, and shown again with what is wrong.

A form is a pydantic model. Its fields are named like the inputs; what may stay empty has a
default. ``N_()`` messages that a validator raises as ``ValueError`` are shown at the field::

    class StoreForm(Form):
        name: Annotated[str, Field(max_length=80)]
        support_email: EmailAddress | None = None

    fields = await submitted(StoreForm)
    if fields.data is None:
        return await page("dashboard/settings/store.html", {"form": fields}, 400)
    await stores.update_settings(at.rt, at.store.id, **fields.data.model_dump(), by=at.by)

The page itself starts with ``shown({"name": store.name, ...})``, and its template shows each
field with the macros of ``dashboard/ui.html``.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from types import UnionType
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic import ValidationInfo as Info
from pydantic_core import ErrorDetails
from quart import g, request

from portico.customers.addresses import InvalidEmail, normalize_email
from portico.i18n import N_, minor_digits
from portico.web.http import gettext, ngettext

_VERSION = "form_version"
_WORDS = {
    "missing": N_("Fill this in."),
    "enum": N_("Choose one of the list."),
    "literal_error": N_("Choose one of the list."),
    "int_parsing": N_("Enter a whole number."),
    "int_from_float": N_("Enter a whole number."),
    "float_parsing": N_("Enter a number."),
    "decimal_parsing": N_("Enter a number."),
    "date_from_datetime_parsing": N_("Enter a date such as 2027-05-14."),
    "url_parsing": N_("Enter an address that begins with https://."),
    "url_scheme": N_("Enter an address that begins with https://."),
}
_UNUSABLE = N_("This cannot be used. Change it and try again.")


class Form(BaseModel):
    """What a form sends, checked. Blanks around a text are gone already."""

    model_config = ConfigDict(frozen=True, extra="ignore")


F = TypeVar("F", bound=Form)


@dataclass(slots=True)
class Fields(Generic[F]):
    """A form on a page: values to show, what is wrong with them, and the data if nothing is.

    ``conflicts`` has the value that somebody else has saved meanwhile, by field.
    """

    values: dict[str, Any]
    errors: dict[str, str] = field(default_factory=dict)
    data: F | None = None
    version: str = ""
    conflicts: dict[str, Any] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    """Filled in while the fields are rendered: for the summary above them."""

    def refuse(self, name: str, message: str) -> "Fields[F]":
        """Add an error (in the reader's words) that only the service could find."""
        self.errors[name] = message
        self.data = None
        return self

    def against(self, current: Mapping[str, Any]) -> "Fields[F]":
        """Notice what somebody else has saved since the form was opened.

        Nothing is saved then: the page shows both values, and saving again replaces theirs.
        """
        before, now = _parse(self.version), _hashes(current)
        changed = [name for name in before if before[name] != now.get(name)]
        self.conflicts = {
            name: current.get(name)
            for name in changed
            if _hash(self.values.get(name)) != now.get(name)
        }
        if self.conflicts:
            self.data = None
            self.version = version_of(current)
        return self


def shown(values: Mapping[str, Any]) -> Fields[Form]:
    """The form as a page shows it first."""
    return Fields(dict(values), version=version_of(values))


async def submitted(form: type[F], **context: Any) -> Fields[F]:
    """What was sent, checked; ``context`` is for validators (``currency`` for ``Amount``)."""
    sent = await request.form
    values: dict[str, Any] = {}
    for name, info in form.model_fields.items():
        given = [one.replace("\0", "").strip() for one in sent.getlist(name)]
        if _is_list(info.annotation):
            values[name] = given
        elif info.annotation is bool:
            values[name] = bool(given and given[-1])
        else:
            values[name] = given[-1] if given else ""
    fields: Fields[F] = Fields(dict(values), version=sent.get(_VERSION, ""))
    if g.get("form_expired"):
        return fields
    try:
        filled = {name: value for name, value in values.items() if value != ""}
        fields.data = form.model_validate(filled, context=context)
    except ValidationError as error:
        for one in error.errors():
            fields.errors.setdefault(str(one["loc"][0]) if one["loc"] else "", words_of(one))
    return fields


def words_of(error: ErrorDetails) -> str:
    """What pydantic found wrong, in the reader's words."""
    kind, details = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return gettext(str(details["error"]))
    if kind == "string_too_long":
        most = int(details["max_length"])
        words = ngettext("Use at most %(num)s character.", "Use at most %(num)s characters.", most)
        return words % {"num": most}
    if kind in ("greater_than_equal", "greater_than"):
        return gettext("Enter %(least)s or more.") % {"least": details.get("ge", details.get("gt"))}
    if kind in ("less_than_equal", "less_than"):
        return gettext("Enter %(most)s or less.") % {"most": details.get("le", details.get("lt"))}
    return gettext(_WORDS.get(kind, _UNUSABLE))


def _is_list(annotation: Any) -> bool:
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        return any(_is_list(one) for one in get_args(annotation))
    return (origin or annotation) in (list, tuple, set, frozenset)


# Kinds of fields


def _email(value: str) -> str:
    try:
        return normalize_email(value)
    except InvalidEmail:
        raise ValueError(N_("Enter an e-mail address, such as name@example.com.")) from None


def _amount(value: object, info: Info) -> int:
    currency = str((info.context or {}).get("currency", "EUR"))
    return parse_amount(str(value), currency)


def parse_amount(text: str, currency: str) -> int:
    """Minor units of an amount as people write it: 12.50, 12,50, 1,250.00, 1.250,00.

    The last point or comma stands before the decimals if no more digits follow it than the
    currency has; ``ValueError`` for what is no amount, or below zero.
    """
    wrong = ValueError(N_("Enter an amount such as 12.50."))
    digits = minor_digits(currency)
    plain = "".join(text.split()).replace("'", "")
    if not re.fullmatch(r"[0-9][0-9.,]*", plain):
        raise wrong
    at = max(plain.rfind("."), plain.rfind(","))
    if at >= 0 and 0 < len(plain) - at - 1 <= digits:
        whole, decimals = plain[:at], plain[at + 1 :]
    else:
        whole, decimals = plain, "0"
    try:
        value = Decimal(f"{whole.replace('.', '').replace(',', '')}.{decimals}")
    except InvalidOperation:
        raise wrong from None
    amount = int(value.scaleb(digits))
    if amount >= 10**12:
        raise wrong
    return amount


def amount_text(amount: int, currency: str) -> str:
    """An amount as an input shows it: 1250 EUR is 12.50."""
    return f"{Decimal(amount).scaleb(-minor_digits(currency)):f}"


EmailAddress = Annotated[str, AfterValidator(_email)]
"""A normalized address."""
Amount = Annotated[int, BeforeValidator(_amount)]
"""Minor units of the ``currency`` in the context of ``submitted``."""


# Two sellers at the same form


def version_of(values: Mapping[str, Any]) -> str:
    """What a form remembers of the values it was opened with: a few bytes for each field."""
    return ".".join(f"{name}-{one}" for name, one in _hashes(values).items())


def _hashes(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: _hash(value) for name, value in values.items()}


def _hash(value: Any) -> str:
    if isinstance(value, tuple | set | frozenset):
        value = sorted(value, key=str)
    text = "" if value is None else value if isinstance(value, str) else json.dumps(
        value, default=str, sort_keys=True
    )  # fmt: skip
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:10]


def _parse(version: str) -> dict[str, str]:
    pairs = (part.rpartition("-") for part in version[:4000].split(".") if part)
    return {name: one for name, _, one in pairs if name}

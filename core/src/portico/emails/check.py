"""Is a seller's text fit to be sent? What is wrong with it, and what may be forgotten."""

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from portico.emails.kinds import Kind, KindGroup
from portico.emails.menu import EVERYWHERE, VARIABLES
from portico.emails.models import EmailKind, TextFormat
from portico.emails.rendering import (
    MAX_SOURCE,
    MAX_SUBJECT,
    Content,
    TextError,
    Use,
    Uses,
    render,
    uses,
)
from portico.i18n import N_

_ENDS = frozenset({"size", "first", "last"})
_LISTS = {variable.list_name for variable in VARIABLES if variable.list_name}
_ONE_OF = {"items": "item", "products": "product", "downloads": "file", "licenses": "license"}


@dataclass(frozen=True, slots=True)
class Text:
    """A text to check: subject and body, as the seller wrote them."""

    subject: str
    body: str
    format: TextFormat = TextFormat.MARKDOWN


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about a text, in words to translate with their values. ``line`` is in ``where``
    (``subject`` or ``body``), counted from 1."""

    where: str
    words: str
    values: Mapping[str, str] = field(default_factory=dict)
    line: int | None = None


def errors(text: Text, values: Mapping[str, Any], plugins: Collection[str]) -> list[Problem]:
    """Why the text cannot be saved. ``values`` are those of some mail, with samples where there
    is nothing; ``plugins`` have variables of their own."""
    found: list[Problem] = []
    for where, source in (("subject", text.subject), ("body", text.body)):
        try:
            found += _unknown(where, uses(source), plugins, values)
        except TextError as error:
            found.append(_refused(where, error))
    if found:
        return found
    for where, subject, body in (("subject", text.subject, ""), ("body", "", text.body)):
        try:
            render(subject, body, values, form=text.format)
        except TextError as error:
            found.append(_refused(where, error))
    if not text.subject.strip():
        found.append(Problem("subject", N_("A mail needs a subject.")))
    if len(text.subject) > MAX_SUBJECT * 5:
        found.append(Problem("subject", N_("The subject is too long.")))
    if not text.body.strip():
        found.append(Problem("body", N_("A mail needs a text.")))
    return found


def _refused(where: str, error: TextError) -> Problem:
    if error.limit:
        words = N_("The text does too much: a loop runs too often, or it grows too long. "
                   "%(most)s characters are the most it may have.")  # fmt: skip
        return Problem(where, words, {"most": str(MAX_SOURCE)}, error.line)
    return Problem(where, N_("This cannot be read: %(words)s"), {"words": str(error)}, error.line)


def _unknown(
    where: str, used: Uses, plugins: Collection[str], values: Mapping[str, Any]
) -> Iterator[Problem]:
    seen = set()
    for use in used.variables:
        name = canonical(use, used)
        if name is None or name in seen or _known(name, plugins, values):
            continue
        seen.add(name)
        meant = difflib.get_close_matches(name, _NAMES, n=1, cutoff=0.6)
        written = ".".join(str(part) for part in use.path)
        if meant:
            words = N_("There is no variable %(name)s. Did you mean %(meant)s?")
            yield Problem(where, words, {"name": written, "meant": spoken(meant[0])}, use.line)
        else:
            yield Problem(where, N_("There is no variable %(name)s."), {"name": written}, use.line)


def canonical(use: Use, used: Uses) -> str | None:
    """The name under which the menu knows a variable; None for one that the text itself made."""
    root, *rest = use.path
    name = str(root)
    if name in used.loops:
        if used.loops[name] not in _LISTS:
            return None
        name = f"{used.loops[name]}[]"
    elif name in used.own or name in ("forloop", "tablerowloop"):
        return None
    elif name in _LISTS and rest and (isinstance(rest[0], int) or rest[0] in ("first", "last")):
        name, rest = f"{name}[]", rest[1:]
    if rest and rest[-1] in _ENDS:
        rest = rest[:-1]
    return ".".join([name, *(str(part) for part in rest)])


_NAMES = frozenset(variable.name for variable in VARIABLES) | frozenset(EVERYWHERE)


def _known(name: str, plugins: Collection[str], values: Mapping[str, Any]) -> bool:
    if name in _NAMES or any(one.startswith((f"{name}.", f"{name}[]")) for one in _NAMES):
        return True
    root, _, rest = name.partition(".")
    if root not in plugins:
        return False
    # What a plugin has is only known where an order is at hand.
    group = values.get(root)
    return not isinstance(group, dict) or not rest or rest.split(".")[0] in group


def spoken(name: str) -> str:
    """A variable as it is written inside its list."""
    list_name, inside, rest = name.partition("[]")
    return f"{_ONE_OF[list_name]}{rest}" if inside else name


def warnings(
    kind: Kind, text: Text, content: Content, *, portal_url: str, keys_sold: bool
) -> list[Problem]:
    """What the seller may have forgotten. The text can be saved all the same."""
    found = []
    try:
        both = [uses(text.subject), uses(text.body)]
    except TextError:
        return []
    names = {canonical(one, used) or "" for used in both for one in used.variables}
    leads_there = kind.group is not KindGroup.SELLERS and not kind.secret and kind.leads_to_portal
    if leads_there and portal_url not in content.html:
        words = N_("There is no link to the customer portal. Insert the variable "
                   "“Customer portal link”.")  # fmt: skip
        found.append(Problem("body", words))
    if kind.name == EmailKind.CONFIRMATION and keys_sold and not _says_keys(names):
        words = N_("A license key is sold, but it is not in the mail. Insert the variable "
                   "“License key”.")  # fmt: skip
        found.append(Problem("body", words))
    for variable in VARIABLES:
        if (
            variable.name in names
            and variable.group not in kind.variables
            and (variable.name not in EVERYWHERE)
        ):
            words = N_("%(name)s is always empty in this kind of mail.")
            found.append(Problem("body", words, {"name": spoken(variable.name)}))
    return found


def _says_keys(names: Collection[str]) -> bool:
    return "licenses[].key" in names

"""E-mail addresses: one spelling for each, and the form in which a page may show them."""

import re

from portico.errors import PorticoError

_LOCAL = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]{1,64}")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


NOBODY = "erased.invalid"
"""The domain of addresses that nobody has (RFC 2606): of customers who were merged or erased."""


class InvalidEmail(PorticoError, ValueError):
    """This is no e-mail address."""

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is not an e-mail address.")


def normalize_email(text: str) -> str:
    """The address in lower case, its domain in ASCII (RFC 5891). Raises InvalidEmail."""
    local, at, domain = text.strip().rpartition("@")
    try:
        domain = domain.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise InvalidEmail(text) from None
    labels = domain.split(".")
    # RFC 5321, 4.5.3.1.3: a path has at most 256 octets, two of which are its brackets.
    well_formed = at and len(labels) > 1 and len(local) + len(domain) < 254
    if not well_formed or not _LOCAL.fullmatch(local) or ".." in local:
        raise InvalidEmail(text)
    if not all(_LABEL.fullmatch(label) for label in labels):
        raise InvalidEmail(text)
    return f"{local.lower()}@{domain}"


def mask_email(email: str) -> str:
    """As in ``a•••@example.com``: enough to recognize an address, not to learn it."""
    local, _, domain = email.rpartition("@")
    return f"{local[:1]}•••@{domain}"

"""Further kinds of fields in the dashboard's forms."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from portico.i18n import N_

_LONGEST = 500


def _web_address(value: str) -> str:
    wrong = ValueError(N_("Enter an address that begins with https://."))
    try:
        parts = urlsplit(value)
        host = parts.hostname
    except ValueError:
        raise wrong from None
    if parts.scheme not in ("http", "https") or not host or len(value) > _LONGEST:
        raise wrong
    if not value.isprintable() or any(one in value for one in " \\<>\"'"):
        raise wrong
    return value


WebAddress = Annotated[str, AfterValidator(_web_address)]
"""An absolute address of a web page, http or https, fit for a link."""

"""Which server a mail goes through: the store's own, or the installation's."""

import os
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated
from urllib.parse import unquote, urlsplit

from portico.api import PluginSettings
from pydantic import Field, SecretStr

URL_VARIABLE = "PORTICO_SMTP_URL"
CA_VARIABLE = "PORTICO_SMTP_CA_FILE"


class Security(StrEnum):
    """How the connection is encrypted."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"

    @property
    def label(self) -> str:
        """What the seller chooses by."""
        return _LABELS[self]


_LABELS = {
    Security.STARTTLS: "STARTTLS (usual, port 587)",
    Security.TLS: "TLS from the start (port 465)",
    Security.NONE: "None (port 25)",
}


_PORTS = {Security.NONE: 25, Security.STARTTLS: 587, Security.TLS: 465}
_SCHEMES = {"smtp": Security.NONE, "smtp+starttls": Security.STARTTLS, "smtps": Security.TLS}


class SmtpSettings(PluginSettings):
    """The store's own mail server. Leave the host empty to use the installation's."""

    host: str = Field("", title="Mail server", description="For example smtp.example.com")
    port: Annotated[int, Field(ge=0, le=65535)] = Field(
        0, title="Port", description="0 for the usual one of the encryption"
    )
    username: str = Field("", title="User name")
    password: SecretStr = Field(SecretStr(""), title="Password")
    security: Security = Field(Security.STARTTLS, title="Encryption")
    timeout: Annotated[float, Field(gt=0, le=100)] = Field(
        20.0, title="Seconds to wait", description="For each answer of the server"
    )


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server and how to sign in there. ``trusted``: chosen by the operator, not a seller,
    so that it may be in the installation's own network. ``timeout`` is in seconds."""

    host: str
    port: int
    username: str
    password: str
    security: Security
    timeout: float
    trusted: bool


def server_of(settings: SmtpSettings) -> Server | None:
    """The server of the settings, or that of the environment; None where there is neither.

    Raises ValueError for an address in the environment that cannot be read.
    """
    if settings.host:
        return Server(
            settings.host,
            settings.port or _PORTS[settings.security],
            settings.username,
            settings.password.get_secret_value(),
            settings.security,
            settings.timeout,
            trusted=False,
        )
    url = os.environ.get(URL_VARIABLE, "")
    return parse_url(url, settings.timeout) if url else None


def parse_url(url: str, timeout: float) -> Server:
    """``smtp://``, ``smtp+starttls://`` or ``smtps://[user:password@]host[:port]``."""
    try:
        parts = urlsplit(url)
        security, port = _SCHEMES[parts.scheme], parts.port
        host = parts.hostname or ""
    except (KeyError, ValueError):
        host = ""
    if not host:
        raise ValueError(
            f"{URL_VARIABLE} must look like smtp+starttls://user:password@mail.example.com:587"
        )
    return Server(
        host,
        port or _PORTS[security],
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        security,
        timeout,
        trusted=True,
    )

"""Configuration of an installation: environment ``PORTICO_*``, or a file in the working directory.

``.env`` holds lines such as ``PORTICO_BASE_URL=...``; ``portico.toml`` (TOML 1.0) holds the same
settings by their names in lower case, without the prefix: ``base_url = "..."``. The environment
wins over ``.env``, and that over ``portico.toml``.
"""

import os
import tomllib
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)
from typing_extensions import override

from portico.errors import ConfigurationError


class Settings(BaseSettings):
    """Every setting, with the unit in its description. Names are ``PORTICO_`` + upper case."""

    model_config = SettingsConfigDict(
        env_prefix="PORTICO_",
        env_file=".env",
        toml_file="portico.toml",
        extra="ignore",
    )

    database_url: str = Field("", description="postgresql://... or sqlite:///...; by default "
                              "a SQLite file in the data directory")  # fmt: skip
    data_dir: Path = Field(Path("data"), description="where files and the SQLite database live")
    secret_keys: Annotated[tuple[SecretStr, ...], NoDecode] = Field(
        (), description="comma-separated; the first encrypts, all decrypt; 32 characters or more"
    )
    base_url: str = Field("http://127.0.0.1:8000", description="how the world reaches the server")
    trusted_proxies: int = Field(0, ge=0, description="proxies in front whose X-Forwarded-For "
                                 "entries are believed")  # fmt: skip
    plugins: Annotated[tuple[str, ...] | None, NoDecode] = Field(
        None, description="comma-separated: load only these plugins; by default all installed"
    )
    themes_dir: Path | None = Field(None, description="a folder with one theme per sub-folder")
    upload_limit: int = Field(5 * 2**30, gt=0, description="largest product file, in bytes")
    database_pool: int = Field(5, ge=1, description="PostgreSQL connections per process")
    hook_budget: float = Field(2.0, gt=0, description="seconds a plugin may take for its part of "
                               "a page")  # fmt: skip
    mail_from: str = Field("", description="sender address; by default portal@ the base URL's host")
    dns_servers: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="comma-separated addresses (with :port where it is not 53) of the DNS "
        "servers to ask about senders and own domains; by default the system's"
    )  # fmt: skip
    worker: bool = Field(True, description="run the worker inside portico serve")
    worker_lease: float = Field(60.0, ge=1, description="seconds after which other workers take "
                                "over what one that died had in hand")  # fmt: skip
    warm_up: bool = Field(True, description="compile statements and pages right after the start, "
                          "so that nobody waits for it; off for servers that end soon")  # fmt: skip
    metrics_token: SecretStr | None = Field(
        None, min_length=16, description="what Prometheus sends as a Bearer token to read "
        "/metrics; without it there is no such page"
    )  # fmt: skip
    demo: bool = Field(False, description="set by portico demo")

    @classmethod
    @override
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = TomlConfigSettingsSource(settings_cls)
        return init_settings, env_settings, dotenv_settings, toml

    @field_validator("secret_keys", "plugins", "dns_servers", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("secret_keys")
    @classmethod
    def _long_enough(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(key.get_secret_value()) < 32 for key in value):
            raise ValueError(
                "each key needs 32 characters or more; make one with `portico secrets generate`"
            )
        return value

    @field_validator("dns_servers")
    @classmethod
    def _are_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            dns_address(one)
        return value

    @field_validator("base_url")
    @classmethod
    def _absolute(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @property
    def resolved_database_url(self) -> str:
        """The database's URL, the default filled in."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'portico.db'}"

    def make_data_dir(self) -> None:
        """See that the data directory is there. Raises ConfigurationError."""
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"PORTICO_DATA_DIR: {self.data_dir} cannot be made: {error.strerror}"
            ) from None


def share_files() -> None:
    """Put what ``.env`` and ``portico.toml`` say into the environment, which wins over both.

    Plugins have settings there too, such as ``PORTICO_SMTP_URL``, that core knows nothing of.
    """
    said = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    with suppress(OSError, ValueError):  # what is wrong with it is said when it is loaded
        for name, value in tomllib.loads(Path("portico.toml").read_text("utf-8")).items():
            if isinstance(value, str | int | float):
                text = str(value).lower() if isinstance(value, bool) else str(value)
                said.setdefault(f"PORTICO_{name.upper()}", text)
    for name, value in said.items():
        if name.startswith("PORTICO_"):
            os.environ.setdefault(name, value)


def dns_address(server: str) -> tuple[str, int]:
    """Address and port of ``192.0.2.1``, ``192.0.2.1:5353`` or ``[2001:db8::1]:53``. ValueError."""
    host, port = server, "53"
    if server.startswith("[") or server.count(":") == 1:
        host, _, port = server.rpartition(":") if not server.endswith("]") else (server, "", port)
    try:
        return str(ip_address(host.strip("[]"))), int(port)
    except ValueError:
        raise ValueError(
            f"{server!r} is no address of a DNS server; write 192.0.2.1 or [2001:db8::1]:53"
        ) from None


def load_settings(**overrides: object) -> Settings:
    """Read the configuration; ``ConfigurationError`` names the first setting that is wrong."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]  # validated by pydantic
    except ValidationError as error:
        first = error.errors()[0]
        name = "PORTICO_" + str(first["loc"][0]).upper()
        reason = first["msg"].removeprefix("Value error, ")
        raise ConfigurationError(f"{name}: {reason}") from None

"""What keys look like, and how hard they are to guess."""

import math
import re
import secrets
import uuid
from enum import StrEnum
from typing import Self

from portico.api import PluginSettings
from pydantic import Field, model_validator

UNAMBIGUOUS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Letters and digits without I and 1, O and 0: 32 characters, 5 bits each."""
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
LEAST_BITS = 60
_BITS = math.log2(len(UNAMBIGUOUS))
_FIXED = re.compile(r"[A-Za-z0-9#._-]+")
_PREFIX = re.compile(r"[A-Za-z0-9._-]*")


class KeyFormat(StrEnum):
    """``hex`` is what Gumroad's keys look like: 4 groups of 8 hexadecimal digits."""

    UUID4 = "uuid4"
    HEX = "hex"
    LETTERS = "letters"
    PATTERN = "pattern"

    @property
    def label(self) -> str:
        """What the seller chooses by."""
        return _LABELS[self]


_LABELS = {
    KeyFormat.UUID4: "UUID, such as 38b1460a-5104-4067-a91d-77b872934d51",
    KeyFormat.HEX: "4 groups of 8, such as 4E72A1B0-93C5D7F8-0A1B2C3D-E4F56789",
    KeyFormat.LETTERS: "5 groups of 5 letters, such as KXMQR-TFWPB-HJDLN-VZCGS-AYEUK",
    KeyFormat.PATTERN: "A pattern of your own",
}


class LicenseSettings(PluginSettings):
    """What a seller sets for each product."""

    format: KeyFormat = Field(
        KeyFormat.UUID4,
        title="Format",
    )
    pattern: str = Field(
        "",
        title="Pattern",
        max_length=100,
        description="Only for a pattern of your own: each # becomes a letter or digit",
    )
    prefix: str = Field("", title="Prefix", max_length=30, description="Stands before each key")
    expires_after_days: int | None = Field(
        None,
        title="Valid for days",
        ge=1,
        le=36_500,
        description="Leave it empty for keys that never expire",
    )

    @model_validator(mode="after")
    def _can_be_kept_secret(self) -> Self:
        if not _PREFIX.fullmatch(self.prefix):
            raise ValueError("The prefix takes letters, digits, dots, hyphens and underscores.")
        if self.format is not KeyFormat.PATTERN:
            if self.pattern:
                raise ValueError(
                    "The pattern is only for the format “A pattern of your own”. Leave it empty."
                )
            return self
        if not _FIXED.fullmatch(self.pattern):
            raise ValueError(
                "The pattern takes letters, digits, dots, hyphens, underscores and #, "
                "such as ACME-####-####-####-####."
            )
        if self.pattern.count("#") * _BITS < LEAST_BITS:
            raise ValueError("Keys of this pattern can be guessed. Use # at least 12 times.")
        return self


def new_key(settings: LicenseSettings) -> str:
    """A random key in the format of ``settings``; 114 bits or more, 60 or more with a pattern."""
    if settings.format is KeyFormat.PATTERN:
        key = "".join(secrets.choice(UNAMBIGUOUS) if c == "#" else c for c in settings.pattern)
    elif settings.format is KeyFormat.HEX:
        key = _groups(secrets.token_hex(16).upper(), 8)
    elif settings.format is KeyFormat.LETTERS:
        key = _groups("".join(secrets.choice(LETTERS) for _ in range(25)), 5)
    else:
        key = str(uuid.uuid4())
    return settings.prefix + key


def _groups(text: str, size: int) -> str:
    return "-".join(text[start : start + size] for start in range(0, len(text), size))

"""Example: license keys made of words, in place of the default issuer."""

import hashlib
import hmac
import math
from importlib import resources

from portico.api import (
    Context,
    HealthCheck,
    HealthReport,
    InvalidSettings,
    IssuedLicense,
    License,
    LicenseGrant,
    LicenseHooks,
    LifecycleHooks,
    Plugin,
    PluginSettings,
    Refused,
    SettingsChange,
    hookimpl,
)
from pydantic import Field, SecretStr

WORDS = resources.files(__package__).joinpath("words.txt").read_text("ascii").split()
LEAST_BITS = 60
BITS = math.log2(len(WORDS))


class WordsSettings(PluginSettings):
    """Once per store. The secret is encrypted at rest and never shown again."""

    secret: SecretStr = Field(
        SecretStr(""), title="Secret", description="32 characters or more; keys are made from it"
    )


class ProductSettings(PluginSettings):
    """Once per product."""

    words: int = Field(8, title="Words", ge=math.ceil(LEAST_BITS / BITS), le=20)


class LicenseWords(Plugin, LicenseHooks, LifecycleHooks):
    """Keys that can be read out on the telephone.

    A key is computed from the store's secret and what it is for. So the same grant has the same
    key however often it is asked for, and nothing has to be stored.
    """

    name, title, Settings = "license_words", "License keys in words", WordsSettings
    starts_on = False  # an example: off in new stores

    @hookimpl
    def license_settings(self) -> type[PluginSettings]:
        return ProductSettings

    @hookimpl
    async def issue_license(self, ctx: Context, grant: LicenseGrant) -> IssuedLicense:
        settings = grant.settings
        assert isinstance(settings, ProductSettings)  # the model named above
        secret = ctx.settings(WordsSettings).secret.get_secret_value()
        if not secret:
            raise Refused("The seller has not set up license keys yet.")
        # The attempt counts from 2 only when the store has the key of the first already.
        subject = f"{grant.license.store_id}/{grant.license.grant_key}/{grant.attempt}"
        digest = hmac.digest(secret.encode(), subject.encode(), hashlib.sha512)
        number = int.from_bytes(digest)
        chosen = []
        for _ in range(settings.words):
            number, index = divmod(number, len(WORDS))
            chosen.append(WORDS[index])
        return IssuedLicense("-".join(chosen))

    @hookimpl
    async def disable_license(self, ctx: Context, license: License) -> None:  # noqa: A002 - spec
        """Nothing to do: core keeps the key's state."""

    @hookimpl
    async def validate_settings(self, ctx: Context, change: SettingsChange) -> None:
        assert isinstance(change.new, WordsSettings)
        if len(change.new.secret.get_secret_value()) < 32:
            raise InvalidSettings({"secret": "The secret needs 32 characters or more."})

    @hookimpl
    async def check_health(self, ctx: Context, check: HealthCheck) -> list[HealthReport]:
        ready = bool(ctx.settings(WordsSettings).secret.get_secret_value())
        return [
            HealthReport("License keys have a secret", ready, "set it in the plugin's settings")
        ]


plugin = LicenseWords()

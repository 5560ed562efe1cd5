"""An issuer of license keys with switches for what can go wrong, and a licensed product."""

import asyncio
import itertools
import sys
from pathlib import Path

import pytest
import pytest_asyncio
from portico.api import (
    Context,
    IssuedLicense,
    License,
    LicenseGrant,
    LicenseHooks,
    Plugin,
    PluginSettings,
    hookimpl,
)
from portico.licenses import service as licenses
from portico.testing import factories
from portico.worker import Worker

sys.path.insert(0, str(Path(__file__).parent))


class KeySettings(PluginSettings):
    prefix: str = "KEY"


class Issuer(Plugin, LicenseHooks):
    name, title = "issuer", "Issuer"

    def __init__(self) -> None:
        self.asked: list[LicenseGrant] = []
        self.told: list[str] = []
        self.error: Exception | None = None
        self.pause = 0.0
        self.keys = (f"{number:06}" for number in itertools.count(1))

    @hookimpl
    def license_settings(self) -> type[PluginSettings]:
        return KeySettings

    @hookimpl
    async def issue_license(self, ctx: Context, grant: LicenseGrant) -> IssuedLicense:
        self.asked.append(grant)
        if self.error is not None:
            raise self.error
        settings = grant.settings
        assert isinstance(settings, KeySettings)
        key = f"{settings.prefix}-{next(self.keys)}"
        await asyncio.sleep(self.pause)
        return IssuedLicense(key, data={"for": grant.license.grant_key})

    @hookimpl
    async def disable_license(self, ctx: Context, license: License) -> None:  # noqa: A002 - spec
        if self.error is not None:
            raise self.error
        self.told.append(license.id)


@pytest.fixture
def issuer():
    return Issuer()


@pytest.fixture
def portico_plugins(issuer):
    return (issuer,)


@pytest_asyncio.fixture
async def store(runtime):
    return await factories.make_store(runtime)


@pytest_asyncio.fixture
async def customer(runtime, store):
    return await factories.make_customer(runtime, store)


@pytest_asyncio.fixture
async def product(runtime, store):
    return await factories.make_product(runtime, store, license_issuer="issuer")


@pytest.fixture
def worker(runtime):
    """A worker that knows of licenses only: mails and events stay where a test can see them."""
    return Worker(runtime, {"license": licenses.deliver})

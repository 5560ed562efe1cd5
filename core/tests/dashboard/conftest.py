"""A store with a seller of each role, and browsers that are signed in as them."""

import sys
from pathlib import Path

import pytest
import pytest_asyncio
from portico.api import HealthReport, LifecycleHooks, hookimpl
from portico.sellers import service as sellers
from portico.sellers.models import Role
from portico.testing import factories
from portico.testing.browser import Browser, KeepMail

sys.path.insert(0, str(Path(__file__).parent))


class Transport(KeepMail, LifecycleHooks):
    """Keeps mails, and says what is ``lacking`` when it is asked how it is."""

    lacking = ""

    @hookimpl
    async def check_health(self, ctx, check):
        return [HealthReport("mail server", not self.lacking, self.lacking)]


@pytest.fixture
def mails():
    return Transport()


@pytest.fixture
def portico_plugins(mails):
    return (mails,)


@pytest_asyncio.fixture
async def store(runtime):
    return await factories.make_store(runtime, slug="shop")


@pytest_asyncio.fixture
async def team(runtime, store):
    """A seller of each role."""
    return {
        role: await sellers.invite(runtime, store, f"{role}@example.com", role, by="test")
        for role in Role
    }


@pytest.fixture
def signed_in(app):
    async def signing_in(person):
        browser = Browser(app)
        await browser.sign_in(person)
        return browser

    return signing_in


@pytest_asyncio.fixture
async def owner(signed_in, team):
    """The owner's browser, with the team's page open."""
    browser = await signed_in(team[Role.OWNER])
    await browser.get("/dashboard/shop/settings/team")
    return browser

"""A store with a seller of each role, and browsers that are signed in as them."""

import sys
from pathlib import Path

import pytest
import pytest_asyncio
from portico.sellers import service as sellers
from portico.sellers.models import Role
from portico.testing import factories
from portico.testing.browser import Browser, KeepMail

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def mails():
    return KeepMail()


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

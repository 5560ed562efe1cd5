"""What core relies on in an issuer of license keys."""

from __future__ import annotations

from dataclasses import replace

from portico.hooks.licenses import IssuedLicense, LicenseGrant, LicenseHooks
from portico.hooks.plugin import PluginSettings
from portico.licenses.models import License, LicenseState
from portico.testing.contracts.base import HooksContract, Shop
from portico.testing.factories import make_grant

MANY = 1000


class LicenseHooksContract(HooksContract):
    """A plugin that issues license keys.

    ``license_settings`` are the product's settings, of the model that the plugin names; override
    it where the defaults issue nothing.
    """

    def license_settings(self) -> PluginSettings:
        """The product's settings."""
        assert isinstance(self.plugin, LicenseHooks)
        return self.plugin.license_settings()()

    def grant(self, shop: Shop, replaces: License | None = None) -> LicenseGrant:
        """A key that is due."""
        return make_grant(
            shop.store, shop.customer, shop.product, self.license_settings(), shop.plugin,
            replaces=replaces,
        )  # fmt: skip

    @staticmethod
    def issued(grant: LicenseGrant, answer: IssuedLicense) -> License:
        """The record that core makes of an answer."""
        return replace(
            grant.license, key=answer.key, data=dict(answer.data), expires_at=answer.expires_at,
            state=LicenseState.ACTIVE,
        )  # fmt: skip

    async def test_a_key_can_be_shown_and_typed(self, shop: Shop) -> None:
        answer = await shop.ask(LicenseHooks.issue_license, self.grant(shop))
        assert answer.key == answer.key.strip() != ""
        assert answer.key.isprintable()
        assert len(answer.key) <= 2000

    async def test_a_key_that_expires_does_so_later(self, shop: Shop) -> None:
        answer = await shop.ask(LicenseHooks.issue_license, self.grant(shop))
        assert answer.expires_at is None or (
            answer.expires_at.tzinfo is not None and answer.expires_at > shop.clock.now()
        )

    async def test_what_it_wants_back_can_be_stored(self, shop: Shop) -> None:
        import json  # noqa: PLC0415 - for this test only

        answer = await shop.ask(LicenseHooks.issue_license, self.grant(shop))
        assert json.loads(json.dumps(dict(answer.data))) == dict(answer.data)

    async def test_a_thousand_keys_are_all_different(self, shop: Shop) -> None:
        keys = set()
        for _ in range(MANY):
            answer = await shop.ask(LicenseHooks.issue_license, self.grant(shop))
            keys.add(answer.key)
        assert len(keys) == MANY

    async def test_asked_again_for_the_same_key_it_gives_one(self, shop: Shop) -> None:
        grant = self.grant(shop)
        first = await shop.ask(LicenseHooks.issue_license, grant)
        again = await shop.ask(LicenseHooks.issue_license, replace(grant, attempt=2))
        assert again.key
        kept = self.issued(grant, again)
        await shop.ask(LicenseHooks.disable_license, kept)
        other = await shop.ask(LicenseHooks.issue_license, self.grant(shop))
        assert other.key not in {first.key, again.key}

    async def test_a_replacement_is_another_key(self, shop: Shop) -> None:
        grant = self.grant(shop)
        old = self.issued(grant, await shop.ask(LicenseHooks.issue_license, grant))
        new = await shop.ask(LicenseHooks.issue_license, self.grant(shop, replaces=old))
        assert new.key != old.key

    async def test_disabling_twice_is_no_error(self, shop: Shop) -> None:
        grant = self.grant(shop)
        issued = self.issued(grant, await shop.ask(LicenseHooks.issue_license, grant))
        for _ in range(2):
            await shop.ask(LicenseHooks.disable_license, issued)

"""What core relies on in plugins that take over a business from elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from portico.hooks.imports import Importer, ImportHooks, ImportRequest, ImportSheet, ImportStep
from portico.testing.contracts.base import HooksContract, Shop

if TYPE_CHECKING:
    from portico.hooks.context import Context

_NAME = re.compile(r"[a-z][a-z0-9_-]*")


class ImportHooksContract(HooksContract):
    """A plugin that imports. Override ``fill`` to put something there to import."""

    async def fill(self, shop: Shop) -> None:
        """Let there be customers, orders and subscriptions on the other side."""

    def importers(self, shop: Shop) -> list[Importer]:
        """What the plugin offers."""
        return shop.rt.registry.contributed(ImportHooks.importers)[shop.plugin]

    async def test_what_it_imports_has_names_for_the_command_line(self, shop: Shop) -> None:
        names = [one.name for one in self.importers(shop)]
        assert names and len(set(names)) == len(names)
        assert all(_NAME.fullmatch(name) for name in names), names

    async def test_there_is_no_sheet_before_the_first_import(self, shop: Shop) -> None:
        for importer in self.importers(shop):
            assert await importer.sheet(*_asked(shop)) is None

    async def test_an_import_ends_says_how_far_it_is_and_balances(self, shop: Shop) -> None:
        await self.fill(shop)
        for importer in self.importers(shop):
            steps, sheet = await _run(shop, importer)
            assert steps and all(1 <= one.step <= one.steps for one in steps)
            assert [one.step for one in steps] == sorted(one.step for one in steps)
            assert sheet.balances, sheet
            assert any(line.here for line in sheet.lines), "it has taken nothing over"

    async def test_once_more_takes_over_nothing_twice(self, shop: Shop) -> None:
        await self.fill(shop)
        for importer in self.importers(shop):
            _, first = await _run(shop, importer)
            _, second = await _run(shop, importer)
            assert second.balances and list(second.lines) == list(first.lines)

    async def test_it_goes_on_after_it_was_given_up_in_the_middle(self, shop: Shop) -> None:
        await self.fill(shop)
        for importer in self.importers(shop):
            running = importer.run(*_asked(shop))
            seen = [await anext(running), await anext(running)]
            await running.aclose()  # type: ignore[attr-defined]  # an async generator has it
            steps, sheet = await _run(shop, importer)
            assert steps[0].step >= seen[-1].step, "it began anew"
            assert sheet.balances

    async def test_it_mails_nobody_and_makes_no_keys(self, shop: Shop) -> None:
        await self.fill(shop)
        for importer in self.importers(shop):
            before = await _waiting(shop)
            await _run(shop, importer)
            assert await _waiting(shop) == before


def _asked(shop: Shop) -> tuple[Context, ImportRequest]:
    return shop.rt.hooks.context(shop.store, shop.plugin), ImportRequest(shop.store.mode)


async def _run(shop: Shop, importer: Importer) -> tuple[list[ImportStep], ImportSheet]:
    steps = [step async for step in importer.run(*_asked(shop))]
    sheet = await importer.sheet(*_asked(shop))
    assert sheet is not None
    return steps, sheet


async def _waiting(shop: Shop) -> tuple[int, int]:
    """How many mails and keys there are, made or to be made."""
    import sqlalchemy as sa  # noqa: PLC0415 - pytest's start

    from portico.db import Query  # noqa: PLC0415
    from portico.emails.tables import emails  # noqa: PLC0415
    from portico.licenses.tables import licenses  # noqa: PLC0415

    found = [
        await shop.rt.db.one(Query(int, sa.select(sa.func.count()).select_from(table)))
        for table in (emails, licenses)
    ]
    return found[0] or 0, found[1] or 0

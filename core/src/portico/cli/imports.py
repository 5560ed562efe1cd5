"""``portico import``: take over a business from another system."""

import asyncio
import csv
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated

import typer

from portico.activation import service as activation
from portico.activation.models import Activation
from portico.cli.common import StoreOption, fail, on_terminal, print_rows, run, store_named
from portico.hooks.context import Context
from portico.hooks.errors import RetryLater
from portico.hooks.imports import (
    Importer,
    ImportHooks,
    ImportRequest,
    ImportSheet,
    SheetLine,
    SheetReason,
)
from portico.i18n import format_money
from portico.runtime import Runtime
from portico.stores.models import Mode

TRIES = 5
"""How often in a row a provider may be away before the command ends."""
_COLUMNS = (
    "what", "currency", "there", "sum_there", "here", "sum_here", "left_out", "sum_left_out",
    "sum_explained", "differ", "balances", "why", "examples",
)  # fmt: skip
_HEADERS = ("What", "Currency", "There", "Sum there", "Here", "Sum here", "Left out", "Balances")


def import_(
    name: Annotated[str, typer.Argument(help="From where, such as stripe.")],
    store: StoreOption,
    mode: Annotated[
        Mode | None, typer.Option(help="Which records: test or live; by default the store's mode.")
    ] = None,
    sheet: Annotated[
        bool, typer.Option("--sheet", help="Import nothing, show what the last import came to.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The sheet as JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="The sheet as CSV.")] = False,
) -> None:
    """Take over products, customers, orders and subscriptions from elsewhere.

    Mails nobody and issues no license keys. Stopped in the middle, it goes on where it was when it
    is run again; run once more it takes over what is new. Ends with status 1 where the sheet does
    not balance.
    """

    async def work(rt: Runtime) -> ImportSheet:
        found = await store_named(rt, store)
        plugin, importer = _importer(rt, name)
        if await activation.state(rt, found, plugin) is not Activation.ON:
            command = f"portico plugin enable {plugin} --store {store}"
            fail(f"{plugin} is not on for {store}. Run `{command}`.")
        ctx = rt.hooks.context(found, plugin, found.locale)
        request = ImportRequest(mode or found.mode)
        if not sheet:
            await _run(ctx, importer, request, quiet=as_json or as_csv)
        made = await importer.sheet(ctx, request)
        return made or fail(f"Nothing has been imported from {importer.title} yet.")

    made = run(work)
    if as_json:
        typer.echo(json.dumps(_plain(made), indent=2, default=str))
    elif as_csv:
        _write_csv(made)
    else:
        _show(made)
    if not made.balances:
        raise typer.Exit(1)


def _importer(rt: Runtime, name: str) -> tuple[str, Importer]:
    offered = {
        one.name: (plugin, one)
        for plugin, importers in rt.registry.contributed(ImportHooks.importers).items()
        for one in importers
    }
    if name not in offered:
        fail(f"Nothing imports from {name!r}. It can be: {', '.join(sorted(offered)) or 'none'}.")
    return offered[name]


async def _run(ctx: Context, importer: Importer, request: ImportRequest, *, quiet: bool) -> None:
    """Import to the end, with a progress bar on a terminal, through a provider's short breaks."""
    from rich import progress as bars  # noqa: PLC0415 - `portico serve` does without rich

    columns = (bars.TextColumn("{task.description}"), bars.BarColumn(), bars.MofNCompleteColumn(),
               bars.TextColumn("{task.fields[count]}"), bars.TimeElapsedColumn())  # fmt: skip
    failures = 0
    with bars.Progress(*columns, disable=quiet or not on_terminal()) as progress:
        bar = progress.add_task(importer.title, total=None, count="")
        while True:
            try:
                async for step in importer.run(ctx, request):
                    failures = 0
                    progress.update(
                        bar, total=step.steps, completed=step.step - 1, description=step.what,
                        count=f"{step.count:,}",
                    )  # fmt: skip
            except RetryLater as error:
                failures += 1
                if failures > TRIES:
                    fail(f"{error}. Run the same command again later: it goes on where it is.")
                await asyncio.sleep(error.after.total_seconds())
            else:
                return


def _plain(made: ImportSheet) -> dict[str, object]:
    lines = [{**asdict(one), "balances": one.balances} for one in made.lines]
    return {**asdict(made), "lines": lines, "balances": made.balances}


def _write_csv(made: ImportSheet) -> None:
    out = csv.writer(sys.stdout)
    out.writerow(_COLUMNS)
    for one in made.lines:
        out.writerow([*asdict(one).values(), "yes" if one.balances else "no", "", ""])
    for why in made.reasons:
        out.writerow([why.what, why.currency, "", "", "", "", why.count, why.amount, "", "", "",
                      why.why, " ".join(why.examples)])  # fmt: skip


def _show(made: ImportSheet) -> None:
    print_rows(_HEADERS, (_row(one) for one in made.lines))
    if made.reasons:
        print_rows(("What", "Why it does not match", "How many", "Sum", "Such as"),
                   _reasons(made.reasons))  # fmt: skip
    if made.finished_at is None:
        typer.echo("The import has not come to its end. Run it again to go on.")
    elif made.balances:
        typer.echo("The sheet balances: everything is here, or left out for a reason given.")
    else:
        typer.echo("The sheet does not balance: see the lines that say no.")


def _row(one: SheetLine) -> tuple[str, ...]:
    return (
        one.what, one.currency, str(one.there), _money(one.there_sum, one.currency),
        str(one.here), _money(one.here_sum, one.currency), str(one.left_out),
        "yes" if one.balances else "no",
    )  # fmt: skip


def _reasons(reasons: Iterable[SheetReason]) -> Iterable[tuple[str, ...]]:
    for one in reasons:
        yield (one.what, one.why, str(one.count), _money(one.amount, one.currency),
               " ".join(one.examples[:3]))  # fmt: skip


def _money(amount: int, currency: str) -> str:
    return format_money(amount, currency, "en") if currency else ""

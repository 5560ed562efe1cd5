"""Runs every measurement on one machine, one after the other, and prints a report."""

import asyncio
import logging
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import uvloop
from portico.logs import configure_logging
from portico.testing.postgres import (
    create_database,
    drop_database,
    join_run,
    leave_run,
    server_url,
)

from bench import load, mail, overview, plugins, scale
from bench.servers import Installation, make_installation, portico

STARTS = 5


def goal(met: bool) -> str:
    """How a line of the report ends."""
    return "met" if met else "NOT met"


async def report_overview(made: Installation, folder: Path) -> None:
    """Requests per second, and the peak memory of the processes that served them."""
    lite = await asyncio.to_thread(
        make_installation, f"sqlite:///{folder}/sqlite/portico.db", folder / "sqlite"
    )
    found = await overview.measure(made, lite, folder)
    print(f"""
Overview, signed in, five orders, all default plugins on, no page cache, {found.page_size} bytes;
portico serve --workers {overview.WORKERS}, median of {overview.ROUNDS} rounds in turn
  floor (3 asyncpg round trips)   {found.floor:8.0f} requests/s
  Portico on PostgreSQL           {found.postgresql:8.0f} requests/s
  Portico on SQLite               {found.sqlite:8.0f} requests/s
  PostgreSQL / floor              {found.of_floor:8.2f}    goal 0.70: {goal(found.of_floor >= 0.7)}
  SQLite / PostgreSQL             {found.of_postgresql:8.2f}    goal 0.50: {goal(found.of_postgresql >= 0.5)}
  peak memory of a worker         {found.peak_kb / 1024:8.0f} MB  goal 120 MB: {goal(found.peak_kb <= 120 * 1024)}""")  # noqa: E501


async def report_start(made: Installation, folder: Path) -> None:
    """From the process's start to the first 200 of /readyz."""
    seconds = []
    for _ in range(STARTS):
        async with portico(made, folder, workers=1) as server:
            seconds.append(server.start_seconds)
    median = statistics.median(seconds)
    print(f"""
Cold start of portico serve on a migrated database, median of {STARTS}
  to the first 200 of /readyz     {median:8.2f} s   goal 2 s: {goal(median <= 2)}""")


async def report_plugins(made: Installation, folder: Path) -> None:
    """p99 with plugins that are on in another store."""
    found = await plugins.measure(made, folder)
    print(f"""
p99 of the demo store's overview, extra plugins on in another store (one waits for ever, one
raises) whose customers keep coming; {plugins.CONNECTIONS} connections, median of {plugins.ROUNDS} rounds in turn""")  # noqa: E501
    for count, seconds in found.items():
        ratio = seconds / found[0]
        verdict = f"   {ratio:.2f} times, goal 1.3: {goal(ratio <= 1.3)}" if count else ""
        print(f"  {count:2} plugins                      {seconds * 1000:8.1f} ms{verdict}")


async def report_mail(made: Installation, folder: Path) -> None:
    """Sign-in mails behind a long queue."""
    found = await mail.measure(made, folder)
    worst = found.percentile(95)
    print(f"""
Sign-in mail, click to SMTP's 250, {len(found.seconds)} sign-ins; {found.before:,} mails queued at the first click,
{found.after:,} after the last
  p50                             {found.percentile(50):8.2f} s
  p95                             {worst:8.2f} s   goal 3 s: {goal(worst <= 3)}""")  # noqa: E501


async def report_scale(large_url: str, small_url: str, folder: Path) -> None:
    """Every page with a million orders in the database and with a thousand."""
    found = await scale.measure(large_url, small_url, folder)
    print(f"""
Pages of three stores, in ms: one of {scale.SMALL:,} orders alone, and, among {scale.ORDERS:,} orders in
{scale.STORES} stores (made in {found.fill_seconds:.0f} s), one of {scale.TYPICAL:,} and one of {scale.LARGEST:,}; the fastest of {scale.ROUNDS}
by turns, and of up to {scale.ROUNDS * (1 + scale.AGAIN)} where that misses the goal
    small typical largest""")  # noqa: E501
    shown = [page for page in found.pages if page.status == 200]
    for page in sorted(shown, key=lambda page: -page.ratio):
        verdict = goal(page.ratio <= scale.GOAL)
        times = " ".join(f"{one * 1000:7.1f}" for one in (page.small, page.typical, page.largest))
        print(f"  {times}  {page.ratio:5.2f} times: {verdict:8}  {page.path}")
    met = sum(page.ratio <= scale.GOAL for page in shown)
    print(f"  {met} of {len(shown)} within {scale.GOAL} times")
    left_out = [f"{page.path} ({page.status})" for page in found.pages if page.status != 200]
    print(f"  not shown, so not measured: {', '.join(left_out) or 'none'}")
    print(
        f"  {found.statements} statements explained, {len(found.scans)} read a whole table of"
        f" {scale.LARGE_TABLE:,} rows or more: {goal(not found.scans)}"
    )
    for scan in found.scans:
        print(f"    {scan}")


@contextmanager
def database() -> Iterator[str]:
    """An empty PostgreSQL database."""
    first = join_run()
    try:
        url = create_database(server_url())
        try:
            yield url
        finally:
            drop_database(url)
    finally:
        if first and "PORTICO_TEST_POSTGRES_URL" not in os.environ:
            leave_run()


REPORTS = {
    "overview": report_overview,
    "start": report_start,
    "plugins": report_plugins,
    "mail": report_mail,
}
SCALE = "scale"


def main() -> None:
    """Everything; or only the parts named as arguments, such as ``overview start``."""
    began = time.monotonic()
    wanted = sys.argv[1:] or [*REPORTS, SCALE]
    if unknown := set(wanted) - {*REPORTS, SCALE}:
        sys.exit(f"There is no part {', '.join(unknown)}; choose of {', '.join(REPORTS)}, {SCALE}.")
    configure_logging(logging.ERROR)
    print(
        f"{os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f} before, Python"
        f" {platform.python_version()}, granian {version('granian')}, load by {load.NAME}"
    )
    with database() as url, tempfile.TemporaryDirectory(prefix="portico-bench-") as name:
        folder = Path(name)
        made = make_installation(url, folder / "postgresql")
        for part, report in REPORTS.items():
            if part in wanted:
                uvloop.run(report(made, folder))
                sys.stdout.flush()
        if SCALE in wanted:
            with database() as large, database() as small:
                uvloop.run(report_scale(large, small, folder))
    print(f"\nTook {time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    main()

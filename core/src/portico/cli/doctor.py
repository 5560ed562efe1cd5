"""``portico doctor``: is everything there, does everything answer, and if not, what to do."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import typer

from portico.activation import service as activation
from portico.cli.common import running
from portico.db import DatabaseUnavailable
from portico.dns import Dns, DnsError, Trouble
from portico.errors import PorticoError
from portico.hooks.auth import AuthHooks
from portico.hooks.checkout import CheckoutHooks
from portico.hooks.emails import EmailHooks
from portico.hooks.files import FileStorageHooks
from portico.hooks.lifecycle import HealthCheck, LifecycleHooks
from portico.runtime import Runtime
from portico.settings import Settings, load_settings
from portico.stores import service as stores
from portico.stores.models import Store

CAPABILITIES = (
    ("auth", AuthHooks.begin_sign_in, "sign in", "portico-auth-email-link"),
    ("payments", CheckoutHooks.start_checkout, "buy", "portico-payments-sandbox"),
    ("storage", FileStorageHooks.store_file, "upload files", "portico-files-local"),
    ("email", EmailHooks.send_email, "send mail", "portico-email-smtp"),
)


_DNS_TROUBLES = {
    Trouble.NO_NAME: "there is no such name",
    Trouble.TIMEOUT: "no answer in time",
    Trouble.FAILURE: "the servers cannot tell",
}
_DNS_FIX = (
    "set the record of PORTICO_BASE_URL's host, or servers that answer in PORTICO_DNS_SERVERS; "
    "senders and own domains are checked through them"
)


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the report."""

    ok: bool
    what: str
    fix: str = ""


async def _check_data_dir(settings: Settings) -> Result:
    folder = settings.data_dir
    good = folder.is_dir() and os.access(folder, os.W_OK)
    return Result(
        good, f"data directory {folder}", f"create {folder}, writable by this user, or set "
        "PORTICO_DATA_DIR",
    )  # fmt: skip


def _base_url(settings: Settings) -> Result:
    """Not set is right on one's own machine only, and so no error."""
    if "base_url" in settings.model_fields_set:
        return Result(True, f"links lead to {settings.base_url}")
    return Result(
        True, f"links lead to {settings.base_url}, that is to this machine only: for others set "
        "PORTICO_BASE_URL",
    )  # fmt: skip


async def _check_database(rt: Runtime) -> AsyncIterator[Result]:
    from portico.assembly import schema_owners  # noqa: PLC0415 - keeps `portico --help` quick
    from portico.db.migrations import pending  # noqa: PLC0415 - the same

    yield Result(True, f"database ({rt.db.dialect}) answers")
    waiting = await pending(rt.settings.resolved_database_url, schema_owners(rt.registry))
    yield Result(not waiting, "database schema is up to date", "run `portico db upgrade`")


async def _check_dns(settings: Settings) -> Result | None:
    """Whether the DNS can be asked, by the name in the base URL; None where that is no name."""
    host = urlsplit(settings.base_url).hostname or ""
    if "." not in host or host.replace(".", "").isdigit():
        return None
    servers = ", ".join(settings.dns_servers) or "the system's servers"
    try:
        found = await Dns.of(settings).addresses(host)
    except DnsError as error:
        reason = _DNS_TROUBLES[error.trouble]
        return Result(False, f"DNS ({servers}) about {host}: {reason}", _DNS_FIX)
    if not found:
        return Result(False, f"DNS ({servers}): {host} has no address", _DNS_FIX)
    return Result(True, f"DNS ({servers}) answers: {host} is at {', '.join(found)}")


async def _check_store(rt: Runtime, store: Store) -> AsyncIterator[Result]:
    for capability, hook, verb, package in CAPABILITIES:
        name = await activation.chosen(rt, store, hook, setting=capability)
        yield Result(
            name is not None,
            f"{store.slug}: {verb} through {name}" if name else f"{store.slug}: nobody can {verb}",
            f"install {package} or another plugin for it, and run `portico plugin enable`",
        )
    if rt.themes.titles().get(store.theme) is None:
        yield Result(False, f"{store.slug}: theme {store.theme!r}",
                     f"install portico-theme-{store.theme} or choose another theme")  # fmt: skip
    for reply in await rt.hooks.each(store, LifecycleHooks.check_health, HealthCheck(deep=True)):
        for report in reply.value:
            yield Result(report.ok, f"{store.slug}: {reply.plugin}: {report.what}", report.fix)
    for finding in await activation.findings(rt, store):
        yield Result(False, f"{store.slug}: {finding.message}", f"seen {finding.count} times")


async def examine(settings: Settings) -> AsyncIterator[Result]:
    """Every check, in the order in which to mend things."""
    yield Result(bool(settings.secret_keys) or settings.demo, "PORTICO_SECRET_KEYS is set",
                 "make a key with `portico secrets generate`")  # fmt: skip
    yield await _check_data_dir(settings)
    yield _base_url(settings)
    if (asked := await _check_dns(settings)) is not None:
        yield asked
    try:
        async with running(settings) as rt:
            yield Result(True, f"plugins: {', '.join(rt.registry.plugins) or 'none installed'}")
            async for result in _check_database(rt):
                yield result
                if not result.ok:
                    return
            for store in await stores.all_stores(rt):
                async for result in _check_store(rt, store):
                    yield result
    except (PorticoError, DatabaseUnavailable) as error:
        yield Result(False, str(error), "mend this first; the other checks need it")


def doctor() -> None:
    """Check configuration, database, mail, storage and plugins, and say how to fix each."""

    async def report() -> bool:
        healthy = True
        async for result in examine(load_settings()):
            typer.echo(f"{'ok ' if result.ok else 'BAD'} {result.what}")
            if not result.ok:
                healthy = False
                typer.echo(f"    {result.fix}")
        return healthy

    raise SystemExit(0 if asyncio.run(report()) else 1)

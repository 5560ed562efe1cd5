"""What somebody should look at: findings, plugins that are not ready or fail, work given up."""

from datetime import datetime, timedelta
from typing import NamedTuple

from portico.activation import service as activation
from portico.domains import service as domains
from portico.events import service as events
from portico.hooks.emails import EmailHooks
from portico.hooks.lifecycle import HealthCheck, HealthReport, LifecycleHooks
from portico.i18n import N_
from portico.web.dashboard.here import Here
from portico.web.dashboard.sections import place
from portico.web.http import ngettext

RECENT = timedelta(days=7)
"""A plugin's error that is older has passed."""
_MOST = 5
_LONGEST = 200
_PLACES = {domains.FINDING: ("settings/portal", N_("Customer portal"))}
"""Where a finding can be mended, beside the words for it."""
_FINDINGS = {
    "file_missing": N_("A file is missing in its storage"),
    "email_bounced": N_("A mail was refused"),
    "payment_mismatch": N_("A payment was not counted"),
    domains.FINDING: N_("Your own domain does not work; links lead to the usual address"),
}


class Problem(NamedTuple):
    """One thing to look at. ``detail`` is in the words of whoever noticed it."""

    title: str
    detail: str
    when: datetime | None
    url: str = ""
    label: str = ""


async def of_store(at: Here, told: frozenset[str] = frozenset()) -> list[Problem]:
    """The store's problems, those that keep customers from something first.

    What plugins report about themselves is left out for those that have ``told`` it by a panel.
    """
    unready = [one for name, one in await not_ready(at) if name not in told]
    return [*unready, *await _given_up(at), *await _findings(at), *await _plugins(at)]


async def not_ready(at: Here) -> list[tuple[str, Problem]]:
    """What plugins report about themselves without asking anybody else, such as a missing key.

    Each with the plugin's name. Who could send mails, but is not chosen to, is left out.
    """
    senders = set(at.rt.registry.names_answering(EmailHooks.send_email))
    senders -= {await activation.chosen(at.rt, at.store, EmailHooks.send_email, setting="email")}
    replies = await at.rt.hooks.each(at.store, LifecycleHooks.check_health, HealthCheck())
    return [
        (reply.plugin, _report(at, reply.plugin, one))
        for reply in replies if reply.plugin not in senders
        for one in reply.value if not one.ok
    ]  # fmt: skip


def _report(at: Here, plugin: str, report: HealthReport) -> Problem:
    say = at.rt.themes.translations.gettext(at.locale, plugin)
    title = at.say(N_("%(plugin)s is not ready")) % {"plugin": at.plugin_title(plugin)}
    detail = say(report.fix or report.what)[:_LONGEST]
    return Problem(title, detail[:1].upper() + detail[1:], None,
                   at.path(f"plugins/{plugin}"), at.say(N_("Settings")))  # fmt: skip


async def _given_up(at: Here) -> list[Problem]:
    dead = await events.dead(at.rt, store_id=at.store.id)
    if not dead:
        return []
    title = ngettext("%(num)d task was given up", "%(num)d tasks were given up", len(dead))
    detail = dead[-1].last_error or ""
    return [
        Problem(title % {"num": len(dead)}, detail[:_LONGEST], dead[-1].created_at,
                place(at, "emails"), at.say(N_("E-mails")))
    ]  # fmt: skip


async def _findings(at: Here) -> list[Problem]:
    problems = []
    for one in await activation.findings(at.rt, at.store, _MOST):
        title = at.say(_FINDINGS.get(one.kind, N_("Please look at this")))
        path, label = _PLACES.get(one.kind, ("", ""))
        url, label = (at.path(path), at.say(label)) if path else ("", "")
        problems.append(Problem(title, one.message[:_LONGEST], one.last_seen_at, url, label))
    return problems


async def _plugins(at: Here) -> list[Problem]:
    since = at.rt.clock.now() - RECENT
    failing: dict[str, list[tuple[datetime, int, str]]] = {}
    for one in await activation.health(at.rt, at.store):
        if one.last_error_at and one.last_error_at >= since:
            count = one.errors + one.timeouts
            failing.setdefault(one.plugin, []).append(
                (one.last_error_at, count, f"{one.hook}: {one.last_error or ''}")
            )
    problems = []
    for name, errors in sorted(failing.items()):
        when, _, detail = max(errors)
        count = sum(number for _, number, _ in errors)
        words = ngettext("%(plugin)s failed %(num)d time", "%(plugin)s failed %(num)d times", count)
        title = words % {"plugin": at.plugin_title(name), "num": count}
        problems.append(
            Problem(title, detail[:_LONGEST], when, place(at, "plugins"), at.say(N_("Plugins")))
        )
    return problems

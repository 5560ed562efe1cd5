"""The domain that a store's mails come from: does the DNS say what receivers want to read?

Asked when a seller wants it and kept, so that the page shows what was found without asking.
"""

import asyncio
import dataclasses
import re
from ipaddress import ip_address
from urllib.parse import urlsplit

import structlog

from portico.activation import service as activation
from portico.dns import Dns, DnsError
from portico.domains import queries, records
from portico.domains.models import MAIL, MailDomain, RecordCheck, RecordState
from portico.emails.sender import Sender
from portico.emails.service import sender_address
from portico.errors import PorticoError
from portico.hooks.emails import EmailHooks, SenderDomain, SenderNeeds
from portico.i18n import N_
from portico.net import is_public
from portico.runtime import Runtime
from portico.stores.models import Store

USUAL_SELECTORS = (
    "default", "google", "selector1", "selector2", "s1", "s2", "k1", "k2", "k3", "mail", "dkim",
    "smtp", "mx", "pm", "fm1", "fm2", "protonmail", "sig1", "zoho", "mandrill", "brevo1",
)  # fmt: skip
"""Under which providers and common mail servers keep their keys."""
_SELECTOR = re.compile(r"[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?", re.IGNORECASE)
_log = structlog.get_logger("portico.plugins")


class InvalidSelector(PorticoError, ValueError):
    """The text is no selector; the message (``N_``) says what one is."""


def domain_of(rt: Runtime, store: Store) -> str | None:
    """The domain of the address that the store's mails come from, or that waits to be confirmed;
    None where it is a single machine's, which no other server can ask the DNS about."""
    sender = Sender.of(store)
    address = sender.pending or sender.address or sender_address(rt.settings)
    domain = address.rpartition("@")[2].lower()
    try:
        ip_address(domain.strip("[]"))
    except ValueError:
        return domain if "." in domain else None
    return None


async def last(rt: Runtime, store: Store) -> MailDomain | None:
    """What was found last about the domain that counts now."""
    row = await rt.db.one(queries.CHECK, store_id=store.id, id=MAIL)
    if row is None or row.checked_at is None or row.domain != domain_of(rt, store):
        return None
    found = tuple(
        RecordCheck(**{**one, "state": RecordState(one["state"]), "found": tuple(one["found"])})
        for one in row.result["records"]
    )
    return MailDomain(row.domain, row.result["selector"], found, row.checked_at)


async def check(rt: Runtime, store: Store, selector: str) -> MailDomain:
    """Ask the DNS about the domain and keep the answers.

    Without a ``selector`` the usual ones are tried. Raises InvalidSelector, and LookupError where
    there is no domain to ask about.
    """
    if selector and not _SELECTOR.fullmatch(selector):
        raise InvalidSelector(
            N_("Enter the selector alone, such as mail: the part before ._domainkey in the name.")
        )
    domain = domain_of(rt, store)
    if domain is None:
        raise LookupError("the store's mails come from no domain")
    needs = await _needs(rt, store, domain)
    found = await _ask(rt, domain, needs, selector)
    checked = MailDomain(domain, selector, found, rt.clock.now())
    result = {"selector": selector, "records": [dataclasses.asdict(one) for one in found]}
    await rt.db.run(
        queries.SAVE, store_id=store.id, id=MAIL, domain=domain, result=result,
        checked_at=checked.checked_at,
    )  # fmt: skip
    return checked


async def _ask(
    rt: Runtime, domain: str, needs: SenderNeeds, selector: str
) -> tuple[RecordCheck, ...]:
    tried = [selector] if selector else list(dict.fromkeys((*needs.selectors, *USUAL_SELECTORS)))
    names = {"spf": domain, "dkim": f"{selector or '…'}._domainkey.{domain}",
             "dmarc": f"_dmarc.{domain}"}  # fmt: skip
    try:
        dns = Dns.of(rt.settings)
        await dns.texts(domain)  # where this is not answered, nothing else has to be asked
    except DnsError as error:
        return tuple(records.unknown(record, name, error) for record, name in names.items())
    works = {
        "spf": records.spf(dns, domain, needs.server, needs.spf),
        "dkim": records.dkim(dns, domain, tried),
        "dmarc": records.dmarc(dns, domain),
    }
    asked = (records.or_unknown(record, names[record], work) for record, work in works.items())
    return tuple(await asyncio.gather(*asked))


async def _needs(rt: Runtime, store: Store, domain: str) -> SenderNeeds:
    """What the plugin that sends the store's mails wants; else the mails leave from here."""
    hook = EmailHooks.sender_needs
    name = await activation.chosen(rt, store, EmailHooks.send_email, setting="email")
    if name is not None and name in rt.registry.names_answering(hook):
        try:
            needs: SenderNeeds | None = await rt.hooks.owner(
                store, name, hook, SenderDomain(domain)
            )
        except Exception:
            # Whatever is wrong with the plugin's settings, the DNS can be asked.
            _log.warning("sender_needs_failed", plugin=name, exc_info=True)
            needs = None
        if needs is not None:
            return needs
    return _from_here(urlsplit(rt.settings.base_url).hostname or "", domain)


def _from_here(host: str, domain: str) -> SenderNeeds:
    """What mails that leave from this machine need; where nobody knows it by that name, the
    domain's own mail servers are the best guess."""
    try:
        address = ip_address(host)
    except ValueError:
        if "." in host:
            return SenderNeeds(host, f"a:{host}")
        return SenderNeeds(domain, "mx")
    if is_public(host):
        return SenderNeeds(host, f"ip{address.version}:{host}")
    return SenderNeeds(domain, "mx")

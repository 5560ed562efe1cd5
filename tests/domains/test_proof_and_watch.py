"""Whose a domain is, and what becomes of links when it is no longer so."""

from datetime import timedelta

import pytest
from portico.activation import service as activation
from portico.clock import FixedClock
from portico.domains import service as domains
from portico.domains import watch
from portico.runtime import Runtime
from portico.stores.models import Store
from portico.testing import factories
from portico.testing.browser import Browser
from quart import Quart

from tests.domains.own import DOMAIN, PAGE, fresh, in_use, leads_here, leads_there
from tests.support.dns_server import SILENT, DnsServer


@pytest.mark.parametrize(
    ("proof", "reason", "words"),
    [
        (None, "no_proof", "The TXT record is not in the DNS."),
        ("portico-verification=str_other", "wrong_proof", "has the value of another portal"),
        ("v=spf1 -all", "no_proof", "The TXT record is not in the DNS."),
        (SILENT, "timeout", "The DNS did not answer in time"),
    ],
)
async def test_a_domain_that_leads_here_is_not_used_without_the_stores_proof(
    owner: Browser, runtime: Runtime, store: Store, zone: DnsServer, served: None,
    proof: str | None, reason: str, words: str,
) -> None:  # fmt: skip
    leads_here(zone, store)
    del zone.records[f"_portico.{DOMAIN}"]
    if proof == SILENT:
        zone.records[f"_portico.{DOMAIN}"] = SILENT
    elif proof:
        zone.text(f"_portico.{DOMAIN}", proof)
    await domains.claim(runtime, store, DOMAIN, by="test")
    found = await domains.check(runtime, store, by="test")
    assert (found.state, found.reason, found.proven) == ("waiting", reason, False)
    assert (await fresh(runtime, store)).domain is None
    page = await owner.get(PAGE)
    assert words in page and "Not found yet" in page


async def test_a_domain_belongs_to_the_store_that_the_dns_names(
    owner: Browser, runtime: Runtime, store: Store, zone: DnsServer, served: None
) -> None:
    other = await factories.make_store(runtime, slug="rival")
    await domains.claim(runtime, other, DOMAIN, by="test")  # entered only, which keeps nobody out
    await in_use(runtime, store, zone)
    found = await domains.check(runtime, other, by="test")
    assert (found.state, found.reason) == ("waiting", "wrong_proof")
    both = [f"portico-verification={one.id}" for one in (store, other)]
    zone.text(f"_portico.{DOMAIN}", *both)
    found = await domains.check(runtime, other, by="test")
    assert (found.state, found.reason) == ("failing", "taken")
    assert runtime.hosts.slug(DOMAIN.encode()) == "shop"
    zone.text(f"_portico.{DOMAIN}", both[1])
    assert (await domains.check(runtime, other, by="test")).state == "verified"
    assert runtime.hosts.slug(DOMAIN.encode()) == "rival"
    assert (await fresh(runtime, store)).domain is None
    page = await owner.get(PAGE)
    assert "has the value of another portal" in page and "rival" not in page.lower()
    assert "Your own domain does not work" in await owner.get("/dashboard/shop/")


async def look_again(runtime: Runtime, clock: FixedClock, after: timedelta) -> None:
    """The worker's rounds for a while."""
    end = clock.now() + after
    while clock.now() < end:
        clock.advance(watch.EVERY)
        await watch.look(runtime, None)  # type: ignore[arg-type]  # nothing in it is read


async def test_links_leave_a_domain_that_lost_its_proof_and_come_back_with_it(
    app: Quart, owner: Browser, runtime: Runtime, store: Store, zone: DnsServer, port: int,
    clock: FixedClock, served: None,
) -> None:  # fmt: skip
    await in_use(runtime, store, zone)
    proof = zone.records.pop(f"_portico.{DOMAIN}")
    await look_again(runtime, clock, watch.VERIFIED_EVERY)
    assert not leads_there(runtime, await fresh(runtime, store))
    assert await activation.findings(runtime, store) == []  # it may pass
    customer = Browser(app)
    await customer.get("/p/shop/sign-in", Host="portico.test")
    assert customer.status == 200
    await customer.get("/sign-in", Host=DOMAIN)  # links of yesterday's mails
    assert customer.status == 200
    await look_again(runtime, clock, 2 * domains.TELL)
    home = await owner.get("/dashboard/shop/")
    assert "Your own domain does not work" in home and DOMAIN in home
    page = await owner.get(PAGE)
    assert "Not in use now" in page and "links in mails and pages lead to the usual address" in page
    zone.records[f"_portico.{DOMAIN}"] = proof
    await look_again(runtime, clock, timedelta(hours=1))
    assert leads_there(runtime, await fresh(runtime, store))
    assert await activation.findings(runtime, store) == []


async def test_links_leave_a_domain_about_which_the_dns_is_silent_for_long(
    runtime: Runtime, store: Store, zone: DnsServer, clock: FixedClock, served: None
) -> None:
    await in_use(runtime, store, zone)
    zone.records[DOMAIN] = SILENT
    await look_again(runtime, clock, watch.VERIFIED_EVERY)
    assert leads_there(runtime, await fresh(runtime, store))
    await look_again(runtime, clock, domains.DOUBT)
    assert not leads_there(runtime, await fresh(runtime, store))


async def test_a_domain_that_stays_away_is_let_go(
    runtime: Runtime, store: Store, zone: DnsServer, clock: FixedClock, served: None
) -> None:
    await in_use(runtime, store, zone)
    zone.records[DOMAIN] = {"A": ["127.0.0.9"]}
    await domains.check(runtime, store, by="test")
    assert (await fresh(runtime, store)).domain == DOMAIN
    clock.advance(domains.HOLD)
    await watch.look(runtime, None)  # type: ignore[arg-type]  # nothing in it is read
    assert (await fresh(runtime, store)).domain is None
    assert runtime.hosts.slug(DOMAIN.encode()) is None

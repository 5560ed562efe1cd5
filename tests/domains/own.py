"""A store's own domain, in the DNS and in use."""

from portico.domains import service as domains
from portico.runtime import Runtime
from portico.stores import service as stores
from portico.stores.models import Store
from portico.stores.urls import portal_url

from tests.support.dns_server import DnsServer

PAGE = "/dashboard/shop/settings/portal"
DOMAIN = "portal.shop.test"


def leads_here(zone: DnsServer, store: Store, domain: str = DOMAIN) -> None:
    zone.records[domain] = {"CNAME": ["portico.test."]}
    zone.text(f"_portico.{domain}", f"portico-verification={store.id}")


async def in_use(runtime: Runtime, store: Store, zone: DnsServer) -> Store:
    """The store with its domain verified."""
    leads_here(zone, store)
    await domains.claim(runtime, store, DOMAIN, by="test")
    assert (await domains.check(runtime, store, by="test")).state == "verified"
    return await fresh(runtime, store)


async def fresh(runtime: Runtime, store: Store) -> Store:
    found = await stores.by_id(runtime, store.id)
    assert found is not None
    return found


def leads_there(runtime: Runtime, store: Store) -> bool:
    return DOMAIN in portal_url(runtime.settings, store)

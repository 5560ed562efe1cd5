"""A domain of the store's own: entered, checked through the DNS and by fetching it, used, lost."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from portico.cli.doctor import examine
from portico.domains import look
from portico.domains import service as domains
from portico.domains.service import InvalidDomain
from portico.events import service as events
from portico.runtime import Runtime
from portico.stores.models import Store
from portico.stores.urls import portal_url
from portico.testing import factories
from portico.testing.browser import Browser, KeepMail, new_mail
from quart import Quart

from tests.domains.own import DOMAIN, PAGE, fresh, in_use, leads_here, leads_there
from tests.support.dns_server import FAILS, SILENT, DnsServer


@asynccontextmanager
async def other_server(port: int, answer: Callable[[bytes], bytes]) -> AsyncIterator[None]:
    """Somebody else's web server, at another address of this machine."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(await reader.readuntil(b"\r\n\r\n")))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(handle, "127.0.0.2", port):
        yield


def page_of(text: str, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode()


async def test_a_domain_is_entered_waits_for_the_dns_and_is_used_once_it_is_verified(
    owner: Browser, runtime: Runtime, store: Store, zone: DnsServer, port: int, served: None
) -> None:
    assert "Let customers find the portal at an address of yours" in await owner.get(PAGE)
    await owner.send(f"{PAGE}/domain", domain=f"https://{DOMAIN.upper()}/")
    page = await owner.follow()
    assert "Not checked yet" in page and "CNAME" in page and "portico.test" in page
    assert f"_portico.{DOMAIN}" in page and f"portico-verification={store.id}" in page
    assert "127.0.0.1" in page  # for an A record
    await owner.send(f"{PAGE}/domain/check")
    page = await owner.follow()
    assert "Waiting for the DNS" in page and f"The DNS does not know {DOMAIN} yet" in page
    assert portal_url(runtime.settings, await fresh(runtime, store)) == (
        f"http://portico.test:{port}/p/shop/"
    )
    leads_here(zone, store)
    await owner.send(f"{PAGE}/domain/check")
    page = await owner.follow()
    assert "Verified and in use" in page and f'value="http://{DOMAIN}:{port}/"' in page
    log = await events.audit_log(runtime, store.id, before=runtime.clock.now() + timedelta(1))
    actions = [one.action for one in log if one.subject_type == "domain"]
    assert sorted(actions) == ["domain.enter", "domain.use"]
    asked = len(zone.asked)
    await owner.get(PAGE)
    assert len(zone.asked) == asked  # what is shown was kept


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "Fill this in"),
        ("shop", "Enter a domain alone"),
        ("192.0.2.1", "Enter a domain alone"),
        ("shop.test/portal", "Enter a domain alone"),
        ("-a.shop.test", "Enter a domain alone"),
        ("*.shop.test", "Enter a domain alone"),
        ("a" * 64 + ".test", "Enter a domain alone"),
        ("portico.test", "This is the address of this dashboard"),
    ],
)
async def test_what_is_no_domain_is_refused_in_words(
    owner: Browser, runtime: Runtime, store: Store, typed: str, words: str
) -> None:
    await owner.get(PAGE)
    await owner.send(f"{PAGE}/domain", domain=typed)
    assert (owner.status, words in owner.body) == (400, True)
    assert await domains.current(runtime, store) is None


def test_a_domain_in_another_script_is_kept_as_the_dns_has_it() -> None:
    assert domains.normalize("Bücher.Example", "http://portico.test") == "xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("records", "state", "words"),
    [
        (SILENT, "Waiting", "The DNS did not answer in time"),
        (FAILS, "Waiting", "cannot look up portal.shop.test"),
        ({"TXT": ['"x"']}, "Waiting", "has no address yet"),
        ({"A": ["10.0.0.7"]}, "Does not work", "this installation is at 127.0.0.1, 127.0.0.2"),
        ({"A": ["127.0.0.2"]}, "Does not work", "Nothing answers at 127.0.0.2"),
    ],
)
async def test_why_a_domain_is_not_verified_is_said(
    owner: Browser, runtime: Runtime, store: Store, zone: DnsServer, records: Any, state: str,
    words: str,
) -> None:  # fmt: skip
    zone.records["portico.test"] = {"A": ["127.0.0.1", "127.0.0.2"]}
    zone.records[DOMAIN] = records
    await owner.get(PAGE)
    await owner.send(f"{PAGE}/domain", domain=DOMAIN)
    await owner.send(f"{PAGE}/domain/check")
    page = await owner.follow()
    assert state in page and words in page
    assert (await fresh(runtime, store)).domain is None


async def test_an_address_inside_a_private_network_is_not_connected_to(
    runtime: Runtime, store: Store, zone: DnsServer, port: int
) -> None:
    zone.records["portico.test"] = FAILS  # what is ours is not known
    zone.records[DOMAIN] = {"A": ["127.0.0.2"]}
    asked: list[bytes] = []

    def answer(request: bytes) -> bytes:
        asked.append(request)
        return page_of("x")

    await domains.claim(runtime, store, DOMAIN, by="test")
    async with other_server(port, answer):
        found = await domains.check(runtime, store, by="test")
    assert (found.state, found.reason, asked) == ("failing", "private", [])


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (page_of("Welcome to nginx"), "wrong_answer"),
        (page_of("", "404 Not Found"), "wrong_answer"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n",
         "wrong_answer"),
        (page_of("x" * 10_000), "wrong_answer"),
        (b"220 smtp\r\n", "no_connection"),
    ],
)  # fmt: skip
async def test_only_this_installations_own_answer_counts(
    runtime: Runtime, store: Store, zone: DnsServer, port: int, answer: bytes, reason: str
) -> None:
    zone.records["portico.test"] = {"A": ["127.0.0.1", "127.0.0.2"]}
    zone.records[DOMAIN] = {"A": ["127.0.0.2"]}
    await domains.claim(runtime, store, DOMAIN, by="test")
    async with other_server(port, lambda _: answer):
        found = await domains.check(runtime, store, by="test")
    assert (found.state, found.reason) == ("failing", reason)


async def test_a_proxy_that_hides_the_host_is_told_apart(
    runtime: Runtime, store: Store, zone: DnsServer, port: int
) -> None:
    zone.records["portico.test"] = {"A": ["127.0.0.1", "127.0.0.2"]}
    zone.records[DOMAIN] = {"A": ["127.0.0.2"]}
    await domains.claim(runtime, store, DOMAIN, by="test")

    def hide(request: bytes) -> bytes:
        token = request.split(b" ")[1].decode().rpartition("/")[2]
        return page_of(look.answer(runtime, "portico:8000", token))

    async with other_server(port, hide):
        found = await domains.check(runtime, store, by="test")
    assert (found.reason, found.values["host"]) == ("wrong_host", "portico")


async def test_a_domain_in_use_outlives_a_dns_that_is_down_and_no_other_address(
    owner: Browser, runtime: Runtime, store: Store, zone: DnsServer, served: None
) -> None:
    await in_use(runtime, store, zone)
    zone.records[DOMAIN] = SILENT
    await owner.get(PAGE)
    await owner.send(f"{PAGE}/domain/check")
    page = await owner.follow()
    assert "The DNS did not answer in time" in page and "Verified and in use" in page
    assert (await fresh(runtime, store)).domain == DOMAIN
    zone.records[DOMAIN] = {"A": ["192.0.2.7"]}
    found = await domains.check(runtime, store, by="test")
    if found.reason in domains.PASSING:  # where the machine's network swallows what it cannot send
        pytest.fail(f"a domain that leads elsewhere was kept: {found}")
    assert found.state == "failing"
    assert not leads_there(runtime, await fresh(runtime, store))


async def test_a_domain_is_removed_after_a_question(
    owner: Browser, runtime: Runtime, store: Store, zone: DnsServer, served: None
) -> None:
    await in_use(runtime, store, zone)
    await owner.get(PAGE)
    assert "Links to the domain" in await owner.get(f"{PAGE}/domain/remove")
    await owner.send(f"{PAGE}/domain/remove")
    assert (await fresh(runtime, store)).domain is None
    assert runtime.hosts.slug(DOMAIN.encode()) is None


async def test_the_old_domain_is_used_until_the_new_one_is_verified(
    owner: Browser, runtime: Runtime, store: Store, zone: DnsServer, port: int, served: None
) -> None:
    await in_use(runtime, store, zone)
    await domains.claim(runtime, store, "new.shop.test", by="test")
    page = await owner.get(PAGE)
    assert f"The portal is at http://{DOMAIN}:{port} until the new domain is verified." in page
    assert (await fresh(runtime, store)).domain == DOMAIN
    leads_here(zone, store, "new.shop.test")
    await domains.check(runtime, store, by="test")
    assert (await fresh(runtime, store)).domain == "new.shop.test"
    assert runtime.hosts.slug(DOMAIN.encode()) is None


@pytest.mark.parametrize("host", [DOMAIN, DOMAIN.upper(), f"{DOMAIN}:8443", f"{DOMAIN}."])
async def test_the_portal_is_at_the_root_of_the_domain(
    app: Quart, runtime: Runtime, store: Store, zone: DnsServer, served: None, host: str
) -> None:
    await in_use(runtime, store, zone)
    customer = Browser(app)
    await customer.get("/", Host=host)
    assert (customer.status, customer.location) == (302, "/sign-in")
    page = await customer.get("/sign-in", Host=host)
    assert customer.status == 200 and 'action="/sign-in"' in page and "/p/shop" not in page
    sheet = page.split('rel="stylesheet" href="')[1].split('"')[0]
    await customer.get(sheet, Host=host)
    assert customer.status == 200


async def test_old_links_lead_to_the_domain_and_other_hosts_are_as_before(
    app: Quart, runtime: Runtime, store: Store, zone: DnsServer, port: int, served: None
) -> None:
    await in_use(runtime, store, zone)
    await factories.make_store(runtime, slug="rival")
    customer = Browser(app)
    await customer.get("/p/shop/purchases?before=1", Host="portico.test")
    assert customer.location == f"http://{DOMAIN}:{port}/purchases?before=1"
    await customer.get("/p/shop/", Host="evil.test")
    assert customer.location == f"http://{DOMAIN}:{port}/"
    for host in ("evil.test", "portico.test", f"{DOMAIN}.evil.test"):
        await customer.get("/p/rival/sign-in", Host=host)
        assert customer.status == 200
        await customer.get("/", Host=host)
        assert customer.location == "/dashboard/sign-in"  # the installation's own


async def test_signing_in_happens_on_the_domain_and_stays_there(
    app: Quart, runtime: Runtime, store: Store, zone: DnsServer, port: int, mails: KeepMail,
    served: None,
) -> None:  # fmt: skip
    await factories.make_customer(runtime, store, "ada@example.com")
    await in_use(runtime, store, zone)
    customer = Browser(app)
    await customer.get("/purchases", Host=DOMAIN)
    assert customer.location == "/sign-in?next=/purchases"
    await customer.get(customer.location, Host=DOMAIN)
    token = customer.csrf
    answer = await customer.client.post(
        "/sign-in", headers={"Host": DOMAIN},
        form={"csrf_token": token, "email": "ada@example.com", "next": "/purchases"},
    )  # fmt: skip
    assert answer.headers["Location"] == "/sign-in/sent"
    (mail,) = await new_mail(runtime, mails)
    assert f"http://{DOMAIN}:{port}/sign-in/link?token=" in mail.text
    assert "/p/shop" not in mail.text and "portico.test" not in mail.text
    page = await customer.get(mail.path, Host=DOMAIN)
    assert customer.status == 200, page
    answer = await customer.client.post(
        "/sign-in/link", headers={"Host": DOMAIN},
        form={"csrf_token": customer.csrf, "token": mail.token},
    )  # fmt: skip
    assert (answer.status_code, answer.headers["Location"]) == (303, "/purchases")
    assert "portico-shop" in answer.headers["Set-Cookie"]
    page = await customer.get("/purchases", Host=DOMAIN)
    assert customer.status == 200 and 'href="/settings"' in page and "/p/shop" not in page


async def test_a_sign_in_that_began_at_the_old_address_ends_on_the_domain(
    app: Quart, runtime: Runtime, store: Store, zone: DnsServer, mails: KeepMail, served: None
) -> None:
    await factories.make_customer(runtime, store, "ada@example.com")
    customer = Browser(app)
    await customer.get("/p/shop/sign-in?next=/p/shop/purchases")
    await in_use(runtime, store, zone)
    await customer.send("/p/shop/sign-in", email="ada@example.com", next="/p/shop/purchases")
    (mail,) = await new_mail(runtime, mails)
    await customer.get(mail.path, Host=DOMAIN)
    answer = await customer.client.post(
        "/sign-in/link", headers={"Host": DOMAIN},
        form={"csrf_token": customer.csrf, "token": mail.token},
    )  # fmt: skip
    assert answer.headers["Location"] == "/purchases"


async def test_a_proxy_may_ask_which_domains_are_known(
    app: Quart, runtime: Runtime, store: Store, zone: DnsServer
) -> None:
    proxy = Browser(app)
    ask = "/.well-known/portico/domain?domain="
    for host, status in (("portico.test", 200), (DOMAIN, 404), ("", 404)):
        await proxy.get(ask + host)
        assert (host, proxy.status) == (host, status)
    await domains.claim(runtime, store, DOMAIN, by="test")
    await proxy.get(ask + DOMAIN.upper())
    assert proxy.status == 200
    await domains.remove(runtime, store, by="test")
    await proxy.get(ask + DOMAIN)
    assert proxy.status == 404


async def test_another_nodes_change_counts_once_the_map_is_renewed(
    runtime: Runtime, store: Store, zone: DnsServer, served: None
) -> None:
    await in_use(runtime, store, zone)
    other_node = type(runtime.hosts)(runtime.db)
    assert other_node.slug(DOMAIN.encode()) is None
    await other_node.renew()
    assert other_node.slug(DOMAIN.encode()) == "shop"


async def test_a_domain_is_not_claimed_by_two_names_of_the_same_host(
    runtime: Runtime, store: Store
) -> None:
    with pytest.raises(InvalidDomain):
        await domains.claim(runtime, store, "PORTICO.test.", by="test")


@pytest.mark.parametrize(
    ("records", "ok", "said"),
    [
        ({"A": ["192.0.2.1"]}, True, "answers: portico.test is at 192.0.2.1"),
        ({"TXT": ['"x"']}, False, "portico.test has no address"),
        (SILENT, False, "no answer in time"),
        (FAILS, False, "the servers cannot tell"),
    ],
)
async def test_doctor_says_whether_the_dns_can_be_asked(
    runtime: Runtime, zone: DnsServer, records: Any, ok: bool, said: str
) -> None:
    zone.records["portico.test"] = records
    async for result in examine(runtime.settings):
        if result.what.startswith("DNS"):
            break
    assert (result.ok, said in result.what, zone.address in result.what) == (ok, True, True)
    assert result.ok or "PORTICO_DNS_SERVERS" in result.fix

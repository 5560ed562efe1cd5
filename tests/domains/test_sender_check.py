"""Settings > Sender: what the DNS says about the domain that mails come from, in words."""

from base64 import b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from portico.activation import service as activation
from portico.domains import mail
from portico.domains.models import MailDomain, RecordCheck
from portico.hooks.context import Context
from portico.hooks.emails import SenderDomain, SenderNeeds
from portico.hooks.markers import hookimpl
from portico.runtime import Runtime
from portico.sellers import service as sellers
from portico.sellers.models import Role
from portico.stores import service as stores
from portico.stores.models import Store
from portico.testing.browser import Browser, KeepMail
from portico_email_smtp import plugin as email_smtp
from portico_email_smtp.providers import needs_of
from quart import Quart

from tests.support.dns_server import FAILS, SILENT, DnsServer

PAGE = "/dashboard/shop/settings/sender"
DOMAIN = "shoes.test"


class Transport(KeepMail):
    """A transport that says what its server needs."""

    needs: SenderNeeds | None = SenderNeeds("Mailer", "include:spf.mailer.test", ("own",))

    @hookimpl
    async def sender_needs(self, ctx: Context, sender: SenderDomain) -> SenderNeeds | None:
        assert sender.domain == DOMAIN
        if self.needs is None:
            raise RuntimeError("its settings cannot be read")
        return self.needs


@pytest.fixture
def mails() -> KeepMail:
    return Transport()


@pytest.fixture
def portico_plugins(mails: KeepMail) -> tuple[Any, ...]:
    return (mails,)


@pytest.fixture
async def store(runtime: Runtime) -> Store:
    """A store whose mails come from shoes.test."""
    made = await stores.create(runtime, slug="shop", name="Shop", by="test")
    values = {"address": f"hello@{DOMAIN}"}
    return await stores.update_part(runtime, made.id, "sender", values, by="test")


@pytest.fixture
def dns(zone: DnsServer) -> DnsServer:
    """A world in which the domain has everything it needs."""
    zone.text("spf.mailer.test", "v=spf1 ip4:198.51.100.0/24 -all")
    zone.text(DOMAIN, "v=spf1 include:spf.mailer.test ~all", "something-else=1")
    zone.text(f"own._domainkey.{DOMAIN}", f"v=DKIM1; k=rsa; p={KEYS['2048']}")
    zone.text(f"_dmarc.{DOMAIN}", "v=DMARC1; p=reject; rua=mailto:dmarc@shoes.test")
    return zone


def _rsa(bits: int) -> str:
    key = rsa.generate_private_key(65537, bits).public_key()
    return b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


# Of 512 bits, as once was usual; nothing makes such a key any more.
SHORT = (
    "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAMFVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVV"
    "VVVVVVVVVVVVVVVVVVVVVVVVVVVQECAwEAAQ=="
)
ED25519 = b64encode(
    ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
).decode()


async def found(runtime: Runtime, store: Store, selector: str = "") -> dict[str, RecordCheck]:
    checked = await mail.check(runtime, store, selector)
    return {one.record: one for one in checked.records}


KEYS = {"512": SHORT, "1024": _rsa(1024), "2048": _rsa(2048), "ed25519": ED25519}


async def test_what_was_found_is_shown_and_kept(
    owner: Browser, runtime: Runtime, store: Store, dns: DnsServer
) -> None:
    page = await owner.get(PAGE)
    assert "Nothing was checked yet." in page and "Check now" in page
    assert dns.asked == []  # opening the page asks nobody
    await owner.send(f"{PAGE}/check")
    page = await owner.follow()
    assert page.count("</svg>Found</span>") == 3 and "Check again" in page
    assert "Mailer may send. Mails from servers that are not named are suspicious." in page
    assert "There is a key under the selector own." in page
    assert "mails that are not proven to be yours are refused" in page
    assert "v=DMARC1; p=reject; rua=mailto:dmarc@shoes.test" in page
    asked = len(dns.asked)
    await owner.get(PAGE)
    assert len(dns.asked) == asked > 3
    kept = await mail.last(runtime, store)
    assert isinstance(kept, MailDomain) and kept.checked_at == runtime.clock.now()
    values = {"address": "hello@other.test"}
    store = await stores.update_part(runtime, store.id, "sender", values, by="test")
    assert await mail.last(runtime, store) is None  # it says nothing about another domain


@pytest.mark.parametrize(
    ("records", "state", "says", "add"),
    [
        ([], "missing", "spf_missing", "v=spf1 include:spf.mailer.test ~all"),
        (["v=spf10 all"], "missing", "spf_missing", "v=spf1 include:spf.mailer.test ~all"),
        (["V=SPF1 include:spf.mailer.test -ALL"], "found", "spf_refuses", ""),
        (["v=spf1 include:spf.mailer.test"], "found", "spf_open", ""),
        (["v=spf1 include:nested.test ?all"], "found", "spf_open", ""),
        (["v=spf1 redirect=nested.test"], "found", "spf_open", ""),
        (["v=spf1 mx -all"], "wrong", "spf_not_named", "v=spf1 include:spf.mailer.test mx -all"),
        (["v=spf1 -include:spf.mailer.test ~all"], "wrong", "spf_not_named",
         "v=spf1 include:spf.mailer.test -include:spf.mailer.test ~all"),
        (["v=spf1 -all include:spf.mailer.test"], "wrong", "spf_not_named",
         "v=spf1 include:spf.mailer.test -all"),
        (["v=spf1 +all"], "wrong", "spf_anybody", "v=spf1 include:spf.mailer.test ~all"),
        (["v=spf1 a -all", "v=spf1 mx ~all"], "wrong", "spf_several",
         "v=spf1 include:spf.mailer.test a mx ~all"),
        (["v=spf1 include:gone.test ~all"], "wrong", "spf_broken", ""),
        (["v=spf1 include:loop.test ~all"], "wrong", "spf_too_many", ""),
        (["v=spf1 include:slow.test ~all"], "unknown", "dns_timeout", ""),
    ],
)  # fmt: skip
async def test_spf_says_who_may_send_and_what_to_set(
    runtime: Runtime, store: Store, dns: DnsServer, records: list[str], state: str, says: str,
    add: str,
) -> None:  # fmt: skip
    dns.text("nested.test", "v=spf1 include:spf.mailer.test ~all")
    dns.text("loop.test", "v=spf1 include:loop.test ~all")
    dns.records["slow.test"] = SILENT
    dns.text(DOMAIN, *(records or ["something-else=1"]))
    spf = (await found(runtime, store))["spf"]
    assert (spf.state, spf.says, spf.add) == (state, says, add)


@pytest.mark.parametrize(
    ("record", "state"),
    [
        ("v=spf1 a:mail.shoes.test -all", "found"),
        ("v=spf1 ip4:198.51.100.0/24 -all", "found"),
        ("v=spf1 mx -all", "found"),
        ("v=spf1 a -all", "wrong"),
        ("v=spf1 ip4:203.0.113.0/24 exists:%{i}.shoes.test -all", "wrong"),
    ],
)
async def test_a_mail_server_of_ones_own_is_found_under_any_name(
    runtime: Runtime, store: Store, dns: DnsServer, mails: Transport, record: str, state: str
) -> None:
    mails.needs = SenderNeeds("mail.shoes.test", "a:mail.shoes.test")
    dns.records["mail.shoes.test"] = {"A": ["198.51.100.7"]}
    dns.records[DOMAIN] = {"MX": ["10 mail.shoes.test."], "A": ["203.0.113.9"]}
    dns.text(DOMAIN, record)
    assert (await found(runtime, store))["spf"].state == state


@pytest.mark.parametrize(
    ("record", "state", "says"),
    [
        ("v=DKIM1; k=rsa; p=<1024>", "found", "dkim_found"),
        ("p=<2048>", "found", "dkim_found"),
        ("v=DKIM1; k=ed25519; p=<ed25519>", "found", "dkim_found"),
        ("v=DKIM1; p=", "wrong", "dkim_revoked"),
        ("v=DKIM1; p=not base64", "wrong", "dkim_broken"),
        ("v=DKIM2; p=<1024>", "wrong", "dkim_broken"),
        ("v=DKIM1; k=ed25519; p=<1024>", "wrong", "dkim_broken"),
        ("v=DKIM1; p=<512>", "wrong", "dkim_short"),
    ],
)
async def test_dkim_says_whether_the_key_is_one(
    runtime: Runtime, store: Store, dns: DnsServer, record: str, state: str, says: str
) -> None:
    for name, key in KEYS.items():
        record = record.replace(f"<{name}>", key)
    dns.text(f"typed._domainkey.{DOMAIN}", record)
    dkim = (await found(runtime, store, "typed"))["dkim"]
    assert (dkim.state, dkim.says, dkim.name) == (state, says, f"typed._domainkey.{DOMAIN}")


async def test_the_selector_is_typed_or_one_of_the_usual_is_found(
    owner: Browser, runtime: Runtime, store: Store, dns: DnsServer
) -> None:
    del dns.records[f"own._domainkey.{DOMAIN}"]
    await owner.get(PAGE)
    await owner.send(f"{PAGE}/check", selector="x._domainkey.shoes.test x")
    assert owner.status == 400 and "Enter the selector alone" in owner.body
    await owner.send(f"{PAGE}/check", selector="Typed")
    page = await owner.follow()
    assert "There is no key under the selector Typed." in page and 'value="Typed"' in page
    assert "Typed._domainkey.shoes.test" in page
    await owner.send(f"{PAGE}/check")
    assert "There is no key under the usual selectors." in await owner.follow()
    dns.text(f"s2._domainkey.{DOMAIN}", f"p={KEYS['2048']}")
    assert (await found(runtime, store))["dkim"].values["selector"] == "s2"


@pytest.mark.parametrize(
    ("domain", "records", "state", "says"),
    [
        (DOMAIN, {f"_dmarc.{DOMAIN}": ["v=DMARC1; p=none"]}, "found", "dmarc_none"),
        (DOMAIN, {f"_dmarc.{DOMAIN}": ["v=DMARC1;p=QUARANTINE"]}, "found", "dmarc_quarantine"),
        (DOMAIN, {f"_dmarc.{DOMAIN}": ["v=DMARC1; rua=mailto:a@b.test"]}, "wrong", "dmarc_broken"),
        (DOMAIN, {f"_dmarc.{DOMAIN}": ["v=DMARC1; p=none", "v=DMARC1; p=reject"]}, "wrong",
         "dmarc_several"),
        (DOMAIN, {f"_dmarc.{DOMAIN}": ["v=spf1 -all"]}, "missing", "dmarc_missing"),
        ("mail.shoes.test", {f"_dmarc.{DOMAIN}": ["v=DMARC1; p=reject; sp=none"]}, "found",
         "dmarc_none"),
    ],
)  # fmt: skip
async def test_dmarc_says_what_becomes_of_other_mails(
    runtime: Runtime, store: Store, zone: DnsServer, mails: Transport, domain: str,
    records: dict[str, list[str]], state: str, says: str, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    mails.needs = None  # what the plugin says fails, and that spoils nothing
    zone.text(domain, "x")
    for name, texts in records.items():
        zone.text(name, *texts)
    values = {"address": f"hello@{domain}"}
    store = await stores.update_part(runtime, store.id, "sender", values, by="test")
    dmarc = (await found(runtime, store))["dmarc"]
    assert (dmarc.state, dmarc.says) == (state, says)
    assert dmarc.add == ("v=DMARC1; p=none" if says in ("dmarc_missing", "dmarc_broken") else
                         "v=DMARC1; p=none" if says == "dmarc_several" else "")  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (None, "The DNS knows no shoes.test."),
        (SILENT, "The DNS did not answer in time."),
        (FAILS, "The DNS server says that it cannot look up shoes.test."),
    ],
)
async def test_a_dns_that_does_not_answer_is_no_missing_record(
    owner: Browser, runtime: Runtime, store: Store, zone: DnsServer, answer: str | None, words: str
) -> None:
    if answer is not None:
        zone.records[DOMAIN] = answer
    await owner.get(PAGE)
    await owner.send(f"{PAGE}/check")
    page = await owner.follow()
    assert page.count("Could not be checked") == 3 and words in page
    assert "Set this record" not in page


async def test_without_a_domain_there_is_nothing_to_check(
    owner: Browser, runtime: Runtime, store: Store
) -> None:
    values = {"address": "root@192.0.2.1"}
    await stores.update_part(runtime, store.id, "sender", values, by="test")
    page = await owner.get(PAGE)
    assert "the address of a single machine" in page and "Check now" not in page
    await owner.send(f"{PAGE}/check")
    assert owner.status == 303


async def test_support_reads_and_starts_nothing(
    app: Quart, runtime: Runtime, store: Store, dns: DnsServer
) -> None:
    helper = await sellers.invite(runtime, store, "s@example.com", Role.SUPPORT, by="test")
    browser = Browser(app)
    await browser.sign_in(helper)
    await mail.check(runtime, store, "")
    page = await browser.get(PAGE)
    assert "There is a key under the selector own." in page and "Check again" not in page


def test_the_smtp_plugin_knows_what_large_providers_want() -> None:
    assert needs_of("smtp.postmarkapp.com").spf == "include:spf.mtasv.net"
    assert needs_of("SMTP.gmail.com.").server == "Google"
    assert needs_of("notgmail.com").spf == "a:notgmail.com"


@pytest.mark.parametrize("portico_plugins", [(email_smtp,)])
async def test_the_servers_name_comes_from_the_plugins_settings(
    runtime: Runtime, store: Store, zone: DnsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTICO_SMTP_URL", "smtps://a:b@mail.shoes.test")
    zone.text(DOMAIN, "x")
    assert await activation.enabled(runtime, store) >= {"email_smtp"}
    spf = (await found(runtime, store))["spf"]
    assert spf.add == "v=spf1 a:mail.shoes.test ~all"
    monkeypatch.delenv("PORTICO_SMTP_URL")
    spf = (await found(runtime, store))["spf"]
    assert spf.add == "v=spf1 a:portico.test ~all"  # mails leave from this machine

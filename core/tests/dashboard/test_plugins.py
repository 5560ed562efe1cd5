"""Plugins in the dashboard: switching, settings made from the schema, health, who does what."""

import re
from datetime import timedelta
from enum import StrEnum
from typing import Literal

import pytest
from portico.activation import service as activation
from portico.activation.models import Activation
from portico.api import (
    Context,
    EmailHooks,
    InvalidSettings,
    Job,
    LifecycleHooks,
    OutgoingEmail,
    Plugin,
    PluginSettings,
    SentEmail,
    SettingsChange,
    hookimpl,
)
from portico.events import service as events
from portico.sellers.models import Role
from portico.stores import service as stores
from portico.testing.browser import KeepMail, new_mail
from pydantic import BaseModel, Field, SecretStr

PAGE = "/dashboard/shop/plugins"


class Color(StrEnum):
    RED = "red"
    DARK_BLUE = "dark_blue"

    @property
    def label(self):
        return "As a tomato" if self is Color.RED else "As the sea"


class Server(BaseModel):
    port: int = Field(25, gt=0, title="Port")
    extra: dict[str, int] = Field({})


class GadgetSettings(PluginSettings):
    title: str = Field("", title="Heading", max_length=20)
    retries: int = Field(3, ge=1, le=9, title="Retries")
    limit: int | None = None
    loud: bool = False
    color: Color = Color.RED
    size: Literal["small", "large"] = "small"
    words: list[str] = Field([])
    key: SecretStr = SecretStr("")
    server: Server = Server()


class Gadget(Plugin, EmailHooks, LifecycleHooks):
    """Also a mail transport, so that there are two."""

    name, title, Settings = "gadget", "Gadget", GadgetSettings
    description = "Does things."

    @hookimpl
    async def send_email(self, ctx: Context, message: OutgoingEmail) -> SentEmail:
        raise ConnectionError("no route to the mail server")

    @hookimpl
    def jobs(self) -> list[Job]:
        return [Job("work", self.work)]

    async def work(self, ctx: Context, payload: object) -> None:
        pass

    @hookimpl
    async def validate_settings(self, ctx: Context, change: SettingsChange) -> None:
        assert isinstance(change.new, GadgetSettings)
        if change.new.title == "Refuse":
            raise InvalidSettings({"title": "The other side says no."})


@pytest.fixture
def mails():
    return KeepMail()


@pytest.fixture
def portico_plugins(mails):
    return (mails, Gadget())


FORM = {
    "title": "Hello", "retries": "4", "limit": "", "loud": "1", "color": "dark_blue",
    "size": "large", "words": "one\r\n\r\n two ", "key": "sk_test_1234567890", "server.port": "26",
}  # fmt: skip


async def current(runtime, store):
    store = await stores.by_id(runtime, store.id)
    return await activation.plugin_settings(runtime, store, "gadget")


async def test_the_list_says_what_each_plugin_does(owner):
    page = await owner.get(PAGE)
    assert "Gadget" in page and "Sending mails" in page and "Keep mail" in page


async def test_a_store_puts_its_plugins_in_another_order(owner, runtime, store, signed_in, team):
    def titles(page):
        return re.findall(r'<td class="lead-cell"><a [^>]+>([^<]+)</a>', page)

    page = await owner.get(PAGE)
    assert titles(page) == ["Gadget", "Keep mail"]
    await owner.send(f"{PAGE}/gadget/down")
    assert titles(await owner.follow()) == ["Keep mail", "Gadget"]
    await owner.send(f"{PAGE}/gadget/down")  # it is the last already
    assert titles(await owner.follow()) == ["Keep mail", "Gadget"]
    await owner.send(f"{PAGE}/gadget/up")
    assert titles(await owner.follow()) == ["Gadget", "Keep mail"]
    await owner.send(f"{PAGE}/nothing/up")
    assert owner.status == 404
    support = await signed_in(team[Role.SUPPORT])
    assert "/gadget/up" not in await support.get(PAGE)


async def test_settings_are_saved_by_type_and_secrets_never_come_back(owner, runtime, store):
    inside = {"server": {"extra": {"kept": 1}}}
    await activation.save_settings(runtime, store, "gadget", inside, by="test")
    page = await owner.get(f"{PAGE}/gadget")
    assert (
        "Does things." in page
        and ">Retries<" in page
        and ">As the sea<" in page
        and ">small<" in page
    )
    await owner.send(f"{PAGE}/gadget", **FORM)
    page = await owner.follow()
    assert "Saved." in page and "1234567890" not in page and "ending in 7890" in page
    saved = await current(runtime, store)
    assert saved.key.get_secret_value() == "sk_test_1234567890"
    assert (saved.retries, saved.limit, saved.loud) == (4, None, True)
    assert (saved.color, saved.size, saved.words) == (Color.DARK_BLUE, "large", ["one", "two"])
    assert saved.server == Server(port=26, extra={"kept": 1})
    await owner.send(f"{PAGE}/gadget", **FORM | {"key": "", "limit": "8"})
    saved = await current(runtime, store)
    assert saved.key.get_secret_value() == "sk_test_1234567890" and saved.limit == 8


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("retries", "10", "Enter 9 or less."),
        ("retries", "many", "Enter a whole number."),
        ("title", "x" * 21, "Use at most 20 characters."),
        ("color", "pink", "Choose one of the list."),
        ("server.port", "0", "or more."),
        ("title", "Refuse", "The other side says no."),
    ],
)
async def test_an_error_stands_at_its_field(owner, runtime, store, field, value, words):
    await owner.get(f"{PAGE}/gadget")
    await owner.send(f"{PAGE}/gadget", **FORM | {field: value})
    assert owner.status == 400
    at = owner.body.index(f'id="{field}-error"')
    assert words in owner.body[at : at + 600]
    assert "sk_test" not in owner.body
    assert await current(runtime, store) == GadgetSettings()


async def test_two_sellers_at_the_settings(owner, runtime, store):
    await owner.get(f"{PAGE}/gadget")
    version = owner.body.split('name="form_version" value="')[1].split('"')[0]
    await activation.save_settings(runtime, store, "gadget", {"retries": 7}, by="test")
    await owner.send(f"{PAGE}/gadget", **FORM, form_version=version)
    assert owner.status == 409 and "Saved meanwhile: 7" in owner.body


async def test_a_plugin_goes_off_only_when_it_looks_after_nothing(owner, runtime, store, mails):
    await owner.get(f"{PAGE}/gadget")
    await owner.send(f"{PAGE}/gadget/switch", to="retiring")
    assert "begins nothing new" in await owner.follow()
    async with runtime.db.transaction():
        await events.put_job(runtime, "gadget", "work", {}, store_id=store.id)
    await owner.get(f"{PAGE}/gadget/off")
    assert owner.status == 409 and "Work under way: 1" in owner.body
    assert "cannot go off while it looks after something" in owner.body
    await owner.send(f"{PAGE}/gadget/off")
    assert owner.status == 409
    await new_mail(runtime, mails)  # the worker does it
    assert "Switch off Gadget?" in await owner.get(f"{PAGE}/gadget/off")
    await owner.send(f"{PAGE}/gadget/off")
    assert "Gadget is off." in await owner.follow()
    store = await stores.by_id(runtime, store.id)
    assert await activation.state(runtime, store, "gadget") is Activation.OFF
    assert "No other plugin does this: Sending mails." in await owner.get(f"{PAGE}/keep_mail/off")
    log = await events.audit_log(runtime, store.id, before=runtime.clock.now() + timedelta(1))
    assert {"plugin.retiring", "plugin.off"} <= {entry.action for entry in log}


async def test_the_store_chooses_who_sends_and_health_tells_how_it_went(
    owner, runtime, store, team, signed_in
):
    assert "Use this one" in await owner.get(PAGE)
    await owner.send(f"{PAGE}/choose", setting="email", plugin="gadget")
    store = await stores.by_id(runtime, store.id)
    assert store.settings["providers"] == {"email": "gadget"}
    await owner.send(f"{PAGE}/choose", setting="email", plugin="nobody")
    assert owner.status == 404
    with pytest.raises(ConnectionError):
        await runtime.hooks.owner(store, "gadget", EmailHooks.send_email, None)
    await runtime.hooks.health.flush()
    page = await owner.get(f"{PAGE}/gadget")
    assert "no route to the mail server" in page and "send_email" in page
    assert "1 failure" in await owner.get(PAGE)
    await owner.send(f"{PAGE}/gadget/health")
    assert "no route" not in await owner.get(f"{PAGE}/gadget")
    support = await signed_in(team[Role.SUPPORT])
    page = await support.get(f"{PAGE}/gadget")
    assert "disabled" in page and "Switch off" not in page and "data-save" not in page


async def test_there_is_no_page_of_a_plugin_that_is_not_installed(owner):
    for path in ("nobody", "nobody/off"):
        await owner.get(f"{PAGE}/{path}")
        assert owner.status == 404

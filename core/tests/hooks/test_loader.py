"""What a plugin must not do is said at start, on one line that names the distribution."""

import sys
import types
from importlib.metadata import EntryPoint
from typing import Any

import pytest
from portico.api import (
    CheckoutHooks,
    Context,
    EmailHooks,
    EventHooks,
    LifecycleHooks,
    Mode,
    Plugin,
    PluginTables,
    hookimpl,
)
from portico.errors import ConfigurationError
from portico.hooks import loader
from portico.hooks.loader import load_plugins

from .mistakes import (
    AsyncContribution,
    BadName,
    Claims,
    ClaimsSlash,
    Fails,
    ForeignTable,
    Forgotten,
    ForgottenBelow,
    Hides,
    NoDefault,
    NoTitle,
    Plain,
    PlainAnswer,
    SameJobs,
    SecretPerProduct,
    Settingless,
    Sign,
    StoreTwice,
    TooFew,
    TooMany,
    TwiceThere,
    Unknown,
    Unreadable,
    Wraps,
    WrongContribution,
    tables,
)


@pytest.mark.parametrize(
    ("plugin", "message"),
    [
        (Wraps(), "wraps the hook 'portal_navigation'"),
        (Unknown(), "'portal_navigatoin', which does not exist"),
        (Forgotten(), "overrides 'portal_navigation' without @hookimpl"),
        (ForgottenBelow(), "overrides 'portal_navigation' without @hookimpl"),
        (PlainAnswer(), "must be `async def`"),
        (AsyncContribution(), "must be a plain function"),
        (TooMany(), "takes (ctx, customer), not (ctx, customer, more)"),
        (TooFew(), "takes (ctx, customer), not (ctx)"),
        (BadName(), "lower-case letters"),
        (NoTitle(), "has no title"),
        (Claims(), "claims /dashboard/, which is core's own"),
        (ClaimsSlash(), "a root is one word"),
        (Settingless(), "no subclass of PluginSettings"),
        (NoDefault(), "without a valid default: host"),
        (Hides(), "hides a secret inside Settings.inner"),
        (SecretPerProduct(), "has a secret in license settings: key"),
        (ForeignTable(), "has the table 'notes'"),
        (Sign(), "has the table 'sign_in_attempts'"),
        (TwiceThere(), "answers GET '/cards/<other>' twice"),
        (Unreadable(), "unreadable path"),
        (StoreTwice(), "has '<store>' in 'portal_pages'"),
        (SameJobs(), "two jobs named 'sweep'"),
        (Fails(), "failed in 'jobs': RuntimeError: no"),
        (WrongContribution(), "wrong answer to 'checkout_modes'"),
        (Plain, "register an instance"),
        (object(), "is no portico.api.Plugin"),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else None,
)
def test_a_mistake_is_one_line_with_the_distribution(plugin: Any, message: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_plugins((), [plugin], demo=True)
    (line,) = str(refused.value).splitlines()
    assert message in line
    assert f"({type(plugin).__module__})" in line


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_plugins((), [Wraps(), Unknown(), TooMany()], demo=True)
    assert len(str(refused.value).splitlines()) == 3


def test_two_plugins_may_not_share_a_name_a_root_or_a_table() -> None:
    class Again(Plugin):
        name, title = "plain", "Again"

    with pytest.raises(ConfigurationError, match="two plugins are named 'plain'"):
        load_plugins((), [Plain(), Again()], demo=True)

    class First(Plugin):
        name, title, root = "one", "One", "mail"

    class Second(Plugin):
        name, title, root = "two", "Two", "mail"

    with pytest.raises(ConfigurationError, match="both claim /mail/"):
        load_plugins((), [First(), Second()], demo=True)

    class Pay(Plugin, LifecycleHooks):
        name, title = "pay", "Pay"

        @hookimpl
        def tables(self) -> PluginTables:
            return tables("pay_later_cards")

    class PayLater(Plugin, LifecycleHooks):
        name, title = "pay_later", "Pay later"

        @hookimpl
        def tables(self) -> PluginTables:
            return tables("pay_later_cards")

    with pytest.raises(ConfigurationError, match="both have the table 'pay_later_cards'"):
        load_plugins((), [Pay(), PayLater()], demo=True)


class ForDemos(Plugin):
    name, title, demo_only = "for_demos", "For demos", True


class Distribution:
    name, version = "portico-thing", "1.2.3"


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Pretend that these objects are installed, by the names of their entry points."""

    def installing(**objects: Any) -> None:
        module = types.ModuleType("portico_thing_for_tests")
        vars(module).update(objects)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        points = []
        for name in objects:
            point = EntryPoint(name, f"{module.__name__}:{name}", loader.GROUP)
            vars(point)["dist"] = Distribution()
            points.append(point)
        points.append(EntryPoint("broken", "portico_no_such_module:plugin", loader.GROUP))
        vars(points[-1])["dist"] = Distribution()
        monkeypatch.setattr(loader, "entry_points", lambda group: points)

    return installing


def test_only_named_plugins_are_loaded(install: Any) -> None:
    install(plain=Plain(), for_demos=ForDemos())
    assert load_plugins(()).plugins == {}
    loaded = load_plugins(("plain",)).plugins["plain"]
    assert (loaded.distribution, loaded.version) == ("portico-thing", "1.2.3")


def test_an_import_that_fails_is_one_line_without_a_traceback(install: Any) -> None:
    install(plain=Plain())
    with pytest.raises(ConfigurationError) as refused:
        load_plugins(None)
    assert str(refused.value) == (
        "plugin 'broken' (portico-thing) cannot be imported: "
        "ModuleNotFoundError: No module named 'portico_no_such_module'"
    )


def test_the_line_of_a_plugin_that_failed_is_named() -> None:
    with pytest.raises(ZeroDivisionError) as raised:
        exec(compile("\n1 / 0", "a_plugin.py", "exec"))
    assert loader._where(raised.value) == " (a_plugin.py, line 2)"


def test_a_name_that_is_not_installed_is_said(install: Any) -> None:
    install(plain=Plain())
    with pytest.raises(ConfigurationError, match="PORTICO_PLUGINS names 'plian'"):
        load_plugins(("plian", "plain"))


def test_the_entry_point_is_named_like_the_plugin(install: Any) -> None:
    install(other=Plain())
    with pytest.raises(ConfigurationError, match="its entry point is 'other'"):
        load_plugins(("other",))


def test_what_is_for_demos_stays_out_of_a_real_installation(install: Any) -> None:
    install(plain=Plain(), for_demos=ForDemos())
    names = ("plain", "for_demos")
    with pytest.raises(ConfigurationError, match="works in the demo and in tests only"):
        load_plugins(names)
    assert list(load_plugins(names, demo=True).plugins) == ["for_demos", "plain"]


def test_unnamed_it_is_left_out_quietly(install: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    install(for_demos=ForDemos(), plain=Plain())
    points = [one for one in loader.entry_points(group=loader.GROUP) if one.name != "broken"]
    monkeypatch.setattr(loader, "entry_points", lambda group: points)
    registry = load_plugins(None)
    assert list(registry.plugins) == ["plain"]
    assert list(registry.left_out) == ["for_demos"]


def test_two_registries_know_nothing_of_each_other() -> None:
    class One(Plugin, EventHooks, EmailHooks):
        name, title = "one", "One"

        @hookimpl
        async def on_event(self, ctx: Context, event: Any) -> None: ...

    first, second = load_plugins((), [One()], demo=True), load_plugins((), [], demo=True)
    assert first.names_answering(EventHooks.on_event) == ["one"]
    assert second.names_answering(EventHooks.on_event) == []
    assert first.names_answering(EmailHooks.send_email) == [], "inherited is not answered"


def test_contributions_are_asked_once() -> None:
    asked = []

    class One(Plugin, CheckoutHooks):
        name, title = "one", "One"

        @hookimpl
        def checkout_modes(self) -> list[Mode]:
            asked.append(1)
            return [Mode.TEST]

    registry = load_plugins((), [One()], demo=True)
    for _ in range(3):
        assert registry.contributed(CheckoutHooks.checkout_modes) == {"one": [Mode.TEST]}
    assert asked == [1]

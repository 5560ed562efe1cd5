"""What plugins add to pages, and what becomes of a page when they misbehave."""

import pytest
from portal_plugins import Panels
from portico.activation.models import Activation

GOOD = Panels("good")
PLUGINS = (GOOD, *(Panels(f"p_{how}", how) for how in ("raises", "hangs", "wrong", "lost")),
           Panels("broken", "renders"))  # fmt: skip


@pytest.fixture
def portico_plugins():
    GOOD.slots.clear()
    return PLUGINS


@pytest.fixture
def portico_settings():
    return {"hook_budget": 0.2}


async def test_panels_are_escaped_and_know_what_they_are_on(rows, customer, sign_in):
    product = rows.product("Font")
    rows.file(product, "File")
    order = rows.order(customer, product)
    rows.license(customer, product, order)
    subscription = rows.subscription(customer, product)
    rows.plugin("good")
    browser = await sign_in(rows, customer)
    subjects = {
        "": ("overview", None), f"purchases/{order}": ("purchase", order),
        f"subscriptions/{subscription}": ("subscription", subscription),
        "downloads": ("downloads", None), "licenses": ("licenses", None),
        "billing": ("billing", None), "settings": ("settings", None),
    }  # fmt: skip
    for path, (name, subject) in subjects.items():
        page = await browser.get(path)
        assert f"&lt;b&gt;Hello&lt;/b&gt; on {name}" in page, path
        slot = GOOD.slots[-1]
        assert (slot.page, slot.subject_id) == (name, subject)
        assert slot.customer is not None
        assert slot.customer.id == customer


async def test_plugins_add_to_the_menu_before_settings(rows, customer, sign_in):
    rows.plugin("good")
    page = await (await sign_in(rows, customer)).get()
    nav = page.split('<nav class="menu"')[1].split("</nav>")[0]
    assert '<a href="/p/demo/x/good/page">' in nav
    assert nav.index("Page of good") < nav.index("Settings")


async def test_a_plugin_that_is_off_adds_nothing(rows, customer, sign_in):
    rows.plugin("good", Activation.OFF)
    page = await (await sign_in(rows, customer)).get()
    assert "Hello" not in page
    assert "Page of good" not in page


async def test_a_panel_that_fails_is_left_out_and_the_page_stands(rows, customer, sign_in):
    for plugin in PLUGINS:
        rows.plugin(plugin.name)
    page = await (await sign_in(rows, customer)).get()
    assert "Your purchases" in page
    assert page.count('<section class="panel">') == 1
    assert "a bug" not in page

"""What a customer finds on each page."""

import re
from datetime import timedelta

import pytest
from portal_rows import NOW
from portico import tables
from portico.orders.models import OrderKind, OrderState
from portico.subscriptions.models import SubscriptionStatus


def menu(page: str) -> list[str]:
    nav = page.split('<nav class="menu"')[1].split("</nav>", maxsplit=1)[0]
    return [re.sub("<[^>]+>", "", item).strip() for item in re.findall(r"<a .*?</a>", nav, re.S)]


async def test_a_customer_with_nothing_sees_overview_and_settings_only(rows, customer, sign_in):
    browser = await sign_in(rows, customer)
    page = await browser.get()
    assert menu(page) == ["Overview", "Settings"]
    assert "There is nothing under customer@example.com yet" in page


async def test_a_customer_with_everything_sees_every_section(rows, customer, sign_in):
    product = rows.product("Meridian Sans")
    rows.file(product, "Meridian")
    order = rows.order(customer, product)
    rows.license(customer, product, order, key="AAAA-BBBB-E304DA")
    subscription = rows.subscription(customer, product, payment_method_id=rows.method(customer))
    browser = await sign_in(rows, customer)
    page = await browser.get()
    assert menu(page) == [
        "Overview", "Purchases", "Subscriptions", "Downloads", "License keys", "Billing",
        "Settings",
    ]  # fmt: skip
    assert "AAAA-BBBB-E304DA" in page
    assert "Next charge €12.00 on 13 December 2026" in page
    for path, shown in {
        "purchases": "Meridian Sans", f"purchases/{order}": "Meridian Sans",
        f"purchases/{order}/invoice": "Meridian Sans", "subscriptions": "Foundry Club",
        f"subscriptions/{subscription}": "4242", "downloads": "Meridian Sans",
        "licenses": "E304DA", "billing": "4242",
    }.items():  # fmt: skip
        assert shown in await browser.get(path), path


async def test_overview_tells_until_when_an_unpaid_subscription_works(rows, customer, sign_in):
    club = rows.product("Foundry Club")
    rows.subscription(
        customer, club, status=SubscriptionStatus.PAST_DUE, past_due_since=NOW - timedelta(days=4)
    )
    page = await (await sign_in(rows, customer)).get()
    assert "Your last payment of €12.00 did not go through." in page
    assert "beyond 3 December 2026" in page  # 14 days of grace


async def test_overview_shows_only_versions_newer_than_the_last_visit(rows, store, sign_in):
    customer = rows.customer(last_seen_at=NOW - timedelta(days=50))
    old, new = rows.product("Old"), rows.product("New")
    rows.file(old, "Seen before", 2)
    rows.order(customer, old, new, created_at=NOW - timedelta(days=90))
    file, _ = rows.file(new, "Fresh file", 1)
    rows.add(
        tables.catalog.file_versions, "ver",
        file_id=file, number=2, label="2.0", notes="Adds kerning", filename="f.zip",
        content_type="application/zip", size=1, sha256="b" * 64, storage="files_local",
        storage_key="k", created_at=NOW - timedelta(days=5),
    )  # fmt: skip
    page = await (await sign_in(rows, customer)).get()
    news = page.split('id="news"')[1].split("</section>")[0]
    assert "Fresh file" in news
    assert "Adds kerning" in news
    assert "Seen before" not in news


async def test_a_file_that_was_there_when_bought_is_no_news(rows, customer, sign_in):
    product = rows.product("Font")
    rows.file(product, "Font", 1)
    rows.order(customer, product, created_at=NOW - timedelta(days=1))
    assert 'id="news"' not in await (await sign_in(rows, customer)).get()


async def test_a_refunded_purchase_offers_no_file_and_says_why(rows, customer, sign_in):
    product = rows.product("Font")
    _, (version,) = rows.file(product, "Font file")
    order = rows.order(customer, product, state=OrderState.REFUNDED, refunded=8900)
    browser = await sign_in(rows, customer)
    for path in ("", "purchases", f"purchases/{order}", "downloads"):
        assert version not in await browser.get(path), path
    assert "Not included since your purchase was refunded." in await browser.get("downloads")
    assert "Not included since your purchase was refunded." in await browser.get(
        f"purchases/{order}"
    )


async def test_a_refunded_purchase_says_so_though_the_product_was_bought_again(
    rows, customer, sign_in
):
    product = rows.product("Font")
    _, (version,) = rows.file(product, "Font file")
    refunded = rows.order(customer, product, state=OrderState.REFUNDED, refunded=8900)
    again = rows.order(customer, product)
    browser = await sign_in(rows, customer)
    for path in ("", "purchases"):
        page = await browser.get(path)
        row = page.split(f"purchases/{refunded}")[1].split("</li>")[0]
        assert "Refunded" in row, path
        assert version not in row, path
        assert version in page.split(f"purchases/{again}")[1].split("</li>")[0], path
    assert version not in await browser.get(f"purchases/{refunded}")
    assert version in await browser.get(f"purchases/{again}")


async def test_the_price_of_several_seats_is_shown_as_it_is_charged(rows, customer, sign_in):
    club = rows.product("Foundry Club")
    # ``amount`` is what a period costs, all seats of it.
    seats = rows.subscription(customer, club, amount=3600, quantity=3)
    browser = await sign_in(rows, customer)
    for path in ("", "subscriptions", f"subscriptions/{seats}"):
        page = await browser.get(path)
        assert "€36.00" in page, path
        assert "€108.00" not in page, path


async def test_a_bundle_offers_the_files_of_what_is_in_it(rows, customer, sign_in):
    part, bundle = rows.product("Part"), rows.product("Bundle")
    rows.rows.append(
        (
            tables.catalog.bundle_products,
            {"store_id": rows.store_id, "bundle_id": bundle, "product_id": part},
        )
    )
    _, (version,) = rows.file(part, "Part file")
    rows.order(customer, bundle)
    browser = await sign_in(rows, customer)
    assert version in await browser.get()
    assert version in await browser.get("downloads")


async def test_downloads_offer_older_versions_only_where_the_product_allows(
    rows, customer, sign_in
):
    with_older = rows.product("With")
    without = rows.product("Without", older_versions=False)
    _, shown = rows.file(with_older, "A", 3)
    _, hidden = rows.file(without, "B", 3)
    rows.order(customer, with_older, without)
    page = await (await sign_in(rows, customer)).get("downloads")
    assert [version in page for version in shown] == [True, True, True]
    assert [version in page for version in hidden] == [False, False, True]


async def test_an_unpaid_attempt_is_no_purchase(rows, customer, sign_in):
    product = rows.product("Font")
    rows.order(customer, product, state=OrderState.PENDING, paid_at=None)
    rows.order(customer, product, state=OrderState.FAILED, paid_at=None)
    browser = await sign_in(rows, customer)
    assert menu(await browser.get()) == ["Overview", "Settings"]


async def walk(browser, first, pattern):
    """Follow "Older" to the end; what each page lists."""
    pages, path = [], first
    while path is not None:
        text = await browser.get(path)
        pages.append(re.findall(pattern, text))
        older = re.search(r'href="/p/demo/([^"]+)" rel="next"', text)
        path = older and older[1].replace("&amp;", "&")
    return pages


async def test_purchases_are_paged_without_loss_or_repeat(rows, customer, sign_in):
    product = rows.product("Font")
    same = NOW - timedelta(days=60)  # many at one moment: the id decides between them
    orders = [rows.order(customer, product, created_at=same) for _ in range(30)]
    orders += [
        rows.order(customer, product, created_at=NOW - timedelta(days=50 - i)) for i in range(20)
    ]
    browser = await sign_in(rows, customer)
    pages = await walk(browser, "purchases", r'href="/p/demo/purchases/(ord_\w+)"')
    assert [len(page) for page in pages] == [20, 20, 10]
    assert [order for page in pages for order in page] == orders[::-1]
    back = await browser.get(f"purchases?before={pages[1][-1]}")
    newer = re.search(r'href="/p/demo/([^"]+)" rel="prev"', back)
    again = await browser.get(newer[1])
    assert re.findall(r'href="/p/demo/purchases/(ord_\w+)"', again) == pages[1]


async def test_invoices_are_chosen_by_year_and_paged(rows, customer, sign_in):
    product = rows.product("Font")
    for day in range(45):
        kind = OrderKind.RENEWAL if day % 2 else OrderKind.PURCHASE
        rows.order(customer, product, kind=kind, created_at=NOW - timedelta(days=day))
    # The store's new year begins in Berlin, an hour before it does in UTC.
    eve = NOW.replace(year=2025, month=12, day=31, hour=23, minute=30)
    first = rows.order(customer, product, created_at=eve)
    last = rows.order(customer, product, created_at=eve - timedelta(hours=1))
    browser = await sign_in(rows, customer)
    link = r'href="/p/demo/purchases/(ord_\w+)/invoice"'
    assert [len(page) for page in await walk(browser, "billing", link)] == [20, 20, 7]
    pages = await walk(browser, "billing?year=2026", link)
    assert [len(page) for page in pages] == [20, 20, 6]
    assert pages[-1][-1] == first
    assert await walk(browser, "billing?year=2025", link) == [[last]]
    assert "There are no invoices here." in await browser.get("billing?year=2019")
    await browser.get("billing?year=no-year")


@pytest.mark.parametrize("query", ["before=ord_nobody", "after=ord_nobody", "before=%00"])
async def test_a_cursor_that_is_not_ones_own_is_no_page(query, rows, customer, sign_in):
    rows.order(customer, rows.product("Font"))
    browser = await sign_in(rows, customer)
    await browser.get(f"purchases?{query}", 404)


async def test_the_portal_speaks_german(rows, store, sign_in):
    customer = rows.customer(locale="de")
    product = rows.product("Font")
    rows.license(customer, product, rows.order(customer, product))
    page = await (await sign_in(rows, customer)).get()
    assert '<html lang="de"' in page
    assert "24. September 2026" in page
    assert "89,00\xa0€" in page
    assert menu(page)[:2] == ["Übersicht", "Einkäufe"]


async def test_a_country_is_chosen_from_the_readers_list(rows, customer, sign_in):
    browser = await sign_in(rows, customer)
    assert '<option value="AT">Austria</option>' in await browser.get("billing/details")
    refused = await browser.post("billing/details", name="Kim", country="Utopia")
    assert refused.status_code == 400
    assert "Choose a country from the list." in await refused.get_data(as_text=True)
    assert (await browser.post("billing/details", name="Kim", country="at")).status_code == 303
    assert "Austria" in await browser.get("billing")

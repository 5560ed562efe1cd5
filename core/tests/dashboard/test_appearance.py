"""Settings > Appearance: theme, settings, logo, preview."""

import io
import zlib
from datetime import timedelta

import pytest
from PIL import Image
from portico.events import service as events
from portico.stores import images
from portico.stores import service as stores
from portico.stores.images import BadImage, as_png
from portico.testing import factories
from quart.datastructures import FileStorage

PAGE = "/dashboard/shop/settings/appearance"


def picture(size=(600, 200), kind="PNG", **options):
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, kind, **options)
    return out.getvalue()


async def upload(browser, content, name="logo"):
    response = await browser.client.post(
        f"{PAGE}/image/{name}",
        form={"csrf_token": browser.csrf},
        files={"file": FileStorage(io.BytesIO(content), filename="../../logo.png")},
    )
    browser.status, browser.location = response.status_code, response.headers.get("Location", "")
    return await response.get_data(as_text=True)


async def test_a_look_is_tried_out_and_saved(owner, runtime, store):
    page = await owner.get(PAGE)
    assert "can be read well" in page and 'type="color"' in page
    await owner.send(PAGE, do="preview", accent="#f7d21a", corners="round", headline="Hi")
    assert owner.status == 200 and "accent=%23f7d21a" in owner.body
    assert "too light" in owner.body
    assert await stores.by_id(runtime, store.id) == store
    await owner.send(PAGE, accent="#f7d21a", corners="round", headline="Hello there")
    await owner.follow()
    new = await stores.by_id(runtime, store.id)
    assert new.theme_settings == {
        "accent": "#f7d21a", "corners": "round", "headline": "Hello there",
    }  # fmt: skip
    await owner.send(PAGE, accent="url(//evil)", corners="pointed", headline="x" * 501)
    assert owner.status == 400 and owner.body.count('-error"') >= 3
    assert await stores.by_id(runtime, store.id) == new


async def test_the_preview_shows_what_is_not_saved_to_three_customers(owner, store):
    for wanted, words in [
        ("overview", "Latest purchases"),
        ("overview-past-due", "did not go through"),
        ("overview-empty", "nothing under"),
        ("sign-in", "Good day"),
    ]:
        page = await owner.get(f"{PAGE}/preview?as={wanted}&accent=%23123456&headline=Good+day")
        assert words in page and "<body inert" in page and store.name in page
    sheet = page.split('href="/dashboard/')[1].split('"')[0]
    css = await owner.get(f"/dashboard/{sheet}")
    assert "#123456" in css and owner.headers["Content-Type"].startswith("text/css")


async def test_a_logo_is_made_anew_and_shown_in_the_portal(owner, app, runtime, store):
    await owner.get(PAGE)
    await upload(owner, picture((3000, 1000), exif=Image.Exif(), comment="secret"))
    assert owner.status == 303
    path = (await stores.by_id(runtime, store.id)).theme_settings["logo"]
    assert path.startswith(f"/static/image/{store.id}/")
    response = await app.test_client().get(path)
    made = Image.open(io.BytesIO(await response.get_data(as_text=False)))
    assert (made.format, made.size, made.info) == ("PNG", (1200, 400), {})
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in response.headers["Cache-Control"]
    assert f'src="{path}"' in await (await app.test_client().get("/p/shop/sign-in")).get_data(True)
    log = await events.audit_log(runtime, store.id, before=runtime.clock.now() + timedelta(1))
    assert "store.image" in {entry.action for entry in log}
    other = await factories.make_store(runtime, slug="other")
    elsewhere = await app.test_client().get(path.replace(store.id, other.id))
    assert elsewhere.status_code == 404
    await owner.get(PAGE)
    await owner.send(f"{PAGE}/image/logo", do="remove")
    assert (await stores.by_id(runtime, store.id)).theme_settings["logo"] == ""


async def test_a_picture_goes_a_year_after_it_was_replaced(runtime, store, clock):
    async def there():
        return [await images.get(runtime, store.id, one) is not None for one in (old, new)]

    async def use(size):
        path = await images.add(runtime, store.id, picture(size), by="test")
        await stores.update_settings(runtime, store.id, theme_settings={"logo": path}, by="test")
        return path.rpartition("/")[2].removesuffix(".png")

    old = await use((30, 30))
    clock.advance(images.KEEP_UNUSED * 2)
    new = await use((60, 30))
    await images.collect(runtime)
    clock.advance(images.KEEP_UNUSED - timedelta(hours=1))
    await images.collect(runtime)
    assert await there() == [True, True]
    clock.advance(timedelta(hours=2))
    await images.collect(runtime)
    assert await there() == [False, True]


def bomb():
    """A PNG of 30,000 by 30,000 pixels in a few kilobytes."""
    header = picture((1, 1))
    size = (30_000).to_bytes(4, "big") * 2
    chunk = b"IHDR" + size + header[24:29]
    return header[:12] + chunk + zlib.crc32(chunk).to_bytes(4, "big") + header[33:]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Choose a file."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>", "An SVG can carry"),
        (b"<html>", "This is no picture"),
        (picture()[:200], "damaged"),
        (picture((4001, 10)), "larger than 4000 pixels"),
        (bomb(), "larger than 4000 pixels"),
        (b"x" * (2 * 1024 * 1024 + 1), "larger than 2 MB"),
    ],
    ids=["empty", "svg", "html", "cut off", "wide", "bomb", "large"],
)
def test_what_is_no_picture_is_refused_in_words(content, words):
    with pytest.raises(BadImage, match=words):
        as_png(content)


async def test_a_refused_logo_is_told_on_the_page(owner, runtime, store):
    await owner.get(PAGE)
    page = await upload(owner, b"<svg/>")
    assert owner.status == 400 and "Save it as PNG" in page
    await upload(owner, picture(), name="accent")
    assert owner.status == 404
    assert await stores.by_id(runtime, store.id) == store


async def test_another_theme_keeps_what_it_has_too(owner, runtime, store):
    await stores.update_settings(
        runtime, store.id, by="test",
        theme_settings={"accent": "#123456", "corners": "round", "headline": "Hello"},
    )  # fmt: skip
    await owner.get(PAGE)
    await owner.send(f"{PAGE}/theme", theme="ledger")
    new = await stores.by_id(runtime, store.id)
    assert new.theme == "ledger"
    assert new.theme_settings == {"accent": "#123456", "headline": "Hello"}
    await owner.send(f"{PAGE}/theme", theme="nowhere")
    assert (await stores.by_id(runtime, store.id)).theme == "ledger"

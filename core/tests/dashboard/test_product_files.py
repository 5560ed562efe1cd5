"""A product's files: sent in parts or by a form, ordered, named, replaced, removed, told about."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
import sqlalchemy as sa
from portico.catalog import service as catalog
from portico.db import Query
from portico.emails.tables import emails
from portico.entitlements import file_news
from portico.events import handlers
from portico.events import service as events
from portico.sellers.models import Role
from portico.testing import factories
from portico.uploads import service as uploads
from portico.uploads.tables import uploads as uploads_table
from portico.worker import Worker

sys.path.insert(0, str(Path(__file__).parents[1] / "catalog"))

from storage import MemoryStorage, chunks

PRODUCTS = "/dashboard/shop/products"
UPLOADS = "/dashboard/shop/uploads"
OPEN = Query(int, sa.select(sa.func.count()).select_from(uploads_table))
TOLD = Query(str, sa.select(emails.c.to_address).where(emails.c.kind == "file_version"))
HTML = b"<html><script>alert(1)</script></html>"


@pytest.fixture
def memory():
    return MemoryStorage()


@pytest.fixture
def portico_plugins(mails, memory):
    return (mails, memory)


@pytest.fixture
def portico_settings():
    return {"upload_limit": 1000}


@pytest_asyncio.fixture
async def product(runtime, store):
    return await factories.make_product(runtime, store, slug="sans", name="Sans")


@pytest_asyncio.fixture
async def seller(owner, product):
    """The owner, with the page of the product's files open."""
    await owner.get(f"{PRODUCTS}/{product.id}/files")
    return owner


async def call(browser, method, path, data=b"", token=None, **headers):
    sent = {"X-CSRF-Token": browser.csrf if token is None else token} | headers
    response = await browser.client.open(path, method=method, data=data, headers=sent)
    answer = await response.get_json(silent=True) or {}
    return response.status_code, answer


async def begin(browser, product, size, name="a.zip", **fields):
    response = await browser.client.post(
        f"{PRODUCTS}/{product.id}/uploads",
        form={"filename": name, "size": str(size)} | fields,
        headers={"X-CSRF-Token": browser.csrf},
    )
    return response.status_code, await response.get_json()


async def part(browser, upload, start, data, size):
    headers = {"Content-Range": f"bytes {start}-{start + len(data) - 1}/{size}"}
    return await call(browser, "PUT", f"{UPLOADS}/{upload}", data, **headers)


def form_of(browser, files, token=None, boundary="xyz", **fields):
    """The body of a form with files, each a name, a type and its bytes."""
    fields = {"csrf_token": browser.csrf if token is None else token} | fields
    lines = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    for name, kind, data in files:
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
        )
        lines.append(f"{head}Content-Type: {kind}\r\n\r\n".encode() + data + b"\r\n")
    return b"".join(lines) + f"--{boundary}--\r\n".encode()


async def post_form(browser, product, body, query=""):
    response = await browser.client.post(
        f"{UPLOADS}/form/{product.id}{query}", data=body,
        headers={"Content-Type": "multipart/form-data; boundary=xyz"},
    )  # fmt: skip
    return response.status_code, await browser.get(f"{PRODUCTS}/{product.id}/files")


async def names(runtime, store, product):
    return [file.name for file, _ in await catalog.files_of(runtime, store, product.id)]


async def test_a_file_in_parts_is_one_file_and_its_parts_are_gone(
    seller, runtime, store, product, memory
):
    status, upload = await begin(seller, product, 6, label="1.0")
    assert (status, upload["received"]) == (201, 0)
    assert (await part(seller, upload["id"], 0, b"abc", 6))[1]["received"] == 3
    assert (await call(seller, "GET", f"{UPLOADS}/{upload['id']}"))[1]["received"] == 3
    # Sent again, or out of turn: where to go on is said, and nothing is there twice.
    assert await part(seller, upload["id"], 0, b"abc", 6) == (409, {"received": 3})
    status, answer = await call(seller, "POST", f"{UPLOADS}/{upload['id']}/finish")
    assert (status, "did not arrive whole" in answer["error"]) == (422, True)
    await part(seller, upload["id"], 3, b"def", 6)
    status, _ = await call(seller, "POST", f"{UPLOADS}/{upload['id']}/finish")
    assert status == 201
    ((_, version),) = await catalog.files_of(runtime, store, product.id)
    assert (version.size, version.label) == (6, "1.0")
    assert memory.kept == {version.storage_key: b"abcdef"}
    assert (await call(seller, "POST", f"{UPLOADS}/{upload['id']}/finish"))[0] == 404


async def test_two_equal_parts_at_once_are_kept_once(runtime, store, product, memory):
    upload = await uploads.begin(runtime, store, product.id, filename="a", size=3)
    found = await asyncio.gather(
        *(uploads.append(runtime, store, upload.id, 0, 3, chunks(b"abc")) for _ in range(2)),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in found) == ["IncomingUpload", "WrongStart"]
    assert len(memory.kept) == 1


async def test_a_part_that_breaks_off_leaves_nothing_behind(seller, product, memory):
    _, upload = await begin(seller, product, 6)
    headers = {"Content-Range": "bytes 0-5/6"}
    status, _ = await call(seller, "PUT", f"{UPLOADS}/{upload['id']}", b"abc", **headers)
    assert status == 422
    assert memory.kept == {}
    assert (await call(seller, "GET", f"{UPLOADS}/{upload['id']}"))[1]["received"] == 0


async def test_what_is_given_up_is_collected(runtime, store, product, clock, memory):
    upload = await uploads.begin(runtime, store, product.id, filename="a", size=6)
    await uploads.append(runtime, store, upload.id, 0, 3, chunks(b"abc"))
    await handlers.housekeeping(runtime, None)
    assert await runtime.db.one(OPEN) == 1
    clock.advance(uploads.KEEP + timedelta(seconds=1))
    await handlers.housekeeping(runtime, None)
    assert await runtime.db.one(OPEN) == 0
    assert memory.kept == {}


@pytest.mark.parametrize(
    ("size", "words"), [(0, "empty"), (1001, "larger than 1000 bytes"), (-1, "empty")]
)
async def test_a_size_that_cannot_be_is_refused_in_words(seller, product, size, words):
    status, answer = await begin(seller, product, size)
    assert (status, words in answer["error"]) == (422, True)


async def test_an_upload_needs_the_token_the_role_and_its_store(
    seller, runtime, product, signed_in, team
):
    _, upload = await begin(seller, product, 3)
    path = f"{UPLOADS}/{upload['id']}"
    headers = {"Content-Range": "bytes 0-2/3"}
    assert (await call(seller, "PUT", path, b"abc", token="no", **headers))[0] == 400
    support = await signed_in(team[Role.SUPPORT])
    await support.get("/dashboard/shop/")
    assert (await call(support, "PUT", path, b"abc", **headers))[0] == 403
    await factories.make_store(runtime, slug="other")
    other = path.replace("/shop/", "/other/")
    assert (await call(seller, "PUT", other, b"abc", **headers))[0] == 404
    assert (await call(seller, "PUT", path, b"abc", **headers))[0] == 200


async def test_a_plain_form_takes_several_files_with_any_name(seller, runtime, store, product):
    files = [
        ("../../etc/passwd", "text/plain", b"one"),
        ("x" * 300 + ".zip", "application/zip", b"two"),
        ("evil\0.png", "image/png", HTML),
    ]
    status, page = await post_form(seller, product, form_of(seller, files))
    assert status == 303
    assert "3 files were uploaded." in page
    found = await names(runtime, store, product)
    assert found[0] == "passwd"
    assert (len(found[1]), found[1][-4:]) == (200, ".zip")
    assert found[2] == "evil.png"


async def test_html_that_calls_itself_an_image_is_an_attachment(seller, runtime, store, product):
    await post_form(seller, product, form_of(seller, [("logo.svg", "text/html", HTML)]))
    ((_, version),) = await catalog.files_of(runtime, store, product.id)
    path = f"{PRODUCTS}/{product.id}/versions/{version.id}"
    assert (await seller.get(path)).encode() == HTML
    assert seller.headers["Content-Disposition"].startswith("attachment;")
    assert seller.headers["Content-Type"] == "application/octet-stream"
    assert seller.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([("a.txt", "text/plain", b"")], "The file is empty"),
        ([("a.txt", "text/plain", b"x" * 1001)], "larger than 1000 bytes"),
        ([("", "application/octet-stream", b"")], "Choose a file first"),
    ],
)
async def test_a_form_is_refused_in_words(seller, product, memory, files, words):
    _, page = await post_form(seller, product, form_of(seller, files))
    assert words in page
    assert memory.kept == {}


async def test_a_form_cut_off_or_without_its_token_leaves_nothing(seller, product, memory):
    whole = form_of(seller, [("a.txt", "text/plain", b"content")])
    _, page = await post_form(seller, product, whole[:-12])
    assert "did not arrive whole" in page
    _, page = await post_form(seller, product, form_of(seller, [("a", "b/c", b"d")], token="no"))
    assert "Nothing was uploaded" in page
    assert memory.kept == {}


async def test_files_are_ordered_renamed_replaced_and_removed(
    seller, runtime, store, product, memory
):
    page = f"{PRODUCTS}/{product.id}/files"
    for name in ("one", "two"):
        await post_form(seller, product, form_of(seller, [(name, "a/b", b"1")]))
    (one, _), (two, _) = await catalog.files_of(runtime, store, product.id)
    await seller.send(f"{page}/{two.id}/up")
    assert await names(runtime, store, product) == ["two", "one"]
    await seller.send(f"{page}/order", id=one.id)
    assert await names(runtime, store, product) == ["one", "two"]
    await seller.send(f"{page}/{one.id}/name", name=" New\r\nname ")
    assert await names(runtime, store, product) == ["New name", "two"]
    body = form_of(seller, [("one-2", "a/b", b"22")], label="2.0", notes="Better")
    _, shown = await post_form(seller, product, body, query=f"?file={one.id}")
    assert "Better" in shown and "1 earlier version" in shown
    await seller.send(f"{page}/{one.id}/remove")
    assert await names(runtime, store, product) == ["two"]
    log = await events.audit_log(runtime, store.id, before=runtime.clock.now() + timedelta(1))
    assert {"file.order", "file.rename", "file.replace", "file.remove"} <= {e.action for e in log}


async def test_everybody_who_may_have_a_new_version_is_told_once(
    seller, runtime, store, product, monkeypatch, mails
):
    bundle = await factories.make_product(runtime, store, bundle_of=[product.id])
    for email, bought in [("a@example.com", product), ("b@example.com", bundle)]:
        customer = await factories.make_customer(runtime, store, email)
        await factories.make_paid_order(runtime, store, customer, bought)
        await factories.make_paid_order(runtime, store, customer, bought)
    other = await factories.make_customer(runtime, store, "c@example.com")
    await factories.make_paid_order(
        runtime, store, other, await factories.make_product(runtime, store)
    )
    await post_form(seller, product, form_of(seller, [("one", "a/b", b"1")]))
    ((file, _),) = await catalog.files_of(runtime, store, product.id)
    path = f"{PRODUCTS}/{product.id}/files/{file.id}/tell"
    await seller.get(f"{PRODUCTS}/{product.id}/files")
    await seller.send(f"{PRODUCTS}/{product.id}/files/{file.id}/name", name="The handbook")
    assert await file_news.count_likely(runtime, store, product.id) == (2, False)
    assert await file_news.count_likely(runtime, store, product.id, 2) == (1, True)
    assert "Up to 2 buyers" in await seller.get(path) and "hx-get" not in seller.body
    monkeypatch.setattr(file_news, "MOST", 2)  # the first two of more
    assert "1 or more buyers" in await seller.get(path) and f'hx-get="{path}"' in seller.body
    counted = await seller.get(path, **{"HX-Request": "true"})
    assert "Up to 2 buyers" in counted and "hx-get" not in counted and "<h1" not in counted
    monkeypatch.setattr(file_news, "_PAGE", 1)  # in many steps
    for _ in range(2):
        await seller.get(path)
        await seller.send(path)
        await Worker(runtime).drain()
    assert sorted(await runtime.db.all(TOLD)) == ["a@example.com", "b@example.com"]
    assert "The handbook" in mails.sent[-1].text  # the name for customers, not the file's own


async def test_what_buyers_may_download_is_saved(seller, runtime, store, product):
    await seller.send(f"{PRODUCTS}/{product.id}/access", downloads_after_cancellation="1")
    found = await catalog.product_by_id(runtime, store.id, product.id)
    assert (found.downloads_after_cancellation, found.older_versions) == (True, False)

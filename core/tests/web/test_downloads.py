"""Downloading: who gets which bytes, and what happens when something is wrong."""

from datetime import timedelta
from urllib.parse import urljoin

import pytest
import sqlalchemy as sa
from portico.activation import service as activation
from portico.catalog import downloads, queries
from portico.catalog import service as catalog
from portico.catalog.tables import downloads as downloads_table
from portico.db import Query
from portico.events.tables import outbox
from portico.testing import factories
from portico.web.portal.downloads import attachment

from .conftest import CONTENT, chunks

DOWNLOADS = Query(str, sa.select(downloads_table.c.file_version_id))
EVENTS = Query(dict, sa.select(outbox.c.payload).where(outbox.c.kind == "event"))


async def begin(browser, version, slug="shop"):
    """Press Download; the address of the bytes."""
    path = f"/p/{slug}/downloads/{version.id}"
    response = await browser.get(path)
    assert response.status_code == 302, await response.get_data(as_text=True)
    return urljoin(path, response.headers["Location"])


async def status(browser, path, **headers):
    response = await browser.get(path, headers=headers)
    return response.status_code


async def test_the_bytes_come_as_an_attachment_that_is_never_run(browser, version):
    response = await browser.get(await begin(browser, version))
    assert response.status_code == 200
    assert await response.get_data() == CONTENT
    found = response.headers
    assert found["Content-Type"] == "application/zip"
    assert found["Content-Length"] == str(len(CONTENT))
    assert found["ETag"] == f'"{version.sha256}"'
    assert found["Accept-Ranges"] == "bytes"
    assert found["X-Content-Type-Options"] == "nosniff"
    assert "private" in found["Cache-Control"]
    assert found["Content-Disposition"].startswith("attachment; ")
    assert "filename*=UTF-8''Schriften%20f%C3%BCr%20alle.zip" in found["Content-Disposition"]


@pytest.mark.parametrize("answer", ["local", "stream"])
async def test_a_download_goes_on_where_it_broke_off(browser, version, folder, answer):
    folder.answer = answer
    path = await begin(browser, version)
    tag = f'"{version.sha256}"'
    response = await browser.get(path, headers={"Range": "bytes=300000-", "If-Range": tag})
    assert response.status_code == 206
    size = len(CONTENT)
    assert response.headers["Content-Range"] == f"bytes 300000-{size - 1}/{size}"
    assert response.headers["Content-Length"] == str(size - 300_000)
    assert await response.get_data() == CONTENT[300_000:]
    whole = await browser.get(path, headers={"Range": "bytes=300000-", "If-Range": '"older"'})
    assert (whole.status_code, await whole.get_data()) == (200, CONTENT)


async def test_head_conditions_and_ranges_behind_the_end(browser, version):
    path = await begin(browser, version)
    head = await browser.head(path)
    assert (head.status_code, await head.get_data()) == (200, b"")
    known = await browser.get(path, headers={"If-None-Match": f'"{version.sha256}"'})
    assert (known.status_code, await known.get_data()) == (304, b"")
    dated = await browser.get(path, headers={"If-Modified-Since": head.headers["Last-Modified"]})
    assert dated.status_code == 304
    behind = await browser.get(path, headers={"Range": f"bytes={len(CONTENT)}-"})
    assert behind.status_code == 416
    assert behind.headers["Content-Range"] == f"bytes */{len(CONTENT)}"


async def test_a_page_is_never_sent_as_a_page(runtime, store, product, browser):
    for kind in ("text/html", "image/svg+xml", "application/xhtml+xml", "text/javascript"):
        page = await catalog.add_file(
            runtime, store, product.id, filename="evil.html", content_type=kind,
            chunks=chunks(b"<script>"), by="cli",
        )  # fmt: skip
        response = await browser.get(await begin(browser, page))
        assert response.headers["Content-Type"] == "application/octet-stream"


async def test_a_file_elsewhere_is_redirected_to(runtime, browser, version, folder):
    folder.answer = "remote"
    response = await browser.get(await begin(browser, version))
    assert response.status_code == 302
    assert response.headers["Location"].startswith("https://cdn.example/")
    assert "no-store" in response.headers["Cache-Control"]
    assert await runtime.db.all(DOWNLOADS) == [version.id]


async def test_a_download_counts_once_however_often_it_is_resumed(runtime, browser, version, clock):
    path = await begin(browser, version)
    await browser.head(path)
    assert await runtime.db.all(DOWNLOADS) == []
    for _ in range(3):
        assert await status(browser, path, Range="bytes=5-") == 206
    clock.advance(timedelta(minutes=11))
    fresh = await browser.get(path, headers={"Range": "bytes=5-"})
    assert fresh.status_code == 302
    assert await status(browser, urljoin(path, fresh.headers["Location"]), Range="bytes=5-") == 206
    assert await runtime.db.all(DOWNLOADS) == [version.id]
    events = [one for one in await runtime.db.all(EVENTS) if one["type"] == "file.downloaded"]
    assert [one["data"]["file_version_id"] for one in events] == [version.id]
    await browser.get(await begin(browser, version))
    assert await runtime.db.all(DOWNLOADS) == [version.id] * 2


async def test_nobody_else_gets_anything_with_an_address_they_found(
    runtime, app, sign_in, store, product, browser, version
):
    """Another customer who bought the same, one who did not, the same person in another store."""
    path = await begin(browser, version)
    same = await factories.make_customer(runtime, store)
    await factories.make_paid_order(runtime, store, same, product)
    stranger = await factories.make_customer(runtime, store)
    elsewhere = await factories.make_store(runtime, slug="elsewhere")
    namesake = await factories.make_customer(runtime, elsewhere)
    assert await status(await sign_in(store, same), path) == 404
    for other in (await sign_in(store, stranger), await sign_in(elsewhere, namesake)):
        for slug in ("shop", "elsewhere"):
            for found in (path, f"/p/shop/downloads/{version.id}"):
                answer = await other.get(found.replace("shop", slug))
                assert answer.status_code in (302, 404)
                if answer.status_code == 302:
                    assert "sign-in" in answer.headers["Location"]
                assert CONTENT[:100] not in await answer.get_data()


async def test_without_a_session_one_signs_in_first(app, browser, version):
    path = await begin(browser, version)
    for found in (path, f"/p/shop/downloads/{version.id}"):
        answer = await app.test_client().get(found)
        assert answer.status_code == 302
        assert answer.headers["Location"] == f"/p/shop/sign-in?next={found}"


async def test_a_grant_that_was_changed_is_worth_nothing(
    runtime, store, product, browser, version, clock
):
    path = await begin(browser, version)
    base, _, grant = path.rpartition("/")
    version_id, download_id, expires, signature = grant.split(".")
    other = await catalog.add_file(
        runtime, store, product.id, filename="b", chunks=chunks(b"b"), by="cli"
    )
    changed = [
        (other.id, download_id, expires, signature),
        (version_id, "dl_other", expires, signature),
        (version_id, download_id, str(int(expires) + 9999), signature),
        (version_id, download_id, expires, signature[:-1] + ("A" if signature[-1] != "A" else "B")),
        (version_id, download_id, "soon", signature),
        (version_id, download_id, expires, ""),
        ("x",),
        ("", "", "", ""),
    ]
    for parts in changed:
        assert await status(browser, f"{base}/{'.'.join(parts)}") == 404
    assert await status(browser, path) == 200


async def test_access_is_looked_at_again_whenever_a_grant_is_used(
    runtime, store, browser, customer, product, version
):
    from portico.entitlements import service as entitlements  # noqa: PLC0415 - one test's own

    path = await begin(browser, version)
    await entitlements.withdraw(
        runtime, store, customer.id, product.id, reason="charged back", by="cli"
    )
    assert await status(browser, path) == 404
    assert await status(browser, f"/p/shop/downloads/{version.id}") == 404


async def test_a_new_version_is_there_at_once_and_a_removed_file_is_gone(
    runtime, store, browser, version
):
    old_path = await begin(browser, version)
    new = await catalog.replace_file(
        runtime, store, version.file_id, filename="b.zip", chunks=chunks(b"new"), by="cli"
    )
    response = await browser.get(await begin(browser, new))
    assert await response.get_data() == b"new"
    assert await status(browser, old_path) == 200
    await catalog.remove_file(runtime, store, version.file_id, by="cli")
    assert await status(browser, old_path) == 404
    assert await status(browser, f"/p/shop/downloads/{new.id}") == 404


async def test_older_versions_are_only_for_products_that_offer_them(
    runtime, store, sign_in, customer, browser
):
    product = await factories.make_product(runtime, store, older_versions=False)
    await factories.make_paid_order(runtime, store, customer, product)
    old = await catalog.add_file(
        runtime, store, product.id, filename="a", chunks=chunks(b"old"), by="cli"
    )
    await begin(browser, old)
    new = await catalog.replace_file(
        runtime, store, old.file_id, filename="a", chunks=chunks(b"new"), by="cli"
    )
    assert await status(browser, f"/p/shop/downloads/{old.id}") == 404
    await begin(browser, new)


@pytest.mark.parametrize("trouble", ["gone", "cut", "error"])
async def test_a_missing_file_has_a_page_and_a_finding_until_it_is_back(
    runtime, store, browser, version, folder, trouble
):
    path, kept = await begin(browser, version), folder.kept / version.storage_key
    if trouble == "gone":
        kept.unlink()
    elif trouble == "cut":
        kept.write_bytes(CONTENT[:-1])
    else:
        folder.answer = "error"
    response = await browser.get(path)
    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")
    (finding,) = await activation.findings(runtime, store)
    assert (finding.kind, finding.subject_id) == ("file_missing", version.id)
    assert finding.source == "folder"
    assert await runtime.db.all(DOWNLOADS) == []
    folder.answer = "local"
    kept.write_bytes(CONTENT)
    assert await status(browser, path) == 200
    assert await activation.findings(runtime, store) == []


async def test_checking_all_files_brings_health_up_to_date(runtime, store, version, folder):
    assert await downloads.check_files(runtime, store) == []
    (folder.kept / version.storage_key).rename(folder.kept / "away")
    assert await downloads.check_files(runtime, store) == [version]
    assert len(await activation.findings(runtime, store)) == 1
    (folder.kept / "away").rename(folder.kept / version.storage_key)
    assert await downloads.check_files(runtime, store) == []
    assert await activation.findings(runtime, store) == []


async def test_old_files_are_handed_out_while_their_storage_retires(
    runtime, store, browser, version
):
    await activation.retire(runtime, store, "folder", by="cli")
    response = await browser.get(await begin(browser, version))
    assert await response.get_data() == CONTENT
    assert (await runtime.db.one(queries.VERSION, store_id=store.id, id=version.id)) is not None


@pytest.mark.parametrize(
    ("filename", "header"),
    [
        ("a.zip", 'attachment; filename="a.zip"'),
        ('a"b\\c.zip', "attachment; filename=\"a_b_c.zip\"; filename*=UTF-8''a%22b%5Cc.zip"),
        ("ü.zip", "attachment; filename=\"_.zip\"; filename*=UTF-8''%C3%BC.zip"),
        ("100%.zip", "attachment; filename=\"100_.zip\"; filename*=UTF-8''100%25.zip"),
        ("a\r\nX: b", "attachment; filename=\"a__X: b\"; filename*=UTF-8''a%0D%0AX%3A%20b"),
    ],
)
def test_every_name_survives_the_header(filename, header):
    assert attachment(filename) == header

"""Routes and pages of plugins: there while the plugin is on, 404 when it is off."""

from typing import Any

import pytest
from portico.activation import service as activation
from portico.db import DatabaseUnavailable
from portico.runtime import Runtime
from portico.testing.factories import make_customer, make_store
from pydantic import SecretStr
from quart.typing import TestClientProtocol

from .plugins import Everything

pytestmark = pytest.mark.plugins(Everything())


async def get(client: TestClientProtocol, path: str) -> tuple[int, Any]:
    response = await client.get(path)
    return response.status_code, await response.get_json(silent=True)


async def test_a_route_is_there_while_its_plugin_is_on(
    runtime: Runtime, client: TestClientProtocol
) -> None:
    store = await make_store(runtime, "shop")
    status, seen = await get(client, "/x/everything/shop/shown/a?q=1&q=2")
    assert status == 200
    assert (seen["store"], seen["params"], seen["query"]) == ("shop", {"word": "a"}, {"q": "2"})
    await activation.retire(runtime, store, "everything", by="cli")
    assert (await get(client, "/x/everything/shop/shown/a"))[0] == 200
    await activation.disable(runtime, store, "everything", by="cli")
    for path in ("shown/a", "frame", "away?to=/"):
        assert (await get(client, f"/x/everything/shop/{path}"))[0] == 404
    response = await client.post("/x/everything/shop/machine", data=b"{}")
    assert response.status_code == 404
    await activation.enable(runtime, store, "everything", by="cli")
    assert (await get(client, "/x/everything/shop/shown/a"))[0] == 200
    assert (await get(client, "/x/everything/nowhere/shown/a"))[0] == 404
    assert (await get(client, "/x/nothing/shop/shown/a"))[0] == 404


async def test_a_route_without_a_store_belongs_to_none(
    runtime: Runtime, client: TestClientProtocol
) -> None:
    status, seen = await get(client, "/x/everything/open")
    assert (status, seen["store"]) == (200, None)


async def test_a_form_needs_its_token_and_a_machine_does_not(
    runtime: Runtime, client: TestClientProtocol
) -> None:
    await make_store(runtime, "shop")
    path = "/x/everything/shop/shown/a"
    response = await client.post(path, form={"word": "sent"})
    assert response.status_code == 400
    assert (await response.get_json())["form"] == {}
    raw = b'{"raw":  "body"}'
    response = await client.post("/x/everything/shop/machine", data=raw)
    assert response.status_code == 200
    assert (await response.get_json())["body"] == raw.decode()


async def test_a_plugin_sees_no_cookie_and_sets_none(
    runtime: Runtime, client: TestClientProtocol
) -> None:
    await make_store(runtime, "shop")
    client.set_cookie("localhost", "portico-shop", "a session")
    response = await client.get("/x/everything/shop/shown/a")
    assert (await response.get_json())["cookie"] is None
    assert "stolen" not in str(response.headers.getlist("Set-Cookie"))
    assert response.headers["X-Own"] == "yes"


async def test_html_of_others_is_shown_in_a_sandbox(
    runtime: Runtime, client: TestClientProtocol
) -> None:
    await make_store(runtime, "shop")
    response = await client.get("/x/everything/shop/frame")
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox ")
    assert "allow-scripts" not in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize(
    ("to", "status"),
    [("/p/shop/", 303), ("http://127.0.0.1:8000/p/shop/", 303), ("https://evil.example/", 500),
     ("//evil.example/", 500), ("/\\evil.example", 500), ("javascript:alert(1)", 500)],
)  # fmt: skip
async def test_a_plugin_redirects_within_the_installation_only(
    runtime: Runtime, client: TestClientProtocol, to: str, status: int
) -> None:
    await make_store(runtime, "shop")
    response = await client.get("/x/everything/shop/away", query_string={"to": to})
    assert response.status_code == status
    if status == 303:
        assert response.headers["Location"] == to


async def test_a_portal_page_is_for_customers(runtime: Runtime, client: TestClientProtocol) -> None:
    store = await make_store(runtime, "shop")
    await make_customer(runtime, store)
    response = await client.get("/p/shop/x/everything/page/a")
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/p/shop/sign-in?next=")


async def test_operators_see_how_it_is_doing(
    runtime: Runtime, client: TestClientProtocol, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await get(client, "/healthz"))[0] == 200
    assert await get(client, "/readyz") == (200, {"ready": True})
    await get(client, "/x/everything/open")
    assert (await client.get("/metrics")).status_code == 404  # no token is set
    token = SecretStr("only Prometheus knows")
    monkeypatch.setattr(runtime.settings, "metrics_token", token)
    refused = await client.get("/metrics", headers={"Authorization": "Bearer another"})
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert "portico_" not in await refused.get_data(as_text=True)
    allowed = {"Authorization": f"Bearer {token.get_secret_value()}"}
    text = await (await client.get("/metrics", headers=allowed)).get_data(as_text=True)
    assert 'portico_plugin_calls_total{hook="route open",outcome="answered"' in text
    assert 'portico_http_request_seconds_count{method="GET",section="x",status="200"} 1.0' in text
    assert 'portico_database_connections{state="idle"}' in text

    async def unavailable(*_: object, **__: object) -> None:
        raise DatabaseUnavailable("gone")

    monkeypatch.setattr(runtime.db, "one", unavailable)
    status, answer = await get(client, "/readyz")
    assert (status, answer["ready"]) == (503, False)
    assert (await get(client, "/healthz"))[0] == 200

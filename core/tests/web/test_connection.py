"""How requests without a body are answered."""

import asyncio

import pytest
from portico.web.quart_app import App
from quart import Response, request


def scope(method="GET", path="/", headers=()):
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
        "root_path": "", "headers": [(b"host", b"localhost"), *headers],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "extensions": {},
    }  # fmt: skip


@pytest.fixture
def app():
    app = App("test")
    app.closed = asyncio.Event()

    async def blocks():
        try:
            while True:
                yield b"x" * 10
                await asyncio.sleep(0)
        finally:
            app.closed.set()

    @app.get("/")
    async def page():
        return "whole"

    @app.get("/stream")
    async def stream():
        return Response(blocks())

    @app.route("/echo", methods=["GET", "POST"])
    async def echo():
        return await request.get_data()

    return app


async def ask(app, sent, **wanted):
    incoming: asyncio.Queue = asyncio.Queue()
    for message in sent:
        incoming.put_nowait(message)
    got = []

    async def send(message):
        got.append(message)
        if message.get("more_body") and len(got) == 5:
            incoming.put_nowait({"type": "http.disconnect"})

    await asyncio.wait_for(app(scope(**wanted), incoming.get, send), 10)
    return got


async def test_a_whole_page_is_sent_in_one_piece(app):
    start, body = await ask(app, [])
    assert start["status"] == 200
    assert dict(start["headers"])[b"content-length"] == b"5"
    assert body == {"type": "http.response.body", "body": b"whole", "more_body": False}


async def test_a_stream_ends_when_the_client_goes_away(app):
    got = await ask(app, [], path="/stream")
    assert app.closed.is_set()
    assert len(got) < 1000


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_body_is_read_whatever_the_method(app, method):
    sent = [{"type": "http.request", "body": b"given", "more_body": False}]
    headers = [(b"content-length", b"5")]
    got = await ask(app, sent, method=method, path="/echo", headers=headers)
    assert b"".join(one.get("body", b"") for one in got) == b"given"


def test_an_address_is_built_from_a_routes_name_and_keeps_what_is_left_over(app):
    @app.get("/shelf/<int:number>/")
    async def shelf(number):
        return ""

    adapter = app.url_map.bind("localhost")
    assert adapter.build("shelf", {"number": 3, "sort": "a b"}) == "/shelf/3/?sort=a+b"
    assert adapter.build("shelf", {"number": 4}, append_unknown=False) == "/shelf/4/"

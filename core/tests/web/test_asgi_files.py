"""Sending files through the middleware, with and without the server's help."""

import asyncio
from pathlib import Path

import pytest
from portico.hooks.files import FileStream
from portico.web.asgi_files import (
    BLOCK,
    PATHSEND,
    FileBlocks,
    FileSender,
    StreamBlocks,
    send_path,
)
from quart import Quart, Response, request

CONTENT = bytes(range(256)) * 4096  # 1 MB


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def app(path):
    app = Quart("files")

    @app.get("/whole")
    async def whole():
        response = Response(b"", headers={"Content-Type": "application/zip"})
        send_path(request.scope, response, path, 0, len(CONTENT))
        return response

    @app.get("/part")
    async def part():
        response = Response(b"", 206)
        send_path(request.scope, response, path, 10, 300_000)
        return response

    @app.get("/error")
    async def error():
        send_path(request.scope, Response(b""), path, 0, len(CONTENT))
        raise RuntimeError("after the path was named")

    @app.get("/forged")
    async def forged():
        return Response(b"mine", headers={"X-Sendfile": str(path), "portico.file": str(path)})

    return app


async def ask(app, target, extensions=None, headers=()):
    """What an ASGI server is told to send."""
    sent = []
    asked = False

    async def receive():
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        return await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
        "scheme": "http", "path": target, "raw_path": target.encode(), "query_string": b"",
        "root_path": "", "headers": [(b"host", b"localhost"), *headers],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2), "extensions": extensions or {},
    }  # fmt: skip
    await FileSender(app)(scope, receive, send)
    return sent


def body(sent):
    return b"".join(one.get("body", b"") for one in sent)


async def test_a_whole_file_is_left_to_a_server_that_can_send_it(app, path):
    sent = await ask(app, "/whole", {PATHSEND: {}})
    assert [one["type"] for one in sent] == ["http.response.start", PATHSEND]
    assert sent[1]["path"] == str(path)
    assert (b"content-length", str(len(CONTENT)).encode()) in [
        (name.lower(), value) for name, value in sent[0]["headers"]
    ]


async def test_other_servers_get_a_whole_file_in_blocks(app):
    sent = await ask(app, "/whole")
    assert body(sent) == CONTENT
    assert max(len(one.get("body", b"")) for one in sent) == BLOCK


async def test_a_range_is_sent_in_blocks_by_every_server(app):
    for extensions in ({}, {PATHSEND: {}}):
        sent = await ask(app, "/part", extensions)
        assert sent[0]["status"] == 206
        assert body(sent) == CONTENT[10:300_000]


async def test_an_error_page_is_not_replaced_by_the_file(app):
    sent = await ask(app, "/error", {PATHSEND: {}})
    assert sent[0]["status"] == 500
    assert PATHSEND not in [one["type"] for one in sent]
    assert b"Internal Server Error" in body(sent)


async def test_no_header_of_a_client_or_a_plugin_names_a_file(app, path):
    forged = [(b"portico.file", str(path).encode()), (b"x-sendfile", str(path).encode())]
    sent = await ask(app, "/forged", {PATHSEND: {}}, forged)
    assert PATHSEND not in [one["type"] for one in sent]
    assert body(sent) == b"mine"


async def test_the_file_is_closed_when_the_client_goes_away(path):
    blocks = FileBlocks(path, 0, len(CONTENT))
    with pytest.raises(ConnectionError):
        async with blocks as opened:
            async for _ in opened:
                raise ConnectionError("gone")
    assert blocks._file.closed


async def test_a_file_that_shrank_breaks_the_connection(tmp_path):
    short = Path(tmp_path / "short")
    short.write_bytes(b"abc")
    async with FileBlocks(short, 0, 10) as opened:
        with pytest.raises(OSError, match="ended at byte 3"):
            async for _ in opened:
                pass


class Closing:
    """A stream that knows whether it was closed."""

    def __init__(self, blocks):
        self.blocks, self.closed = list(blocks), False

    def __aiter__(self):
        return self

    async def __anext__(self):
        if not self.blocks:
            raise StopAsyncIteration
        return self.blocks.pop(0)

    async def aclose(self):
        self.closed = True


@pytest.mark.parametrize(
    ("given", "got"), [([b"abc", b"def"], b"abcd"), ([b"abcdefgh"], b"abcd"), ([b"a"], None)]
)
async def test_a_stream_gives_as_many_bytes_as_were_announced(given, got):
    stream = Closing(given)

    async def read(start, end):
        return stream

    received = b""
    async with StreamBlocks(FileStream(read), 0, 4) as opened:
        if got is None:
            with pytest.raises(OSError, match="3 bytes before the end"):
                async for block in opened:
                    received += block
        else:
            async for block in opened:
                received += block
    assert got in (None, received)
    assert stream.closed

"""``python -m tests.support.stripe_server --port N [--json]``."""

import argparse
import asyncio
import importlib
import json
import pkgutil
import sys
import time
import traceback

from tests.support.stripe_server import resources
from tests.support.stripe_server.api import Api
from tests.support.stripe_server.billing.clock import run_until
from tests.support.stripe_server.control import Control
from tests.support.stripe_server.errors import Problem
from tests.support.stripe_server.hosted import pages
from tests.support.stripe_server.http import Request, Response, serve
from tests.support.stripe_server.keys import SECRET_KEY
from tests.support.stripe_server.world import World


class Application:
    """Routes a request to the API, the control API or a page."""

    def __init__(self, base_url: str) -> None:
        for module in pkgutil.iter_modules(resources.__path__, f"{resources.__name__}."):
            importlib.import_module(module.name)
        self.world = World(base_url)
        self.api = Api(self.world)
        self.control = Control(self.api)

    async def __call__(self, request: Request) -> Response:
        """Answer, whatever comes; a bug of this server is a 500 with its traceback."""
        try:
            if request.path.startswith("/v1/"):
                return await self.api.answer(request)
            if request.path.startswith("/_control/"):
                return await self.control.answer(request)
            return pages.answer(self.world, request)
        except Exception as error:
            traceback.print_exc()
            message = "".join(traceback.format_exception(error))
            body = json.dumps({"error": {"type": "api_error", "message": message}})
            return Response(500, body.encode())


async def _tick(world: World) -> None:
    """Live through what falls due as real time goes by."""
    took = 0.0
    while True:
        await asyncio.sleep(max(2.0, 20 * took))
        begun = time.monotonic()
        try:
            run_until(world, world.now(), None)
        except Problem:
            traceback.print_exc()
        took = time.monotonic() - begun


async def _main(port: int, as_json: bool) -> None:
    app: Application | None = None

    async def handler(request: Request) -> Response:
        assert app is not None
        return await app(request)

    server = await serve(handler, port)
    port = server.sockets[0].getsockname()[1]
    base = f"http://127.0.0.1:{port}"
    app = Application(base)
    links = {"base": base, "port": port, "key": SECRET_KEY}
    sys.stdout.write((json.dumps(links) if as_json else f"Stripe test server at {base}") + "\n")
    sys.stdout.flush()
    async with server, asyncio.TaskGroup() as tasks:
        tasks.create_task(app.world.outbox.run())
        tasks.create_task(_tick(app.world))
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="stripe_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    asyncio.run(_main(arguments.port, arguments.json))

"""From a request to its answer: key, version, idempotency, parameters, function, expansion."""

import asyncio
import base64
import hashlib
import json
from dataclasses import dataclass, field

from tests.support.stripe_server import faults as spoil
from tests.support.stripe_server.errors import Json, Problem, invalid
from tests.support.stripe_server.expand import expanded
from tests.support.stripe_server.faults import Faults
from tests.support.stripe_server.gaps import refuse_gaps
from tests.support.stripe_server.http import Request, Response
from tests.support.stripe_server.keys import Keys
from tests.support.stripe_server.outbox import API_VERSION
from tests.support.stripe_server.routes import Call, Route, routes
from tests.support.stripe_server.schema import check
from tests.support.stripe_server.wire import decode
from tests.support.stripe_server.world import Cause, World


@dataclass
class _Kept:
    """The answer to an idempotency key; None while it is being made."""

    fingerprint: str
    response: Response | None = None


@dataclass
class Api:
    """The part under ``/v1/``."""

    world: World
    faults: Faults = field(default_factory=Faults)
    keys: Keys = field(default_factory=Keys)
    routes: list[Route] = field(default_factory=routes)
    _kept: dict[tuple[str, str], _Kept] = field(default_factory=dict)
    _turn: int = 0

    def reset(self) -> None:
        """Forget faults, keys and the answers that were kept."""
        self.faults, self.keys = Faults(), Keys()
        self._kept.clear()

    async def answer(self, request: Request) -> Response:
        """Answer one call."""
        self._turn += 1
        request_id = f"req_{self._turn:014d}"
        self._count(request)
        taken = self.faults.taken(request.method, request.path)
        response = Response()
        try:
            response = await spoil.before(taken) or await self._checked(request, request_id)
        except Problem as problem:
            response = _problem(problem, request_id)
        response.headers = {
            "request-id": request_id, "stripe-version": _version(request), **response.headers,
        }  # fmt: skip
        if request.headers.get("idempotency-key"):
            response.headers["idempotency-key"] = request.headers["idempotency-key"]
        return spoil.after(taken, response)

    def _count(self, request: Request) -> None:
        self.faults.calls[f"{request.method} {request.path}"] += 1
        self.faults.log.append({
            "method": request.method, "path": request.path, "query": request.query,
            "body": request.body.decode("utf-8", "replace"),
            "idempotency_key": request.headers.get("idempotency-key"),
        })  # fmt: skip

    async def _checked(self, request: Request, request_id: str) -> Response:
        key = _secret(request)
        self.keys.check(key)
        version = _version(request)
        if version != API_VERSION:
            raise invalid(f"Invalid Stripe API version: {version}. This server speaks "
                          f"{API_VERSION}.")  # fmt: skip
        idempotency_key = request.headers.get("idempotency-key")
        if request.method != "POST" or not idempotency_key:
            return await self._perform(request, request_id, key, idempotency_key)
        kept = self._remembered(request, key, idempotency_key)
        if kept.response is not None:
            again = Response(kept.response.status, kept.response.body, dict(kept.response.headers))
            again.headers["idempotent-replayed"] = "true"
            return again
        try:
            kept.response = await self._perform(request, request_id, key, idempotency_key)
        except Problem as problem:
            if problem.begun:
                kept.response = _problem(problem, request_id)
                return kept.response
            del self._kept[key, idempotency_key]
            raise
        except BaseException:
            del self._kept[key, idempotency_key]
            raise
        return kept.response

    def _remembered(self, request: Request, key: str, idempotency_key: str) -> _Kept:
        print_ = hashlib.sha256(request.path.encode() + b"\n" + request.body).hexdigest()
        kept = self._kept.get((key, idempotency_key))
        if kept is None:
            kept = self._kept[key, idempotency_key] = _Kept(print_)
            return kept
        if kept.fingerprint != print_:
            raise Problem(400, "Keys for idempotent requests can only be used with the same "
                          "parameters they were first used with. Try using a key other than "
                          f"'{idempotency_key}' if you meant to execute a different request.",
                          type="idempotency_error")  # fmt: skip
        if kept.response is None:
            raise Problem(409, "There is currently another in-progress request using this Stripe "
                          "Account with this idempotency key.", type="idempotency_error",
                          code="idempotency_key_in_use")  # fmt: skip
        return kept

    async def _perform(
        self, request: Request, request_id: str, key: str, idempotency_key: str | None
    ) -> Response:
        route, ids = self._route(request)
        self.keys.allow(key, route.operation)
        tree = decode(request.text if request.method == "POST" else request.query)
        params = check(route.operation.params, tree)
        if route.answer is None:
            raise Problem(501, f"The test server has no {request.method} {route.operation.path} "
                          "yet.", type="api_error")  # fmt: skip
        refuse_gaps(route.operation, params)
        if self.faults.working:
            await asyncio.sleep(self.faults.working)
        world = self.world
        world.cause = Cause(request_id, idempotency_key)
        try:
            call = Call(ids, params, key, idempotency_key, request.path)
            answer = expanded(world, route.answer(world, call), params.get("expand", []))
        except Problem as problem:
            problem.begun = not str(problem.error.get("code")).startswith("parameter_")
            raise
        finally:
            world.cause = Cause()
        return Response(200, json.dumps(answer, separators=(",", ":")).encode())

    def _route(self, request: Request) -> tuple[Route, tuple[str, ...]]:
        method = request.method.lower()
        for route in self.routes:
            if route.operation.method == method:
                match = route.pattern.match(request.path)
                if match:
                    return route, match.groups()
        raise Problem(404, f"Unrecognized request URL ({request.method}: {request.path}). If you "
                      "are trying to list objects, remove the trailing slash. If you are trying "
                      "to retrieve an object, make sure you passed a valid (non-empty) identifier "
                      "in your code. Please see https://docs.stripe.com.")  # fmt: skip


def _version(request: Request) -> str:
    return request.headers.get("stripe-version", API_VERSION)


def _secret(request: Request) -> str:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        return base64.b64decode(value).decode().partition(":")[0]
    return value if scheme.lower() == "bearer" else ""


def _problem(problem: Problem, request_id: str) -> Response:
    error: Json = dict(problem.error)
    error["request_log_url"] = f"https://dashboard.stripe.com/test/logs/{request_id}"
    headers = {"stripe-should-retry": "true"} if problem.status in (409,) else {}
    return Response(problem.status, json.dumps({"error": error}, indent=2).encode(), headers)

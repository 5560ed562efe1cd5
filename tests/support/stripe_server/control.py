"""The tests' own way in, under ``/_control/``: time, faults, webhooks, what is held. JSON."""

import json
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any

from tests.support.stripe_server.api import Api
from tests.support.stripe_server.billing.clock import run_until
from tests.support.stripe_server.billing.payments import dispute
from tests.support.stripe_server.bulk import make
from tests.support.stripe_server.errors import Json
from tests.support.stripe_server.faults import Fault, Faults
from tests.support.stripe_server.http import Request, Response
from tests.support.stripe_server.keys import Keys
from tests.support.stripe_server.resources.refunds import settle
from tests.support.stripe_server.world import Settings


class Control:
    """Answers ``POST /_control/<name>`` with what the method of that name returns."""

    def __init__(self, api: Api) -> None:
        self._api, self._world = api, api.world

    @property
    def _faults(self) -> Faults:
        return self._api.faults

    @property
    def _keys(self) -> Keys:
        return self._api.keys

    async def answer(self, request: Request) -> Response:
        """Do one thing; 400 with words where that cannot be."""
        name = request.path.removeprefix("/_control/").replace("-", "_")
        method: Callable[..., Any] | None = None
        if not name.startswith("_") and name != "answer":
            method = getattr(self, name, None)
        if method is None:
            return _json({"error": f"no such control: {name}"}, 404)
        try:
            return _json(method(**json.loads(request.body or b"{}")))
        except (TypeError, ValueError, KeyError) as error:
            return _json({"error": f"{type(error).__name__}: {error}"}, 400)
        except Exception as error:
            return _json({"error": f"{type(error).__name__}: {error}"}, 500)

    def reset(self) -> Json:
        """Begin anew: nothing held, no faults, the first key only."""
        self._world.reset()
        self._api.reset()
        return {}

    def state(self) -> Json:
        """Time, numbers of objects, and whether webhooks are out."""
        return {"now": self._world.now(), "objects": self._world.store.kinds(),
                "idle": self._world.outbox.idle,
                "waiting": len(self._world.outbox.waiting)}  # fmt: skip

    def object(self, id: str) -> Any:  # noqa: A002
        """An object as it is now, whatever the faults; None for none."""
        return self._world.store.find(id)

    def account(self) -> Json:
        """The account."""
        return self._world.account

    def objects(self, kind: str) -> list[Json]:
        """Every object of a kind, oldest first."""
        return self._world.store.all(kind)

    def advance(self, seconds: int = 0, to: int | None = None) -> Json:
        """Move the global clock, and live through what falls due."""
        now = self._world.now()
        target = now + seconds if to is None else to
        if target < now:
            raise ValueError("time goes forward only")
        run_until(self._world, target, None)
        self._world.offset += target - now
        return {"now": self._world.now()}

    def settings(self, **values: Any) -> Json:
        """Change what a seller sets in the dashboard; see ``Settings``."""
        known = {one.name for one in fields(Settings)}
        if values.keys() - known:
            raise ValueError(f"settings are: {', '.join(sorted(known))}")
        for name, value in values.items():
            setattr(self._world.settings, name, value)
        return asdict(self._world.settings)

    def fault(self, **values: Any) -> Json:
        """Let calls fail; see ``Fault``."""
        self._faults.active.append(Fault(**values))
        return {"active": len(self._faults.active)}

    def clear_faults(self) -> Json:
        """No more faults."""
        self._faults.active.clear()
        self._faults.working = 0.0
        self._world.decline_next.clear()
        return {}

    def working(self, seconds: float) -> Json:
        """Let each call take so long after it was begun."""
        self._faults.working = seconds
        return {}

    def decline_next(self, code: str = "generic_decline", times: int = 1) -> Json:
        """Refuse the next charges, whatever their cards."""
        self._world.decline_next += [code] * times
        return {}

    def calls(self) -> Json:
        """How often each method and path was called since the last reset."""
        return {"total": self._faults.calls.total(), "by_path": dict(self._faults.calls),
                "log": list(self._faults.log)}  # fmt: skip

    def reset_calls(self) -> Json:
        """Count from nought."""
        self._faults.calls.clear()
        self._faults.log.clear()
        return {}

    def key(self, key: str, permissions: dict[str, str] | None = None) -> Json:
        """Make a key: full, or restricted to ``{"customer": "read", ...}``."""
        if permissions is None:
            self._keys.full.add(key)
        else:
            self._keys.restricted[key] = permissions
        return {}

    def revoke(self, key: str) -> Json:
        """End a key."""
        self._keys.full.discard(key)
        self._keys.restricted.pop(key, None)
        return {}

    def webhooks(self, **habits: Any) -> Json:
        """Say how deliveries go; see ``Habits``."""
        self._world.outbox.set_habits(**habits)
        return asdict(self._world.outbox.habits)

    def deliveries(self) -> list[Json]:
        """Every delivery so far."""
        return [asdict(one) for one in self._world.outbox.deliveries]

    def dropped(self) -> list[str]:
        """Events that were never sent."""
        return sorted(self._world.outbox.dropped)

    def resend(self, event: str, endpoint: str | None = None) -> Json:
        """Send an event again, to one endpoint or all that there are."""
        ends = [endpoint] if endpoint else [
            one["id"] for one in self._world.store.all("webhook_endpoint")]  # fmt: skip
        for one in ends:
            self._world.outbox.resend(event, one)
        return {}

    def roll_secret(self, endpoint: str, keep_old: bool = True) -> Json:
        """Give an endpoint a new signing secret; the old one signs too, until it does not."""
        secret = "whsec_" + self._world.store.letters(32)
        old = self._world.outbox.secrets[endpoint]
        self._world.outbox.secrets[endpoint] = [secret, *(old if keep_old else [])]
        return {"secret": secret}

    def bulk(self, customers: int = 10_000, subscriptions: int = 15_000, **more: Any) -> Json:
        """Make a grown business at once, without events; see ``bulk.make``."""
        return make(self._world, customers, subscriptions, **more)

    def dispute(self, charge: str, reason: str = "fraudulent", amount: int | None = None) -> Json:
        """Let the bank take a charge back."""
        return dispute(self._world, self._world.store.get("charge", charge), reason, amount)

    def settle_dispute(self, dispute: str, won: bool) -> Json:
        """Let the bank decide."""
        return settle(self._world, self._world.store.get("dispute", dispute), won)


def _json(value: Any, status: int = 200) -> Response:
    return Response(status, json.dumps(value).encode())

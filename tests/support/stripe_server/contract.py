"""The endpoints of Stripe as the pinned library calls them: method, path, type of parameters.

Each service of the library is called once with a requestor that only writes down; so a path or a
parameter that the library does not have cannot get into the server.
"""

import importlib
import re
import sys
from dataclasses import dataclass
from typing import Any, ForwardRef, get_args
from urllib.parse import unquote

from stripe._v1_services import V1Services

SERVICES = (
    "accounts", "balance_transactions", "billing_portal.configurations",
    "billing_portal.sessions", "charges", "checkout.sessions", "checkout.sessions.line_items",
    "coupons", "customers", "customers.balance_transactions", "customers.payment_methods",
    "customers.tax_ids", "disputes", "events", "invoice_items", "invoice_payments", "invoices",
    "invoices.line_items", "payment_intents", "payment_links",
    "payment_links.line_items", "payment_methods", "prices", "products",
    "promotion_codes", "refunds", "setup_intents", "subscription_items", "subscription_schedules",
    "subscriptions", "tax_ids", "tax_rates", "test_helpers.test_clocks", "webhook_endpoints",
)  # fmt: skip


@dataclass(frozen=True)
class Operation:
    """One call of the library. ``params`` is its TypedDict, None where it takes nothing."""

    method: str
    path: str
    params: type | None

    @property
    def pattern(self) -> re.Pattern[str]:
        """Matches the addresses of this path; a group for each id in it."""
        return re.compile(re.sub(r"\{[^}]*\}", "([^/]+)", self.path) + "$")


class _Recorder:
    """Stands where the library's HTTP client does."""

    def __init__(self) -> None:
        self.called: tuple[str, str] | None = None

    def request(self, method: str, url: str, *_: Any, **__: Any) -> None:
        self.called = (method, unquote(url))


def _params_type(service: type, function: Any) -> type | None:
    note = function.__annotations__.get("params")
    for part in (note, *get_args(note)):
        name = part.__forward_arg__ if isinstance(part, ForwardRef) else part
        if isinstance(name, str):
            package = service.__module__.rpartition(".")[0].replace("stripe", "stripe.params", 1)
            found: type = getattr(importlib.import_module(package), name)
            return found
    return None


def _operations_of(service: Any, recorder: _Recorder) -> list[Operation]:
    found: list[Operation] = []
    for name, function in vars(type(service)).items():
        if name.startswith("_") or name.endswith("_async") or not callable(function):
            continue
        code = function.__code__
        ids = [arg for arg in code.co_varnames[1 : code.co_argcount]
               if arg not in ("params", "options")]  # fmt: skip
        recorder.called = None
        getattr(service, name)(*("{" + arg + "}" for arg in ids), **_no_params(ids, function))
        assert recorder.called is not None, f"{type(service).__name__}.{name} calls nothing"
        method, path = recorder.called
        found.append(Operation(method, path, _params_type(type(service), function)))
    return found


def _no_params(ids: list[str], function: Any) -> dict[str, Any]:
    return {"params": {}} if "params" in function.__annotations__ else {}


def operations() -> dict[tuple[str, str], Operation]:
    """Every operation of the services above, by (method, path)."""
    recorder = _Recorder()
    services: Any = V1Services
    found: dict[tuple[str, str], Operation] = {}
    for dotted in SERVICES:
        service: Any = services(recorder)
        for part in dotted.split("."):
            service = getattr(service, part)
        for one in _operations_of(service, recorder):
            found.setdefault((one.method, one.path), one)
    return found


if __name__ == "__main__":
    for operation in operations().values():
        name = operation.params.__name__ if operation.params else "-"
        sys.stdout.write(f"{operation.method:6} {operation.path}  {name}\n")
